//! Socket Mode: a connection that is kept open, and what comes over it, handed to the same door as HTTP requests.
//!
//! Slack sends again what was not acknowledged. What is repeated acts once, as it does by HTTP.

use crate::app::App;
use crate::app::from_slack::dispatch;
use crate::app::from_slack::dispatch::Answered;
use crate::clock::later;
use crate::delivery::back_off;
use crate::slack::api::{Broken, Heard, Socket};
use crate::slack::error::SlackError;
use crate::slack::events::Report;
use crate::slack::socket_mode::{Content, Envelope, Frame, LONGEST_ANSWER, Reason};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use parking_lot::RwLock;
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

/// A connection over which nothing came for so long is asked for a sign of life (Slack asks us more often), …
const QUIET: Duration = Duration::from_secs(30);
/// … and given up if it gives none in this time.
const SIGN_LIMIT: Duration = Duration::from_secs(10);
/// Slack greets a new connection by then.
const GREETING_LIMIT: Duration = Duration::from_secs(10);
/// A connection that Slack means to close, about ten seconds after it says so, is closed by us after this.
const FAREWELL: Duration = Duration::from_mins(1);
/// A connection that held so long is followed by the next without a pause.
const STEADY: Duration = Duration::from_mins(1);
/// What Slack refuses, and will until somebody mends it, is asked for again after this.
const REFUSED_PAUSE: Duration = Duration::from_mins(5);
/// Envelopes of one connection that are worked on at once; more wait in it.
const AT_ONCE: usize = 256;
/// Slack's codes for troubles of its own, which pass.
const PASSING: [&str; 4] = ["internal_error", "fatal_error", "service_unavailable", "request_timeout"];

/// How the connection stands, for whoever asks.
#[derive(Debug, Default)]
pub struct Link(RwLock<LinkState>);

/// How the connection of Socket Mode stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LinkState {
    /// None was open since the start.
    #[default]
    NotYet,
    /// It is open.
    Open,
    /// It was open, and is opened again.
    Again,
    /// Slack refuses the app's token, with its code.
    Refused(String),
    /// Socket Mode is turned off for the app.
    Disabled,
}

impl LinkState {
    /// Whether nobody has to do anything about it.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Open | Self::Again)
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("not connected yet"),
            Self::Open => f.write_str("ok"),
            Self::Again => f.write_str("ok, connecting again"),
            Self::Refused(code) => write!(f, "not accepted: {code}"),
            Self::Disabled => f.write_str("not accepted: Socket Mode is turned off for the app"),
        }
    }
}

impl Link {
    /// How it stands.
    pub fn state(&self) -> LinkState {
        self.0.read().clone()
    }

    /// Notes how it stands; gives how it stood.
    fn note(&self, state: LinkState) -> LinkState {
        std::mem::replace(&mut *self.0.write(), state)
    }
}

/// What makes another connection necessary.
enum Turn {
    /// Slack closes this one soon, or something did already.
    Next,
    /// Socket Mode is turned off.
    Disabled,
}

/// Keeps a connection open, if Socket Mode is on: before Slack closes one, the next is open. Never ends.
pub async fn listen(app: &Arc<App>, shutdown: &CancellationToken) {
    let Some(token) = &app.settings.app_token else { return };
    info!("Socket Mode is on: this server connects to Slack to receive requests");
    let mut tries = 0;
    loop {
        let mut wait = back_off(tries);
        tries += 1;
        match connect(app, token, shutdown).await {
            Ok(left) => {
                let opened = app.clock.now();
                match left.await.unwrap_or(Turn::Next) {
                    Turn::Disabled => {
                        let why = "Socket Mode is turned off for the app: turn it on on the app's page `Socket Mode`, or \
                                   unset SLACK_APP_TOKEN, set SLACK_SIGNING_SECRET and give Slack this server's addresses";
                        stand_still(app, &LinkState::Disabled, why);
                        wait = REFUSED_PAUSE;
                    }
                    Turn::Next if later(opened, STEADY) <= app.clock.now() => (tries, wait) = (0, Duration::ZERO),
                    Turn::Next => {}
                }
            }
            Err(least) => wait = wait.max(least),
        }
        app.clock.sleep(wait).await;
    }
}

/// Opens a connection and gives what says that another is needed; else says how long to wait at least.
async fn connect(
    app: &Arc<App>,
    token: &SecretString,
    shutdown: &CancellationToken,
) -> Result<oneshot::Receiver<Turn>, Duration> {
    let _busy = app.workers.at_work();
    let trouble = match Box::pin(app.slack.open_socket(token)).await {
        Ok(socket) => {
            let (leave, left) = oneshot::channel();
            app.tasks.spawn(Line::new(Arc::clone(app), socket, leave).attend(shutdown.clone()));
            return Ok(left);
        }
        Err(SlackError::Refused(code)) if !PASSING.contains(&code.as_str()) => {
            let why = format!(
                "Slack refuses the app token: {code}; set SLACK_APP_TOKEN to an app-level token `xapp-…` with scope \
                 `connections:write`, from the app's page `Basic Information`"
            );
            stand_still(app, &LinkState::Refused(code), &why);
            return Err(REFUSED_PAUSE);
        }
        Err(trouble) => trouble,
    };
    warn!("could not open a Socket Mode connection: {trouble}; retrying");
    if app.link.state() == LinkState::Open {
        app.link.note(LinkState::Again);
    }
    Err(if let SlackError::Limited(least) = trouble { least } else { Duration::ZERO })
}

/// Notes that Slack wants no connection, and says once what somebody has to do about it.
fn stand_still(app: &App, state: &LinkState, why: &str) {
    if app.link.note(state.clone()) != *state {
        error!("{why}");
    }
}

/// One connection.
struct Line {
    app: Arc<App>,
    socket: Socket,
    /// Says once that another connection is needed.
    leave: Option<oneshot::Sender<Turn>>,
    /// What is worked on, each with the frame that acknowledges it; none for what Slack is to send again.
    work: FuturesUnordered<BoxFuture<'static, Option<String>>>,
    /// When something came last.
    heard: Timestamp,
    /// Whether Slack was asked for a sign of life since.
    asked: bool,
    /// Whether Slack has greeted us.
    greeted: bool,
    /// When it is closed at the latest, once it is known that Slack closes it.
    ends: Option<Timestamp>,
}

impl Line {
    fn new(app: Arc<App>, socket: Socket, leave: oneshot::Sender<Turn>) -> Self {
        let heard = app.clock.now();
        let work = FuturesUnordered::new();
        Self { app, socket, leave: Some(leave), work, heard, asked: false, greeted: false, ends: None }
    }

    /// Takes what comes until the connection ends, or until `shutdown`; then what is worked on is finished.
    async fn attend(mut self, shutdown: CancellationToken) {
        let ended = loop {
            let (clock, due) = (self.app.clock.clone(), self.due());
            let step = tokio::select! {
                () = shutdown.cancelled() => break Ok(()),
                Some(done) = self.work.next() => self.acknowledge(done).await,
                heard = self.socket.heard(), if self.work.len() < AT_ONCE => self.take(heard),
                () = clock.sleep_until(due) => self.urge().await,
            };
            if let Err(ended) = step {
                break Err(ended);
            }
        };
        if ended.is_ok() {
            while let Some(done) = self.work.next().await {
                if self.acknowledge(done).await.is_err() {
                    return;
                }
            }
            return self.socket.close().await;
        }
        if self.leave.is_some() {
            self.app.link.note(LinkState::Again);
            self.turn(Turn::Next);
        }
    }

    /// When something has to be done if nothing comes.
    fn due(&self) -> Timestamp {
        let patience = match (self.greeted, self.asked) {
            (false, _) => GREETING_LIMIT,
            (true, false) => QUIET,
            (true, true) => QUIET + SIGN_LIMIT,
        };
        self.ends.into_iter().fold(later(self.heard, patience), Timestamp::min)
    }

    /// Asks for a sign of life; an error if it is too late for that.
    async fn urge(&mut self) -> Result<(), Broken> {
        if self.ends.is_some_and(|ends| ends <= self.app.clock.now()) {
            return Err(Broken);
        }
        if self.asked || !self.greeted {
            warn!("the Socket Mode connection stopped responding; reconnecting");
            return Err(Broken);
        }
        self.asked = true;
        self.socket.ping().await
    }

    async fn acknowledge(&mut self, done: Option<String>) -> Result<(), Broken> {
        match done {
            Some(frame) => self.socket.say(frame).await,
            None => Ok(()),
        }
    }

    fn take(&mut self, heard: Heard) -> Result<(), Broken> {
        (self.heard, self.asked) = (self.app.clock.now(), false);
        let counted = &self.app.metrics.slack_requests;
        let text = match heard {
            Heard::Text(text) => text,
            Heard::Sign => return Ok(()),
            Heard::Binary => {
                counted.count("binary");
                return Ok(());
            }
            Heard::TooLarge => {
                counted.count("too_large");
                warn!("received a Socket Mode frame that is too large; reconnecting");
                return Err(Broken);
            }
            Heard::End => return Err(Broken),
        };
        match Frame::read(&text) {
            Ok(Frame::Hello) => {
                self.greeted = true;
                self.app.link.note(LinkState::Open);
                info!("opened a Socket Mode connection");
            }
            Ok(Frame::Disconnect(Reason::Disabled)) => self.turn(Turn::Disabled),
            Ok(Frame::Disconnect(reason)) => {
                debug!("Slack is closing a Socket Mode connection: {reason:?}");
                self.ends = Some(later(self.app.clock.now(), FAREWELL));
                self.turn(Turn::Next);
            }
            Ok(Frame::Envelope(envelope)) => self.begin(envelope, text.len()),
            Ok(Frame::Other(kind)) => {
                counted.count("unknown_frame");
                debug!("ignored unknown frame `{kind}`");
            }
            Err(why) => {
                counted.count("malformed");
                warn!("rejected a Socket Mode frame: {why}");
            }
        }
        Ok(())
    }

    /// Says that another connection is needed, if that was not said before.
    fn turn(&mut self, turn: Turn) {
        if let Some(leave) = self.leave.take() {
            // Nobody listens any more at the end of the program.
            let _ = leave.send(turn);
        }
    }

    /// Begins to work on an envelope that takes up so many bytes.
    fn begin(&mut self, envelope: Envelope, bytes: usize) {
        let mut share = self.app.slack_room.share();
        if !share.grow(bytes) {
            self.app.metrics.slack_requests.count("no_room");
            return warn!("rejected a Socket Mode envelope: too many requests at once");
        }
        let app = Arc::clone(&self.app);
        self.work.push(Box::pin(async move {
            let acknowledged = carry_out(&app, envelope).await;
            drop(share);
            acknowledged
        }));
    }
}

/// Carries out what an envelope holds; gives the frame that acknowledges it, or none for what Slack is to send again.
async fn carry_out(app: &Arc<App>, envelope: Envelope) -> Option<String> {
    let Envelope { id, takes_answer, content } = envelope;
    let longest = if takes_answer { LONGEST_ANSWER } else { 0 };
    let answered = match content {
        Content::Command(slash) => dispatch::command(app, slash, longest).await,
        Content::Interaction(interaction) => dispatch::interaction(app, *interaction, longest).await,
        Content::Report(Report::Event { workspace, event }) => dispatch::event(app, workspace, event).await,
        // It is for addresses only.
        Content::Report(Report::UrlVerification(_)) => Answered::Taken,
        // Sent again, neither would be any better.
        Content::Unknown(kind) => {
            app.metrics.slack_requests.count("unknown_envelope");
            info!("ignored unknown envelope `{kind}`");
            Answered::Taken
        }
        Content::Malformed(why) => {
            app.metrics.slack_requests.count("malformed");
            warn!("rejected a Socket Mode envelope: {why}");
            Answered::Taken
        }
    };
    match answered {
        Answered::Taken => Some(id.acknowledged(None)),
        Answered::Says(said) => Some(id.acknowledged(Some(&said).filter(|_| takes_answer))),
        Answered::NotKept(why) => {
            warn!("rejected a Socket Mode event: {why}");
            None
        }
        Answered::Failed => None,
    }
}
