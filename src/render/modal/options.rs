//! The options of the modal.

use super::{ENTRY, filled, input};
use crate::render::block_kit::plain;
use crate::slack::form::{DAYS, Form, MORNING, USUAL, block};
use slack_morphism::prelude::*;

type Item = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// Every option's input; the day and the time of a digest only where they matter.
pub(super) fn inputs(form: &Form) -> Vec<SlackBlock> {
    let usual = |text: &'static str| (text.to_owned(), USUAL.to_owned());
    let other = |text: &str, value: &str| (text.to_owned(), value.to_owned());
    let mut batches = vec![usual("When many come at once"), other("Never", "off")];
    let minutes = ["5m", "15m", "60m"];
    batches.extend(minutes.iter().map(|time| (format!("Always, for {}", spoken(time)), (*time).to_owned())));
    let unusual = form.batch.as_deref().filter(|batch| *batch != "off" && !minutes.contains(batch));
    batches.extend(unusual.map(|time| (format!("Always, for {}", spoken(time)), time.to_owned())));
    let digest = form.digest.as_deref();
    let mut inputs = vec![
        select(
            block::STYLE,
            "How much room a message takes",
            vec![usual("As fits the event"), other("One line each", "line"), other("Full, with images", "full")],
            form.style.as_deref(),
        ),
        select(
            block::THREADS,
            "Issues",
            vec![usual("One message each, its story in the thread"), other("A message for each event", "off")],
            form.threads.as_deref(),
        ),
        select(
            block::ECHO,
            "What of a thread the channel sees too",
            vec![usual("Nothing"), other("Resolving and reopening", "state"), other("Everything", "all")],
            form.echo.as_deref(),
        ),
        select(block::BATCH, "Collect events into one message", batches, form.batch.as_deref()),
        select(
            block::DIGEST,
            "Digest instead of single messages",
            vec![
                usual("No"),
                other("Every hour", "hourly"),
                other("Every day", "daily"),
                other("Every week", "weekly"),
            ],
            digest,
        ),
    ];
    if digest == Some("weekly") {
        let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let days = names.iter().zip(DAYS).map(|(name, day)| other(name, day)).collect();
        inputs.push(select(block::DAY, "Day of the digest", days, form.day.as_deref().or(Some(DAYS[0]))));
    }
    if matches!(digest, Some("daily" | "weekly")) {
        let at = form.time.as_deref().or(Some(MORNING));
        inputs.push(input(block::TIME, "Time of the digest, where you are", time(block::TIME, at).into(), true));
    }
    let (from, until) = &form.quiet;
    inputs.push(input(
        block::QUIET_FROM,
        "Quiet from, where you are",
        time(block::QUIET_FROM, from.as_deref()).into(),
        true,
    ));
    inputs.push(input(block::QUIET_UNTIL, "Quiet until", time(block::QUIET_UNTIL, until.as_deref()).into(), true));
    let people = SlackBlockMultiUsersSelectElement::new()
        .with_action_id(filled(block::MENTION))
        .opt_initial_users((!form.people.is_empty()).then(|| form.people.clone()));
    inputs.push(input(block::MENTION, "Mention people in each message", people.into(), true));
    inputs
}

fn spoken(minutes: &str) -> String {
    format!("{} min", minutes.trim_end_matches('m'))
}

fn time(id: &str, at: Option<&str>) -> SlackBlockTimePickerElement {
    SlackBlockTimePickerElement::new().with_action_id(filled(id)).opt_initial_time(at.map(str::to_owned))
}

/// A menu of which one entry is always chosen: the first, if nothing else is.
fn select(id: &str, label: &str, entries: Vec<(String, String)>, chosen: Option<&str>) -> SlackBlock {
    let options: Vec<Item> = entries.into_iter().map(|(text, value)| Item::new(plain(&text, ENTRY), value)).collect();
    let initial = options.iter().find(|option| Some(option.value.as_str()) == chosen).or(options.first()).cloned();
    let element = SlackBlockStaticSelectElement::new()
        .with_action_id(filled(id))
        .with_options(options)
        .opt_initial_option(initial);
    input(id, label, element.into(), false)
}
