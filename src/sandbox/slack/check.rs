//! Finding what is wrong with a structure, and where.

use serde_json::{Map, Value};
use std::collections::HashSet;

/// Which texts may stand in a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `plain_text` only.
    Plain,
    /// `plain_text` or `mrkdwn`.
    Any,
}

/// The problems found in a structure.
#[derive(Default)]
pub(super) struct Check {
    /// Problems, each with a JSON pointer, as Slack lists them.
    pub(super) problems: Vec<String>,
    /// Characters of all texts.
    pub(super) characters: usize,
    /// Block and action ids that were met.
    ids: HashSet<(&'static str, String)>,
}

impl Check {
    pub(super) fn problem(&mut self, what: impl AsRef<str>, at: &str) {
        // A message has at most some thousand elements; whoever sends more learns enough from the first hundred.
        if self.problems.len() < 100 {
            self.problems.push(format!("[ERROR] {} [json-pointer:{at}]", what.as_ref()));
        }
    }

    /// An object with its required and no other than its allowed fields.
    pub(super) fn object<'a>(
        &mut self,
        value: &'a Value,
        at: &str,
        required: &[&str],
        optional: &[&str],
    ) -> Option<&'a Map<String, Value>> {
        let Some(map) = value.as_object() else {
            self.problem("must provide an object", at);
            return None;
        };
        for name in required.iter().filter(|name| !map.contains_key(**name)) {
            self.problem(format!("missing required field: {name}"), at);
        }
        let known = |name: &str| required.contains(&name) || optional.contains(&name) || name == "type";
        for name in map.keys().filter(|name| !known(name)) {
            self.problem(format!("invalid additional property: {}", name.chars().take(50).collect::<String>()), at);
        }
        Some(map)
    }

    /// A string of 1 to `longest` characters, if it is there.
    pub(super) fn string(&mut self, map: &Map<String, Value>, name: &str, at: &str, longest: usize) {
        let at = format!("{at}/{name}");
        match map.get(name) {
            None => {}
            Some(Value::String(text)) => self.length(text, &at, longest),
            Some(_) => self.problem("must provide a string", &at),
        }
    }

    fn length(&mut self, text: &str, at: &str, longest: usize) {
        if text.is_empty() {
            self.problem("must be more than 0 characters", at);
        } else if text.chars().count() > longest {
            self.problem(format!("must be less than {} characters", longest + 1), at);
        }
    }

    /// A URL of the web of at most 3,000 characters, if it is there.
    pub(super) fn url(&mut self, map: &Map<String, Value>, name: &str, at: &str) {
        self.string(map, name, at, 3_000);
        let Some(text) = map.get(name).and_then(Value::as_str) else { return };
        let web = |url: &url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if !text.is_empty() && !url::Url::parse(text).is_ok_and(|url| web(&url)) {
            self.problem("invalid url", &format!("{at}/{name}"));
        }
    }

    /// An identifier of at most 255 characters that nothing else in the message has, if it is there.
    pub(super) fn unique(&mut self, map: &Map<String, Value>, name: &'static str, at: &str) {
        self.string(map, name, at, 255);
        let Some(id) = map.get(name).and_then(Value::as_str) else { return };
        if !self.ids.insert((name, id.to_owned())) {
            self.problem(format!("`{name}` must be unique"), &format!("{at}/{name}"));
        }
    }

    pub(super) fn boolean(&mut self, map: &Map<String, Value>, names: &[&str], at: &str) {
        for name in names {
            if map.get(*name).is_some_and(|value| !value.is_boolean()) {
                self.problem("must provide a boolean", &format!("{at}/{name}"));
            }
        }
    }

    /// A text object, if it is there.
    pub(super) fn text(&mut self, map: &Map<String, Value>, name: &str, at: &str, kind: Kind, longest: usize) {
        if let Some(value) = map.get(name) {
            self.text_object(value, &format!("{at}/{name}"), kind, longest);
        }
    }

    pub(super) fn text_object(&mut self, value: &Value, at: &str, kind: Kind, longest: usize) {
        let own = match value.get("type").and_then(Value::as_str) {
            Some("plain_text") => "emoji",
            Some("mrkdwn") if kind == Kind::Any => "verbatim",
            Some("mrkdwn") => return self.problem("must be of type plain_text", &format!("{at}/type")),
            _ => return self.problem("unsupported or missing type of text", at),
        };
        let Some(map) = self.object(value, at, &["text"], &[own]) else { return };
        self.boolean(map, &[own], at);
        self.string(map, "text", at, longest);
        self.characters += map.get("text").and_then(Value::as_str).map_or(0, |text| text.chars().count());
    }

    /// A list of so many things, if it is there.
    pub(super) fn list<'a>(
        &mut self,
        map: &'a Map<String, Value>,
        name: &str,
        at: &str,
        most: usize,
    ) -> impl Iterator<Item = (String, &'a Value)> + use<'a> {
        let at = format!("{at}/{name}");
        let items = match map.get(name) {
            None => &[],
            Some(Value::Array(items)) => {
                if items.is_empty() {
                    self.problem("must be more than 0 items", &at);
                } else if items.len() > most {
                    self.problem(format!("no more than {most} items allowed"), &at);
                }
                items.as_slice()
            }
            Some(_) => {
                self.problem("must provide an array", &at);
                &[]
            }
        };
        items.iter().take(most).enumerate().map(move |(place, item)| (format!("{at}/{place}"), item))
    }
}
