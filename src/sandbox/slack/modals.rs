//! Actions of people on a modal: submit or close.

use super::Emulator;
use super::blocks::fill_in_ids;
use super::dispatch::{Answer, Mistake};
use super::state::is_empty;
use super::views::check_view;
use crate::model::{UserId, WorkspaceId};
use serde_json::{Value, json};

impl Emulator {
    /// Lets a person submit the modal before them with these `state.values` (by block id, then action id, as Slack
    /// writes them: `{"type": "plain_text_input", "value": "…"}`), and does with the modal what the app answers.
    pub async fn submits(&self, workspace: &WorkspaceId, user: &UserId, values: Value) -> Result<Answer, Mistake> {
        let mut view = self.modal(workspace, user).ok_or(Mistake::NoModal)?;
        if let (Some(given), Some(held)) = (values.as_object(), view["state"]["values"].as_object_mut()) {
            held.extend(given.clone());
        }
        let inputs = view["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "input");
        for input in inputs.filter(|input| input["optional"] != true) {
            let id = input["block_id"].as_str().unwrap_or_default();
            if is_empty(&view, id) {
                return Err(Mistake::Unfilled(id.to_owned()));
            }
        }
        let now = self.0.clock.now();
        let mut payload = self.world().interaction("view_submission", workspace, user, now);
        payload["view"] = view.clone();
        payload["response_urls"] = json!([]);
        let answer = self.interact(&payload).await;
        if answer.is_success() {
            let told =
                if answer.is_json { serde_json::from_str(&answer.body).unwrap_or_default() } else { Value::Null };
            self.follow(workspace, user, &view, &told)?;
        }
        Ok(answer)
    }

    /// Lets a person close the modal before them; the app is told only if it asked for that.
    pub async fn closes(&self, workspace: &WorkspaceId, user: &UserId) -> Result<Answer, Mistake> {
        let view = self.modal(workspace, user).ok_or(Mistake::NoModal)?;
        self.take_away(workspace, user, false);
        if view["notify_on_close"] != true {
            return Ok(Answer::default());
        }
        let now = self.0.clock.now();
        let mut payload = self.world().interaction("view_closed", workspace, user, now);
        payload["view"] = view;
        payload["is_cleared"] = json!(false);
        Ok(self.interact(&payload).await)
    }

    /// The errors by block id that the app gave for the last submission of the modal before a person.
    pub fn modal_errors(&self, workspace: &WorkspaceId, user: &UserId) -> Option<Value> {
        self.world().workspace(workspace).modals.get(user)?.last()?.get("errors").cloned()
    }

    /// Does what the answer to a submission says; nothing said closes the modal. A view that will not do changes nothing.
    fn follow(&self, workspace: &WorkspaceId, user: &UserId, old: &Value, told: &Value) -> Result<(), Mistake> {
        match told["response_action"].as_str() {
            None => self.take_away(workspace, user, false),
            Some("clear") => self.take_away(workspace, user, true),
            Some(change @ ("update" | "push")) if check_view(&told["view"], "modal").is_ok() => {
                let mut world = self.world();
                let mut view = told["view"].clone();
                fill_in_ids(&mut view["blocks"], &mut || world.next_id());
                let number = world.next_number();
                let state = world.workspace(workspace);
                let view = state.stamp(view, number, (change == "update").then_some(old));
                let stack = state.modals.entry(user.clone()).or_default();
                if change == "update" {
                    stack.pop();
                }
                stack.push(view);
            }
            Some("errors") => {
                let blocks = old["blocks"].as_array().into_iter().flatten();
                let inputs: Vec<&Value> =
                    blocks.filter(|block| block["type"] == "input").map(|block| &block["block_id"]).collect();
                let errors = told["errors"].as_object();
                let fits = errors.is_some_and(|errors| {
                    !errors.is_empty()
                        && errors.iter().all(|(id, said)| inputs.iter().any(|input| *input == id) && said.is_string())
                });
                if !fits {
                    return Err(Mistake::Trouble(told["errors"].to_string()));
                }
                let mut world = self.world();
                if let Some(view) = world.workspace(workspace).modals.get_mut(user).and_then(|stack| stack.last_mut()) {
                    view["errors"] = told["errors"].clone();
                }
            }
            Some(_) => return Err(Mistake::Trouble(told.to_string().chars().take(300).collect())),
        }
        self.changed();
        Ok(())
    }

    fn take_away(&self, workspace: &WorkspaceId, user: &UserId, all: bool) {
        let mut world = self.world();
        let modals = &mut world.workspace(workspace).modals;
        let stack = modals.entry(user.clone()).or_default();
        stack.pop();
        if all || stack.is_empty() {
            modals.remove(user);
        }
        drop(world);
        self.changed();
    }
}
