//! The App Home: shown when it is opened, after each click in it, and when its workspace changes.

mod cache;

pub use cache::HomeCache;

use crate::app::answer::{Asker, Audience, Reply, reply_or_fail};
use crate::app::forms::ModalUser;
use crate::app::operations::status;
use crate::app::subscriptions::visible::{Visible, VisibleError, visible};
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

/// The delay between a change and the update of the Homes, which collects further changes.
const HOME_REFRESH_DELAY: Duration = Duration::from_secs(3);
/// The delay between two updates. Each lists a person's channels, of which Slack allows 50 a minute
/// (<https://docs.slack.dev/apis/web-api/rate-limits>, tier 3).
const HOME_REFRESH_INTERVAL: Duration = Duration::from_secs(2);
/// The number of attempts to update a Home that Slack limits, or that changes during the update.
const HOME_REFRESH_ATTEMPTS: usize = 3;
/// The length of the mute in the menu, in minutes.
const MENU_MUTE_MINUTES: u32 = 60;

/// Shows the Home to a person who opens it. After an error, it is shown when they open it again.
pub(super) async fn open(app: &App, workspace: &WorkspaceId, user: &UserId) -> Result<(), StoreError> {
    let shown = match app.slack.api.channels_of(workspace, user).await {
        Ok(memberships) => show(app, workspace, user, Screen::default(), &memberships).await,
        Err(error) => Err(error.into()),
    };
    log_slack_error(workspace, user, shown)
}

/// Handles a click in a Home and shows the result.
pub(super) async fn click(app: &Arc<App>, click: &Click) -> Result<(), StoreError> {
    let (workspace, user) = (&click.workspace, &click.user);
    let page = click.view.as_ref().and_then(|view| view.private_metadata.parse().ok()).unwrap_or_default();
    let memberships = match app.slack.api.channels_of(workspace, user).await {
        Ok(memberships) => memberships,
        Err(error) => return log_slack_error(workspace, user, Err(error.into())),
    };
    let screen = run_action(app, click, Screen { page, ..Screen::default() }, &memberships).await?;
    log_slack_error(workspace, user, show(app, workspace, user, screen, &memberships).await)
}

/// Runs the action of a click by a person who is in these channels.
async fn run_action(
    app: &Arc<App>,
    click: &Click,
    screen: Screen,
    memberships: &[Membership],
) -> Result<Screen, StoreError> {
    let action = match &click.action {
        Action::Home(action) => action,
        Action::Subscribe(channel) => {
            return Ok(after_modal(screen, form::open(app, &ModalUser::of(click), channel.as_ref()).await));
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
        return Ok(screen.with(reply::membership_unknown(place)));
    }
    let channel_ref = App::channel_ref(&click.workspace, place);
    let asker = Asker { channel_ref, user: click.user.clone(), cause: click.trigger.clone() };
    let answer = match action {
        HomeAction::Unsubscribe(place) => return Ok(Screen { asked: Some(place.clone()), ..screen }),
        HomeAction::Page(_) | HomeAction::Keep => return Ok(screen),
        HomeAction::Resume(_) => channel_access::resume_on_request(app, &asker).await?,
        HomeAction::Mute(_) => {
            reply_or_fail(mute::mute(app, &asker, None, MuteLength::Minutes(MENU_MUTE_MINUTES)).await)?
        }
        HomeAction::Unmute(_) => reply_or_fail(mute::unmute(app, &asker, None).await)?,
        HomeAction::Edit(place) => return Ok(after_modal(screen, form::edit(app, &asker, place.number).await?)),
        HomeAction::Test(place) => test_card::post(app, &asker, Some(&Target::Number(place.number)), None).await?,
        HomeAction::UnsubscribeNow(place) => {
            reply_or_fail(subscribe::unsubscribe(app, &asker, &Target::Number(place.number), &[]).await)?
        }
    };
    Ok(screen.with(post_for_channel(app, &asker, answer)))
}

/// Returns the screen after opening a modal, with a notice if it did not open.
fn after_modal(screen: Screen, said: Option<Reply>) -> Screen {
    match said {
        Some(said) => screen.with(said.message),
        None => screen,
    }
}

/// Posts a reply that is for the whole channel, and returns the message for the person who clicked.
fn post_for_channel(app: &Arc<App>, asker: &Asker, answer: Reply) -> render::Message {
    if answer.audience == Audience::Channel {
        notify::channel(app, &asker.channel_ref, &asker.user, answer.message.clone());
    }
    answer.message
}

/// Shows a Home and remembers that it is being viewed.
async fn show(
    app: &App,
    workspace: &WorkspaceId,
    user: &UserId,
    screen: Screen,
    memberships: &[Membership],
) -> Result<(), VisibleError> {
    publish(app, workspace, user, &screen, memberships).await?;
    app.slack.home_cache.looked(workspace, user, screen, app.clock.now());
    Ok(())
}

async fn publish(
    app: &App,
    workspace: &WorkspaceId,
    user: &UserId,
    screen: &Screen,
    memberships: &[Membership],
) -> Result<(), VisibleError> {
    let Visible { channels, hidden, others } = visible(app, workspace, user, memberships).await?;
    let status = status::gather(app, workspace).await?;
    let people = app.people.of(workspace);
    let view = render::home::home(&render::home::HomeContent {
        channels: &channels,
        hidden: &hidden,
        others,
        status: &status,
        username: people.username(user).map(Username::as_str),
        notice: screen.notice.as_deref(),
        asked: screen.asked.as_ref(),
        page: screen.page,
    });
    Ok(app.slack.api.publish_view(workspace, user, &view).await?)
}

/// Logs an error of Slack's; returns an error of the store.
fn log_slack_error(workspace: &WorkspaceId, user: &UserId, shown: Result<(), VisibleError>) -> Result<(), StoreError> {
    match shown {
        Ok(()) => Ok(()),
        Err(VisibleError::Store(error)) => Err(error),
        Err(error @ VisibleError::Slack(_)) => {
            warn!(workspace.id = %workspace, user.id = %user, "could not publish the App Home of {user}: {error}");
            Ok(())
        }
    }
}

/// Updates the Homes that someone viewed in the last hour whenever their workspace changes. Never returns.
pub async fn refresh_homes(app: &App) {
    let mut pauses = app.workers.pauses();
    loop {
        tokio::select! {
            () = app.slack.home_cache.changed() => {}
            alarm = pauses.changed() => match alarm {
                Ok(()) => app.slack.home_cache.all_changed(),
                // The delivery workers have ended.
                Err(_) => return,
            },
        }
        app.clock.sleep(HOME_REFRESH_DELAY).await;
        for (workspace, user) in app.slack.home_cache.stale(app.clock.now()) {
            refresh(app, &workspace, &user).await;
            app.clock.sleep(HOME_REFRESH_INTERVAL).await;
        }
    }
}

/// Updates one Home. If that fails, it is left alone until it is opened again.
async fn refresh(app: &App, workspace: &WorkspaceId, user: &UserId) {
    for _ in 0..HOME_REFRESH_ATTEMPTS {
        let Some(screen) = app.slack.home_cache.screen(workspace, user, app.clock.now()) else { return };
        let busy = app.workers.at_work();
        let shown = match app.slack.api.channels_of(workspace, user).await {
            Ok(memberships) => publish(app, workspace, user, &screen, &memberships).await,
            Err(error) => Err(error.into()),
        };
        drop(busy);
        match shown {
            // A click in between showed another screen, which this update may have covered.
            Ok(())
                if app.slack.home_cache.screen(workspace, user, app.clock.now()).is_some_and(|now| now != screen) => {}
            Ok(()) => return,
            Err(VisibleError::Slack(SlackError::Limited(wait))) => app.clock.sleep(wait).await,
            Err(error) => {
                warn!(workspace.id = %workspace, user.id = %user, "could not refresh the App Home of {user}: {error}");
                break;
            }
        }
    }
    app.slack.home_cache.forget(workspace, user);
}
