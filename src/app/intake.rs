//! A webhook comes in: decode, derive, match, keep; only then is it accepted.

use crate::app::history::recent::{Mark, Seen};
use crate::app::subscriptions::hold::held;
use crate::app::{App, environment_account};
use crate::clock::id_at;
use crate::model::{AccountId, ChannelId, DeliveryReason, EventId, News, WorkspaceId};
use crate::routing::{derive, is_stale};
use crate::segments::decode::{DecodeError, Decoded, decode};
use crate::segments::webhook::{Secrets, SignedWebhook};
use crate::store::{Arrival, Decide, Known, NewDelivery, StoreError, Tiding, Verdict, Watch};
use crate::vault::{Field, Row};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use std::sync::Arc;
use tracing::{debug, warn};

/// Where a webhook was sent to.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The workspace whose subscriptions its events reach.
    pub workspace: WorkspaceId,
    /// The account.
    pub account: AccountId,
    /// What its webhooks are signed with.
    pub secrets: Secrets,
    /// What whoever connected it is told of what comes.
    pub watch: Watch,
    /// When it was connected; none for the environment's.
    pub connected_at: Option<Timestamp>,
}

/// What became of an accepted webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It goes to so many channels.
    Wanted(usize),
    /// No subscription wants it, or its object was seen in a later state already.
    Unwanted,
    /// It was accepted before.
    Duplicate,
    /// It is correctly signed JSON, and no event.
    Test,
}

/// Why a correctly signed webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// Its body is no JSON; sending it again will not help.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// It could not be kept; the sender should come again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum NoEndpoint {
    /// No account has this id, or its workspace removed the app.
    #[error("unknown account")]
    Unknown,
    /// Slack has not told yet which workspace the token belongs to.
    #[error("the bot token is not confirmed by Slack yet")]
    NotReady,
    /// Its signing secret does not open.
    #[error("could not decrypt the account's signing secret")]
    Sealed,
    /// It could not be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Finds an endpoint: without an id, the one that the environment gives.
    pub async fn endpoint(&self, account: Option<&str>) -> Result<Endpoint, NoEndpoint> {
        let environment = environment_account();
        let Some(account) = account.filter(|account| *account != environment.as_str()) else {
            let secrets = self.settings.webhook_secrets.clone().ok_or(NoEndpoint::Unknown)?;
            let workspace = self.home().workspace.ok_or(NoEndpoint::NotReady)?;
            let watch = Watch::default();
            return Ok(Endpoint { workspace, account: environment, secrets, watch, connected_at: None });
        };
        let account = AccountId::parse(account).map_err(|_| NoEndpoint::Unknown)?;
        let (workspace, record) = self.store.find_account(&account).await?.ok_or(NoEndpoint::Unknown)?;
        let setup = record.setup.ok_or(NoEndpoint::Unknown)?;
        if !self.serves(&workspace) {
            return Err(NoEndpoint::Unknown);
        }
        let row = Row::of_account(&workspace, &account, Field::SigningSecret);
        let opened = setup.signing_secrets.iter().map(|sealed| self.vault.unseal(row, sealed));
        let opened = opened.collect::<Result<Vec<_>, _>>().map_err(|error| {
            warn!(workspace.id = %workspace, "{error}");
            NoEndpoint::Sealed
        })?;
        let text: Vec<&str> = opened.iter().map(ExposeSecret::expose_secret).collect();
        let secrets = Secrets::parse(&text.join(",")).map_err(|_| NoEndpoint::Sealed)?;
        Ok(Endpoint { workspace, account, secrets, watch: record.watch, connected_at: Some(setup.created_at) })
    }
}

/// Accepts a webhook. When this returns `Ok`, every delivery that it causes is on disk.
pub async fn accept(app: &App, endpoint: &Endpoint, webhook: SignedWebhook) -> Result<Accepted, Rejected> {
    let now = app.clock.now();
    let Decoded::Event(event) = decode(webhook.body(), now)? else {
        app.store.note_test(&endpoint.workspace, &endpoint.account, now).await?;
        heard(app, endpoint, now);
        return Ok(Accepted::Test);
    };
    let arrival = Arrival {
        account: endpoint.account.clone(),
        message: webhook.message().clone(),
        received_at: now,
        dataset: event.dataset.clone(),
        object: event.object_key(),
        sample: event.sample_key(),
    };
    let (workspace, index) = (endpoint.workspace.clone(), Arc::clone(&app.index));
    let decide: Decide = Box::new(move |known: Known| {
        let outdated = is_stale(&event, known.object.as_ref());
        let (news, state) = derive(*event, known.object.as_ref(), known.sample.as_ref());
        let index = index.read();
        let matches = if outdated { Vec::new() } else { index.matches(&workspace, &news) };
        let deliveries = matches.into_iter().map(|found| {
            let (dataset, mutes) = (news.event.dataset.as_ref(), index.mutes(&workspace, &found.channel));
            let time_zone = found.subscription.time_zone.as_deref();
            let hold = held(now, dataset, mutes, &found.options, time_zone);
            NewDelivery {
                not_before: hold.until.unwrap_or(now),
                digest: hold.digest,
                channel: found.channel,
                subscription: found.subscription.number,
                options: found.options,
                reason: DeliveryReason::Subscribed,
            }
        });
        Verdict {
            state,
            event: EventId(id_at(now)),
            deliveries: deliveries.collect(),
            news: Arc::new(news),
            is_stale: outdated,
        }
    });
    let (dataset, message) = (arrival.dataset.clone(), arrival.message.clone());
    let workspace = &endpoint.workspace;
    let kept = app.store.accept(workspace, arrival, decide).await;
    heard(app, endpoint, now);
    let kept = match kept {
        Ok(kept) => kept,
        Err(error) => {
            // It may be kept nevertheless, and is a duplicate that wakes nobody when it is sent again.
            for channel_ref in app.store.channels_with_work(workspace).await? {
                app.workers.wake(&channel_ref);
            }
            return Err(error.into());
        }
    };
    let Some(verdict) = kept else {
        note_repeat(app, endpoint, &webhook, now);
        return Ok(Accepted::Duplicate);
    };
    let channels: Vec<ChannelId> = verdict.deliveries.iter().map(|new| new.channel.clone()).collect();
    for channel in &channels {
        app.workers.wake(&App::channel_ref(workspace, channel));
    }
    let mark = if verdict.is_stale { Mark::Stale } else { Mark::News { event: verdict.event, channels } };
    app.lookup.learn(workspace, &endpoint.account, &verdict.news);
    let (account, news) = (endpoint.account.clone(), Arc::clone(&verdict.news));
    app.recent.note(workspace, Seen { account, message, news, at: now, mark, repeats: 0 });
    if let Some(dataset) = &dataset {
        app.index.write().note_dataset(&endpoint.workspace, dataset);
    }
    debug!(event.id = %verdict.event, "accepted {} for {} channels", verdict.news.name(), verdict.deliveries.len());
    Ok(match verdict.deliveries.len() {
        0 => Accepted::Unwanted,
        channels => Accepted::Wanted(channels),
    })
}

/// Has whoever connected the account told, if this may be the first message that came to it.
fn heard(app: &App, endpoint: &Endpoint, now: Timestamp) {
    if endpoint.watch.first == Tiding::Awaited {
        app.tidings.look_at(&endpoint.workspace, &endpoint.account, now);
    }
}

/// Remembers that a message was sent again. Where its first coming is not remembered, what it says is read once more.
fn note_repeat(app: &App, endpoint: &Endpoint, webhook: &SignedWebhook, now: Timestamp) {
    let (workspace, account, message) = (&endpoint.workspace, &endpoint.account, webhook.message());
    if app.recent.note_repeat(workspace, account, message) {
        return;
    }
    if let Ok(Decoded::Event(event)) = decode(webhook.body(), now) {
        let news = News {
            event: *event,
            derived: None,
            changes: Vec::new(),
            new_comments: 0,
            sample_name: None,
            asked_by: None,
        };
        let (account, message, news) = (account.clone(), message.clone(), Arc::new(news));
        app.recent.note(workspace, Seen { account, message, news, at: now, mark: Mark::Repeated, repeats: 0 });
    }
}
