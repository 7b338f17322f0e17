//! A Slack with a page to it, and nothing behind: what a bot would post is posted by the test.

use super::closed::Closed;
use segments_slack::clock::Clock;
use segments_slack::model::{ChannelId, UserId, WorkspaceId};
use segments_slack::sandbox::page::{self, Page};
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::segments_ai::SegmentsAi;
use segments_slack::sandbox::slack::{ChannelKind, Emulator, Role};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const TOKEN: &str = "xoxb-of-the-page";

/// A workspace with ann (an admin), john and jane in `#annotation`, as the page shows it.
pub(crate) struct Workspace {
    /// Where the page is.
    pub(crate) page: String,
    api: String,
    client: reqwest::Client,
    _nobody: Closed,
    _running: DropGuard,
}

impl Workspace {
    /// Opens the page and the Web API that posts to it.
    pub(crate) async fn open() -> Self {
        let id = WorkspaceId::parse("T1").unwrap();
        let emulator = Emulator::new(Clock::system(), 1);
        emulator.add_workspace(&id, "Acme", TOKEN);
        let people = [("U1", "ann", Role::Admin), ("U2", "john", Role::Member), ("U3", "jane", Role::Member)];
        let mut members = vec![emulator.bot_user(&id)];
        for (user, name, role) in people {
            let user = UserId::parse(user).unwrap();
            emulator.add_user(&id, &user, name, role, "Etc/UTC");
            members.push(user);
        }
        for (channel, name, kind) in
            [("C1", "annotation", ChannelKind::Public), ("G1", "reviewers", ChannelKind::Private)]
        {
            emulator.add_channel(&id, &ChannelId::parse(channel).unwrap(), name, kind, &members);
        }
        let shutdown = CancellationToken::new();
        let api = serve(emulator.router(), shutdown.clone()).await;
        emulator.set_base_url(&api);
        let nobody = Closed::new();
        let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned().into();
        let sender = Sender::new(nobody.url().parse().unwrap(), &secret).unwrap();
        let page = Page {
            emulator,
            sender,
            segments: SegmentsAi::new(Clock::system()),
            asks_for: None,
            clock: Clock::system(),
            workspace: id,
            shutdown: shutdown.clone(),
        };
        let page = serve(page::router(page), shutdown.clone()).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { page, api, client, _nobody: nobody, _running: shutdown.drop_guard() }
    }

    /// Posts a message to `#annotation` as the bot.
    pub(crate) async fn post(&self, mut message: Value) {
        message["channel"] = json!("C1");
        let url = format!("{}/api/chat.postMessage", self.api);
        let answer = self.client.post(url).bearer_auth(TOKEN).json(&message).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
    }

    /// Throws a switch of the page as a web page of this origin would; returns the HTTP status.
    pub(crate) async fn switches(&self, switch: &str, origin: Option<&str>) -> u16 {
        let request = self.client.post(format!("{}/switch", self.page)).body(format!("switch={switch}"));
        let mut request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

/// Serves on a port of its own until the shutdown; returns the address.
async fn serve(router: axum::Router, shutdown: CancellationToken) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await });
    address
}

/// A card in an attachment, with each thing that can be clicked.
pub(crate) fn card() -> Value {
    let plain = |text: &str| json!({ "type": "plain_text", "text": text });
    let mrkdwn = |text: &str| json!({ "type": "mrkdwn", "text": text });
    let dataset = "https://app.segments.ai/jane/flowers";
    json!({ "color": "#e01e5a", "blocks": [
        { "type": "section", "text": mrkdwn(&format!("🔴 *<{dataset}|sample_0042>* — issue opened by <@U3>")) },
        { "type": "section", "text": mrkdwn("&gt; The mask of the left petal cuts into the stem.") },
        { "type": "context", "elements": [mrkdwn("jane/flowers"), mrkdwn("subscription `#1`")] },
        { "type": "actions", "elements": [
            { "type": "button", "action_id": "open", "text": plain("Open in Segments.ai"), "url": dataset, "style": "primary" },
            { "type": "button", "action_id": "resolve", "text": plain("Resolve"), "style": "danger", "confirm": {
                "title": plain("Resolve this issue?"), "text": mrkdwn("It is *closed* for everybody."),
                "confirm": plain("Resolve"), "deny": plain("Cancel"), "style": "danger" } },
            { "type": "overflow", "action_id": "more", "options": [
                { "text": plain("Mute this dataset 1 h"), "value": "mute" },
                { "text": plain("Why am I seeing this"), "value": "why" } ] },
        ] },
    ] })
}
