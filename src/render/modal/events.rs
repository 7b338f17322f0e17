//! The boxes of the modal: the events of each noun.

use super::{ENTRY, filled, input};
use crate::render::block_kit::plain;
use crate::slack::form::{Form, block, boxes as names};
use slack_morphism::prelude::*;

/// The events of a noun as boxes, the first for all of them.
pub(super) fn boxes(noun: &str, form: &Form) -> SlackBlock {
    let options: Vec<_> = names(noun).map(|name| option(&name)).collect();
    let ticked: Vec<_> = options.iter().filter(|option| form.ticked.contains(&option.value)).cloned().collect();
    let element = SlackBlockCheckboxesElement::new(options)
        .with_action_id(filled(&block::events(noun)))
        .opt_initial_options((!ticked.is_empty()).then_some(ticked));
    let mut label = format!("{noun} events");
    label[..1].make_ascii_uppercase();
    input(&block::events(noun), &label, element.into(), true)
}

fn option(name: &str) -> SlackBlockChoiceItem<SlackBlockText> {
    let text = SlackBlockPlainText::new(name.to_owned());
    SlackBlockChoiceItem::new(text.into(), name.to_owned()).opt_description(meaning(name).map(|it| plain(it, ENTRY)))
}

/// What an event is, where its name does not say so.
fn meaning(name: &str) -> Option<&'static str> {
    Some(match name {
        "dataset.*" | "sample.*" | "label.*" | "issue.*" | "release.*" => "all of them, future kinds too",
        "dataset.updated" => "any change, and completion",
        "dataset.completed" => "every sample is labeled or reviewed",
        "sample.updated" => "any change, and assignment",
        "sample.assigned" => "a labeler or reviewer was assigned",
        "label.labeled" => "waits for review",
        "label.reviewed" => "accepted",
        "label.rejected" => "back to its labeler",
        "label.prelabeled" => "by a model",
        "label.updated" | "issue.updated" => "any of the changes below",
        _ => return None,
    })
}
