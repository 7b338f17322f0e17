//! The menu behind "…" that every message about events has.

use super::block_kit;
use crate::model::{DatasetName, DatasetPattern};
use crate::slack::interaction::{Action, Ask, MuteFor, Subject, Task};
use slack_morphism::prelude::SlackBlockOverflowElement;

/// What a message is about, as far as its menu goes.
#[derive(Debug, Clone)]
pub(super) struct MenuContext<'a> {
    /// The one dataset that it is about.
    pub(super) dataset: Option<&'a DatasetName>,
    /// The sample that it is about, where something can be done with it.
    pub(super) subject: Option<Subject>,
    /// The one subscription that it was posted for.
    pub(super) subscription: Option<u32>,
    /// Whether it tells of something that happened.
    pub(super) happened: bool,
}

impl MenuContext<'_> {
    /// The menu; none where it would have fewer entries than Slack takes. It takes five: where something can be done with
    /// a sample, changing and leaving the subscription are found behind *Why am I seeing this*.
    pub(super) fn menu(&self) -> Option<SlackBlockOverflowElement> {
        let mut entries = Vec::new();
        if let Some(about) = &self.subject {
            let ask = |task| Action::Ask(Ask { task, about: about.clone() });
            entries.push(("Assign…", ask(Task::Assign)));
            entries.push(("Report an issue…", ask(Task::Report)));
        }
        if let Some(dataset) = self.dataset.filter(|dataset| means_one(dataset)) {
            let mute = |length| Action::Mute { length, dataset: dataset.to_string() };
            entries.push(("Mute this dataset 1 h", mute(MuteFor::Hour)));
            entries.push(("Mute this dataset today", mute(MuteFor::Today)));
        }
        if self.happened {
            entries.push(("Why am I seeing this", Action::Why));
        }
        if let Some(number) = self.subscription {
            entries.push(("Edit subscription", Action::Edit(number)));
            entries.push(("Unsubscribe", Action::Unsubscribe(number)));
        }
        block_kit::overflow(&entries)
    }
}

/// Whether a dataset's name, read as a pattern, means it and no other.
fn means_one(dataset: &DatasetName) -> bool {
    let pattern = DatasetPattern::parse(dataset.as_str());
    pattern.is_some_and(|pattern| pattern.owner.is_literal() && pattern.name.is_literal())
}
