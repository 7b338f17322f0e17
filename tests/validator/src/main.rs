//! Reads every file of a folder and says which messages and views in it Slack would refuse, as `slackblocks` knows the rules.

use serde_json::Value;
use slackblocks::{HomeTabView, ModalView, WebhookMessage};
use std::path::Path;
use std::process::ExitCode;

/// What is wrong with a message or a view, if anything is.
fn wrong(surface: &Value) -> Option<String> {
    let read = |error: serde_json::Error| error.to_string();
    let refused = match surface["type"].as_str() {
        Some("modal") => serde_json::from_value::<ModalView>(surface.clone()).err().map(read),
        Some("home") => serde_json::from_value::<HomeTabView>(surface.clone()).err().map(read),
        Some(other) => Some(format!("`{other}` is no surface")),
        None => serde_json::from_value::<WebhookMessage>(surface.clone()).err().map(read),
    };
    refused.or_else(|| twice(surface)).or_else(|| empty(surface))
}

/// An `action_id` that stands twice in one surface.
fn twice(surface: &Value) -> Option<String> {
    fn gather<'a>(value: &'a Value, ids: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                ids.extend(fields.get("action_id").and_then(Value::as_str));
                fields.values().for_each(|value| gather(value, ids));
            }
            Value::Array(values) => values.iter().for_each(|value| gather(value, ids)),
            _ => {}
        }
    }
    let mut ids = Vec::new();
    gather(surface, &mut ids);
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(format!("the action id `{}` stands there twice", twice[0]))
}

/// A row without anything in it, which `slackblocks` lets pass.
fn empty(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => {
            let row = fields.get("elements").and_then(Value::as_array);
            let found = row.is_some_and(Vec::is_empty).then(|| format!("an empty row: {value}"));
            found.or_else(|| fields.values().find_map(empty))
        }
        Value::Array(values) => values.iter().find_map(empty),
        _ => None,
    }
}

/// How many messages and views a file has, and what is wrong with them.
fn look(path: &Path) -> Result<(usize, Vec<String>), String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    let surfaces: Vec<Value> = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let complaints =
        surfaces.iter().enumerate().filter_map(|(place, surface)| Some(format!("{place}: {}", wrong(surface)?)));
    Ok((surfaces.len(), complaints.collect()))
}

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/rendered".to_owned());
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => {
            eprintln!("could not read `{folder}`: {error}; run the tests first");
            return ExitCode::FAILURE;
        }
    };
    let (mut seen, mut broken) = (0, 0);
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        match look(&path) {
            Ok((count, complaints)) => {
                seen += count;
                broken += complaints.len();
                complaints.iter().for_each(|complaint| eprintln!("{}: {complaint}", path.display()));
            }
            Err(error) => {
                broken += 1;
                eprintln!("{}: {error}", path.display());
            }
        }
    }
    println!("{seen} messages and views, {broken} that Slack would refuse");
    if broken == 0 && seen > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn section(text: &str) -> Value {
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
    }

    fn menu(options: usize, value: &str) -> Value {
        let option = json!({ "text": { "type": "plain_text", "text": "Mute" }, "value": value });
        let menu = json!({ "type": "overflow", "action_id": "more", "options": vec![option; options] });
        json!({ "type": "actions", "elements": [menu] })
    }

    fn message(blocks: Value) -> Value {
        json!({ "text": "news", "blocks": blocks })
    }

    #[test]
    fn what_slack_takes_is_taken() {
        let inside = json!([{ "color": "#e01e5a", "fallback": "news", "blocks": [section("x"), menu(2, "why")] }]);
        for good in [
            json!({ "text": "news" }),
            message(json!([section(&"x".repeat(3_000)), menu(5, &"x".repeat(150))])),
            json!({ "text": "news", "blocks": [section("title")], "attachments": inside }),
            json!({ "type": "home", "blocks": [section("x")] }),
        ] {
            assert_eq!(wrong(&good), None, "{good}");
        }
    }

    #[test]
    fn what_slack_refuses_is_refused() {
        let title = json!({ "type": "plain_text", "text": "x".repeat(25) });
        for bad in [
            message(json!([section("")])),
            message(json!([section(&"x".repeat(3_001))])),
            message(json!(vec![section("x"); 51])),
            message(json!([menu(6, "why")])),
            message(json!([menu(2, &"x".repeat(151))])),
            message(json!([{ "type": "header", "text": { "type": "plain_text", "text": "x".repeat(151) } }])),
            message(json!([{ "type": "actions", "elements": [] }])),
            message(json!([{ "type": "context", "elements": [] }])),
            message(json!([{ "type": "image", "image_url": "https://a.b/c.png" }])),
            message(json!([menu(2, "why"), menu(2, "why")])),
            json!({ "text": "news", "attachments": [{ "color": "#e01e5a", "blocks": [section(&"x".repeat(3_001))] }] }),
            json!({ "type": "modal", "title": title, "blocks": [section("x")] }),
            json!({ "type": "home", "blocks": vec![section("x"); 101] }),
            json!({ "type": "page", "blocks": [] }),
        ] {
            assert!(wrong(&bad).is_some(), "{bad}");
        }
    }
}
