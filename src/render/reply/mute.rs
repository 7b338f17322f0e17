//! Mutes: who muted what until when, what was held meanwhile, and the way back.

use super::format::{self, count};
use super::layout::{button, buttons, context, say, section, summary};
use crate::model::{DatasetPattern, EndedMutes, Mute, UserId};
use crate::render::Message;
use crate::slack::interaction::Action;

/// Room for the names of mutes, in characters.
const NAMES: usize = 1_500;
/// A longer pattern gets no button, in bytes; Slack takes values of 2,000 characters.
const LONGEST_IN_BUTTON: usize = 500;

/// Says in the channel what was muted, with *Unmute*; `zone_known` says whether a time of day was taken in the typist's.
pub fn muted(mute: &Mute, zone_known: bool) -> Message {
    let mut said = say(format!(
        "{} muted {} until {}. What comes meanwhile is held, and comes then. `/segments unmute` ends it sooner.",
        format::user(&mute.by),
        what(&mute.dataset),
        format::time(mute.until)
    ));
    let utc = "I do not know your time zone, so that time is in UTC.".to_owned();
    said.blocks.extend(context((!zone_known).then_some(utc)));
    let dataset = mute.dataset.to_string();
    let fits = dataset.len() <= LONGEST_IN_BUTTON;
    said.blocks.extend(buttons(fits.then(|| button("Unmute", &Action::Unmute(dataset)))));
    said
}

/// Says in the channel that mutes were ended before their time, how many events they had held, and what stays muted.
pub fn unmuted(by: &UserId, ended: &[Mute], held: u64, left: &[Mute]) -> Message {
    let mut sentences = vec![format!("{} unmuted {}.", format::user(by), names(ended)), came(held)];
    if !left.is_empty() {
        sentences.push(format!("Still muted: {}.", until(left)));
    }
    say(sentences.join(" "))
}

/// Says in the channel that mutes have ended by themselves, and how many events they had held.
pub fn mutes_ended(ended: &EndedMutes) -> Message {
    let over = if ended.mutes.len() == 1 { "The mute" } else { "The mutes" };
    say(format!("{over} of {} ended. {}", names(&ended.mutes), came(ended.held)))
}

/// Nothing like that is muted; names what is.
pub fn not_muted(asked: Option<&DatasetPattern>, mutes: &[Mute]) -> Message {
    let asked = asked.filter(|asked| **asked != DatasetPattern::everything() && !mutes.is_empty());
    say(match asked {
        Some(asked) => format!("There is no mute of {} here. Muted: {}.", what(asked), until(mutes)),
        None => "Nothing is muted in this channel. `/segments mute 2h` mutes it for two hours.".to_owned(),
    })
}

/// The channel has as many mutes as one may have.
pub fn too_many_mutes(limit: usize) -> Message {
    say(format!(
        "A channel can have {} at most, and this one has them. Nothing was changed. \
         Mute a pattern such as `jane/*`, or all of it: `/segments mute 2h`.",
        count(limit, "mute")
    ))
}

/// A reply about the channel, and what is muted in it.
#[must_use]
pub fn with_mutes(mut said: Message, mutes: &[Mute]) -> Message {
    if !mutes.is_empty() {
        let line = format!("🔇 Muted: {}. `/segments unmute` ends it.", until(mutes));
        said.text = summary(&format!("{} {line}", said.text));
        said.blocks.insert(said.blocks.len().min(1), section(&line));
    }
    said
}

fn what(dataset: &DatasetPattern) -> String {
    if *dataset == DatasetPattern::everything() { "this channel".to_owned() } else { format::dataset(dataset, 300) }
}

fn names(mutes: &[Mute]) -> String {
    format::listed(mutes.iter().map(|mute| what(&mute.dataset)), NAMES)
}

pub(super) fn until(mutes: &[Mute]) -> String {
    let lines = mutes.iter().map(|mute| format!("{} until {}", what(&mute.dataset), format::time(mute.until)));
    format::listed(lines, NAMES)
}

fn came(held: u64) -> String {
    match held {
        0 => "Nothing was held.".to_owned(),
        1 => "1 event was held and comes now.".to_owned(),
        held => format!("{} events were held and come now.", format::grouped(held)),
    }
}
