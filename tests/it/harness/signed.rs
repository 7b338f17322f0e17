//! Requests from Slack that are made by hand: sent twice, from elsewhere, badly signed.

use super::{Bench, SIGNING_SECRET};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The v0 signature of a body.
pub(crate) fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:").as_bytes());
    mac.update(body);
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

/// A command as Slack sends it, with a trigger id of the test's own.
pub(crate) fn command(workspace: &str, trigger: &str, text: &str, response_url: &str) -> String {
    let fields = [
        ("team_id", workspace),
        ("channel_id", "C1"),
        ("user_id", "U1"),
        ("command", "/segments"),
        ("text", text),
        ("trigger_id", trigger),
        ("response_url", response_url),
    ];
    serde_urlencoded::to_string(fields).unwrap()
}

/// A click as Slack sends it, by somebody of workspace `home`.
pub(crate) fn click(workspace: &str, home: &str, channel: &str, action_id: &str, value: &str) -> String {
    click_of("U1", [workspace, home, channel], action_id, value)
}

/// The same of somebody else.
pub(crate) fn click_of(person: &str, [workspace, home, channel]: [&str; 3], action_id: &str, value: &str) -> String {
    let payload = serde_json::json!({
        "type": "block_actions",
        "team": {"id": workspace},
        "user": {"id": person, "team_id": home},
        "channel": {"id": channel},
        "trigger_id": "1.by.hand",
        "response_url": "",
        "actions": [{"action_id": action_id, "value": value}],
    });
    serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap()
}

impl Bench {
    /// Sends a body to `/slack/{place}`, signed now; gives the status and the answer.
    pub(crate) async fn slack_sends(&self, place: &str, body: impl Into<Vec<u8>>) -> (u16, String) {
        let (body, now) = (body.into(), self.clock.now().as_second());
        let (timestamp, signature) = (now.to_string(), sign(SIGNING_SECRET, now, &body));
        let headers = [("x-slack-request-timestamp", timestamp.as_str()), ("x-slack-signature", &signature)];
        self.to_slack_door(place, &headers, body).await
    }

    /// Sends a body to `/slack/{place}` with these headers.
    pub(crate) async fn to_slack_door(&self, place: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, String) {
        let mut request = self.http.post(self.url(&format!("/slack/{place}"))).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        self.settle().await;
        (status, text)
    }
}
