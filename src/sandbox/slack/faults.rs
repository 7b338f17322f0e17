//! Bad days: what goes wrong on purpose, in an order that a seed decides.

use super::Emulator;
use std::collections::VecDeque;

/// Something that goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Refused with HTTP 429.
    RateLimit {
        /// The pause in seconds.
        retry_after: u64,
    },
    /// Refused with this HTTP status and a page that is not JSON.
    Status(u16),
    /// Refused with HTTP 200 and this code of Slack's.
    Code(String),
    /// Not done, and never answered: held until the caller gives up.
    Hang,
    /// Not done, and the connection is closed without an answer.
    Reset,
    /// Not done, and answered with HTTP 200 and JSON that is cut off.
    Rubbish,
    /// Done, and the connection is closed without an answer.
    LoseAnswer,
    /// Done, and never answered.
    LoseAnswerHang,
    /// Done, and answered with this HTTP status and a page that is not JSON.
    LoseAnswerStatus(u16),
}

/// The faults that are still to come.
#[derive(Debug)]
pub(super) struct Faults {
    next: VecDeque<(Option<String>, Fault)>,
    share: f64,
    shared: Vec<Fault>,
    outage: bool,
    /// The state of a splitmix64 generator.
    state: u64,
}

impl Faults {
    pub(super) fn new(seed: u64) -> Self {
        Self { next: VecDeque::new(), share: 0.0, shared: Vec::new(), outage: false, state: seed }
    }

    /// Returns the fault for this call, if there is one.
    pub(super) fn strike(&mut self, method: &str) -> Option<Fault> {
        if self.outage {
            return Some(Fault::Status(503));
        }
        let meant = |named: &Option<String>| match named {
            Some(named) => named == method,
            None => method.starts_with("chat.") && method != "chat.getPermalink",
        };
        if let Some(place) = self.next.iter().position(|(named, _)| meant(named)) {
            return self.next.remove(place).map(|(_, fault)| fault);
        }
        if self.shared.is_empty() || self.draw() >= self.share {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a draw is below 1, the list is short"
        )]
        let place = (self.draw() * self.shared.len() as f64) as usize;
        self.shared.get(place).cloned()
    }

    /// A number from 0 up to, not including, 1.
    fn draw(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let draw = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        draw
    }
}

impl Emulator {
    /// Strikes the next call that writes a message (`chat.*`). Faults of several calls of this queue up.
    pub fn fail_next(&self, fault: Fault) {
        self.faults().next.push_back((None, fault));
    }

    /// Strikes the next call of one method (`response_url` for a response URL). Faults of several calls of this queue up.
    pub fn fail_next_of(&self, method: &str, fault: Fault) {
        self.faults().next.push_back((Some(method.to_owned()), fault));
    }

    /// Strikes a share (0 to 1) of all calls, each with one of these faults; 0 or no faults ends it.
    pub fn fail_share(&self, share: f64, faults: &[Fault]) {
        let mut all = self.faults();
        all.share = share;
        faults.clone_into(&mut all.shared);
    }

    /// Turns an outage on or off: every call is refused with HTTP 503.
    pub fn set_outage(&self, on: bool) {
        self.faults().outage = on;
    }

    /// Takes back every fault that has not struck yet, and ends an outage.
    pub fn mend(&self) {
        let mut all = self.faults();
        all.next.clear();
        all.shared.clear();
        all.outage = false;
    }

    /// Returns the number of faults of [`Emulator::fail_next`] that still wait for their call.
    pub fn unmet_faults(&self) -> usize {
        self.faults().next.len()
    }
}
