//! The Slack emulator, from the wire: that it does what Slack does, and refuses what Slack refuses.

mod channels;
mod client;
mod content;
mod faults;
mod messages;
mod people;
mod sharing;
mod socket;
mod unfurls;
mod views;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response};
use segments_slack::clock::Clock;
use segments_slack::model::{ChannelId, MessageTs, UserId, WorkspaceId};
use segments_slack::sandbox::slack::{App, ChannelKind, Emulator, Role};
use serde_json::{Value, json};

const TOKEN: &str = "xoxb-one";

/// A small Slack on loopback: workspace T1 with ann (admin) and jane, channels C1 (public, the bot is in it),
/// C2 (public, it is not), G1 (private, it is in it), G2 (private, it is not); and workspace T2 with channel C9.
struct Slack {
    emulator: Emulator,
    clock: Clock,
    url: String,
    client: Client,
}

fn team() -> WorkspaceId {
    WorkspaceId::parse("T1").unwrap()
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn channel(id: &str) -> ChannelId {
    ChannelId::parse(id).unwrap()
}

fn ts(answer: &Value) -> MessageTs {
    MessageTs::parse(answer["ts"].as_str().expect("an answer with a ts")).unwrap()
}

/// Serves a router on loopback until the test ends; gives its address.
async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

impl Slack {
    async fn start() -> Self {
        Self::start_at(Clock::manual("2026-01-01T12:00:00Z".parse().unwrap())).await
    }

    async fn start_at(clock: Clock) -> Self {
        let emulator = Emulator::new(clock.clone(), 7);
        let url = serve(emulator.router()).await;
        emulator.set_base_url(&url);
        let other = WorkspaceId::parse("T2").unwrap();
        emulator.add_workspace(&team(), "Flowers", TOKEN);
        emulator.add_workspace(&other, "Weeds", "xoxb-two");
        emulator.add_user(&team(), &user("U1"), "ann", Role::Admin, "Europe/Brussels");
        emulator.add_user(&team(), &user("U2"), "jane", Role::Member, "America/New_York");
        let bot = emulator.bot_user(&team());
        let with_bot = [user("U1"), user("U2"), bot];
        let without = [user("U1"), user("U2")];
        emulator.add_channel(&team(), &channel("C1"), "general", ChannelKind::Public, &with_bot);
        emulator.add_channel(&team(), &channel("C2"), "random", ChannelKind::Public, &without);
        emulator.add_channel(&team(), &channel("G1"), "secret", ChannelKind::Private, &with_bot);
        emulator.add_channel(&team(), &channel("G2"), "hidden", ChannelKind::Private, &without);
        emulator.add_channel(&other, &channel("C9"), "general", ChannelKind::Public, &[]);
        let client = Client::builder().no_proxy().build().unwrap();
        Self { emulator, clock, url, client }
    }

    /// Lets an app answer at `/slack/commands`, `/slack/interactions` and `/slack/events`.
    async fn install(&self, app: axum::Router) {
        let base_url = serve(app).await;
        self.emulator.set_app(App { base_url, signing_secret: "shh".to_owned().into() });
    }

    async fn send(&self, method: &str, arguments: Value) -> Response {
        let request = self.client.post(format!("{}/api/{method}", self.url)).bearer_auth(TOKEN);
        request.json(&arguments).send().await.unwrap()
    }

    async fn post(&self, method: &str, arguments: Value) -> Value {
        self.send(method, arguments).await.json().await.unwrap()
    }

    async fn get(&self, method: &str, query: &str) -> Value {
        let request = self.client.get(format!("{}/api/{method}?{query}", self.url)).bearer_auth(TOKEN);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Says something in C1 after a second, so that no limit is in the way.
    async fn says(&self, text: &str) -> Value {
        self.pass(1);
        let answer = self.post("chat.postMessage", json!({"channel": "C1", "text": text})).await;
        assert_eq!(answer["ok"], true, "{answer}");
        answer
    }

    fn pass(&self, seconds: i64) {
        let now: Timestamp = self.clock.now();
        self.clock.set(now + SignedDuration::from_secs(seconds));
    }
}
