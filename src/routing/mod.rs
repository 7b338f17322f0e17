//! Who gets what: events seen closely, and the subscriptions that want them. Pure, but for the index's memory.

pub mod accounts_with_api_key;
pub mod derive;
pub mod index;
pub mod matching;
pub mod user_directory;
pub mod why;

pub use accounts_with_api_key::AccountsWithApiKey;
pub use derive::{derive, is_stale};
pub use index::{Index, Match};
pub use user_directory::UserDirectory;
