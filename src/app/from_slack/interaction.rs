//! A click: whoever clicked is checked afresh, what the button means is done, and the message is answered.

use crate::app::from_slack::{command, submission};
use crate::app::history::explain_message;
use crate::app::permission::may_connect;
use crate::app::subscriptions::{import_form, mute, subscribe, test_card};
use crate::app::{App, Asker, Audience, Reply, accounts, channel_access, home, me, notify, segments_actions};
use crate::model::{DatasetPattern, SubscriptionState};
use crate::render::{Message, reply};
use crate::slack::accounts::CALLBACK;
use crate::slack::command::{MuteLength, Target};
use crate::slack::interaction::{AccountAction, Action, Click, MuteFor};
use crate::slack::respond::Answer;
use crate::store::StoreError;
use jiff::civil::Time;
use std::sync::Arc;
use tracing::warn;

/// What a click comes to, and where that is shown.
pub(in crate::app) enum Outcome {
    /// Beside the message.
    Said(Reply),
    /// In place of a message that only its reader sees; in the channel, if it is for everybody.
    InPlace(Reply),
    /// In place of the message, whoever sees it.
    Replaced(Reply),
    /// The message goes away.
    Gone,
    /// Nowhere.
    Nothing,
}

/// Does what was clicked and answers through the click's response url; what is clicked in a view shows there what it came
/// to.
pub async fn click(app: &Arc<App>, click: Click) {
    // A task of its own: what the store takes too long over goes on without an answer.
    let work = app.tasks.spawn({
        let (app, click) = (Arc::clone(app), click.clone());
        async move { outcome(&app, &click).await }
    });
    let (limit, unfinished): (_, fn() -> Message) = match click.action {
        Action::Act(_) | Action::Ask(_) => (segments_actions::LIMIT, reply::act_unfinished),
        _ => (command::LIMIT, reply::unfinished),
    };
    let outcome = match app.clock.timeout(limit, work).await {
        Some(Ok(Ok(outcome))) => outcome,
        Some(Err(_)) | None => {
            warn!("a click on `{}` timed out", click.action.action_id());
            Outcome::Said(Reply::asker(unfinished()))
        }
        Some(Ok(Err(error))) => {
            warn!("a click on `{}` failed: {error}", click.action.action_id());
            Outcome::Said(Reply::asker(reply::try_again("do that")))
        }
    };
    if click.view.is_some() {
        return;
    }
    let mut heard = true;
    for answer in answers(&outcome) {
        if let Err(error) = app.responder.respond(&click.response_url, &answer).await {
            warn!("could not answer a click on `{}`: {error}", click.action.action_id());
            heard = false;
        }
    }
    // Whoever hears nothing of a change does it again.
    if let (false, Action::Act(_), Outcome::Said(told) | Outcome::InPlace(told)) = (heard, &click.action, &outcome) {
        let message = reply::of_a_click(click.channel.as_ref(), &told.message);
        notify::person(app, &click.workspace, &click.user, &message).await;
    }
}

/// What Slack is told at the response url of a click on a message.
fn answers(outcome: &Outcome) -> Vec<Answer> {
    match outcome {
        Outcome::Said(reply) => reply.answer().into_iter().collect(),
        Outcome::InPlace(reply) if reply.audience == Audience::Channel => {
            std::iter::once(Answer::delete()).chain(reply.answer()).collect()
        }
        Outcome::InPlace(reply) | Outcome::Replaced(reply) => {
            reply.answer().map(Answer::replacing).into_iter().collect()
        }
        Outcome::Gone => vec![Answer::delete()],
        Outcome::Nothing => Vec::new(),
    }
}

async fn outcome(app: &Arc<App>, click: &Click) -> Result<Outcome, StoreError> {
    if click.is_of_stranger() {
        return Ok(Outcome::Said(Reply::asker(reply::other_workspace())));
    }
    if let Some(not_served) = app.not_served(&click.workspace) {
        return Ok(Outcome::Said(not_served));
    }
    let asker = |channel| Asker {
        lane: App::lane(&click.workspace, channel),
        user: click.user.clone(),
        cause: click.trigger.clone(),
    };
    match (&click.action, &click.channel) {
        (Action::Open, _) => Ok(Outcome::Nothing),
        (Action::Filled, _) => {
            submission::follow(app, click).await?;
            Ok(Outcome::Nothing)
        }
        _ if click.view.as_ref().is_some_and(|view| view.kind == "home") => {
            home::click(app, click).await?;
            Ok(Outcome::Nothing)
        }
        _ if click.view.as_ref().is_some_and(|view| view.callback_id == CALLBACK) => {
            accounts::click(app, click).await?;
            Ok(Outcome::Nothing)
        }
        (Action::Help, _) => Ok(Outcome::Said(Reply::asker(reply::help(None)))),
        (_, Some(channel)) => carry_out(app, &asker(channel), click).await,
        (_, None) => Ok(Outcome::Said(Reply::asker(reply::unknown_action()))),
    }
}

/// Does what a button means in a channel.
async fn carry_out(app: &App, asker: &Asker, click: &Click) -> Result<Outcome, StoreError> {
    let unknown = || Outcome::Said(Reply::asker(reply::unknown_action()));
    Ok(match &click.action {
        Action::Undo(id) => match subscribe::undo(app, asker, *id).await? {
            undone if undone.audience == Audience::Channel => Outcome::Replaced(undone),
            refused => Outcome::Said(refused),
        },
        Action::Run(text) => {
            let typed = text.trim_start();
            let text = typed.strip_prefix("/segments").unwrap_or(typed);
            Outcome::InPlace(command::run(app, asker, text).await)
        }
        Action::Test(number) => Outcome::Said(test_card::post(app, asker, Some(&Target::Number(*number)), None).await?),
        Action::ListPage(page) => {
            let book = app.store.book(&asker.lane).await?;
            Outcome::Replaced(Reply::asker(command::list(app, book, *page)))
        }
        Action::ListAllPage(page) => Outcome::Replaced(command::list_all(app, asker, *page).await?),
        Action::ExportPage(page) => Outcome::Replaced(Reply::asker(import_form::as_commands(app, asker, *page).await?)),
        Action::UnsubscribeAll => Outcome::InPlace(subscribe::unsubscribe_all(app, asker).await?),
        Action::Resume => Outcome::InPlace(resume(app, asker).await?),
        Action::Unmute(pattern) => match DatasetPattern::parse(pattern) {
            Some(pattern) => Outcome::Said(mute::end_one(app, asker, &pattern).await?),
            None => unknown(),
        },
        Action::Mute { length, dataset } => match DatasetPattern::parse(dataset) {
            Some(pattern) => {
                let length = match length {
                    MuteFor::Hour => MuteLength::Minutes(60),
                    MuteFor::Today => MuteLength::Until(Time::midnight()),
                };
                Outcome::Said(mute::mute(app, asker, Some(pattern), length).await?)
            }
            None => unknown(),
        },
        Action::Why => Outcome::Said(explain_message::because(app, asker, click.message.as_ref()).await?),
        Action::Edit(number) => Outcome::Said(submission::edit(app, asker, *number).await?),
        Action::Subscribe(channel) => {
            let channel = channel.as_ref().or(Some(&asker.lane.channel));
            Outcome::Said(submission::open(app, &submission::Person::from(asker), channel).await)
        }
        Action::Unsubscribe(number) => Outcome::Said(subscribe::ask_to_unsubscribe(app, asker, *number).await?),
        Action::UnsubscribeNow(number) => {
            Outcome::InPlace(subscribe::unsubscribe(app, asker, &Target::Number(*number), &[]).await?)
        }
        Action::Dismiss => Outcome::Gone,
        Action::TakeName { from, username } => {
            Outcome::InPlace(me::claim(app, asker, username.clone(), Some(from)).await?)
        }
        Action::Act(act) => segments_actions::click(app, asker, act, click.top()).await?,
        Action::Ask(ask) => segments_actions::open(app, asker, ask, click.top()).await,
        Action::Account(action) => Outcome::InPlace(Reply::asker(account(app, asker, action).await?)),
        Action::Open | Action::Filled | Action::Help | Action::Home(_) | Action::Unknown(_) => unknown(),
    })
}

/// Asks or does what is clicked about an account in a message.
async fn account(app: &App, asker: &Asker, action: &AccountAction) -> Result<Message, StoreError> {
    let (workspace, user) = (&asker.lane.workspace, &asker.user);
    Ok(match (action, may_connect(app, workspace, user).await) {
        (_, Err(refusal)) => refusal,
        (AccountAction::Disconnect(account), Ok(_)) => accounts::ask_to_disconnect(app, workspace, account).await?,
        (AccountAction::DisconnectNow(account), Ok(allowed)) => {
            accounts::disconnect_now(app, &allowed, workspace, user, account).await?
        }
        _ => reply::unknown_action(),
    })
}

/// Lets the channel go on if the bot can post there by now.
pub(in crate::app) async fn resume(app: &App, asker: &Asker) -> Result<Reply, StoreError> {
    let resumed = channel_access::revive(app, &asker.lane).await?;
    if !resumed.is_empty() {
        app.store.note_deed(&asker.lane.workspace, asker.deed(app.clock.now(), "resume")).await?;
        return Ok(Reply::channel(reply::resumed(Some(&asker.user), &resumed)));
    }
    let subscriptions = app.store.book(&asker.lane).await?.subscriptions;
    let refused = subscriptions.iter().find_map(|subscription| match &subscription.state {
        SubscriptionState::Paused { reason, .. } => Some(reason.0.as_str()),
        SubscriptionState::Waiting => Some("not_in_channel"),
        SubscriptionState::Active => None,
    });
    Ok(Reply::asker(match refused {
        Some(code) => reply::still_refused(code),
        None => reply::list(&subscriptions, 0),
    }))
}
