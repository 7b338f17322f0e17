//! Envelopes: what the app is to acknowledge, sent again as long as it does not.

use crate::sandbox::slack::Emulator;
use crate::sandbox::slack::connections::{Order, Waiting};
use crate::sandbox::slack::dispatch::{ANSWER_TIMEOUT, Answer};
use crate::sandbox::slack::world::World;
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;

/// Pauses before an unacknowledged event is sent again: none, a minute, five minutes.
const EVENT_PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_mins(1), Duration::from_mins(5)];
/// Anything else is sent again once; by then the person has seen the failure.
const OTHER_PAUSES: [Duration; 1] = [Duration::ZERO];

#[derive(Deserialize)]
struct Acknowledgement {
    envelope_id: String,
    payload: Option<Value>,
}

impl Emulator {
    /// Sends any payload in an envelope of any type.
    pub async fn sends_envelope(&self, kind: &str, payload: Value) -> Answer {
        self.send_envelope(kind, payload, 0).await
    }

    /// Sends an envelope and waits for its acknowledgement as long as Slack does; what is not acknowledged is sent again.
    pub(in crate::sandbox::slack) async fn send_envelope(&self, kind: &str, payload: Value, retry: u8) -> Answer {
        let is_event = kind == "events_api";
        let (number, takes_answer) = {
            let mut world = self.world();
            (world.next_number(), !is_event && !world.sockets.takes_no_answers)
        };
        let mut envelope = json!({
            "type": kind,
            "envelope_id": format!("envelope-{number:06}"),
            "accepts_response_payload": takes_answer,
            "payload": payload,
        });
        if is_event {
            envelope["retry_attempt"] = json!(retry);
            envelope["retry_reason"] = json!(if retry == 0 { "" } else { "timeout" });
        }
        if self.connections() > 0
            && let Some(answer) = self.0.clock.timeout(ANSWER_TIMEOUT, self.exchange(&mut envelope)).await
        {
            return answer;
        }
        let timed_out = self.connections() > 0;
        if timed_out || is_event {
            let pauses: &[Duration] = if is_event { &EVENT_PAUSES } else { &OTHER_PAUSES };
            tokio::spawn(self.clone().send_again(envelope, pauses));
        }
        Answer { timed_out, ..Answer::default() }
    }

    async fn send_again(self, mut envelope: Value, pauses: &'static [Duration]) {
        for pause in pauses {
            self.0.clock.sleep(*pause).await;
            count_retry(&mut envelope);
            if self.0.clock.timeout(ANSWER_TIMEOUT, self.exchange(&mut envelope)).await.is_some() {
                return;
            }
        }
    }

    /// Sends an envelope until it is acknowledged: again whenever its connection ends before.
    async fn exchange(&self, envelope: &mut Value) -> Answer {
        let mut changes = self.0.changes.subscribe();
        loop {
            let sent = self.world().put_on_line(envelope);
            let Some(acknowledged) = sent else {
                // The emulator that is borrowed here has the sender.
                let _ = changes.changed().await;
                continue;
            };
            match acknowledged.await {
                Ok(answer) => return answer,
                Err(_) => count_retry(envelope),
            }
        }
    }

    /// Takes an acknowledgement, or loses it together with the connection.
    pub(super) fn acknowledged(&self, number: u64, text: &str) -> ControlFlow<()> {
        let mut world = self.world();
        let sockets = &mut world.sockets;
        if sockets.to_lose > 0 {
            sockets.to_lose -= 1;
            return ControlFlow::Break(());
        }
        let Ok(Acknowledgement { envelope_id, payload }) = serde_json::from_str(text) else {
            sockets.complaints.push(format!("not an acknowledgement: {text}"));
            return ControlFlow::Continue(());
        };
        // One that comes late, or over another connection, acknowledges nothing.
        let Some(waiting) = sockets.waiting.get(&envelope_id).filter(|waiting| waiting.line == number) else {
            return ControlFlow::Continue(());
        };
        if payload.is_some() && !waiting.takes_answer {
            sockets.complaints.push(format!("{envelope_id} takes no answer: {text}"));
            return ControlFlow::Continue(());
        }
        let Some(Waiting { answer, .. }) = sockets.waiting.remove(&envelope_id) else {
            return ControlFlow::Continue(());
        };
        let body = payload.as_ref().map_or_else(String::new, Value::to_string);
        // Whoever waited may have given up just now.
        let _ = answer.send(Answer { status: Some(200), is_json: payload.is_some(), body, ..Answer::default() });
        ControlFlow::Continue(())
    }
}

impl World {
    /// Sends an envelope over one of the connections, each in its turn; gives what its acknowledgement comes by.
    fn put_on_line(&mut self, envelope: &Value) -> Option<oneshot::Receiver<Answer>> {
        let turn = self.next_number();
        let sockets = &mut self.sockets;
        let count = u64::try_from(sockets.lines.len()).ok().filter(|count| *count > 0)?;
        let place = usize::try_from(turn % count).ok()?;
        let (number, line) = sockets.lines.iter().nth(place)?;
        let (answer, acknowledged) = oneshot::channel();
        let id = envelope["envelope_id"].as_str().unwrap_or_default().to_owned();
        let (number, sent) = (*number, line.send(Order::Send(Message::text(envelope.to_string()))));
        if sent.is_ok() {
            let takes_answer = envelope["accepts_response_payload"] == true;
            sockets.waiting.insert(id, Waiting { line: number, takes_answer, answer });
        }
        Some(acknowledged)
    }
}

fn count_retry(envelope: &mut Value) {
    if let Some(attempt) = envelope.get("retry_attempt").and_then(Value::as_u64) {
        envelope["retry_attempt"] = json!(attempt + 1);
        envelope["retry_reason"] = json!("timeout");
    }
}
