//! The forms of a card, for the validator and as people read them.

use crate::connect::written;
use crate::rendered;
use crate::replies::looks::gallery;
use segments_slack::model::{ChannelId, DatasetName, MessageTs, UserId, Username};
use segments_slack::render::{modal, reply};
use segments_slack::segments::api::{Queue, SampleId, SegmentsError};
use segments_slack::slack::acts::{Filled, Sheet};
use segments_slack::slack::interaction::{Action, Task};
use serde_json::Value;

const APP_URL: &str = "https://app.segments.ai";

fn sheet(value: &str) -> Sheet {
    let Action::Ask(ask) = Action::parse("more", value) else { panic!("{value} asks for a form") };
    Sheet {
        ask,
        sample: SampleId::parse("5e60a1ab-0001-4000-8000-00000000002a").unwrap(),
        name: Some("rose.png".to_owned()),
        dataset: DatasetName::parse("jane/flowers"),
        labeler: Some("john".to_owned()),
        reviewer: None,
        quoted: Some("You forgot to label the cars in this image.".to_owned()),
        channel: ChannelId::parse("C1").unwrap(),
        message: MessageTs::parse("1732406400.000100").unwrap(),
        opened_at: "2026-11-20T09:15:00Z".parse().unwrap(),
    }
}

fn of(task: &str) -> Sheet {
    let id = "5e60a1ab-0001-4000-8000-00000000002a";
    sheet(&if task == "reply" { format!("{task} issue {id} jane/flowers") } else { format!("{task} sample {id}") })
}

/// A sheet of names that want to be more than that.
fn hostile(task: &str) -> Sheet {
    let name = || Some("*<!here>`&\u{202e}\n".repeat(15));
    let dataset = DatasetName::parse(&format!("<!here>/{}", "*&".repeat(200)));
    Sheet { name: name(), labeler: name(), reviewer: name(), quoted: name(), dataset, ..of(task) }
}

#[test]
fn the_forms() {
    let filled = Filled { person: UserId::parse("U2").ok(), queue: Some(Queue::Reviewing), text: "Both.".to_owned() };
    let refused = reply::action_form_rejected(&SegmentsError::NotFound, Task::Report);
    let metadata = || "sealed".to_owned();
    let form = |sheet: &Sheet, filled: &Filled, last| modal::act(sheet, filled, APP_URL, last, metadata());
    let nothing = Filled::default();
    let quiet = Sheet { name: None, dataset: None, quoted: None, ..of("reply") };
    let long = Filled { text: "&".repeat(2_000), ..filled.clone() };
    let views = [
        ("asking", modal::asking(Task::Assign)),
        ("instead", modal::instead(Task::Reply, &reply::replies_are_off())),
        ("assign", form(&of("assign"), &nothing, None)),
        ("assign, filled in", form(&of("assign"), &filled, Some(&reply::assignment_changed(Queue::Reviewing, None)))),
        ("report", form(&of("report"), &nothing, None)),
        ("report, filled in", form(&of("report"), &filled, Some(&refused))),
        ("reply", form(&of("reply"), &nothing, None)),
        ("reply to what is hardly known", form(&quiet, &filled, None)),
        ("hostile assign", form(&hostile("assign"), &filled, Some(&refused))),
        ("hostile reply", form(&hostile("reply"), &long, Some(&refused))),
    ];
    let values: Vec<(&str, Value)> =
        views.into_iter().map(|(name, view)| (name, serde_json::to_value(view).unwrap())).collect();
    let readable = values.iter().filter(|(name, _)| !name.starts_with("hostile"));
    let shown: Vec<String> = readable.map(|(name, view)| format!("## {name}\n{}", written(view))).collect();
    rendered::leave("acts", &values.into_iter().map(|(_, view)| view).collect::<Vec<_>>());
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn the_words_at_segments_ai_are_plain() {
    let words = |sheet: &Sheet, writer: &str| modal::description(sheet, "Both & <more>.", writer);
    assert_eq!(words(&of("report"), "ann"), "ann, from Slack:\n\nBoth & <more>.");
    assert_eq!(words(&of("report"), "*Ann*\n<!here> & co"), "∗Ann∗ <!here> & co, from Slack:\n\nBoth & <more>.");
    assert_eq!(words(&of("report"), "\u{202e}"), "somebody, from Slack:\n\nBoth & <more>.");
    let reply = "ann, from Slack:\n\nRe: “You forgot to label the cars in this image.”\n\nBoth & <more>.";
    assert_eq!(words(&of("reply"), "ann"), reply);
    assert!(
        words(&Sheet { quoted: None, ..of("reply") }, "ann")
            .starts_with("ann, from Slack:\n\nRe: another issue on this sample\n\n")
    );
    assert!(words(&hostile("reply"), &"ö".repeat(500)).chars().count() < 500);
}

#[test]
fn the_messages() {
    let (john, name) = (UserId::parse("U2").unwrap(), Username::parse("john").unwrap());
    let (assign, report, reply_to) = (of("assign"), of("report"), of("reply"));
    let messages = [
        ("not opened", reply::action_form_not_opened()),
        ("outdated", reply::action_form_outdated()),
        ("off", reply::replies_are_off()),
        ("sent twice", reply::form_in_progress()),
        ("refused", reply::action_form_rejected(&SegmentsError::Unauthorized, Task::Reply)),
        ("assigned", reply::assigned(&assign, APP_URL, Queue::Labeling, (&john, &name), false)),
        ("assigned before", reply::assigned(&assign, APP_URL, Queue::Reviewing, (&john, &name), true)),
        ("assigned otherwise", reply::assignment_changed(Queue::Labeling, Some("jane"))),
        ("assigning unclear", reply::assignment_unknown(&assign, APP_URL)),
        ("reported", reply::reported(&report, APP_URL, Some("rex"), true, true)),
        ("reported unseen", reply::reported(&report, APP_URL, None, true, false)),
        ("replied", reply::reported(&reply_to, APP_URL, Some("rex"), true, true)),
        ("reported before", reply::reported(&report, APP_URL, Some("rex"), false, true)),
        ("reporting unclear", reply::report_unknown(&report, APP_URL)),
        (
            "reporting unseen",
            reply::report_unknown_without_dataset(&Sheet { dataset: None, ..report.clone() }, APP_URL),
        ),
        ("reporting waits", reply::earlier_report_unknown(&SegmentsError::NotFound, Task::Report)),
        ("hostile", reply::reported(&hostile("report"), APP_URL, Some(&"<!here>".repeat(50)), true, false)),
    ];
    insta::assert_snapshot!(gallery(messages));
}
