//! Modals: opening one, what a submission leads to, and proof that a person is in the channel.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::model::{ChannelId, ChannelRef, TriggerId, UserId, WorkspaceId};
use crate::render::{Message, modal, reply};
use crate::slack::error::SlackError;
use crate::slack::form::Sheet;
use crate::slack::interaction::Click;
use slack_morphism::prelude::SlackView;
use std::collections::BTreeMap;
use tracing::warn;

/// Somebody before whom a modal can be opened.
pub(in crate::app) struct Person {
    pub(in crate::app) workspace: WorkspaceId,
    pub(in crate::app) user: UserId,
    /// What they did a moment ago.
    pub(in crate::app) trigger: TriggerId,
    /// The channel that Slack says they are in.
    pub(in crate::app) here: Option<ChannelId>,
}

impl Person {
    pub(in crate::app) fn of(click: &Click) -> Self {
        Self {
            workspace: click.workspace.clone(),
            user: click.user.clone(),
            trigger: click.trigger.clone(),
            here: None,
        }
    }
}

impl From<&Asker> for Person {
    fn from(asker: &Asker) -> Self {
        let ChannelRef { workspace, channel } = asker.channel_ref.clone();
        Self { workspace, user: asker.user.clone(), trigger: asker.cause.clone(), here: Some(channel) }
    }
}

/// What a submission comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// The modal closes.
    Close,
    /// It stays, with what is wrong beside each block.
    Wrong(BTreeMap<String, String>),
    /// It says something.
    Says(Box<SlackView>),
}

/// Opens a modal; says `otherwise` where Slack does not let it be opened.
pub(in crate::app) async fn open_view(
    app: &App,
    person: &Person,
    view: &SlackView,
    otherwise: Message,
) -> Option<Reply> {
    match app.slack.open_view(&person.workspace, &person.trigger, view).await {
        Ok(_) => None,
        Err(error) => {
            warn!("could not open a modal: {error}");
            Some(Reply::asker(otherwise))
        }
    }
}

/// Our seal over that somebody is in a channel, where Slack says so.
pub(in crate::app) fn seal(app: &App, person: &Person, channel: Option<&ChannelId>) -> Option<String> {
    let here = channel.filter(|channel| person.here.as_ref() == Some(*channel))?;
    Some(app.sealer.seal(&presence(&person.workspace, &person.user, here)))
}

/// What a sheet's seal is over.
fn presence(workspace: &WorkspaceId, user: &UserId, channel: &ChannelId) -> String {
    format!("{workspace} {user} {channel}")
}

/// The modal says a message.
pub(in crate::app) fn says(message: &Message) -> Submitted {
    Submitted::Says(Box::new(modal::notice("Segments", message)))
}

/// Whether somebody may change a channel in a modal, who is in it or opened the modal there; else what to tell them.
pub(in crate::app) async fn may_speak_for(app: &App, asker: &Asker, sheet: &Sheet) -> Result<(), Message> {
    let Asker { channel_ref, user, .. } = asker;
    let Err(refusal) = is_in(app, &channel_ref.workspace, user, &channel_ref.channel).await else { return Ok(()) };
    if was_in(app, user, channel_ref, sheet).await { Ok(()) } else { Err(refusal) }
}

/// Whether somebody opened a modal in this channel, of which Slack says nothing to a bot that is not in it.
async fn was_in(app: &App, user: &UserId, channel_ref: &ChannelRef, sheet: &Sheet) -> bool {
    let words = presence(&channel_ref.workspace, user, &channel_ref.channel);
    let sealed = sheet.seal.as_ref().is_some_and(|seal| app.sealer.holds(&words, seal));
    sealed
        && matches!(app.slack.channel(channel_ref).await, Err(SlackError::Refused(code)) if code == "channel_not_found")
}

/// Whether somebody is in a channel, asked anew; else what to tell them.
async fn is_in(app: &App, workspace: &WorkspaceId, user: &UserId, channel: &ChannelId) -> Result<(), Message> {
    match app.slack.channels_of(workspace, user).await {
        Ok(channels) if channels.iter().any(|one| one.channel == *channel) => Ok(()),
        Ok(_) => Err(reply::not_seen_in(channel)),
        Err(error) => {
            warn!("could not list the channels of {user}: {error}");
            Err(reply::try_again("check that you are in that channel"))
        }
    }
}
