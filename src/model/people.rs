//! Who is who: usernames of Segments.ai, each claimed by at most one person in Slack, who has at most one.

use super::workspace::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// A username of Segments.ai, spelled as its owner typed it. Two that differ only in the case of ASCII letters are the
/// same: see [`Username::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

/// A text that is no username.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a username is 1 to {} bytes without spaces, control characters, `<` and `>`, and begins with no `@`",
    Username::LONGEST
)]
pub struct InvalidUsername;

impl Username {
    /// The longest, in bytes: Segments.ai's own are shorter.
    pub const LONGEST: usize = 150;

    /// Reads a username: anything that stands in one piece, is not too long, and is no mention.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::LONGEST).contains(&text.len());
        let in_one_piece = !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'));
        (fits && in_one_piece && !text.starts_with('@')).then(|| Self(text.to_owned()))
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is compared by.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl TryFrom<String> for Username {
    type Error = InvalidUsername;

    fn try_from(text: String) -> Result<Self, InvalidUsername> {
        Self::parse(&text).ok_or(InvalidUsername)
    }
}

impl From<Username> for String {
    fn from(username: Username) -> Self {
        username.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody's claim to a username.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMapping {
    /// The username.
    pub username: Username,
    /// Who claims it.
    pub user: UserId,
    /// Since when.
    pub at: Timestamp,
}

/// The people of one workspace whose usernames are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People(HashMap<String, UserMapping>);

impl People {
    /// The people of these claims.
    pub fn new(links: Vec<UserMapping>) -> Self {
        Self(links.into_iter().map(|link| (link.username.key(), link)).collect())
    }

    /// What somebody has claimed.
    pub fn username(&self, user: &UserId) -> Option<&Username> {
        self.0.values().find(|link| link.user == *user).map(|link| &link.username)
    }

    /// Who has claimed a name that Segments.ai sent.
    pub fn find(&self, name: &str) -> Option<&UserId> {
        if self.0.is_empty() || name.len() > Username::LONGEST {
            return None;
        }
        self.0.get(&name.to_ascii_lowercase()).map(|link| &link.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_is_found_in_any_ascii_case() {
        let user = UserId::parse("U1").unwrap();
        let link =
            |name| UserMapping { username: Username::parse(name).unwrap(), user: user.clone(), at: Timestamp::MIN };
        let people = People::new(vec![link("Jane"), link("Søren")]);
        assert_eq!(people.find("jANE"), Some(&user));
        assert_eq!((people.find("søren"), people.find("sØren")), (Some(&user), None));
        assert_eq!((people.find(""), people.find("jane ")), (None, None));
        assert_eq!(people.find(&"j".repeat(50_000)), None);
    }

    #[test]
    fn what_is_no_username_is_not_read() {
        for text in ["", " ", "a b", "a\nb", "a\u{0}", "<@U1>", "@jane", &"x".repeat(151)] {
            assert_eq!(Username::parse(text), None, "{text:?}");
        }
        let read: Result<Username, _> = serde_json::from_str("\"a b\"");
        assert!(read.is_err());
    }
}
