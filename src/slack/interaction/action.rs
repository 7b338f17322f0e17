//! What a button means, printed into its action id and value and parsed back.

use super::{AccountAction, Act, Ask, HomeAction};
use crate::model::{ChannelId, UserId, Username};
use uuid::Uuid;

/// The meaning of a button. It carries ids, never rights: whoever clicks is checked afresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Take a change of subscriptions back.
    Undo(Uuid),
    /// Run a corrected command, as the one who clicks.
    Run(String),
    /// Post a sample card of the subscription with this number.
    Test(u32),
    /// Show a page (from 0) of the channel's subscriptions.
    ListPage(usize),
    /// Remove every subscription of the channel, after a confirmation.
    UnsubscribeAll,
    /// Let a paused channel go on.
    Resume,
    /// End the mute of this dataset pattern.
    Unmute(String),
    /// Hold back what comes of a dataset.
    Mute {
        /// For how long.
        length: MuteFor,
        /// Its name.
        dataset: String,
    },
    /// Say what the clicked message shows, and why it was posted.
    Why,
    /// Change the subscription with this number, in a modal.
    Edit(u32),
    /// Subscribe a channel to something, in a modal: this one, or one that is still to be chosen.
    Subscribe(Option<ChannelId>),
    /// Show the help.
    Help,
    /// Show a page (from 0) of every channel's subscriptions.
    ListAllPage(usize),
    /// Show a page (from 0) of the channel's subscriptions as commands.
    ExportPage(usize),
    /// Something in the App Home.
    Home(HomeAction),
    /// Something about webhook accounts.
    Account(AccountAction),
    /// Something was changed in a modal.
    Filled,
    /// Ask whether the subscription with this number is to be removed.
    Unsubscribe(u32),
    /// Remove it, after that question.
    UnsubscribeNow(u32),
    /// Take a question away.
    Dismiss,
    /// Claim a username that this person has claimed.
    TakeName {
        /// Who.
        from: UserId,
        /// The username.
        username: Username,
    },
    /// Change something at Segments.ai.
    Act(Act),
    /// Open a form that changes something there.
    Ask(Ask),
    /// A link that Slack opens by itself and also reports.
    Open,
    /// A button of another version.
    Unknown(String),
}

impl Action {
    /// The `action_id`; unique within a message as long as each meaning stands there once.
    pub fn action_id(&self) -> String {
        match self {
            Self::Undo(_) => "undo".to_owned(),
            Self::Run(_) => "run".to_owned(),
            Self::Test(_) => "test".to_owned(),
            Self::ListPage(page) => format!("list_page_{page}"),
            Self::UnsubscribeAll => "unsubscribe_all".to_owned(),
            Self::Resume => "resume".to_owned(),
            Self::Unmute(_) => "unmute".to_owned(),
            Self::Mute { length: MuteFor::Hour, .. } => "mute_1h".to_owned(),
            Self::Mute { length: MuteFor::Today, .. } => "mute_today".to_owned(),
            Self::Why => "why".to_owned(),
            Self::Edit(_) => "edit".to_owned(),
            Self::Subscribe(_) => "subscribe".to_owned(),
            Self::Help => "help".to_owned(),
            Self::ListAllPage(page) => format!("list_all_page_{page}"),
            Self::ExportPage(page) => format!("export_page_{page}"),
            Self::Home(action) => action.action_id(),
            Self::Account(action) => action.action_id(),
            Self::Filled => FILLED.to_owned(),
            Self::Unsubscribe(_) => "unsubscribe".to_owned(),
            Self::UnsubscribeNow(_) => "unsubscribe_now".to_owned(),
            Self::Dismiss => "dismiss".to_owned(),
            Self::TakeName { .. } => "take_name".to_owned(),
            Self::Act(act) => act.action_id().to_owned(),
            Self::Ask(ask) => ask.action_id().to_owned(),
            Self::Open => "open".to_owned(),
            Self::Unknown(id) => id.clone(),
        }
    }

    /// The `value`; empty where the id says all.
    pub fn value(&self) -> String {
        match self {
            Self::Undo(id) => id.to_string(),
            Self::Run(text) | Self::Unmute(text) => text.clone(),
            Self::Mute { dataset, .. } => dataset.clone(),
            Self::Test(number) | Self::Edit(number) | Self::Unsubscribe(number) | Self::UnsubscribeNow(number) => {
                number.to_string()
            }
            Self::ListPage(page) | Self::ListAllPage(page) | Self::ExportPage(page) => page.to_string(),
            Self::Subscribe(channel) => channel.as_ref().map(ToString::to_string).unwrap_or_default(),
            Self::Home(action) => action.value(),
            Self::Act(act) => act.value(),
            Self::Ask(ask) => ask.value(),
            Self::Account(action) => action.value(),
            Self::TakeName { from, username } => format!("{from} {username}"),
            Self::UnsubscribeAll
            | Self::Resume
            | Self::Help
            | Self::Filled
            | Self::Why
            | Self::Dismiss
            | Self::Open
            | Self::Unknown(_) => String::new(),
        }
    }

    /// The `value` of an entry in a menu, which has no id of its own.
    pub fn menu_value(&self) -> String {
        let (id, value) = (self.action_id(), self.value());
        if value.is_empty() { id } else { format!("{id} {value}") }
    }

    /// Reads a click back; anything that does not fit is [`Action::Unknown`].
    pub fn parse(action_id: &str, value: &str) -> Self {
        let mute = |length| Some(Self::Mute { length, dataset: value.to_owned() });
        let read = match action_id {
            MENU => match value.split_once(' ').unwrap_or((value, "")) {
                (MENU, _) => None,
                (id, value) => return Self::parse(id, value),
            },
            "subscribe" if value.is_empty() => Some(Self::Subscribe(None)),
            "subscribe" => ChannelId::parse(value).ok().map(|channel| Self::Subscribe(Some(channel))),
            "help" => Some(Self::Help),
            id if id.starts_with(FILLED) => Some(Self::Filled),
            "mute_1h" => mute(MuteFor::Hour),
            "mute_today" => mute(MuteFor::Today),
            "why" => Some(Self::Why),
            "edit" => value.parse().ok().map(Self::Edit),
            "unsubscribe" => value.parse().ok().map(Self::Unsubscribe),
            "unsubscribe_now" => value.parse().ok().map(Self::UnsubscribeNow),
            "dismiss" => Some(Self::Dismiss),
            "undo" => value.parse().ok().map(Self::Undo),
            "run" => Some(Self::Run(value.to_owned())),
            "test" => value.parse().ok().map(Self::Test),
            "unsubscribe_all" => Some(Self::UnsubscribeAll),
            "resume" => Some(Self::Resume),
            "unmute" => Some(Self::Unmute(value.to_owned())),
            "take_name" => value.split_once(' ').and_then(|(from, username)| {
                Some(Self::TakeName { from: UserId::parse(from).ok()?, username: Username::parse(username)? })
            }),
            id if id.starts_with("list_all_page_") => value.parse().ok().map(Self::ListAllPage),
            id if id.starts_with("export_page_") => value.parse().ok().map(Self::ExportPage),
            id if id.starts_with("account_") => AccountAction::parse(id, value).map(Self::Account),
            id if id.starts_with("home_") => HomeAction::parse(id, value).map(Self::Home),
            id if id.starts_with("list_page_") => value.parse().ok().map(Self::ListPage),
            id if id == "open" || id.starts_with("open_") => Some(Self::Open),
            id => Act::parse(id, value).map(Self::Act).or_else(|| Ask::parse(id, value).map(Self::Ask)),
        };
        read.unwrap_or_else(|| Self::Unknown(action_id.chars().take(100).collect()))
    }
}

/// How long a mute lasts that is chosen from a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MuteFor {
    /// An hour.
    Hour,
    /// Until midnight where the person who chose it is.
    Today,
}

/// The `action_id` of the menu that messages have: what was chosen stands in the value.
pub const MENU: &str = "more";

/// What the `action_id`s of inputs of a modal begin with; the id of their block follows.
pub const FILLED: &str = "filled";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_survives_its_button() {
        let id = Uuid::from_u128(7);
        for action in [
            Action::Undo(id),
            Action::Run("/segments list".to_owned()),
            Action::Test(3),
            Action::ListPage(12),
            Action::UnsubscribeAll,
            Action::Resume,
            Action::Unmute("jane/*".to_owned()),
            Action::TakeName { from: UserId::parse("U1").unwrap(), username: Username::parse("jane").unwrap() },
            Action::Mute { length: MuteFor::Hour, dataset: "jane/my flowers".to_owned() },
            Action::Mute { length: MuteFor::Today, dataset: "jane/flowers".to_owned() },
            Action::Why,
            Action::Edit(3),
            Action::Subscribe(None),
            Action::Subscribe(ChannelId::parse("C1").ok()),
            Action::Help,
            Action::ListAllPage(2),
            Action::ExportPage(2),
            Action::Home(HomeAction::Page(3)),
            Action::Account(AccountAction::New),
            Action::Filled,
            Action::Unsubscribe(3),
            Action::UnsubscribeNow(3),
            Action::Dismiss,
            Action::Open,
            Action::Act(Act::parse("resolve", &format!("{id} 2026-11-20T09:15:00.5Z - jane/my flowers")).unwrap()),
            Action::Act(Act::parse("reopen", &format!("{id} - 1732406400.000100 jane/flowers")).unwrap()),
            Action::Act(Act::parse("approve", &format!("{id} - - ground truth")).unwrap()),
            Action::Act(Act::parse("reject", &format!("{id} - - ground-truth")).unwrap()),
            Action::Ask(Ask::parse("assign", &format!("sample {id}")).unwrap()),
            Action::Ask(Ask::parse("report", &format!("label {id} ground truth")).unwrap()),
            Action::Ask(Ask::parse("reply", &format!("issue {id} jane/my flowers")).unwrap()),
        ] {
            assert_eq!(Action::parse(&action.action_id(), &action.value()), action);
            assert_eq!(Action::parse(MENU, &action.menu_value()), action);
        }
        assert_eq!(Action::parse("undo", "not an id"), Action::Unknown("undo".to_owned()));
        for hostile in ["", "x", "x - - jane/flowers", &format!("{id} - -"), &format!("{id} now - jane/flowers")] {
            assert_eq!(Action::parse("resolve", hostile), Action::Unknown("resolve".to_owned()), "{hostile}");
        }
        for hostile in
            ["", "x", "sample x", "sample ../user", &format!("issue {id} jane/flowers"), &format!("label {id}")]
        {
            assert_eq!(Action::parse("assign", hostile), Action::Unknown("assign".to_owned()), "{hostile}");
        }
        assert_eq!(Action::parse(MENU, "more more why"), Action::Unknown("more".to_owned()));
    }
}
