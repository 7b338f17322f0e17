//! Identifiers of Slack and of webhook accounts: newtypes that can only hold what their owner hands out.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A text that is no identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {kind}")]
pub struct InvalidId {
    kind: &'static str,
    text: String,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $longest:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses an identifier; anything outside its alphabet or length is refused.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let allowed: fn(u8) -> bool = $allowed;
                if !text.is_empty() && text.len() <= $longest && text.bytes().all(allowed) {
                    return Ok(Self(text));
                }
                Err(InvalidId { kind: $kind, text: text.chars().take(40).collect() })
            }

            /// The identifier as its owner wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// A Slack workspace (team), or an enterprise for an organisation-wide install. The owner of everything stored.
    WorkspaceId, "workspace id", 64, |b| b.is_ascii_alphanumeric()
);
identifier!(
    /// A Slack conversation: `C…`, `G…` or `D…`.
    ChannelId, "channel id", 64, |b| b.is_ascii_alphanumeric()
);
identifier!(
    /// A Slack user: `U…` or `W…`.
    UserId, "user id", 64, |b| b.is_ascii_alphanumeric()
);
identifier!(
    /// One Segments.ai webhook endpoint of a workspace; unguessable, since it stands in a URL.
    AccountId, "account id", 128, |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
);
identifier!(
    /// The sender's id of one webhook message (`svix-id`): the same on every retry.
    MessageId, "message id", 256, |b| b.is_ascii_graphic()
);
identifier!(
    /// Slack's id of one click or command; the same if Slack repeats itself.
    TriggerId, "trigger id", 256, |b| b.is_ascii_graphic()
);
identifier!(
    /// The time stamp that names a message within its channel, such as `1732406400.000100`.
    MessageTs, "message ts", 32, |b| b.is_ascii_digit() || b == b'.'
);

impl WorkspaceId {
    /// Whether it is an organisation, whose teams are served as one.
    pub fn is_organisation(&self) -> bool {
        self.as_str().starts_with('E')
    }
}

impl AccountId {
    /// The id under which the account given by the environment is kept.
    pub fn environment() -> Self {
        Self::parse("environment").expect("the text is within the alphabet of account ids")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_outside_its_alphabet_is_refused() {
        assert_eq!(WorkspaceId::parse("T0123").unwrap().as_str(), "T0123");
        for hostile in ["", "T\0", "T1/../T2", &"T".repeat(65)] {
            assert!(WorkspaceId::parse(hostile).is_err(), "{hostile:?}");
        }
        assert!(MessageId::parse("msg_2 x").is_err());
    }
}
