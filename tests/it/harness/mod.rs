//! The test bench: the whole server on a loopback port, the Slack emulator on another, and a clock that stands still.
//!
//! A bench fails its test, when it is dropped, if a message was left unread, a fault unmet, or an error logged.

pub(crate) mod browser;
pub(crate) mod closed;
pub(crate) mod failing;
pub(crate) mod histories;
pub(crate) mod home;
pub(crate) mod installing;
mod lanes;
mod logged;
pub(crate) mod mortal;
pub(crate) mod old_store;
pub(crate) mod page;
pub(crate) mod process;
pub(crate) mod signed;
pub(crate) mod socket;
pub(crate) mod user;

use axum::serve::ListenerExt;
use failing::{Failing, Strikes};
pub(crate) use installing::Serves;
use jiff::Timestamp;
use logged::Logged;
use secrecy::SecretString;
use segments_slack::app::App;
use segments_slack::app::from_slack::socket_mode::SocketState;
use segments_slack::clock::{Clock, later};
use segments_slack::config::{Config, LogFormat, Replies, StoreUrl, WhoMayChange};
use segments_slack::model::{ChannelId, UserId, WorkspaceId};
use segments_slack::sandbox::segments_ai::SegmentsAi;
use segments_slack::sandbox::slack::{ChannelKind, Emulator, Role};
use segments_slack::store::{Durability, sled::SledStore};
use socket::{APP_TOKEN, Door};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use svix::webhooks::Webhook;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;

pub(crate) const WORKSPACE: &str = "T1";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// Ends a test that waits for what never comes: longer than anything takes on a busy machine.
pub(crate) const HANG_GUARD: Duration = Duration::from_mins(10);
/// Whose key it is, each test says.
pub(crate) const API_KEY: &str = "bench-api-key";
pub(crate) const BOT_TOKEN: &str = "xoxb-bench-token";

pub(crate) struct Bench {
    pub(crate) clock: Clock,
    pub(crate) slack: Emulator,
    pub(crate) http: reqwest::Client,
    folder: tempfile::TempDir,
    pub(crate) slack_url: String,
    /// Segments.ai, which sends no webhooks by itself before it is told where to.
    pub(crate) ai: SegmentsAi,
    ai_url: String,
    /// The key that the server acts with, from the next start on.
    pub(crate) api_key: Option<String>,
    webhook_memory: usize,
    /// Whether the server knows where it is reached, from the next start on.
    pub(crate) has_address: bool,
    /// Whom the server serves, from the next start on.
    pub(crate) serves: Serves,
    /// How Slack reaches the server, from the next start on.
    pub(crate) door: Door,
    /// What is to go wrong with the store.
    pub(crate) strikes: Strikes,
    server: Option<Server>,
    /// Daily backups from the next start on.
    pub(crate) backup_keep: usize,
    /// Who may change subscriptions, from the next start on.
    pub(crate) who_may_change: WhoMayChange,
    /// Who may change things at Segments.ai, from the next start on.
    pub(crate) who_may_act: WhoMayChange,
    /// How people reply to issues, from the next start on.
    pub(crate) replies: Replies,
    messages: AtomicUsize,
    logged: Logged,
    _logs: tracing::subscriber::DefaultGuard,
}

struct Server {
    app: Arc<App>,
    address: SocketAddr,
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::parse(WORKSPACE).unwrap()
}

pub(crate) fn channel(id: &str) -> ChannelId {
    ChannelId::parse(id).unwrap()
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub(crate) fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/payloads/{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("could not read {}: {error}", path.display()))
}

/// Room for the bodies of webhooks that come at once, in bytes.
const WEBHOOK_MEMORY: usize = 256 * 1024 * 1024;

impl Bench {
    /// A workspace with #annotation (C1, the bot is in it), #qa (C2, the bot is not), a private #secret (G1, the bot is
    /// not), ann (U1, an admin) and john (U2).
    pub(crate) async fn start() -> Self {
        Self::start_with_memory(WEBHOOK_MEMORY).await
    }

    /// The same, with so many bytes for bodies of webhooks that come at once.
    pub(crate) async fn start_with_memory(webhook_memory: usize) -> Self {
        let mut bench = Self::without_server(webhook_memory).await;
        bench.boot().await;
        bench.settle().await;
        bench
    }

    /// The same, and the server acts on Segments.ai with a key.
    pub(crate) async fn start_acting(key: &str) -> Self {
        let mut bench = Self::without_server(WEBHOOK_MEMORY).await;
        bench.api_key = Some(key.to_owned());
        bench.boot().await;
        bench.settle().await;
        bench
    }

    /// The same with no server yet.
    async fn without_server(webhook_memory: usize) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let logged = Logged::default();
        let logs = tracing::subscriber::set_default(tracing_subscriber::registry().with(logged.clone()));
        let clock = Clock::manual("2026-11-20T09:15:00Z".parse::<Timestamp>().unwrap());
        let slack = Emulator::new(clock.clone(), 1);
        slack.add_workspace(&workspace(), "Bench", BOT_TOKEN);
        let (ann, john) = (user("U1"), user("U2"));
        slack.add_user(&workspace(), &ann, "ann", Role::Admin, "Europe/Brussels");
        slack.add_user(&workspace(), &john, "john", Role::Member, "America/New_York");
        let people = [ann.clone(), john];
        for (id, name, kind) in [
            ("C1", "annotation", ChannelKind::Public),
            ("C2", "qa", ChannelKind::Public),
            ("G1", "secret", ChannelKind::Private),
            ("D1", "ann", ChannelKind::Direct),
        ] {
            let members = if kind == ChannelKind::Direct { &people[..1] } else { &people };
            slack.add_channel(&workspace(), &channel(id), name, kind, members);
        }
        slack.invite_bot(&workspace(), &channel("C1"), &ann).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let slack_url = format!("http://{}", listener.local_addr().unwrap());
        slack.set_base_url(&slack_url);
        let router = slack.router();
        // What is written is there when the next thing happens.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let ai = SegmentsAi::new(clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ai_url = format!("http://{}", listener.local_addr().unwrap());
        let router = ai.router();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            ai,
            ai_url,
            api_key: None,
            clock,
            slack,
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            folder: tempfile::tempdir().unwrap(),
            slack_url,
            webhook_memory,
            has_address: true,
            serves: Serves::One,
            door: Door::wanted(),
            strikes: Strikes::default(),
            server: None,
            backup_keep: 0,
            who_may_change: WhoMayChange::Members,
            who_may_act: WhoMayChange::Members,
            replies: Replies::Off,
            messages: AtomicUsize::new(0),
            logged,
            _logs: logs,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts a server on the bench's folder, and waits until it knows its workspace (unless Slack is away).
    async fn boot(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = self.configured(address);
        if self.door != Door::Http {
            self.slack.turn_on_socket_mode(APP_TOKEN);
        }
        let shutdown = CancellationToken::new();
        let folder = self.data();
        let open = move || SledStore::open(&folder, Durability::default()).unwrap();
        let store = tokio::task::spawn_blocking(open).await.unwrap();
        let store = Arc::new(Failing(store, self.strikes.clone()));
        let app = segments_slack::assemble_over(store, &config, self.clock.clone(), shutdown.clone()).await.unwrap();
        let task = tokio::spawn(segments_slack::serve(Arc::clone(&app), listener, None, shutdown.clone()));
        self.knows_app_at(&format!("http://{address}"));
        while self.serves != Serves::Many
            && !app.environment_workspace().connected
            && app.environment_workspace().refused.is_none()
        {
            tokio::task::yield_now().await;
        }
        while self.door != Door::Http && app.slack.connection.state() == SocketState::NotYet {
            tokio::task::yield_now().await;
        }
        self.server = Some(Server { app, address, shutdown, task });
    }

    /// How a server is configured here.
    fn config(&self) -> Config {
        Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            admin_listen: None,
            store: StoreUrl::Sled(self.data()),
            public_url: self.has_address.then(|| "https://segments-slack.example.com".parse().unwrap()),
            signing_secret: (self.door != Door::Socket).then(|| SecretString::from(SIGNING_SECRET)),
            app_token: (self.door != Door::Http).then(|| SecretString::from(APP_TOKEN)),
            bot_token: Some(SecretString::from(BOT_TOKEN)),
            oauth: None,
            keys: None,
            slack_api_url: format!("{}/api", self.slack_url).parse().unwrap(),
            webhook_secrets: vec![SecretString::from(WEBHOOK_SECRET)],
            segments_api_key: self.api_key.clone().map(SecretString::from),
            segments_api_url: self.ai_url.parse().unwrap(),
            segments_app_url: "https://app.segments.ai".parse().unwrap(),
            log_format: LogFormat::Pretty,
            log_filter: "info".to_owned(),
            webhook_body_limit: 4 * 1024 * 1024,
            webhook_memory: self.webhook_memory,
            backup_keep: self.backup_keep,
            who_may_change: self.who_may_change.clone(),
            who_may_act: self.who_may_act.clone(),
            replies: self.replies,
        }
    }

    /// Tells Slack where the server is.
    fn knows_app_at(&self, url: &str) {
        let (base_url, signing_secret) = (url.to_owned(), SecretString::from(SIGNING_SECRET));
        self.slack.set_app(segments_slack::sandbox::slack::App { base_url, signing_secret });
    }

    /// Ends the server in order, and starts another on the same files.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.boot_again().await;
    }

    /// Starts another server on the files of one that was stopped.
    pub(crate) async fn boot_again(&mut self) {
        self.boot().await;
        self.settle().await;
    }

    /// Ends the server in order.
    pub(crate) async fn stop(&mut self) {
        let server = self.server.take().expect("a server is running");
        server.shutdown.cancel();
        server.task.await.unwrap();
        drop(server.app);
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("a server is running")
    }

    pub(crate) fn app(&self) -> &Arc<App> {
        &self.server().app
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server().address)
    }

    /// Sends a fixture as Segments.ai does, with an id of its own; gives the status.
    pub(crate) async fn webhook(&self, fixture_name: &str) -> u16 {
        self.body(&fixture(fixture_name)).await
    }

    /// Sends a body as Segments.ai does, with an id of its own.
    pub(crate) async fn body(&self, body: &str) -> u16 {
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        self.message(&format!("msg_bench_{number}"), body).await
    }

    /// Sends a body under an id.
    pub(crate) async fn message(&self, id: &str, body: &str) -> u16 {
        let response = self.signed(id, body).send().await.unwrap();
        let status = response.status().as_u16();
        self.settle().await;
        status
    }

    /// A webhook that is signed and not sent yet.
    pub(crate) fn signed(&self, id: &str, body: &str) -> reqwest::RequestBuilder {
        self.signed_for(self.url("/webhooks/segments"), id, body)
    }

    fn signed_for(&self, url: String, id: &str, body: &str) -> reqwest::RequestBuilder {
        self.signed_with(WEBHOOK_SECRET, url, id, body)
    }

    /// A webhook to an address, signed with a secret and not sent yet.
    pub(crate) fn signed_with(&self, secret: &str, url: String, id: &str, body: &str) -> reqwest::RequestBuilder {
        let now = self.clock.now().as_second();
        let signature = Webhook::new(secret).unwrap().sign(id, now, body.as_bytes()).unwrap();
        self.http
            .post(url)
            .header("svix-id", id)
            .header("svix-timestamp", now.to_string())
            .header("svix-signature", signature)
            .body(body.to_owned())
    }

    /// Waits until nothing moves any more unless time does.
    pub(crate) async fn settle(&self) {
        loop {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let busy = self.server.as_ref().map_or(0, |server| *server.app.workers.busy().borrow());
            let hanging = *self.slack.hanging().borrow() + *self.ai.hanging().borrow();
            // What the server sent, or gave to the store's threads, is on its way however long the machine takes for it.
            let on_the_way = self.clock.unanswered() > hanging || self.strikes.begun() > 0;
            let still = self.slack.unanswered_pings() == 0;
            let due = self.clock.next_deadline().is_some_and(|deadline| deadline <= self.clock.now());
            if busy <= hanging && !on_the_way && still && !due {
                return;
            }
        }
    }

    /// Lets time pass, stopping wherever something waits for it.
    pub(crate) async fn after(&self, length: Duration) {
        let target = later(self.clock.now(), length);
        loop {
            self.settle().await;
            match self.clock.next_deadline() {
                Some(deadline) if deadline <= target => self.clock.set(deadline),
                _ => break,
            }
        }
        self.clock.set(target);
        self.settle().await;
    }

    /// How many errors were logged so far.
    pub(crate) fn errors(&self) -> usize {
        self.logged.errors()
    }

    /// The errors logged so far were meant to be.
    pub(crate) fn forgive_errors(&self) {
        self.logged.forgive();
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for id in ["C1", "C2", "G1"] {
            let left = self.slack.take_unread(&workspace(), &channel(id));
            assert!(left.is_empty(), "messages were left unread in {id}: {left:#?}");
        }
        assert_eq!(self.slack.unmet_faults(), 0, "a fault was set and never met");
        assert_eq!(self.slack.socket_complaints(), [""; 0], "the server said what Slack would not take");
        self.logged.assert_fine();
    }
}
