//! The form of a webhook account as Slack sends it back: what it is about, and what was filled in.

use super::command::normalise;
use super::view::View;
use crate::model::AccountId;
use crate::segments::webhook::{SecretError, Secrets};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The `callback_id` of all that is shown of accounts.
pub const CALLBACK: &str = "account";
/// A name has at most so many characters, …
pub const LONGEST_NAME: usize = 80;
/// … and what is secret so many: both signing secrets of a rotation fit.
pub const LONGEST_SECRET: usize = 500;

/// The ids of the inputs, each in a block of its own.
pub mod block {
    /// What people call the account.
    pub const NAME: &str = "account_name";
    /// What its webhooks are signed with.
    pub const SECRETS: &str = "signing_secret";
    /// What calls are made with.
    pub const KEY: &str = "api_key";
    /// What is to go.
    pub const DROP: &str = "drop";
}

/// What can be ticked to go.
pub mod drop {
    /// Every signing secret but the newest.
    pub const OLD_SECRET: &str = "old_secret";
    /// The API key.
    pub const KEY: &str = "api_key";
}

/// What a view is about, as it travels in its `private_metadata`. It may have been made up: nothing of it gives a right.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sheet {
    /// The accounts that there are.
    #[default]
    Accounts,
    /// A new one.
    New {
        /// The account of the address that was shown.
        account: AccountId,
        /// What it follows from, together with the workspace and the person.
        seed: String,
    },
    /// One as it looked when it was opened.
    Change {
        /// Which.
        account: AccountId,
        /// What it looked like.
        seen: String,
    },
}

/// What was filled in. Prints without what is secret.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    /// The name in one line; empty where there is none.
    pub name: String,
    /// One signing secret, or two with a comma between.
    pub secrets: Option<SecretString>,
    /// An API key.
    pub key: Option<SecretString>,
    /// Whether every signing secret but the newest is to go.
    pub drops_old: bool,
    /// Whether the API key is to go.
    pub drops_key: bool,
}

/// A mistake beside its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// There is no name.
    NoName,
    /// The environment's account has it.
    NameReserved,
    /// Another account has it.
    NameTaken,
    /// There is no signing secret.
    NoSecret,
    /// What is there is none.
    Secret(SecretError),
    /// Segments.ai does not know the API key.
    Key,
    /// There is a new API key, and the API key is to go.
    KeyBothWays,
}

impl Sheet {
    /// As it travels; short.
    pub fn metadata(&self) -> String {
        serde_json::to_string(self).expect("texts can be written")
    }

    /// Read back; anything else is about no account in particular.
    pub fn read(metadata: &str) -> Self {
        serde_json::from_str(metadata).unwrap_or_default()
    }
}

impl Filled {
    /// Reads what was filled in.
    pub fn read(view: &View) -> Self {
        let secret = |id| view.text(id).map(|text| SecretString::from(text.trim()));
        let drops = |what| view.ticked(block::DROP).any(|ticked| ticked == what);
        // As commands read it, so that it can be typed in one.
        let name = normalise(view.text(block::NAME).unwrap_or_default());
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            name: name.chars().take(LONGEST_NAME).collect(),
            secrets: secret(block::SECRETS),
            key: secret(block::KEY),
            drops_old: drops(drop::OLD_SECRET),
            drops_key: drops(drop::KEY),
        }
    }

    /// What can be seen to be wrong without asking anybody; a new account needs a signing secret.
    pub fn wrong(&self, is_new: bool) -> Vec<Wrong> {
        let secret = match &self.secrets {
            None => is_new.then_some(Wrong::NoSecret),
            Some(secrets) if secrets.expose_secret().len() > LONGEST_SECRET => {
                Some(Wrong::Secret(SecretError::NotBase64))
            }
            Some(secrets) => Secrets::parse(secrets.expose_secret()).err().map(Wrong::Secret),
        };
        let key = match &self.key {
            Some(_) if self.drops_key => Some(Wrong::KeyBothWays),
            Some(key) if key.expose_secret().len() > LONGEST_SECRET => Some(Wrong::Key),
            _ => None,
        };
        let name = self.name.is_empty().then_some(Wrong::NoName);
        name.into_iter().chain(secret).chain(key).collect()
    }

    /// The signing secrets that were filled in, each alone.
    pub fn secrets(&self) -> Vec<SecretString> {
        let secrets = self.secrets.iter().flat_map(|secrets| secrets.expose_secret().split(','));
        secrets.map(|secret| secret.trim().into()).collect()
    }

    /// The signing secrets of an account after this, the newest first: a new one takes the place of the older of two.
    pub fn rotated(&self, before: &[SecretString]) -> Vec<SecretString> {
        let mut after = self.secrets();
        let is_new = |old: &&SecretString| after.iter().all(|new| new.expose_secret() != old.expose_secret());
        let kept: Vec<SecretString> = before.iter().filter(is_new).cloned().collect();
        after.extend(kept);
        after.truncate(if self.drops_old { 1 } else { 2 });
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OLD: &str = "whsec_b2xk";
    const NEW: &str = "whsec_bmV3";

    fn filled(name: &str, secrets: &str, key: &str, drops: &[&str]) -> Filled {
        let drops: Vec<_> = drops.iter().map(|value| json!({"value": value})).collect();
        let view = json!({"state": {"values": {
            block::NAME: {"a": {"value": name}},
            block::SECRETS: {"a": {"value": secrets}},
            block::KEY: {"a": {"value": key}},
            block::DROP: {"a": {"selected_options": drops}},
        }}});
        Filled::read(&serde_json::from_value(view).unwrap())
    }

    #[test]
    fn what_is_wrong_stands_beside_its_input() {
        for (filled, is_new, expected) in [
            (filled(" flower\n lab ", OLD, "", &[]), true, vec![]),
            (filled("", "", "", &[]), true, vec![Wrong::NoName, Wrong::NoSecret]),
            (filled("jane", "", "", &[]), false, vec![]),
            (filled("jane", "hello you", "", &[]), true, vec![Wrong::Secret(SecretError::NotBase64)]),
            (filled("jane", &"YWFh".repeat(1_000), "", &[]), true, vec![Wrong::Secret(SecretError::NotBase64)]),
            (filled("jane", "", "key", &[drop::KEY]), false, vec![Wrong::KeyBothWays]),
            (filled("jane", OLD, &"k".repeat(501), &[]), true, vec![Wrong::Key]),
        ] {
            assert_eq!(filled.wrong(is_new), expected, "{filled:?}");
        }
        assert_eq!(filled(" flower\n lab ", "", "", &[]).name, "flower lab");
    }

    #[test]
    fn the_previous_signing_secret_stays_valid_until_dropped() {
        let secrets = |of: &[&str]| of.iter().map(|secret| SecretString::from(*secret)).collect::<Vec<_>>();
        let rotated = |filled: &Filled, before: &[&str]| {
            let after = filled.rotated(&secrets(before));
            after.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>().join(",")
        };
        let nothing = filled("jane", "", "", &[]);
        assert_eq!(rotated(&nothing, &[OLD]), OLD);
        assert_eq!(rotated(&filled("jane", NEW, "", &[]), &[OLD]), format!("{NEW},{OLD}"));
        assert_eq!(rotated(&filled("jane", NEW, "", &[]), &[OLD, "YWE="]), format!("{NEW},{OLD}"));
        assert_eq!(rotated(&filled("jane", NEW, "", &[]), &[NEW, OLD]), format!("{NEW},{OLD}"));
        assert_eq!(rotated(&filled("jane", &format!("{NEW}, YWE="), "", &[]), &[OLD]), format!("{NEW},YWE="));
        assert_eq!(rotated(&filled("jane", NEW, "", &[drop::OLD_SECRET]), &[OLD]), NEW);
        assert_eq!(rotated(&filled("jane", "", "", &[drop::OLD_SECRET]), &[NEW, OLD]), NEW);
    }

    #[test]
    fn nothing_secret_is_printed_and_metadata_comes_back_as_it_went() {
        let printed = format!("{:?}", filled("jane", OLD, "a-key", &[]));
        assert!(printed.contains("jane") && !printed.contains("b2xk") && !printed.contains("a-key"), "{printed}");
        let account = AccountId::parse("abc").unwrap();
        for sheet in [
            Sheet::Accounts,
            Sheet::New { account: account.clone(), seed: "1".to_owned() },
            Sheet::Change { account, seen: "2".to_owned() },
        ] {
            assert_eq!(Sheet::read(&sheet.metadata()), sheet);
        }
        assert_eq!(Sheet::read("rubbish"), Sheet::Accounts);
    }
}
