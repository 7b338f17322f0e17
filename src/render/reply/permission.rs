//! Who may change what a channel gets, and who reads along.

use super::format;
use super::layout::say;
use crate::model::{ChannelId, DatasetName, UserId};
use crate::render::Message;
use crate::render::mrkdwn;

/// No more people or datasets than these are named.
const MOST_NAMED: usize = 5;

/// Why somebody may not change what a channel gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAllowed {
    /// They belong to another workspace.
    Stranger,
    /// Their account was deactivated.
    Gone,
    /// They are a guest.
    Guest,
    /// They are no admin.
    NoAdmin,
    /// Others are named.
    NotNamed,
    /// Slack did not say who they are.
    Unknown,
}

/// What somebody may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Change what a channel gets.
    ManageSubscriptions,
    /// Change things at Segments.ai.
    ActInSegments,
}

/// Says why nothing was changed and who can change it; `named` are the people who may, where they are named.
pub fn not_allowed(deed: Permission, why: NotAllowed, named: &[UserId]) -> Message {
    if why == NotAllowed::Stranger {
        return super::other_workspace();
    }
    let (change, guests) = match deed {
        Permission::ManageSubscriptions => (
            "change what a channel gets from Segments.ai",
            "Guests see what a channel gets from Segments.ai, and members of this workspace change it.",
        ),
        Permission::ActInSegments => (
            "change things at Segments.ai from here",
            "Guests see what happens at Segments.ai, and members of this workspace change things there from here.",
        ),
    };
    let admins = format!("only admins of this workspace may {change}");
    let why = match why {
        NotAllowed::Unknown => {
            return say(format!(
                "Slack does not say right now who you are, and not everybody may {change}. Nothing was changed. \
                 Please try again in a minute."
            ));
        }
        NotAllowed::NoAdmin => format!("Here {admins}. Nothing was changed: ask one of them."),
        NotAllowed::NotNamed => {
            let people = named.iter().take(MOST_NAMED).map(format::user).collect::<Vec<_>>().join(", ");
            let more = named.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {} more", format::grouped(more as u64)) } else { String::new() };
            format!("Here only {people}{more} may {change}. Nothing was changed: ask one of them.")
        }
        NotAllowed::Guest => format!("{guests} Nothing was changed: ask a member who is in this channel."),
        NotAllowed::Gone | NotAllowed::Stranger => {
            "Slack says that your account is deactivated. Nothing was changed: ask a member of this workspace."
                .to_owned()
        }
    };
    say(match deed {
        Permission::ManageSubscriptions => format!("{why} `/segments list` shows what this channel gets."),
        Permission::ActInSegments => why,
    })
}

/// Tells whoever subscribed a channel who reads along; nothing where nobody does that they may not think of.
pub fn audience_warning(channel: &ChannelId, is_shared: bool, private: &[DatasetName]) -> Option<Message> {
    let shared = is_shared.then(|| {
        format!("<#{channel}> is shared with another workspace: its people read what I post there for you, too.")
    });
    let private = (!private.is_empty()).then(|| private_datasets(channel, private));
    let said: Vec<String> = shared.into_iter().chain(private).collect();
    (!said.is_empty()).then(|| say(said.join("\n")))
}

/// That datasets which not everybody may see in Segments.ai are seen by everybody in a channel.
fn private_datasets(channel: &ChannelId, names: &[DatasetName]) -> String {
    let shown =
        names.iter().take(MOST_NAMED).map(|name| super::typed::code(mrkdwn::cut(name.as_str(), 200).as_str(), 300));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {} more", format::grouped(more as u64)) } else { String::new() };
    let (is, it) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
    format!(
        "{shown}{more} {is} private in Segments.ai, and everybody who can read <#{channel}> sees what happens in {it} now."
    )
}
