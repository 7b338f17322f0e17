//! Every reply as people read it.

use super::*;
use crate::rendered;
use segments_slack::model::{DatasetName, EventSummary, UserMapping, Username};
use segments_slack::model::{DatasetPattern, EndedMutes, Mute, Pause, PauseReason};
use segments_slack::render::FallbackLevel;
use segments_slack::render::reply::{
    self, AccountStatus, MatchReason, MatchedEvent, Note, RuleChange, SinceStart, StatusReport, UndoRefusal,
};
use segments_slack::slack::command::{CommandError, Problem, Topic};
use std::fmt::Display;
use uuid::Uuid;

/// Several messages in one snapshot, each under the situation that it belongs to.
pub(crate) fn gallery(messages: impl IntoIterator<Item = (impl Display, Message)>) -> String {
    let messages: Vec<_> = messages.into_iter().collect();
    let contents =
        messages.iter().map(|(_, message)| serde_json::to_value(message.content(FallbackLevel::Whole)).unwrap());
    let test = std::thread::current().name().unwrap_or_default().replace("::", ".");
    rendered::leave(&test, &contents.collect::<Vec<_>>());
    let shown = messages.into_iter().map(|(situation, message)| format!("## {situation}\n{}", shown(&message)));
    shown.collect::<Vec<_>>().join("\n\n")
}

fn added(number: u32, rule: Rule) -> RuleChange {
    RuleChange { number, before: None, after: Some(rule) }
}

fn removed(number: u32, rule: Rule) -> RuleChange {
    RuleChange { number, before: Some(rule), after: None }
}

fn narrowed() -> RuleChange {
    RuleChange {
        number: 1,
        before: Some(rule("flowers", &["sample.*"])),
        after: Some(rule("flowers", &["sample.created", "sample.updated"])),
    }
}

#[test]
fn a_change_shows_who_did_it_and_the_whole_result() {
    let id = Some(Uuid::from_u128(1));
    let mut restyled = rule("flowers", &["issue.*"]);
    restyled.options.style = Some(Style::Line);
    let restyled = RuleChange { number: 1, before: Some(rule("flowers", &["issue.*"])), after: Some(restyled) };
    let notes = [Note::NothingSeenYet(pattern("jane", "flowers")), Note::DefaultEvents, Note::Joined, Note::NoTimeZone];
    let many: Vec<RuleChange> = (1..=40).map(|number| added(number, rule("flowers", &["*"]))).collect();
    let shown = gallery([
        ("one added", reply::changed(&ann(), &[added(1, rule("flowers", &["sample.*"]))], &[], id)),
        ("one added with everything", reply::changed(&ann(), &[added(2, full_rule())], &[], id)),
        ("every note", reply::changed(&ann(), &[added(1, rule("flowers", &EventSelection::DEFAULT))], &notes, id)),
        ("one changed", reply::changed(&ann(), &[narrowed()], &[], id)),
        ("one option changed", reply::changed(&ann(), &[restyled], &[], id)),
        ("one removed", reply::changed(&ann(), &[removed(1, rule("flowers", &["sample.*"]))], &[], id)),
        (
            "two added",
            reply::changed(&ann(), &[added(1, rule("flowers", &["*"])), added(2, rule("trees", &["*"]))], &[], id),
        ),
        (
            "several of each kind",
            reply::changed(
                &ann(),
                &[narrowed(), added(2, rule("trees", &["issue.*"])), removed(3, rule("stones", &["*"]))],
                &[],
                id,
            ),
        ),
        ("forty added", reply::changed(&ann(), &many, &[], None)),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn taking_back_and_removing_everything() {
    let two = [subscription(1, rule("flowers", &["sample.*"])), subscription(4, rule("trees", &["*"]))];
    let shown = gallery([
        ("undone", reply::undone(&ann(), &[narrowed()])),
        ("undone, several", reply::undone(&ann(), &[narrowed(), added(2, rule("trees", &["*"]))])),
        ("too late", reply::undo_refused(UndoRefusal::Expired)),
        ("used up", reply::undo_refused(UndoRefusal::UsedUp)),
        ("changed since", reply::undo_refused(UndoRefusal::ChangedSince)),
        ("remove all?", reply::confirm_unsubscribe_all(12)),
        ("remove the one?", reply::confirm_unsubscribe_all(1)),
        ("removed all", reply::unsubscribed_all(&ann(), &two, Some(Uuid::from_u128(1)))),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn changes_that_do_not_take_effect_now() {
    let flowers = || rule("flowers", &["sample.*"]);
    let two = [subscription(1, flowers()), subscription(4, full_rule())];
    let shown = gallery([
        ("unchanged", reply::unchanged(&two[..1])),
        ("unchanged, two", reply::unchanged(&two)),
        ("waiting", reply::waiting_for_invite(&bot(), &[added(1, flowers())])),
        ("waiting, two", reply::waiting_for_invite(&bot(), &[added(1, flowers()), added(2, full_rule())])),
        ("active now", reply::now_active(&two[..1])),
        ("active now, two", reply::now_active(&two)),
        ("archived", reply::archived_channel()),
        ("a direct message", reply::not_a_channel()),
        ("too many", reply::too_many_subscriptions(1_000)),
        ("nothing selected", reply::selects_nothing(&flowers().dataset)),
        ("no such, none at all", reply::no_such_subscription("#3", &[])),
        ("no such", reply::no_such_subscription("jane/stones", &two)),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn the_list_of_a_channel() {
    let flowers = || rule("flowers", &["sample.*"]);
    let mixed = [
        subscription(1, flowers()),
        waiting(2, rule("trees", &["issue.*"])),
        paused(3, full_rule(), "is_archived"),
        paused(4, flowers(), "a_new_code"),
    ];
    let many: Vec<Subscription> = (1..=300).map(|number| subscription(number, flowers())).collect();
    let shown = gallery([
        ("nothing", reply::list(&[], 0)),
        ("one", reply::list(&mixed[..1], 0)),
        ("mixed", reply::list(&mixed, 0)),
        ("the second page", reply::list(&many, 1)),
        ("past the end", reply::list(&many, 99)),
        ("bare command, nothing", reply::overview(&[])),
        ("bare command", reply::overview(&mixed)),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn mutes() {
    let mute = |dataset: &str, hours: i64| Mute {
        dataset: DatasetPattern::parse(dataset).unwrap(),
        until: noon() + jiff::SignedDuration::from_hours(hours),
        by: ann(),
    };
    let (all, flowers) = (mute("*", 2), mute("jane/flowers", 3));
    let both = [all.clone(), flowers.clone()];
    let ended = |mutes: &[Mute], held| EndedMutes { mutes: mutes.to_vec(), held };
    let shown = gallery([
        ("the channel", reply::muted(&all, true)),
        ("a dataset, in UTC", reply::muted(&flowers, false)),
        ("unmuted", reply::unmuted(&ann(), &both, 12_345, &[])),
        ("unmuted, another left", reply::unmuted(&ann(), &both[1..], 0, &both[..1])),
        ("ended", reply::mutes_ended(&ended(&both[..1], 1))),
        ("two ended", reply::mutes_ended(&ended(&both, 7))),
        ("nothing is muted", reply::not_muted(None, &[])),
        ("not that", reply::not_muted(Some(&pattern("jane", "trees")), &both)),
        ("too many", reply::too_many_mutes(50)),
        ("bare command", reply::with_mutes(reply::overview(&[]), &both)),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn the_help() {
    let verbs = ["subscribe", "set", "unsubscribe", "list", "test", "why", "status", "help", "mute", "unmute"];
    let topics = [Topic::Events, Topic::Filters, Topic::Options, Topic::Datasets];
    let messages = std::iter::once(None)
        .chain(topics.into_iter().map(Some))
        .chain(verbs.into_iter().map(|verb| Some(Topic::Verb(verb))))
        .map(|topic| (format!("{topic:?}"), reply::help(topic)));
    let shown = gallery(messages);
    insta::assert_snapshot!(shown);
}

#[test]
fn who_somebody_is_in_segments_ai() {
    let name = |name: &str| Username::parse(name).unwrap();
    let link = UserMapping { username: name("jane"), user: bot(), at: noon() };
    let shown = gallery([
        ("unknown", reply::linked_username(None)),
        ("known", reply::linked_username(Some(&link))),
        ("claimed", reply::username_linked(&name("jane"), None, None)),
        ("changed", reply::username_linked(&name("jane"), Some(&name("ann")), None)),
        ("taken", reply::username_taken(&name("Jane"), &link)),
        ("taken over", reply::username_linked(&name("jane"), None, Some(&bot()))),
        ("told", reply::username_was_taken_over(&ann(), &name("jane"))),
        ("forgotten", reply::username_unlinked(Some(&link))),
        ("nothing forgotten", reply::username_unlinked(None)),
        ("too many", reply::too_many_usernames(10_000)),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn what_a_menu_answers() {
    let one = subscription(3, full_rule());
    let gist = |event: &str| EventSummary {
        event: event.to_owned(),
        dataset: DatasetName::parse("jane/lidar-1"),
        name: Some("rose.png".to_owned()),
        by: Some("ann".to_owned()),
        at: noon(),
    };
    let because = |wish| MatchedEvent { gist: gist("label.rejected"), number: 3, wish };
    let selected = because(MatchReason::Selects(&one.rule, &one.rule.events.include[1]));
    let several = vec![selected.clone(); 7];
    let shown = gallery([
        ("why", reply::explain_message(&[selected], 1)),
        ("why, of two", reply::explain_message(&[because(MatchReason::Changed), because(MatchReason::Removed)], 2)),
        ("why, of many", reply::explain_message(&several, 1_214)),
        ("why, forgotten", reply::message_forgotten()),
        ("edit", reply::edit_by_command(&one)),
        ("unsubscribe?", reply::confirm_unsubscribe(&one)),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_mistake_names_the_word_and_the_way_out() {
    let of = |token: &str, problem: Problem, corrections: &[&str]| {
        let corrections = corrections.iter().map(|correction| (*correction).to_owned()).collect();
        reply::mistake(&CommandError { token: token.to_owned(), problem, corrections })
    };
    let shown = gallery([
        (
            "one correction",
            of("sampel.created", Problem::NotAnEvent, &["/segments subscribe jane/flowers sample.created"]),
        ),
        ("two corrections", of("lst", Problem::UnknownVerb, &["/segments list", "/segments test"])),
        ("verb", of("dance", Problem::UnknownVerb, &[])),
        ("event", of("sparkle", Problem::NotAnEvent, &[])),
        ("dataset", of("flowers", Problem::NotADataset, &[])),
        ("dataset with an empty side", of("/flowers", Problem::NotADataset, &[])),
        ("key", of("colour:red", Problem::UnknownKey, &[])),
        ("empty filter", of("-status:", Problem::EmptyFilter, &[])),
        ("option", of("digest:often", Problem::BadOption("digest"), &[])),
        ("number", of("#three", Problem::BadNumber, &[])),
        ("count", of("50", Problem::BadCount(20), &[])),
        ("length", of("5 moons", Problem::BadLength, &[])),
        ("topic", of("weather", Problem::UnknownTopic, &[])),
        ("no dataset", of("", Problem::MissingDataset, &[])),
        ("no target", of("", Problem::MissingTarget, &[])),
        ("no length", of("", Problem::MissingLength, &[])),
        ("no name", of("", Problem::MissingName, &[])),
        ("no username", of("<@U1>", Problem::NotAUsername, &[])),
        ("two datasets", of("jane/trees", Problem::OneDatasetOnly, &[])),
        ("unexpected", of("please", Problem::Unexpected, &[])),
        ("too long", of("", Problem::TooLong(3_000), &[])),
        ("too many", of("", Problem::TooMany(50), &[])),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn the_status() {
    let minutes_ago = |minutes: i64| Some(noon() - jiff::SignedDuration::from_mins(minutes));
    let account = |last_event, last_test| AccountStatus { name: "env".to_owned(), last_event, last_test };
    let well = StatusReport {
        accounts: vec![account(minutes_ago(3), None)],
        waiting_events: 2,
        held: 0,
        oldest_waiting: minutes_ago(1),
        dead: 0,
        paused: 0,
        waiting: 0,
        subscriptions: 12,
        since_start: Some(SinceStart { posted: 12_345, refused: 0 }),
        slack_ok: true,
        now: noon(),
        version: "0.1.0".to_owned(),
    };
    let new = StatusReport {
        accounts: Vec::new(),
        subscriptions: 0,
        waiting_events: 0,
        oldest_waiting: None,
        ..well.clone()
    };
    let tested = StatusReport { accounts: vec![account(None, minutes_ago(5))], ..new.clone() };
    let ill = StatusReport {
        accounts: vec![account(minutes_ago(30), minutes_ago(90))],
        waiting_events: 1_024,
        held: 12,
        oldest_waiting: minutes_ago(25),
        dead: 3,
        paused: 2,
        waiting: 1,
        since_start: Some(SinceStart { posted: 12_345, refused: 17 }),
        slack_ok: false,
        ..well.clone()
    };
    let shown = gallery([
        ("well", reply::status(&well)),
        ("new", reply::status(&new)),
        ("tested", reply::status(&tested)),
        ("ill", reply::status(&ill)),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn the_short_answers() {
    let channel = ChannelId::parse("C1").unwrap();
    let pause = |code: &str| Pause { reason: PauseReason(code.to_owned()), since: noon() };
    let two = [subscription(1, rule("flowers", &["sample.*"])), subscription(4, full_rule())];
    let mut gallery_of = vec![
        ("test posted, for everybody", reply::test_posted(3, false)),
        ("test posted, for the asker", reply::test_posted(3, true)),
        ("nothing to test", reply::test_nothing_to_show()),
        ("test not selected", reply::test_event_not_selected("label.updated", 1, &two[0].rule)),
        ("resumed", reply::resumed(Some(&ann()), &two[..1])),
        ("resumed by itself", reply::resumed(None, &two)),
        ("still refused", reply::still_rejected("is_archived")),
        ("other workspace", reply::other_workspace()),
        ("try again", reply::unavailable("change this channel's subscriptions")),
        ("unfinished", reply::timed_out()),
        ("old button", reply::unknown_action()),
    ];
    let codes = [
        "is_archived",
        "not_in_channel",
        "channel_not_found",
        "restricted_action_read_only_channel",
        "no_permission",
        "token_revoked",
        "missing_scope",
        "team_access_not_granted",
        "a_new_code",
    ];
    gallery_of.extend(codes.map(|code| (code, reply::paused_notice(&channel, &pause(code)))));
    let shown = gallery(gallery_of);
    insta::assert_snapshot!(shown);
}
