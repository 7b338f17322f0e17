//! What becomes of claims to usernames.

use crate::model::{UserId, UserMapping, Username};

/// So many claims a workspace are kept.
pub const MAX_USER_MAPPINGS_PER_WORKSPACE: usize = 10_000;

/// What became of a claim to a username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingResult {
    /// It is kept, in the place of what the person had claimed before.
    Stored {
        /// That.
        before: Option<Username>,
        /// Whose claim it replaced.
        taken_from: Option<UserId>,
    },
    /// Somebody else has claimed it: nothing was written.
    Taken(UserMapping),
    /// The workspace has as many claims as are kept: nothing was written.
    Full,
}
