//! What is counted, and how the counts are read: one registry for each server, no statics.
//!
//! Labels are words of ours only: never a channel, a dataset or a person.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// A counter for each word that its one label takes.
#[derive(Clone, Default)]
pub struct Tally(Family<[(&'static str, &'static str); 1], Counter>);

impl Tally {
    /// Counts one more.
    pub fn count(&self, word: &'static str) {
        self.0.get_or_create(&[("outcome", word)]).inc();
    }

    /// Counts some more.
    pub fn add(&self, word: &'static str, more: u64) {
        self.0.get_or_create(&[("outcome", word)]).inc_by(more);
    }

    /// How many so far.
    pub fn get(&self, word: &'static str) -> u64 {
        self.0.get_or_create(&[("outcome", word)]).get()
    }
}

/// Every count of one server.
pub struct Metrics {
    registry: Registry,
    /// Requests to the webhook endpoints.
    pub webhooks: Tally,
    /// Requests to the endpoints for Slack.
    pub slack_requests: Tally,
    /// Calls to Slack that deliver.
    pub slack_calls: Tally,
    /// Calls to Segments.ai.
    pub segments_calls: Tally,
    /// What became of deliveries.
    pub deliveries: Tally,
    /// Messages that had to be sent in a simpler form.
    pub fallbacks: Tally,
    /// Direct messages that tell of a pause.
    pub notices: Tally,
    /// Pasted links.
    pub unfurls: Tally,
    /// Backups that the server makes by itself.
    pub backups: Tally,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("segments_slack");
        let mut tally = |name: &str, help: &str| {
            let tally = Tally::default();
            registry.register(name, help, tally.0.clone());
            tally
        };
        Self {
            webhooks: tally("webhooks", "Requests to the webhook endpoints by outcome"),
            slack_requests: tally("slack_requests", "Requests from Slack by outcome"),
            slack_calls: tally("slack_calls", "Delivering calls to Slack by result"),
            segments_calls: tally("segments_calls", "Calls to Segments.ai by result"),
            deliveries: tally("deliveries", "Deliveries by what became of them"),
            fallbacks: tally("fallbacks", "Messages sent in a simpler form, by form"),
            notices: tally("notices", "Direct messages that tell of a pause, by what became of them"),
            unfurls: tally("unfurls", "Pasted links by what became of them"),
            backups: tally("backups", "Daily backups by what became of them"),
            registry,
        }
    }
}

impl Metrics {
    /// Every count in the text format of `OpenMetrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing into a string does not fail");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_in_one_process_count_for_themselves() {
        let (one, other) = (Metrics::default(), Metrics::default());
        one.webhooks.count("accepted");
        assert_eq!((one.webhooks.get("accepted"), other.webhooks.get("accepted")), (1, 0));
        assert!(one.text().contains(r#"segments_slack_webhooks_total{outcome="accepted"} 1"#));
    }
}
