//! The methods of the Web API: what each needs, and how often it may be called.

use super::limits::{HUNDREDS, Limit, POSTS_TO_A_CHANNEL, TIER_3, TIER_4};
use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::world::ChannelKind;
use super::{chat, conversations, people, unfurl, views};
use crate::model::ChannelId;

/// A method.
pub(super) struct Method {
    pub(super) name: &'static str,
    /// True if it accepts a JSON body; reading methods accept a query or a form only.
    pub(super) takes_json: bool,
    scope: &'static str,
    limit: Limit,
    run: fn(&mut Request<'_>) -> Outcome,
}

/// Every method that is there for a bot's token: not `oauth.v2.access`, which needs none, and `apps.connections.open`,
/// which needs the app's own.
pub(super) const METHODS: &[Method] = &[
    writes("chat.postMessage", "chat:write", HUNDREDS, chat::post),
    writes("chat.update", "chat:write", TIER_3, chat::update),
    writes("chat.delete", "chat:write", TIER_3, chat::delete),
    writes("chat.postEphemeral", "chat:write", TIER_4, chat::post_ephemeral),
    writes("chat.unfurl", "links:write", TIER_3, unfurl::unfurl),
    reads("chat.getPermalink", "", HUNDREDS, chat::permalink),
    writes("auth.test", "", HUNDREDS, people::test),
    reads("users.info", "users:read", TIER_4, people::info),
    reads("users.conversations", "channels:read", TIER_3, people::conversations),
    reads("conversations.info", "channels:read", TIER_3, conversations::info),
    reads("conversations.members", "channels:read", TIER_4, conversations::members),
    reads("conversations.history", "channels:history", TIER_3, conversations::history),
    reads("conversations.replies", "channels:history", TIER_3, conversations::replies),
    writes("conversations.join", "channels:join", TIER_3, conversations::join),
    writes("conversations.open", "im:write", TIER_3, conversations::open),
    writes("views.open", "", TIER_4, views::open),
    writes("views.push", "", TIER_4, views::push),
    writes("views.update", "", TIER_4, views::update),
    writes("views.publish", "", TIER_4, views::publish),
];

const fn writes(name: &'static str, scope: &'static str, limit: Limit, run: fn(&mut Request<'_>) -> Outcome) -> Method {
    Method { name, takes_json: true, scope, limit, run }
}

const fn reads(name: &'static str, scope: &'static str, limit: Limit, run: fn(&mut Request<'_>) -> Outcome) -> Method {
    Method { name, takes_json: false, scope, limit, run }
}

impl Method {
    /// Runs the method, if its scope is there and it was not called too often.
    pub(super) fn call(&self, request: &mut Request<'_>) -> Outcome {
        let channel = request.args.word("channel").and_then(|id| ChannelId::parse(id).ok());
        let workspace = request.world.workspace(request.workspace);
        let kind = channel.as_ref().and_then(|id| workspace.channels.get(id)).map(|channel| channel.info.kind);
        let scope = of_kind(self.scope, kind);
        if workspace.withheld_scopes.contains(&scope) {
            return Err(Refusal::without_scope(&scope));
        }
        if self.name == "chat.postMessage" {
            let limits = &mut workspace.limits;
            limits.admit(self.name, channel.as_ref(), POSTS_TO_A_CHANNEL, request.now).map_err(Refusal::limited)?;
        }
        workspace.limits.admit(self.name, None, self.limit, request.now).map_err(Refusal::limited)?;
        (self.run)(request)
    }
}

/// `channels:history` is `groups:history` for a private channel and `im:history` for a direct one.
fn of_kind(scope: &str, kind: Option<ChannelKind>) -> String {
    match (scope.strip_prefix("channels:"), kind) {
        (Some("join") | None, _) | (_, None | Some(ChannelKind::Public)) => scope.to_owned(),
        (Some(action), Some(ChannelKind::Private)) => format!("groups:{action}"),
        (Some(action), Some(ChannelKind::Direct)) => format!("im:{action}"),
    }
}
