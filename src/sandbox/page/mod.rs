//! A page that looks like a Slack workspace, driven by the emulator.
//!
//! Everything is rendered here; the script in the browser sends what is typed and clicked, and puts what
//! `live` pushes in its place. The page answers only to this machine, and changes things only for itself.

mod blocks;
mod drive;
mod fill;
mod gallery;
mod guard;
mod layout;
mod live;
mod messages;
mod modal;
mod mrkdwn;
mod names;
mod segments;

use super::segments::Sender;
use super::segments_ai::{self, SegmentsAi, Touched};
use super::slack::{ChannelInfo, ChannelKind, Emulator, Shown, UserInfo, WorkspaceInfo};
use crate::clock::Clock;
use crate::model::WorkspaceId;
use axum::Router;
use axum::extract::{Query, State};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use names::Names;
use parking_lot::{Mutex, MutexGuard};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The state behind the page.
pub struct Page {
    /// The Slack that is shown.
    pub emulator: Emulator,
    /// Sends what Segments.ai would send.
    pub sender: Sender,
    /// The Segments.ai behind it.
    pub segments: SegmentsAi,
    /// The settings with which another server finds that Segments.ai; none for the sandbox's own server.
    pub asks_for: Option<String>,
    /// The time.
    pub clock: Clock,
    /// The workspace that is shown.
    pub workspace: WorkspaceId,
    /// Ends the streams of open pages, which would hold the server up.
    pub shutdown: CancellationToken,
}

/// The page's routes. Listen on loopback only.
pub fn router(page: Page) -> Router {
    let desk = Arc::new(Desk { page, history: Mutex::default(), outage: watch::Sender::new(false) });
    Router::new()
        .route("/", get(show))
        .route(
            "/gallery",
            get(
                |State(desk): State<Arc<Desk>>| async move { Html(gallery::page(desk.page.clock.now()).into_string()) },
            ),
        )
        .route("/events", get(|State(desk): State<Arc<Desk>>, Query(place)| async { live::events(desk, place) }))
        .route("/type", post(drive::type_text))
        .route("/click", post(drive::click))
        .route("/webhook", post(drive::webhook))
        .route("/switch", post(drive::switch))
        .route("/work", post(segments::work))
        .route("/fill", post(fill::fill))
        .route("/suggest", post(fill::suggest))
        .route("/submit", post(fill::submit))
        .route("/close", post(fill::close))
        .route("/shortcut", post(fill::shortcut))
        .route("/style.css", get(([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))))
        .route("/modal.js", get(([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("modal.js"))))
        .route("/script.js", get(([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("script.js"))))
        .layer(middleware::from_fn(guard::own_page_only))
        .with_state(desk)
}

/// More messages of a channel, with their threads, are not looked at.
const MOST_MESSAGES: usize = 1000;

/// The most samples of Segments.ai that are shown.
const MOST_TOUCHED: usize = 10;

/// In place of an event's name: the last webhook once more, under the same id.
const REPLAY: &str = "replay";

/// In place of an event's name: thousands of new samples at once.
const BURST: &str = "burst";

/// In place of an event's name: a webhook whose signature does not fit.
const FORGED: &str = "forged";

/// The page with what it remembers.
struct Desk {
    page: Page,
    history: Mutex<History>,
    /// True while Slack is down.
    outage: watch::Sender<bool>,
}

/// A webhook that was sent as Segments.ai.
#[derive(Default)]
struct History {
    /// Counts the samples and issues; events that are no beginning speak of the last one.
    serial: u64,
    last: Option<Webhook>,
}

/// A webhook as it was sent.
#[derive(Clone)]
struct Webhook {
    event: String,
    body: Value,
    message_id: String,
}

/// In place of a channel's id: the App Home.
const HOME: &str = "home";

/// The viewer and the channel; the first of each where the address names none that exists.
#[derive(Debug, Clone, Deserialize)]
struct Place {
    #[serde(default)]
    user: String,
    #[serde(default)]
    channel: String,
}

/// All that one rendering of the page shows.
struct View {
    workspace: WorkspaceInfo,
    viewer: UserInfo,
    channel: ChannelInfo,
    users: Vec<UserInfo>,
    channels: Vec<ChannelInfo>,
    messages: Vec<Shown>,
    names: Names,
    outage: bool,
    /// The samples of Segments.ai that were touched last.
    touched: Vec<Touched>,
    /// The fault that every call to Segments.ai meets, if any.
    segments_fault: Option<segments_ai::Fault>,
    /// The settings that the server lacks to find Segments.ai, if known.
    asks_for: Option<String>,
    /// True if the App Home is shown instead of the channel.
    at_home: bool,
    home: Option<Value>,
    modal: Option<Value>,
    modal_errors: Option<Value>,
}

impl View {
    fn has_bot(&self) -> bool {
        self.channel.members.contains(&self.workspace.bot_user)
    }
}

impl History {
    /// The number that an event speaks of: the next one where something begins, else the last.
    fn serial_for(&mut self, event: &str) -> u64 {
        if self.serial == 0 || ["sample.created", "issue.created", "release.created"].contains(&event) {
            self.serial += 1;
        }
        self.serial
    }
}

/// The HTML of the parts that change, under the ids of their elements.
struct Parts([(&'static str, String); 6]);

impl Parts {
    fn of(view: &View) -> Self {
        let part = |id, html: maud::Markup| (id, html.into_string());
        Self([
            part("log", layout::log(view)),
            part("side", layout::side(view)),
            part("members", layout::members(view)),
            part("switches", layout::switches(view)),
            part("world", segments::world(view)),
            part("modal", modal::modal(view)),
        ])
    }

    /// The parts that differ from earlier ones.
    fn changed_since(&self, earlier: Option<&Self>) -> Vec<(&'static str, String)> {
        let same = |place: usize| earlier.is_some_and(|earlier| earlier.0[place] == self.0[place]);
        (0..self.0.len()).filter(|place| !same(*place)).map(|place| self.0[place].clone()).collect()
    }
}

impl Desk {
    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock()
    }

    /// Returns the view of a place; none while the workspace has no people or channels.
    fn view(&self, place: &Place) -> Option<View> {
        let Page { emulator, workspace, segments, asks_for, .. } = &self.page;
        let mut users = emulator.users(workspace);
        let mut channels = emulator.channels(workspace);
        let user_names: Vec<_> = users.iter().map(|user| (user.id.to_string(), user.name.clone())).collect();
        let channel_names: Vec<_> =
            channels.iter().map(|channel| (channel.id.to_string(), channel.name.clone())).collect();
        users.retain(|user| !user.is_bot && !user.deleted);
        let viewer = users.iter().find(|user| user.id.as_str() == place.user).or(users.first())?.clone();
        channels.retain(|channel| channel.kind == ChannelKind::Public || channel.members.contains(&viewer.id));
        let channel =
            channels.iter().find(|channel| channel.id.as_str() == place.channel).or(channels.first())?.clone();
        Some(View {
            workspace: emulator.workspaces().into_iter().find(|info| info.id == *workspace)?,
            messages: emulator.last_messages(workspace, &channel.id, Some(&viewer.id), MOST_MESSAGES),
            outage: *self.outage.borrow(),
            touched: segments.touched(MOST_TOUCHED),
            segments_fault: segments.always_failing(),
            asks_for: asks_for.clone().filter(|_| !segments.was_called()),
            at_home: place.channel == HOME,
            home: emulator.home(workspace, &viewer.id),
            modal: emulator.modal(workspace, &viewer.id),
            modal_errors: emulator.modal_errors(workspace, &viewer.id),
            names: Names::new(viewer.id.as_str(), user_names, channel_names),
            viewer,
            channel,
            users,
            channels,
        })
    }
}

async fn show(State(desk): State<Arc<Desk>>, Query(place): Query<Place>) -> Response {
    if place.channel == HOME
        && let Some(view) = desk.view(&place)
    {
        // What comes of it is pushed to the page.
        drop(desk.page.emulator.opens_home(&desk.page.workspace, &view.viewer.id).await);
    }
    match desk.view(&place) {
        Some(view) => Html(layout::page(&view).into_string()).into_response(),
        None => (StatusCode::NOT_FOUND, "This workspace has no people or no channels.").into_response(),
    }
}
