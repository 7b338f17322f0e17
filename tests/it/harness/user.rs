//! A person at the keyboard: `bench.user("U1").types("/segments …").in_channel("C1").await`.

use super::{Bench, channel, user, workspace};
use segments_slack::model::{ChannelId, UserId};
use segments_slack::sandbox::slack::{Answer, Shown};

pub(crate) struct Person<'a> {
    bench: &'a Bench,
    user: UserId,
}

pub(crate) struct Typing<'a> {
    person: Person<'a>,
    text: String,
}

pub(crate) struct Clicking<'a> {
    person: Person<'a>,
    action_id: String,
    /// What is chosen, of a menu.
    value: Option<String>,
}

impl Bench {
    pub(crate) fn user(&self, id: &str) -> Person<'_> {
        Person { bench: self, user: user(id) }
    }

    /// Takes the one message that a channel has got since it was last looked at, ephemeral or not.
    pub(crate) fn read(&self, channel_id: &str) -> Shown {
        let mut unread = self.slack.take_unread(&workspace(), &channel(channel_id));
        assert_eq!(unread.len(), 1, "one new message was expected in {channel_id}: {unread:#?}");
        unread.remove(0)
    }

    /// Takes every message that a channel has got since it was last looked at.
    pub(crate) fn read_all(&self, channel_id: &str) -> Vec<Shown> {
        self.slack.take_unread(&workspace(), &channel(channel_id))
    }

    pub(crate) fn assert_nothing_unread(&self, channel_id: &str) {
        let unread = self.slack.take_unread(&workspace(), &channel(channel_id));
        assert!(unread.is_empty(), "nothing new was expected in {channel_id}: {unread:#?}");
    }
}

impl<'a> Person<'a> {
    pub(crate) fn types(self, text: &str) -> Typing<'a> {
        Typing { person: self, text: text.to_owned() }
    }

    /// Clicks the newest button with this id that she can see.
    pub(crate) fn clicks(self, action_id: &str) -> Clicking<'a> {
        Clicking { person: self, action_id: action_id.to_owned(), value: None }
    }

    /// Chooses from the menu of the newest message that she can see and that has it.
    pub(crate) fn chooses(self, value: &str) -> Clicking<'a> {
        Clicking { person: self, action_id: "more".to_owned(), value: Some(value.to_owned()) }
    }
}

impl Typing<'_> {
    pub(crate) async fn in_channel(self, id: &str) -> Answer {
        let Self { person: Person { bench, user }, text } = self;
        let answer = bench.slack.types(&workspace(), &user, &channel(id), &text).await;
        bench.settle().await;
        answer
    }
}

impl Clicking<'_> {
    pub(crate) async fn in_channel(self, id: &str) -> Answer {
        let Self { person: Person { bench, user }, action_id, value } = self;
        let channel: ChannelId = channel(id);
        let messages = bench.slack.messages(&workspace(), &channel, Some(&user));
        let button = format!("\"action_id\":\"{action_id}\"");
        let has_it = |shown: &&Shown| {
            shown.blocks.to_string().contains(&button) || shown.attachments.to_string().contains(&button)
        };
        let message = messages.iter().rev().find(has_it);
        let ts = message
            .unwrap_or_else(|| panic!("no message in {id} has a button `{action_id}`: {messages:#?}"))
            .ts
            .clone();
        let answer = bench.slack.chooses(&workspace(), &user, &channel, &ts, &action_id, value.as_deref()).await;
        bench.settle().await;
        answer.expect("the button is there")
    }
}
