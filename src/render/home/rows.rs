//! Rows of the App Home: a channel, a subscription with its menu, and the question before one is removed.

use crate::render::block_kit;
use crate::render::reply::ChannelOverview;
use crate::slack::interaction::{Action, HomeAction, Place};
use slack_morphism::prelude::{
    SlackActionBlockElement, SlackBlock, SlackBlockButtonStyle, SlackBlockChoiceItem, SlackBlockOverflowElement,
    SlackBlockPlainText, SlackSectionBlockElement,
};

/// A channel, with *Resume* if anything in it is paused.
pub(super) fn heading(channel: &ChannelOverview) -> SlackBlock {
    let text = channel.heading("Then click *Resume*.");
    let resume = Action::Home(HomeAction::Resume(channel.channel.clone()));
    match block_kit::button(&resume, "Resume", Some(SlackBlockButtonStyle::Primary)) {
        SlackActionBlockElement::Button(button) if channel.is_paused() => beside(&text, button.into()),
        _ => block_kit::section(&text),
    }
}

/// A subscription and what can be done with it.
pub(super) fn subscription(place: &Place, line: &str, muted: bool) -> SlackBlock {
    let mute = if muted {
        ("Unmute the channel", HomeAction::Unmute(place.channel.clone()))
    } else {
        ("Mute the channel for 1 h", HomeAction::Mute(place.channel.clone()))
    };
    let entries = [
        ("Edit", HomeAction::Edit(place.clone())),
        ("Test", HomeAction::Test(place.clone())),
        mute,
        ("Unsubscribe…", HomeAction::Unsubscribe(place.clone())),
    ];
    let entry = |(label, action): (&str, HomeAction)| {
        SlackBlockChoiceItem::new(SlackBlockPlainText::new(label.to_owned()).into(), action.entry())
    };
    let menu = SlackBlockOverflowElement::new(entries.map(entry).into());
    beside(line, menu.with_action_id(HomeAction::menu_id(place).into()).into())
}

/// Asks before a subscription is removed.
pub(super) fn question(place: &Place, line: &str) -> [SlackBlock; 3] {
    let remove = Action::Home(HomeAction::UnsubscribeNow(place.clone()));
    let keep = Action::Home(HomeAction::Keep);
    let asked = format!(
        "Remove #{} from <#{}>? The channel is told, and can undo it for 10 minutes.",
        place.number, place.channel
    );
    [
        block_kit::section(line),
        block_kit::section(&asked),
        block_kit::actions(vec![
            block_kit::button(&remove, "Unsubscribe", Some(SlackBlockButtonStyle::Danger)),
            block_kit::button(&keep, "Keep it", None),
        ]),
    ]
}

fn beside(text: &str, element: SlackSectionBlockElement) -> SlackBlock {
    match block_kit::section(text) {
        SlackBlock::Section(section) => section.with_accessory(element).into(),
        other => other,
    }
}
