//! The short answers: what cannot be done here or now, and what to do instead.

use super::format;
use super::layout::{button, buttons, one_or_more, plain, say, section, summary};
use super::typed::code;
use crate::model::{ChannelId, DatasetPattern, EventSelection, Glob, Options, Pause, Rule, Subscription, UserId};
use crate::render::Message;
use crate::slack::interaction::Action;
use slack_morphism::prelude::{SlackBlock, SlackBlockText, SlackSectionBlock, SlackView};

/// How many subscriptions a reply names when the one that was meant does not exist.
const MOST_NAMED: usize = 5;

/// The channel is archived: nothing can be posted or changed in it.
pub fn archived_channel() -> Message {
    say("This channel is archived, so I cannot post in it. Nothing was changed. \
         Unarchive it first, or type the command in another channel.")
}

/// The command was typed in a direct message.
pub fn not_a_channel() -> Message {
    say("Subscriptions belong to a channel, and this is a direct message. \
         Type the command in the channel that should get the messages. `/segments help` and `/segments status` work here.")
}

/// The channel has as many subscriptions as one may have.
pub fn too_many_subscriptions(limit: usize) -> Message {
    say(format!(
        "A channel can have {} at most, and this one would have more. Nothing was changed. \
         Use a pattern such as `jane/*`, or remove some: `/segments list` shows them.",
        format::count(limit, "subscription")
    ))
}

/// What was asked for would leave a subscription without any event.
pub fn selects_nothing(dataset: &DatasetPattern) -> Message {
    say(format!(
        "That would leave {} without any event: everything that it selects is excluded as well. Nothing was changed. \
         Leave an exclusion out, or type {} to stop.",
        format::dataset(dataset, 300),
        code(&format!("/segments unsubscribe {dataset}"), 500)
    ))
}

/// The channel has no subscription like that; names what it has.
pub fn no_such_subscription(target: &str, existing: &[Subscription]) -> Message {
    let missing = format!("This channel has no subscription {}.", code(target, 500));
    if existing.is_empty() {
        return say(format!(
            "{missing} It has none at all yet: `/segments subscribe jane/flowers sample.*` makes one."
        ));
    }
    let named = existing.iter().take(MOST_NAMED);
    let named = named.map(|one| format!("#{} {}", one.number, format::dataset(&one.rule.dataset, 200)));
    let more = if existing.len() > MOST_NAMED { " `/segments list` shows the rest." } else { "" };
    say(format!("{missing} It has {}.{more}", format::listed(named, 1_500)))
}

/// The command that gives a subscription as it is, to be changed and typed.
pub fn edit_by_command(subscription: &Subscription) -> Message {
    let Subscription { number, rule, .. } = subscription;
    let mut said = say(format!(
        "Change what you like in this command and type it here; it replaces #{number}. \
         `/segments help set` explains it."
    ));
    said.blocks.push(section(&code(&format!("/segments set {rule}"), 2_900)));
    said
}

/// The form did not open: the command that does the same.
pub fn subscribe_by_command() -> Message {
    say("Slack did not let me open the form. Try again, or type the command in the channel: \
         `/segments subscribe jane/flowers sample.*`; `/segments help subscribe` explains it.")
}

/// The form of `import` did not open: the command that does the same.
pub fn import_by_command() -> Message {
    say(
        "Slack did not let me open the form. Try again, or type `/segments import`, a new line, and paste the lines there; \
         `/segments help import` explains it.",
    )
}

/// The subscription that a form was opened on is gone.
pub fn edited_subscription_removed(number: u32) -> Message {
    say(format!(
        "Subscription #{number} was removed while this form was open, so nothing was changed. \
         `/segments subscribe` makes a new one."
    ))
}

/// The subscription that a form was opened on looks different now.
pub fn edited_subscription_changed(number: u32) -> Message {
    say(format!(
        "Somebody changed subscription #{number} while this form was open, so nothing was changed. \
         `/segments edit #{number}` opens it as it is now."
    ))
}

/// A form takes longer than Slack waits.
pub fn still_working() -> Message {
    say("⏳ This takes longer than usual. What comes of it is shown here; a channel that it changes is told, too.")
}

/// A form that took longer was carried out.
pub fn form_finished() -> Message {
    say("✅ Done. The channel was told.")
}

/// A form that took longer was wrong.
pub fn form_had_errors<'a>(wrong: impl Iterator<Item = &'a str>) -> Message {
    let wrong: Vec<String> = wrong.map(|text| plain(text, 300)).collect();
    say(format!("Nothing was changed: {} Close this form and try again.", wrong.join(" ")))
}

/// What a form would have said that was closed meanwhile, or that Slack did not bring up to date.
pub fn about_form(form: &SlackView, was_closed: bool) -> Message {
    let blocks = if let SlackView::Modal(modal) = form { modal.blocks.as_slice() } else { &[] };
    let said = blocks.iter().filter(|block| matches!(block, SlackBlock::Section(_) | SlackBlock::Context(_)));
    let head = if was_closed { "About the form that you closed:" } else { "About the form that you sent:" };
    let first = blocks.iter().find_map(|block| match block {
        SlackBlock::Section(SlackSectionBlock { text: Some(SlackBlockText::MarkDown(text)), .. }) => Some(&text.text),
        _ => None,
    });
    let mut message = say(head);
    message.blocks.extend(said.cloned());
    message.text = summary(&format!("{head} {}", first.map(String::as_str).unwrap_or_default()));
    message
}

/// What whoever clicked a button would have been told beside its message, had Slack taken it there.
pub fn about_button(channel: Option<&ChannelId>, told: &Message) -> Message {
    let place = channel.map(|channel| format!(" in <#{channel}>")).unwrap_or_default();
    say(format!("About the button that you clicked{place}: {}", told.text))
}

/// The sample card is in the channel; says so to the asker alone, or to everybody.
pub fn test_posted(number: u32, ephemeral: bool) -> Message {
    let note = if ephemeral { " Only you see this note." } else { "" };
    say(format!("A sample message of #{number} was posted here, marked as a test.{note}"))
}

/// There is no subscription to test.
pub fn test_nothing_to_show() -> Message {
    say("This channel has no subscription to test yet. \
         Subscribe first: `/segments subscribe jane/flowers sample.*`.")
}

/// The event to test would not be posted.
pub fn test_event_not_selected(event: &str, number: u32, rule: &Rule) -> Message {
    let wanted = EventSelection { include: vec![Glob::new(event)], exclude: Vec::new() };
    let wanted = Rule { events: wanted, options: Options::default(), ..rule.clone() };
    say(format!(
        "#{number} does not post {}. It posts {}.\nTo add it, type {}.",
        code(event, 200),
        format::events(&rule.events),
        code(&format!("/segments subscribe {wanted}"), 1_000)
    ))
}

/// Tells the creator that Slack takes nothing for a channel any more.
pub fn paused_notice(channel: &ChannelId, pause: &Pause) -> Message {
    let (why, next) = format::refusal(&pause.reason.0);
    let mut said = say(format!(
        "I stopped posting in <#{channel}> ({}): {why}. Its subscriptions are paused, not deleted, \
         and what comes meanwhile is held for 7 days. {next} Any `/segments` command there starts it again.",
        format::time(pause.since)
    ));
    said.text = summary(&format!("I stopped posting in <#{channel}>: {why}. {next}"));
    said
}

/// Says in the channel that posting goes on.
pub fn resumed(by: Option<&UserId>, subscriptions: &[Subscription]) -> Message {
    let who = by.map_or_else(|| "Posting goes on.".to_owned(), |by| format!("{} let posting go on.", format::user(by)));
    if subscriptions.is_empty() {
        return say(who);
    }
    let one = format!("{who} This channel gets");
    one_or_more(&one, &format!("{one}:"), subscriptions.iter().map(format::subscription))
}

/// Slack was tried again, and takes nothing for the channel as before.
pub fn still_rejected(slack_code: &str) -> Message {
    let (why, next) = format::refusal(slack_code);
    let mut said = say(format!("Slack still takes no messages for this channel: {why}. {next} Then click *Resume*."));
    said.blocks.extend(buttons([button("Resume", &Action::Resume)]));
    said
}

/// The asker belongs to another workspace of a shared channel.
pub fn other_workspace() -> Message {
    say("This app belongs to the other workspace of this shared channel. \
         You see what it posts; changing that is for its members. Nothing was changed: ask one of them.")
}

/// The store or Slack is away; `what` is what could not be done, such as `change this channel's subscriptions`.
pub fn unavailable(what: &str) -> Message {
    let what = plain(what, 300);
    say(format!(
        "I could not {what}: something that I need does not answer. Nothing was changed. \
         Please try again in a minute; if it stays so, tell whoever runs this app."
    ))
}

/// The store does not answer, and what was asked for may be done or not.
pub fn timed_out() -> Message {
    say("I could not finish that in time: something that I need does not answer. It may still be done. \
         Look with `/segments list` in a minute before you try again; if it stays so, tell whoever runs this app.")
}

/// Segments.ai, or Slack, takes too long over what somebody wants done there, and it may be done or not.
pub fn action_timed_out() -> Message {
    say(
        "I could not finish that in time, and it may still be done. Look in Segments.ai whether it was, before you try again.",
    )
}

/// A button that this version does not know.
pub fn unknown_action() -> Message {
    say("This button comes from another version of this app and does nothing now. \
         Type the command instead: `/segments help` lists them.")
}
