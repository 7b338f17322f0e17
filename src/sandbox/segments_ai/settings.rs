//! Settings of the emulated Segments.ai: the unknown rules of the real one, and the time at which webhooks are sent.

/// What is not known of the real Segments.ai.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether `GET /issues/{uuid}/` is there, which no documentation says.
    pub one_issue_can_be_read: bool,
    /// Whether everybody may resolve an issue, as one page of the documentation says, or managers only, as another.
    pub everybody_resolves: bool,
    /// Whether a label that is judged by a call names its reviewer, as one does that is judged in Segments.ai.
    pub calls_name_reviewers: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { one_issue_can_be_read: true, everybody_resolves: true, calls_name_reviewers: false }
    }
}

/// When webhooks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// When [`SegmentsAi::deliver`] says so.
    #[default]
    WhenDelivered,
    /// Before the call that caused them is answered.
    BeforeAnswer,
}
