//! Socket Mode: keeps a connection to Slack open and handles what arrives as HTTP requests are handled.
//!
//! Slack resends what was not acknowledged. A repeated request has no further effect, as with HTTP.

use crate::app::App;
use crate::app::from_slack::dispatch;
use crate::app::from_slack::dispatch::SlackResponse;
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

/// The time after which an idle connection is pinged. Slack pings more often.
const PING_AFTER: Duration = Duration::from_secs(30);
/// The time to wait for the reply to a ping.
const PONG_TIMEOUT: Duration = Duration::from_secs(10);
/// The time to wait for Slack's hello on a new connection.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// The time after which we close a connection that Slack announced to close. Slack usually needs about ten seconds.
const CLOSE_AFTER_WARNING: Duration = Duration::from_mins(1);
/// A connection that lasted this long is replaced without a delay.
const STABLE_CONNECTION: Duration = Duration::from_mins(1);
/// The delay before retrying after a rejection that someone has to fix.
const REJECTED_RETRY_DELAY: Duration = Duration::from_mins(5);
/// The number of envelopes of one connection that are handled at once. More wait in the socket.
const MAX_CONCURRENT_ENVELOPES: usize = 256;
/// Slack's codes for temporary errors of its own.
const TRANSIENT_CODES: [&str; 4] = ["internal_error", "fatal_error", "service_unavailable", "request_timeout"];

/// The state of the connection, for those who ask.
#[derive(Debug, Default)]
pub struct SocketConnection(RwLock<SocketState>);

/// The state of the Socket Mode connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SocketState {
    /// Not connected since the start.
    #[default]
    NotYet,
    /// Connected.
    Open,
    /// Reconnecting.
    Again,
    /// Slack rejects the app token, with this code.
    Refused(String),
    /// Socket Mode is turned off for the app.
    Disabled,
}

impl SocketState {
    /// Returns true if nobody has to fix anything.
    pub fn is_fine(&self) -> bool {
        matches!(self, Self::Open | Self::Again)
    }
}

impl fmt::Display for SocketState {
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

impl SocketConnection {
    /// Returns the state.
    pub fn state(&self) -> SocketState {
        self.0.read().clone()
    }

    /// Sets the state and returns the previous one.
    fn note(&self, state: SocketState) -> SocketState {
        std::mem::replace(&mut *self.0.write(), state)
    }
}

/// A reason to open another connection.
enum Turn {
    /// Slack closes this connection soon, or it is broken.
    Next,
    /// Socket Mode is turned off.
    Disabled,
}

/// Keeps a connection open if Socket Mode is on. The next one is open before Slack closes the last. Never returns.
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
                        report_unavailable(app, &SocketState::Disabled, why);
                        wait = REJECTED_RETRY_DELAY;
                    }
                    Turn::Next if later(opened, STABLE_CONNECTION) <= app.clock.now() => {
                        (tries, wait) = (0, Duration::ZERO);
                    }
                    Turn::Next => {}
                }
            }
            Err(least) => wait = wait.max(least),
        }
        app.clock.sleep(wait).await;
    }
}

/// Opens a connection. Returns a receiver that tells when another is needed, or the minimum delay before the next
/// attempt.
async fn connect(
    app: &Arc<App>,
    token: &SecretString,
    shutdown: &CancellationToken,
) -> Result<oneshot::Receiver<Turn>, Duration> {
    let _busy = app.workers.at_work();
    let trouble = match Box::pin(app.slack.api.open_socket(token)).await {
        Ok(socket) => {
            let (leave, left) = oneshot::channel();
            app.tasks.spawn(Line::new(Arc::clone(app), socket, leave).attend(shutdown.clone()));
            return Ok(left);
        }
        Err(SlackError::Refused(code)) if !TRANSIENT_CODES.contains(&code.as_str()) => {
            let why = format!(
                "Slack refuses the app token: {code}; set SLACK_APP_TOKEN to an app-level token `xapp-…` with scope \
                 `connections:write`, from the app's page `Basic Information`"
            );
            report_unavailable(app, &SocketState::Refused(code), &why);
            return Err(REJECTED_RETRY_DELAY);
        }
        Err(trouble) => trouble,
    };
    warn!("could not open a Socket Mode connection: {trouble}; retrying");
    if app.slack.connection.state() == SocketState::Open {
        app.slack.connection.note(SocketState::Again);
    }
    Err(if let SlackError::Limited(least) = trouble { least } else { Duration::ZERO })
}

/// Notes that Slack rejects connections, and logs once what has to be fixed.
fn report_unavailable(app: &App, state: &SocketState, why: &str) {
    if app.slack.connection.note(state.clone()) != *state {
        error!("{why}");
    }
}

/// One connection.
struct Line {
    app: Arc<App>,
    socket: Socket,
    /// Tells once that another connection is needed.
    leave: Option<oneshot::Sender<Turn>>,
    /// The envelopes in progress, each with the frame that acknowledges it; none if Slack should resend it.
    work: FuturesUnordered<BoxFuture<'static, Option<String>>>,
    /// The time of the last frame.
    heard: Timestamp,
    /// True if a ping was sent since then.
    asked: bool,
    /// True once Slack said hello.
    greeted: bool,
    /// The latest time to close it, once Slack has announced to close it.
    ends: Option<Timestamp>,
}

impl Line {
    fn new(app: Arc<App>, socket: Socket, leave: oneshot::Sender<Turn>) -> Self {
        let heard = app.clock.now();
        let work = FuturesUnordered::new();
        Self { app, socket, leave: Some(leave), work, heard, asked: false, greeted: false, ends: None }
    }

    /// Handles frames until the connection ends or `shutdown` fires, then finishes the envelopes in progress.
    async fn attend(mut self, shutdown: CancellationToken) {
        let ended = loop {
            let (clock, due) = (self.app.clock.clone(), self.due());
            let step = tokio::select! {
                () = shutdown.cancelled() => break Ok(()),
                Some(done) = self.work.next() => self.acknowledge(done).await,
                heard = self.socket.heard(), if self.work.len() < MAX_CONCURRENT_ENVELOPES => self.take(heard),
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
            self.app.slack.connection.note(SocketState::Again);
            self.turn(Turn::Next);
        }
    }

    /// Returns the time at which to act if nothing arrives.
    fn due(&self) -> Timestamp {
        let patience = match (self.greeted, self.asked) {
            (false, _) => HELLO_TIMEOUT,
            (true, false) => PING_AFTER,
            (true, true) => PING_AFTER + PONG_TIMEOUT,
        };
        self.ends.into_iter().fold(later(self.heard, patience), Timestamp::min)
    }

    /// Sends a ping, or fails if the last one was not answered in time.
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
                self.app.slack.connection.note(SocketState::Open);
                info!("opened a Socket Mode connection");
            }
            Ok(Frame::Disconnect(Reason::Disabled)) => self.turn(Turn::Disabled),
            Ok(Frame::Disconnect(reason)) => {
                debug!("Slack is closing a Socket Mode connection: {reason:?}");
                self.ends = Some(later(self.app.clock.now(), CLOSE_AFTER_WARNING));
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

    /// Tells that another connection is needed, unless it was told before.
    fn turn(&mut self, turn: Turn) {
        if let Some(leave) = self.leave.take() {
            // At shutdown nobody listens.
            let _ = leave.send(turn);
        }
    }

    /// Starts to handle an envelope of this many bytes.
    fn begin(&mut self, envelope: Envelope, bytes: usize) {
        let mut share = self.app.memory.slack_requests.reserve();
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

/// Handles an envelope. Returns the frame that acknowledges it, or none if Slack should resend it.
async fn carry_out(app: &Arc<App>, envelope: Envelope) -> Option<String> {
    let Envelope { id, takes_answer, content } = envelope;
    let longest = if takes_answer { LONGEST_ANSWER } else { 0 };
    let answered = match content {
        Content::Command(slash) => dispatch::command(app, slash, longest).await,
        Content::Interaction(interaction) => dispatch::interaction(app, *interaction, longest).await,
        Content::Report(Report::Event { workspace, event }) => dispatch::event(app, workspace, event).await,
        // URL verification belongs to HTTP.
        Content::Report(Report::UrlVerification(_)) => SlackResponse::Acknowledged,
        // Resending these would not help.
        Content::Unknown(kind) => {
            app.metrics.slack_requests.count("unknown_envelope");
            info!("ignored unknown envelope `{kind}`");
            SlackResponse::Acknowledged
        }
        Content::Malformed(why) => {
            app.metrics.slack_requests.count("malformed");
            warn!("rejected a Socket Mode envelope: {why}");
            SlackResponse::Acknowledged
        }
    };
    match answered {
        SlackResponse::Acknowledged => Some(id.acknowledged(None)),
        SlackResponse::Content(said) => Some(id.acknowledged(Some(&said).filter(|_| takes_answer))),
        SlackResponse::NotStored(why) => {
            warn!("rejected a Socket Mode event: {why}");
            None
        }
        SlackResponse::Failed => None,
    }
}
