//! Socket Mode: what Slack sends over a connection that we opened, and how it is acknowledged
//! (<https://docs.slack.dev/apis/events-api/using-socket-mode>).

use super::events::Report;
use super::interaction::Interaction;
use super::slash::{Malformed, SlashCommand};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// No id of Slack's is longer, in bytes.
const LONGEST_ID: usize = 200;

/// The longest answer that goes with an acknowledgement, in bytes of JSON. Slack ends a connection (1009) over which a
/// frame of more than 20,480 bytes comes, which no page of its documentation says; the id takes the rest.
pub const LONGEST_ANSWER: usize = 18 * 1024;

/// A text frame.
#[derive(Debug)]
pub enum Frame {
    /// The connection is open.
    Hello,
    /// The connection is about to be closed.
    Disconnect(Reason),
    /// Something to take.
    Envelope(Envelope),
    /// Anything else, by its type: there is nothing in it that could be acknowledged.
    Other(String),
}

/// Why Slack closes a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It moves to another one, which we are to open.
    Refresh,
    /// Socket Mode was turned off for the app.
    Disabled,
    /// Anything else, by its name.
    Other(String),
}

/// What Slack wants acknowledged.
#[derive(Debug)]
pub struct Envelope {
    /// What it is acknowledged by.
    pub id: EnvelopeId,
    /// Whether an answer may come with that.
    pub takes_answer: bool,
    /// What is in it.
    pub content: Content,
}

/// The id of an envelope, unlike those of other envelopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeId(String);

/// What an envelope holds.
#[derive(Debug)]
pub enum Content {
    /// `/segments …`
    Command(SlashCommand),
    /// A click, a choice, a modal, a shortcut.
    Interaction(Box<Interaction>),
    /// An event.
    Report(Report),
    /// Of a type that this version does not know.
    Unknown(String),
    /// Not what Slack sends.
    Malformed(Malformed),
}

#[derive(Deserialize)]
struct Wire<'a> {
    r#type: String,
    envelope_id: Option<EnvelopeId>,
    #[serde(default)]
    accepts_response_payload: bool,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize)]
struct Acknowledgement<'a> {
    envelope_id: &'a EnvelopeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Value>,
}

impl Frame {
    /// Reads a text frame.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let wire: Wire = serde_json::from_str(text).map_err(|_| Malformed("frame"))?;
        let Some(id) = wire.envelope_id else {
            return Ok(match wire.r#type.as_str() {
                "hello" => Self::Hello,
                "disconnect" => Self::Disconnect(Reason::of(&wire.reason)),
                other => Self::Other(short(other)),
            });
        };
        if id.0.is_empty() || id.0.len() > LONGEST_ID {
            return Err(Malformed("envelope_id"));
        }
        let payload = wire.payload.map_or("null", RawValue::get);
        Ok(Self::Envelope(Envelope {
            id,
            takes_answer: wire.accepts_response_payload,
            content: Content::read(&wire.r#type, payload),
        }))
    }
}

impl Content {
    fn read(kind: &str, payload: &str) -> Self {
        let read = match kind {
            "slash_commands" => SlashCommand::from_json(payload).map(Self::Command),
            "interactive" => {
                let interaction = Interaction::from_json(payload).ok_or(Malformed("payload"));
                interaction.map(|interaction| Self::Interaction(Box::new(interaction)))
            }
            "events_api" => Report::from_json(payload.as_bytes()).map(Self::Report),
            other => Ok(Self::Unknown(short(other))),
        };
        read.unwrap_or_else(Self::Malformed)
    }
}

impl Reason {
    fn of(name: &str) -> Self {
        match name {
            "warning" | "refresh_requested" => Self::Refresh,
            "link_disabled" => Self::Disabled,
            other => Self::Other(short(other)),
        }
    }
}

impl EnvelopeId {
    /// The frame that says that the envelope was taken, with an answer if there is one.
    pub fn acknowledged(&self, answer: Option<&Value>) -> String {
        let acknowledgement = Acknowledgement { envelope_id: self, payload: answer };
        serde_json::to_string(&acknowledgement).expect("texts and JSON values can be written")
    }
}

/// A word of Slack's for our log.
fn short(word: &str) -> String {
    word.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(frame: &Value) -> Frame {
        Frame::read(&frame.to_string()).unwrap()
    }

    fn content(kind: &str, payload: &Value) -> Content {
        let frame = json!({"type": kind, "envelope_id": "1", "accepts_response_payload": true, "payload": payload});
        let Frame::Envelope(envelope) = read(&frame) else { panic!("an envelope") };
        assert!(envelope.takes_answer);
        envelope.content
    }

    #[test]
    fn what_keeps_a_connection_going_is_told_apart() {
        let hello = json!({"type": "hello", "connection_info": {"app_id": "A1"}, "num_connections": 1});
        assert!(matches!(read(&hello), Frame::Hello));
        for (name, reason) in [
            ("warning", Reason::Refresh),
            ("refresh_requested", Reason::Refresh),
            ("link_disabled", Reason::Disabled),
            ("too_many_websockets", Reason::Other("too_many_websockets".to_owned())),
        ] {
            let Frame::Disconnect(read) = read(&json!({"type": "disconnect", "reason": name})) else {
                panic!("{name}")
            };
            assert_eq!(read, reason);
        }
        assert!(matches!(read(&json!({"type": "of next year"})), Frame::Other(_)));
    }

    #[test]
    fn an_envelope_holds_what_a_request_would() {
        let typed = json!({
            "team_id": "T1", "channel_id": "C1", "user_id": "U1", "text": "list", "trigger_id": "1.t",
            "is_enterprise_install": "false", "response_url": "https://hooks.slack.com/1",
        });
        let Content::Command(command) = content("slash_commands", &typed) else { panic!("a command") };
        assert_eq!((command.workspace.as_str(), command.text.as_str()), ("T1", "list"));
        let mut typed = typed;
        typed["enterprise_id"] = "E1".into();
        for flag in [json!("true"), json!(true)] {
            typed["is_enterprise_install"] = flag;
            let Content::Command(command) = content("slash_commands", &typed) else { panic!("a command") };
            assert_eq!(command.workspace.as_str(), "E1");
        }
        let shortcut = json!({
            "type": "shortcut", "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "1.t", "callback_id": "x",
        });
        let Content::Interaction(done) = content("interactive", &shortcut) else { panic!("an interaction") };
        assert!(matches!(*done, Interaction::Shortcut(_)), "{done:?}");
        let event = json!({"type": "event_callback", "team_id": "T1", "event": {"type": "app_uninstalled"}});
        let told = content("events_api", &event);
        assert!(matches!(told, Content::Report(Report::Event { .. })), "{told:?}");
    }

    #[test]
    fn unknown_and_garbled_envelopes_can_be_acknowledged() {
        assert!(matches!(content("of next year", &json!({})), Content::Unknown(_)));
        for kind in ["slash_commands", "interactive", "events_api"] {
            for payload in [json!(null), json!(7), json!("payload"), json!({"team_id": 1, "user": 1})] {
                assert!(matches!(content(kind, &payload), Content::Malformed(_)), "{kind} {payload}");
            }
            let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
            let frame = format!(r#"{{"type":"{kind}","envelope_id":"1","payload":{{"event":{deep},"user":{deep}}}}}"#);
            assert!(Frame::read(&frame).is_ok());
        }
        let Frame::Envelope(bare) = read(&json!({"type": "events_api", "envelope_id": "1"})) else { panic!("bare") };
        assert!(matches!(bare.content, Content::Malformed(_)) && !bare.takes_answer);
    }

    #[test]
    fn a_frame_that_is_not_slacks_is_malformed() {
        let long = json!({"type": "x", "envelope_id": "1".repeat(LONGEST_ID + 1)}).to_string();
        for text in ["", "hello", "null", "[]", "{}", r#"{"type":1}"#, r#"{"type":"x","envelope_id":""}"#, &long] {
            assert!(Frame::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_acknowledgement_names_the_envelope_and_what_is_answered() {
        let id = EnvelopeId("a\"b".to_owned());
        assert_eq!(id.acknowledged(None), r#"{"envelope_id":"a\"b"}"#);
        assert_eq!(id.acknowledged(Some(&json!({"text": "x"}))), r#"{"envelope_id":"a\"b","payload":{"text":"x"}}"#);
        let longest = json!("x".repeat(LONGEST_ANSWER - 2));
        let id = EnvelopeId("\u{1}".repeat(LONGEST_ID));
        assert!(id.acknowledged(Some(&longest)).len() <= 20_480);
    }
}
