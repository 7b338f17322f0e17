//! Every word that answers a command or a click. Pure functions to messages; the caller decides who sees them.

mod accounts;
mod action_form;
mod action_result;
mod audit;
mod change;
mod channels;
mod digest;
mod error;
mod explain_message;
mod format;
mod help;
mod layout;
mod list;
mod me;
mod mute;
mod notice;
mod permission;
mod status;
mod transfer;
mod typed;
mod welcome;
mod why;

pub use accounts::{
    ACCOUNT_PAGE, AccountChange, KeyCheck, Stops, account_changed, account_changed_since, account_changes,
    address_taken, admins_connect, confirm_disconnect, connect_again, connected, disconnected, environment_stays,
    first_message, form_is_outdated, no_accounts, no_public_url, no_such_account, signature_mismatch,
    too_many_accounts, unknown_whether_admin, which_account,
};
pub(in crate::render) use accounts::{came, named};
pub use action_form::{
    action_form_not_opened, action_form_outdated, action_form_rejected, assigned, assignee_rejected,
    assignment_changed, assignment_in_progress, assignment_unknown, earlier_report_unknown, form_in_progress,
    person_not_linked, replies_are_off, report_unknown, report_unknown_without_dataset, reported,
};
pub use action_result::{action_in_progress, action_result, no_api_key, unknown_object};
pub use audit::with_audit_entries;
pub use change::{
    Note, RuleChange, UndoRefusal, changed, confirm_unsubscribe, confirm_unsubscribe_all, now_active, unchanged,
    undo_refused, undone, unsubscribed_all, waiting_for_invite,
};
pub use channels::{ChannelOverview, list_all, membership_unknown};
pub(in crate::render) use channels::{ChannelRow, ChannelRows, others_said};
pub use digest::with_next_digests;
pub use error::{cause_in_words, in_plain_words, mistake};
pub use explain_message::{MatchReason, MatchedEvent, explain_message, message_forgotten};
pub use help::help;
pub use list::{list, overview};
pub use me::{
    NotLinkable, linked_username, not_linkable, too_many_usernames, username_linked, username_linked_for,
    username_taken, username_taken_by_other, username_unlinked, username_unlinked_for, username_was_linked_by,
    username_was_taken_over, username_was_unlinked_by,
};
pub use mute::{muted, mutes_ended, not_muted, too_many_mutes, unmuted, with_mutes};
pub use notice::{
    about_button, about_form, action_timed_out, archived_channel, edit_by_command, edited_subscription_changed,
    edited_subscription_removed, form_finished, form_had_errors, import_by_command, no_such_subscription,
    not_a_channel, other_workspace, paused_notice, resumed, selects_nothing, still_rejected, still_working,
    subscribe_by_command, test_event_not_selected, test_nothing_to_show, test_posted, timed_out,
    too_many_subscriptions, unavailable, unknown_action,
};
pub use permission::{NotAllowed, Permission, audience_warning, not_allowed};
pub use status::{AccountStatus, SinceStart, StatusReport, status};
pub use transfer::{exported, imported, imported_lines_select_nothing, not_imported, nothing_to_import};
pub use welcome::welcome;
pub use why::{ChannelLink, ExplainedEvent, why};
