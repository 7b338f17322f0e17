//! Webhook accounts in words: who may connect them, how it went, what came first, and what stops without one.

use super::AccountStatus;
use super::format::{self, count};
use super::layout::{button, buttons, confirmed_button, context, say, section};
use super::typed::code;
use crate::model::{AccountId, DatasetName};
use crate::render::Message;
use crate::render::format::span;
use crate::render::mrkdwn::cut;
use crate::slack::interaction::{AccountAction, Action};
use jiff::Timestamp;

/// Where webhooks and API keys are in Segments.ai.
pub const ACCOUNT_PAGE: &str = "https://segments.ai/account";
/// Room for the name of an account.
const NAME: usize = 200;
/// No more accounts than this are offered.
const MOST_OFFERED: usize = 10;

/// What is known of the API key that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyCheck {
    /// There is no new one.
    NotGiven,
    /// Segments.ai says whose it is.
    Owner {
        /// The username.
        name: String,
        /// Whether their webhooks are on, where that was said.
        webhooks: Option<bool>,
    },
    /// Segments.ai did not say in time whether it is one.
    Unchecked,
}

/// Something that was changed of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// Its name.
    Name,
    /// There is a new signing secret beside the one before …
    SecretBesideOld,
    /// … or in its place.
    Secret,
    /// Older signing secrets are gone.
    OldSecretDropped,
    /// There is an API key where there was none …
    Key,
    /// … or another one.
    OtherKey,
    /// The API key is gone.
    KeyDeleted,
}

impl AccountChange {
    const fn said(self) -> &'static str {
        match self {
            Self::Name => "it has a new name",
            Self::SecretBesideOld => "it has a new signing secret, and the one before stays valid until you drop it",
            Self::Secret => "it has a new signing secret",
            Self::OldSecretDropped => "only its newest signing secret is valid now",
            Self::Key => "it has an API key",
            Self::OtherKey => "it has another API key",
            Self::KeyDeleted => "its API key is deleted",
        }
    }
}

/// What stops when an account is disconnected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stops {
    /// So many subscriptions, all of whose datasets came in through it alone, …
    pub subscriptions: usize,
    /// … of so many channels.
    pub channels: usize,
    /// Whether it has an API key.
    pub key: bool,
}

/// Somebody who is no admin wants to change accounts.
pub fn admins_connect() -> Message {
    say("Only admins and owners of this workspace connect it to Segments.ai, or disconnect it. Nothing was changed: \
         ask one of them to type `/segments connect`.")
}

/// Slack did not say whether somebody is an admin.
pub fn unknown_whether_admin() -> Message {
    say("Slack does not say whether you are an admin, and only admins of this workspace connect it to Segments.ai. \
         Nothing was changed. Please try again in a minute.")
}

/// The address of this server is not known.
pub fn no_public_url() -> Message {
    say("I do not know the address under which Segments.ai reaches this server, so there is none to give you yet. \
         Whoever runs it sets `SEGMENTS_SLACK_PUBLIC_URL`, for example to `https://segments-slack.example.com`, \
         and starts it again. Then type `/segments connect` once more.")
}

/// The form did not open.
pub fn connect_again() -> Message {
    say("Slack did not let me open the form. Nothing was changed. Please type `/segments connect` again.")
}

/// The form of a new account shows an address that is not that of whoever sent it, or not any more.
pub fn form_is_outdated() -> Message {
    say("This form is out of date, so nothing was changed. `/segments connect` opens it again; \
         if the address in it is another one, give that to Segments.ai.")
}

/// A new account is kept.
pub fn connected(name: &str, key: &KeyCheck) -> Message {
    let mut said = say(format!("✅ {} is connected, and waits for its first message.", named(name)));
    said.blocks.push(section(
        "*Next:* in Segments.ai, open the new endpoint and send a test message. I write to you as soon as it, \
         or an event, arrives here. Then subscribe a channel: `/segments subscribe jane/flowers sample.*`.",
    ));
    said.blocks.extend(key_said(key).map(|line| section(&line)));
    said
}

/// What was changed of an account; that nothing was, if nothing was. Safe mrkdwn.
pub fn account_changed(name: &str, what: &[AccountChange], key: &KeyCheck) -> String {
    if what.is_empty() {
        return format!("Nothing to change: {} is as the form says.", named(name));
    }
    let key = key_said(key).map(|line| format!("\n{line}")).unwrap_or_default();
    format!("✅ {}: {}.{key}", named(name), account_changes(what))
}

/// Changes in one line.
pub fn account_changes(what: &[AccountChange]) -> String {
    what.iter().map(|change| change.said()).collect::<Vec<_>>().join(", ")
}

fn key_said(key: &KeyCheck) -> Option<String> {
    match key {
        KeyCheck::NotGiven => None,
        KeyCheck::Owner { name, webhooks: Some(false) } => Some(format!(
            "⚠️ The API key belongs to {}, whose webhooks Segments.ai says are off. If the endpoint is theirs, \
             turn them on there: <{ACCOUNT_PAGE}|account page>.",
            named(name)
        )),
        KeyCheck::Owner { name, .. } => {
            Some(format!("The API key belongs to {}: what people do from Slack is done in that name.", named(name)))
        }
        KeyCheck::Unchecked => Some(
            "⚠️ Segments.ai did not answer in time, so the API key was saved without a check. If it is wrong, \
             buttons that need it will say so, and `/segments connect` changes it."
                .to_owned(),
        ),
    }
}

/// An account is not there, or not any more.
pub fn no_such_account() -> Message {
    say("This account is not connected any more, so nothing was changed. `/segments connect` shows those that are.")
}

/// Somebody changed an account while its form was open.
pub fn account_changed_since(name: &str) -> Message {
    say(format!(
        "Somebody changed {} while this form was open, so nothing was changed. `/segments connect` shows it as it is now.",
        named(name)
    ))
}

/// The address of the form belongs to an account already.
pub fn address_taken(name: &str) -> Message {
    say(format!(
        "This address is connected already, as {}. Nothing was changed: `/segments connect` changes it or \
         connects another.",
        named(name)
    ))
}

/// The workspace has as many accounts as it may have.
pub fn too_many_accounts(limit: usize) -> Message {
    say(format!(
        "A workspace can have {} at most. Nothing was changed: disconnect one that is not needed any more.",
        count(limit, "account")
    ))
}

/// Tells whoever connected an account that its first message came.
pub fn first_message(name: &str, connected: Timestamp, at: Timestamp, dataset: Option<&DatasetName>) -> Message {
    let example = dataset.map_or_else(|| "jane/flowers".to_owned(), |name| cut(name.as_str(), 200));
    say(format!(
        "🎉 The first message from Segments.ai arrived {} after you connected {}. Subscribe a channel: \
         type {} there.",
        length(connected, at),
        named(name),
        code(&format!("/segments subscribe {example}"), 300)
    ))
}

/// Tells whoever connected an account that a message came which its signing secret does not fit.
pub fn signature_mismatch(name: &str, at: Timestamp) -> Message {
    say(format!(
        "⚠️ A message came to the address of {} ({}) that its signing secret does not fit, so it was refused. \
         Most often the secret is that of another endpoint: copy it again in Segments.ai \
         (<{ACCOUNT_PAGE}|account page>, the endpoint with this address), and give it with `/segments connect` → *Change*. \
         Segments.ai sends again what was refused. I say this once.",
        named(name),
        format::time(at)
    ))
}

/// How long it took, in words.
fn length(from: Timestamp, until: Timestamp) -> String {
    match until.duration_since(from).as_secs() {
        seconds @ 1..60 => format!("{seconds} s"),
        // A clock may have been set back meanwhile.
        _ => span(from, until).unwrap_or_else(|| "less than a minute".to_owned()),
    }
}

/// The environment's account is not disconnected from Slack.
pub fn environment_stays(name: &str) -> Message {
    say(format!(
        "{} is not connected from Slack but set by whoever runs the server, and is taken away there: \
         unset `SEGMENTS_WEBHOOK_SECRET` and start it again. Nothing was changed.",
        named(name)
    ))
}

/// There is nothing to disconnect.
pub fn no_accounts() -> Message {
    say("No Segments.ai account was connected from this workspace. `/segments connect` connects one.")
}

/// A name is that of no account, or of more than one; offers those that may be meant.
pub fn which_account(typed: &str, meant: &[(AccountId, String)]) -> Message {
    let mut said = say(format!("No account of this workspace is called {}. Which one do you mean?", code(typed, NAME)));
    let ask = |(id, name): &(AccountId, String)| {
        button(&format!("Disconnect {}…", cut(name, 40)), &Action::Account(AccountAction::Disconnect(id.clone())))
    };
    said.blocks.extend(buttons(meant.iter().take(MOST_OFFERED).map(ask)));
    let more = meant.len().saturating_sub(MOST_OFFERED);
    said.blocks.extend(context((more > 0).then(|| format!("and {}", count(more, "more account")))));
    said
}

/// Asks before an account is disconnected, and says what stops.
pub fn confirm_disconnect(account: &AccountId, name: &str, stops: Stops) -> Message {
    let name = named(name);
    let mut lines = vec![format!(
        "• Webhooks to its address are refused (404). Segments.ai sends them again for about a day, and after five days \
         of that it turns the endpoint off: remove it there, too (<{ACCOUNT_PAGE}|account page>)."
    )];
    lines.push(match stops.subscriptions {
        0 => "• No subscription depends on it alone.".to_owned(),
        some => format!(
            "• {} in {} get nothing any more: everything that they match came through {name} alone. \
             They stay, and go on when it comes through another account.",
            count(some, "subscription"),
            count(stops.channels, "channel")
        ),
    });
    lines.extend(stops.key.then(|| "• Its API key is deleted here, and buttons that need it go.".to_owned()));
    let mut said = say(format!("Disconnect {name} from this workspace?"));
    said.blocks.push(section(&lines.join("\n")));
    said.blocks.extend(buttons([
        confirmed_button(
            "Disconnect",
            &Action::Account(AccountAction::DisconnectNow(account.clone())),
            "Its signing secret and API key are deleted here. This cannot be undone.",
        ),
        button("Keep it", &Action::Dismiss),
    ]));
    said
}

/// An account was disconnected.
pub fn disconnected(name: &str) -> Message {
    say(format!(
        "{} is disconnected: its address takes nothing any more, and its secrets are deleted here. Subscriptions stay as \
         they are. Remove the endpoint in Segments.ai, too: <{ACCOUNT_PAGE}|account page>.",
        named(name)
    ))
}

/// The name of an account, in code marks.
pub(in crate::render) fn named(name: &str) -> String {
    code(name, NAME)
}

/// What is known of what came to an account.
pub(in crate::render) fn came(account: &AccountStatus) -> String {
    let event = match account.last_event {
        Some(at) => format!("last event {}", format::time(at)),
        None => "no event yet".to_owned(),
    };
    match account.last_test {
        Some(at) => format!("{event}, last test {}", format::time(at)),
        None => event,
    }
}
