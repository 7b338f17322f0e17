//! The App Home: shown when somebody opens it, after each click in it, and again when the workspace changed meanwhile.

mod cache;

pub use cache::Homes;

use crate::app::answer::{Asker, Audience, Reply, spoken};
use crate::app::forms::Person;
use crate::app::operations::status;
use crate::app::subscriptions::visible::{Unseen, Visible, visible};
use crate::app::subscriptions::{form, mute, subscribe, test_card};
use crate::app::{App, channel_access, notify};
use crate::model::{UserId, Username, WorkspaceId};
use crate::render::{self, reply};
use crate::slack::api::Membership;
use crate::slack::command::{MuteLength, Target};
use crate::slack::error::SlackError;
use crate::slack::interaction::{Action, Click, HomeAction};
use crate::store::StoreError;
use cache::Screen;
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

/// A Home is shown again no sooner than this after a change, with everything that changed by then …
const CALM: Duration = Duration::from_secs(3);
/// … and so long after the one before: each costs a look at somebody's channels, of which Slack takes 50 a minute
/// (<https://docs.slack.dev/apis/web-api/rate-limits>, tier 3).
const BETWEEN: Duration = Duration::from_secs(2);
/// A Home that Slack finds too much, or that changes meanwhile, is tried so often.
const TRIES: usize = 3;
/// The mute of the menu, in minutes.
const HOUR: u32 = 60;

/// Shows their Home to somebody who opens it. What Slack refuses is tried again when they open it the next time.
pub(super) async fn open(app: &App, workspace: &WorkspaceId, user: &UserId) -> Result<(), StoreError> {
    let shown = match app.slack.channels_of(workspace, user).await {
        Ok(memberships) => show(app, workspace, user, Screen::default(), &memberships).await,
        Err(error) => Err(error.into()),
    };
    settled(workspace, user, shown)
}

/// Does what was clicked in a Home, and shows it as it is then.
pub(super) async fn click(app: &Arc<App>, click: &Click) -> Result<(), StoreError> {
    let (workspace, user) = (&click.workspace, &click.user);
    let page = click.view.as_ref().and_then(|view| view.private_metadata.parse().ok()).unwrap_or_default();
    let memberships = match app.slack.channels_of(workspace, user).await {
        Ok(memberships) => memberships,
        Err(error) => return settled(workspace, user, Err(error.into())),
    };
    let screen = carried_out(app, click, Screen { page, ..Screen::default() }, &memberships).await?;
    settled(workspace, user, show(app, workspace, user, screen, &memberships).await)
}

/// What a click leads to, by somebody who is in these channels.
async fn carried_out(
    app: &Arc<App>,
    click: &Click,
    screen: Screen,
    memberships: &[Membership],
) -> Result<Screen, StoreError> {
    let action = match &click.action {
        Action::Home(action) => action,
        Action::Subscribe(channel) => {
            return Ok(opened(screen, form::open(app, &Person::of(click), channel.as_ref()).await));
        }
        Action::Open => return Ok(screen),
        _ => return Ok(screen.with(reply::unknown_action())),
    };
    let place = match action {
        HomeAction::Page(page) => return Ok(Screen { page: *page, ..screen }),
        HomeAction::Keep => return Ok(screen),
        HomeAction::Resume(channel) | HomeAction::Mute(channel) | HomeAction::Unmute(channel) => channel,
        HomeAction::Edit(place)
        | HomeAction::Test(place)
        | HomeAction::Unsubscribe(place)
        | HomeAction::UnsubscribeNow(place) => &place.channel,
    };
    if !memberships.iter().any(|membership| membership.channel == *place) {
        return Ok(screen.with(reply::not_seen_in(place)));
    }
    let channel_ref = App::channel_ref(&click.workspace, place);
    let asker = Asker { channel_ref, user: click.user.clone(), cause: click.trigger.clone() };
    let answer = match action {
        HomeAction::Unsubscribe(place) => return Ok(Screen { asked: Some(place.clone()), ..screen }),
        HomeAction::Page(_) | HomeAction::Keep => return Ok(screen),
        HomeAction::Resume(_) => channel_access::resume_on_request(app, &asker).await?,
        HomeAction::Mute(_) => spoken(mute::mute(app, &asker, None, MuteLength::Minutes(HOUR)).await)?,
        HomeAction::Unmute(_) => spoken(mute::unmute(app, &asker, None).await)?,
        HomeAction::Edit(place) => return Ok(opened(screen, form::edit(app, &asker, place.number).await?)),
        HomeAction::Test(place) => test_card::post(app, &asker, Some(&Target::Number(place.number)), None).await?,
        HomeAction::UnsubscribeNow(place) => {
            spoken(subscribe::unsubscribe(app, &asker, &Target::Number(place.number), &[]).await)?
        }
    };
    Ok(screen.with(told(app, &asker, answer)))
}

/// What a modal leads to: nothing, but where it did not open.
fn opened(screen: Screen, said: Option<Reply>) -> Screen {
    match said {
        Some(said) => screen.with(said.message),
        None => screen,
    }
}

/// Tells the channel what is for everybody in it; gives what whoever clicked is told.
fn told(app: &Arc<App>, asker: &Asker, answer: Reply) -> render::Message {
    if answer.audience == Audience::Channel {
        notify::channel(app, &asker.channel_ref, &asker.user, answer.message.clone());
    }
    answer.message
}

/// Shows somebody their Home, and remembers that they look at it.
async fn show(
    app: &App,
    workspace: &WorkspaceId,
    user: &UserId,
    screen: Screen,
    memberships: &[Membership],
) -> Result<(), Unseen> {
    publish(app, workspace, user, &screen, memberships).await?;
    app.homes.looked(workspace, user, screen, app.clock.now());
    Ok(())
}

async fn publish(
    app: &App,
    workspace: &WorkspaceId,
    user: &UserId,
    screen: &Screen,
    memberships: &[Membership],
) -> Result<(), Unseen> {
    let Visible { channels, hidden, others } = visible(app, workspace, user, memberships).await?;
    let status = status::gather(app, workspace).await?;
    let people = app.people.of(workspace);
    let view = render::home::home(&render::home::Home {
        channels: &channels,
        hidden: &hidden,
        others,
        status: &status,
        username: people.username(user).map(Username::as_str),
        notice: screen.notice.as_deref(),
        asked: screen.asked.as_ref(),
        page: screen.page,
    });
    Ok(app.slack.publish_view(workspace, user, &view).await?)
}

/// Logs what Slack did not do; a store that failed is the caller's matter.
fn settled(workspace: &WorkspaceId, user: &UserId, shown: Result<(), Unseen>) -> Result<(), StoreError> {
    match shown {
        Ok(()) => Ok(()),
        Err(Unseen::Store(error)) => Err(error),
        Err(error @ Unseen::Slack(_)) => {
            warn!(workspace.id = %workspace, user.id = %user, "could not publish the App Home of {user}: {error}");
            Ok(())
        }
    }
}

/// Shows the Homes again that somebody looked at in the last hour, whenever their workspace changed. Never ends.
pub async fn keep_fresh(app: &App) {
    let mut pauses = app.workers.pauses();
    loop {
        tokio::select! {
            () = app.homes.changed() => {}
            alarm = pauses.changed() => match alarm {
                Ok(()) => app.homes.all_changed(),
                // Nothing is paused any more once the channels are gone.
                Err(_) => return,
            },
        }
        app.clock.sleep(CALM).await;
        for (workspace, user) in app.homes.stale(app.clock.now()) {
            refresh(app, &workspace, &user).await;
            app.clock.sleep(BETWEEN).await;
        }
    }
}

/// Shows one Home again. One that cannot be shown is left alone until it is opened again.
async fn refresh(app: &App, workspace: &WorkspaceId, user: &UserId) {
    for _ in 0..TRIES {
        let Some(screen) = app.homes.screen(workspace, user) else { return };
        let busy = app.workers.at_work();
        let shown = match app.slack.channels_of(workspace, user).await {
            Ok(memberships) => publish(app, workspace, user, &screen, &memberships).await,
            Err(error) => Err(error.into()),
        };
        drop(busy);
        match shown {
            // A click meanwhile showed something else, which this may have covered.
            Ok(()) if app.homes.screen(workspace, user).is_some_and(|now| now != screen) => {}
            Ok(()) => return,
            Err(Unseen::Slack(SlackError::Limited(wait))) => app.clock.sleep(wait).await,
            Err(error) => {
                warn!(workspace.id = %workspace, user.id = %user, "could not refresh the App Home of {user}: {error}");
                break;
            }
        }
    }
    app.homes.forget(workspace, user);
}
