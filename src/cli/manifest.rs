//! `manifest`: prints the Slack app manifest and a link that creates the app from it.

use super::failure::Failure;
use super::out;
use crate::config::public_url;
use crate::slack::oauth::SCOPES;
use serde_json::{Value, json};
use std::fmt::Write;
use url::Url;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Public address of the server, such as `https://slack.example.com`
    #[arg(long, value_parser = public_url, required_unless_present = "socket_mode")]
    url: Option<Url>,
    /// Create an app for Socket Mode; --url is only needed if workspaces install the app themselves
    #[arg(long)]
    socket_mode: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let url = arguments.url.as_ref();
    let manifest = if arguments.socket_mode { for_socket_mode(url) } else { url.map_or(Value::Null, manifest) };
    out::print(&format!("{}\n# Create the app: {}", yaml(&manifest), link(&manifest)))
}

/// Returns the manifest for a server at `url`; `docs/install.md` explains every scope and event.
fn manifest(url: &Url) -> Value {
    let base = url.as_str().trim_end_matches('/');
    // Keys are in alphabetical order, as they are printed.
    json!({
        "_metadata": { "major_version": 1, "minor_version": 1 },
        "display_information": {
            "background_color": "#2b3a55",
            "description": "Shows what happens in Segments.ai datasets, in the channels that subscribed to it.",
            "name": "Segments",
        },
        "features": {
            "app_home": { "home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": true },
            "bot_user": { "always_online": true, "display_name": "segments" },
            "shortcuts": [{
                "callback_id": "subscribe",
                "description": "Choose what a channel gets from Segments.ai",
                "name": "Subscribe a channel",
                "type": "global",
            }],
            "slash_commands": [{
                "command": "/segments",
                "description": "Choose which Segments.ai events this channel sees",
                "should_escape": true,
                "url": format!("{base}/slack/commands"),
                "usage_hint": "subscribe owner/dataset [events] | list | unsubscribe #1 | help",
            }],
            "unfurl_domains": ["app.segments.ai", "segments.ai"],
        },
        "oauth_config": { "redirect_urls": [format!("{base}/slack/oauth")], "scopes": { "bot": SCOPES } },
        "settings": {
            "event_subscriptions": {
                "bot_events": [
                    "app_home_opened", "app_uninstalled", "channel_unarchive", "group_unarchive", "link_shared",
                    "member_joined_channel", "tokens_revoked",
                ],
                "request_url": format!("{base}/slack/events"),
            },
            "interactivity": {
                "is_enabled": true,
                "message_menu_options_url": format!("{base}/slack/interactions"),
                "request_url": format!("{base}/slack/interactions"),
            },
            "org_deploy_enabled": false,
            "socket_mode_enabled": false,
            "token_rotation_enabled": false,
        },
    })
}

/// Returns the manifest for a server that connects to Slack, so it has no request URLs.
fn for_socket_mode(url: Option<&Url>) -> Value {
    let mut manifest = manifest(url.unwrap_or(&Url::parse("https://unused.invalid").expect("a constant address")));
    for (place, names) in [
        ("/features/slash_commands/0", &["url"][..]),
        ("/settings/event_subscriptions", &["request_url"]),
        ("/settings/interactivity", &["request_url", "message_menu_options_url"]),
        // The browser of the person who installs the app opens this one.
        ("/oauth_config", if url.is_some() { &[] } else { &["redirect_urls"] }),
    ] {
        let fields = manifest.pointer_mut(place).and_then(Value::as_object_mut).expect("the manifest above has it");
        fields.retain(|name, _| !names.contains(&name.as_str()));
    }
    manifest["settings"]["socket_mode_enabled"] = json!(true);
    manifest
}

/// Returns the address of Slack's page for new apps, with the manifest filled in.
fn link(manifest: &Value) -> String {
    let mut link = Url::parse("https://api.slack.com/apps?new_app=1").expect("a constant address");
    link.query_pairs_mut().append_pair("manifest_json", &manifest.to_string());
    // Forms write a space as a plus, which a query does not decode.
    link.as_str().replace('+', "%20")
}

/// Formats a JSON value without empty lists and objects as YAML; strings are quoted as in JSON, which YAML accepts.
fn yaml(value: &Value) -> String {
    let mut text = String::new();
    write_block(&mut text, value, 0);
    text
}

fn write_block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                text.push_str(&indent);
                text.push_str(key);
                text.push(':');
                write_value(text, field, depth + 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut block = String::new();
                write_block(&mut block, item, depth + 1);
                let _ = write!(text, "{indent}- {}", block.trim_start());
            }
        }
        scalar => {
            let _ = writeln!(text, "{indent}{scalar}");
        }
    }
}

fn write_value(text: &mut String, value: &Value, depth: usize) {
    if value.is_object() || value.is_array() {
        text.push('\n');
        write_block(text, value, depth);
    } else {
        let _ = writeln!(text, " {value}");
    }
}
