//! What the inputs of a modal hold: at first their initial values, then what a person fills in, kept over updates as
//! long as their ids stay.

use super::Emulator;
use super::dispatch::{Answer, Mistake};
use super::message::{since_1970, ts};
use crate::model::{UserId, WorkspaceId};
use serde_json::{Map, Value, json};

/// The kinds of inputs: under which name each holds what, and what it holds at first.
const HOLDS: [(&str, &str, &str); 12] = [
    ("plain_text_input", "value", "initial_value"),
    ("number_input", "value", "initial_value"),
    ("static_select", "selected_option", "initial_option"),
    ("external_select", "selected_option", "initial_option"),
    ("radio_buttons", "selected_option", "initial_option"),
    ("checkboxes", "selected_options", "initial_options"),
    ("multi_static_select", "selected_options", "initial_options"),
    ("conversations_select", "selected_conversation", "initial_conversation"),
    ("users_select", "selected_user", "initial_user"),
    ("multi_users_select", "selected_users", "initial_users"),
    ("timepicker", "selected_time", "initial_time"),
    ("datepicker", "selected_date", "initial_date"),
];

/// The `state.values` of a view: what an older one holds under the same ids, else the initial values.
pub(super) fn values(view: &Value, old: Option<&Value>) -> Value {
    let mut values = Map::new();
    for (block_id, element) in inputs(view) {
        let action_id = element["action_id"].as_str().unwrap_or_default();
        let kept = old.map(|old| &old["state"]["values"][&block_id][action_id]);
        let kept = kept.filter(|kept| kept["type"] == element["type"]).cloned();
        if let Some(held) = kept.or_else(|| initial(element)) {
            values.insert(block_id, json!({ action_id: held }));
        }
    }
    Value::Object(values)
}

fn initial(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let (_, holds, initially) = HOLDS.iter().find(|(known, ..)| *known == kind)?;
    let empty = if holds.ends_with('s') { json!([]) } else { Value::Null };
    Some(json!({"type": kind, *holds: element.get(*initially).cloned().unwrap_or(empty)}))
}

/// The inputs of a view with the ids of their blocks.
fn inputs(view: &Value) -> impl Iterator<Item = (String, &Value)> {
    let blocks = view["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input");
    blocks.map(|block| (block["block_id"].as_str().unwrap_or_default().to_owned(), &block["element"]))
}

/// Returns true if an input is empty.
pub(super) fn is_empty(view: &Value, block_id: &str) -> bool {
    let held = view["state"]["values"][block_id].as_object().and_then(|held| held.values().next());
    let Some(held) = held.and_then(Value::as_object) else { return true };
    let mut said = held.iter().filter(|(name, _)| *name != "type");
    said.all(|(_, value)| value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty))
}

impl Emulator {
    /// Lets a person fill in an input of the modal before them: `held` is a text, the value of an option, a list of these,
    /// or an id, as fits its kind. The app is told if the input's block asks for that (`dispatch_action`).
    pub async fn fills(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        block_id: &str,
        held: Value,
    ) -> Result<Answer, Mistake> {
        let view = self.modal(workspace, user).ok_or(Mistake::NoModal)?;
        let blocks = view["blocks"].as_array().into_iter().flatten();
        let block = blocks.clone().find(|block| block["type"] == "input" && block["block_id"] == block_id);
        let block = block.ok_or_else(|| Mistake::NoElement(block_id.to_owned()))?;
        let element = &block["element"];
        let entry = entry(element, &held)?;
        let action_id = element["action_id"].as_str().unwrap_or_default().to_owned();
        let now = self.0.clock.now();
        let payload = {
            let mut world = self.world();
            let stack = world.workspace(workspace).modals.get_mut(user).and_then(|stack| stack.last_mut());
            let open = stack.ok_or(Mistake::NoModal)?;
            open["state"]["values"][block_id] = json!({ &action_id: entry });
            open.as_object_mut().map(|open| open.remove("errors"));
            if block["dispatch_action"] != true {
                return Ok(Answer::default());
            }
            let view = open.clone();
            let mut payload = world.interaction("block_actions", workspace, user, now);
            let mut action = entry.clone();
            action["action_id"] = json!(action_id);
            action["block_id"] = json!(block_id);
            action["action_ts"] = json!(ts(since_1970(now)));
            payload["actions"] = json!([action]);
            payload["container"] = json!({"type": "view", "view_id": view["id"]});
            payload["view"] = view;
            payload
        };
        self.changed();
        Ok(self.interact(&payload).await)
    }

    /// Lets a person type into a menu of the modal before them that asks the app for its entries; gives these as
    /// `(text, value)`. An answer that Slack would not show is a mistake.
    pub async fn suggests(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        block_id: &str,
        typed: &str,
    ) -> Result<Vec<(String, String)>, Mistake> {
        let view = self.modal(workspace, user).ok_or(Mistake::NoModal)?;
        let found = inputs(&view).find(|(id, element)| id == block_id && element["type"] == "external_select");
        let action_id = found.map(|(_, element)| element["action_id"].clone());
        let action_id = action_id.ok_or_else(|| Mistake::NoElement(block_id.to_owned()))?;
        let now = self.0.clock.now();
        let mut payload = self.world().interaction("block_suggestion", workspace, user, now);
        // Slack gives no trigger with this.
        payload.as_object_mut().map(|payload| payload.remove("trigger_id"));
        payload["action_id"] = action_id;
        payload["block_id"] = json!(block_id);
        payload["value"] = json!(typed);
        payload["container"] = json!({"type": "view", "view_id": view["id"]});
        payload["view"] = view;
        let answer = self.interact(&payload).await;
        let told: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let options = told["options"].as_array().filter(|options| answer.is_success() && options.len() <= 100);
        let options = options.ok_or_else(|| Mistake::NoSuggestions(answer.body.clone()))?;
        options
            .iter()
            .map(|option| suggested(option).ok_or_else(|| Mistake::NoSuggestions(option.to_string())))
            .collect()
    }

    /// Lets a person use a global shortcut; strangers have none.
    pub async fn uses_shortcut(&self, workspace: &WorkspaceId, user: &UserId, callback_id: &str) -> Answer {
        if self.world().workspace(workspace).is_stranger(user) {
            return Answer::default();
        }
        let now = self.0.clock.now();
        let mut payload = self.world().interaction("shortcut", workspace, user, now);
        payload["callback_id"] = json!(callback_id);
        payload["action_ts"] = json!(ts(since_1970(now)));
        self.interact(&payload).await
    }
}

fn suggested(option: &Value) -> Option<(String, String)> {
    let (text, value) = (option["text"]["text"].as_str()?, option["value"].as_str()?);
    let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let plain = option["text"]["type"] == "plain_text";
    (plain && fits(text, 75) && fits(value, 150)).then(|| (text.to_owned(), value.to_owned()))
}

/// Returns the value of an input after it is filled in.
fn entry(element: &Value, held: &Value) -> Result<Value, Mistake> {
    let kind = element["type"].as_str().unwrap_or_default();
    let known = HOLDS.iter().find(|(known, ..)| *known == kind);
    let (_, holds, _) = known.ok_or_else(|| Mistake::NoElement(kind.to_owned()))?;
    let option = |value: &Value| {
        // An entry that the app suggested is no longer known here; its value is what counts.
        if kind == "external_select" {
            return Ok(json!({"text": {"type": "plain_text", "text": value}, "value": value}));
        }
        let options = element["options"].as_array().into_iter().flatten();
        options
            .clone()
            .find(|option| option["value"] == *value)
            .cloned()
            .ok_or_else(|| Mistake::NoOption(value.to_string()))
    };
    let held = match (*holds, held) {
        (_, Value::Null) => Value::Null,
        ("selected_option", value) => option(value)?,
        ("selected_options", Value::Array(values)) => values.iter().map(option).collect::<Result<_, _>>()?,
        (_, held) => held.clone(),
    };
    Ok(json!({"type": kind, *holds: held}))
}
