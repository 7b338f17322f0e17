//! Socket Mode as an app sees it: how a connection is opened, what comes over it, and what Slack makes of answers.

use super::{Slack, channel, team, user};
use crate::harness::HANG_GUARD;
use futures_util::{SinkExt, StreamExt};
use segments_slack::sandbox::slack::Answer;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const APP_TOKEN: &str = "xapp-1-A0SEGMENTS-1-secret";

type Socket = WebSocketStream<TcpStream>;

impl Slack {
    async fn opening(&self, token: &str) -> Value {
        let request = self.client.post(format!("{}/api/apps.connections.open", self.url)).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn link(&self, url: &str) -> Result<Socket, Error> {
        let stream = TcpStream::connect(self.url.trim_start_matches("http://")).await.unwrap();
        client_async(url, stream).await.map(|(socket, _)| socket)
    }

    /// A connection that was greeted.
    async fn connection(&self) -> Socket {
        self.emulator.turn_on_socket_mode(APP_TOKEN);
        let opened = self.opening(APP_TOKEN).await;
        let mut socket = self.link(opened["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(next(&mut socket).await["type"], "hello");
        while self.emulator.connections() == 0 {
            tokio::task::yield_now().await;
        }
        socket
    }

    /// Lets ann type while an app does something.
    async fn typed(&self, app: impl Future<Output = ()>) -> Answer {
        let (ann, c1, home) = (user("U1"), channel("C1"), team());
        tokio::join!(self.emulator.types(&home, &ann, &c1, "/segments list"), app).0
    }
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

async fn says(socket: &mut Socket, answer: Value) {
    socket.send(Message::text(answer.to_string())).await.unwrap();
}

#[tokio::test]
async fn only_the_app_token_opens_a_socket_and_addresses_work_once() {
    let slack = Slack::start().await;
    slack.emulator.turn_on_socket_mode(APP_TOKEN);
    assert_eq!(slack.opening("xapp-1-another").await["error"], "invalid_auth");
    assert_eq!(slack.post("apps.connections.open", json!({})).await["error"], "not_allowed_token_type");
    let in_body = slack.client.post(format!("{}/api/apps.connections.open", slack.url));
    let in_body =
        in_body.header("content-type", "application/x-www-form-urlencoded").body(format!("token={APP_TOKEN}"));
    let refused: Value = in_body.send().await.unwrap().json().await.unwrap();
    assert_eq!(refused["error"], "not_authed");
    let opened = slack.opening(APP_TOKEN).await;
    let url = opened["url"].as_str().unwrap();
    assert!(url.starts_with("ws://"), "{url}");
    slack.link(url).await.unwrap();
    assert!(matches!(slack.link(url).await, Err(Error::Http(refusal)) if refusal.status() == 403));
}

#[tokio::test]
async fn a_socket_command_comes_as_json_and_is_answered_by_its_ack() {
    let slack = Slack::start().await;
    let mut socket = slack.connection().await;
    let answer = slack
        .typed(async {
            let envelope = next(&mut socket).await;
            assert_eq!(
                (&envelope["type"], &envelope["accepts_response_payload"]),
                (&json!("slash_commands"), &json!(true))
            );
            assert_eq!(envelope["payload"]["text"], "list");
            says(&mut socket, json!({"envelope_id": envelope["envelope_id"], "payload": {"text": "nothing"}})).await;
        })
        .await;
    assert_eq!((answer.status, answer.is_json), (Some(200), true));
    let shown = slack.emulator.take_unread(&team(), &channel("C1"));
    assert_eq!(shown.last().unwrap().text, "nothing");
}

#[tokio::test]
async fn what_is_not_acknowledged_in_three_seconds_comes_again() {
    let slack = Slack::start().await;
    let mut socket = slack.connection().await;
    let emulator = slack.emulator.clone();
    let event = tokio::spawn(async move { emulator.sends_event(&team(), json!({"type": "channel_rename"})).await });
    let first = next(&mut socket).await;
    assert_eq!((&first["retry_attempt"], &first["retry_reason"]), (&json!(0), &json!("")));
    slack.pass(3);
    assert!(event.await.unwrap().timed_out);
    let second = next(&mut socket).await;
    assert_eq!((&second["retry_attempt"], &second["retry_reason"]), (&json!(1), &json!("timeout")));
    assert_eq!((&second["envelope_id"], &second["payload"]), (&first["envelope_id"], &first["payload"]));
}

#[tokio::test]
async fn an_ack_with_a_forbidden_answer_counts_not_and_is_reported() {
    let slack = Slack::start().await;
    let mut socket = slack.connection().await;
    slack.emulator.takes_no_answers();
    let answer = slack
        .typed(async {
            let id = next(&mut socket).await["envelope_id"].clone();
            says(&mut socket, json!({"envelope_id": id, "payload": {"text": "nothing"}})).await;
            while slack.emulator.socket_complaints().is_empty() {
                tokio::task::yield_now().await;
            }
            slack.pass(3);
        })
        .await;
    assert!(answer.timed_out);
}

#[tokio::test]
async fn a_socket_warns_ten_seconds_early_and_needs_socket_mode() {
    let slack = Slack::start().await;
    let mut socket = slack.connection().await;
    slack.emulator.disconnects("warning");
    assert_eq!(next(&mut socket).await["reason"], "warning");
    slack.pass(10);
    while let Some(Ok(_)) = socket.next().await {}
    let opened = slack.opening(APP_TOKEN).await;
    slack.emulator.turn_off_socket_mode();
    let mut socket = slack.link(opened["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(next(&mut socket).await["reason"], "link_disabled");
    let ended = tokio::time::timeout(HANG_GUARD, async { while let Some(Ok(_)) = socket.next().await {} });
    ended.await.unwrap();
}
