//! What people do with what they are shown: clicks, choices, what they fill in, shortcuts.

mod account;
mod act;
mod action;
mod ask;
mod home;

pub use account::AccountAction;
pub use act::{Act, What};
pub use action::{Action, FILLED, MENU, MuteFor};
pub use ask::{Ask, Subject, Task};
pub use home::{HomeAction, Place};

use super::view::View;
use crate::model::{ChannelId, MessageTs, TriggerId, UserId, WorkspaceId};
use serde::Deserialize;

/// A click with its circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// The workspace whose installation is clicked on.
    pub workspace: WorkspaceId,
    /// The workspace of the person, where Slack says it: another one in a shared channel.
    pub home: Option<WorkspaceId>,
    /// Where; none outside messages.
    pub channel: Option<ChannelId>,
    /// The modal or App Home that it stands in; none in messages.
    pub view: Option<View>,
    /// The message that was clicked on, if it is one.
    pub message: Option<MessageTs>,
    /// The message whose thread that stands in.
    pub parent: Option<MessageTs>,
    /// Who.
    pub user: UserId,
    /// What.
    pub action: Action,
    /// Slack's id of this click.
    pub trigger: TriggerId,
    /// Where answers go; to be checked before use.
    pub response_url: String,
}

/// Something that somebody did outside messages, with its circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doing<T> {
    /// The workspace whose installation it is about.
    pub workspace: WorkspaceId,
    /// The workspace of the person, where Slack says it.
    pub home: Option<WorkspaceId>,
    /// Who.
    pub user: UserId,
    /// Slack's id of it; none where Slack gives none.
    pub trigger: Option<TriggerId>,
    /// What.
    pub what: T,
}

impl Click {
    /// The message below which something can be said of this: a thread has no threads.
    pub fn top(&self) -> Option<&MessageTs> {
        self.parent.as_ref().or(self.message.as_ref())
    }

    /// Whether the person is known to belong to another workspace, as in a shared channel.
    pub fn is_of_stranger(&self) -> bool {
        self.home.as_ref().is_some_and(|home| *home != self.workspace)
    }
}

impl<T> Doing<T> {
    /// Whether the person is known to belong to another workspace.
    pub fn is_of_stranger(&self) -> bool {
        self.home.as_ref().is_some_and(|home| *home != self.workspace)
    }
}

/// A question for the entries of a menu, while somebody types into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The menu.
    pub action_id: String,
    /// What was typed so far.
    pub typed: String,
}

/// What an interaction payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// A button or a menu, of a message or a view.
    Click(Click),
    /// A menu asks for its entries.
    Suggestion(Doing<Suggestion>),
    /// A modal was submitted.
    Submission(Doing<View>),
    /// A global shortcut, by its callback id.
    Shortcut(Doing<String>),
    /// Anything else, by its type: answered and left alone.
    Other(String),
}

#[derive(Deserialize)]
struct Form {
    payload: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    r#type: String,
    team: Option<Ident>,
    enterprise: Option<Ident>,
    is_enterprise_install: bool,
    user: Ident,
    channel: Option<Ident>,
    container: Container,
    trigger_id: String,
    response_url: Option<String>,
    actions: Vec<Pressed>,
    view: Option<View>,
    action_id: String,
    value: String,
    callback_id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Container {
    message_ts: Option<String>,
    thread_ts: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ident {
    id: String,
    team_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pressed {
    action_id: String,
    value: Option<String>,
    selected_option: Option<Chosen>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Chosen {
    value: String,
}

impl Interaction {
    /// Reads the body of an interaction request; `None` if it is not what Slack sends.
    pub fn read(body: &[u8]) -> Option<Self> {
        let form: Form = serde_urlencoded::from_bytes(body).ok()?;
        Self::from_json(&form.payload)
    }

    /// Reads the payload of an interaction: what a request has in a form, and an envelope as it is.
    pub(super) fn from_json(payload: &str) -> Option<Self> {
        let payload: Payload = serde_json::from_str(payload).ok()?;
        match payload.r#type.as_str() {
            "block_actions" if !payload.actions.is_empty() => payload.click().map(Self::Click),
            "block_suggestion" => payload.suggestion().map(Self::Suggestion),
            "view_submission" => payload.doing(|payload| payload.view.take()).map(Self::Submission),
            "shortcut" => payload.doing(|payload| Some(std::mem::take(&mut payload.callback_id))).map(Self::Shortcut),
            other => Some(Self::Other(other.chars().take(100).collect())),
        }
    }
}

impl Payload {
    fn workspace(&self) -> Option<WorkspaceId> {
        let install = if self.is_enterprise_install { &self.enterprise } else { &self.team };
        WorkspaceId::parse(install.as_ref()?.id.as_str()).ok()
    }

    /// Where the person belongs, where that can be known: an organisation's install names a team only sometimes, and
    /// somebody of another team may be of the organisation too, which only Slack can say when it is asked.
    fn home(&self) -> Option<WorkspaceId> {
        if self.is_enterprise_install {
            let is_at_home = self.user.team_id.as_ref() == Some(&self.team.as_ref()?.id);
            return self.workspace().filter(|_| is_at_home);
        }
        self.user.team_id.as_deref().and_then(|id| WorkspaceId::parse(id).ok())
    }

    fn click(self) -> Option<Click> {
        let pressed = self.actions.first()?;
        let chosen = pressed.selected_option.as_ref().map(|option| option.value.as_str());
        Some(Click {
            workspace: self.workspace()?,
            home: self.home(),
            message: self.container.message_ts.and_then(|ts| MessageTs::parse(ts).ok()),
            parent: self.container.thread_ts.and_then(|ts| MessageTs::parse(ts).ok()),
            action: Action::parse(&pressed.action_id, pressed.value.as_deref().or(chosen).unwrap_or_default()),
            channel: self.channel.and_then(|channel| ChannelId::parse(channel.id).ok()),
            view: self.view,
            user: UserId::parse(self.user.id).ok()?,
            trigger: TriggerId::parse(self.trigger_id).ok()?,
            response_url: self.response_url.unwrap_or_default(),
        })
    }

    fn suggestion(self) -> Option<Doing<Suggestion>> {
        self.doing(|payload| {
            let Self { action_id, value, .. } = std::mem::take(payload);
            Some(Suggestion { action_id, typed: value })
        })
    }

    fn doing<T>(mut self, what: impl FnOnce(&mut Self) -> Option<T>) -> Option<Doing<T>> {
        Some(Doing {
            workspace: self.workspace()?,
            home: self.home(),
            user: UserId::parse(self.user.id.as_str()).ok()?,
            trigger: TriggerId::parse(self.trigger_id.as_str()).ok(),
            what: what(&mut self)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_in_a_modal_is_read_with_what_was_filled_in() {
        let read = |payload: serde_json::Value| {
            let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
            Interaction::read(body.as_bytes())
        };
        let mut payload = serde_json::json!({
            "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}, "trigger_id": "1.2",
            "view": {"id": "V1", "type": "modal", "callback_id": "subscribe", "private_metadata": "{}", "hash": "h",
                "state": {"values": {"filters": {"filters": {"type": "plain_text_input", "value": "by:ann"}}}}},
        });
        let Some(Interaction::Submission(done)) = read(payload.clone()) else { panic!("a submission") };
        assert_eq!((done.what.callback_id.as_str(), done.what.text("filters")), ("subscribe", Some("by:ann")));
        payload["type"] = "block_suggestion".into();
        payload["action_id"] = "dataset".into();
        payload["value"] = "jan".into();
        let Some(Interaction::Suggestion(asked)) = read(payload.clone()) else { panic!("a suggestion") };
        assert_eq!((asked.what.action_id.as_str(), asked.what.typed.as_str()), ("dataset", "jan"));
        payload["type"] = "shortcut".into();
        payload["callback_id"] = "subscribe".into();
        let Some(Interaction::Shortcut(used)) = read(payload) else { panic!("a shortcut") };
        assert_eq!(used.what, "subscribe");
    }

    #[test]
    fn people_of_an_installed_organisation_are_members() {
        let read = |team: serde_json::Value, person: &str| {
            let payload = serde_json::json!({
                "type": "block_actions", "team": team, "enterprise": {"id": "E1"}, "is_enterprise_install": true,
                "user": {"id": "U1", "team_id": person}, "trigger_id": "1.2", "actions": [{"action_id": "resume"}],
            });
            let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
            let Some(Interaction::Click(click)) = Interaction::read(body.as_bytes()) else { panic!("a click") };
            assert_eq!(click.workspace.as_str(), "E1");
            click.home.map(|home| home.to_string())
        };
        assert_eq!(read(serde_json::json!({"id": "T1"}), "T1").as_deref(), Some("E1"));
        assert_eq!(read(serde_json::json!({"id": "T1"}), "T9"), None);
        assert_eq!(read(serde_json::json!(null), "T1"), None);
    }

    #[test]
    fn unknown_interactions_are_tolerated_and_garbage_is_rejected() {
        let body = |payload: &str| serde_urlencoded::to_string([("payload", payload)]).unwrap();
        let other = Interaction::read(body(r#"{"type":"message_action","new":[{}]}"#).as_bytes());
        assert_eq!(other, Some(Interaction::Other("message_action".to_owned())));
        for rubbish in ["", "payload=", "payload=%7B", "payload=[]&payload=[]", "x=1"] {
            assert_eq!(Interaction::read(rubbish.as_bytes()), None, "{rubbish}");
        }
    }
}
