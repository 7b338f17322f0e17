//! The state of Slack: workspaces, people, channels and their messages.

use super::App;
use super::connections::Sockets;
use super::limits::Limits;
use super::message::{Message, Shown, micros, since_1970, ts};
use crate::model::{ChannelId, MessageTs, UserId, WorkspaceId};
use crate::slack::oauth::SCOPES;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Messages that are kept of a channel; beyond it the oldest go. A crash run of an hour stays well below.
const MESSAGES_KEPT: usize = 50_000;

/// Calls that are remembered.
const CALLS_KEPT: usize = 10_000;

/// Response URLs that are remembered.
const RESPONSES_KEPT: usize = 10_000;

/// Trigger ids that are remembered of a workspace.
const TRIGGERS_KEPT: usize = 1_000;

/// The app's id, the same in every workspace.
pub(super) const APP_ID: &str = "A0SEGMENTS";

/// A person's role in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An ordinary member.
    Member,
    /// An administrator.
    Admin,
    /// The owner, who is an administrator too.
    Owner,
}

/// The kind of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// Everybody may read and join it.
    Public,
    /// By invitation only.
    Private,
    /// Between the bot and one person.
    Direct,
}

/// A workspace as it can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceInfo {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// The app's bot in it.
    pub bot_user: UserId,
}

/// A person as they can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    /// Their id.
    pub id: UserId,
    /// Their name, as after an `@`.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their time zone, such as `Europe/Brussels`.
    pub time_zone: String,
    /// True if this is the app's bot.
    pub is_bot: bool,
    /// True if their account was deactivated.
    pub deleted: bool,
    /// Their own workspace, if that is another one with which a channel is shared.
    pub home: Option<WorkspaceId>,
}

/// A channel as it can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Its id.
    pub id: ChannelId,
    /// Its name, without `#`; of the other person for a direct conversation.
    pub name: String,
    /// Its kind.
    pub kind: ChannelKind,
    /// True if it is archived.
    pub archived: bool,
    /// Its members, the bot included.
    pub members: BTreeSet<UserId>,
    /// Another workspace that it is shared with.
    pub shared_with: Option<WorkspaceId>,
}

/// A call of the Web API, or of a response URL (its method is `response_url`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Such as `chat.postMessage`; shortened to 100 characters.
    pub method: String,
    /// Whose token it was, where that is known.
    pub workspace: Option<WorkspaceId>,
    /// The `channel` that it named.
    pub channel: Option<ChannelId>,
    /// The time at which it came in.
    pub at: Timestamp,
    /// `ok`, Slack's code, or what a fault did: `http_503`, `hang`, `reset`, `rubbish`, `lost_answer`.
    pub result: String,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) base_url: String,
    /// The time by which Slack's clock is ahead of the emulator's.
    pub(super) skew: SignedDuration,
    pub(super) app: Option<App>,
    pub(super) sockets: Sockets,
    pub(super) oauth_client: Option<(String, SecretString)>,
    pub(super) workspaces: BTreeMap<WorkspaceId, Workspace>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) calls: VecDeque<Call>,
    pub(super) responses: BTreeMap<u64, ResponseUrl>,
    /// Counts whatever needs a number of its own.
    numbers: u64,
}

/// An OAuth code, which a person's consent to an installation gives.
pub(super) struct Code {
    pub(super) workspace: WorkspaceId,
    pub(super) user: UserId,
    pub(super) made_at: Timestamp,
    pub(super) used: bool,
    /// The redirect URL, which the exchange has to repeat.
    pub(super) redirect: Option<String>,
}

/// Something that a person did just now, which entitles the app to open a modal before them.
pub(super) struct Trigger {
    pub(super) user: UserId,
    pub(super) made_at: Timestamp,
    pub(super) used: bool,
}

/// A way to answer one thing that a person did.
pub(super) struct ResponseUrl {
    pub(super) workspace: WorkspaceId,
    pub(super) channel: ChannelId,
    pub(super) user: UserId,
    /// The message that was clicked on; none for a command.
    pub(super) original: Option<MessageTs>,
    pub(super) made_at: Timestamp,
    pub(super) uses: u8,
}

pub(super) struct Workspace {
    pub(super) info: WorkspaceInfo,
    pub(super) token: String,
    /// Tokens that were good once.
    pub(super) revoked_tokens: BTreeSet<String>,
    /// Tokens that end, if the app rotates them.
    pub(super) rotation: Option<Rotation>,
    /// True if it is an organisation, in which the app is installed for all teams.
    pub(super) organisation: bool,
    pub(super) users: BTreeMap<UserId, UserInfo>,
    pub(super) channels: BTreeMap<ChannelId, Channel>,
    /// People who are in the channels that they were invited to only.
    pub(super) guests: BTreeSet<UserId>,
    pub(super) withheld_scopes: BTreeSet<String>,
    /// Scopes beyond those of the manifest.
    pub(super) extra_scopes: BTreeSet<String>,
    pub(super) homes: BTreeMap<UserId, Value>,
    /// The views before a person, the uppermost last.
    pub(super) modals: BTreeMap<UserId, Vec<Value>>,
    pub(super) triggers: BTreeMap<String, Trigger>,
    pub(super) limits: Limits,
    last_micros: u64,
}

/// Tokens that end.
#[derive(Default)]
pub(super) struct Rotation {
    /// The expiry of each bot token.
    pub(super) ends: BTreeMap<String, Timestamp>,
    /// The token that can be exchanged once for the next one.
    pub(super) refresh_token: Option<String>,
}

pub(super) struct Channel {
    pub(super) info: ChannelInfo,
    /// By microseconds since 1970.
    pub(super) messages: BTreeMap<u64, Message>,
}

impl World {
    /// A number that was not given out before.
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// A short id such as Slack makes for blocks that have none.
    pub(super) fn next_id(&mut self) -> String {
        format!("n{:04}", self.next_number())
    }

    pub(super) fn workspace(&mut self, id: &WorkspaceId) -> &mut Workspace {
        self.workspaces.get_mut(id).unwrap_or_else(|| panic!("workspace `{id}` was not added"))
    }

    /// The workspace that a token is, or was, good for.
    pub(super) fn owner_of(&self, token: &str) -> Option<WorkspaceId> {
        let owns = |workspace: &&Workspace| {
            let ends = workspace.rotation.as_ref().is_some_and(|rotation| rotation.ends.contains_key(token));
            workspace.token == token || workspace.revoked_tokens.contains(token) || ends
        };
        self.workspaces.values().find(owns).map(|workspace| workspace.info.id.clone())
    }

    /// Makes a response URL.
    pub(super) fn response_url(&mut self, response: ResponseUrl) -> String {
        let number = self.next_number();
        self.responses.insert(number, response);
        if self.responses.len() > RESPONSES_KEPT {
            self.responses.pop_first();
        }
        format!("{}/response/{number}", self.base_url)
    }

    /// Remembers a call.
    pub(super) fn record(&mut self, call: Call) {
        if self.calls.len() == CALLS_KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// A trigger id for something that a person did now.
    pub(super) fn trigger(&mut self, workspace: &WorkspaceId, user: &UserId, now: Timestamp) -> String {
        let id = format!("{:012}.{workspace}.trigger", self.next_number());
        let triggers = &mut self.workspace(workspace).triggers;
        triggers.insert(id.clone(), Trigger { user: user.clone(), made_at: now, used: false });
        if triggers.len() > TRIGGERS_KEPT {
            triggers.pop_first();
        }
        id
    }
}

impl Workspace {
    /// A workspace with nobody in it but the app's bot.
    pub(super) fn new(id: &WorkspaceId, name: &str, bot_token: &str) -> Self {
        let bot_user = UserId::parse(format!("UBOT{id:.60}")).expect("letters and a workspace id");
        let bot = UserInfo {
            id: bot_user.clone(),
            name: "segments".to_owned(),
            role: Role::Member,
            time_zone: "Etc/UTC".to_owned(),
            is_bot: true,
            deleted: false,
            home: None,
        };
        Self {
            info: WorkspaceInfo { id: id.clone(), name: name.to_owned(), bot_user: bot_user.clone() },
            token: bot_token.to_owned(),
            revoked_tokens: BTreeSet::new(),
            rotation: None,
            organisation: false,
            users: BTreeMap::from([(bot_user, bot)]),
            channels: BTreeMap::new(),
            guests: BTreeSet::new(),
            withheld_scopes: BTreeSet::new(),
            extra_scopes: BTreeSet::new(),
            homes: BTreeMap::new(),
            modals: BTreeMap::new(),
            triggers: BTreeMap::new(),
            limits: Limits::default(),
            last_micros: 0,
        }
    }

    /// Returns the scopes of the app's token, as Slack lists them.
    pub(super) fn scopes(&self) -> String {
        let asked = SCOPES.into_iter().chain(self.extra_scopes.iter().map(String::as_str));
        asked.filter(|scope| !self.withheld_scopes.contains(*scope)).collect::<Vec<_>>().join(",")
    }

    /// The name in the workspace's address.
    pub(super) fn domain(&self) -> String {
        let letters = self.info.name.to_lowercase();
        letters.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
    }

    pub(super) fn bot_id(&self) -> String {
        format!("B{}", self.info.id)
    }

    pub(super) fn bot_name(&self) -> String {
        self.users.get(&self.info.bot_user).map(|bot| bot.name.clone()).unwrap_or_default()
    }

    pub(super) fn channel(&mut self, id: &ChannelId) -> &mut Channel {
        self.channels.get_mut(id).unwrap_or_else(|| panic!("channel `{id}` was not added"))
    }

    /// Puts a message into a channel and gives it its name.
    pub(super) fn write(&mut self, channel: &ChannelId, now: Timestamp, unread: bool, mut shown: Shown) -> MessageTs {
        let at = self.next_micros(now);
        shown.ts = ts(at);
        let name = shown.ts.clone();
        let channel = self.channel(channel);
        if let Some(parent) = shown.thread_ts.as_ref().and_then(|thread| channel.message(thread.as_str())) {
            parent.replies += 1;
            parent.latest_reply = Some(shown.ts.clone());
        }
        channel.keep(at, Message { shown, unread, replies: 0, latest_reply: None, links_told: false });
        name
    }

    /// A time for a new message: now, or just after the last one.
    fn next_micros(&mut self, now: Timestamp) -> u64 {
        self.last_micros = since_1970(now).max(self.last_micros + 1);
        self.last_micros
    }
}

impl Channel {
    /// The name that requests give: of a private or direct channel none is told.
    pub(super) fn name_for_apps(&self) -> String {
        match self.info.kind {
            ChannelKind::Public => self.info.name.clone(),
            ChannelKind::Private => "privategroup".to_owned(),
            ChannelKind::Direct => "directmessage".to_owned(),
        }
    }

    pub(super) fn has(&self, user: &UserId) -> bool {
        self.info.members.contains(user)
    }

    /// A message by its name, unless it was deleted.
    pub(super) fn message(&mut self, ts: &str) -> Option<&mut Message> {
        self.messages.get_mut(&micros(ts)?).filter(|message| !message.shown.deleted)
    }

    /// Keeps a message, and lets go of the oldest if there are too many.
    fn keep(&mut self, at: u64, message: Message) {
        self.messages.insert(at, message);
        if self.messages.len() > MESSAGES_KEPT {
            self.messages.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::slack::Author;

    #[test]
    fn a_long_run_lets_go_of_the_oldest_first() {
        let channel = ChannelId::parse("C1").unwrap();
        let mut workspace = Workspace::new(&WorkspaceId::parse("T1").unwrap(), "Flowers", "xoxb");
        let info = ChannelInfo {
            id: channel.clone(),
            name: "general".to_owned(),
            kind: ChannelKind::Public,
            archived: false,
            members: BTreeSet::new(),
            shared_with: None,
        };
        workspace.channels.insert(channel.clone(), Channel { info, messages: BTreeMap::new() });
        for number in 0..=MESSAGES_KEPT {
            workspace.write(&channel, Timestamp::UNIX_EPOCH, true, Shown::plain(Author::Slack, &number.to_string()));
        }
        let messages = &workspace.channel(&channel).messages;
        assert_eq!(messages.len(), MESSAGES_KEPT);
        assert_eq!(messages.values().next().unwrap().shown.text, "1");

        let mut world = World::default();
        for number in 0..=CALLS_KEPT {
            let at = Timestamp::UNIX_EPOCH;
            world.record(Call {
                method: number.to_string(),
                workspace: None,
                channel: None,
                at,
                result: String::new(),
            });
        }
        assert_eq!((world.calls.len(), world.calls[0].method.as_str()), (CALLS_KEPT, "1"));
    }
}
