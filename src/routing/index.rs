//! Every subscription in memory, found by the dataset of an event without looking at the others.

use super::matching::wants;
use crate::model::{
    ChannelId, DatasetName, DatasetPattern, Mute, News, Options, Subscription, SubscriptionState, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// How many datasets of a workspace are remembered as seen, here and on disk.
pub const MAX_DATASETS_PER_WORKSPACE: usize = 100_000;

/// The subscriptions of all workspaces, and the datasets that were seen in each.
#[derive(Debug, Default)]
pub struct Index(HashMap<WorkspaceId, Workspace>);

/// One channel that wants an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The channel.
    pub channel: ChannelId,
    /// Of its subscriptions that match, the one with the lowest number.
    pub subscription: Arc<Subscription>,
    /// That one's options, with the mentions of all that match.
    pub options: Options,
}

impl Index {
    /// Takes in the subscriptions of a workspace, as they are stored; replaces those of the channels they name.
    pub fn load(&mut self, workspace: &WorkspaceId, subscriptions: impl IntoIterator<Item = Subscription>) {
        let mut channels: HashMap<_, Vec<_>> = HashMap::new();
        for subscription in subscriptions {
            channels.entry(subscription.channel.clone()).or_default().push(Arc::new(subscription));
        }
        for (channel, subscriptions) in channels {
            self.replace_channel(workspace, &channel, subscriptions);
        }
    }

    /// Puts these subscriptions in place of all that a channel had.
    pub fn replace_channel(
        &mut self,
        workspace: &WorkspaceId,
        channel: &ChannelId,
        subscriptions: Vec<Arc<Subscription>>,
    ) {
        let workspace = self.0.entry(workspace.clone()).or_default();
        let before = workspace.channels.remove(channel).unwrap_or_default();
        let patterns: HashSet<_> = before.iter().map(|subscription| &subscription.rule.dataset).collect();
        for pattern in patterns {
            workspace.groups.clear(pattern, channel);
        }
        for subscription in &subscriptions {
            // What waits for an invitation has nowhere to deliver; what is paused is delivered later.
            if !matches!(subscription.state, SubscriptionState::Waiting) {
                workspace.groups.put(Arc::clone(subscription));
            }
        }
        if !subscriptions.is_empty() {
            workspace.channels.insert(channel.clone(), subscriptions);
        }
    }

    /// Puts these mutes in place of all that a channel had.
    pub fn replace_mutes(&mut self, workspace: &WorkspaceId, channel: &ChannelId, mutes: Vec<Mute>) {
        let workspace = self.0.entry(workspace.clone()).or_default();
        if mutes.is_empty() {
            workspace.mutes.remove(channel);
        } else {
            workspace.mutes.insert(channel.clone(), mutes);
        }
    }

    /// A channel's mutes; some may be over.
    pub fn mutes(&self, workspace: &WorkspaceId, channel: &ChannelId) -> &[Mute] {
        self.0.get(workspace).and_then(|workspace| workspace.mutes.get(channel)).map_or(&[], Vec::as_slice)
    }

    /// A channel's subscriptions, whatever their state, in the order they were given.
    pub fn channel(&self, workspace: &WorkspaceId, channel: &ChannelId) -> &[Arc<Subscription>] {
        self.0.get(workspace).and_then(|workspace| workspace.channels.get(channel)).map_or(&[], Vec::as_slice)
    }

    /// The channels of a workspace that an event goes to, each once, in order. Costs nothing for subscriptions to other
    /// datasets; of the globs, only those whose fixed start or end fits are looked at.
    pub fn matches(&self, workspace: &WorkspaceId, news: &News) -> Vec<Match> {
        let Some(workspace) = self.0.get(workspace) else { return Vec::new() };
        let dataset = news.event.dataset.as_ref();
        let mut matching: Vec<_> =
            workspace.groups.candidates(dataset).filter(|subscription| wants(&subscription.rule, news)).collect();
        matching.sort_unstable_by_key(|subscription| (&subscription.channel, subscription.number));
        matching.chunk_by(|a, b| a.channel == b.channel).map(merge_matches).collect()
    }

    /// Remembers a dataset as seen, and says whether it is new. Beyond 100,000 nothing is remembered, and nothing is new.
    pub fn note_dataset(&mut self, workspace: &WorkspaceId, dataset: &DatasetName) -> bool {
        let known = self.0.get(workspace).map(|workspace| &workspace.datasets);
        if known.is_some_and(|known| known.len() >= MAX_DATASETS_PER_WORKSPACE || known.contains(dataset)) {
            return false;
        }
        self.0.entry(workspace.clone()).or_default().datasets.insert(dataset.clone())
    }

    /// Whether a pattern matches any dataset that was seen.
    pub fn seen(&self, workspace: &WorkspaceId, pattern: &DatasetPattern) -> bool {
        let Some(workspace) = self.0.get(workspace) else { return false };
        match pattern.only() {
            Some(name) => workspace.datasets.contains(&name),
            None => workspace.datasets.iter().any(|dataset| pattern.matches(Some(dataset))),
        }
    }

    /// The datasets that were seen, by name.
    pub fn datasets(&self, workspace: &WorkspaceId) -> impl Iterator<Item = &DatasetName> {
        self.0.get(workspace).into_iter().flat_map(|workspace| &workspace.datasets)
    }
}

/// One match of all that match in a channel, lowest number first; there is at least one.
fn merge_matches(matching: &[&Arc<Subscription>]) -> Match {
    let subscription = Arc::clone(matching[0]);
    let mut options = subscription.rule.options.clone();
    let mut mentioned = HashSet::new();
    options.mention = matching
        .iter()
        .flat_map(|subscription| &subscription.rule.options.mention)
        .filter(|mention| mentioned.insert(mention.as_str()))
        .cloned()
        .collect();
    Match { channel: subscription.channel.clone(), subscription, options }
}

#[derive(Debug, Default)]
struct Workspace {
    channels: HashMap<ChannelId, Vec<Arc<Subscription>>>,
    groups: Groups,
    mutes: HashMap<ChannelId, Vec<Mute>>,
    datasets: BTreeSet<DatasetName>,
}

/// Subscriptions, each under the most telling text that every dataset it means must have.
#[derive(Debug, Default)]
struct Groups {
    /// The full name: `jane/flowers`.
    exact: Group,
    /// What the full name starts with: `jane/`, `jane/lidar-`, `ja`.
    start: Group,
    /// What the name ends with, where owner and name may start with anything.
    name_end: Group,
    /// What the name starts with, where the owner may start with anything; nothing, where the name may too.
    name_start: Group,
}

impl Groups {
    fn group(&mut self, pattern: &DatasetPattern) -> (&mut Group, String) {
        let (owner, name) = (pattern.owner.as_str(), pattern.name.as_str());
        let owner_start = owner.split(['*', '?']).next().unwrap_or_default();
        let name_start = name.split(['*', '?']).next().unwrap_or_default();
        let name_end = name.rsplit(['*', '?']).next().unwrap_or_default();
        if pattern.owner.is_literal() {
            let group = if pattern.name.is_literal() { &mut self.exact } else { &mut self.start };
            (group, format!("{owner}/{name_start}"))
        } else if !owner_start.is_empty() {
            (&mut self.start, owner_start.to_owned())
        } else if name_start.is_empty() && !name_end.is_empty() {
            (&mut self.name_end, name_end.to_owned())
        } else {
            (&mut self.name_start, name_start.to_owned())
        }
    }

    fn put(&mut self, subscription: Arc<Subscription>) {
        let (group, text) = self.group(&subscription.rule.dataset);
        group.put(text, subscription);
    }

    /// Takes a channel's subscriptions off the place where this pattern is kept.
    fn clear(&mut self, pattern: &DatasetPattern, channel: &ChannelId) {
        let (group, text) = self.group(pattern);
        group.clear(&text, channel);
    }

    /// All that may mean a dataset, each once; without a dataset, all that may mean everything.
    fn candidates(&self, dataset: Option<&DatasetName>) -> impl Iterator<Item = &Arc<Subscription>> {
        let (full, name) = dataset.map_or(("", ""), |dataset| (dataset.as_str(), dataset.name()));
        let starts = self.start.lengths(full).filter_map(|length| full.get(..length));
        let name_starts = self.name_start.lengths(name).filter_map(|length| name.get(..length));
        let name_ends = self.name_end.lengths(name).filter_map(|length| name.get(name.len() - length..));
        let exact = self.exact.at(full).iter();
        exact
            .chain(starts.flat_map(|text| self.start.at(text)))
            .chain(name_starts.flat_map(|text| self.name_start.at(text)))
            .chain(name_ends.flat_map(|text| self.name_end.at(text)))
    }
}

#[derive(Debug, Default)]
struct Group {
    places: HashMap<String, Vec<Arc<Subscription>>>,
    /// How many places have a text of this length: no other lengths need be looked for.
    lengths: BTreeMap<usize, usize>,
}

impl Group {
    fn put(&mut self, text: String, subscription: Arc<Subscription>) {
        let length = text.len();
        let place = self.places.entry(text).or_default();
        if place.is_empty() {
            *self.lengths.entry(length).or_default() += 1;
        }
        place.push(subscription);
    }

    fn clear(&mut self, text: &str, channel: &ChannelId) {
        let Some(place) = self.places.get_mut(text) else { return };
        place.retain(|subscription| subscription.channel != *channel);
        if place.is_empty() {
            self.places.remove(text);
            if let Some(places) = self.lengths.get_mut(&text.len()) {
                *places -= 1;
                if *places == 0 {
                    self.lengths.remove(&text.len());
                }
            }
        }
    }

    fn lengths(&self, text: &str) -> impl Iterator<Item = usize> {
        self.lengths.range(..=text.len()).map(|(length, _)| *length)
    }

    fn at(&self, text: &str) -> &[Arc<Subscription>] {
        self.places.get(text).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, EventSelection, EventType, Glob, Object, Rule, UserId};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn workspace() -> WorkspaceId {
        WorkspaceId::parse("T1").unwrap()
    }

    fn subscription(channel: u8, number: u32, owner: &str, name: &str, event: &str) -> Subscription {
        Subscription {
            channel: ChannelId::parse(format!("C{channel}")).unwrap(),
            number,
            rule: Rule {
                dataset: DatasetPattern { owner: Glob::new(owner), name: Glob::new(name) },
                events: EventSelection { include: vec![Glob::new(event)], exclude: Vec::new() },
                filters: Vec::new(),
                options: Options { mention: vec![format!("U{number}")], ..Options::default() },
            },
            creator: UserId::parse("U1").unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            time_zone: None,
            state: SubscriptionState::Active,
        }
    }

    fn news(event_type: &str, dataset: Option<&str>) -> News {
        let event = Event {
            event_type: EventType::parse(event_type),
            created_at: Timestamp::UNIX_EPOCH,
            dataset: dataset.and_then(DatasetName::parse),
            object: Object::Unknown,
            text: None,
        };
        News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None }
    }

    /// What `matches` must give, found by asking every subscription there is.
    fn naive(world: &[Subscription], news: &News) -> Vec<(ChannelId, u32, Vec<String>)> {
        let mut matches: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for subscription in world {
            let wanted = subscription.rule.dataset.matches(news.event.dataset.as_ref())
                && subscription.rule.events.matches(news)
                && !matches!(subscription.state, SubscriptionState::Waiting);
            if wanted {
                matches.entry(subscription.channel.clone()).or_default().push(subscription.number);
            }
        }
        let mentions = |numbers: &[u32]| numbers.iter().map(|number| format!("U{number}")).collect();
        matches.into_iter().map(|(channel, numbers)| (channel, numbers[0], mentions(&numbers))).collect()
    }

    proptest! {
        #[test]
        fn the_index_gives_what_asking_every_subscription_gives(
            world in prop::collection::vec(
                (0_u8..4, "[aé*?]{1,3}", "[aé*?]{1,3}", "(a\\.\\*|\\*|a\\.b|b\\.b)", 0_u8..5), 0..40),
            replaced in 0_u8..4,
            dataset in prop::option::of("[aé]{1,3}/[aé]{1,3}"),
        ) {
            let mut world: Vec<_> = (1..).zip(world).map(|(number, (channel, owner, name, event, state))| {
                let mut subscription = subscription(channel, number, &owner, &name, &event);
                if state == 0 {
                    subscription.state = SubscriptionState::Waiting;
                }
                subscription
            }).collect();
            let mut index = Index::default();
            index.load(&workspace(), world.clone());
            let news = news("a.b", dataset.as_deref());
            for _ in 0..2 {
                let found: Vec<_> = index.matches(&workspace(), &news).into_iter()
                    .map(|found| (found.channel, found.subscription.number, found.options.mention)).collect();
                prop_assert_eq!(found, naive(&world, &news));
                // Once more with every other subscription of one channel gone.
                let channel = ChannelId::parse(format!("C{replaced}")).unwrap();
                world.retain(|subscription| subscription.channel != channel || subscription.number % 2 == 0);
                let kept = world.iter().filter(|subscription| subscription.channel == channel).cloned();
                index.replace_channel(&workspace(), &channel, kept.map(Arc::new).collect());
            }
        }
    }

    #[test]
    fn another_workspace_sees_nothing_of_it() {
        let other = WorkspaceId::parse("T2").unwrap();
        let mut index = Index::default();
        index.load(&workspace(), [subscription(1, 1, "*", "*", "*")]);
        index.note_dataset(&workspace(), &DatasetName::parse("jane/flowers").unwrap());
        assert_eq!(index.matches(&other, &news("a.b", Some("jane/flowers"))), []);
        assert!(index.channel(&other, &ChannelId::parse("C1").unwrap()).is_empty());
        assert_eq!(index.datasets(&other).count(), 0);
    }

    #[test]
    fn a_paused_subscription_matches_so_that_its_events_are_held() {
        let reason = crate::model::PauseReason("is_archived".to_owned());
        let state = SubscriptionState::Paused { reason, since: Timestamp::UNIX_EPOCH };
        let mut index = Index::default();
        index.load(&workspace(), [Subscription { state, ..subscription(1, 1, "jane", "*", "*") }]);
        assert_eq!(index.matches(&workspace(), &news("a.b", Some("jane/flowers"))).len(), 1);
    }

    #[test]
    fn a_dataset_is_new_once() {
        let flowers = DatasetName::parse("jane/flowers").unwrap();
        let pattern = DatasetPattern { owner: Glob::new("*"), name: Glob::new("fl*") };
        let mut index = Index::default();
        assert!(!index.seen(&workspace(), &pattern));
        assert!(index.note_dataset(&workspace(), &flowers));
        assert!(!index.note_dataset(&workspace(), &flowers));
        assert!(index.seen(&workspace(), &pattern));
        assert_eq!(index.datasets(&workspace()).collect::<Vec<_>>(), [&flowers]);
    }

    #[test]
    fn an_emptied_index_keeps_nothing_of_a_channel() {
        let mut index = Index::default();
        index.load(
            &workspace(),
            [("jane", "flowers"), ("jane", "*"), ("*", "a*"), ("*", "*a")]
                .map(|(owner, name)| subscription(1, 1, owner, name, "*")),
        );
        index.replace_channel(&workspace(), &ChannelId::parse("C1").unwrap(), Vec::new());
        let Groups { exact, start, name_end, name_start } = &index.0[&workspace()].groups;
        for group in [exact, start, name_end, name_start] {
            assert!(group.places.is_empty() && group.lengths.is_empty());
        }
    }
}
