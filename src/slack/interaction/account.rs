//! What people click about webhook accounts: each says which one it is about.

use crate::model::AccountId;

/// The meaning of a button or a menu's entry about accounts. It carries ids, never rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountAction {
    /// Show those that there are.
    List,
    /// Show the form of a new one.
    New,
    /// Show the form of one.
    Change(AccountId),
    /// Ask whether one is to be disconnected.
    Disconnect(AccountId),
    /// Disconnect it, after that question.
    DisconnectNow(AccountId),
}

/// How every `action_id` begins.
const ACCOUNT: &str = "account_";
/// How that of a menu begins; what was chosen stands in the value.
const MENU: &str = "account_menu_";

impl AccountAction {
    /// The `action_id` of a button; unique in a view or message.
    pub fn action_id(&self) -> String {
        match self {
            Self::Disconnect(account) => format!("{ACCOUNT}{}_{account}", self.word()),
            other => format!("{ACCOUNT}{}", other.word()),
        }
    }

    /// The `action_id` of an account's menu.
    pub fn menu_id(account: &AccountId) -> String {
        format!("{MENU}{account}")
    }

    /// The `value` of a button; empty where the id says all.
    pub fn value(&self) -> String {
        match self {
            Self::List | Self::New => String::new(),
            Self::Change(account) | Self::Disconnect(account) | Self::DisconnectNow(account) => account.to_string(),
        }
    }

    /// The `value` of a menu's entry.
    pub fn entry(&self) -> String {
        format!("{} {}", self.word(), self.value())
    }

    /// Reads a click back; none if it is not one about accounts.
    pub fn parse(action_id: &str, value: &str) -> Option<Self> {
        if action_id.starts_with(MENU) {
            let (word, value) = value.split_once(' ')?;
            return Self::read(word, value);
        }
        let word = action_id.strip_prefix(ACCOUNT)?;
        Self::read(word.split('_').next()?, value)
    }

    fn word(&self) -> &'static str {
        match self {
            Self::List => "list",
            Self::New => "new",
            Self::Change(_) => "change",
            Self::Disconnect(_) => "ask",
            Self::DisconnectNow(_) => "disconnect",
        }
    }

    fn read(word: &str, value: &str) -> Option<Self> {
        let account = || AccountId::parse(value).ok();
        match word {
            "list" => Some(Self::List),
            "new" => Some(Self::New),
            "change" => account().map(Self::Change),
            "ask" => account().map(Self::Disconnect),
            "disconnect" => account().map(Self::DisconnectNow),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_actions_round_trip_and_forged_ones_are_rejected() {
        for id in ["abc", "now", "_menu-1"] {
            let account = AccountId::parse(id).unwrap();
            for action in [
                AccountAction::List,
                AccountAction::New,
                AccountAction::Change(account.clone()),
                AccountAction::Disconnect(account.clone()),
                AccountAction::DisconnectNow(account.clone()),
            ] {
                assert_eq!(AccountAction::parse(&action.action_id(), &action.value()), Some(action.clone()));
                let entry = AccountAction::parse(&AccountAction::menu_id(&account), &action.entry());
                assert_eq!(entry, Some(action));
            }
        }
        for (id, value) in [
            ("account_change", ""),
            ("account_menu_a", "change"),
            ("account_x", "a"),
            ("home_new", ""),
            ("account_", ""),
        ] {
            assert_eq!(AccountAction::parse(id, value), None, "{id} {value}");
        }
    }
}
