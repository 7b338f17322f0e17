//! Unfurls pasted links of the Segments.ai web app.
//!
//! A card shows only what its channel may see: a public dataset, or one that the channel subscribed. Channels that
//! are shared with another workspace get no cards.

mod memory;

pub use memory::RecentUnfurls;

use crate::app::App;
use crate::model::object::{Dataset, LastSeen};
use crate::model::page::{Address, Page, SamplePage};
use crate::model::{DatasetName, Mute, ObjectKey, WorkspaceId};
use crate::render::unfurl::{self, SampleSeen};
use crate::render::urls::GROUND_TRUTH;
use crate::segments::api::SampleId;
use crate::slack::events::SharedLinks;
use crate::store::StoreError;
use jiff::Timestamp;
use slack_morphism::prelude::SlackBlock;
use std::sync::Arc;
use tracing::warn;
use url::{Position, Url};

/// The number of links to unfurl in a message. A message with more is a list, where cards would be in the way.
const MOST_LINKS: usize = 2;

/// A reason why a link gets no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Not a page of a dataset.
    NotAPage,
    /// Nothing is known about its target.
    Unknown,
    /// The channel has no access to the dataset.
    NotForHere,
    /// The dataset is muted in the channel.
    Muted,
    /// It was shown there a short time ago.
    Again,
}

impl Kept {
    fn word(self) -> &'static str {
        match self {
            Self::NotAPage => "not_a_page",
            Self::Unknown => "unknown",
            Self::NotForHere => "not_for_here",
            Self::Muted => "muted",
            Self::Again => "again",
        }
    }
}

/// A reason why a link gets no card.
enum NoCard {
    /// The card is withheld.
    Kept(Kept),
    /// The store failed.
    Store(StoreError),
}

impl From<Kept> for NoCard {
    fn from(kept: Kept) -> Self {
        Self::Kept(kept)
    }
}

impl From<StoreError> for NoCard {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Unfurls the links of a message.
pub(super) async fn unfurl_links(app: &App, workspace: &WorkspaceId, links: &SharedLinks) -> Result<(), StoreError> {
    let ours = app
        .slack
        .api
        .installation(workspace)
        .is_some_and(|installation| links.user.as_ref() == Some(&installation.bot));
    let kept = match links.urls.len() {
        _ if ours => Some("own"),
        _ if links.is_shared_outside => Some("shared_channel"),
        0..=MOST_LINKS => None,
        _ => Some("too_many"),
    };
    if let Some(word) = kept {
        app.metrics.unfurls.count(word);
        return Ok(());
    }
    let own_host = Url::parse(&app.settings.app_url).ok();
    let own_host = own_host.as_ref().map(|url| &url[Position::BeforeHost..Position::AfterPort]);
    let mut shown = Vec::new();
    for url in &links.urls {
        let page = match Address::read(url, own_host) {
            Address::Page(page) => Some(page),
            Address::Other | Address::Elsewhere => None,
        };
        let card = match page {
            Some(page) => card(app, workspace, links, &page).await,
            None => Err(Kept::NotAPage.into()),
        };
        match card {
            Ok(blocks) => shown.push((url.clone(), blocks)),
            Err(NoCard::Kept(kept)) => app.metrics.unfurls.count(kept.word()),
            Err(NoCard::Store(error)) => return Err(error),
        }
    }
    if shown.is_empty() {
        return Ok(());
    }
    let channel_ref = App::channel_ref(workspace, &links.channel);
    let word = match app.slack.api.unfurl(&channel_ref, &links.ts, &shown).await {
        Ok(()) => "shown",
        // A late card is useless, so there is no retry.
        Err(error) => {
            warn!(workspace.id = %workspace, channel.id = %links.channel, "could not unfurl links in {}: {error}", links.channel);
            error.word()
        }
    };
    app.metrics.unfurls.add(word, shown.len() as u64);
    Ok(())
}

/// Renders the card of a page, or returns why there is none.
async fn card(app: &App, workspace: &WorkspaceId, links: &SharedLinks, page: &Page) -> Result<Vec<SlackBlock>, NoCard> {
    let name = page.dataset().ok_or(Kept::Unknown)?;
    let fresh = match page.sample {
        None => app.segments.lookup.dataset(workspace, &name).await.map(|fresh| (fresh.dataset, fresh.at)),
        Some(_) => None,
    };
    let known = match fresh {
        Some(fresh) => Some(fresh),
        None => last_seen(app, workspace, &name).await?,
    };
    let now = app.clock.now();
    let is_public = known.as_ref().is_some_and(|(dataset, _)| dataset.public == Some(true));
    may_be_shown(app, workspace, links, &name, is_public, now)?;
    let app_url = &app.settings.app_url;
    let blocks = match &page.sample {
        Some(sample) => sample_card(app, workspace, &name, sample).await?,
        None => known.map(|(dataset, at)| unfurl::dataset(&name, &dataset, at, app_url)),
    };
    let blocks = blocks.ok_or(Kept::Unknown)?;
    let first = app.slack.recent_unfurls.note(workspace, &links.channel, page, now);
    if first { Ok(blocks) } else { Err(Kept::Again.into()) }
}

/// Returns a dataset as the last webhook described it.
async fn last_seen(
    app: &App,
    workspace: &WorkspaceId,
    name: &DatasetName,
) -> Result<Option<(Arc<Dataset>, Timestamp)>, StoreError> {
    let states = app.store.dataset_states(workspace, vec![name.clone()]).await?;
    Ok(states.into_iter().find_map(|(_, state)| match state.seen {
        // A deleted dataset has no state left.
        LastSeen::Dataset(dataset) if *dataset != Dataset::default() => Some((dataset.into(), state.at)),
        _ => None,
    }))
}

fn may_be_shown(
    app: &App,
    workspace: &WorkspaceId,
    links: &SharedLinks,
    name: &DatasetName,
    is_public: bool,
    now: Timestamp,
) -> Result<(), Kept> {
    let index = app.index.read();
    let mut subscriptions = index.channel(workspace, &links.channel).iter();
    if !is_public && !subscriptions.any(|one| one.rule.dataset.matches(Some(name))) {
        return Err(Kept::NotForHere);
    }
    let mut mutes = index.mutes(workspace, &links.channel).iter();
    let silent = mutes.any(|mute: &Mute| mute.until > now && mute.dataset.matches(Some(name)));
    if silent { Err(Kept::Muted) } else { Ok(()) }
}

/// Renders the card of a sample that certainly belongs to this dataset, because a URL may claim any.
async fn sample_card(
    app: &App,
    workspace: &WorkspaceId,
    name: &DatasetName,
    sample: &SamplePage,
) -> Result<Option<Vec<SlackBlock>>, StoreError> {
    let labelset = sample.labelset.as_deref().unwrap_or(GROUND_TRUTH);
    let keys =
        [ObjectKey::new("sample", &sample.uuid), ObjectKey::new("label", &format!("{}/{labelset}", sample.uuid))];
    let known = app.store.object_states(workspace, keys.into()).await?;
    let status = known.iter().find_map(|(_, state)| match &state.seen {
        LastSeen::Label { status, .. } => Some((status.as_deref()?, state.at)),
        _ => None,
    });
    let seen = known.iter().find_map(|(_, state)| match &state.seen {
        LastSeen::Sample { dataset: Some(dataset), name: called, assigned_labeler, assigned_reviewer }
            if dataset == name =>
        {
            Some((called.as_deref(), assigned_labeler.as_deref(), assigned_reviewer.as_deref(), state.at))
        }
        _ => None,
    });
    let id = SampleId::parse(&sample.uuid).filter(|_| seen.is_none_or(|(called, ..)| called.is_none()));
    let told = match id {
        Some(id) => app.segments.lookup.sample_name(workspace, name, id).await,
        None => None,
    };
    if seen.is_none() && told.is_none() {
        return Ok(None);
    }
    let told_at = || status.map_or_else(|| app.clock.now(), |(_, at)| at);
    let (called, labeler, reviewer, at) = seen.unwrap_or_else(|| (None, None, None, told_at()));
    let shown = SampleSeen {
        uuid: &sample.uuid,
        labelset: sample.labelset.as_deref(),
        name: called.or(told.as_deref()),
        status: status.map(|(status, _)| status),
        labeler,
        reviewer,
    };
    Ok(Some(unfurl::sample(name, &shown, at, &app.settings.app_url)))
}
