//! Links that people paste, and what is shown below them.

use crate::harness::{Bench, channel, user, workspace};
use segments_slack::slack::api::Linked;
use segments_slack::slack::error::SlackError;
use slack_morphism::prelude::*;

const LINK: &str = "https://app.segments.ai/jane/flowers";

#[tokio::test]
async fn what_stands_behind_a_link_is_shown_below_the_message_that_has_it_and_nothing_else_is() {
    let bench = Bench::start().await;
    let (ts, told) = bench.slack.shares(&workspace(), &user("U2"), &channel("C1"), &format!("see {LINK}")).await;
    assert!(told.unwrap().is_success());
    let blocks = vec![SlackBlock::Divider(SlackDividerBlock::new())];
    let unfurl = async |place: Linked, url: &str, blocks: &[SlackBlock]| {
        bench.app().slack.unfurl(&workspace(), &place, &[(url.to_owned(), blocks.to_vec())]).await
    };
    let refused = |code: &str| Err(SlackError::Refused(code.to_owned()));
    let here = Linked::Message(channel("C1"), ts.clone());
    assert_eq!(unfurl(here.clone(), "https://app.segments.ai/jane/birds", &blocks).await, refused("cannot_unfurl_url"));
    assert_eq!(unfurl(here.clone(), LINK, &vec![blocks[0].clone(); 51]).await, refused("invalid_blocks"));
    let elsewhere = Linked::Message(channel("C2"), ts.clone());
    assert_eq!(unfurl(elsewhere, LINK, &blocks).await, refused("cannot_find_message"));
    assert_eq!(unfurl(here, LINK, &blocks).await, Ok(()));
    let shown = bench.slack.messages(&workspace(), &channel("C1"), None).pop().unwrap();
    assert_eq!(shown.attachments[0]["from_url"], LINK);
    let (_, told) = bench.slack.shares(&workspace(), &user("U2"), &channel("C1"), "https://example.com/jane").await;
    assert_eq!(told, None, "links of other domains are no matter of the app's");
}
