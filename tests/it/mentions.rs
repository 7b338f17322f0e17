//! Who is mentioned by which message, and what its menu offers.

use crate::cards::{change, derived, label, news, sample, seen, sent, showing, text};
use jiff::Timestamp;
use segments_slack::model::event::KnownType;
use segments_slack::model::object::{Comment, Issue, Label, Sample};
use segments_slack::model::subscription::Style;
use segments_slack::model::{DatasetName, Derived, News, Object, People, UserId, UserMapping, Username};
use segments_slack::render::{CardContext, FallbackLevel, card};
use std::fmt::Write;

fn people() -> People {
    let who = [("jane", "UJANE"), ("john", "UJOHN"), ("ann", "UANN")];
    let link = |(name, id): (&str, &str)| UserMapping {
        username: Username::parse(name).unwrap(),
        user: UserId::parse(id).unwrap(),
        at: Timestamp::UNIX_EPOCH,
    };
    People::new(who.map(link).into())
}

fn issue_by(opener: &str, updated_by: &str, comments: &[&str]) -> Object {
    let said = |by: &&str| Comment { created_by: text(by), created_at: None, text: "Which cars?".to_owned() };
    let recent_comments = comments.iter().map(said).collect();
    Object::Issue(Box::new(Issue {
        created_by: text(opener),
        updated_by: text(updated_by),
        recent_comments,
        ..Issue::default()
    }))
}

/// Who is mentioned outside the attachment, and `text`.
fn lead(news: &News) -> (Option<String>, String) {
    let people = people();
    let message = card(news, &CardContext { people: &people, ..showing(Style::Card) });
    (message.lead, message.text)
}

#[test]
fn people_who_must_act_are_mentioned_but_never_for_own_changes() {
    let rejected = |created_by: &str, reviewed_by: &str| {
        let (created_by, reviewed_by) = (text(created_by), text(reviewed_by));
        let label = Label { created_by, updated_by: reviewed_by.clone(), reviewed_by, ..label("REJECTED") };
        derived(Derived::LabelRejected, Object::Label(Box::new(label)))
    };
    let sample = Sample { assigned_labeler: text("Ann"), assigned_reviewer: text("john"), ..sample() };
    let assigned = |changes: &[&str]| News {
        changes: changes.iter().map(|field| change(field, "", "x")).collect(),
        ..derived(Derived::SampleAssigned, Object::Sample(Box::new(sample.clone())))
    };
    let replied = |comments: &[&str]| News {
        new_comments: comments.len().try_into().unwrap(),
        ..derived(Derived::IssueReplied, issue_by("jane", "jane", comments))
    };
    let overruled = Label { updated_by: text("jane"), reviewed_by: text("ann"), ..label("REJECTED") };
    let overruled = derived(Derived::LabelRejected, Object::Label(Box::new(overruled)));
    // From Slack it is done with jane's key, whoever asks.
    let asked = |news: News, user: &str| News { asked_by: Some(UserId::parse(user).unwrap()), ..news };
    for (news, mentioned) in [
        (rejected("john", "ann"), "<@UJOHN>"),
        (overruled, "<@UJOHN> <@UANN>"),
        (asked(rejected("jane", "jane"), "UANN"), "<@UJANE>"),
        (asked(rejected("john", "jane"), "UJOHN"), ""),
        (asked(assigned(&["assigned_labeler"]), "UANN"), ""),
        (asked(derived(Derived::IssueClosed, issue_by("jane", "jane", &[])), "UJOHN"), "<@UJANE>"),
        (asked(derived(Derived::IssueClosed, issue_by("ann", "jane", &[])), "UANN"), ""),
        (rejected("ann", "ANN"), ""),
        (rejected("<@UEVIL>", "stranger"), ""),
        (assigned(&["assigned_labeler", "priority"]), "<@UANN>"),
        (assigned(&[]), "<@UANN> <@UJOHN>"),
        (replied(&["john"]), "<@UJANE>"),
        (replied(&["john", "jane"]), "<@UJANE>"),
        (replied(&["jane", "Jane"]), ""),
        (derived(Derived::IssueClosed, issue_by("jane", "john", &[])), "<@UJANE>"),
        (derived(Derived::IssueClosed, issue_by("jane", "jane", &[])), ""),
        (derived(Derived::IssueReopened, issue_by("jane", "ann", &[])), "<@UJANE>"),
        (derived(Derived::IssueEdited, issue_by("jane", "ann", &[])), ""),
        (derived(Derived::LabelReviewed, Object::Label(Box::new(label("REVIEWED")))), ""),
    ] {
        let (lead, text) = lead(&news);
        assert_eq!(lead.unwrap_or_default(), mentioned, "{news:?}");
        assert!(news.asked_by.is_some() || !text.contains("<@"), "{text}");
    }
}

#[test]
fn a_test_mentions_nobody_who_did_not_ask_for_it() {
    let rejected = derived(Derived::LabelRejected, Object::Label(Box::new(label("REJECTED"))));
    let people = people();
    for news in [rejected, derived(Derived::IssueClosed, issue_by("jane", "john", &[]))] {
        let content =
            sent(&news, &CardContext { people: &people, test: true, ..showing(Style::Card) }, FallbackLevel::Whole);
        assert!(!content.to_string().contains("<@U"), "{content}");
    }
}

#[test]
fn an_issue_names_people_by_mentions_and_the_phone_by_name() {
    let people = people();
    let mut page = String::new();
    for (name, object) in [
        ("opened", news(KnownType::IssueCreated, issue_by("jane", "jane", &[]))),
        ("resolved", derived(Derived::IssueClosed, issue_by("jane", "john", &["ann"]))),
        ("by nobody known", derived(Derived::IssueClosed, issue_by("jo*e", "<@UEVIL>", &[]))),
    ] {
        for style in [Style::Card, Style::Line] {
            let content = sent(&object, &CardContext { people: &people, ..showing(style) }, FallbackLevel::Whole);
            writeln!(page, "== {name}\n{}", seen(&content)).unwrap();
        }
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("issue.mentions", page);
    });
}

#[test]
fn what_does_not_fit_a_menu_is_left_out_of_it() {
    let values = |dataset: &str| {
        let mut deleted = news(KnownType::SampleDeleted, Object::Sample(Box::new(sample())));
        deleted.event.dataset = DatasetName::parse(dataset);
        let content = sent(&deleted, &showing(Style::Line), FallbackLevel::Whole);
        let options = content["blocks"][0]["accessory"]["options"].as_array().unwrap().clone();
        options.iter().map(|option| option["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values("j/f"), ["mute_1h j/f", "mute_today j/f", "why", "edit 3", "unsubscribe 3"]);
    let long = format!("j/{}", "é".repeat(140));
    assert_eq!(values(&long), [&format!("mute_1h {long}"), "why", "edit 3", "unsubscribe 3"]);
    assert_eq!(values("j/f*"), ["why", "edit 3", "unsubscribe 3"]);
}
