//! Webhook intake: decode, derive, match, and store in one durable commit.

use crate::app::history::recent::{RecentEvent, RecentOutcome};
use crate::app::subscriptions::hold::held;
use crate::app::{App, environment_account};
use crate::clock::id_at;
use crate::model::{AccountId, ChannelId, DeliveryReason, EventId, News, WorkspaceId};
use crate::routing::{derive, is_stale};
use crate::segments::decode::{DecodeError, Decoded, decode};
use crate::segments::webhook::{Secrets, SignedWebhook};
use crate::store::{
    IncomingEvent, NewDelivery, NotificationState, NotificationStates, PreviousState, RouteFn, RoutingDecision,
    StoreError,
};
use crate::vault::{Field, Row};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use std::sync::Arc;
use tracing::{debug, warn};

/// The account endpoint that a webhook was sent to.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The workspace whose subscriptions receive its events.
    pub workspace: WorkspaceId,
    /// The account.
    pub account: AccountId,
    /// The secrets that sign its webhooks.
    pub secrets: Secrets,
    /// The state of the notifications to the person who connected it.
    pub notifications: NotificationStates,
    /// The time it was connected; none for the environment's account.
    pub connected_at: Option<Timestamp>,
}

/// The result of an accepted webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Matched by subscriptions in this number of channels.
    Wanted(usize),
    /// Not matched by any subscription, or older than the known state of its object.
    Unwanted,
    /// Accepted before.
    Duplicate,
    /// A test: signed JSON that is no event.
    Test,
}

/// A reason why a signed webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    /// The body is not JSON; sending it again will not help.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// It could not be stored; the sender should retry.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A reason why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum NoEndpoint {
    /// No account has this id, or its workspace removed the app.
    #[error("unknown account")]
    Unknown,
    /// Slack has not yet told which workspace the token belongs to.
    #[error("the bot token is not confirmed by Slack yet")]
    NotReady,
    /// The signing secret cannot be unsealed.
    #[error("could not decrypt the account's signing secret")]
    Sealed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Finds the endpoint of an account id, or of the environment's account.
    pub async fn endpoint(&self, account: Option<&str>) -> Result<Endpoint, NoEndpoint> {
        let environment = environment_account();
        let Some(account) = account.filter(|account| *account != environment.as_str()) else {
            let secrets = self.settings.webhook_secrets.clone().ok_or(NoEndpoint::Unknown)?;
            let workspace = self.environment_workspace().workspace.ok_or(NoEndpoint::NotReady)?;
            let notifications = NotificationStates::default();
            return Ok(Endpoint { workspace, account: environment, secrets, notifications, connected_at: None });
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
        Ok(Endpoint {
            workspace,
            account,
            secrets,
            notifications: record.notifications,
            connected_at: Some(setup.created_at),
        })
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
    let arrival = IncomingEvent {
        account: endpoint.account.clone(),
        message: webhook.message().clone(),
        received_at: now,
        dataset: event.dataset.clone(),
        object: event.object_key(),
        sample: event.sample_key(),
    };
    let (workspace, index) = (endpoint.workspace.clone(), Arc::clone(&app.index));
    let decide: RouteFn = Box::new(move |known: PreviousState| {
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
        RoutingDecision {
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
            // It may be stored all the same; a retry is then a duplicate that wakes nobody.
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
    let mark =
        if verdict.is_stale { RecentOutcome::Stale } else { RecentOutcome::News { event: verdict.event, channels } };
    app.segments.lookup.learn(workspace, &endpoint.account, &verdict.news);
    let (account, news) = (endpoint.account.clone(), Arc::clone(&verdict.news));
    app.recent_events.note(workspace, RecentEvent { account, message, news, at: now, mark, repeats: 0 });
    if let Some(dataset) = &dataset {
        app.index.write().note_dataset(&endpoint.workspace, dataset);
    }
    debug!(event.id = %verdict.event, "accepted {} for {} channels", verdict.news.name(), verdict.deliveries.len());
    Ok(match verdict.deliveries.len() {
        0 => Accepted::Unwanted,
        channels => Accepted::Wanted(channels),
    })
}

/// Schedules the notification of the account's first webhook, if this may be it.
fn heard(app: &App, endpoint: &Endpoint, now: Timestamp) {
    if endpoint.notifications.first_message == NotificationState::Waiting {
        app.account_notifications.look_at(&endpoint.workspace, &endpoint.account, now);
    }
}

/// Counts a repeated message, or remembers its event if the first delivery is forgotten.
fn note_repeat(app: &App, endpoint: &Endpoint, webhook: &SignedWebhook, now: Timestamp) {
    let (workspace, account, message) = (&endpoint.workspace, &endpoint.account, webhook.message());
    if app.recent_events.note_repeat(workspace, account, message) {
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
        app.recent_events.note(
            workspace,
            RecentEvent { account, message, news, at: now, mark: RecentOutcome::Repeated, repeats: 0 },
        );
    }
}
