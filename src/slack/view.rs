//! A modal or an App Home as Slack sends it back: what it is, what it was given along, and what was filled in.

use crate::model::{ChannelId, UserId};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// A view with what people filled in. Nothing of it is to be believed: whoever sent it may have made it up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct View {
    /// Slack's id of it.
    pub id: String,
    /// `modal` or `home`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which of ours it is.
    pub callback_id: String,
    /// What it was given along.
    pub private_metadata: String,
    /// Changes with every update, so that an update of an older state is refused.
    pub hash: String,
    state: State,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct State {
    /// By block id, then action id.
    values: BTreeMap<String, BTreeMap<String, Filled>>,
}

/// What an input holds; what it holds depends on its kind. It may be a secret, and prints without it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Filled {
    value: Option<String>,
    selected_option: Option<Chosen>,
    selected_options: Option<Vec<Chosen>>,
    selected_conversation: Option<String>,
    selected_user: Option<String>,
    selected_users: Option<Vec<String>>,
    selected_time: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Chosen {
    value: String,
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filled(…)")
    }
}

impl View {
    /// The text in the input of a block; none if it is empty.
    pub fn text(&self, block: &str) -> Option<&str> {
        self.filled(block)?.value.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// The value of the entry chosen in a block.
    pub fn chosen(&self, block: &str) -> Option<&str> {
        Some(self.filled(block)?.selected_option.as_ref()?.value.as_str())
    }

    /// The values of all that is ticked or chosen in a block.
    pub fn ticked(&self, block: &str) -> impl Iterator<Item = &str> {
        let options = self.filled(block).and_then(|filled| filled.selected_options.as_ref());
        options.into_iter().flatten().map(|option| option.value.as_str())
    }

    /// The channel chosen in a block.
    pub fn channel(&self, block: &str) -> Option<ChannelId> {
        ChannelId::parse(self.filled(block)?.selected_conversation.as_deref()?).ok()
    }

    /// The person chosen in a block.
    pub fn user(&self, block: &str) -> Option<UserId> {
        UserId::parse(self.filled(block)?.selected_user.as_deref()?).ok()
    }

    /// The people chosen in a block.
    pub fn users(&self, block: &str) -> impl Iterator<Item = UserId> {
        let users = self.filled(block).and_then(|filled| filled.selected_users.as_ref());
        users.into_iter().flatten().filter_map(|id| UserId::parse(id.as_str()).ok())
    }

    /// The time of day chosen in a block, as `HH:MM`.
    pub fn time(&self, block: &str) -> Option<&str> {
        self.filled(block)?.selected_time.as_deref()
    }

    /// Each block of ours has one input.
    fn filled(&self, block: &str) -> Option<&Filled> {
        self.state.values.get(block)?.values().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_input_is_read_and_an_empty_one_holds_nothing() {
        let view: View = serde_json::from_value(json!({"id": "V1", "type": "modal", "state": {"values": {
            "text": {"a": {"type": "plain_text_input", "value": "by:ann"}},
            "empty": {"a": {"type": "plain_text_input", "value": null}},
            "one": {"a": {"type": "static_select", "selected_option": {"text": {}, "value": "full"}}},
            "none": {"a": {"type": "static_select", "selected_option": null, "selected_options": null}},
            "many": {"a": {"type": "checkboxes", "selected_options": [{"value": "x"}, {"value": "y"}]}},
            "channel": {"a": {"type": "conversations_select", "selected_conversation": "C1"}},
            "person": {"a": {"type": "users_select", "selected_user": "U1"}},
            "people": {"a": {"type": "multi_users_select", "selected_users": ["U1", "not an id"]}},
            "time": {"a": {"type": "timepicker", "selected_time": "09:00"}},
        }}}))
        .unwrap();
        assert_eq!((view.text("text"), view.text("empty"), view.text("absent")), (Some("by:ann"), None, None));
        assert_eq!((view.chosen("one"), view.chosen("none")), (Some("full"), None));
        assert_eq!(view.ticked("many").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(view.channel("channel").unwrap().as_str(), "C1");
        assert_eq!((view.user("person").unwrap().as_str(), view.users("people").count()), ("U1", 1));
        assert_eq!(view.time("time"), Some("09:00"));
        assert!(!format!("{view:?}").contains("by:ann"));
    }
}
