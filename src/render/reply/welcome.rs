//! The message that the bot posts when it joins a channel without subscriptions.

use super::layout::{button, buttons, say};
use crate::model::ChannelId;
use crate::render::Message;
use crate::slack::interaction::Action;

/// Says, once, how the channel gets anything, with *Subscribe this channel* and *Help*.
pub fn welcome(channel: &ChannelId) -> Message {
    let mut said = say("👋 I can post what happens in your Segments.ai datasets in this channel. \
         To start, type `/segments subscribe jane/flowers` with the name of your dataset. The channel then gets its issues, \
         releases, rejected labels and dataset changes. Until then, I won't post anything here.");
    let subscribe = button("Subscribe this channel", &Action::Subscribe(Some(channel.clone())));
    said.blocks.extend(buttons([subscribe, button("Help", &Action::Help)]));
    said
}
