//! Delivery workers of their own, over the files of a server that has ended.

use super::Bench;
use segments_slack::delivery::DeliveryParts;
use segments_slack::delivery::lookup::{Lookup, LookupSources};
use segments_slack::metrics::Tally;
use segments_slack::segments::api::SegmentsApi;
use segments_slack::slack::api::SlackApi;
use segments_slack::store::Store;
use segments_slack::vault::Vault;
use std::sync::Arc;

impl Bench {
    /// What channels work with; no account has a key.
    pub(crate) fn parts(&self, store: Arc<dyn Store>, slack: Arc<SlackApi>) -> DeliveryParts {
        let segments = SegmentsApi::new(self.ai_url.parse().unwrap(), self.clock.clone(), Tally::default());
        let lookup = Lookup::new(LookupSources {
            clock: self.clock.clone(),
            store: Arc::clone(&store),
            vault: Arc::new(Vault::find_in(&self.data()).unwrap().unwrap()),
            keyed: Arc::default(),
            api_key: None,
            segments: Arc::new(segments.unwrap()),
        });
        DeliveryParts {
            clock: self.clock.clone(),
            store,
            slack,
            metrics: Arc::default(),
            people: Arc::default(),
            keyed: Arc::default(),
            lookup: Arc::new(lookup),
            app_url: String::new(),
        }
    }
}
