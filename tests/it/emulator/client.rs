//! The client that the program uses understands the emulator's answers.

use super::{Slack, TOKEN, team};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;

type Plain = SlackClientHyperConnector<hyper_util::client::legacy::connect::HttpConnector>;

fn client(slack: &Slack) -> SlackClient<Plain> {
    let connector = hyper_util::client::legacy::connect::HttpConnector::new();
    let connector = SlackClientHyperConnector::with_connector(connector);
    SlackClient::new(connector.with_slack_api_url(&format!("{}/api", slack.url)))
}

fn token() -> SlackApiToken {
    SlackApiToken::new(TOKEN.into())
}

fn content(text: &str) -> SlackMessageContent {
    let metadata = SlackMessageMetadata::new("call".to_owned())
        .with_event_payload([("id".to_owned(), "7".to_owned())].into_iter().collect());
    SlackMessageContent::new()
        .with_text(text.to_owned())
        .with_blocks(slack_blocks![some_into(SlackSectionBlock::new().with_text(md!("*hello*")))])
        .with_metadata(metadata)
}

#[tokio::test]
async fn the_client_posts_updates_reads_and_deletes() {
    let slack = Slack::start().await;
    let (client, token) = (client(&slack), token());
    let session = client.open_session(&token);
    let request = SlackApiChatPostMessageRequest::new("C1".into(), content("one"));
    let posted = session.chat_post_message(&request).await.unwrap();
    let request = SlackApiChatUpdateRequest::new("C1".into(), content("two"), posted.ts.clone());
    assert_eq!(session.chat_update(&request).await.unwrap().message.content.text.as_deref(), Some("two"));
    let request = SlackApiConversationsHistoryRequest::new()
        .with_channel("C1".into())
        .with_oldest(posted.ts.clone())
        .with_inclusive(true)
        .with_include_all_metadata(true);
    let history = session.conversations_history(&request).await.unwrap();
    assert_eq!(history.messages[0].origin.ts, posted.ts);
    assert_eq!(history.messages[0].content.metadata, content("").metadata);
    assert!(history.messages[0].edited.is_some());
    session.chat_delete(&SlackApiChatDeleteRequest::new("C1".into(), posted.ts)).await.unwrap();
}

#[tokio::test]
async fn the_client_reads_channels_people_and_views() {
    let slack = Slack::start().await;
    let (client, token) = (client(&slack), token());
    let session = client.open_session(&token);
    assert_eq!(session.auth_test().await.unwrap().team_id.to_string(), "T1");
    let user = session.users_info(&SlackApiUsersInfoRequest::new("U1".into())).await.unwrap().user;
    assert_eq!((user.tz.as_deref(), user.flags.is_admin), (Some("Europe/Brussels"), Some(true)));
    let channel =
        session.conversations_info(&SlackApiConversationsInfoRequest::new("G1".into())).await.unwrap().channel;
    assert_eq!(channel.flags.is_member, Some(true));
    let members = SlackApiConversationsMembersRequest::new().with_channel("C1".into());
    assert_eq!(session.conversations_members(&members).await.unwrap().members.len(), 3);
    let join = SlackApiConversationsJoinRequest::new("C2".into());
    session.conversations_join(&join).await.unwrap();
    session.conversations_join(&join).await.unwrap();
    let open = SlackApiConversationsOpenRequest::new().with_users(vec!["U1".into()]);
    assert!(session.conversations_open(&open).await.unwrap().channel.id.to_string().starts_with('D'));
    let ephemeral = SlackApiChatPostEphemeralRequest::new("C1".into(), "U1".into(), content("psst"));
    session.chat_post_ephemeral(&ephemeral).await.unwrap();
    let home = SlackView::Home(SlackHomeView::new(slack_blocks![some_into(SlackDividerBlock::new())]));
    session.views_publish(&SlackApiViewsPublishRequest::new("U1".into(), home)).await.unwrap();
    assert_eq!(slack.emulator.home(&team(), &super::user("U1")).unwrap()["type"], "home");
}

#[tokio::test]
async fn the_client_tells_refusals_from_limits_and_failures() {
    let slack = Slack::start().await;
    let (client, token) = (client(&slack), token());
    let session = client.open_session(&token);
    let post = async |channel: &str| {
        let request = SlackApiChatPostMessageRequest::new(channel.into(), content("x"));
        session.chat_post_message(&request).await
    };
    let refused = post("C404").await;
    assert!(matches!(refused, Err(SlackClientError::ApiError(error)) if error.code == "channel_not_found"));
    for _ in 0..3 {
        post("C1").await.unwrap();
    }
    let limited = post("C1").await;
    let three = Some(std::time::Duration::from_secs(3));
    assert!(matches!(limited, Err(SlackClientError::RateLimitError(error)) if error.retry_after == three));
    slack.emulator.set_outage(true);
    let failed = post("C1").await;
    assert!(matches!(failed, Err(SlackClientError::HttpError(error)) if error.status_code == 503));
}
