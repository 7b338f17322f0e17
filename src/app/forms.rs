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

/// A person for whom a modal can be opened.
pub(in crate::app) struct ModalUser {
    pub(in crate::app) workspace: WorkspaceId,
    pub(in crate::app) user: UserId,
    /// The id of their click or command, valid for three seconds.
    pub(in crate::app) trigger: TriggerId,
    /// The channel that they are certainly in, because Slack said so.
    pub(in crate::app) here: Option<ChannelId>,
}

impl ModalUser {
    pub(in crate::app) fn of(click: &Click) -> Self {
        Self {
            workspace: click.workspace.clone(),
            user: click.user.clone(),
            trigger: click.trigger.clone(),
            here: None,
        }
    }
}

impl From<&Asker> for ModalUser {
    fn from(asker: &Asker) -> Self {
        let ChannelRef { workspace, channel } = asker.channel_ref.clone();
        Self { workspace, user: asker.user.clone(), trigger: asker.cause.clone(), here: Some(channel) }
    }
}

/// The response to a submitted modal.
#[derive(Debug, Clone, PartialEq)]
pub enum FormResult {
    /// Closes the modal.
    Close,
    /// Keeps the modal open, with an error beside each block by block id.
    Errors(BTreeMap<String, String>),
    /// Shows another view in the modal.
    Show(Box<SlackView>),
}

/// Opens a modal. Returns a reply with `otherwise` if Slack does not open it.
pub(in crate::app) async fn open_view(
    app: &App,
    person: &ModalUser,
    view: &SlackView,
    otherwise: Message,
) -> Option<Reply> {
    match app.slack.api.open_view(&person.workspace, &person.trigger, view).await {
        Ok(_) => None,
        Err(error) => {
            warn!("could not open a modal: {error}");
            Some(Reply::asker(otherwise))
        }
    }
}

/// Signs that a person is in a channel, if Slack said so.
pub(in crate::app) fn sign_presence(app: &App, person: &ModalUser, channel: Option<&ChannelId>) -> Option<String> {
    let here = channel.filter(|channel| person.here.as_ref() == Some(*channel))?;
    Some(app.slack.state_signer.sign(&presence(&person.workspace, &person.user, here)))
}

/// Returns the text that proves a person's presence in a channel once it is signed.
fn presence(workspace: &WorkspaceId, user: &UserId, channel: &ChannelId) -> String {
    format!("{workspace} {user} {channel}")
}

/// Returns a response that shows a message in the modal.
pub(in crate::app) fn show_message(message: &Message) -> FormResult {
    FormResult::Show(Box::new(modal::notice("Segments", message)))
}

/// Checks that a person is in the channel or opened the modal there; otherwise returns the message for them.
pub(in crate::app) async fn check_presence(app: &App, asker: &Asker, sheet: &Sheet) -> Result<(), Message> {
    let Asker { channel_ref, user, .. } = asker;
    let Err(refusal) = check_member(app, &channel_ref.workspace, user, &channel_ref.channel).await else {
        return Ok(());
    };
    if opened_it_there(app, user, channel_ref, sheet).await { Ok(()) } else { Err(refusal) }
}

/// Returns true if the person opened the modal in this channel, and Slack hides the channel from the bot.
async fn opened_it_there(app: &App, user: &UserId, channel_ref: &ChannelRef, sheet: &Sheet) -> bool {
    let words = presence(&channel_ref.workspace, user, &channel_ref.channel);
    let sealed = sheet.seal.as_ref().is_some_and(|seal| app.slack.state_signer.verify(&words, seal));
    sealed
        && matches!(app.slack.api.channel(channel_ref).await, Err(SlackError::Refused(code)) if code == "channel_not_found")
}

/// Asks Slack if a person is in a channel; otherwise returns the message for them.
async fn check_member(app: &App, workspace: &WorkspaceId, user: &UserId, channel: &ChannelId) -> Result<(), Message> {
    match app.slack.api.channels_of(workspace, user).await {
        Ok(channels) if channels.iter().any(|one| one.channel == *channel) => Ok(()),
        Ok(_) => Err(reply::membership_unknown(channel)),
        Err(error) => {
            warn!("could not list the channels of {user}: {error}");
            Err(reply::unavailable("check that you are in that channel"))
        }
    }
}
