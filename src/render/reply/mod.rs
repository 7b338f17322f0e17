//! Every word that answers a command or a click. Pure functions to messages; the caller decides who sees them.

mod accounts;
mod acted;
mod because;
mod change;
mod channels;
mod deeds;
mod digest;
mod error;
mod formed;
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
mod words;

pub use accounts::{
    ACCOUNT_PAGE, AccountChange, KeyCheck, Stops, account_changed, account_changed_since, account_changes,
    address_taken, admins_connect, confirm_disconnect, connect_again, connected, disconnected, environment_stays,
    first_message, form_is_outdated, misfit, no_accounts, no_public_url, no_such_account, too_many_accounts,
    unknown_whether_admin, which_account,
};
pub(in crate::render) use accounts::{came, named};
pub use acted::{acted, being_done, no_api_key, unknown_object};
pub use because::{Because, Wish, because, because_of_what_is_forgotten};
pub use change::{
    Note, RuleChange, UndoRefusal, changed, confirm_unsubscribe, confirm_unsubscribe_all, now_active, unchanged,
    undo_refused, undone, unsubscribed_all, waiting_for_invite,
};
pub use channels::{ChannelBook, list_all, not_seen_in};
pub(in crate::render) use channels::{Rows, Turn, others_said};
pub use deeds::with_deeds;
pub use digest::with_next_digests;
pub use error::{cause_in_words, in_plain_words, mistake};
pub use formed::{
    act_form_is_outdated, act_form_not_opened, act_form_refused, assigned, assigned_otherwise, assigning_unclear,
    being_assigned, being_sent, nobody_there, not_taken, replies_are_off, reported, reporting_unclear,
    reporting_unseen, reporting_waits,
};
pub use help::help;
pub use list::{list, overview};
pub use me::{
    NotNamed, name_claimed, name_forgotten, name_forgotten_of, name_given, name_of_other_taken, name_taken,
    name_was_forgotten, name_was_given, name_was_taken, not_named, too_many_names, who_you_are,
};
pub use mute::{muted, mutes_ended, not_muted, too_many_mutes, unmuted, with_mutes};
pub use notice::{
    act_unfinished, archived_channel, at_work, done, edit_by_command, edited_one_changed, edited_one_is_gone,
    import_by_command, modal_was_wrong, no_such_subscription, not_a_channel, of_a_click, of_a_form, other_workspace,
    paused_notice, resumed, selects_nothing, still_refused, subscribe_by_command, test_event_not_selected,
    test_nothing_to_show, test_posted, too_many_subscriptions, try_again, unfinished, unknown_action,
};
pub use permission::{Deed, NotAllowed, not_allowed, onlookers};
pub use status::{AccountStatus, SinceStart, Status, status};
pub use transfer::{exported, imported, imported_lines_select_nothing, not_imported, nothing_to_import};
pub use welcome::welcome;
pub use why::{Place, Told, why};
