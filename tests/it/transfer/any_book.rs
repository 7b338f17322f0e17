//! Whatever is subscribed: exported and imported it is the same again, and no file makes the reading of it panic.

use crate::harness::{channel, user, workspace};
use crate::hostile_cards::hostile;
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use segments_slack::app::App;
use segments_slack::app::subscriptions::import_export::{ExportScope, ImportRequest, ImportResult, export, import};
use segments_slack::model::selection::known_names;
use segments_slack::model::subscription::{Batch, Digest, Echo, LocalTime, Quiet, Style};
use segments_slack::model::{
    DatasetPattern, EventSelection, Filter, FilterKey, Glob, Mute, Options, Rule, Subscription, SubscriptionState,
    UserMapping, Username,
};
use segments_slack::slack::command::{line, read_lines};
use segments_slack::store::{ChannelSubscriptions, Durability, EditResult, Store, SubscriptionEdit, open};
use std::collections::HashSet;
use std::sync::Arc;

fn now() -> Timestamp {
    "2026-11-20T09:15:00Z".parse().unwrap()
}

/// What a name may be made of that can be typed at all.
fn name() -> impl Strategy<Value = String> {
    let odd = select(" \"'\\:,;.-!?*#@<>&|`“’—\u{a0}\u{200d}\u{202e}\u{2028}花é".chars().collect::<Vec<_>>());
    let letter = prop_oneof![2 => odd, 4 => proptest::char::range('a', 'z')];
    vec(letter, 1..12).prop_map(|letters| letters.into_iter().collect())
}

fn time() -> impl Strategy<Value = LocalTime> {
    (0..24u8, 0..60u8).prop_map(|(hour, minute)| LocalTime { hour, minute })
}

fn options() -> impl Strategy<Value = Options> {
    let digest = prop_oneof![
        Just(Digest::Hourly),
        time().prop_map(Digest::Daily),
        (0..7u8, time()).prop_map(|(day, time)| Digest::Weekly(day, time)),
    ];
    let quiet = (time(), time()).prop_filter("a while", |(from, until)| from != until);
    (
        of(any::<bool>()),
        of(select(&[Echo::None, Echo::State, Echo::All][..])),
        of(select(&[Style::Line, Style::Card, Style::Full][..])),
        of(select(&[Batch::Auto, Batch::Off, Batch::Minutes(5)][..])),
        of(digest),
        subsequence(vec!["U1", "W2AB", "S3"], 0..=3).prop_shuffle(),
        of(quiet.prop_map(|(from, until)| Quiet { from, until })),
    )
        .prop_map(|(threads, echo, style, batch, digest, mention, quiet)| Options {
            threads,
            echo,
            style,
            batch,
            digest,
            mention: mention.into_iter().map(str::to_owned).collect(),
            quiet,
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let side = || prop_oneof![3 => name().prop_map(|name| name.replace('/', "_")), 1 => Just("*".to_owned())];
    let dataset =
        (side(), side()).prop_map(|(owner, name)| DatasetPattern { owner: Glob::new(owner), name: Glob::new(name) });
    let mut all: Vec<_> = known_names().collect();
    all.extend(["*", "sample.*", "*.deleted", "iss*", "workunit.created"]);
    let globs = |least| {
        let some = subsequence(all.clone(), least..8).prop_shuffle();
        some.prop_map(|names| names.into_iter().map(Glob::new).collect::<Vec<_>>())
    };
    let filter = (select(&FilterKey::ALL[..]), vec(name().prop_map(Glob::new), 1..4), any::<bool>())
        .prop_map(|(key, values, exclude)| Filter { key, values, exclude });
    let events = (globs(1), globs(0)).prop_map(|(include, exclude)| EventSelection { include, exclude });
    let events = events.prop_filter("some event", |events| !events.is_empty());
    (dataset, events, vec(filter, 0..4).prop_map(Filter::united), options())
        .prop_map(|(dataset, events, filters, options)| Rule { dataset, events, filters, options })
}

/// Subscriptions of several channels and people.
fn subscriptions() -> impl Strategy<Value = Vec<Subscription>> {
    let zone = of(select(&["Europe/Brussels", "America/New_York"][..]));
    let one = (rule(), select(&["C1", "C2", "G3"][..]), select(&["U1", "W2"][..]), zone);
    vec(one, 0..12).prop_map(|all| {
        let mut seen = HashSet::new();
        let all = all
            .into_iter()
            .filter(|(rule, place, ..)| seen.insert((*place, rule.dataset.clone(), rule.filters.clone())));
        let numbered = (1..).zip(all).map(|(number, (rule, place, creator, zone))| Subscription {
            channel: channel(place),
            number,
            time_zone: zone
                .filter(|_| rule.options.quiet.is_some() || rule.options.digest.is_some())
                .map(str::to_owned),
            rule,
            creator: user(creator),
            created_at: now(),
            state: SubscriptionState::Active,
        });
        numbered.collect()
    })
}

/// A new store that knows the workspace.
async fn store(folder: &tempfile::TempDir, name: &str) -> Arc<dyn Store> {
    let store = open(&format!("sled:{}", folder.path().join(name).display()), Durability::Process).unwrap();
    let link = UserMapping { username: Username::parse("jane").unwrap(), user: user("U1"), at: now() };
    store.map_user(&workspace(), link, None).await.unwrap();
    store
}

async fn put(store: &dyn Store, subscriptions: &[Subscription]) {
    for place in ["C1", "C2", "G3"] {
        let put: Vec<_> = subscriptions.iter().filter(|one| one.channel == channel(place)).cloned().collect();
        let ChannelSubscriptions { revision, next_number, .. } = ChannelSubscriptions::default();
        let by = user("U1");
        let mutes = vec![Mute {
            dataset: DatasetPattern::everything(),
            until: now() + jiff::SignedDuration::from_hours(1),
            by,
        }];
        let edit = SubscriptionEdit {
            revision,
            put,
            remove: Vec::new(),
            mutes: Some(mutes),
            next_number,
            cause: None,
            undo: None,
            undoes: None,
            audit_entry: None,
            at: now(),
        };
        assert_eq!(
            store.edit_subscriptions(&App::channel_ref(&workspace(), &channel(place)), edit).await.unwrap(),
            EditResult::Stored
        );
    }
}

async fn imported(store: &dyn Store, text: &str, dry_run: bool) -> (usize, usize) {
    let done = import(store, None, ImportRequest { text: text.to_owned(), dry_run }, now()).await.unwrap();
    let ImportResult::Done(done) = done else { panic!("{done:?}\n{text}") };
    done.iter().fold((0, 0), |(changes, as_before), done| (changes + done.changes.len(), as_before + done.as_before))
}

/// What is the same in another channel: everything but numbers.
async fn kept(store: &dyn Store) -> Vec<Subscription> {
    let mut all = store.subscriptions(&workspace()).await.unwrap();
    for one in &mut all {
        one.number = 0;
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_book_is_the_same_after_export_and_import(subscriptions in subscriptions()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (from, to) = (store(&folder, "from").await, store(&folder, "to").await);
            put(&*from, &subscriptions).await;
            let file = export(&*from, &ExportScope::default(), now()).await.unwrap();
            assert_eq!(file.left_out, 0, "{}", file.text);
            let count = subscriptions.len();
            assert_eq!(imported(&*from, &file.text, false).await, (0, count + 1), "{}", file.text);
            assert_eq!(imported(&*to, &file.text, true).await, (count, 1));
            assert!(kept(&*to).await.is_empty(), "a dry run changes nothing");
            assert_eq!(imported(&*to, &file.text, false).await, (count, 1));
            assert_eq!(imported(&*to, &file.text, false).await, (0, count + 1));
            assert_eq!(kept(&*to).await, kept(&*from).await);
            let again = export(&*to, &ExportScope::default(), now()).await.unwrap().text;
            let lines = |text: &str| text.lines().filter(|line| !line.starts_with("# muted")).collect::<Vec<_>>().join("\n");
            assert_eq!(lines(&again), lines(&file.text));
        });
    }

    #[test]
    fn a_line_is_read_back_even_through_slack(rule in rule()) {
        let line = line(&rule).unwrap();
        let through_slack = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        for text in [&line, &through_slack, &format!("# x\n/segments {line}\r\n")] {
            let read = read_lines(text).unwrap();
            prop_assert_eq!(&read[0].asked.rules(), std::slice::from_ref(&rule), "{}", text);
        }
    }

    #[test]
    fn whatever_is_pasted_has_an_answer(
        text in vec(prop_oneof![
            hostile().prop_map(Option::unwrap_or_default),
            select(&["\n", "\r", "workspace T1", "channel C1", "creator U1", "zone ", "person U1 is ", "subscribe a/b "][..])
                .prop_map(str::to_owned),
        ], 0..20),
    ) {
        let text = text.concat();
        let _answer = read_lines(&text);
        let file = format!("segments-slack export, version 1\nworkspace T1\nchannel C1\ncreator U1\n{text}");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = store(&folder, "any").await;
            for text in [text, file] {
                import(&*store, None, ImportRequest { text, dry_run: true }, now()).await.unwrap();
            }
        });
    }
}
