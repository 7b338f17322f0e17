//! The whole text of each reply that the galleries beside this one don't show.

use super::looks::gallery;
use super::*;
use segments_slack::model::{AuditEntry, DatasetName, Mute, UserMapping, Username};
use segments_slack::render::modal;
use segments_slack::render::reply::{
    self, AccountChange, ChannelOverview, KeyCheck, NotAllowed, NotLinkable, Note, Permission, RuleChange,
};
use segments_slack::segments::acted::{Acted, Found};
use segments_slack::segments::api::{ErrorKind, SegmentsError};
use segments_slack::slack::command::{CommandError, NotRead, Problem};
use segments_slack::slack::interaction::{Act, Action};
use std::time::Duration;
use uuid::Uuid;

fn c1() -> ChannelId {
    ChannelId::parse("C1").unwrap()
}

fn jane() -> Username {
    Username::parse("jane").unwrap()
}

fn dataset(name: &str) -> DatasetName {
    DatasetName::parse(name).unwrap()
}

fn mistake() -> CommandError {
    CommandError { token: "dance".to_owned(), problem: Problem::NotAnEvent, corrections: Vec::new() }
}

/// Texts without blocks, each under its situation.
fn texts(texts: impl IntoIterator<Item = (&'static str, String)>) -> String {
    texts.into_iter().map(|(situation, text)| format!("## {situation}\n{text}")).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn status_changes_in_segments() {
    let act = |action: &str, rest: &str| -> Act {
        match Action::parse(action, &format!("5e60a1ab-0000-4000-8000-000000000001 - - {rest}")) {
            Action::Act(act) => act,
            other => panic!("{other:?} is not a status change"),
        }
    };
    let (resolve, reopen) = (act("resolve", "jane/flowers"), act("reopen", "jane/flowers"));
    let (approve, reject) = (act("approve", "ground-truth"), act("reject", "ground-truth"));
    let found = Found {
        status: Some("OPEN".to_owned()),
        updated_at: Some(noon()),
        updated_by: Some("john".to_owned()),
        replies: 1,
    };
    let refused = |error| reply::action_result(&Acted::Refused(error), &resolve);
    let throttled = |seconds| SegmentsError::Throttled { retry_after: Duration::from_secs(seconds) };
    insta::assert_snapshot!(gallery([
        ("resolved", reply::action_result(&Acted::Done(found.clone()), &resolve)),
        ("reopened", reply::action_result(&Acted::Done(Found::default()), &reopen)),
        ("approved", reply::action_result(&Acted::Done(found.clone()), &approve)),
        ("rejected", reply::action_result(&Acted::Done(found.clone()), &reject)),
        ("already", reply::action_result(&Acted::Already(found.clone()), &reopen)),
        ("changed by someone else", reply::action_result(&Acted::Moved(found.clone()), &resolve)),
        ("changed label", reply::action_result(&Acted::Moved(found), &reject)),
        ("unknown status", reply::action_result(&Acted::Moved(Found::default()), &reject)),
        ("unclear", reply::action_result(&Acted::Unclear, &resolve)),
        ("throttled", refused(throttled(1))),
        ("throttled for longer", refused(throttled(90))),
        ("unauthorized", refused(SegmentsError::Unauthorized)),
        ("forbidden", refused(SegmentsError::Forbidden { said: Default::default() })),
        ("not found", refused(SegmentsError::NotFound)),
        ("rejected request", refused(SegmentsError::Rejected { said: Default::default() })),
        ("unreachable", refused(SegmentsError::Unavailable(ErrorKind::Unreachable))),
        ("timed out", refused(SegmentsError::Unavailable(ErrorKind::TimedOut))),
        ("broken connection", refused(SegmentsError::Unclear(ErrorKind::Cut))),
        ("server error", refused(SegmentsError::Unavailable(ErrorKind::Status(503)))),
        ("unreadable", refused(SegmentsError::Unclear(ErrorKind::Unreadable))),
        ("unknown object", reply::unknown_object()),
        ("no key", reply::no_api_key()),
        ("in progress", reply::action_in_progress()),
        ("too slow", reply::action_timed_out()),
    ]));
}

#[test]
fn short_texts_without_blocks() {
    let key = || KeyCheck::NotGiven;
    let changes = [
        AccountChange::Name,
        AccountChange::SecretBesideOld,
        AccountChange::Secret,
        AccountChange::OldSecretDropped,
        AccountChange::Key,
        AccountChange::OtherKey,
        AccountChange::KeyDeleted,
    ];
    insta::assert_snapshot!(texts([
        ("account unchanged", reply::account_changed("jane", &[], &key())),
        ("account changed", reply::account_changed("jane", &changes[..1], &KeyCheck::Unchecked)),
        ("every change", reply::account_changes(&changes)),
        ("person not linked", reply::person_not_linked().to_owned()),
        ("assignment in progress", reply::assignment_in_progress().to_owned()),
        ("assignee rejected", reply::assignee_rejected(&jane(), Some("No such user."))),
        ("assignee rejected without a reason", reply::assignee_rejected(&jane(), None)),
        ("cause", reply::cause_in_words(&mistake())),
        ("cause in a terminal", reply::in_plain_words(&mistake())),
    ]));
}

#[test]
fn channels_and_their_details() {
    let overview = |channel: &str, subscriptions| ChannelOverview {
        channel: ChannelId::parse(channel).unwrap(),
        subscriptions,
        mutes: vec![Mute { dataset: pattern("*", "*"), until: noon(), by: ann() }],
    };
    let flowers = || rule("flowers", &["sample.*"]);
    let one = overview("C1", vec![subscription(1, flowers())]);
    let other = overview("C2", vec![paused(1, flowers(), "is_archived"), waiting(2, full_rule())]);
    let entry = |by, channel| AuditEntry { at: noon(), by, channel, typed: "unsubscribe #3".to_owned() };
    let entries = [entry(Some(ann()), Some(c1())), entry(None, None)];
    insta::assert_snapshot!(gallery([
        ("none", reply::list_all(&[], 0, 0)),
        ("none, one hidden", reply::list_all(&[], 1, 0)),
        ("one", reply::list_all(std::slice::from_ref(&one), 0, 0)),
        ("two, several hidden", reply::list_all(&[one, other], 3, 0)),
        ("not a member", reply::membership_unknown(&c1())),
        ("the next digest", reply::with_next_digests(reply::list(&[], 0), &[(3, noon())])),
        ("the next digests", reply::with_next_digests(reply::list(&[], 0), &[(3, noon()), (4, noon())])),
        ("the audit log", reply::with_audit_entries(reply::list(&[], 0), &entries)),
        ("welcome", reply::welcome(&c1())),
    ]));
}

#[test]
fn usernames_that_an_admin_links() {
    let link = UserMapping { username: jane(), user: bot(), at: noon() };
    let other = Username::parse("john").unwrap();
    let not_linkable = |why| reply::not_linkable(&bot(), why);
    insta::assert_snapshot!(gallery([
        ("not an admin", not_linkable(NotLinkable::NoAdmin)),
        ("a stranger", not_linkable(NotLinkable::Stranger)),
        ("a guest", not_linkable(NotLinkable::Guest)),
        ("deactivated", not_linkable(NotLinkable::Gone)),
        ("a bot", not_linkable(NotLinkable::Bot)),
        ("linked", reply::username_linked_for(&bot(), &jane(), None, true)),
        ("linked, not notified", reply::username_linked_for(&bot(), &jane(), Some(&other), false)),
        ("the person", reply::username_was_linked_by(&ann(), &jane())),
        ("taken", reply::username_taken_by_other(&jane(), &link)),
        ("unlinked", reply::username_unlinked_for(&bot(), Some(&link), true)),
        ("nothing to unlink", reply::username_unlinked_for(&bot(), None, true)),
        ("the person, unlinked", reply::username_was_unlinked_by(&ann(), &jane())),
    ]));
}

#[test]
fn forms_and_buttons() {
    let view = modal::notice("Segments", &reply::archived_channel());
    insta::assert_snapshot!(gallery([
        ("no subscription form", reply::subscribe_by_command()),
        ("no import form", reply::import_by_command()),
        ("removed", reply::edited_subscription_removed(3)),
        ("changed", reply::edited_subscription_changed(3)),
        ("still working", reply::still_working()),
        ("finished", reply::form_finished()),
        ("errors", reply::form_had_errors(["Choose a person.", "Quiet hours need a start."].into_iter())),
        ("about an open form", reply::about_form(&view, false)),
        ("about a closed form", reply::about_form(&view, true)),
        ("about a button", reply::about_button(Some(&c1()), &reply::archived_channel())),
        ("about a button elsewhere", reply::about_button(None, &reply::archived_channel())),
    ]));
}

#[test]
fn permissions_and_audience() {
    let subscribe = |why| reply::not_allowed(Permission::ManageSubscriptions, why, &[]);
    let act = |why| reply::not_allowed(Permission::ActInSegments, why, &[]);
    let seven = vec![ann(); 7];
    let audience = |shared, private: &[DatasetName]| reply::audience_warning(&c1(), shared, private);
    assert_eq!(audience(false, &[]), None);
    insta::assert_snapshot!(gallery([
        ("a stranger", subscribe(NotAllowed::Stranger)),
        ("deactivated", subscribe(NotAllowed::Gone)),
        ("a guest", subscribe(NotAllowed::Guest)),
        ("a guest who acts", act(NotAllowed::Guest)),
        ("not an admin", subscribe(NotAllowed::NoAdmin)),
        ("not an admin who acts", act(NotAllowed::NoAdmin)),
        ("not named", reply::not_allowed(Permission::ManageSubscriptions, NotAllowed::NotNamed, &seven[..1])),
        ("not named, of many", reply::not_allowed(Permission::ActInSegments, NotAllowed::NotNamed, &seven)),
        ("unknown", subscribe(NotAllowed::Unknown)),
        ("a shared channel", audience(true, &[]).unwrap()),
        ("a private dataset", audience(false, &[dataset("jane/flowers")]).unwrap()),
        ("both", audience(true, &vec![dataset("jane/flowers"); 7]).unwrap()),
    ]));
}

#[test]
fn exports_and_imports() {
    let change = |number, before, after| RuleChange { number, before, after };
    let (flowers, trees) = (|| rule("flowers", &["sample.*"]), || rule("trees", &["issue.*"]));
    let changes = [change(1, None, Some(flowers())), change(2, Some(trees()), Some(flowers()))];
    let id = Some(Uuid::from_u128(1));
    insta::assert_snapshot!(gallery([
        ("nothing to export", reply::exported(&[], 0)),
        ("exported", reply::exported(&[subscription(1, flowers()), subscription(2, trees())], 0)),
        ("one imported", reply::imported(&ann(), &changes[..1], 0, &[], id)),
        ("several imported", reply::imported(&ann(), &changes, 3, &[Note::Joined], id)),
        ("too long", reply::not_imported(&NotRead::TooLong(20_000))),
        ("a wrong line", reply::not_imported(&NotRead::Wrong(vec![(3, mistake())]))),
        ("wrong lines", reply::not_imported(&NotRead::Wrong(vec![(3, mistake()), (1_000, mistake())]))),
        ("no events", reply::imported_lines_select_nothing(&[(2, pattern("jane", "flowers"))])),
        ("nothing to import", reply::nothing_to_import()),
    ]));
}
