//! A click: whoever clicked is checked afresh, what the button means is done, and the message is answered.

use super::{App, Asker, Audience, Reply, channel, command, home, mute, subscribe, test_card};
use crate::model::{DatasetPattern, SubscriptionState};
use crate::render::reply;
use crate::slack::command::{Target, Topic};
use crate::slack::interaction::{Action, Click};
use crate::slack::respond::Answer;
use crate::store::StoreError;
use std::sync::Arc;
use tracing::warn;

/// Does what was clicked and answers through the click's response url.
pub async fn click(app: &Arc<App>, click: Click) {
    // A task of its own: what the store takes too long over goes on without an answer.
    let work = app.tasks.spawn({
        let (app, click) = (Arc::clone(app), click.clone());
        async move { answers(&app, &click).await }
    });
    let answers = match app.clock.timeout(command::LIMIT, work).await {
        Some(Ok(Ok(answers))) => answers,
        Some(Err(_)) | None => {
            warn!("a click on `{}` was not carried out in time", click.action.action_id());
            vec![Reply::asker(reply::unfinished()).answer()]
        }
        Some(Ok(Err(error))) => {
            warn!("could not carry out a click on `{}`: {error}", click.action.action_id());
            vec![Reply::asker(reply::try_again("do that")).answer()]
        }
    };
    // What is clicked in a view has no place for answers.
    for answer in answers.iter().filter(|_| !click.response_url.is_empty()) {
        if let Err(error) = app.responder.respond(&click.response_url, answer).await {
            warn!("could not answer a click on `{}`: {error}", click.action.action_id());
        }
    }
}

async fn answers(app: &App, click: &Click) -> Result<Vec<Answer>, StoreError> {
    let stranger = click.home.as_ref().is_some_and(|home| *home != click.workspace);
    if stranger {
        return Ok(vec![Reply::asker(reply::other_workspace()).answer()]);
    }
    if let Some(not_served) = app.not_served(&click.workspace) {
        return Ok(vec![not_served.answer()]);
    }
    if click.view.as_ref().is_some_and(|view| view.kind == "home") {
        home::click(app, click).await?;
        return Ok(Vec::new());
    }
    let Some(channel) = &click.channel else {
        return Ok(vec![Reply::asker(reply::unknown_action()).answer()]);
    };
    let asker =
        Asker { lane: App::lane(&click.workspace, channel), user: click.user.clone(), cause: click.trigger.clone() };
    Ok(match &click.action {
        Action::Undo(id) => match subscribe::undo(app, &asker, *id).await? {
            undone if undone.audience == Audience::Channel => vec![undone.answer().replacing()],
            refused => vec![refused.answer()],
        },
        Action::Run(text) => {
            let typed = text.trim_start();
            let text = typed.strip_prefix("/segments").unwrap_or(typed);
            in_place(&command::run(app, &asker, text).await)
        }
        Action::Test(number) => {
            vec![test_card::post(app, &asker, Some(&Target::Number(*number)), None).await?.answer()]
        }
        Action::ListPage(page) => {
            let book = app.store.book(&asker.lane).await?;
            vec![Reply::asker(command::list(app, book, *page)).answer().replacing()]
        }
        Action::UnsubscribeAll => in_place(&subscribe::unsubscribe_all(app, &asker).await?),
        Action::Resume => in_place(&resume(app, &asker).await?),
        Action::Unmute(pattern) => match DatasetPattern::parse(pattern) {
            Some(pattern) => vec![mute::end_one(app, &asker, &pattern).await?.answer()],
            None => vec![Reply::asker(reply::unknown_action()).answer()],
        },
        Action::ListAllPage(page) => vec![command::list_all(app, &asker, *page).await?.answer().replacing()],
        Action::Subscribe(_) => vec![Reply::asker(reply::help(Some(Topic::Verb("subscribe")))).answer()],
        Action::Help => vec![Reply::asker(reply::help(None)).answer()],
        Action::Open => Vec::new(),
        Action::Home(_) | Action::Unknown(_) => vec![Reply::asker(reply::unknown_action()).answer()],
    })
}

/// An answer to a button of a message that only its reader sees: in its place, or in the channel and it goes away.
fn in_place(reply: &Reply) -> Vec<Answer> {
    match reply.audience {
        Audience::Asker => vec![reply.answer().replacing()],
        Audience::Channel => vec![Answer::delete(), reply.answer()],
    }
}

/// Lets the channel go on if the bot can post there by now.
pub(super) async fn resume(app: &App, asker: &Asker) -> Result<Reply, StoreError> {
    let resumed = channel::revive(app, &asker.lane).await?;
    if !resumed.is_empty() {
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
