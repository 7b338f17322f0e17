//! Who somebody is in Segments.ai, and what that is good for.

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
const MENTIONED: &str = "I mention you where you have to act: when a label of yours is rejected, \
     a sample is assigned to you, or something happens to an issue that you opened.";

/// Says what somebody has claimed, and how to change that.
pub fn linked_username(own: Option<&UserMapping>) -> Message {
    let Some(UserMapping { username, .. }) = own else {
        return say(format!(
            "I do not know who you are in Segments.ai. Type `/segments me` with your username there, such as \
             `/segments me jane`. {MENTIONED}"
        ));
    };
    say(format!(
        "You are {} in Segments.ai. {MENTIONED} `/segments me` with another username changes it, \
         `/segments me none` forgets it.",
        name(username)
    ))
}

/// Says that a username is somebody's from now on.
pub fn username_linked(username: &Username, before: Option<&Username>, taken_from: Option<&UserId>) -> Message {
    let before = before.filter(|before| before.key() != username.key());
    let before = before.map(|before| format!(" and no longer {}", name(before))).unwrap_or_default();
    let told = taken_from.map(|user| format!(" I have told {}.", format::user(user))).unwrap_or_default();
    say(format!("You are {} in Segments.ai{before}.{told} {MENTIONED} `/segments me none` forgets it.", name(username)))
}

/// Says that somebody else has claimed a username, and offers to take it over.
pub fn username_taken(username: &Username, holder: &UserMapping) -> Message {
    let (name, user) = (name(username), format::user(&holder.user));
    let mut said = say(format!(
        "{user} has said to be {name} in Segments.ai ({}). Nothing was changed. If {name} is you, take the name over: \
         then I mention you and no longer {user}, and tell {user} so.",
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
        "{by} has taken over the Segments.ai username {name} from you: where it stands, I mention {by} now, and no \
         longer you. If that is a mistake, talk to {by}, then type {} to take it back.",
        code(&format!("/segments me {}", Written(username.as_str())), NAME)
    ))
}

/// Says that somebody's username is forgotten.
pub fn username_unlinked(forgotten: Option<&UserMapping>) -> Message {
    say(match forgotten {
        Some(link) => {
            format!("Forgotten: I no longer mention you where {} stands.", name(&link.username))
        }
        None => "There was nothing to forget: you have told me no username.".to_owned(),
    })
}

/// The workspace has as many claims as are kept.
pub fn too_many_usernames(limit: usize) -> Message {
    say(format!(
        "I remember {} usernames at most, and there are as many. Nothing was changed: tell whoever runs this app.",
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
                "Only admins of this workspace may say who somebody else is in Segments.ai. Nothing was changed: ask one, \
                 or let {user} type `/segments me` with the username."
            ));
        }
        NotLinkable::Stranger => "belongs to another workspace, or is nobody that I can see",
        NotLinkable::Guest => "is a guest, who can type `/segments me` with the username",
        NotLinkable::Gone => "has an account that is deactivated",
        NotLinkable::Bot => "is a bot, which reads no messages",
    };
    say(format!("{user} {why}. Nothing was changed: I mention members of this workspace only."))
}

/// Says to an admin that somebody is a username from now on; `told` says whether they know.
pub fn username_linked_for(user: &UserId, username: &Username, before: Option<&Username>, told: bool) -> Message {
    let before = before.filter(|before| before.key() != username.key());
    let before = before.map(|before| format!(" and no longer {}", name(before))).unwrap_or_default();
    say(format!("{} is {} in Segments.ai{before}. {}", format::user(user), name(username), told_or_not(told)))
}

/// Tells somebody that an admin said who they are.
pub fn username_was_linked_by(by: &UserId, username: &Username) -> Message {
    say(format!(
        "{} has told me that you are {} in Segments.ai. {MENTIONED} If that is wrong, `/segments me none` forgets it, \
         and `/segments me` with another username corrects it.",
        format::user(by),
        name(username)
    ))
}

/// Says to an admin that somebody else has claimed the username.
pub fn username_taken_by_other(username: &Username, holder: &UserMapping) -> Message {
    let user = format::user(&holder.user);
    say(format!(
        "{user} has said to be {} in Segments.ai ({}). Nothing was changed. If that is wrong, type {} first.",
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
                "Forgotten: I no longer mention {user} where {} stands. {}",
                name(&link.username),
                told_or_not(told)
            )
        }
        None => format!("There was nothing to forget: {user} has no username here."),
    })
}

/// Tells somebody that an admin had their username forgotten.
pub fn username_was_unlinked_by(by: &UserId, username: &Username) -> Message {
    let name = name(username);
    say(format!(
        "{} has had me forget that you are {name} in Segments.ai: I no longer mention you where it stands. \
         If that is a mistake, type {} to take it back.",
        format::user(by),
        code(&format!("/segments me {}", Written(username.as_str())), NAME)
    ))
}

fn told_or_not(told: bool) -> &'static str {
    if told { "I have told them." } else { "I could not tell them, so please do." }
}

fn name(username: &Username) -> String {
    code(username.as_str(), NAME)
}
