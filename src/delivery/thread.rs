//! What becomes of anchors after a call, done or refused: pure.

use super::retry::Step;
use crate::model::issue_thread::CardState;
use crate::model::{IssueThread, MessageTs};
use crate::slack::api::Posted;
use crate::slack::error::SlackError;
use crate::store::PendingCall;
use jiff::Timestamp;

/// Slack's codes for a parent that is no more.
const GONE: [&str; 2] = ["message_not_found", "cant_update_message"];
/// Slack's codes for a thread that takes no reply.
const NO_THREAD: [&str; 6] = [
    "thread_not_found",
    "invalid_thread_ts",
    "cannot_reply_to_message",
    "message_not_found",
    "restricted_action_thread_locked",
    "restricted_action_non_threadable_channel",
];

/// The anchors of a call that was done. A reply whose parent was deleted stands in the channel, and is the new parent.
pub(super) fn done(intent: &PendingCall, posted: &Posted) -> Vec<IssueThread> {
    let outside = intent.thread.is_some() && posted.thread.is_none();
    let settled = |anchor: &IssueThread| match anchor.ts {
        Some(_) if outside => anchor.clone().moved_to(posted.ts.clone()),
        Some(_) => anchor.clone(),
        None => anchor.clone().posted_as(posted.ts.clone()),
    };
    intent.anchors.iter().map(settled).collect()
}

/// Whether Slack says that there is no such message any more, or that it stays as it is.
pub(super) fn is_gone(why: &SlackError) -> bool {
    matches!(why, SlackError::Refused(code) if GONE.contains(&code.as_str()) || code == "edit_window_closed")
}

/// Whether Slack says that a message takes no replies, or is no more.
pub(super) fn takes_no_reply(why: &SlackError) -> bool {
    matches!(why, SlackError::Refused(code) if NO_THREAD.contains(&code.as_str()))
}

/// What a refusal means for the parent that a call edits or replies to: its message, the anchors from now on, and when the
/// channel goes on; what the call covered is then planned anew. None where it means nothing for it.
pub(super) fn refused(
    intent: &PendingCall,
    attempts: u32,
    why: &SlackError,
    step: Step,
    now: Timestamp,
) -> Option<(MessageTs, Vec<IssueThread>, Timestamp)> {
    let refused_as = |codes: &[&str]| matches!(why, SlackError::Refused(code) if codes.contains(&code.as_str()));
    let with = |change: &dyn Fn(IssueThread) -> IssueThread| intent.anchors.iter().cloned().map(change).collect();
    if let Some(thread) = intent.thread.as_ref().filter(|_| !intent.anchors.is_empty()) {
        let gone = || with(&|anchor| anchor.left(CardState::Gone));
        return takes_no_reply(why).then(|| (thread.parent.clone(), gone(), now));
    }
    let ts = intent.edits.clone().filter(|_| intent.fold.is_none() && intent.digest.is_none())?;
    if refused_as(&GONE) {
        return Some((ts, with(&|anchor| anchor.left(CardState::Gone)), now));
    }
    if refused_as(&["edit_window_closed"]) || matches!(step, Step::Simpler | Step::Dead) {
        return Some((ts, with(&|anchor| anchor.left(CardState::Frozen)), now));
    }
    match step {
        Step::Retry { at, counted } if intent.covers.is_empty() => {
            let attempts = attempts + u32::from(counted);
            Some((ts, with(&|anchor| anchor.not_yet_edited(at, attempts)), at))
        }
        _ => None,
    }
}
