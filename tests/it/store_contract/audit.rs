//! Who changed what: kept with the change, in order, and not for ever.

use super::bench::{Bench, DAY, at, channel_ref, workspace};
use super::subscriptions::{adding, subscription};
use segments_slack::model::{AuditEntry, UserId, WorkspaceId};
use segments_slack::store::{ChannelSubscriptions, EditResult, MAX_AUDIT_ENTRIES_PER_WORKSPACE, SubscriptionEdit};

pub(super) fn audit_entry(typed: &str, second: i64) -> AuditEntry {
    AuditEntry::new(at(second), UserId::parse("U1").unwrap(), channel_ref("C1").channel, typed)
}

async fn typed(bench: &Bench, limit: usize) -> Vec<String> {
    let entries = bench.store().audit_entries(&workspace(), limit).await.unwrap();
    entries.into_iter().map(|audit_entry| audit_entry.typed).collect()
}

pub(super) async fn a_deed_is_kept_with_the_edit_that_it_tells_of_and_only_with_it(mut bench: Bench) {
    let edit = SubscriptionEdit {
        audit_entry: Some(audit_entry("first", 1)),
        ..adding(&ChannelSubscriptions::default(), subscription("C1", 1))
    };
    assert_eq!(bench.store().edit_subscriptions(&channel_ref("C1"), edit.clone()).await.unwrap(), EditResult::Stored);
    let late = SubscriptionEdit { audit_entry: Some(audit_entry("late", 2)), ..edit };
    assert_eq!(bench.store().edit_subscriptions(&channel_ref("C1"), late).await.unwrap(), EditResult::Conflict);
    bench.store().append_audit_entry(&workspace(), audit_entry("second", 3)).await.unwrap();
    bench.restart();
    assert_eq!(
        bench.store().audit_entries(&workspace(), 9).await.unwrap(),
        [audit_entry("second", 3), audit_entry("first", 1)]
    );
    assert_eq!(typed(&bench, 1).await, ["second"]);
    let other = WorkspaceId::parse("T2").unwrap();
    assert!(bench.store().audit_entries(&other, 9).await.unwrap().is_empty());
}

pub(super) async fn the_newest_audit_entries_are_kept_for_half_a_year(bench: Bench) {
    for number in 0..MAX_AUDIT_ENTRIES_PER_WORKSPACE + 5 {
        let second = if number < 10 { 0 } else { 10 * DAY };
        bench.store().append_audit_entry(&workspace(), audit_entry(&number.to_string(), second)).await.unwrap();
    }
    let kept = typed(&bench, usize::MAX).await;
    assert_eq!(
        (kept.len(), kept.first().unwrap().as_str(), kept.last().unwrap().as_str()),
        (MAX_AUDIT_ENTRIES_PER_WORKSPACE, "1004", "5")
    );
    bench.store().sweep(&workspace(), at(181 * DAY)).await.unwrap();
    assert_eq!(typed(&bench, usize::MAX).await.last().unwrap(), "10");
    bench.store().sweep(&workspace(), at(191 * DAY)).await.unwrap();
    assert!(typed(&bench, usize::MAX).await.is_empty());
}
