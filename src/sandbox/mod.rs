//! Everything on this machine: the real server, a fake of Slack and one of Segments.ai, and a page to use them from.

pub mod page;
pub mod segments;
pub mod segments_ai;
pub mod slack;

use crate::clock::Clock;
use crate::config::{Config, LogFormat, Replies, StoreUrl, WhoMayChange};
use crate::model::{ChannelId, UserId, WorkspaceId};
use anyhow::Context;
use page::Page;
use secrecy::SecretString;
use segments::Sender;
use segments_ai::SegmentsAi;
use slack::{ChannelKind, Emulator, Role};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// The bot token that the sandbox's Slack hands out. Not a secret: it opens nothing but this.
pub const BOT_TOKEN: &str = "xoxb-sandbox";
/// The signing secret of the sandbox's Slack.
pub const SIGNING_SECRET: &str = "sandbox-signing-secret";
/// The signing secret of the sandbox's Segments.ai.
pub const WEBHOOK_SECRET: &str = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldA==";

/// The API key for the sandbox's Segments.ai; its owner is rex, a manager.
pub const SEGMENTS_API_KEY: &str = "sandbox-api-key-of-rex";
/// The path of the sandbox's Segments.ai API below the page's address.
pub const SEGMENTS_API: &str = "/segments-ai";

/// The settings of a sandbox.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the page is; port 0 picks one. The Slack API is below `/api` there, and that of Segments.ai below
    /// [`SEGMENTS_API`].
    pub listen: SocketAddr,
    /// The folder that keeps everything for the next time; a temporary one if none.
    pub data: Option<PathBuf>,
    /// A server that runs already and is to be used instead of one of the sandbox's own.
    pub app: Option<Url>,
}

/// A sandbox that runs until its shutdown token is cancelled.
pub struct Sandbox {
    /// The page, for a browser.
    pub page_url: String,
    /// The server, for webhooks and Slack's requests.
    pub server: String,
    /// The Slack in it.
    pub emulator: Emulator,
    /// The Segments.ai in it.
    pub segments: SegmentsAi,
    tasks: TaskTracker,
    _temporary: Option<tempfile::TempDir>,
}

impl Sandbox {
    /// Waits for its end.
    pub async fn ended(self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Default for Options {
    /// A page on a port of its own choice, and nothing kept.
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), data: None, app: None }
    }
}

/// Starts everything. Fails if an address is taken or the store does not open.
pub async fn start(options: Options, shutdown: CancellationToken) -> anyhow::Result<Sandbox> {
    let clock = Clock::system();
    let tasks = TaskTracker::new();
    let page_listener = listen(options.listen).await?;
    let page_url = format!("http://{}", page_listener.local_addr()?);
    let emulator = Emulator::new(clock.clone(), 1);
    emulator.set_base_url(&page_url);
    let workspace = populate(&emulator).await;
    let segments = SegmentsAi::new(clock.clone());
    staff(&segments);
    let asks_for = options.app.as_ref().map(|_| segments_variables(&page_url));
    let mut temporary = None;
    let server = if let Some(app) = options.app {
        app.as_str().trim_end_matches('/').to_owned()
    } else {
        let data = match options.data {
            Some(data) => data,
            None => {
                temporary.insert(tempfile::tempdir().context("could not make a temporary folder")?).path().join("data")
            }
        };
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let config = config(data, address, &page_url)?;
        let app = crate::assemble(&config, clock.clone(), shutdown.clone()).await?;
        tasks.spawn(crate::serve(app, listener, None, shutdown.clone()));
        format!("http://{address}")
    };
    emulator.set_app(slack::App { base_url: server.clone(), signing_secret: SecretString::from(SIGNING_SECRET) });
    let endpoint = format!("{server}/webhooks/segments").parse().context("the server's address is no URL")?;
    let secret = SecretString::from(WEBHOOK_SECRET);
    let sender = Sender::new(Url::clone(&endpoint), &secret)?;
    segments.set_endpoint_of_others(Sender::new(endpoint, &secret)?);
    let (delivering, until) = (segments.clone(), shutdown.clone());
    tasks.spawn(async move {
        until.run_until_cancelled(delivering.keep_delivering()).await;
    });
    let page = Page {
        emulator: emulator.clone(),
        sender,
        segments: segments.clone(),
        asks_for,
        clock,
        workspace,
        shutdown: shutdown.clone(),
    };
    let router = page::router(page).merge(emulator.router()).nest(SEGMENTS_API, segments.router());
    tasks.spawn(crate::http::serve::serve(page_listener, router, shutdown));
    Ok(Sandbox { page_url, server, emulator, segments, tasks, _temporary: temporary })
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("could not listen on {address}; choose another with --listen"))
}

fn config(data: PathBuf, listen: SocketAddr, page: &str) -> anyhow::Result<Config> {
    Ok(Config {
        listen,
        admin_listen: None,
        store: StoreUrl::Sled(data),
        public_url: Some(format!("http://{listen}").parse()?),
        signing_secret: Some(SecretString::from(SIGNING_SECRET)),
        app_token: None,
        bot_token: Some(SecretString::from(BOT_TOKEN)),
        oauth: None,
        keys: None,
        slack_api_url: format!("{page}/api").parse()?,
        webhook_secrets: vec![SecretString::from(WEBHOOK_SECRET)],
        segments_api_key: Some(SecretString::from(SEGMENTS_API_KEY)),
        segments_api_url: format!("{page}{SEGMENTS_API}").parse()?,
        segments_app_url: "https://app.segments.ai".parse()?,
        log_format: LogFormat::Pretty,
        log_filter: "info".to_owned(),
        webhook_body_limit: 4 * 1024 * 1024,
        webhook_memory: 256 * 1024 * 1024,
        backup_keep: 0,
        who_may_change: WhoMayChange::Members,
        who_may_act: WhoMayChange::Members,
        replies: Replies::NewIssue,
    })
}

/// Returns the environment variables with which a server finds the Segments.ai of a page.
pub fn segments_variables(page_url: &str) -> String {
    format!("SEGMENTS_API_URL={page_url}{SEGMENTS_API} SEGMENTS_API_KEY={SEGMENTS_API_KEY}")
}

/// The people of the workspace under the same names, and rex, whose key the server has.
fn staff(segments: &SegmentsAi) {
    for (name, role) in [
        ("rex", segments_ai::Role::Manager),
        ("ann", segments_ai::Role::Admin),
        ("jane", segments_ai::Role::Manager),
        ("john", segments_ai::Role::Labeler),
    ] {
        segments.add_user(name, &format!("sandbox-api-key-of-{name}"));
        segments.add_to_crew(name, role);
    }
}

/// A workspace with a channel that the bot is in, an open one, and a private one that it must be invited to.
async fn populate(emulator: &Emulator) -> WorkspaceId {
    let workspace = WorkspaceId::parse("T0SANDBOX").expect("an id of letters and digits");
    emulator.add_workspace(&workspace, "Flower Lab", BOT_TOKEN);
    let person = |id: &str| UserId::parse(id).expect("an id of letters and digits");
    let people = [person("U0ANN"), person("U0JANE"), person("U0JOHN")];
    for (user, name, role) in
        [(&people[0], "ann", Role::Admin), (&people[1], "jane", Role::Member), (&people[2], "john", Role::Member)]
    {
        emulator.add_user(&workspace, user, name, role, "Europe/Brussels");
    }
    let channel = |id: &str| ChannelId::parse(id).expect("an id of letters and digits");
    for (id, name, kind) in [
        ("C0ANNOTATION", "annotation", ChannelKind::Public),
        ("C0QUALITY", "quality", ChannelKind::Public),
        ("C0ROADMAP", "roadmap", ChannelKind::Private),
    ] {
        emulator.add_channel(&workspace, &channel(id), name, kind, &people);
    }
    emulator.invite_bot(&workspace, &channel("C0ANNOTATION"), &people[0]).await;
    workspace
}
