//! Setting a Segments.ai up: who there is, what they work on, and where webhooks go.

use super::SegmentsAi;
use super::settings::{Rules, Timing};
use super::world::{Dataset, Role, User, World};
use crate::sandbox::segments::Sender;
use crate::segments::sample;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

impl SegmentsAi {
    /// Adds a person with an API key.
    pub fn add_user(&self, name: &str, key: &str) {
        let user = User { key: Some(key.to_owned()), organization: false, created_at: self.0.clock.now() };
        self.world().users.insert(name.to_owned(), user);
    }

    /// Adds an organisation, which owns datasets and has no key.
    pub fn add_organization(&self, name: &str) {
        let organization = User { key: None, organization: true, created_at: self.0.clock.now() };
        self.world().users.insert(name.to_owned(), organization);
    }

    /// Takes a person's key back.
    pub fn revoke_key(&self, user: &str) {
        self.world().users.get_mut(user).expect("a user that was added").key = None;
    }

    /// Adds an empty private dataset, `owner/name`.
    pub fn add_dataset(&self, name: &str) {
        let now = self.0.clock.now();
        self.world().dataset(name, now);
    }

    /// Shows a dataset to everybody.
    pub fn publish(&self, dataset: &str) {
        let mut world = self.world();
        let dataset = world.datasets.get_mut(dataset).expect("a dataset that was added");
        dataset.public = true;
        dataset.object["public"] = true.into();
    }

    /// Lets somebody into a dataset, or changes what they may do there.
    pub fn add_collaborator(&self, dataset: &str, user: &str, role: Role) {
        let mut world = self.world();
        let dataset = world.datasets.get_mut(dataset).expect("a dataset that was added");
        dataset.collaborators.insert(user.to_owned(), role);
    }

    /// Lets somebody into every dataset that is first seen in a webhook ([`SegmentsAi::see`]).
    pub fn add_to_crew(&self, user: &str, role: Role) {
        self.world().crew.insert(user.to_owned(), role);
    }

    /// Says where the webhooks of the datasets of an owner go; without it there are none.
    pub fn set_endpoint(&self, owner: &str, sender: Sender) {
        self.world().endpoints.insert(owner.to_owned(), Arc::new(sender));
    }

    /// Says where the webhooks of all other owners' datasets go.
    pub fn set_endpoint_of_others(&self, sender: Sender) {
        self.world().endpoint_of_others = Some(Arc::new(sender));
    }

    /// Says when webhooks go.
    pub fn set_timing(&self, timing: Timing) {
        self.world().timing = timing;
    }

    /// Decides what is not known.
    pub fn set_rules(&self, rules: Rules) {
        self.world().rules = rules;
    }
}

impl World {
    /// A dataset, made if it is new.
    pub(super) fn dataset(&mut self, name: &str, now: Timestamp) -> &mut Dataset {
        let crew = &self.crew;
        self.datasets.entry(name.to_owned()).or_insert_with(|| Dataset {
            object: template("dataset.created", name, now),
            public: false,
            collaborators: crew.clone(),
        })
    }
}

/// An object as Segments.ai writes one, to be filled in.
pub(super) fn template(event: &str, dataset: &str, now: Timestamp) -> Value {
    let mut body = sample::body(event, dataset, 0, now).expect("an event that has bodies");
    body["object"].take()
}
