//! `users.*` and `auth.test`: who is who.

use super::conversations::page;
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::wire::describe;
use super::world::{ChannelKind, Role};
use crate::model::UserId;
use serde_json::{Value, json};

/// The teams of every organisation; all channels are in the first.
const TEAMS: [&str; 2] = ["T91", "T92"];

#[expect(clippy::unnecessary_wraps, reason = "a method like the others")]
pub(super) fn test(request: &mut Request<'_>) -> Outcome {
    let workspace = request.world.workspace(request.workspace);
    Ok(json!({
        "ok": true,
        "url": format!("https://{}.slack.com/", workspace.domain()),
        "team": workspace.info.name,
        "user": workspace.bot_name(),
        "team_id": workspace.info.id,
        "user_id": workspace.info.bot_user,
        "bot_id": workspace.bot_id(),
        "enterprise_id": workspace.organisation.then_some(&workspace.info.id),
        "is_enterprise_install": workspace.organisation,
    }))
}

pub(super) fn info(request: &mut Request<'_>) -> Outcome {
    let id = UserId::parse(request.needed("user")?).map_err(|_| "user_not_found")?;
    let team = request.workspace;
    let workspace = request.world.workspace(team);
    let team = workspace.home_of(&id);
    let user = workspace.users.get(&id).ok_or("user_not_found")?;
    let guest = workspace.guests.contains(&id);
    let admin = user.role != Role::Member;
    let offset = jiff::tz::TimeZone::get(&user.time_zone).map_or(0, |zone| zone.to_offset(request.now).seconds());
    let teams = json!({"enterprise_id": workspace.info.id, "teams": TEAMS});
    Ok(json!({"ok": true, "user": {
        "id": id,
        "enterprise_user": workspace.organisation.then_some(teams),
        "team_id": team,
        "name": user.name,
        "real_name": user.name,
        "deleted": user.deleted,
        "tz": user.time_zone,
        "tz_label": user.time_zone,
        "tz_offset": offset,
        "profile": {"display_name": user.name, "real_name": user.name, "team": team},
        "is_admin": admin,
        "is_owner": user.role == Role::Owner,
        "is_primary_owner": false,
        "is_restricted": guest,
        "is_ultra_restricted": false,
        "is_bot": user.is_bot,
        "is_app_user": false,
        "updated": 1_700_000_000,
    }}))
}

/// The channels that a person, or else the bot, is in; of an organisation, those of one of its teams.
pub(super) fn conversations(request: &mut Request<'_>) -> Outcome {
    let team = request.args.word("team_id");
    let types = request.args.words("types");
    let without_archived = request.args.flag("exclude_archived").unwrap_or_default();
    let workspace = request.world.workspace(request.workspace);
    let bot = workspace.info.bot_user.clone();
    let user = match request.args.word("user") {
        None => bot.clone(),
        Some(user) => UserId::parse(user).map_err(|_| "user_not_found")?,
    };
    if !workspace.users.contains_key(&user) {
        return Err("user_not_found".into());
    }
    if workspace.organisation && team.is_none() {
        return Err(Refusal::missing("team_id"));
    }
    let is_elsewhere = workspace.organisation && team.as_deref() != Some(TEAMS[0]);
    let wanted = |kind: ChannelKind| {
        let name = match kind {
            ChannelKind::Public => "public_channel",
            ChannelKind::Private => "private_channel",
            ChannelKind::Direct => "im",
        };
        types.iter().any(|wanted| wanted == name) || types.is_empty() && kind == ChannelKind::Public
    };
    let channels: Vec<Value> = workspace
        .channels
        .values()
        .filter(|channel| !is_elsewhere && channel.has(&user) && wanted(channel.info.kind))
        .filter(|channel| channel.info.kind == ChannelKind::Public || channel.has(&bot))
        .filter(|channel| !(without_archived && channel.info.archived))
        .map(|channel| describe(&channel.info, &bot))
        .collect();
    let (channels, next_cursor) = page(request, channels, 100)?;
    Ok(json!({"ok": true, "channels": channels, "response_metadata": {"next_cursor": next_cursor}}))
}
