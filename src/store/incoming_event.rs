//! A webhook on its way in, and what is decided about it.

use crate::model::{
    AccountId, ChannelId, DatasetName, DeliveryReason, EventId, MessageId, News, ObjectKey, ObjectState, Options,
};
use jiff::Timestamp;
use std::sync::Arc;

/// A webhook message on its way in.
#[derive(Debug, Clone)]
pub struct IncomingEvent {
    /// The endpoint it came to.
    pub account: AccountId,
    /// The sender's id, the same on every retry.
    pub message: MessageId,
    /// When it came.
    pub received_at: Timestamp,
    /// The dataset it names: remembered as seen.
    pub dataset: Option<DatasetName>,
    /// The object whose last state the verdict needs.
    pub object: Option<ObjectKey>,
    /// The sample whose last state gives a label its name.
    pub sample: Option<ObjectKey>,
}

/// The last states that a verdict is made from.
#[derive(Debug, Clone, Default)]
pub struct PreviousState {
    /// Of the arrival's object.
    pub object: Option<ObjectState>,
    /// Of the arrival's sample.
    pub sample: Option<ObjectState>,
}

/// What is to be kept of an arrival.
#[derive(Debug, Clone)]
pub struct RoutingDecision {
    /// The new last state of the object; none to leave the stored one.
    pub state: Option<ObjectState>,
    /// The event and what it changed, stored once if anyone wants it.
    pub news: Arc<News>,
    /// Its id.
    pub event: EventId,
    /// One for each channel that wants it, in any order. The store adds those that show the issue and did not ask for
    /// this, and the one that it was done from.
    pub deliveries: Vec<NewDelivery>,
    /// Whether the object was seen in a later state already.
    pub is_stale: bool,
}

/// A delivery before it has its place in its channel.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// The channel.
    pub channel: ChannelId,
    /// The lowest number of the subscriptions that matched.
    pub subscription: u32,
    /// How it is shown.
    pub options: Options,
    /// Why the channel gets it.
    pub reason: DeliveryReason,
    /// Not before this time.
    pub not_before: Timestamp,
    /// The time of the digest that it goes into; none if it is shown by itself.
    pub digest: Option<Timestamp>,
}

/// Makes a verdict from the last states; pure, and called at most once, in the order in which the store writes.
pub type RouteFn = Box<dyn FnOnce(PreviousState) -> RoutingDecision + Send>;
