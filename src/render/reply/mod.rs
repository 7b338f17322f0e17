//! Every word that answers a command or a click. Pure functions to messages; the caller decides who sees them.

mod change;
mod channels;
mod digest;
mod error;
mod help;
mod layout;
mod list;
mod mute;
mod notice;
mod status;
mod typed;
mod welcome;
mod why;
mod words;

pub use change::{
    Note, RuleChange, UndoRefusal, changed, confirm_unsubscribe_all, now_active, unchanged, undo_refused, undone,
    unsubscribed_all, waiting_for_invite,
};
pub use channels::{ChannelBook, change_there, list_all, not_seen_in, subscribe_there};
pub(in crate::render) use channels::{Rows, Turn, others_said};
pub use digest::with_next_digests;
pub use error::mistake;
pub use help::{coming, help};
pub use list::{list, overview};
pub use mute::{muted, mutes_ended, not_muted, too_many_mutes, unmuted, with_mutes};
pub use notice::{
    archived_channel, no_such_subscription, not_a_channel, other_workspace, paused_notice, resumed, selects_nothing,
    still_refused, test_event_not_selected, test_nothing_to_show, test_posted, too_many_subscriptions, try_again,
    unfinished, unknown_action,
};
pub use status::{AccountStatus, Status, status};
pub use welcome::welcome;
pub use why::{Place, Told, why};
