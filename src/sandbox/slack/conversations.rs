//! `conversations.*`: channels, who is in them and what was said.

use super::message::{Message, micros, ts};
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::wire::describe;
use super::world::{Channel, ChannelInfo, ChannelKind, Workspace};
use crate::model::{ChannelId, UserId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

pub(super) fn info(request: &mut Request<'_>) -> Outcome {
    let bot = request.world.workspace(request.workspace).info.bot_user.clone();
    let with_members = request.args.flag("include_num_members").unwrap_or_default();
    let channel = request.channel()?;
    let mut described = describe(&channel.info, &bot);
    if with_members {
        described["num_members"] = json!(channel.info.members.len());
    }
    Ok(json!({"ok": true, "channel": described}))
}

pub(super) fn members(request: &mut Request<'_>) -> Outcome {
    let members: Vec<UserId> = request.channel()?.info.members.iter().cloned().collect();
    let (members, next_cursor) = page(request, members, 100)?;
    Ok(json!({"ok": true, "members": members, "response_metadata": {"next_cursor": next_cursor}}))
}

/// A part of a list: as many as were asked for, from where the cursor says.
pub(super) fn page<T>(request: &Request<'_>, all: Vec<T>, usual: usize) -> Result<(Vec<T>, String), Refusal> {
    let limit = limit(request, usual)?;
    let start = match request.args.word("cursor").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => cursor.strip_prefix("next:").and_then(|place| place.parse().ok()).ok_or("invalid_cursor")?,
    };
    let left = all.len().saturating_sub(start);
    let next = if left > limit { format!("next:{}", start + limit) } else { String::new() };
    Ok((all.into_iter().skip(start).take(limit).collect(), next))
}

fn limit(request: &Request<'_>, usual: usize) -> Result<usize, Refusal> {
    if request.args.word("limit").is_none() {
        return Ok(usual);
    }
    let limit = request.args.count("limit").filter(|limit| (1..1_000).contains(limit));
    Ok(limit.ok_or("invalid_limit")?)
}

/// The newest first. Replies are left out unless they were sent to the channel as well.
pub(super) fn history(request: &mut Request<'_>) -> Outcome {
    read(request, true, |message| {
        let shown = &message.shown;
        shown.broadcast || shown.thread_ts.as_ref().is_none_or(|thread| *thread == shown.ts)
    })
}

/// A thread, its parent first.
pub(super) fn replies(request: &mut Request<'_>) -> Outcome {
    let name = request.needed("ts")?;
    let at = micros(&name).ok_or("thread_not_found")?;
    let channel = request.channel_of_mine()?;
    let thread = channel.message(&name).ok_or("thread_not_found")?.shown.thread_ts.clone().unwrap_or_else(|| ts(at));
    read(request, false, |message| message.shown.ts == thread || message.shown.thread_ts.as_ref() == Some(&thread))
}

fn read(request: &mut Request<'_>, newest_first: bool, wanted: impl Fn(&Message) -> bool) -> Outcome {
    let limit = limit(request, 100)?;
    let inclusive = request.args.flag("inclusive").unwrap_or_default();
    let with_metadata = request.args.flag("include_all_metadata").unwrap_or_default();
    let bound = |name: &'static str| match request.args.word(name).filter(|time| !time.is_empty() && time != "0") {
        None => Ok(Bound::Unbounded),
        Some(time) => {
            match micros(&time).ok_or(if name == "oldest" { "invalid_ts_oldest" } else { "invalid_ts_latest" }) {
                Ok(at) if inclusive => Ok(Bound::Included(at)),
                Ok(at) => Ok(Bound::Excluded(at)),
                Err(code) => Err(Refusal::from(code)),
            }
        }
    };
    let (mut oldest, mut latest) = (bound("oldest")?, bound("latest")?);
    if let Some(cursor) = request.args.word("cursor").filter(|cursor| !cursor.is_empty()) {
        let at = cursor.strip_prefix("from:").and_then(|at| at.parse().ok()).ok_or("invalid_cursor")?;
        *(if newest_first { &mut latest } else { &mut oldest }) = Bound::Included(at);
    }
    let id = request.channel_of_mine()?.info.id.clone();
    let workspace = request.world.workspace(request.workspace);
    let channel = workspace.channel(&id);
    let seen = |(_, message): &(&u64, &Message)| {
        !message.shown.deleted && message.shown.ephemeral_to.is_none() && wanted(message)
    };
    let range = between(&channel.messages, oldest, latest);
    let places: Vec<u64> = if newest_first {
        range.rev().filter(seen).map(|(at, _)| *at).take(limit + 1).collect()
    } else {
        range.filter(seen).map(|(at, _)| *at).take(limit + 1).collect()
    };
    let next_cursor = places.get(limit).map(|at| format!("from:{at}")).unwrap_or_default();
    let messages: Vec<Value> =
        places.iter().take(limit).map(|at| workspace.message_json(&id, ts(*at).as_str(), with_metadata)).collect();
    Ok(json!({
        "ok": true,
        "messages": messages,
        "has_more": !next_cursor.is_empty(),
        "pin_count": 0,
        "response_metadata": {"next_cursor": next_cursor},
    }))
}

/// Messages of a range, which may be empty or upside down.
fn between(
    messages: &BTreeMap<u64, Message>,
    oldest: Bound<u64>,
    latest: Bound<u64>,
) -> impl DoubleEndedIterator<Item = (&u64, &Message)> {
    let from = match oldest {
        Bound::Unbounded => 0,
        Bound::Included(at) => at,
        Bound::Excluded(at) => at.saturating_add(1),
    };
    let until = match latest {
        Bound::Unbounded => u64::MAX,
        Bound::Included(at) => at.saturating_add(1),
        Bound::Excluded(at) => at,
    };
    messages.range(from.min(until)..until)
}

pub(super) fn join(request: &mut Request<'_>) -> Outcome {
    let bot = request.world.workspace(request.workspace).info.bot_user.clone();
    let channel = request.channel()?;
    if channel.info.kind != ChannelKind::Public {
        return Err("method_not_supported_for_channel_type".into());
    }
    if channel.info.archived {
        return Err("is_archived".into());
    }
    let mut answer = json!({"ok": true});
    if !channel.info.members.insert(bot.clone()) {
        answer["warning"] = json!("already_in_channel");
        answer["response_metadata"] = json!({"warnings": ["already_in_channel"]});
    }
    answer["channel"] = describe(&channel.info, &bot);
    Ok(answer)
}

/// Opens the direct conversation with one person.
pub(super) fn open(request: &mut Request<'_>) -> Outcome {
    let users = request.args.words("users");
    let whole = request.args.flag("return_im").unwrap_or_default();
    if users.is_empty() {
        let channel = request.channel_of_mine().map_err(|_| "users_list_not_supplied")?;
        if channel.info.kind != ChannelKind::Direct {
            return Err("method_not_supported_for_channel_type".into());
        }
        return Ok(json!({"ok": true, "channel": {"id": channel.info.id}, "no_op": true, "already_open": true}));
    }
    let [user] = users.as_slice() else { return Err("method_not_supported_for_channel_type".into()) };
    let workspace = request.world.workspace(request.workspace);
    let user = UserId::parse(user.as_str()).map_err(|_| "user_not_found")?;
    let (id, opened) = direct(workspace, &user)?;
    let bot = workspace.info.bot_user.clone();
    let channel = if whole { describe(&workspace.channel(&id).info, &bot) } else { json!({"id": id}) };
    Ok(json!({"ok": true, "no_op": !opened, "already_open": !opened, "channel": channel}))
}

/// The direct conversation with a person, and whether it is new.
pub(super) fn direct(workspace: &mut Workspace, user: &UserId) -> Result<(ChannelId, bool), Refusal> {
    let bot = workspace.info.bot_user.clone();
    let info = workspace.users.get(user).ok_or("user_not_found")?;
    if info.is_bot {
        return Err("cannot_dm_bot".into());
    }
    if info.deleted {
        return Err("user_disabled".into());
    }
    let theirs = |channel: &&Channel| channel.info.kind == ChannelKind::Direct && channel.has(user);
    if let Some(channel) = workspace.channels.values().find(theirs) {
        return Ok((channel.info.id.clone(), false));
    }
    let id = ChannelId::parse(format!("D{:.63}", user.as_str())).map_err(|_| "user_not_found")?;
    let info = ChannelInfo {
        id: id.clone(),
        name: info.name.clone(),
        kind: ChannelKind::Direct,
        archived: false,
        members: BTreeSet::from([user.clone(), bot]),
        shared_with: None,
    };
    workspace.channels.insert(id.clone(), Channel { info, messages: BTreeMap::new() });
    Ok((id, true))
}
