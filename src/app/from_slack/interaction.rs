//! Clicks: checks the person again, runs the button's action, and answers at the message.

use crate::app::answer::{Asker, Audience, ClickAnswer, Reply, reply_or_fail};
use crate::app::detached::Unfinished;
use crate::app::forms::ModalUser;
use crate::app::from_slack::command;
use crate::app::history::explain_message;
use crate::app::permission::may_connect;
use crate::app::subscriptions::{form, import_form, list, mute, subscribe, test_card};
use crate::app::{App, accounts, channel_access, home, me, notify, segments_actions};
use crate::model::DatasetPattern;
use crate::render::{Message, reply};
use crate::slack::accounts::CALLBACK;
use crate::slack::command::{MuteLength, Target};
use crate::slack::interaction::{AccountAction, Action, Click, MuteFor};
use crate::store::StoreError;
use jiff::civil::Time;
use std::sync::Arc;
use tracing::warn;

/// Handles a click and answers through its response URL. A click in a view is answered in that view.
pub async fn click(app: &Arc<App>, click: Click) {
    let work = |app: Arc<App>| {
        let click = click.clone();
        async move { outcome(&app, &click).await }
    };
    let (limit, unfinished): (_, fn() -> Message) = match click.action {
        Action::Act(_) | Action::Ask(_) => (segments_actions::ACTION_DEADLINE, reply::action_timed_out),
        _ => (command::COMMAND_DEADLINE, reply::timed_out),
    };
    let outcome = match app.detached(limit, work).await {
        Ok(Ok(outcome)) => outcome,
        Err(Unfinished::TimedOut | Unfinished::Panicked) => {
            warn!("a click on `{}` timed out", click.action.action_id());
            ClickAnswer::Beside(Reply::asker(unfinished()))
        }
        Ok(Err(error)) => {
            warn!("a click on `{}` failed: {error}", click.action.action_id());
            ClickAnswer::Beside(Reply::asker(reply::unavailable("do that")))
        }
    };
    if click.view.is_some() {
        return;
    }
    let mut heard = true;
    for answer in outcome.responses() {
        if let Err(error) = app.slack.responder.respond(&click.response_url, &answer).await {
            warn!("could not answer a click on `{}`: {error}", click.action.action_id());
            heard = false;
        }
    }
    // A person who sees no result would try again, so the result is sent as a direct message.
    if let (false, Action::Act(_), ClickAnswer::Beside(told) | ClickAnswer::InPlace(told)) =
        (heard, &click.action, &outcome)
    {
        let message = reply::about_button(click.channel.as_ref(), &told.message);
        notify::person(app, &click.workspace, &click.user, &message).await;
    }
}

async fn outcome(app: &Arc<App>, click: &Click) -> Result<ClickAnswer, StoreError> {
    if click.is_of_stranger() {
        return Ok(ClickAnswer::Beside(Reply::asker(reply::other_workspace())));
    }
    if let Some(not_served) = app.not_served(&click.workspace) {
        return Ok(ClickAnswer::Beside(not_served));
    }
    let asker = |channel| Asker {
        channel_ref: App::channel_ref(&click.workspace, channel),
        user: click.user.clone(),
        cause: click.trigger.clone(),
    };
    match (&click.action, &click.channel) {
        (Action::Open, _) => Ok(ClickAnswer::Nothing),
        (Action::Filled, _) => {
            form::follow(app, click).await?;
            Ok(ClickAnswer::Nothing)
        }
        _ if click.view.as_ref().is_some_and(|view| view.kind == "home") => {
            home::click(app, click).await?;
            Ok(ClickAnswer::Nothing)
        }
        _ if click.view.as_ref().is_some_and(|view| view.callback_id == CALLBACK) => {
            accounts::form::click(app, click).await?;
            Ok(ClickAnswer::Nothing)
        }
        (Action::Help, _) => Ok(ClickAnswer::Beside(Reply::asker(reply::help(None)))),
        (_, Some(channel)) => carry_out(app, &asker(channel), click).await,
        (_, None) => Ok(ClickAnswer::Beside(Reply::asker(reply::unknown_action()))),
    }
}

/// Runs the action of a button in a channel.
async fn carry_out(app: &App, asker: &Asker, click: &Click) -> Result<ClickAnswer, StoreError> {
    let unknown = || ClickAnswer::Beside(Reply::asker(reply::unknown_action()));
    Ok(match &click.action {
        Action::Undo(id) => match reply_or_fail(subscribe::undo(app, asker, *id).await)? {
            undone if undone.audience == Audience::Channel => ClickAnswer::Replaced(undone),
            refused => ClickAnswer::Beside(refused),
        },
        Action::Run(text) => {
            let typed = text.trim_start();
            let text = typed.strip_prefix("/segments").unwrap_or(typed);
            command::run(app, asker, text).await.map_or(ClickAnswer::Nothing, ClickAnswer::InPlace)
        }
        Action::Test(number) => {
            ClickAnswer::Beside(test_card::post(app, asker, Some(&Target::Number(*number)), None).await?)
        }
        Action::ListPage(page) => {
            let book = app.store.channel_subscriptions(&asker.channel_ref).await?;
            ClickAnswer::Replaced(Reply::asker(list::list(app, book, *page)))
        }
        Action::ListAllPage(page) => ClickAnswer::Replaced(list::list_all(app, asker, *page).await?),
        Action::ExportPage(page) => {
            ClickAnswer::Replaced(Reply::asker(import_form::export_page(app, asker, *page).await?))
        }
        Action::UnsubscribeAll => ClickAnswer::InPlace(reply_or_fail(subscribe::unsubscribe_all(app, asker).await)?),
        Action::Resume => ClickAnswer::InPlace(channel_access::resume_on_request(app, asker).await?),
        Action::Unmute(pattern) => match DatasetPattern::parse(pattern) {
            Some(pattern) => ClickAnswer::Beside(reply_or_fail(mute::end_one(app, asker, &pattern).await)?),
            None => unknown(),
        },
        Action::Mute { length, dataset } => match DatasetPattern::parse(dataset) {
            Some(pattern) => {
                let length = match length {
                    MuteFor::Hour => MuteLength::Minutes(60),
                    MuteFor::Today => MuteLength::Until(Time::midnight()),
                };
                ClickAnswer::Beside(reply_or_fail(mute::mute(app, asker, Some(pattern), length).await)?)
            }
            None => unknown(),
        },
        Action::Why => ClickAnswer::Beside(explain_message::explain_message(app, asker, click.message.as_ref()).await?),
        Action::Edit(number) => ClickAnswer::beside(form::edit(app, asker, *number).await?),
        Action::Subscribe(channel) => {
            let channel = channel.as_ref().or(Some(&asker.channel_ref.channel));
            ClickAnswer::beside(form::open(app, &ModalUser::from(asker), channel).await)
        }
        Action::Unsubscribe(number) => ClickAnswer::Beside(subscribe::ask_to_unsubscribe(app, asker, *number).await?),
        Action::UnsubscribeNow(number) => ClickAnswer::InPlace(reply_or_fail(
            subscribe::unsubscribe(app, asker, &Target::Number(*number), &[]).await,
        )?),
        Action::Dismiss => ClickAnswer::Deleted,
        Action::TakeName { from, username } => {
            ClickAnswer::InPlace(me::claim(app, asker, username.clone(), Some(from)).await?)
        }
        Action::Act(act) => segments_actions::click(app, asker, act, click.top()).await?,
        Action::Ask(ask) => segments_actions::form::open(app, asker, ask, click.top()).await,
        Action::Account(action) => ClickAnswer::InPlace(Reply::asker(account(app, asker, action).await?)),
        Action::Open | Action::Filled | Action::Help | Action::Home(_) | Action::Unknown(_) => unknown(),
    })
}

/// Runs the action of an account button in a message.
async fn account(app: &App, asker: &Asker, action: &AccountAction) -> Result<Message, StoreError> {
    let (workspace, user) = (&asker.channel_ref.workspace, &asker.user);
    Ok(match (action, may_connect(app, workspace, user).await) {
        (_, Err(refusal)) => refusal,
        (AccountAction::Disconnect(account), Ok(_)) => accounts::disconnect::question(app, workspace, account).await?,
        (AccountAction::DisconnectNow(account), Ok(allowed)) => {
            accounts::disconnect::now(app, &allowed, workspace, user, account).await?
        }
        _ => reply::unknown_action(),
    })
}
