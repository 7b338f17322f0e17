//! segments-slack receives webhooks from Segments.ai and posts them in Slack, where people control it.
//!
//! ```text
//! Segments.ai --> http -> segments::SignedWebhook -> app::intake (derive, match) -> store (one durable commit) -> 2xx
//!                                                      store -> delivery (claim, plan, render, record, call, settle)
//!                                                               -> slack::api --> Slack
//! Slack --> http -> slack::SignedRequest -> app::from_slack::dispatch -> store -> render -> answer within 3 s
//! Slack --> app::from_slack::socket_mode -> app::from_slack::dispatch -> …
//! ```
//!
//! Rules that always apply:
//! 1. A 2xx to Segments.ai means that its deliveries are on disk.
//! 2. An accepted event appears in its channel exactly once: as its own message, in the count of a batch or digest, or in
//!    the state of a message. Otherwise it becomes a dead letter with a reason. The only exception is a channel whose history
//!    cannot be read, which is counted. Restoring a backup sends again what was pending in it.
//! 3. The pure modules do no I/O and never ask for the time. `tests/it/tidy.rs` lists them.
//! 4. Only `render` contains the words that people read in Slack, and only `render` knows both Segments.ai and Block Kit.
//! 5. A type named `Signed…` cannot be created without a signature check. A store call affects only the workspace that it
//!    names, except for listing workspaces, finding the workspace of an account, and backups.
//! 6. The only traits of our own are the store's. External services are simulated on the wire (`sandbox`), never mocked.
//! 7. The only statics are constants, so two servers can run in one process. Each task has an owner that waits for it.
//! 8. No secret implements `Display`, appears in a log, an error, or a metric, or is stored unsealed. Bodies of requests and
//!    responses are never logged.
//! 9. Unknown event types, fields, and interaction types are tolerated. Unknown configuration is an error.
//!
//! The modules are in reading order, and each uses only the ones above it. `docs/design.md` follows a webhook and a command
//! through them, and `docs/glossary.md` defines the terms that the code uses and says where each one lives.

// The data types: no I/O, no async, no clock.
pub mod model;

pub mod clock;
pub mod config;
pub mod mac;
pub mod metrics;

// The two external services.
pub mod segments;
pub mod slack;

// The texts and blocks that people see.
pub mod render;

// Matching events to subscriptions.
pub mod routing;

// Encrypting secrets.
pub mod vault;

// Storage.
pub mod store;

// Delivery to Slack.
pub mod delivery;

// The use cases, and the ways into them.
pub mod app;
pub mod cli;
pub mod http;
pub mod sandbox;

use anyhow::Context;
use app::accounts::notifications::{AccountNotifications, send_notifications};
use app::from_slack::socket_mode::{self, SocketConnection};
use app::history::recent::RecentEvents;
use app::home::{HomeCache, refresh_homes};
use app::memory_budget::MemoryBudget;
use app::operations::backups;
use app::permission::PersonCache;
use app::segments_actions::ActionsInProgress;
use app::signed_state::StateSigner;
use app::unfurl::RecentUnfurls;
use app::workspaces::install::OauthStates;
use app::workspaces::registry::Installations;
use app::workspaces::{keys, startup};
use app::{App, AppSettings, InstallationServices, MemoryBudgets, SegmentsServices, SlackServices};
use clock::Clock;
use config::{Config, Replies, StoreUrl};
use delivery::lookup::{Lookup, LookupSources};
use delivery::{DeliveryParts, DeliveryWorkers};
use http::admin::Guard;
use http::key::AdminKey;
use metrics::Metrics;
use parking_lot::RwLock;
use routing::{AccountsWithApiKey, UserDirectory};
use secrecy::ExposeSecret;
use segments::api::SegmentsApi;
use segments::webhook::Secrets;
use slack::api::SlackApi;
use slack::oauth::Oauth;
use slack::request::SigningSecret;
use slack::respond::Responder;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// The memory for request bodies from Slack, in bytes.
const SLACK_REQUEST_MEMORY: usize = 16 * 1024 * 1024;
/// The time limit of an orderly shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(9);

/// Runs the server on a listener until `shutdown` fires, on system time.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let admin = match config.admin_listen {
        Some(address) => {
            let failed =
                || format!("could not listen on {address} for metrics; set --admin-listen to another, or `off`");
            Some(TcpListener::bind(address).await.with_context(failed)?)
        }
        None => None,
    };
    let app = assemble(&config, Clock::system(), shutdown.clone()).await?;
    let StoreUrl::Sled(folder) = &config.store;
    // A killed server may have left an outdated key file.
    AdminKey::remove_from(folder);
    let admin = admin.map(|admin| guarded(admin, folder)).transpose().context("could not read the admin address")?;
    info!("listening on http://{}", listener.local_addr().context("could not read the listener's address")?);
    serve(app, listener, admin, shutdown).await;
    AdminKey::remove_from(folder);
    Ok(())
}

/// Returns the admin listener with its guard, and writes the admin key to the data folder.
fn guarded(listener: TcpListener, folder: &Path) -> std::io::Result<(TcpListener, Guard)> {
    let listen = listener.local_addr()?;
    let key = AdminKey::new(listen);
    info!("the admin address is {}", key.url());
    if let Err(error) = key.leave_in(folder) {
        warn!("could not write the admin key into `{}`, so the admin commands won't work: {error}", folder.display());
    }
    Ok((listener, Guard { key, listen }))
}

/// Creates the app: opens the store and loads it into memory. Does not call Slack.
pub async fn assemble(config: &Config, clock: Clock, shutdown: CancellationToken) -> anyhow::Result<Arc<App>> {
    let StoreUrl::Sled(folder) = config.store.clone();
    let store =
        tokio::task::spawn_blocking(move || store::sled::SledStore::open(&folder, store::Durability::default()));
    let store: Arc<dyn store::Store> = Arc::new(store.await.context("could not open the store")??);
    assemble_over(store, config, clock, shutdown).await
}

/// Creates the app on an open store.
pub async fn assemble_over(
    store: Arc<dyn store::Store>,
    config: &Config,
    clock: Clock,
    shutdown: CancellationToken,
) -> anyhow::Result<Arc<App>> {
    let StoreUrl::Sled(folder) = &config.store;
    let metrics = Arc::new(Metrics::default());
    let vault = Arc::new(keys::vault(&*store, config.keys.as_ref(), folder).await?);
    let slack_url = &config.slack_api_url;
    let slack =
        SlackApi::new(slack_url.as_str(), clock.clone()).context("could not load this system's root certificates")?;
    let slack = Arc::new(slack);
    let people = Arc::new(UserDirectory::default());
    let keyed = Arc::new(AccountsWithApiKey::new(config.replies == Replies::NewIssue));
    let segments = SegmentsApi::new(config.segments_api_url.clone(), clock.clone(), metrics.segments_calls.clone());
    let segments = Arc::new(segments.context("could not load this system's root certificates")?);
    let lookup = Arc::new(Lookup::new(LookupSources {
        clock: clock.clone(),
        store: Arc::clone(&store),
        vault: Arc::clone(&vault),
        keyed: Arc::clone(&keyed),
        api_key: config.segments_api_key.clone(),
        segments: Arc::clone(&segments),
    }));
    let app_url = config.segments_app_url.as_str().trim_end_matches('/').to_owned();
    let parts = DeliveryParts {
        clock: clock.clone(),
        store: Arc::clone(&store),
        slack: Arc::clone(&slack),
        metrics: Arc::clone(&metrics),
        people: Arc::clone(&people),
        keyed: Arc::clone(&keyed),
        lookup: Arc::clone(&lookup),
        app_url: app_url.clone(),
    };
    let app = App {
        workers: DeliveryWorkers::new(parts, shutdown),
        recent_events: RecentEvents::new(clock.now()),
        slack: SlackServices {
            responder: Responder::new(slack_url.clone(), clock.clone()).context("could not create an HTTP client")?,
            state_signer: StateSigner::new(vault.derived("travelling")),
            connection: SocketConnection::default(),
            person_cache: PersonCache::default(),
            home_cache: HomeCache::default(),
            recent_unfurls: RecentUnfurls::default(),
            api: slack,
        },
        segments: SegmentsServices { actions_in_progress: ActionsInProgress::default(), lookup, keyed, api: segments },
        installations: InstallationServices {
            known: Installations::default(),
            oauth: oauth(config, &clock)?,
            oauth_states: OauthStates::new(vault.derived("installing")),
        },
        environment_workspace: RwLock::default(),
        account_notifications: AccountNotifications::default(),
        index: Arc::default(),
        memory: MemoryBudgets {
            // The longest body fits.
            webhooks: MemoryBudget::new(config.webhook_memory.max(config.webhook_body_limit)),
            slack_requests: MemoryBudget::new(SLACK_REQUEST_MEMORY),
        },
        tasks: TaskTracker::new(),
        store,
        people,
        metrics,
        vault,
        clock,
        settings: AppSettings {
            signing_secret: signing_secret(config)?,
            app_token: config.app_token.clone(),
            webhook_secrets: webhook_secrets(config)?,
            api_key: config.segments_api_key.clone(),
            public_url: config.public_url.clone(),
            bot_token: config.bot_token.clone(),
            app_url,
            webhook_limit: config.webhook_body_limit,
            backups: folder.join(backups::BACKUP_FOLDER),
            backup_keep: config.backup_keep,
            who_may_change: config.who_may_change.clone(),
            who_may_act: config.who_may_act.clone(),
            replies: config.replies,
        },
    };
    startup::load_from_store(&app).await?;
    Ok(Arc::new(app))
}

fn signing_secret(config: &Config) -> anyhow::Result<Option<SigningSecret>> {
    let secret = config.signing_secret.clone();
    secret.map(|secret| SigningSecret::new(secret).context("the signing secret is empty")).transpose()
}

fn webhook_secrets(config: &Config) -> Result<Option<Secrets>, segments::SecretError> {
    let secrets: Vec<&str> = config.webhook_secrets.iter().map(ExposeSecret::expose_secret).collect();
    (!secrets.is_empty()).then(|| Secrets::parse(&secrets.join(","))).transpose()
}

/// Returns the OAuth client, if workspaces can install the app.
fn oauth(config: &Config, clock: &Clock) -> anyhow::Result<Option<Oauth>> {
    let Some((client, url)) = config.oauth.as_ref().zip(config.public_url.as_ref()) else { return Ok(None) };
    let redirect = format!("{}/slack/oauth", url.as_str().trim_end_matches('/'));
    let (api_url, id, secret) = (config.slack_api_url.clone(), client.id.clone(), client.secret.clone());
    let oauth = Oauth::new(api_url, id, secret, redirect, clock.clone()).context("could not create an HTTP client")?;
    Ok(Some(oauth))
}

/// Serves an app until `shutdown` fires, then finishes requests and calls in flight within ten seconds.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    admin: Option<(TcpListener, Guard)>,
    shutdown: CancellationToken,
) {
    let background = TaskTracker::new();
    for work in [Work::Connect, Work::Listen, Work::Sweep, Work::BackUp, Work::KeepHomesFresh, Work::Tell] {
        let (app, shutdown) = (Arc::clone(&app), shutdown.clone());
        background.spawn(async move {
            shutdown.run_until_cancelled(work.run(&app, &shutdown)).await;
        });
    }
    if let Some((admin, guard)) = admin {
        background.spawn(http::serve::serve(admin, http::admin::router(Arc::clone(&app), guard), shutdown.clone()));
    }
    let public = http::serve::serve(listener, http::router(Arc::clone(&app)), shutdown.clone());
    let ended = async {
        public.await;
        app.tasks.close();
        background.close();
        tokio::join!(app.tasks.wait(), background.wait(), app.workers.finish());
    };
    let too_late = async {
        shutdown.cancelled().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        () = ended => info!("all work in progress is finished"),
        () = too_late => warn!("a call was still running after {SHUTDOWN_TIMEOUT:?}; the next start resumes it"),
    }
}

#[derive(Clone, Copy)]
enum Work {
    Connect,
    Listen,
    Sweep,
    BackUp,
    KeepHomesFresh,
    Tell,
}

impl Work {
    async fn run(self, app: &Arc<App>, shutdown: &CancellationToken) {
        match self {
            Self::Connect => startup::connect(app).await,
            Self::Listen => socket_mode::listen(app, shutdown).await,
            Self::Sweep => startup::sweep(app).await,
            Self::BackUp => backups::daily(app).await,
            Self::KeepHomesFresh => refresh_homes(app).await,
            Self::Tell => send_notifications(app).await,
        }
    }
}
