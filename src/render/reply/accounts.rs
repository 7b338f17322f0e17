//! Replies about webhook accounts: connecting, changing and disconnecting them, and notices about their webhooks.

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
            Self::SecretBesideOld => {
                "it has a new signing secret, and the previous one stays valid until you remove it"
            }
            Self::Secret => "it has a new signing secret",
            Self::OldSecretDropped => "only its newest signing secret is valid now",
            Self::Key => "it has an API key",
            Self::OtherKey => "it has a different API key",
            Self::KeyDeleted => "its API key was deleted",
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
    say(
        "Only admins and owners of this workspace can connect or disconnect Segments.ai accounts. Nothing was changed. \
         Ask one of them to type `/segments connect`.",
    )
}

/// Slack did not say whether somebody is an admin.
pub fn unknown_whether_admin() -> Message {
    say("Nothing was changed because I couldn't check your role in Slack, and only admins can connect accounts. \
         Try again in a minute.")
}

/// The address of this server is not known.
pub fn no_public_url() -> Message {
    say("I can't create a webhook URL yet, because this server doesn't know its public address. \
         Ask the person who runs this server to set `SEGMENTS_SLACK_PUBLIC_URL`, \
         for example to `https://segments-slack.example.com`, and restart it. Then type `/segments connect` again.")
}

/// The form did not open.
pub fn connect_again() -> Message {
    say("I couldn't open the form in Slack. Nothing was changed. Type `/segments connect` again.")
}

/// The form of a new account shows an address that is not that of whoever sent it, or not any more.
pub fn form_is_outdated() -> Message {
    say("Nothing was changed because this form is out of date. Type `/segments connect` to open it again. \
         If it shows a different webhook URL, use that one in Segments.ai.")
}

/// A new account is kept.
pub fn connected(name: &str, key: &KeyCheck) -> Message {
    let mut said = say(format!("✅ {} is connected and waiting for its first webhook.", named(name)));
    said.blocks.push(section(
        "*Next:* In Segments.ai, open the new endpoint and send a test message. I'll message you as soon as it arrives. \
         Then subscribe a channel: `/segments subscribe jane/flowers sample.*`.",
    ));
    said.blocks.extend(key_said(key).map(|line| section(&line)));
    said
}

/// What was changed of an account; that nothing was, if nothing was. Safe mrkdwn.
pub fn account_changed(name: &str, what: &[AccountChange], key: &KeyCheck) -> String {
    if what.is_empty() {
        return format!("Nothing to change: {} already matches the form.", named(name));
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
            "⚠️ The API key belongs to {}, whose webhooks are turned off in Segments.ai. If the endpoint is theirs, \
             turn the webhooks on there: <{ACCOUNT_PAGE}|account page>.",
            named(name)
        )),
        KeyCheck::Owner { name, .. } => {
            Some(format!("The API key belongs to {}: actions from Slack are recorded under that name.", named(name)))
        }
        KeyCheck::Unchecked => Some(
            "⚠️ I saved the API key without checking it, because Segments.ai didn't answer in time. If it's wrong, \
             buttons that need it will say so, and you can change it with `/segments connect`."
                .to_owned(),
        ),
    }
}

/// An account is not there, or not any more.
pub fn no_such_account() -> Message {
    say(
        "Nothing was changed because this account is no longer connected. `/segments connect` shows the connected accounts.",
    )
}

/// Somebody changed an account while its form was open.
pub fn account_changed_since(name: &str) -> Message {
    say(format!(
        "Nothing was changed because someone else changed {} while this form was open. \
         To see the current version, type `/segments connect`.",
        named(name)
    ))
}

/// The address of the form belongs to an account already.
pub fn address_taken(name: &str) -> Message {
    say(format!(
        "This webhook URL is already connected as {}. Nothing was changed. \
         Use `/segments connect` to change that account or to connect another one.",
        named(name)
    ))
}

/// The workspace has as many accounts as it may have.
pub fn too_many_accounts(limit: usize) -> Message {
    say(format!(
        "A workspace can have at most {}. Nothing was changed. Disconnect one that you no longer need.",
        count(limit, "account")
    ))
}

/// Tells whoever connected an account that its first message came.
pub fn first_message(name: &str, connected: Timestamp, at: Timestamp, dataset: Option<&DatasetName>) -> Message {
    let example = dataset.map_or_else(|| "jane/flowers".to_owned(), |name| cut(name.as_str(), 200));
    say(format!(
        "🎉 The first webhook from Segments.ai arrived {} after you connected {}. \
         To subscribe a channel, type {} there.",
        length(connected, at),
        named(name),
        code(&format!("/segments subscribe {example}"), 300)
    ))
}

/// Tells whoever connected an account that a message came which its signing secret does not fit.
pub fn signature_mismatch(name: &str, at: Timestamp) -> Message {
    say(format!(
        "⚠️ A webhook for {} ({}) was rejected because its signature doesn't match the signing secret. \
         Usually the secret belongs to a different endpoint. Copy the secret of the right endpoint from your \
         <{ACCOUNT_PAGE}|account page> in Segments.ai. Then type `/segments connect`, choose *Change…*, and paste it there. \
         Segments.ai will resend the rejected webhook. You won't get this notice again.",
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
        "Nothing was changed because {} is set in the server's configuration. \
         To remove it, ask the person who runs this server to unset `SEGMENTS_WEBHOOK_SECRET` and restart it.",
        named(name)
    ))
}

/// There is nothing to disconnect.
pub fn no_accounts() -> Message {
    say("No Segments.ai account is connected from this workspace. To connect one, type `/segments connect`.")
}

/// A name is that of no account, or of more than one; offers those that may be meant.
pub fn which_account(typed: &str, meant: &[(AccountId, String)]) -> Message {
    let mut said = say(format!("No account in this workspace is called {}. Which one do you mean?", code(typed, NAME)));
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
        "• Its webhook URL will return 404. Segments.ai retries each webhook for about a day, and turns the endpoint off \
         after five days of failures. Delete the endpoint there too: <{ACCOUNT_PAGE}|account page>."
    )];
    lines.push(match stops.subscriptions {
        0 => "• No subscription depends on this account alone.".to_owned(),
        some => format!(
            "• {} in {} will stop receiving events, because all their events arrive through {name}. \
             They are kept, and resume if the events arrive through another account.",
            count(some, "subscription"),
            count(stops.channels, "channel")
        ),
    });
    lines
        .extend(stops.key.then(|| "• Its API key is deleted here, and the buttons that need it disappear.".to_owned()));
    let mut said = say(format!("Disconnect {name} from this workspace?"));
    said.blocks.push(section(&lines.join("\n")));
    said.blocks.extend(buttons([
        confirmed_button(
            "Disconnect",
            &Action::Account(AccountAction::DisconnectNow(account.clone())),
            "This deletes its signing secret and API key from this app. You can't undo this.",
        ),
        button("Keep it", &Action::Dismiss),
    ]));
    said
}

/// An account was disconnected.
pub fn disconnected(name: &str) -> Message {
    say(format!(
        "{} is disconnected: its webhook URL no longer accepts events, and its secrets were deleted here. \
         Subscriptions are kept. Delete the endpoint in Segments.ai too: <{ACCOUNT_PAGE}|account page>.",
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
