//! `views.*`: modals and the App Home.

use super::blocks::{Surface, fill_in_ids};
use super::check::{Check, Kind};
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::state::values;
use super::world::{APP_ID, Workspace};
use crate::clock::later;
use crate::model::UserId;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The lifetime of a trigger id. <https://docs.slack.dev/interactivity/handling-user-interaction>
const TRIGGER_LIFE: Duration = Duration::from_secs(3);
/// Bytes of a view's JSON.
const LARGEST_VIEW: usize = 250_000;
/// Views that may lie upon each other.
const MOST_VIEWS: usize = 3;

pub(super) fn open(request: &mut Request<'_>) -> Outcome {
    let view = sent(request, "modal")?;
    let user = pull_trigger(request)?;
    let view = finish(request, view, None);
    let modals = &mut request.world.workspace(request.workspace).modals;
    modals.insert(user, vec![view.clone()]);
    Ok(json!({"ok": true, "view": view}))
}

pub(super) fn push(request: &mut Request<'_>) -> Outcome {
    let view = sent(request, "modal")?;
    let user = pull_trigger(request)?;
    let below = request.world.workspace(request.workspace).modals.get(&user).map_or(0, Vec::len);
    if below == 0 {
        return Err("not_found".into());
    }
    if below >= MOST_VIEWS {
        return Err("push_limit_reached".into());
    }
    let view = finish(request, view, None);
    request.world.workspace(request.workspace).modals.entry(user).or_default().push(view.clone());
    Ok(json!({"ok": true, "view": view}))
}

pub(super) fn update(request: &mut Request<'_>) -> Outcome {
    let view = sent(request, "modal")?;
    let (view_id, external_id, hash) =
        (request.args.word("view_id"), request.args.word("external_id"), request.args.word("hash"));
    if view_id.is_none() && external_id.is_none() {
        return Err(Refusal::missing("view_id"));
    }
    let called = |view: &Value| match &view_id {
        Some(id) => view["id"] == id.as_str(),
        None => external_id.as_ref().is_some_and(|id| view["external_id"] == id.as_str()),
    };
    let workspace = request.world.workspace(request.workspace);
    let old = workspace.modals.values().flatten().find(|view| called(view)).cloned().ok_or("not_found")?;
    if hash.is_some_and(|hash| old["hash"] != hash.as_str()) {
        return Err("hash_conflict".into());
    }
    let view = finish(request, view, Some(&old));
    let open = request.world.workspace(request.workspace).modals.values_mut().flatten();
    open.filter(|view| called(view)).for_each(|place| view.clone_into(place));
    Ok(json!({"ok": true, "view": view}))
}

pub(super) fn publish(request: &mut Request<'_>) -> Outcome {
    let view = sent(request, "home")?;
    let user = UserId::parse(request.needed("user_id")?).map_err(|_| "user_not_found")?;
    let workspace = request.world.workspace(request.workspace);
    if !workspace.users.contains_key(&user) {
        return Err("user_not_found".into());
    }
    let old = workspace.homes.get(&user).cloned();
    let differs = |hash: String| old.as_ref().is_some_and(|old| old["hash"] != hash.as_str());
    if request.args.word("hash").is_some_and(differs) {
        return Err("hash_conflict".into());
    }
    let view = finish(request, view, old.as_ref());
    request.world.workspace(request.workspace).homes.insert(user, view.clone());
    Ok(json!({"ok": true, "view": view}))
}

fn pull_trigger(request: &mut Request<'_>) -> Result<UserId, Refusal> {
    let id = request.needed("trigger_id")?;
    let trigger = request.world.workspace(request.workspace).triggers.get_mut(&id).ok_or("invalid_trigger_id")?;
    if trigger.used {
        return Err("exchanged_trigger_id".into());
    }
    if later(trigger.made_at, TRIGGER_LIFE) <= request.now {
        return Err("expired_trigger_id".into());
    }
    trigger.used = true;
    Ok(trigger.user.clone())
}

/// The view that was sent, checked.
fn sent(request: &Request<'_>, kind: &str) -> Result<Value, Refusal> {
    let view = request.args.structure("view").ok_or_else(|| Refusal::missing("view"))?;
    if view.to_string().len() > LARGEST_VIEW {
        return Err("view_too_large".into());
    }
    check_view(&view, kind)?;
    Ok(view)
}

/// Checks a view as it stands in a call or in the answer to a submission.
pub(super) fn check_view(view: &Value, kind: &str) -> Result<(), Refusal> {
    let mut check = Check::default();
    let at = "/view";
    if view["type"] != kind {
        check.problem(format!("must be of type {kind}"), "/view/type");
    }
    let common = ["private_metadata", "callback_id", "external_id"];
    let modal = ["title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"];
    let optional = if kind == "modal" { [&common[..], &modal].concat() } else { common.to_vec() };
    if let Some(map) = check.object(view, at, &["blocks"], &optional) {
        check_fields(&mut check, map, kind);
    }
    if check.problems.is_empty() { Ok(()) } else { Err(Refusal::because("invalid_arguments", &check.problems)) }
}

fn check_fields(check: &mut Check, map: &Map<String, Value>, kind: &str) {
    let at = "/view";
    for name in ["title", "submit", "close"] {
        check.text(map, name, at, Kind::Plain, 24);
    }
    // Empty ones are as good as none.
    let said = |name: &str| map.get(name).is_some_and(|value| value != "");
    for (name, longest) in [("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)] {
        if said(name) {
            check.string(map, name, at, longest);
        }
    }
    check.boolean(map, &["clear_on_close", "notify_on_close", "submit_disabled"], at);
    let Some(Value::Array(blocks)) = map.get("blocks") else {
        return check.problem("must provide an array", "/view/blocks");
    };
    let surface = if kind == "modal" { Surface::Modal } else { Surface::Home };
    check.blocks(blocks, "/view/blocks", surface);
    if kind == "modal" {
        if !map.contains_key("title") {
            check.problem("missing required field: title", at);
        }
        if blocks.iter().any(|block| block["type"] == "input") && !map.contains_key("submit") {
            check.problem("missing required field: submit", at);
        }
    }
}

/// Adds what Slack adds to a view; `old` is the one that it replaces.
fn finish(request: &mut Request<'_>, view: Value, old: Option<&Value>) -> Value {
    let number = request.world.next_number();
    let mut next = || request.world.next_id();
    let mut view = view;
    fill_in_ids(&mut view["blocks"], &mut next);
    request.world.workspace(request.workspace).stamp(view, number, old)
}

impl Workspace {
    /// Gives a view its id, or that of the one which it replaces, and a new hash.
    pub(super) fn stamp(&self, mut view: Value, number: u64, old: Option<&Value>) -> Value {
        view["id"] = old.map_or_else(|| json!(format!("V{number:08}")), |old| old["id"].clone());
        view["root_view_id"] = old.map_or_else(|| view["id"].clone(), |old| old["root_view_id"].clone());
        view["previous_view_id"] = Value::Null;
        view["hash"] = json!(format!("{number}.hash"));
        view["team_id"] = json!(self.info.id);
        view["app_id"] = json!(APP_ID);
        view["bot_id"] = json!(self.bot_id());
        view["state"] = json!({"values": values(&view, old)});
        for name in ["private_metadata", "callback_id", "external_id"] {
            if view.get(name).is_none() {
                view[name] = json!("");
            }
        }
        view
    }
}
