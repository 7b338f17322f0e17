//! Replies about missing permissions, and warnings about who can read a channel.

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
            "Guests can read what a channel gets from Segments.ai, but only members of this workspace can change it.",
        ),
        Permission::ActInSegments => (
            "change things in Segments.ai from Slack",
            "Guests can read messages from Segments.ai, but only members of this workspace can act on them from Slack.",
        ),
    };
    let admins = format!("only admins of this workspace can {change}");
    let why = match why {
        NotAllowed::Unknown => {
            return say(format!(
                "Nothing was changed because I couldn't check your role in Slack, and not everyone can {change}. \
                 Try again in a minute."
            ));
        }
        NotAllowed::NoAdmin => format!("Here, {admins}. Nothing was changed. Ask an admin to do it."),
        NotAllowed::NotNamed => {
            let people = named.iter().take(MOST_NAMED).map(format::user).collect::<Vec<_>>().join(", ");
            let more = named.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {} more", format::grouped(more as u64)) } else { String::new() };
            format!("Here, only {people}{more} can {change}. Nothing was changed. Ask one of them to do it.")
        }
        NotAllowed::Guest => format!("{guests} Nothing was changed. Ask a member of this channel to do it."),
        NotAllowed::Gone | NotAllowed::Stranger => {
            "Nothing was changed because your Slack account is deactivated. Ask a member of this workspace to do it."
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
        format!("<#{channel}> is shared with another workspace, so people in that workspace can also read what I post there.")
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
        "{shown}{more} {is} private in Segments.ai. Everyone who can read <#{channel}> can now see events from {it}."
    )
}
