//! What came of a form that changes something at Segments.ai.

use super::action_result::{refused, why};
use super::format::user;
use super::layout::{plain, say};
use crate::model::{UserId, Username};
use crate::render::Message;
use crate::render::modal::sample;
use crate::segments::api::{Queue, SegmentsError};
use crate::slack::acts::Sheet;
use crate::slack::interaction::Task;

/// The longest shown name of a person.
const PERSON: usize = 80;

/// Slack did not let a form be opened.
pub fn action_form_not_opened() -> Message {
    say("Slack did not let me open the form. Nothing was changed. Please choose it again.")
}

/// What came back is no form of ours, or not one of this person's.
pub fn action_form_outdated() -> Message {
    say("This form is out of date, so nothing was changed. Close it, and choose it from the message again.")
}

/// Issues are not replied to from here.
pub fn replies_are_off() -> Message {
    say("Replying is turned off here (`SEGMENTS_SLACK_REPLY`). Nothing was changed. Reply in Segments.ai.")
}

/// Why a form cannot be opened, or did nothing.
pub fn action_form_rejected(error: &SegmentsError, task: Task) -> Message {
    let (verb, noun) = wish(task);
    say(refused(error, verb, noun))
}

fn wish(task: Task) -> (&'static str, &'static str) {
    match task {
        Task::Assign => ("assign", "sample"),
        Task::Report => ("report issues on", "sample"),
        Task::Reply => ("open issues on the sample of", "issue"),
    }
}

/// The same form was sent twice, and is being carried out.
pub fn form_in_progress() -> Message {
    say("This form was sent a moment ago, and is being carried out. Look again in a minute.")
}

/// Whoever is to get a sample is nobody in Segments.ai, as far as is known. For the side of an input.
pub fn person_not_linked() -> &'static str {
    "This person has not told who they are in Segments.ai: they type /segments me jane, or an admin types \
     /segments me @ann as jane."
}

/// Somebody else is just assigning the same sample. For the side of an input.
pub fn assignment_in_progress() -> &'static str {
    "Somebody is just assigning this sample. Try again in a moment."
}

/// Segments.ai does not take somebody, as it says. For the side of an input.
pub fn assignee_rejected(username: &Username, said: Option<&str>) -> String {
    let said = said.map(|said| format!(" “{}”", plain(said, 150))).unwrap_or_default();
    let username = plain(username.as_str(), PERSON);
    format!(
        "Segments.ai does not take {username}.{said} They need to be a collaborator of the dataset, spelled like this."
    )
}

/// A sample is in somebody's queue now, or was before.
pub fn assigned(sheet: &Sheet, app_url: &str, queue: Queue, to: (&UserId, &Username), before: bool) -> Message {
    let (who, username) = to;
    let in_queue = format!(
        "{} is in the {} queue of {} ({})",
        sample(sheet, app_url),
        named(queue),
        user(who),
        plain(username.as_str(), PERSON)
    );
    say(if before {
        format!("{in_queue} already. Nothing was changed.")
    } else {
        format!("👤 {in_queue} now. A message follows below the one that you chose this from.")
    })
}

/// A queue changed since the form was opened; the form is opened anew below.
pub fn assignment_changed(queue: Queue, holder: Option<&str>) -> Message {
    let holder = holder.map_or_else(|| "nobody".to_owned(), |holder| plain(holder, PERSON));
    say(format!(
        "⚠️ The {} queue changed since you opened this form, so nothing was written: the sample is with {holder} now. \
         *Assign* changes that all the same.",
        named(queue)
    ))
}

/// It may be assigned, or not.
pub fn assignment_unknown(sheet: &Sheet, app_url: &str) -> Message {
    say(format!(
        "Segments.ai did not say whether it has assigned {}, and does not show it. If it has, a message follows. Look \
         there before you try again.",
        sample(sheet, app_url)
    ))
}

/// An issue was opened, maybe by an earlier try in other words; `subscribed` if its card comes to the channel.
pub fn reported(sheet: &Sheet, app_url: &str, owner: Option<&str>, as_written: bool, subscribed: bool) -> Message {
    let owner = owner.map(|owner| format!(", as {}", plain(owner, PERSON))).unwrap_or_default();
    let issue = if sheet.ask.task == Task::Reply { "reply is an issue" } else { "issue is" };
    let earlier = " It was taken when you sent it before, so it has the words of then.";
    let words = if as_written { "" } else { earlier };
    let told = format!("🔴 Your {issue} on {} in Segments.ai{owner}.{words}", sample(sheet, app_url));
    if subscribed {
        return say(format!("{told} Its card follows in <#{}>.", sheet.channel));
    }
    say(format!(
        "{told} <#{}> is not subscribed to `issue.created` there, so no card follows: open the sample to see it.",
        sheet.channel
    ))
}

/// An issue may have been opened, or not.
pub fn report_unknown(sheet: &Sheet, app_url: &str) -> Message {
    say(format!(
        "⚠️ Segments.ai did not say whether it has taken this, and does not list it. Look at {} first. If it is not there, \
         send this again: I look once more, and open no second one.",
        sample(sheet, app_url)
    ))
}

/// An issue may have been opened, or not, and there is no list to look for it in.
pub fn report_unknown_without_dataset(sheet: &Sheet, app_url: &str) -> Message {
    say(format!(
        "⚠️ Segments.ai did not say whether it has taken this, nor which dataset it is in, so I cannot look. Look at {} \
         yourself. If it is not there, keep your words, close this, and choose it from the message again.",
        sample(sheet, app_url)
    ))
}

/// An issue may have been opened by an earlier try, and whether it was cannot be seen right now.
pub fn earlier_report_unknown(error: &SegmentsError, task: Task) -> Message {
    let (verb, noun) = wish(task);
    let (why, help) = why(error, verb, noun);
    say(format!("⚠️ This may have been taken before, so I look first. {why} Nothing was sent this time. {help}"))
}

fn named(queue: Queue) -> &'static str {
    match queue {
        Queue::Labeling => "labeling",
        Queue::Reviewing => "reviewing",
    }
}
