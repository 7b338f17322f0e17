//! Who gets what: events seen closely, and the subscriptions that want them. Pure, but for the index's memory.

pub mod derive;
pub mod directory;
pub mod index;
pub mod keyed;
pub mod matching;
pub mod why;

pub use derive::{derive, is_stale};
pub use directory::Directory;
pub use index::{Index, Match};
pub use keyed::Keyed;
