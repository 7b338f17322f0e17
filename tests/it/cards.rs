//! What every event looks like in every style, as a person would read it.

use crate::{limits, rendered};
use jiff::Timestamp;
use segments_slack::model::event::{Change, KnownType};
use segments_slack::model::object::{Comment, Dataset, Issue, IssueLocation, Label, Release, Sample};
use segments_slack::model::subscription::Style;
use segments_slack::model::{DatasetName, Derived, Event, EventType, News, Object, People};
use segments_slack::render::{AllowedActions, CardContext, FallbackLevel, card};
use serde_json::Value;
use std::fmt::Write;
use std::sync::LazyLock;

const UUID: &str = "602a3eec-a61c-4a77-9fcc-3037ce5e9606";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "every field is optional")]
pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn news(event_type: KnownType, object: Object) -> News {
    News {
        event: Event {
            event_type: EventType::Known(event_type),
            created_at: at("2026-11-20T09:14:27Z"),
            dataset: DatasetName::parse("jane/flowers"),
            object,
            text: None,
        },
        derived: None,
        changes: Vec::new(),
        new_comments: 0,
        sample_name: None,
        asked_by: None,
    }
}

pub(crate) fn derived(derived: Derived, object: Object) -> News {
    News { derived: Some(derived), ..news(derived.parent(), object) }
}

pub(crate) fn change(field: &str, before: &str, after: &str) -> Change {
    Change { field: field.to_owned(), before: before.to_owned(), after: after.to_owned() }
}

/// A workspace in which nobody has said who they are.
pub(crate) fn nobody() -> &'static People {
    static NOBODY: LazyLock<People> = LazyLock::new(People::default);
    &NOBODY
}

pub(crate) fn showing(style: Style) -> CardContext<'static> {
    let now = at("2026-11-20T09:15:00Z");
    let app_url = "https://app.segments.ai";
    CardContext {
        subscription: 3,
        style,
        mention: &[],
        people: nobody(),
        app_url,
        now,
        test: false,
        updates: 1,
        acts: AllowedActions::Nothing,
    }
}

/// A message as lines: `text`, then each block; what stands in the coloured attachment behind a bar.
pub(crate) fn seen(content: &Value) -> String {
    let mut out = format!("text     {}\n", content["text"].as_str().unwrap());
    let none = Vec::new();
    for block in content["blocks"].as_array().unwrap_or(&none) {
        show(&mut out, "", block);
    }
    for attachment in content["attachments"].as_array().unwrap_or(&none) {
        writeln!(out, "┃ {}", attachment["color"].as_str().unwrap()).unwrap();
        for block in attachment["blocks"].as_array().unwrap() {
            show(&mut out, "┃ ", block);
        }
    }
    out
}

fn show(out: &mut String, bar: &str, block: &Value) {
    let words = |value: &Value| value["text"].as_str().map(str::to_owned);
    let image = |value: &Value| Some(format!("({}: {})", value["alt_text"].as_str()?, value["image_url"].as_str()?));
    let button = |value: &Value| {
        let primary = if value["style"] == "primary" { "!" } else { "" };
        Some(format!("[{}{primary}]({})", words(&value["text"])?, value["url"].as_str()?))
    };
    let menu = |value: &Value| {
        let options = value["options"].as_array()?.iter().map(|option| option["value"].as_str().unwrap());
        Some(format!("⋯ {}", options.collect::<Vec<_>>().join(" | ")))
    };
    let list = |key: &str| block[key].as_array().cloned().unwrap_or_default();
    let mut lines: Vec<String> = words(&block["text"]).into_iter().collect();
    lines.extend(list("fields").iter().map(|field| words(field).unwrap().replace('\n', " = ")));
    lines.extend(list("elements").iter().map(|element| words(element).or_else(|| button(element)).unwrap_or_default()));
    if block["type"] == "actions" {
        let elements = list("elements");
        lines = vec![elements.iter().filter_map(button).collect::<Vec<_>>().join(" ")];
        lines.extend(elements.iter().filter_map(menu));
    }
    lines.extend(image(&block["accessory"]).or_else(|| image(block)).or_else(|| menu(&block["accessory"])));
    let mut kind = block["type"].as_str().unwrap();
    for line in lines.iter().flat_map(|line| line.lines()) {
        writeln!(out, "{bar}{kind:8} {line}").unwrap();
        kind = "";
    }
}

pub(crate) fn sent(news: &News, showing: &CardContext, rung: FallbackLevel) -> Value {
    let content = serde_json::to_value(card(news, showing).content(rung)).unwrap();
    assert_eq!(limits::broken(&content), Vec::<String>::new());
    content
}

/// Compares how an event looks in each style with what was found good.
fn looks(name: &str, news: &News) {
    let mut page = String::new();
    let mut all = Vec::new();
    for (title, style) in [("card", Style::Card), ("line", Style::Line), ("full", Style::Full)] {
        all.push(sent(news, &showing(style), FallbackLevel::Whole));
        writeln!(page, "== {title}\n{}", seen(&all[all.len() - 1])).unwrap();
    }
    rendered::leave(name, &all);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, page);
    });
}

fn dataset() -> Dataset {
    let stats = [("REVIEWED", 812), ("LABELED", 141), ("VERIFIED", 230), ("UNLABELED", 1_284), ("SKIPPED", 33)];
    Dataset {
        full_name: DatasetName::parse("jane/flowers"),
        description: text("Roses & tulips from the *north* garden."),
        category: text("garden"),
        task_type: text("segmentation-bitmap"),
        public: Some(false),
        samples_count: Some(2_500),
        label_stats: stats.into_iter().map(|(status, count)| (status.to_owned(), count)).collect(),
        owner: text("jane"),
        ..Dataset::default()
    }
}

pub(crate) fn sample() -> Sample {
    Sample {
        uuid: text(UUID),
        name: text("rose_0042.png"),
        created_by: text("jane"),
        assigned_labeler: text("john"),
        assigned_reviewer: text("ann"),
        image_url: text("https://images.example.com/rose_0042.png"),
        ..Sample::default()
    }
}

pub(crate) fn label(status: &str) -> Label {
    Label {
        sample_uuid: text(UUID),
        sample_name: text("rose_0042.png"),
        label_type: text("vector"),
        status: text(status),
        labelset: text("ground-truth"),
        created_by: text("john"),
        updated_by: text("john"),
        reviewed_by: matches!(status, "REVIEWED" | "REJECTED" | "VERIFIED").then(|| "ann".to_owned()),
        ..Label::default()
    }
}

fn issue(status: &str) -> Issue {
    Issue {
        uuid: text("3e1b4a2e-7a52-4b3e-9f43-5f0b8f0a9c11"),
        description: text("You forgot to label the cars in this image."),
        status: text(status),
        created_by: text("jane"),
        created_at: Some(at("2026-11-20T07:02:00Z")),
        updated_by: text("john"),
        sample_uuid: text(UUID),
        sample_name: text("rose_0042.png"),
        ..Issue::default()
    }
}

fn comment(by: &str, said: &str) -> Comment {
    Comment { created_by: text(by), created_at: None, text: said.to_owned() }
}

fn discussed(status: &str, comments: Vec<Comment>) -> Object {
    let comments_count = comments.len().try_into().unwrap();
    Object::Issue(Box::new(Issue { comments_count, recent_comments: comments, ..issue(status) }))
}

#[test]
fn every_dataset_event_says_what_happened() {
    let whole = || Object::Dataset(Box::new(dataset()));
    looks("dataset.created", &news(KnownType::DatasetCreated, whole()));
    let changes = vec![change("description", "", "Roses & tulips"), change("samples_count", "2400", "2500")];
    looks("dataset.updated", &News { changes, ..news(KnownType::DatasetUpdated, whole()) });
    let changes = vec![change("archived", "false", "true")];
    looks("dataset.updated.archived", &News { changes, ..news(KnownType::DatasetUpdated, whole()) });
    looks("dataset.updated.unknown-change", &news(KnownType::DatasetUpdated, whole()));
    let label_stats = [("REVIEWED".to_owned(), 2_000), ("LABELED".to_owned(), 500)].into();
    let complete = Object::Dataset(Box::new(Dataset { label_stats, ..dataset() }));
    looks("dataset.completed", &derived(Derived::DatasetCompleted, complete));
    looks("dataset.deleted", &news(KnownType::DatasetDeleted, whole()));
}

#[test]
fn every_sample_event_is_one_line_unless_wanted_in_full() {
    let whole = || Object::Sample(Box::new(sample()));
    looks("sample.created", &news(KnownType::SampleCreated, whole()));
    let changes = vec![change("priority", "0", "10")];
    looks("sample.updated", &News { changes, ..news(KnownType::SampleUpdated, whole()) });
    let changes = vec![change("assigned_labeler", "", "john")];
    looks("sample.assigned", &News { changes, ..derived(Derived::SampleAssigned, whole()) });
    looks("sample.deleted", &news(KnownType::SampleDeleted, whole()));
}

#[test]
fn every_label_event_names_the_sample_and_who() {
    let whole = |status: &str| Object::Label(Box::new(label(status)));
    looks("label.labeled", &derived(Derived::LabelLabeled, whole("LABELED")));
    let reviewed = Label { rating: Some(4.0), ..label("REVIEWED") };
    looks("label.reviewed", &derived(Derived::LabelReviewed, Object::Label(Box::new(reviewed))));
    looks("label.rejected", &derived(Derived::LabelRejected, whole("REJECTED")));
    looks("label.skipped", &derived(Derived::LabelSkipped, whole("SKIPPED")));
    looks("label.verified", &derived(Derived::LabelVerified, whole("VERIFIED")));
    let guess = Label { score: Some(0.873_2), labelset: text("model-v14"), ..label("PRELABELED") };
    looks("label.prelabeled", &derived(Derived::LabelPrelabeled, Object::Label(Box::new(guess))));
    looks("label.started", &derived(Derived::LabelStarted, whole("LABELING_IN_PROGRESS")));
    looks("label.updated", &news(KnownType::LabelUpdated, whole("REVIEWING_IN_PROGRESS")));
    looks("label.deleted", &news(KnownType::LabelDeleted, whole("LABELED")));
}

#[test]
fn every_issue_event_brings_the_words_that_belong_to_it() {
    let anchor = IssueLocation {
        sensor: text("Lidar"),
        frame: Some(41),
        track: Some(17),
        track_attribute: text("is_parked"),
        ..IssueLocation::default()
    };
    let tags = vec!["occlusion".to_owned(), "3d".to_owned()];
    let opened = Issue { anchor: Some(anchor), tags, updated_by: text("jane"), ..issue("OPEN") };
    looks("issue.created", &news(KnownType::IssueCreated, Object::Issue(Box::new(opened))));
    let long = Issue { description: Some("The left edge is off. ".repeat(300)), ..issue("OPEN") };
    looks("issue.created.long", &news(KnownType::IssueCreated, Object::Issue(Box::new(long))));
    let which = || comment("john", "Which cars?\nI only see two and both are labeled.");
    let reply = derived(Derived::IssueReplied, discussed("OPEN", vec![which()]));
    looks("issue.replied", &News { new_comments: 1, ..reply });
    let talk =
        vec![which(), comment("jane", "The red ones."), comment("john", "Found them."), comment("ann", "Thanks!")];
    let replies = derived(Derived::IssueReplied, discussed("OPEN", talk));
    looks("issue.replied.several", &News { new_comments: 4, ..replies });
    let closing = vec![which(), comment("john", "Fixed.")];
    looks("issue.closed", &News { new_comments: 1, ..derived(Derived::IssueClosed, discussed("CLOSED", closing)) });
    looks("issue.reopened", &derived(Derived::IssueReopened, discussed("OPEN", Vec::new())));
    let changes = vec![change("description", "Cars?", "You forgot to label the cars in this image.")];
    looks("issue.edited", &News { changes, ..derived(Derived::IssueEdited, discussed("OPEN", Vec::new())) });
    looks("issue.updated", &news(KnownType::IssueUpdated, discussed("OPEN", Vec::new())));
}

#[test]
fn a_release_links_to_the_releases() {
    let release =
        Release { name: text("v1.0"), samples_count: Some(1), status: text("SUCCEEDED"), ..Release::default() };
    looks("release.created", &news(KnownType::ReleaseCreated, Object::Release(Box::new(release))));
}

#[test]
fn an_event_of_an_unknown_type_is_told_in_the_senders_words() {
    let mut unheard = news(KnownType::SampleCreated, Object::Unknown);
    unheard.event.event_type = EventType::parse("workunit.created");
    unheard.event.text = text("Workunit created by <john> in dataset jane/flowers.");
    looks("unknown", &unheard);
    unheard.event.text = None;
    unheard.event.dataset = None;
    looks("unknown.bare", &unheard);
}

#[test]
fn an_event_without_known_fields_is_still_a_sentence() {
    let mut page = String::new();
    let parents = KnownType::ALL.iter().map(|known| news(*known, Object::Unknown));
    let closer = Derived::ALL.iter().map(|one| derived(*one, Object::Unknown));
    for mut bare in parents.chain(closer) {
        bare.event.dataset = None;
        let content = sent(&bare, &showing(Style::Card), FallbackLevel::Whole);
        writeln!(page, "{:18} {}", bare.name(), content["text"].as_str().unwrap()).unwrap();
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("nothing-known", page);
    });
}

#[test]
fn a_late_card_says_when_it_happened() {
    let reply = derived(Derived::LabelRejected, Object::Label(Box::new(label("REJECTED"))));
    let mut later = showing(Style::Card);
    later.now = at("2026-11-20T09:24:27Z");
    assert!(!seen(&sent(&reply, &later, FallbackLevel::Whole)).contains("late"));
    later.now = at("2026-11-20T09:24:28Z");
    let shown = seen(&sent(&reply, &later, FallbackLevel::Whole));
    assert!(shown.contains("#3 · ⏳ late: happened <!date^1795166067^"), "{shown}");
}

#[test]
fn a_test_card_is_marked_wherever_it_is_seen() {
    let rejected = derived(Derived::LabelRejected, Object::Label(Box::new(label("REJECTED"))));
    for style in [Style::Line, Style::Card, Style::Full] {
        let content = sent(&rejected, &CardContext { test: true, ..showing(style) }, FallbackLevel::Whole);
        for shown in [&content["text"], &content["blocks"][0]["text"]["text"]] {
            assert!(shown.as_str().unwrap().starts_with("🧪 Test · not a real event · "), "{shown}");
        }
    }
}

#[test]
fn mentions_stand_outside_the_attachment_where_they_notify() {
    let rejected = derived(Derived::LabelRejected, Object::Label(Box::new(label("REJECTED"))));
    let mention = ["UASKED", "SASKED", "UASKED", "!channel", "C1"].map(str::to_owned);
    let mentioning = CardContext { mention: &mention, ..showing(Style::Card) };
    let content = sent(&rejected, &mentioning, FallbackLevel::Whole);
    assert_eq!(content["blocks"][0]["text"]["text"], "<@UASKED> <!subteam^SASKED>");
    let content = sent(&rejected, &mentioning, FallbackLevel::TextOnly);
    assert!(content["text"].as_str().unwrap().starts_with("<@UASKED> <!subteam^SASKED> ❌ rose_0042.png"));
}

#[test]
fn each_rung_of_the_ladder_takes_something_away() {
    let created = news(KnownType::SampleCreated, Object::Sample(Box::new(sample())));
    let shown = |rung| sent(&created, &showing(Style::Full), rung);
    assert!(shown(FallbackLevel::Whole).to_string().contains("image_url"));
    let without = shown(FallbackLevel::WithoutImages);
    assert!(!without.to_string().contains("image_url") && without["blocks"].as_array().unwrap().len() > 2);
    assert_eq!(shown(FallbackLevel::TextOnly), serde_json::json!({ "text": without["text"] }));
    assert_eq!(FallbackLevel::TextOnly.below(), None);
}
