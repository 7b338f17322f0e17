//! The metrics of a server in the `OpenMetrics` format. Each server has its own registry.
//!
//! Labels have fixed values: never a channel, a dataset or a person.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// A counter with the label `outcome`.
#[derive(Clone, Default)]
pub struct Tally(Family<[(&'static str, &'static str); 1], Counter>);

impl Tally {
    /// Adds one for an outcome.
    pub fn count(&self, outcome: &'static str) {
        self.0.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Adds a number for an outcome.
    pub fn add(&self, outcome: &'static str, more: u64) {
        self.0.get_or_create(&[("outcome", outcome)]).inc_by(more);
    }

    /// Returns the count of an outcome.
    pub fn get(&self, outcome: &'static str) -> u64 {
        self.0.get_or_create(&[("outcome", outcome)]).get()
    }
}

/// All metrics of one server.
pub struct Metrics {
    registry: Registry,
    /// Requests to the webhook endpoints.
    pub webhooks: Tally,
    /// Requests to the endpoints for Slack.
    pub slack_requests: Tally,
    /// Calls to Slack for deliveries.
    pub slack_calls: Tally,
    /// Calls to Segments.ai.
    pub segments_calls: Tally,
    /// Results of deliveries.
    pub deliveries: Tally,
    /// Messages that were sent in a simpler form.
    pub fallbacks: Tally,
    /// Direct messages about a pause.
    pub notices: Tally,
    /// Pasted links.
    pub unfurls: Tally,
    /// Daily backups.
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
            slack_calls: tally("slack_calls", "Calls to Slack for deliveries by result"),
            segments_calls: tally("segments_calls", "Calls to Segments.ai by result"),
            deliveries: tally("deliveries", "Deliveries by result"),
            fallbacks: tally("fallbacks", "Messages sent in a simpler form, by form"),
            notices: tally("notices", "Direct messages about a pause by result"),
            unfurls: tally("unfurls", "Pasted links by result"),
            backups: tally("backups", "Daily backups by result"),
            registry,
        }
    }
}

impl Metrics {
    /// Formats all metrics as `OpenMetrics` text.
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
    fn two_servers_in_one_process_have_their_own_metrics() {
        let (one, other) = (Metrics::default(), Metrics::default());
        one.webhooks.count("accepted");
        assert_eq!((one.webhooks.get("accepted"), other.webhooks.get("accepted")), (1, 0));
        assert!(one.text().contains(r#"segments_slack_webhooks_total{outcome="accepted"} 1"#));
    }
}
