//! Telling of changes: bodies wait in a queue until they are sent, signed, and accepted.

use super::SegmentsAi;
use super::world::{Waiting, World};
use crate::model::event::KnownType;
use crate::sandbox::segments::{SendError, Sender, Sent, fresh_message_id};
use crate::segments::sample;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

impl World {
    /// Puts the webhook for a change into the queue, if the owner of the dataset has an endpoint.
    pub(super) fn cause(&mut self, event: KnownType, dataset: &str, subject: &str, object: &Value, now: Timestamp) {
        let text = sample::summary(event, dataset, subject);
        let body = sample::envelope(event.as_str(), dataset, object, &text, now);
        let owner = dataset.split('/').next().unwrap_or_default();
        if self.endpoint(owner).is_some() {
            let (message_id, owner) = (fresh_message_id(), owner.to_owned());
            self.waiting.push_back(Waiting { message_id, body: body.clone(), owner });
        }
        self.webhooks.push(body);
        self.touch(object);
    }

    /// Returns an owner's current webhook endpoint, which waiting webhooks use, too.
    fn endpoint(&self, owner: &str) -> Option<Arc<Sender>> {
        self.endpoints.get(owner).or(self.endpoint_of_others.as_ref()).map(Arc::clone)
    }
}

impl SegmentsAi {
    /// Every webhook that there was reason for, in order, whether it was sent or not.
    pub fn webhooks(&self) -> Vec<Value> {
        self.world().webhooks.clone()
    }

    /// Returns the number of waiting webhooks.
    pub fn waiting(&self) -> usize {
        self.world().waiting.len()
    }

    /// Sends every waiting webhook once, in order. What is not accepted waits on, under the same message id.
    pub async fn deliver(&self) -> Vec<Result<Sent, SendError>> {
        let waiting: Vec<Waiting> = self.world().waiting.iter().cloned().collect();
        let mut results = Vec::new();
        for Waiting { message_id, body, owner } in waiting {
            let Some(sender) = self.world().endpoint(&owner) else { continue };
            let sent = sender.resend(&message_id, &body, self.0.clock.now()).await;
            if sent.as_ref().is_ok_and(|sent| sent.status.is_success()) {
                self.world().waiting.retain(|other| other.message_id != message_id);
            }
            results.push(sent);
        }
        results
    }

    /// Sends webhooks as soon as there are any, for as long as this is awaited. Those that are not accepted go again with
    /// the next.
    pub async fn keep_delivering(&self) {
        let mut changes = self.changes();
        changes.mark_changed();
        // The sender lives in `self`, so this ends with whoever awaits it.
        while changes.changed().await.is_ok() {
            self.deliver().await;
        }
    }

    /// Does something with the world; whoever waits for changes is told if there were any.
    pub(super) fn work<T>(&self, work: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let now = self.0.clock.now();
        let mut world = self.world();
        let before = world.webhooks.len();
        let done = work(&mut world, now);
        let caused = world.webhooks.len() > before;
        drop(world);
        if caused {
            self.note_change();
        }
        done
    }
}
