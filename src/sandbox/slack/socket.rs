//! Socket Mode: connections that the app opens, over which everything is sent that would go to its addresses otherwise.

mod envelope;

use super::Emulator;
use super::connections::Order;
use super::refusal::Refusal;
use super::request::Outcome;
use super::world::{APP_ID, World};
use crate::clock::later;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// The time between two pings.
const BETWEEN_PINGS: Duration = Duration::from_secs(25);
/// The time between the warning and the end of a connection.
const DISCONNECT_WARNING: Duration = Duration::from_secs(10);
/// The longest frame from the app, in bytes; a longer one ends its connection.
const LONGEST_FRAME: usize = 20_480;

type Stream = WebSocketStream<TokioIo<Upgraded>>;

#[derive(Deserialize)]
pub(super) struct Ticket {
    ticket: u64,
}

impl World {
    /// `apps.connections.open`. <https://docs.slack.dev/reference/methods/apps.connections.open>
    pub(super) fn open_connection(&mut self, token: Option<&str>) -> Outcome {
        // A token among the arguments does not count.
        let token = token.ok_or("not_authed")?;
        if self.sockets.token.as_deref() != Some(token) {
            let is_bots = self.owner_of(token).is_some();
            return Err(Refusal::from(if is_bots { "not_allowed_token_type" } else { "invalid_auth" }));
        }
        let ticket = self.next_number();
        self.sockets.tickets.insert(ticket);
        let base = self.base_url.replacen("http", "ws", 1);
        Ok(json!({"ok": true, "url": format!("{base}/link/?ticket={ticket}&app_id={APP_ID}")}))
    }
}

/// Takes a connection, whose address is good once.
pub(super) async fn link(
    State(emulator): State<Emulator>,
    Query(Ticket { ticket }): Query<Ticket>,
    mut request: Request<Body>,
) -> Response {
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()))
    else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    if !emulator.world().sockets.tickets.remove(&ticket) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            emulator.attend(stream).await;
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(&key).expect("base64 is plain"));
    response
}

impl Emulator {
    /// Turns Socket Mode on for the app: everything goes over the connections that it opens with this token.
    pub fn turn_on_socket_mode(&self, app_token: &str) {
        let sockets = &mut self.world().sockets;
        (sockets.token, sockets.is_on) = (Some(app_token.to_owned()), true);
    }

    /// Turns Socket Mode off: connections are told so and closed, and later ones too.
    pub fn turn_off_socket_mode(&self) {
        self.world().sockets.is_on = false;
        self.disconnects("link_disabled");
    }

    /// Returns the number of open connections.
    pub fn connections(&self) -> usize {
        self.world().sockets.lines.len()
    }

    /// Warns the app that its connections are closed in ten seconds, for a reason such as `refresh_requested`.
    pub fn disconnects(&self, reason: &str) {
        let at = later(self.0.clock.now(), DISCONNECT_WARNING);
        let warning = Message::text(disconnect(reason));
        self.orders(|| [Order::Send(warning.clone()), Order::CloseAt(at)]);
    }

    /// Cuts every connection without a word.
    pub fn cuts_connections(&self) {
        self.orders(|| [Order::Cut]);
    }

    /// Lets the connections that are open lie still: nothing comes over them any more, and nothing is read.
    pub fn hushes_connections(&self) {
        self.orders(|| [Order::Hush]);
    }

    /// Sends a text over every connection that nobody asked for.
    pub fn sends_text(&self, text: &str) {
        self.orders(|| [Order::Send(Message::text(text))]);
    }

    /// Sends bytes over every connection, which Slack never does.
    pub fn sends_bytes(&self, bytes: &[u8]) {
        self.orders(|| [Order::Send(Message::binary(bytes.to_vec()))]);
    }

    /// Lets no envelope be answered from now on with its acknowledgement.
    pub fn takes_no_answers(&self) {
        self.world().sockets.takes_no_answers = true;
    }

    /// Lets the next acknowledgement be lost together with its connection.
    pub fn loses_next_acknowledgement(&self) {
        self.world().sockets.to_lose += 1;
    }

    /// Returns the number of pings that the app has not answered yet.
    pub fn unanswered_pings(&self) -> usize {
        self.world().sockets.pinged
    }

    /// Returns the messages from the app that Slack would not accept.
    pub fn socket_complaints(&self) -> Vec<String> {
        self.world().sockets.complaints.clone()
    }

    fn orders<const N: usize>(&self, orders: impl Fn() -> [Order; N]) {
        for line in self.world().sockets.lines.values() {
            for order in orders() {
                // A connection that has just ended takes no order.
                let _ = line.send(order);
            }
        }
    }

    /// Returns true if the app gets everything by Socket Mode.
    pub(super) fn uses_sockets(&self) -> bool {
        self.world().sockets.is_on
    }

    async fn attend(self, mut stream: Stream) {
        if !self.uses_sockets() {
            // Whether it is taken does not matter.
            let _ = stream.send(Message::text(disconnect("link_disabled"))).await;
            let _ = stream.close(None).await;
            return;
        }
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let (number, count) = {
            let mut world = self.world();
            (world.next_number(), world.sockets.lines.len() + 1)
        };
        let hello = json!({
            "type": "hello",
            "num_connections": count,
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "applink-emulator", "approximate_connection_time": 18060},
        });
        if stream.send(Message::text(hello.to_string())).await.is_err() {
            return;
        }
        self.world().sockets.lines.insert(number, orders);
        self.changed();
        let mut line = Line { number, stream, pinged: false, closes: None };
        self.serve_line(&mut line, &mut ordered).await;
        self.end(&mut line);
    }

    /// Sends nothing more over a connection.
    fn end(&self, line: &mut Line) {
        self.answered_ping(line);
        let sockets = &mut self.world().sockets;
        sockets.lines.remove(&line.number);
        sockets.waiting.retain(|_, waiting| waiting.line != line.number);
        self.changed();
    }

    async fn serve_line(&self, line: &mut Line, ordered: &mut mpsc::UnboundedReceiver<Order>) {
        let clock = &self.0.clock;
        let mut next_ping = later(clock.now(), BETWEEN_PINGS);
        loop {
            let due = line.closes.into_iter().fold(next_ping, Timestamp::min);
            tokio::select! {
                order = ordered.recv() => match order {
                    Some(Order::Send(message)) => {
                        if line.stream.send(message).await.is_err() {
                            return;
                        }
                    }
                    Some(Order::CloseAt(at)) => line.closes = Some(at),
                    Some(Order::Hush) => {
                        self.end(line);
                        std::future::pending::<()>().await;
                    }
                    Some(Order::Cut) | None => return,
                },
                message = line.stream.next() => match message {
                    Some(Ok(Message::Text(text))) if text.len() > LONGEST_FRAME => {
                        self.world().sockets.complaints.push(format!("a frame of {} bytes", text.len()));
                        let reason = format!("Max frame length of {LONGEST_FRAME} has been exceeded.").into();
                        // Whether it is taken does not matter.
                        let _ = line.stream.close(Some(CloseFrame { code: CloseCode::Size, reason })).await;
                        return;
                    }
                    Some(Ok(Message::Text(text))) => {
                        if self.acknowledged(line.number, &text).is_break() {
                            return;
                        }
                    }
                    Some(Ok(Message::Pong(_))) => self.answered_ping(line),
                    Some(Ok(Message::Ping(_))) => {}
                    Some(Ok(Message::Binary(_) | Message::Close(_) | Message::Frame(_)) | Err(_)) | None => return,
                },
                () = clock.sleep_until(due) => {
                    if line.closes.is_some_and(|at| at <= clock.now()) {
                        // Whether it is taken does not matter.
                        let _ = line.stream.close(None).await;
                        return;
                    }
                    next_ping = later(clock.now(), BETWEEN_PINGS);
                    if !std::mem::replace(&mut line.pinged, true) {
                        self.world().sockets.pinged += 1;
                    }
                    if line.stream.send(Message::Ping(Bytes::from_static(b"Ping from applink-emulator"))).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn answered_ping(&self, line: &mut Line) {
        if std::mem::take(&mut line.pinged) {
            self.world().sockets.pinged -= 1;
        }
    }
}

/// A connection that is open.
struct Line {
    number: u64,
    stream: Stream,
    /// True while a ping is unanswered.
    pinged: bool,
    closes: Option<Timestamp>,
}

fn disconnect(reason: &str) -> String {
    json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-emulator"}}).to_string()
}
