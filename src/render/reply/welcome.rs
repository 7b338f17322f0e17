//! What the bot says when it comes into a channel that has nothing yet.

use super::layout::{button, buttons, say};
use crate::model::ChannelId;
use crate::render::Message;
use crate::slack::interaction::Action;

/// Says, once, how the channel gets anything, with *Subscribe this channel* and *Help*.
pub fn welcome(channel: &ChannelId) -> Message {
    let mut said = say("👋 I can tell this channel what happens in your Segments.ai datasets. \
         Type `/segments subscribe jane/flowers`, with a dataset of yours, and it gets the dataset's issues, releases, \
         rejected labels and changes of the dataset itself. Until somebody does, I post nothing here.");
    let subscribe = button("Subscribe this channel", &Action::Subscribe(Some(channel.clone())));
    said.blocks.extend(buttons([subscribe, button("Help", &Action::Help)]));
    said
}
