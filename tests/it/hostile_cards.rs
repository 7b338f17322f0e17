//! Whatever Segments.ai sends, Slack can take the message.

use crate::limits;
use jiff::Timestamp;
use proptest::prelude::*;
use segments_slack::model::event::{Change, KnownType};
use segments_slack::model::object::{Comment, Dataset, Issue, IssueLocation, Label, Release, Sample};
use segments_slack::model::options::mention_token;
use segments_slack::model::subscription::Style;
use segments_slack::model::{
    self, DatasetName, Delivery, Derived, Event, EventId, EventType, News, Object, Options, People, UserId,
    UserMapping, Username,
};
use segments_slack::render::{AllowedActions, CardContext, FallbackLevel, Message, card, in_thread, parent};

/// What a person or a program may have typed, missing included.
pub(crate) fn hostile() -> impl Strategy<Value = Option<String>> {
    let piece = prop_oneof![
        Just("<!channel>"),
        Just("<@U1>"),
        Just("@here"),
        Just("&amp;"),
        Just("&"),
        Just("<http://evil.example|x>"),
        Just("*b*"),
        Just("_i_"),
        Just("~s~"),
        Just("`"),
        Just("```"),
        Just(":tada:"),
        Just("\n"),
        Just("\r\n> "),
        Just("\t"),
        Just("\u{202E}"),
        Just("\u{200B}"),
        Just("\u{2066}"),
        Just("\0"),
        Just("👩‍👩‍👧"),
        Just("e\u{301}\u{301}"),
        Just("שלום"),
        Just("\u{600}"),
        Just("|"),
        Just("\\\""),
        Just("../"),
        Just("sample_0042"),
        Just("OPEN"),
        Just(" "),
    ];
    let short = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let long = (short.clone(), 1..4_000_usize).prop_map(|(text, times)| {
        let mut long = text.repeat(times);
        long.truncate(long.floor_char_boundary(50_000));
        long
    });
    prop_oneof![1 => Just(None), 4 => short.prop_map(Some), 2 => long.prop_map(Some), 1 => any::<String>().prop_map(Some)]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..3_u64, Just(u64::MAX), any::<u64>()]
}

fn dataset(text: &[Option<String>], number: u64) -> Dataset {
    let text = |at: usize| text[at].clone();
    Dataset {
        full_name: None,
        description: text(0),
        category: text(1),
        task_type: text(2),
        public: Some(true),
        archived: Some(true),
        samples_count: Some(number),
        label_stats: (0..5).filter_map(|at| Some((text(at)?, number))).collect(),
        owner: text(3),
        cloned_from: text(4),
    }
}

fn sample(text: &[Option<String>], measure: f64) -> Sample {
    let text = |at: usize| text[at].clone();
    Sample {
        uuid: text(0),
        name: text(1),
        created_by: text(2),
        assigned_labeler: text(3),
        assigned_reviewer: text(4),
        priority: Some(measure),
        image_url: Some(format!("https://images.example.com/{}", text(5).unwrap_or_default())),
        frames: Some(u32::MAX),
        ..Sample::default()
    }
}

fn label(text: &[Option<String>], measure: f64) -> Label {
    let text = |at: usize| text[at].clone();
    Label {
        sample_uuid: text(0),
        sample_name: text(1),
        status: text(2),
        labelset: text(3),
        created_by: text(4),
        updated_by: text(5),
        reviewed_by: text(6),
        score: Some(measure),
        rating: Some(measure),
        ..Label::default()
    }
}

fn issue(text: &[Option<String>], measure: f64) -> Issue {
    let given = |at: usize| text[at].clone();
    let every = || text.iter().flatten().cloned();
    Issue {
        uuid: Some("issue".to_owned()),
        description: given(0),
        status: given(1),
        created_by: given(2),
        created_at: Some(Timestamp::MIN),
        updated_by: given(3),
        comments_count: u32::MAX,
        recent_comments: every()
            .map(|text| Comment { created_by: Some(text.clone()), created_at: None, text })
            .collect(),
        anchor: Some(IssueLocation {
            sensor: given(4),
            frame: Some(i64::MIN),
            track: Some(i64::MAX),
            track_attribute: given(5),
            scene_attribute: given(6),
            location: vec![measure; 5],
        }),
        sample_uuid: given(5),
        sample_name: given(6),
        tags: every().cycle().take(if text[0].is_some() { 40 } else { 0 }).collect(),
        ..Issue::default()
    }
}

fn event_type(unknown: Option<&str>, which: usize) -> (EventType, Option<Derived>) {
    let known = KnownType::ALL.len();
    if which < known {
        (EventType::Known(KnownType::ALL[which]), None)
    } else if let Some(derived) = Derived::ALL.get(which - known) {
        (EventType::Known(derived.parent()), Some(*derived))
    } else {
        (EventType::parse(unknown.unwrap_or("new.thing")), None)
    }
}

/// Everybody whose name may be claimed at all has claimed it.
fn everybody(names: &[Option<String>]) -> People {
    let user = UserId::parse("UMAPPED").unwrap();
    let names = names.iter().flatten().filter_map(|name| Username::parse(name));
    People::new(names.map(|username| UserMapping { username, user: user.clone(), at: Timestamp::UNIX_EPOCH }).collect())
}

/// What a parent and the messages in its thread are made of, where it is an issue's news.
fn in_thread_and_above(news: &News, showing: &CardContext) -> Vec<Message> {
    let delivery = Delivery {
        sequence: 0,
        event: EventId(uuid::Uuid::nil()),
        subscription: showing.subscription,
        options: Options { style: Some(showing.style), mention: showing.mention.to_vec(), ..Options::default() },
        accepted_at: showing.now,
        not_before: showing.now,
        digest: None,
        attempts: 0,
        last_error: None,
        account: None,
        reason: segments_slack::model::DeliveryReason::Subscribed,
    };
    let mut shown = vec![in_thread(news, showing, false), in_thread(news, showing, true)];
    if let Some(mut anchor) = model::IssueThread::open(&delivery, news, showing.now) {
        shown.push(parent(&anchor, showing.people, showing.app_url, showing.acts));
        anchor.absorb(news, showing.now);
        shown.push(parent(&anchor, showing.people, showing.app_url, showing.acts));
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_a_message(
        text in prop::collection::vec(hostile(), 8),
        which in 0..=KnownType::ALL.len() + Derived::ALL.len(),
        kind in 0..6_u8,
        number in number(),
        measure in any::<f64>(),
        far_future in any::<bool>(),
        test in any::<bool>(),
        mapped in any::<bool>(),
    ) {
        let (event_type, derived) = event_type(text[7].as_deref(), which);
        let object = match kind {
            0 => Object::Dataset(Box::new(dataset(&text, number))),
            1 => Object::Sample(Box::new(sample(&text, measure))),
            2 => Object::Label(Box::new(label(&text, measure))),
            3 => Object::Issue(Box::new(issue(&text, measure))),
            4 => Object::Release(Box::new(Release {
                name: text[0].clone(), description: text[1].clone(), status: text[2].clone(), samples_count: Some(number),
                ..Release::default()
            })),
            _ => Object::Unknown,
        };
        let created_at = if far_future { Timestamp::MAX } else { Timestamp::MIN };
        let dataset = text[6].as_deref().and_then(DatasetName::parse).or_else(|| DatasetName::parse("<!here>/`*_é&|>"));
        let event = Event { event_type, created_at, dataset, object, text: text[7].clone() };
        let value = |at: usize| text[at].clone().unwrap_or_default();
        let changes = (0..8).map(|at| Change { field: value(at), before: value(7 - at), after: value(at / 2) }).collect();
        let new_comments = u32::try_from(number).unwrap_or(u32::MAX);
        let news = News { event, derived, changes, new_comments, sample_name: text[3].clone(), asked_by: None };
        let no_id = |text: &&String| mention_token(text).is_none();
        let mention: Vec<String> = text.iter().flatten().filter(no_id).cloned().chain(["UASKED".to_owned()]).collect();
        let people = if mapped { everybody(&text) } else { People::default() };
        for style in [Style::Line, Style::Card, Style::Full] {
            let app_url = "https://app.segments.ai";
            let showing = CardContext { subscription: 3, style, mention: &mention, people: &people, app_url, now: Timestamp::UNIX_EPOCH, test, updates: 1, acts: AllowedActions::WithReplies };
            let messages = [card(&news, &showing)].into_iter().chain(in_thread_and_above(&news, &showing));
            for (message, rung) in messages.flat_map(|message| {
                [FallbackLevel::Whole, FallbackLevel::WithoutImages, FallbackLevel::TextOnly].map(|rung| (message.clone(), rung))
            }) {
                let content = serde_json::to_value(message.content(rung)).unwrap();
                prop_assert_eq!(limits::broken(&content), Vec::<String>::new());
                prop_assert!(!content["text"].as_str().unwrap().contains('\n'));
            }
        }
    }
}
