//! The state of the app's Socket Mode connections.

use super::dispatch::Answer;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

/// What the app has of Socket Mode.
#[derive(Default)]
pub(super) struct Sockets {
    /// What the app opens connections with.
    pub(super) token: Option<String>,
    pub(super) is_on: bool,
    /// Whether envelopes are not to be answered that can be otherwise.
    pub(super) takes_no_answers: bool,
    /// Addresses that were given out and not used.
    pub(super) tickets: BTreeSet<u64>,
    pub(super) lines: BTreeMap<u64, mpsc::UnboundedSender<Order>>,
    /// Envelopes that wait to be acknowledged, by their ids.
    pub(super) waiting: BTreeMap<String, Waiting>,
    /// Acknowledgements that are still to be lost, each with its connection.
    pub(super) to_lose: usize,
    /// Signs of life that the app was asked for and did not give yet.
    pub(super) pinged: usize,
    pub(super) complaints: Vec<String>,
}

/// An envelope that was sent and not acknowledged yet.
pub(super) struct Waiting {
    /// The connection that it went over.
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
