//! Any history of webhooks, bad days and crashes ends with every accepted event in every channel that wants it, once.
//!
//! Histories are played on the whole program: the server over its real store, Slack's emulator on the wire. A simple
//! model says what each channel must hold, and what it holds is read from the emulator. When a history breaks a
//! promise, the shortest one that does is printed; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for others.

mod model;
mod play;
mod record;
mod steps;

use crate::harness::histories;

/// So many histories are played unless `PROPTEST_CASES` says otherwise.
const HISTORIES: u32 = 20;
/// A history that breaks a promise is made shorter in at most so many trials.
const SHRINKS: u32 = 500;

#[test]
fn any_history_ends_with_every_event_posted_once() {
    histories::play(&steps::any_history(), HISTORIES, SHRINKS, async |history| play::play(&history).await);
}
