//! Who changed what: kept with the change, in order, and not for ever.

use super::bench::{Bench, DAY, at, channel_ref, workspace};
use super::books::{adding, subscription};
use segments_slack::model::{Deed, UserId, WorkspaceId};
use segments_slack::store::{Book, Edit, Edited, MOST_DEEDS};

pub(super) fn deed(typed: &str, second: i64) -> Deed {
    Deed::new(at(second), UserId::parse("U1").unwrap(), channel_ref("C1").channel, typed)
}

async fn typed(bench: &Bench, limit: usize) -> Vec<String> {
    let deeds = bench.store().deeds(&workspace(), limit).await.unwrap();
    deeds.into_iter().map(|deed| deed.typed).collect()
}

pub(super) async fn a_deed_is_kept_with_the_edit_that_it_tells_of_and_only_with_it(mut bench: Bench) {
    let edit = Edit { deed: Some(deed("first", 1)), ..adding(&Book::default(), subscription("C1", 1)) };
    assert_eq!(bench.store().edit(&channel_ref("C1"), edit.clone()).await.unwrap(), Edited::Stored);
    let late = Edit { deed: Some(deed("late", 2)), ..edit };
    assert_eq!(bench.store().edit(&channel_ref("C1"), late).await.unwrap(), Edited::Moved);
    bench.store().note_deed(&workspace(), deed("second", 3)).await.unwrap();
    bench.restart();
    assert_eq!(bench.store().deeds(&workspace(), 9).await.unwrap(), [deed("second", 3), deed("first", 1)]);
    assert_eq!(typed(&bench, 1).await, ["second"]);
    let other = WorkspaceId::parse("T2").unwrap();
    assert!(bench.store().deeds(&other, 9).await.unwrap().is_empty());
}

pub(super) async fn the_newest_deeds_are_kept_for_half_a_year(bench: Bench) {
    for number in 0..MOST_DEEDS + 5 {
        let second = if number < 10 { 0 } else { 10 * DAY };
        bench.store().note_deed(&workspace(), deed(&number.to_string(), second)).await.unwrap();
    }
    let kept = typed(&bench, usize::MAX).await;
    assert_eq!((kept.len(), kept.first().unwrap().as_str(), kept.last().unwrap().as_str()), (MOST_DEEDS, "1004", "5"));
    bench.store().sweep(&workspace(), at(181 * DAY)).await.unwrap();
    assert_eq!(typed(&bench, usize::MAX).await.last().unwrap(), "10");
    bench.store().sweep(&workspace(), at(191 * DAY)).await.unwrap();
    assert!(typed(&bench, usize::MAX).await.is_empty());
}
