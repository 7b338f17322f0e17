//! What a fold looks like, and that Slack can take whatever is in it.

use crate::cards::seen;
use crate::{limits, rendered};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use segments_slack::model::event::KnownType;
use segments_slack::model::object::{Issue, Label, Release, Sample};
use segments_slack::model::{
    BatchMessage, DatasetName, Delivery, Derived, Event, EventId, EventType, Live, News, Object, Options,
};
use segments_slack::render::{FallbackLevel, batch};
use serde_json::Value;
use uuid::Uuid;

fn at(second: i64) -> Timestamp {
    "2026-11-20T09:14:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn delivery(mention: &[String]) -> Delivery {
    Delivery {
        sequence: 0,
        event: EventId(Uuid::nil()),
        subscription: 3,
        options: Options { mention: mention.to_vec(), ..Options::default() },
        accepted_at: at(0),
        not_before: at(0),
        digest: None,
        attempts: 0,
        last_error: None,
        account: None,
        reason: segments_slack::model::DeliveryReason::Subscribed,
    }
}

fn news(name: &str, object: Object, second: i64) -> News {
    let derived = Derived::parse(name);
    let event_type = EventType::parse(derived.map_or(name, |derived| derived.parent().as_str()));
    let dataset = DatasetName::parse("jane/flowers");
    let event = Event { event_type, created_at: at(second), dataset, object, text: None };
    News { event, derived, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None }
}

fn sample(number: u32, by: &str) -> Object {
    Object::Sample(Box::new(Sample {
        uuid: Some(format!("602a3eec-a61c-4a77-9fcc-{number:012}")),
        name: Some(format!("rose_{number}.png")),
        created_by: Some(by.to_owned()),
        ..Sample::default()
    }))
}

fn folded(all: &[News]) -> BatchMessage {
    let mut fold = BatchMessage::open(&delivery(&[]), &all[0], at(0));
    for news in &all[1..] {
        fold.add(&delivery(&[]), news, at(0));
    }
    fold
}

fn sent(of: &BatchMessage, rung: FallbackLevel) -> Value {
    let content = serde_json::to_value(batch(of, "https://app.segments.ai").content(rung)).unwrap();
    assert_eq!(limits::broken(&content), Vec::<String>::new());
    content
}

fn looks(name: &str, fold: &BatchMessage) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        let content = sent(fold, FallbackLevel::Whole);
        rendered::leave(name, std::slice::from_ref(&content));
        insta::assert_snapshot!(name, seen(&content));
    });
}

#[test]
fn a_burst_names_its_day_once_unless_it_lasts_a_day() {
    let when = |last: i64| {
        let all = [0, last].map(|second| news("sample.created", sample(1, "jane"), second));
        let content = sent(&folded(&all), FallbackLevel::Whole);
        content["blocks"][2]["elements"][0]["text"].as_str().unwrap().to_owned()
    };
    let dates = |last: i64| when(last).matches("<!date^").count();
    assert_eq!([dates(59), dates(60), dates(86_399), dates(86_400)], [1, 1, 1, 2]);
    assert!(!when(59).contains("over") && when(60).contains("UTC>, over 1 min · "), "{}", when(60));
}

#[test]
fn a_burst_says_how_many_which_when_and_by_whom() {
    let people = ["jane", "ann", "john"];
    let all: Vec<News> = (0..214)
        .map(|number| news("sample.created", sample(number, people[number as usize % 3]), number.into()))
        .collect();
    looks("fold.live", &folded(&all));
    looks("fold.closed", &folded(&all).closed());
}

#[test]
fn a_small_fold_names_everything() {
    let label = |number: u32| {
        Object::Label(Box::new(Label {
            sample_uuid: Some(format!("602a3eec-a61c-4a77-9fcc-{number:012}")),
            sample_name: Some(format!("rose_{number}.png")),
            labelset: Some("ground-truth".to_owned()),
            reviewed_by: Some("ann".to_owned()),
            status: Some("REVIEWED".to_owned()),
            ..Label::default()
        }))
    };
    // The last sample is reviewed twice, and named once.
    let all: Vec<News> = [0, 1, 2, 3, 3].map(|number| news("label.reviewed", label(number), 0)).into();
    looks("fold.small", &folded(&all));
}

#[test]
fn more_people_than_fit_are_counted() {
    let by = |count: u32| {
        let all: Vec<News> =
            (0..count).map(|number| news("sample.created", sample(number, &format!("p{number}")), 0)).collect();
        sent(&folded(&all), FallbackLevel::Whole)["blocks"][2].to_string()
    };
    assert!(by(5).contains("by p0, p1, p2, p3, p4 ·"), "{}", by(5));
    assert!(by(8).contains("p4 and 3 more ·"), "{}", by(8));
    assert!(by(60).contains("p4 and more than 45 more ·"), "{}", by(60));
}

#[test]
fn every_kind_of_event_has_its_words() {
    let names = KnownType::ALL.iter().map(|known| known.as_str()).chain(Derived::ALL.iter().map(|one| one.as_str()));
    let said = names.chain(["moon.risen", ""]).map(|name| {
        let two = [news(name, Object::Unknown, 0), news(name, Object::Unknown, 0)];
        format!("{name}: {}\n", sent(&folded(&two), FallbackLevel::Whole)["text"].as_str().unwrap())
    });
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("fold.words", said.collect::<String>());
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_breaks_a_fold(texts in prop::collection::vec(crate::hostile_cards::hostile(), 24), kind in 0..5_u8) {
        let all: Vec<News> = texts.windows(4).map(|text| {
            let given = |place: usize| text[place].clone();
            let object = match kind {
                0 => Object::Sample(Box::new(Sample { uuid: given(0), name: given(1), created_by: given(2), ..Sample::default() })),
                1 => Object::Label(Box::new(Label {
                    sample_uuid: given(0), sample_name: given(1), updated_by: given(2), labelset: given(3), ..Label::default()
                })),
                2 => Object::Issue(Box::new(Issue { uuid: given(3), sample_uuid: given(0), sample_name: given(1), created_by: given(2), ..Issue::default() })),
                3 => Object::Release(Box::new(Release { uuid: given(0), name: given(1), ..Release::default() })),
                _ => Object::Unknown,
            };
            let name = ["sample.created", "label.updated", "issue.created", "release.created"];
            let name = name.get(usize::from(kind)).map_or_else(|| texts[0].clone().unwrap_or_default(), |name| (*name).to_owned());
            let dataset = DatasetName::parse("<!here>/`*_é&|>");
            let mut news = news(&name, object, 0);
            news.event.dataset = dataset;
            news
        }).collect();
        let mut fold = folded(&all);
        prop_assert!(fold.named.len() <= 10 && fold.people.len() <= 50);
        fold.mention.push("UASKED".to_owned());
        for fold in [fold.clone(), fold.closed()] {
            for rung in [FallbackLevel::Whole, FallbackLevel::WithoutImages, FallbackLevel::TextOnly] {
                sent(&fold, rung);
            }
        }
    }
}
