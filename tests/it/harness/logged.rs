//! What the server logs: no error that was not meant to be, and never a secret.

use super::installing::{CLIENT_SECRET, OTHER_SECRET};
use super::{API_KEY, SIGNING_SECRET, WEBHOOK_SECRET};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};

/// Counts what is logged as an error, and keeps every line that shows a secret.
#[derive(Clone, Default)]
pub(super) struct Logged(Arc<Mutex<Found>>);

#[derive(Default)]
struct Found {
    errors: usize,
    leaks: Vec<String>,
}

/// The fields of a line as text.
#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

/// Whether a text shows a secret of the tests; every token begins with one of two words.
fn shows_a_secret(text: &str) -> bool {
    let signing = [WEBHOOK_SECRET, OTHER_SECRET].map(|secret| secret.trim_start_matches("whsec_"));
    ["xoxb-", "xoxe", "xapp-1", SIGNING_SECRET, CLIENT_SECRET, API_KEY]
        .iter()
        .chain(&signing)
        .any(|secret| text.contains(secret))
}

impl Logged {
    /// The errors so far were meant to be.
    pub(super) fn forgive(&self) {
        self.0.lock().unwrap().errors = 0;
    }

    pub(super) fn errors(&self) -> usize {
        self.0.lock().unwrap().errors
    }

    pub(super) fn assert_fine(&self) {
        let found = self.0.lock().unwrap();
        assert!(found.leaks.is_empty(), "secrets were logged: {:#?}", found.leaks);
        assert_eq!(found.errors, 0, "errors were logged");
    }
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Logged {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let is_ours = event.metadata().target().starts_with("segments_slack");
        let mut line = Line::default();
        event.record(&mut line);
        let mut found = self.0.lock().unwrap();
        if is_ours && *event.metadata().level() == tracing::Level::ERROR {
            found.errors += 1;
        }
        if shows_a_secret(&line.0) {
            found.leaks.push(line.0);
        }
    }
}

#[test]
fn a_line_with_a_secret_in_it_is_found() {
    assert!(shows_a_secret("token=xoxb-1-2") && shows_a_secret(&format!("`{WEBHOOK_SECRET}`")));
    assert!(!shows_a_secret("connected to Slack workspace T1 as UBOTT1"));
}
