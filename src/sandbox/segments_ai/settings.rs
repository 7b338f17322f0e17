//! Settings of the emulated Segments.ai: the unknown rules of the real one, and the time at which webhooks are sent.

/// Rules of the real Segments.ai that are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// True if `GET /issues/{uuid}/` exists, which is not documented.
    pub one_issue_can_be_read: bool,
    /// True if everyone may resolve an issue, false if managers only. The documentation says both.
    pub everybody_resolves: bool,
    /// True if a label that is reviewed through the API names its reviewer, as in the web app.
    pub calls_name_reviewers: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { one_issue_can_be_read: true, everybody_resolves: true, calls_name_reviewers: false }
    }
}

/// The time at which webhooks are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// Webhooks are sent by `SegmentsAi::deliver`.
    #[default]
    WhenDelivered,
    /// Webhooks are sent before the call that caused them is answered.
    BeforeAnswer,
}
