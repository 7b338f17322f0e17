//! What holds for every reply, whatever stands in it: Slack's limits, and that nothing foreign becomes markup.

use super::*;
use proptest::prelude::*;
use segments_slack::model::{DatasetName, EventSummary, Pause, UserMapping, Username};
use segments_slack::render::reply::{
    self, AccountStatus, MatchReason, MatchedEvent, Note, RuleChange, SinceStart, StatusReport,
};
use segments_slack::slack::command::{CommandError, NotRead, Problem};
use std::collections::HashSet;
use uuid::Uuid;

/// Text that tries to break out: markup, tokens, code marks, control and bidirectional characters, up to 10,000 characters.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<!channel>".to_owned()),
        Just("<@UEVIL>".to_owned()),
        Just("<https://evil.example|here>".to_owned()),
        Just("&lt;&amp;".to_owned()),
        Just("`*_~".to_owned()),
        Just("\u{202e}\u{200b}\r\n\0".to_owned()),
        Just("👩🏽‍🌾e\u{301}\u{5d0}".to_owned()),
        "[a-z*?/.:, -]{1,8}",
        any::<String>(),
    ];
    prop_oneof![
        8 => prop::collection::vec(piece.clone(), 0..6).prop_map(|pieces| pieces.concat()),
        1 => (piece, 1_usize..10_000).prop_map(|(piece, length)| piece.chars().cycle().take(length).collect()),
    ]
}

fn globs(most: usize) -> impl Strategy<Value = Vec<Glob>> {
    let glob =
        prop_oneof![Just("sample.*".to_owned()), Just("*".to_owned()), Just("label.rejected".to_owned()), hostile(),];
    prop::collection::vec(glob.prop_map(Glob::new), 1..most)
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let filter = (prop::sample::select(FilterKey::ALL.to_vec()), globs(4), any::<bool>())
        .prop_map(|(key, values, exclude)| Filter { key, values, exclude });
    let options = (any::<bool>(), prop::collection::vec(hostile(), 0..3)).prop_map(|(full, mention)| Options {
        style: full.then_some(Style::Full),
        batch: full.then_some(Batch::Minutes(5)),
        threads: full.then_some(false),
        mention,
        ..Options::default()
    });
    (hostile(), hostile(), globs(12), globs(3), any::<bool>(), prop::collection::vec(filter, 0..4), options).prop_map(
        |(owner, name, include, exclude, excludes, filters, options)| Rule {
            dataset: pattern(&owner, &name),
            events: EventSelection { include, exclude: if excludes { exclude } else { Vec::new() } },
            filters,
            options,
        },
    )
}

fn any_book() -> impl Strategy<Value = Vec<Subscription>> {
    let state = prop_oneof![
        3 => Just(SubscriptionState::Active),
        1 => Just(SubscriptionState::Waiting),
        1 => hostile().prop_map(|code| SubscriptionState::Paused { reason: PauseReason(code), since: noon() }),
    ];
    prop::collection::vec((any_rule(), state), 1..30).prop_map(|rules| {
        let numbered = rules.into_iter().zip(1..);
        numbered.map(|((rule, state), number)| Subscription { state, ..subscription(number, rule) }).collect()
    })
}

/// Everything of a message that Slack reads as mrkdwn, and its plain texts.
fn texts(message: &Message) -> Vec<String> {
    fn collect(value: &Value, texts: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let (Some("mrkdwn"), Some(Value::String(text))) =
                    (fields.get("type").and_then(Value::as_str), fields.get("text"))
                {
                    texts.push(text.clone());
                }
                fields.values().for_each(|field| collect(field, texts));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
            _ => {}
        }
    }
    let mut texts = vec![message.text.clone()];
    for block in blocks(message) {
        collect(&block, &mut texts);
    }
    texts
}

/// Fails on a `<`, `>` or `&` that is not part of a token or an entity of our own making.
fn assert_escaped(text: &str) {
    let mut rest = text;
    while let Some(place) = rest.find(['<', '>', '&']) {
        rest = &rest[place..];
        let entity = ["&amp;", "&lt;", "&gt;"].into_iter().find(|entity| rest.starts_with(entity));
        let token = || {
            let end = rest.find('>').expect("a token ends");
            let token = &rest[..=end];
            let ours = ["<@UANN>", "<@UBOT>", "<#C1>", "<!subteam^STEAM>", "<https://slack-status.com|Slack's status>"];
            let starts = ["<!date^1772452800^", "<https://acme.slack.com/archives/C1/p"];
            assert!(ours.contains(&token) || starts.iter().any(|start| token.starts_with(start)), "{token} in {text}");
            token
        };
        rest = &rest[entity.unwrap_or_else(token).len()..];
    }
}

/// Fails where Slack would refuse the message.
pub(super) fn assert_fits(message: &Message) {
    let length = |text: &str| text.encode_utf16().count();
    assert!(!message.text.is_empty() && length(&message.text) <= 4_000, "a text of {}", length(&message.text));
    assert!(!message.text.contains(['\n', '\r']), "{:?}", message.text);
    for text in texts(message) {
        assert_escaped(&text);
    }
    let blocks = blocks(message);
    assert!((1..=50).contains(&blocks.len()));
    let mut ids = HashSet::new();
    let mut characters = 0;
    for block in &blocks {
        let bounded = |value: &Value, most: usize| {
            let length = length(value.as_str().unwrap());
            assert!((1..=most).contains(&length), "{length} of {most}: {value}");
            length
        };
        match block["type"].as_str().unwrap() {
            "section" => characters += bounded(&block["text"]["text"], 3_000),
            "context" => {
                let elements = block["elements"].as_array().unwrap();
                assert!((1..=10).contains(&elements.len()));
                characters += elements.iter().map(|element| bounded(&element["text"], 3_000)).sum::<usize>();
            }
            "actions" => {
                let elements = block["elements"].as_array().unwrap();
                assert!((1..=25).contains(&elements.len()));
                for button in elements {
                    bounded(&button["text"]["text"], 75);
                    bounded(&button["action_id"], 255);
                    characters += length(button["value"].as_str().unwrap_or_default());
                    assert!(length(button["value"].as_str().unwrap_or_default()) <= 2_000);
                    assert!(ids.insert(button["action_id"].clone()), "{} twice", button["action_id"]);
                }
            }
            other => panic!("a reply has no {other}"),
        }
    }
    assert!(characters <= 12_000, "{characters} characters in all");
    let all = serde_json::to_string(&blocks).unwrap().chars().count();
    assert!(all <= 13_000, "{all} characters of JSON in all");
}

/// The numbers of the subscriptions that a page shows, each in a section of its own.
fn numbers_on(page: &Message) -> Vec<u32> {
    let sections = blocks(page).into_iter().filter(|block| block["type"] == "section");
    let lines = sections.map(|block| string(&block["text"]["text"]));
    lines.filter_map(|line| line.strip_prefix('#')?.split(' ').next()?.parse().ok()).collect()
}

/// Every page, by clicking *Next page* until there is none.
fn pages(book: &[Subscription]) -> Vec<Message> {
    let mut pages = vec![reply::list(book, 0)];
    while blocks(pages.last().unwrap()).iter().any(|block| block.to_string().contains("Next page")) {
        pages.push(reply::list(book, pages.len()));
        assert!(pages.len() <= book.len(), "more pages than subscriptions");
    }
    pages
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn list_pages_fit_and_hold_each_subscription_once(book in any_book()) {
        let pages = pages(&book);
        pages.iter().for_each(assert_fits);
        let mut numbers: Vec<u32> = pages.iter().flat_map(numbers_on).collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, book.iter().map(|one| one.number).collect::<Vec<_>>());
        assert_fits(&reply::list(&book, usize::MAX));
        assert_fits(&reply::overview(&book));
    }

    #[test]
    fn every_answer_about_subscriptions_fits(book in any_book(), target in hostile(), other in any_rule()) {
        let id = Some(Uuid::from_u128(1));
        let change = |one: &Subscription| RuleChange {
            number: one.number,
            before: (!one.number.is_multiple_of(3)).then(|| other.clone()),
            after: (one.number % 3 != 1).then(|| one.rule.clone()),
        };
        let changes: Vec<RuleChange> = book.iter().map(change).collect();
        let notes = [Note::NothingSeenYet(other.dataset.clone()), Note::DefaultEvents, Note::Joined];
        for changes in [&changes[..1], &changes[changes.len() - 1..], &changes[..]] {
            assert_fits(&reply::changed(&ann(), changes, &notes, id));
            assert_fits(&reply::undone(&ann(), changes));
            assert_fits(&reply::imported(&ann(), changes, usize::MAX - 99, &notes, id));
            assert_fits(&reply::waiting_for_invite(&bot(), changes));
        }
        for book in [&book[..1], &book[..]] {
            assert_fits(&reply::unchanged(book));
            assert_fits(&reply::exported(book, 0));
            assert_fits(&reply::now_active(book));
            assert_fits(&reply::resumed(Some(&ann()), book));
            assert_fits(&reply::unsubscribed_all(&ann(), book, id));
            assert_fits(&reply::no_such_subscription(&target, book));
            assert_fits(&reply::confirm_unsubscribe(&book[0]));
            assert_fits(&reply::edit_by_command(&book[0]));
        }
        let wish = MatchReason::Selects(&other, &other.events.include[0]);
        let gist = EventSummary { event: target.clone(), dataset: DatasetName::parse(&target), name: Some(target.clone()), by: Some(target.clone()), at: noon() };
        assert_fits(&reply::explain_message(&vec![MatchedEvent { gist, number: 1, wish }; 30], u64::MAX));
        assert_fits(&reply::test_event_not_selected(&target, 1, &other));
        assert_fits(&reply::selects_nothing(&other.dataset));
    }

    #[test]
    fn every_answer_to_hostile_words_fits(
        token in hostile(),
        corrections in prop::collection::vec(hostile(), 0..5),
        limit in any::<usize>(),
    ) {
        let problems = [
            Problem::UnknownVerb, Problem::NotAnEvent, Problem::NotADataset, Problem::UnknownKey,
            Problem::EmptyFilter, Problem::BadOption("style"), Problem::BadNumber, Problem::BadLength,
            Problem::UnknownTopic, Problem::MissingDataset, Problem::MissingTarget, Problem::MissingLength,
            Problem::NotAUsername, Problem::MissingName, Problem::OneDatasetOnly, Problem::Unexpected, Problem::TooLong(limit),
            Problem::TooMany(limit), Problem::BadCount(u8::MAX), Problem::NotALine,
        ];
        for problem in problems {
            for corrections in [corrections.clone(), Vec::new()] {
                let error = CommandError { token: token.clone(), problem: problem.clone(), corrections };
                assert_fits(&reply::mistake(&error));
                assert_fits(&reply::not_imported(&NotRead::Wrong(vec![(usize::MAX, error); 30])));
            }
        }
        for username in token.split(['<', '>', ' ']).filter_map(Username::parse) {
            let link = UserMapping { username: username.clone(), user: ann(), at: noon() };
            assert_fits(&reply::linked_username(Some(&link)));
            assert_fits(&reply::username_linked(&username, Some(&username), Some(&bot())));
            assert_fits(&reply::username_taken(&username, &link));
            assert_fits(&reply::username_was_taken_over(&ann(), &username));
            assert_fits(&reply::username_unlinked(Some(&link)));
            assert_fits(&reply::username_linked_for(&bot(), &username, Some(&username), true));
            assert_fits(&reply::username_was_linked_by(&ann(), &username));
            assert_fits(&reply::username_taken_by_other(&username, &link));
            assert_fits(&reply::username_unlinked_for(&bot(), Some(&link), false));
            assert_fits(&reply::username_was_unlinked_by(&ann(), &username));
        }
        let pause = Pause { reason: PauseReason(token.clone()), since: noon() };
        assert_fits(&reply::paused_notice(&ChannelId::parse("C1").unwrap(), &pause));
        assert_fits(&reply::still_rejected(&token));
        assert_fits(&reply::unavailable(&token));
        assert_fits(&reply::timed_out());
        let account = AccountStatus { name: token.clone(), last_event: Some(noon()), last_test: None };
        let status = StatusReport {
            accounts: vec![account; 30],
            waiting_events: u64::MAX,
            held: u64::MAX,
            oldest_waiting: Some(noon()),
            dead: u64::MAX,
            paused: usize::MAX,
            waiting: usize::MAX,
            subscriptions: usize::MAX,
            since_start: Some(SinceStart { posted: u64::MAX, refused: u64::MAX }),
            slack_ok: false,
            now: noon(),
            version: token,
        };
        assert_fits(&reply::status(&status));
    }
}

#[test]
fn a_thousand_long_subscriptions_are_paged_in_full() {
    let mut long = full_rule();
    long.filters[0].values = vec![Glob::new("<x>&\"".repeat(600))];
    let book: Vec<Subscription> = (1..=1_000).map(|number| subscription(number, long.clone())).collect();
    let pages = [0, 1, 499].map(|page| reply::list(&book, page));
    pages.iter().for_each(assert_fits);
    let numbers: Vec<u32> = pages[..2].iter().flat_map(numbers_on).collect();
    assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
}

#[test]
fn run_this_appears_only_for_one_correction_that_fits_a_button() {
    let runs = |corrections: &[String]| {
        let error =
            CommandError { token: "x".to_owned(), problem: Problem::NotAnEvent, corrections: corrections.to_vec() };
        shown(&reply::mistake(&error)).contains("[Run this]")
    };
    assert!(runs(&["/segments list".to_owned()]));
    assert!(runs(&["é".repeat(2_000)]));
    assert!(!runs(&["é".repeat(2_001)]));
    assert!(!runs(&["/segments list".to_owned(), "/segments test".to_owned()]));
    assert!(!runs(&[]));
}
