//! `/segments …`: what was typed is parsed, carried out and answered.

use crate::app::channel_access::revive;
use crate::app::from_slack::submission;
use crate::app::history::why;
use crate::app::operations::status;
use crate::app::subscriptions::visible::{Visible, visible};
use crate::app::subscriptions::{hold, import_form, mute, subscribe, test_card};
use crate::app::{App, Asker, Reply, accounts, me};
use crate::model::Mute;
use crate::render::{Message, reply};
use crate::slack::command::{Command, parse};
use crate::store::{Book, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

/// A command is answered by then, whatever it waits for. Slack itself may take 11 s of it.
pub(in crate::app) const LIMIT: Duration = Duration::from_secs(15);

/// Answers what was typed after `/segments`, in time: what the store takes too long over goes on without an answer.
pub async fn run_in_time(app: &Arc<App>, asker: &Asker, text: &str) -> Reply {
    let work = app.tasks.spawn({
        let (app, asker, text) = (Arc::clone(app), asker.clone(), text.to_owned());
        async move { run(&app, &asker, &text).await }
    });
    if let Some(Ok(reply)) = app.clock.timeout(LIMIT, work).await {
        return reply;
    }
    warn!(lane = %asker.lane, "a command in {} timed out", asker.lane);
    Reply::asker(reply::unfinished())
}

/// Answers what was typed after `/segments`.
pub async fn run(app: &App, asker: &Asker, text: &str) -> Reply {
    if let Some(not_served) = app.not_served(&asker.lane.workspace) {
        return not_served;
    }
    let command = match parse(text) {
        Ok(command) => command,
        Err(mistake) => return Reply::asker(reply::mistake(&mistake)),
    };
    match carry_out(app, asker, command).await {
        Ok(reply) => reply,
        Err(error) => {
            warn!(lane = %asker.lane, "a command in {} failed: {error}", asker.lane);
            Reply::asker(reply::try_again("carry out this command"))
        }
    }
}

async fn carry_out(app: &App, asker: &Asker, command: Command) -> Result<Reply, StoreError> {
    // Any command in a channel that stood still is a sign that somebody mended it. What opens a modal has no time for it.
    if !opens_modal(&command) {
        revive(app, &asker.lane).await?;
    }
    let book = || app.store.book(&asker.lane);
    let with_mutes = |said, mutes| reply::with_mutes(said, &Mute::in_force(mutes, app.clock.now()));
    Ok(match command {
        Command::Overview => {
            let book = book().await?;
            Reply::asker(with_mutes(reply::overview(&book.subscriptions), book.mutes))
        }
        Command::Subscribe(wanted) => subscribe::subscribe(app, asker, &wanted, false).await?.into(),
        Command::Set(wanted) => subscribe::subscribe(app, asker, &wanted, true).await?.into(),
        Command::Unsubscribe { target, events } => subscribe::unsubscribe(app, asker, &target, &events).await?,
        Command::List { all: false } => {
            let book = book().await?;
            Reply::asker(list(app, book, 0))
        }
        Command::Mute { dataset, length } => mute::mute(app, asker, dataset, length).await?,
        Command::Unmute { dataset } => mute::unmute(app, asker, dataset.as_ref()).await?,
        Command::Test { target, event } => test_card::post(app, asker, target.as_ref(), event.as_deref()).await?,
        Command::Status => Reply::asker(status::told(app, asker).await?),
        Command::Why { count } => why::why(app, asker, count).await?,
        Command::Me(who) => me::me(app, asker, who).await?,
        Command::Help(topic) => Reply::asker(reply::help(topic)),
        Command::SubscribeModal => {
            submission::open(app, &submission::Person::from(asker), Some(&asker.lane.channel)).await
        }
        Command::Edit(number) => submission::edit(app, asker, number).await?,
        Command::List { all: true } => list_all(app, asker, 0).await?,
        Command::Connect => accounts::open(app, asker).await?,
        Command::Disconnect(name) => accounts::disconnect(app, asker, &name).await?,
        Command::Export => Reply::asker(import_form::as_commands(app, asker, 0).await?),
        Command::Import(lines) => import_form::paste(app, asker, &lines).await?,
    })
}

/// A page of a channel's subscriptions, with what is muted and when digests come.
pub(in crate::app) fn list(app: &App, book: Book, page: usize) -> Message {
    let now = app.clock.now();
    let next = hold::next_digests(now, &book.subscriptions, &book.mutes);
    let said = reply::with_next_digests(reply::list(&book.subscriptions, page), &next);
    reply::with_mutes(said, &Mute::in_force(book.mutes, now))
}

/// A page of the subscriptions of every channel that the asker is in.
pub(in crate::app) async fn list_all(app: &App, asker: &Asker, page: usize) -> Result<Reply, StoreError> {
    let (workspace, user) = (&asker.lane.workspace, &asker.user);
    let memberships = match app.slack.channels_of(workspace, user).await {
        Ok(memberships) => memberships,
        Err(error) => {
            warn!(workspace.id = %workspace, "could not list the channels of {user}: {error}");
            return Ok(Reply::asker(reply::try_again("ask Slack which channels you are in")));
        }
    };
    let Visible { channels, hidden, others } = visible(app, workspace, user, &memberships).await?;
    Ok(Reply::asker(reply::list_all(&channels, others + hidden.len(), page)))
}

fn opens_modal(command: &Command) -> bool {
    match command {
        Command::SubscribeModal | Command::Edit(_) => true,
        Command::Import(lines) => lines.is_empty(),
        _ => false,
    }
}
