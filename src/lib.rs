//! segments-slack receives Segments.ai webhooks and shows them in Slack, where people steer it.
//!
//! ```text
//! Segments.ai --> http -> segments::SignedWebhook -> app::intake (derive, match) -> store (one durable commit) -> 2xx
//!                                                      store -> delivery (claim, plan, render, intent, call, outcome)
//!                                                               -> slack::api --> Slack
//! Slack --> http -> slack::SignedRequest -> slack::command | interaction -> app::door -> store -> render -> answer in 3 s
//! Slack --> app::socket -> slack::socket_mode ----------------------------> app::door -> …
//! ```
//!
//! What holds, everywhere:
//! 1. A 2xx to Segments.ai means that its deliveries are on disk.
//! 2. An accepted event is in its channel once (as itself, in the count of a fold or digest, or in the state that a
//!    message shows), or a dead letter that says why. Only history that may not be read weakens that, and then it is
//!    counted. Restoring a backup sends again what was waiting in it.
//! 3. `model`, `render`, `routing`, `slack::{command, form, interaction, socket_mode}` and
//!    `delivery::{plan, enrichment, pace, retry, thread}`
//!    do no I/O and never ask the time.
//! 4. Only `render` writes words that a person reads in Slack; only `render` knows both Segments.ai and Block Kit.
//! 5. A value called `Signed…` cannot be made without checking a signature. No store call touches a workspace that it
//!    does not name, but for finding the workspaces, and whose an account is, and for backups, which hold all of them.
//! 6. The only trait of our own is the store's. Outside services are faked on the wire (`sandbox`), never mocked.
//! 7. No statics but constants: two servers live in one process. Every task has an owner that waits for it.
//! 8. No secret is `Display`; none is in a log, an error or a metric, or on disk unless sealed. No request or response body
//!    is logged.
//! 9. Unknown event types, fields and interaction types are tolerated; unknown configuration is an error.
//!
//! The modules stand in reading order, and each uses only what stands above it. Where to look for what:
//!
//! | it is about | and lives in |
//! |---|---|
//! | what a channel subscribed to, and taking a change back | `store::book`, `app::{ledger, subscribe}` |
//! | the message of an issue and its thread | `model::anchor`, `delivery::{plan, thread}`, `render::thread` |
//! | many events in one message | `model::{fold, digest, schedule}`, `delivery::plan`, `render::{fold, digest}` |
//! | pasted links | `model::page`, `app::unfurl`, `render::unfurl` |
//! | the first word in a channel | `app::welcome` |
//! | what holds messages back | `model::{mute, hold}`, `app::{mute, hold}` |
//! | what a lost answer or a refusal leads to | `delivery::{channel, limits, pace, retry, tell}`, `store::notice` |
//! | what became of an event | `model::{outcome, fate}`, `store::history`, `routing::why`, `app::{why, recent}` |
//! | a change made from Slack that comes back as a webhook | `model::echo`, `store::sled::echoes` |
//! | who is who, and who is mentioned | `model::people`, `routing::directory`, `app::me`, `render::names` |
//! | calls to Segments.ai, and changing things there | `segments::{api, acted}`, `slack::interaction::act`, `app::{acting, act}` |
//! | names and progress that webhooks do not tell | `delivery::{lack, lookup}`, `segments::cache` |
//! | forms that change something at Segments.ai | `slack::{acts, interaction}`, `render::modal`, `app::acting` |
//! | what was given up | `model::letter`, `store::letters`, `app::letters`, `cli::dead_letters` |
//! | connecting and disconnecting accounts | `app::accounts`, `slack::accounts`, `render::accounts` |
//! | the form of a subscription | `slack::{form, view}`, `render::modal`, `app::modal` |
//! | who may change subscriptions, and what is told of shared channels | `app::permission`, `render::reply::permission` |
//! | what is told once to a new channel, and of pasted links | `app::{welcome, unfurl}`, `render::unfurl`, `model::page` |
//! | the menu of a message, and why it was posted | `render::menu`, `app::because` |
//! | the App Home, and who sees what in it | `app::{home, visible}`, `render::home`, `slack::interaction::home` |
//! | subscriptions as commands, out and in | `slack::command::pasted`, `app::{ledger, transfer}`, `cli::{export, import}` |
//! | who changed what | `model::deed`, `store::deeds`, `app::status` |
//! | a workspace that installs the app, and its accounts | `app::{install, tenant, accounts}`, `store::tenant` |
//! | sealed secrets and their keys | `model::sealed`, `vault`, `app::keys`, `cli::rekey` |
//! | signatures | `mac`, `slack::request`, `app::signed_state` |
//! | backups | `store::{record, backup}`, `app::backups`, `cli::{backup, restore}` |
//! | what is wrong with an installation | `cli::doctor`, `app::checkup`, `slack::look` |
//! | what comes from Slack, by HTTP and by Socket Mode | `app::{door, socket}`, `slack::{request, socket_mode}` |
//! | tools beside a running server | `http::{admin, key}`, `cli::admin_client` |
//! | where every record stands on disk | `store::sled::keys` |

// Nouns: no I/O, no async, never ask the time.
pub mod model;

pub mod clock;
pub mod config;
pub mod mac;
pub mod metrics;

// The two worlds outside, as seen from here.
pub mod segments;
pub mod slack;

// Every word and block that a person sees.
pub mod render;

// Who gets what.
pub mod routing;

// Sealing secrets.
pub mod vault;

// Keeping.
pub mod store;

// Delivering.
pub mod delivery;

// What the program does.
pub mod app;
pub mod cli;
pub mod http;
pub mod sandbox;

use anyhow::Context;
use app::accounts::notifications::{Tidings, keep_telling};
use app::from_slack::socket_mode::{self, Link};
use app::history::recent::Recent;
use app::home::{Homes, keep_fresh};
use app::memory_budget::Room;
use app::operations::backups;
use app::permission::Persons;
use app::segments_actions::Acting;
use app::signed_state::Sealer;
use app::unfurl::Unfurled;
use app::workspaces::install::States;
use app::workspaces::registry::Installed;
use app::workspaces::{keys, startup};
use app::{App, Home, Settings};
use clock::Clock;
use config::{Config, Replies, StoreUrl};
use delivery::lookup::{Lookup, LookupSources};
use delivery::{DeliveryParts, DeliveryWorkers};
use http::admin::Guard;
use http::key::AdminKey;
use metrics::Metrics;
use parking_lot::RwLock;
use routing::{Directory, Keyed};
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

/// Bytes of all requests from Slack that are being read at once.
const SLACK_MEMORY: usize = 16 * 1024 * 1024;
/// An orderly end takes no longer.
const END_LIMIT: Duration = Duration::from_secs(9);

/// Runs the server on a listener until `shutdown`, on the machine's time.
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
    // What a server that was killed has left behind leads nowhere.
    AdminKey::remove_from(folder);
    let admin = admin.map(|admin| guarded(admin, folder)).transpose().context("could not read the admin address")?;
    info!("listening on http://{}", listener.local_addr().context("could not read the listener's address")?);
    serve(app, listener, admin, shutdown).await;
    AdminKey::remove_from(folder);
    Ok(())
}

/// An admin listener, and what guards it; the key is left in the data folder.
fn guarded(listener: TcpListener, folder: &Path) -> std::io::Result<(TcpListener, Guard)> {
    let listen = listener.local_addr()?;
    let key = AdminKey::new(listen);
    info!("the admin address is {}", key.url());
    if let Err(error) = key.leave_in(folder) {
        warn!("could not write the admin key into `{}`, so the admin commands won't work: {error}", folder.display());
    }
    Ok((listener, Guard { key, listen }))
}

/// Puts an app together: opens the store, loads what it remembers, and makes no call to Slack yet.
pub async fn assemble(config: &Config, clock: Clock, shutdown: CancellationToken) -> anyhow::Result<Arc<App>> {
    let StoreUrl::Sled(folder) = config.store.clone();
    let store =
        tokio::task::spawn_blocking(move || store::sled::SledStore::open(&folder, store::Durability::default()));
    let store: Arc<dyn store::Store> = Arc::new(store.await.context("could not open the store")??);
    assemble_over(store, config, clock, shutdown).await
}

/// Puts an app together over a store that is open.
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
    let people = Arc::new(Directory::default());
    let keyed = Arc::new(Keyed::new(config.replies == Replies::NewIssue));
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
        responder: Responder::new(slack_url.clone(), clock.clone()).context("could not create an HTTP client")?,
        workers: DeliveryWorkers::new(parts, shutdown),
        recent: Recent::new(clock.now()),
        homes: Homes::default(),
        acting: Acting::default(),
        persons: Persons::default(),
        tidings: Tidings::default(),
        unfurled: Unfurled::default(),
        store,
        index: Arc::default(),
        people,
        keyed,
        slack,
        segments,
        lookup,
        metrics,
        home: RwLock::new(Home::default()),
        installed: Installed::default(),
        oauth: oauth(config, &clock)?,
        states: States::new(vault.derived("installing")),
        sealer: Sealer::new(vault.derived("travelling")),
        link: Link::default(),
        vault,
        clock,
        // The longest body fits.
        webhook_room: Room::new(config.webhook_memory.max(config.webhook_body_limit)),
        slack_room: Room::new(SLACK_MEMORY),
        tasks: TaskTracker::new(),
        settings: Settings {
            signing_secret: signing_secret(config)?,
            app_token: config.app_token.clone(),
            webhook_secrets: webhook_secrets(config)?,
            api_key: config.segments_api_key.clone(),
            public_url: config.public_url.clone(),
            bot_token: config.bot_token.clone(),
            app_url,
            webhook_limit: config.webhook_body_limit,
            backups: folder.join(backups::FOLDER),
            backup_keep: config.backup_keep,
            who_may_change: config.who_may_change.clone(),
            who_may_act: config.who_may_act.clone(),
            replies: config.replies,
        },
    };
    startup::remember(&app).await?;
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

/// What installing needs, where workspaces can install the app.
fn oauth(config: &Config, clock: &Clock) -> anyhow::Result<Option<Oauth>> {
    let Some((client, url)) = config.oauth.as_ref().zip(config.public_url.as_ref()) else { return Ok(None) };
    let redirect = format!("{}/slack/oauth", url.as_str().trim_end_matches('/'));
    let (api_url, id, secret) = (config.slack_api_url.clone(), client.id.clone(), client.secret.clone());
    let oauth = Oauth::new(api_url, id, secret, redirect, clock.clone()).context("could not create an HTTP client")?;
    Ok(Some(oauth))
}

/// Serves an app until `shutdown`; then requests and calls in flight are finished, within ten seconds.
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
        tokio::time::sleep(END_LIMIT).await;
    };
    tokio::select! {
        () = ended => info!("all work in progress is finished"),
        () = too_late => warn!("a call was still running after {END_LIMIT:?}; the next start resumes it"),
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
            Self::KeepHomesFresh => keep_fresh(app).await,
            Self::Tell => keep_telling(app).await,
        }
    }
}
