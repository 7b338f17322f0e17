//! What people click in the App Home: each says which subscription or channel it is about.

use crate::model::ChannelId;
use std::fmt;

/// The meaning of a button or a menu's entry in the App Home. It carries ids, never rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeAction {
    /// Show a page, from 0.
    Page(usize),
    /// Let a paused channel go on.
    Resume(ChannelId),
    /// Change a subscription.
    Edit(Place),
    /// Post a sample card of a subscription.
    Test(Place),
    /// Ask whether a subscription is to be removed.
    Unsubscribe(Place),
    /// Remove it, after that question.
    UnsubscribeNow(Place),
    /// Take that question away.
    Keep,
    /// Mute a channel for an hour.
    Mute(ChannelId),
    /// End all mutes of a channel.
    Unmute(ChannelId),
}

/// Where a subscription stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number in its channel.
    pub number: u32,
    /// The channel.
    pub channel: ChannelId,
}

/// How the `action_id` of a menu begins; what was chosen stands in the value.
const MENU: &str = "home_menu_";
/// How the `action_id` of everything else begins.
const HOME: &str = "home_";

impl HomeAction {
    /// The `action_id` of a button; unique in a Home.
    pub fn action_id(&self) -> String {
        match self {
            Self::Page(page) => format!("{HOME}page_{page}"),
            Self::Resume(channel) => format!("{HOME}resume_{channel}"),
            other => format!("{HOME}{}", other.word()),
        }
    }

    /// The `action_id` of a subscription's menu.
    pub fn menu_id(place: &Place) -> String {
        format!("{MENU}{}_{}", place.channel, place.number)
    }

    /// The `value` of a button; empty where the id says all.
    pub fn value(&self) -> String {
        match self {
            Self::Page(page) => page.to_string(),
            Self::Resume(channel) | Self::Mute(channel) | Self::Unmute(channel) => channel.to_string(),
            Self::Edit(place) | Self::Test(place) | Self::Unsubscribe(place) | Self::UnsubscribeNow(place) => {
                place.to_string()
            }
            Self::Keep => String::new(),
        }
    }

    /// The `value` of a menu's entry.
    pub fn entry(&self) -> String {
        format!("{} {}", self.word(), self.value())
    }

    /// Reads a click back; none if it is not one of the Home's.
    pub fn parse(action_id: &str, value: &str) -> Option<Self> {
        if action_id.starts_with(MENU) {
            let (word, value) = value.split_once(' ')?;
            return Self::read(word, value);
        }
        let word = action_id.strip_prefix(HOME)?;
        let whole = ["page", "resume"].into_iter().find(|whole| word.starts_with(whole));
        Self::read(whole.unwrap_or(word), value)
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Page(_) => "page",
            Self::Resume(_) => "resume",
            Self::Edit(_) => "edit",
            Self::Test(_) => "test",
            Self::Unsubscribe(_) => "unsubscribe",
            Self::UnsubscribeNow(_) => "unsubscribe_now",
            Self::Keep => "keep",
            Self::Mute(_) => "mute",
            Self::Unmute(_) => "unmute",
        }
    }

    fn read(word: &str, value: &str) -> Option<Self> {
        let channel = || ChannelId::parse(value).ok();
        let place = || Place::parse(value);
        match word {
            "page" => value.parse().ok().map(Self::Page),
            "resume" => channel().map(Self::Resume),
            "edit" => place().map(Self::Edit),
            "test" => place().map(Self::Test),
            "unsubscribe" => place().map(Self::Unsubscribe),
            "unsubscribe_now" => place().map(Self::UnsubscribeNow),
            "keep" => Some(Self::Keep),
            "mute" => channel().map(Self::Mute),
            "unmute" => channel().map(Self::Unmute),
            _ => None,
        }
    }
}

impl Place {
    /// Reads `3 C123`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, channel) = text.split_once(' ')?;
        Some(Self { number: number.parse().ok()?, channel: ChannelId::parse(channel).ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_survives_its_button_or_its_menu() {
        let channel = ChannelId::parse("C1").unwrap();
        let place = Place { number: 3, channel: channel.clone() };
        for action in [
            HomeAction::Page(12),
            HomeAction::Resume(channel.clone()),
            HomeAction::Unsubscribe(place.clone()),
            HomeAction::UnsubscribeNow(place.clone()),
            HomeAction::Keep,
        ] {
            assert_eq!(HomeAction::parse(&action.action_id(), &action.value()), Some(action));
        }
        for action in [
            HomeAction::Edit(place.clone()),
            HomeAction::Test(place.clone()),
            HomeAction::Unsubscribe(place.clone()),
            HomeAction::Mute(channel.clone()),
            HomeAction::Unmute(channel),
        ] {
            assert_eq!(HomeAction::parse(&HomeAction::menu_id(&place), &action.entry()), Some(action));
        }
    }

    #[test]
    fn what_somebody_made_up_is_none() {
        for (id, value) in [
            ("home_menu_C1_3", "test"),
            ("home_menu_C1_3", "test 3"),
            ("home_menu_C1_3", "test x C1"),
            ("home_menu_C1_3", "test 3 <!here>"),
            ("home_resume_C1", ""),
            ("home_page_1", "-1"),
            ("home_", ""),
            ("resume", "C1"),
        ] {
            assert_eq!(HomeAction::parse(id, value), None, "{id} {value}");
        }
    }
}
