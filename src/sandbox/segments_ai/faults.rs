//! Bad days of Segments.ai: what goes wrong on purpose.

use super::SegmentsAi;
use std::collections::VecDeque;

/// Something that goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Refused with HTTP 429.
    Throttle {
        /// Seconds, in the `Retry-After` header.
        retry_after: Option<u64>,
        /// Seconds, in the text.
        told: Option<u64>,
    },
    /// Refused with this HTTP status: below 500 with its usual words in JSON, else with a page.
    Status(u16),
    /// Not done, and answered with this HTTP status and body.
    Answer(u16, String),
    /// Not done, and answered with HTTP 200 and JSON that is cut off.
    Rubbish,
    /// Not done, and never answered: held until the caller gives up.
    Hang,
    /// Not done, and answered with HTTP 200 and the start of a body that never ends.
    Stall,
    /// Not done, and the connection is closed without an answer.
    Reset,
    /// Done, and the connection is closed without an answer.
    LoseAnswer,
    /// Done, and never answered.
    LoseAnswerHang,
    /// Done, and answered with this HTTP status and a page.
    LoseAnswerStatus(u16),
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    next: VecDeque<(String, Fault)>,
    always: Option<Fault>,
}

impl Faults {
    /// Returns the fault for this call, such as `PATCH /issues/…/`, if there is one.
    pub(super) fn strike(&mut self, call: &str) -> Option<Fault> {
        if self.always.is_some() {
            return self.always.clone();
        }
        let place = self.next.iter().position(|(meant, _)| call.starts_with(meant.as_str()))?;
        self.next.remove(place).map(|(_, fault)| fault)
    }
}

impl SegmentsAi {
    /// Strikes the next call. Faults of several calls of this queue up.
    pub fn fail_next(&self, fault: Fault) {
        self.fail_next_of("", fault);
    }

    /// Strikes the next call that starts like this, such as `PATCH /issues/`.
    pub fn fail_next_of(&self, call: &str, fault: Fault) {
        self.faults().next.push_back((call.to_owned(), fault));
    }

    /// Turns an outage on or off: every call is refused with HTTP 503.
    pub fn set_outage(&self, on: bool) {
        self.fail_always(on.then_some(Fault::Status(503)));
    }

    /// Strikes every call with this, or none any more.
    pub fn fail_always(&self, fault: Option<Fault>) {
        self.faults().always = fault;
        self.note_change();
    }

    /// Returns the fault of every call, if there is one.
    pub fn always_failing(&self) -> Option<Fault> {
        self.faults().always.clone()
    }

    /// Returns the number of faults that still wait for their call.
    pub fn unmet_faults(&self) -> usize {
        self.faults().next.len()
    }
}
