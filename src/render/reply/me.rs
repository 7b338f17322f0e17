//! Replies to `/segments me`: linking Slack users to Segments.ai usernames.

use super::format::{self, grouped};
use super::layout::{button, buttons, say};
use super::typed::code;
use crate::model::word::Written;
use crate::model::{UserId, UserMapping, Username};
use crate::render::Message;
use crate::slack::interaction::Action;

/// Room for a username.
const NAME: usize = 300;
/// What a claim leads to.
const MENTIONED: &str = "I'll mention you when your label is rejected, a sample is assigned to you, \
     or an issue that you opened changes.";

/// Says what somebody has claimed, and how to change that.
pub fn linked_username(own: Option<&UserMapping>) -> Message {
    let Some(UserMapping { username, .. }) = own else {
        return say(format!(
            "I don't know your Segments.ai username yet. To link it, type `/segments me` and your username, such as \
             `/segments me jane`. {MENTIONED}"
        ));
    };
    say(format!(
        "You are linked to {} in Segments.ai. {MENTIONED} To change this, type `/segments me` and another username. \
         To unlink it, type `/segments me none`.",
        name(username)
    ))
}

/// Says that a username is somebody's from now on.
pub fn username_linked(username: &Username, before: Option<&Username>, taken_from: Option<&UserId>) -> Message {
    let before = before.filter(|before| before.key() != username.key());
    let before = before.map(|before| format!(", and no longer to {}", name(before))).unwrap_or_default();
    let told = taken_from.map(|user| format!(" I sent {} a message about it.", format::user(user))).unwrap_or_default();
    say(format!(
        "You are now linked to {} in Segments.ai{before}.{told} {MENTIONED} To unlink it, type `/segments me none`.",
        name(username)
    ))
}

/// Says that somebody else has claimed a username, and offers to take it over.
pub fn username_taken(username: &Username, holder: &UserMapping) -> Message {
    let (name, user) = (name(username), format::user(&holder.user));
    let mut said = say(format!(
        "{name} is already linked to {user} (since {}). Nothing was changed. If it's you, take it over: I'll mention you instead \
         and tell {user}.",
        format::time(holder.at)
    ));
    let take = Action::TakeName { from: holder.user.clone(), username: username.clone() };
    said.blocks.extend(buttons([button("Take it over", &take)]));
    said
}

/// Tells somebody that their username was taken over.
pub fn username_was_taken_over(by: &UserId, username: &Username) -> Message {
    let by = format::user(by);
    let name = name(username);
    say(format!(
        "{by} took over the Segments.ai username {name} from you. I'll mention {by} instead of you from now on. \
         If that's a mistake, talk to {by}, then type {} to take it back.",
        code(&format!("/segments me {}", Written(username.as_str())), NAME)
    ))
}

/// Says that somebody's username is forgotten.
pub fn username_unlinked(forgotten: Option<&UserMapping>) -> Message {
    say(match forgotten {
        Some(link) => {
            format!(
                "You are no longer linked to {} in Segments.ai, and I won't mention you for it.",
                name(&link.username)
            )
        }
        None => "Nothing was changed because you have no linked username.".to_owned(),
    })
}

/// The workspace has as many claims as are kept.
pub fn too_many_usernames(limit: usize) -> Message {
    say(format!(
        "I can link at most {} usernames, and this workspace has reached the limit. Nothing was changed. \
         Contact the person who runs this app.",
        grouped(limit as u64)
    ))
}

/// Why nobody is told to be a username.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLinkable {
    /// Whoever asks is no admin.
    NoAdmin,
    /// They belong to another workspace, or nobody has this id.
    Stranger,
    /// They are a guest.
    Guest,
    /// Their account was deactivated.
    Gone,
    /// They are a bot.
    Bot,
}

/// Says why somebody else's username was not set.
pub fn not_linkable(user: &UserId, why: NotLinkable) -> Message {
    let user = format::user(user);
    let why = match why {
        NotLinkable::NoAdmin => {
            return say(format!(
                "Only admins of this workspace can link someone else's username. Nothing was changed. Ask an admin, \
                 or ask {user} to type `/segments me` and the username."
            ));
        }
        NotLinkable::Stranger => "belongs to another workspace, or isn't visible to me",
        NotLinkable::Guest => "is a guest, and can type `/segments me` and the username instead",
        NotLinkable::Gone => "has a deactivated account",
        NotLinkable::Bot => "is a bot",
    };
    say(format!("{user} {why}. Nothing was changed because you can only link members of this workspace."))
}

/// Says to an admin that somebody is a username from now on; `told` says whether they know.
pub fn username_linked_for(user: &UserId, username: &Username, before: Option<&Username>, told: bool) -> Message {
    let before = before.filter(|before| before.key() != username.key());
    let before = before.map(|before| format!(", and no longer to {}", name(before))).unwrap_or_default();
    say(format!(
        "{} is now linked to {} in Segments.ai{before}. {}",
        format::user(user),
        name(username),
        told_or_not(told)
    ))
}

/// Tells somebody that an admin said who they are.
pub fn username_was_linked_by(by: &UserId, username: &Username) -> Message {
    say(format!(
        "{} linked you to {} in Segments.ai. {MENTIONED} If that's wrong, type `/segments me none` to unlink it, \
         or `/segments me` and the right username.",
        format::user(by),
        name(username)
    ))
}

/// Says to an admin that somebody else has claimed the username.
pub fn username_taken_by_other(username: &Username, holder: &UserMapping) -> Message {
    let user = format::user(&holder.user);
    say(format!(
        "{} is already linked to {user} (since {}). Nothing was changed. If that's wrong, type {} first.",
        name(username),
        format::time(holder.at),
        code(&format!("/segments me <@{}> as none", holder.user), NAME)
    ))
}

/// Says to an admin what was forgotten of somebody.
pub fn username_unlinked_for(user: &UserId, forgotten: Option<&UserMapping>, told: bool) -> Message {
    let user = format::user(user);
    say(match forgotten {
        Some(link) => {
            format!(
                "{user} is no longer linked to {} in Segments.ai, and I won't mention them for it. {}",
                name(&link.username),
                told_or_not(told)
            )
        }
        None => format!("Nothing was changed because {user} has no linked username."),
    })
}

/// Tells somebody that an admin had their username forgotten.
pub fn username_was_unlinked_by(by: &UserId, username: &Username) -> Message {
    let name = name(username);
    say(format!(
        "{} unlinked you from {name} in Segments.ai, so I won't mention you for it. \
         If that's a mistake, type {} to link it again.",
        format::user(by),
        code(&format!("/segments me {}", Written(username.as_str())), NAME)
    ))
}

fn told_or_not(told: bool) -> &'static str {
    if told { "I sent them a message about it." } else { "I couldn't send them a message, so please tell them." }
}

fn name(username: &Username) -> String {
    code(username.as_str(), NAME)
}
