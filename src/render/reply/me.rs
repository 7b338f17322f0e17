//! Who somebody is in Segments.ai, and what that is good for.

use super::layout::{button, buttons, say};
use super::typed::code;
use super::words::{self, grouped};
use crate::model::word::Written;
use crate::model::{Link, UserId, Username};
use crate::render::Message;
use crate::slack::interaction::Action;

/// Room for a username.
const NAME: usize = 300;
/// What a claim leads to.
const MENTIONED: &str = "I mention you where you have to act: when a label of yours is rejected, \
     a sample is assigned to you, or something happens to an issue that you opened.";

/// Says what somebody has claimed, and how to change that.
pub fn who_you_are(own: Option<&Link>) -> Message {
    let Some(Link { username, .. }) = own else {
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
pub fn name_claimed(username: &Username, before: Option<&Username>, taken_from: Option<&UserId>) -> Message {
    let before = before.filter(|before| before.key() != username.key());
    let before = before.map(|before| format!(" and no longer {}", name(before))).unwrap_or_default();
    let told = taken_from.map(|user| format!(" I have told {}.", words::user(user))).unwrap_or_default();
    say(format!("You are {} in Segments.ai{before}.{told} {MENTIONED} `/segments me none` forgets it.", name(username)))
}

/// Says that somebody else has claimed a username, and offers to take it over.
pub fn name_taken(username: &Username, holder: &Link) -> Message {
    let (name, user) = (name(username), words::user(&holder.user));
    let mut said = say(format!(
        "{user} has said to be {name} in Segments.ai ({}). Nothing was changed. If {name} is you, take the name over: \
         then I mention you and no longer {user}, and tell {user} so.",
        words::time(holder.at)
    ));
    let take = Action::TakeName { from: holder.user.clone(), username: username.clone() };
    said.blocks.extend(buttons([button("Take it over", &take)]));
    said
}

/// Tells somebody that their username was taken over.
pub fn name_was_taken(by: &UserId, username: &Username) -> Message {
    let by = words::user(by);
    let name = name(username);
    say(format!(
        "{by} has taken over the Segments.ai username {name} from you: where it stands, I mention {by} now, and no \
         longer you. If that is a mistake, talk to {by}, then type {} to take it back.",
        code(&format!("/segments me {}", Written(username.as_str())), NAME)
    ))
}

/// Says that somebody's username is forgotten.
pub fn name_forgotten(forgotten: Option<&Link>) -> Message {
    say(match forgotten {
        Some(link) => {
            format!("Forgotten: I no longer mention you where {} stands.", name(&link.username))
        }
        None => "There was nothing to forget: you have told me no username.".to_owned(),
    })
}

/// The workspace has as many claims as are kept.
pub fn too_many_names(limit: usize) -> Message {
    say(format!(
        "I remember {} usernames at most, and there are as many. Nothing was changed: tell whoever runs this app.",
        grouped(limit as u64)
    ))
}

fn name(username: &Username) -> String {
    code(username.as_str(), NAME)
}
