//! The Slack app manifest: the file at the top level, the command's output and Slack's own schema agree.

use crate::cli::program;
use boon::{Compiler, Schemas};
use serde_json::{Value, json};
use std::fs;
use url::Url;

const PLACEHOLDER: &str = "https://segments-slack.example.com";

/// The YAML text and, from the link after it, the same manifest as JSON.
fn manifest(url: &str) -> (String, Value) {
    printed(&["--url", url])
}

fn printed(arguments: &[&str]) -> (String, Value) {
    let output = program(&[&["manifest"], arguments].concat()).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let (yaml, link) = text.split_once("\n# Create the app: ").unwrap();
    let link: Url = link.trim().parse().unwrap();
    assert_eq!(link.host_str(), Some("api.slack.com"));
    let (_, json) = link.query_pairs().find(|(name, _)| name == "manifest_json").unwrap();
    (yaml.to_owned(), serde_json::from_str(&json).unwrap())
}

fn is_valid(manifest: &Value, schema: &str) -> Result<(), String> {
    let path = format!("{}/tests/fixtures/slack-manifest-schema/{schema}", env!("CARGO_MANIFEST_DIR"));
    // Two patterns, for domains, look ahead so that none begins with a dot or a hyphen, which the validator cannot.
    let schema = fs::read_to_string(path).unwrap().replace(r"(?![\\.\\-])", "");
    let schema = serde_json::from_str(&schema).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("manifest.json", schema).unwrap();
    let schema = compiler.compile("manifest.json", &mut schemas).unwrap();
    schemas.validate(manifest, schema).map_err(|error| error.to_string())
}

#[test]
fn the_committed_manifest_is_what_the_command_prints() {
    let file = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/manifest.yml")).unwrap();
    assert_eq!(file, manifest(PLACEHOLDER).0, "write it again: cargo run -- manifest --url {PLACEHOLDER}");
}

#[test]
fn slack_accepts_the_manifest_by_its_own_schema() {
    let (_, manifest) = manifest(PLACEHOLDER);
    for schema in ["manifest.schema.1.0.0.json", "manifest.schema.2.0.0.json"] {
        assert_eq!(is_valid(&manifest, schema), Ok(()), "{schema}");
    }
}

#[test]
fn the_socket_mode_manifest_has_no_request_addresses() {
    let (yaml, manifest) = printed(&["--socket-mode"]);
    assert!(!yaml.contains("http") && yaml.contains("  socket_mode_enabled: true"), "{yaml}");
    let (with_url, _) = printed(&["--socket-mode", "--url", PLACEHOLDER]);
    let addresses: Vec<&str> = with_url.split('"').filter(|text| text.starts_with("http")).collect();
    assert_eq!(addresses, [format!("{PLACEHOLDER}/slack/oauth")]);
    for schema in ["manifest.schema.1.0.0.json", "manifest.schema.2.0.0.json"] {
        assert_eq!(is_valid(&manifest, schema), Ok(()), "{schema}");
    }
}

#[test]
fn without_an_address_there_is_no_manifest_for_requests() {
    assert_eq!(program(&["manifest"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn the_schema_refuses_what_slack_refuses() {
    let (_, mut manifest) = manifest(PLACEHOLDER);
    manifest["features"]["slash_commands"][0]["command"] = json!("segments");
    assert!(is_valid(&manifest, "manifest.schema.1.0.0.json").is_err());
}

#[test]
fn every_address_in_the_manifest_is_below_the_one_given() {
    let (yaml, _) = manifest("https://slack.example.com/below/");
    let addresses: Vec<&str> = yaml.split('"').filter(|text| text.starts_with("http")).collect();
    assert_eq!(
        addresses,
        [
            "https://slack.example.com/below/slack/commands",
            "https://slack.example.com/below/slack/oauth",
            "https://slack.example.com/below/slack/events",
            "https://slack.example.com/below/slack/interactions",
            "https://slack.example.com/below/slack/interactions",
        ]
    );
}

#[test]
fn every_scope_and_event_is_explained_in_the_page_on_installing() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/install.md")).unwrap();
    let (_, manifest) = manifest(PLACEHOLDER);
    let scopes = manifest["oauth_config"]["scopes"]["bot"].as_array().unwrap();
    let events = manifest["settings"]["event_subscriptions"]["bot_events"].as_array().unwrap();
    for name in scopes.iter().chain(events).map(|name| name.as_str().unwrap()) {
        assert!(page.contains(&format!("`{name}`")), "`{name}` has no reason in docs/install.md");
    }
}
