//! Replies to the forms that change something in Segments.ai.

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
    say("I couldn't open the form in Slack. Nothing was changed. Choose it from the menu again.")
}

/// What came back is no form of ours, or not one of this person's.
pub fn action_form_outdated() -> Message {
    say("Nothing was changed because this form is out of date. Close it, and choose it from the message again.")
}

/// Issues are not replied to from here.
pub fn replies_are_off() -> Message {
    say(
        "Replies from Slack are turned off (`SEGMENTS_SLACK_REPLY`). Nothing was changed. Reply in Segments.ai instead.",
    )
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
    say("This form was sent a moment ago and is still being processed. Check again in a minute.")
}

/// Whoever is to get a sample is nobody in Segments.ai, as far as is known. For the side of an input.
pub fn person_not_linked() -> &'static str {
    "I don't know this person's Segments.ai username. They can type /segments me jane, or an admin can type \
     /segments me @ann as jane."
}

/// Somebody else is just assigning the same sample. For the side of an input.
pub fn assignment_in_progress() -> &'static str {
    "Someone else is assigning this sample right now. Try again in a moment."
}

/// Segments.ai does not take somebody, as it says. For the side of an input.
pub fn assignee_rejected(username: &Username, said: Option<&str>) -> String {
    let said = said.map(|said| format!(" “{}”", plain(said, 150))).unwrap_or_default();
    let username = plain(username.as_str(), PERSON);
    format!(
        "Segments.ai rejected {username}.{said} Check the spelling, and that this user is a collaborator of the dataset."
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
        format!("👤 {in_queue} now. I'll reply to the message that you started from.")
    })
}

/// A queue changed since the form was opened; the form is opened anew below.
pub fn assignment_changed(queue: Queue, holder: Option<&str>) -> Message {
    let holder = holder.map_or_else(|| "nobody".to_owned(), |holder| plain(holder, PERSON));
    say(format!(
        "⚠️ Nothing was changed because the {} queue has changed since you opened this form. \
         The sample is now assigned to {holder}. Press *Assign* again to overwrite it.",
        named(queue)
    ))
}

/// It may be assigned, or not.
pub fn assignment_unknown(sheet: &Sheet, app_url: &str) -> Message {
    say(format!(
        "I don't know whether Segments.ai assigned {}: it didn't answer. If it did, I'll post a message. \
         Check in Segments.ai before you try again.",
        sample(sheet, app_url)
    ))
}

/// An issue was opened, maybe by an earlier try in other words; `subscribed` if its card comes to the channel.
pub fn reported(sheet: &Sheet, app_url: &str, owner: Option<&str>, as_written: bool, subscribed: bool) -> Message {
    let owner = owner.map(|owner| format!(", as {}", plain(owner, PERSON))).unwrap_or_default();
    let issue = if sheet.ask.task == Task::Reply { "reply was added as an issue" } else { "issue was added" };
    let earlier = " It was already created by your earlier attempt, so it contains your earlier text.";
    let words = if as_written { "" } else { earlier };
    let told = format!("🔴 Your {issue} on {} in Segments.ai{owner}.{words}", sample(sheet, app_url));
    if subscribed {
        return say(format!("{told} I'll post its card in <#{}>.", sheet.channel));
    }
    say(format!(
        "{told} I won't post a card because <#{}> isn't subscribed to `issue.created` of this dataset. \
         Open the sample to see it.",
        sheet.channel
    ))
}

/// An issue may have been opened, or not.
pub fn report_unknown(sheet: &Sheet, app_url: &str) -> Message {
    say(format!(
        "⚠️ I don't know whether Segments.ai created the issue: it didn't answer, and doesn't list it. Check {} first. \
         If it isn't there, send this form again. I'll check once more, so you won't get a duplicate.",
        sample(sheet, app_url)
    ))
}

/// An issue may have been opened, or not, and there is no list to look for it in.
pub fn report_unknown_without_dataset(sheet: &Sheet, app_url: &str) -> Message {
    say(format!(
        "⚠️ I don't know whether Segments.ai created the issue: it didn't answer, and I can't look it up. Check {} yourself. \
         If it isn't there, copy your text, close this form, and choose it from the message again.",
        sample(sheet, app_url)
    ))
}

/// An issue may have been opened by an earlier try, and whether it was cannot be seen right now.
pub fn earlier_report_unknown(error: &SegmentsError, task: Task) -> Message {
    let (verb, noun) = wish(task);
    let (why, help) = why(error, verb, noun);
    say(format!(
        "⚠️ Your earlier attempt may have worked, so I tried to check before sending again. {why} Nothing was sent this time. {help}"
    ))
}

fn named(queue: Queue) -> &'static str {
    match queue {
        Queue::Labeling => "labeling",
        Queue::Reviewing => "reviewing",
    }
}
