//! Subscriptions of channels: changing, listing, testing, muting, exporting, and importing them.

pub mod apply;
pub mod changes;
pub mod export_file;
pub mod form;
pub mod hints;
pub mod hold;
pub mod import_export;
pub mod import_form;
pub mod list;
pub mod mute;
pub mod subscribe;
pub mod test_card;
pub mod visible;
