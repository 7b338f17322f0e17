//! Names and progress that webhooks do not carry, asked of Segments.ai before something is shown.
//!
//! Whatever goes wrong here, a message only looks as it does without. Nothing waits longer than two seconds, an account
//! whose calls fail is left alone for a while, and nothing is asked again and again. Calls of one account come one after
//! another, so that many channels that want the same ask once.

use super::enrichment::{self, Question};
use super::plan::Planned;
use crate::clock::{Clock, later};
use crate::model::object::LastSeen;
use crate::model::{AccountId, DatasetName, Delivery, DigestMessage, News, ObjectState, WorkspaceId};
use crate::routing::AccountsWithApiKey;
use crate::segments::api::{SampleId, SegmentsApi, SegmentsError};
use crate::segments::cache::{CachedAnswers, DatasetOf, Fresh, Owner, SampleOf};
use crate::store::{Store, StoreError};
use crate::vault::{Field, Row, UnsealError, Vault};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tracing::info;

/// What is shown waits no longer than this.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
/// After a failure, an account is left alone for so long.
const ACCOUNT_COOLDOWN: Duration = Duration::from_mins(1);

/// Why there is no key to act with.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The account has none, or is none of the workspace's.
    #[error("the account has no API key")]
    NotGiven,
    /// It does not open.
    #[error("could not decrypt the account's API key: {0}")]
    Sealed(#[from] UnsealError),
    /// It could not be looked up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a lookup works with.
pub struct LookupSources {
    /// The time.
    pub clock: Clock,
    /// Where the sealed keys are.
    pub store: Arc<dyn Store>,
    /// What opens them.
    pub vault: Arc<Vault>,
    /// Which accounts have one.
    pub keyed: Arc<AccountsWithApiKey>,
    /// That of the environment's account, if it has one.
    pub api_key: Option<SecretString>,
    /// Whom is asked.
    pub segments: Arc<SegmentsApi>,
}

/// The door to what Segments.ai knows, with the answers of late.
pub struct Lookup {
    sources: LookupSources,
    known: Mutex<CachedAnswers>,
    /// Accounts that were asked.
    asked: Mutex<HashMap<Owner, Asked>>,
}

/// How it stands with an account that was asked.
#[derive(Default)]
struct Asked {
    /// Held by the one that asks.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// No question before this time.
    rests_until: Option<Timestamp>,
}

impl Lookup {
    /// A door where nobody asked yet.
    pub fn new(sources: LookupSources) -> Self {
        Self { sources, known: Mutex::default(), asked: Mutex::default() }
    }

    /// What acts on Segments.ai for an account of a workspace.
    pub async fn key(&self, workspace: &WorkspaceId, account: &AccountId) -> Result<SecretString, NoKey> {
        let LookupSources { store, vault, keyed, api_key, .. } = &self.sources;
        if *account == AccountId::environment() {
            return api_key.clone().filter(|_| keyed.has(workspace, account)).ok_or(NoKey::NotGiven);
        }
        let found = store.find_account(account).await?.filter(|(owner, _)| owner == workspace);
        let setup = found.and_then(|(_, record)| record.setup);
        let sealed = setup.and_then(|setup| setup.api_key).ok_or(NoKey::NotGiven)?;
        Ok(vault.unseal(Row::of_account(workspace, account, Field::ApiKey), &sealed)?)
    }

    /// Learns from news what others lack.
    pub fn learn(&self, workspace: &WorkspaceId, account: &AccountId, news: &News) {
        let Some(dataset) = news.event.dataset.as_ref().filter(|_| self.sources.keyed.has(workspace, account)) else {
            return;
        };
        let owner = Owner { workspace: workspace.clone(), account: account.clone() };
        let (mut known, now) = (self.known(), self.sources.clock.now());
        known.learn_account(&owner, dataset, now);
        if let Some((id, name)) = enrichment::named(news) {
            known.learn_sample_name(SampleOf { owner, dataset: dataset.clone(), id }, name, now);
        }
    }

    /// Forgets what was got with the key of an account, which has another now, or none.
    pub fn forget(&self, workspace: &WorkspaceId, account: &AccountId) {
        let owner = Owner { workspace: workspace.clone(), account: account.clone() };
        self.known().forget(&owner);
        self.asked().remove(&owner);
    }

    /// A dataset as it is now, if an account with a key gets its events.
    pub async fn dataset(&self, workspace: &WorkspaceId, name: &DatasetName) -> Option<Fresh> {
        let of = DatasetOf { owner: self.owner_of(workspace, name)?, name: name.clone() };
        self.ask(self.open(vec![Question::Dataset(of.clone())])).await;
        self.known().dataset(&of, self.sources.clock.now())
    }

    /// The name of a sample that is in a dataset, if an account with a key gets the dataset's events.
    pub async fn sample_name(&self, workspace: &WorkspaceId, name: &DatasetName, id: SampleId) -> Option<Arc<str>> {
        let of = SampleOf { owner: self.owner_of(workspace, name)?, dataset: name.clone(), id };
        self.ask(self.open(vec![Question::Sample { of: of.clone(), vouched: false }])).await;
        self.known().sample_name(&of, self.sources.clock.now())
    }

    /// Puts into news what is known by now.
    pub(super) fn fill(&self, workspace: &WorkspaceId, due: &mut [(Delivery, Arc<News>)]) {
        let now = self.sources.clock.now();
        for (delivery, news) in due.iter_mut().filter(|(_, news)| enrichment::is_incomplete(news)) {
            if let Some(account) = delivery.account.clone().filter(|account| self.sources.keyed.has(workspace, account))
            {
                let owner = Owner { workspace: workspace.clone(), account };
                enrichment::enrich(news, delivery, &owner, &self.known(), now);
            }
        }
    }

    /// The states of a digest's datasets as far as they are known by now.
    pub(super) async fn states(
        &self,
        workspace: &WorkspaceId,
        digest: &DigestMessage,
    ) -> Result<Vec<(DatasetName, ObjectState)>, StoreError> {
        let names: Vec<DatasetName> = digest.datasets.iter().filter_map(|one| one.dataset.clone()).collect();
        let mut states = self.sources.store.dataset_states(workspace, names.clone()).await?;
        let now = self.sources.clock.now();
        for name in names {
            let Some(owner) = self.owner_of(workspace, &name) else { continue };
            let Some(fresh) = self.known().dataset(&DatasetOf { owner, name: name.clone() }, now) else { continue };
            if states.iter().any(|(other, state)| *other == name && state.at > fresh.at) {
                continue;
            }
            states.retain(|(other, _)| *other != name);
            let state = ObjectState { at: fresh.at, seen: LastSeen::Dataset(Box::new(fresh.dataset.as_ref().clone())) };
            states.push((name, state));
        }
        Ok(states)
    }

    /// What is still to be asked before a call is made.
    pub(super) fn missing(
        &self,
        workspace: &WorkspaceId,
        planned: &Planned<'_>,
        due: &[(Delivery, Arc<News>)],
    ) -> Vec<Question> {
        let now = self.sources.clock.now();
        let account_of = |name: &DatasetName| self.known().account_of(workspace, name, now);
        let questions = enrichment::questions(workspace, planned, due, account_of);
        for question in &questions {
            if let Question::Dataset(of) = question {
                self.known().learn_account(&of.owner, &of.name, now);
            }
        }
        self.open(questions)
    }

    /// Asks. Afterwards none of the questions is open: each is answered, or its account rests.
    pub(super) async fn ask(&self, questions: Vec<Question>) {
        let asking = async {
            for question in &questions {
                self.ask_one(question).await;
            }
        };
        if self.sources.clock.timeout(LOOKUP_TIMEOUT, asking).await.is_none() {
            for question in self.open(questions) {
                self.cool_down(question.owner(), ACCOUNT_COOLDOWN, "timed out");
            }
        }
    }

    async fn ask_one(&self, question: &Question) {
        let turn = Arc::clone(&self.asked().entry(question.owner().clone()).or_default().turn);
        let _turn = turn.lock().await;
        // Somebody else may have asked meanwhile.
        if !self.is_open(question) {
            return;
        }
        let Owner { workspace, account } = question.owner();
        let key = match self.key(workspace, account).await {
            Ok(key) => key,
            Err(error) => return self.cool_down(question.owner(), ACCOUNT_COOLDOWN, &error.to_string()),
        };
        match self.call(&key, question).await {
            Ok(()) => {}
            Err(SegmentsError::Throttled { retry_after }) => {
                self.cool_down(question.owner(), retry_after.max(Duration::from_secs(1)), "too many calls");
            }
            Err(error) => self.cool_down(question.owner(), ACCOUNT_COOLDOWN, &error.to_string()),
        }
    }

    /// Asks and learns.
    async fn call(&self, key: &SecretString, question: &Question) -> Result<(), SegmentsError> {
        let LookupSources { clock, segments, .. } = &self.sources;
        match question {
            Question::Sample { of, vouched } => {
                let found = found_or_none(segments.sample_and_dataset(key, of.id).await)?;
                let is_there = |said: Option<&DatasetName>| said.map_or(*vouched, |said| *said == of.dataset);
                let found = found.filter(|(_, said)| is_there(said.as_ref())).and_then(|(sample, _)| sample.name);
                match found {
                    Some(name) => self.known().learn_sample_name(of.clone(), &name, clock.now()),
                    None => self.known().learn_no_sample(of.clone(), clock.now()),
                }
            }
            Question::Dataset(of) => {
                let found = found_or_none(segments.dataset(key, &of.name).await)?;
                let found = found.filter(|dataset| dataset.full_name.as_ref() == Some(&of.name));
                self.known().learn_dataset(of.clone(), found, clock.now());
            }
        }
        Ok(())
    }

    /// Those that there is a point in asking now.
    fn open(&self, mut questions: Vec<Question>) -> Vec<Question> {
        questions.retain(|question| self.is_open(question));
        questions
    }

    fn is_open(&self, question: &Question) -> bool {
        let (owner, now) = (question.owner(), self.sources.clock.now());
        let rests = |asked: &HashMap<Owner, Asked>| asked.get(owner).and_then(|asked| asked.rests_until) > Some(now);
        self.sources.keyed.has(&owner.workspace, &owner.account)
            && !rests(&self.asked())
            && !question.is_settled(&self.known(), now)
    }

    fn cool_down(&self, owner: &Owner, length: Duration, why: &str) {
        let until = later(self.sources.clock.now(), length);
        // An account's id opens its endpoint: the log has the workspace alone.
        info!(workspace.id = %owner.workspace, "paused name lookups at Segments.ai until {until}: {why}");
        self.asked().entry(owner.clone()).or_default().rests_until = Some(until);
    }

    /// Whose key a dataset is asked with.
    fn owner_of(&self, workspace: &WorkspaceId, dataset: &DatasetName) -> Option<Owner> {
        let account = self.known().account_of(workspace, dataset, self.sources.clock.now())?;
        let has_key = self.sources.keyed.has(workspace, &account);
        has_key.then(|| Owner { workspace: workspace.clone(), account })
    }

    fn known(&self) -> MutexGuard<'_, CachedAnswers> {
        self.known.lock()
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<Owner, Asked>> {
        self.asked.lock()
    }
}

/// What was found. What is refused for itself alone is not there, as far as the key sees.
fn found_or_none<T>(found: Result<T, SegmentsError>) -> Result<Option<T>, SegmentsError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(SegmentsError::NotFound | SegmentsError::Forbidden { .. } | SegmentsError::Rejected { .. }) => Ok(None),
        Err(
            error @ (SegmentsError::Throttled { .. }
            | SegmentsError::Unauthorized
            | SegmentsError::Unavailable(_)
            | SegmentsError::Unclear(_)),
        ) => Err(error),
    }
}
