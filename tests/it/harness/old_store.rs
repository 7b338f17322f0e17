//! A bench on a store that an earlier commit made, with what Slack and Segments.ai knew then.

use super::installing::{CLIENT_ID, CLIENT_SECRET, OTHER_TOKEN, other};
use super::{API_KEY, BOT_TOKEN, Bench, Serves, WEBHOOK_MEMORY, channel, user, workspace};
use jiff::Timestamp;
use segments_slack::sandbox::segments_ai::Role as SegmentsRole;
use segments_slack::sandbox::slack::{ChannelKind, Role};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a file of the old store stands.
pub(crate) fn old(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores/0.1-55d9bc4").join(name)
}

/// Unpacks the archive of the old store into a folder that is not there yet.
pub(crate) fn unpack(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let archive = old("before-renames.tar.gz");
    let done = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder).status().unwrap();
    assert!(done.success(), "{}", archive.display());
}

/// What Slack showed when the old server stopped: its messages, forms and Homes, and the time.
pub(crate) fn slack_then() -> Value {
    serde_json::from_str(&std::fs::read_to_string(old("slack.json")).unwrap()).unwrap()
}

impl Bench {
    /// Starts on a copy of the old store, at the time at which its server stopped. The bot's messages of then are there.
    pub(crate) async fn start_on_old_store() -> Self {
        let mut bench = Self::without_server(WEBHOOK_MEMORY).await;
        // The old store has received the first message IDs already.
        *bench.messages.get_mut() = 1_000;
        bench.serves = Serves::OneAndMany;
        bench.api_key = Some(API_KEY.to_owned());
        bench.slack.set_oauth_client(CLIENT_ID, CLIENT_SECRET.to_owned().into());
        bench.slack.add_workspace(&other(), "Flower Lab", OTHER_TOKEN);
        bench.slack.add_user(&other(), &user("U21"), "eve", Role::Admin, "Europe/Brussels");
        bench.slack.add_channel(&other(), &channel("C21"), "flowers", ChannelKind::Public, &[user("U21")]);
        bench.slack.invite_bot(&other(), &channel("C21"), &user("U21")).await;
        let names = ["paused", "muted", "threads", "digests", "letters", "lost", "options", "begun"];
        for (number, name) in (3..).zip(names) {
            let id = channel(&format!("C{number}"));
            bench.slack.add_channel(&workspace(), &id, name, ChannelKind::Public, &[user("U1"), user("U2")]);
            bench.slack.invite_bot(&workspace(), &id, &user("U1")).await;
        }
        bench.ai.add_user("rex", API_KEY);
        bench.ai.add_user("jane", "key-of-jane");
        bench.ai.add_user("eve", "key-of-eve");
        bench.ai.add_to_crew("rex", SegmentsRole::Manager);
        unpack(&bench.data());
        let then = slack_then();
        for message in then["messages"].as_array().unwrap() {
            bench.posts_again(message).await;
        }
        bench.clock.set(then["now"].as_str().unwrap().parse().unwrap());
        for (workspace, id, _) in bench.slack.unread() {
            bench.slack.take_unread(&workspace, &id);
        }
        bench.boot().await;
        bench.settle().await;
        bench
    }

    /// Posts a message of the bot's as it was then, under the name that it had.
    async fn posts_again(&self, message: &Value) {
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        let id = text("channel");
        let stays = text("author").starts_with("Bot") && message["ephemeral_to"].is_null();
        if !stays || !id.starts_with('C') || id == "C2" {
            return;
        }
        let micros: i64 = text("ts").replace('.', "").parse().unwrap();
        self.clock.set(Timestamp::from_microsecond(micros).unwrap());
        let mut body = json!({"channel": id, "reply_broadcast": message["broadcast"]});
        for name in ["text", "blocks", "attachments", "metadata", "thread_ts"] {
            if !message[name].is_null() {
                body[name] = message[name].clone();
            }
        }
        let token = if message["workspace"] == "T1" { BOT_TOKEN } else { OTHER_TOKEN };
        let url = format!("{}/api/chat.postMessage", self.slack_url);
        let answer: Value =
            self.http.post(url).bearer_auth(token).json(&body).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["ts"], message["ts"], "{answer} {body}");
    }
}
