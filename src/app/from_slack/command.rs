//! `/segments …`: parses what was typed, runs it, and answers.

use crate::app::answer::{Asker, Attempt, Reply, Stop};
use crate::app::channel_access::resume_if_reachable;
use crate::app::detached::Unfinished;
use crate::app::forms::ModalUser;
use crate::app::history::why;
use crate::app::operations::status;
use crate::app::subscriptions::{form, import_form, list, mute, subscribe, test_card};
use crate::app::{App, accounts, me};
use crate::model::Mute;
use crate::render::reply;
use crate::slack::command::{Command, parse};
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

/// The deadline for answering a command. Slack's own API may use 11 s of it.
pub(in crate::app) const COMMAND_DEADLINE: Duration = Duration::from_secs(15);

/// Answers a command within `COMMAND_DEADLINE`. Work that takes longer continues without an answer.
pub async fn run_in_time(app: &Arc<App>, asker: &Asker, text: &str) -> Option<Reply> {
    let work = |app: Arc<App>| {
        let (asker, text) = (asker.clone(), text.to_owned());
        async move { run(&app, &asker, &text).await }
    };
    app.detached(COMMAND_DEADLINE, work).await.unwrap_or_else(|_: Unfinished| {
        warn!(channel_ref = %asker.channel_ref, "a command in {} timed out", asker.channel_ref);
        Some(Reply::asker(reply::timed_out()))
    })
}

/// Answers a command. Returns no reply if it opened a modal.
pub async fn run(app: &App, asker: &Asker, text: &str) -> Option<Reply> {
    if let Some(not_served) = app.not_served(&asker.channel_ref.workspace) {
        return Some(not_served);
    }
    let command = match parse(text) {
        Ok(command) => command,
        Err(mistake) => return Some(Reply::asker(reply::mistake(&mistake))),
    };
    match carry_out(app, asker, command).await {
        Ok(reply) => reply,
        Err(Stop::Say(message)) => Some(Reply::asker(message)),
        Err(Stop::Store(error)) => {
            warn!(channel_ref = %asker.channel_ref, "a command in {} failed: {error}", asker.channel_ref);
            Some(Reply::asker(reply::unavailable("carry out this command")))
        }
    }
}

async fn carry_out(app: &App, asker: &Asker, command: Command) -> Attempt<Option<Reply>> {
    // A command in a paused channel suggests that someone fixed the problem. Modals must open too fast for that check.
    if !opens_modal(&command) {
        resume_if_reachable(app, &asker.channel_ref).await?;
    }
    let book = || app.store.channel_subscriptions(&asker.channel_ref);
    let with_mutes = |said, mutes| reply::with_mutes(said, &Mute::in_force(mutes, app.clock.now()));
    Ok(Some(match command {
        Command::Overview => {
            let book = book().await?;
            Reply::asker(with_mutes(reply::overview(&book.subscriptions), book.mutes))
        }
        Command::Subscribe(wanted) => subscribe::subscribe(app, asker, &wanted, false).await?.into(),
        Command::Set(wanted) => subscribe::subscribe(app, asker, &wanted, true).await?.into(),
        Command::Unsubscribe { target, events } => subscribe::unsubscribe(app, asker, &target, &events).await?,
        Command::List { all: false } => {
            let book = book().await?;
            Reply::asker(list::list(app, book, 0))
        }
        Command::Mute { dataset, length } => mute::mute(app, asker, dataset, length).await?,
        Command::Unmute { dataset } => mute::unmute(app, asker, dataset.as_ref()).await?,
        Command::Test { target, event } => test_card::post(app, asker, target.as_ref(), event.as_deref()).await?,
        Command::Status => Reply::asker(status::status_message(app, asker).await?),
        Command::Why { count } => why::why(app, asker, count).await?,
        Command::Me(who) => me::me(app, asker, who).await?,
        Command::Help(topic) => Reply::asker(reply::help(topic)),
        Command::SubscribeModal => {
            return Ok(form::open(app, &ModalUser::from(asker), Some(&asker.channel_ref.channel)).await);
        }
        Command::Edit(number) => return Ok(form::edit(app, asker, number).await?),
        Command::List { all: true } => list::list_all(app, asker, 0).await?,
        Command::Connect => return Ok(accounts::form::open(app, asker).await?),
        Command::Disconnect(name) => accounts::disconnect::command(app, asker, &name).await?,
        Command::Export => Reply::asker(import_form::export_page(app, asker, 0).await?),
        Command::Import(lines) => return Ok(import_form::paste(app, asker, &lines).await?),
    }))
}

fn opens_modal(command: &Command) -> bool {
    match command {
        Command::SubscribeModal | Command::Edit(_) => true,
        Command::Import(lines) => lines.is_empty(),
        _ => false,
    }
}
