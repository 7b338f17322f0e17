//! The state of the app's Socket Mode connections.

use super::dispatch::Answer;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

/// The app's side of Socket Mode.
#[derive(Default)]
pub(super) struct Sockets {
    /// The token that opens connections.
    pub(super) token: Option<String>,
    pub(super) is_on: bool,
    /// True if no acknowledgement may carry an answer.
    pub(super) takes_no_answers: bool,
    /// The tickets of addresses that were given out and not used.
    pub(super) tickets: BTreeSet<u64>,
    pub(super) lines: BTreeMap<u64, mpsc::UnboundedSender<Order>>,
    /// Envelopes that wait to be acknowledged, by their ids.
    pub(super) waiting: BTreeMap<String, Waiting>,
    /// The number of acknowledgements that are still to be lost, each with its connection.
    pub(super) to_lose: usize,
    /// The number of pings that the app has not answered yet.
    pub(super) pinged: usize,
    pub(super) complaints: Vec<String>,
}

/// An envelope that was sent and not acknowledged yet.
pub(super) struct Waiting {
    /// The number of the connection that carried it.
    pub(super) line: u64,
    pub(super) takes_answer: bool,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// An order to the task that serves a connection.
pub(super) enum Order {
    Send(Message),
    CloseAt(Timestamp),
    Hush,
    Cut,
}
