//! What becomes of claims to usernames.

use crate::model::{Link, UserId, Username};

/// So many claims a workspace are kept.
pub const MOST_LINKS: usize = 10_000;

/// What became of a claim to a username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    /// It is kept, in the place of what the person had claimed before.
    Stored {
        /// That.
        before: Option<Username>,
        /// Whose claim it replaced.
        taken_from: Option<UserId>,
    },
    /// Somebody else has claimed it: nothing was written.
    Taken(Link),
    /// The workspace has as many claims as are kept: nothing was written.
    Full,
}
