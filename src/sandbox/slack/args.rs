//! The arguments of a call, whichever way they were sent.

use serde_json::{Map, Value};

/// Arguments by name: of a query, a form or a JSON body.
#[derive(Debug, Default)]
pub(super) struct Args(Map<String, Value>);

impl Args {
    /// Reads `a=b&c=d`.
    pub(super) fn form(bytes: &[u8]) -> Self {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes).unwrap_or_default();
        Self(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    }

    /// Reads a JSON object; refuses as Slack does.
    pub(super) fn json(bytes: &[u8]) -> Result<Self, &'static str> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(arguments)) => Ok(Self(arguments)),
            Ok(_) => Err("json_not_object"),
            Err(_) => Err("invalid_json"),
        }
    }

    /// Nothing but a text.
    pub(super) fn text(text: &str) -> Self {
        Self(Map::from_iter([("text".to_owned(), text.into())]))
    }

    /// With the argument of this name set, if it was not.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.entry(name).or_insert_with(|| value.into());
        self
    }

    /// These and, where they say nothing, others.
    pub(super) fn or(mut self, others: Self) -> Self {
        for (name, value) in others.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// A word; numbers and truth values count as the words they are written with in a form.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(word) => Some(word.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// Returns an argument as a flag; none if it is not there.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.word(name).map(|word| word == "true" || word == "1")
    }

    /// Returns an argument as a number; none if it is not there or no number.
    pub(super) fn count(&self, name: &str) -> Option<usize> {
        self.word(name)?.parse().ok()
    }

    /// A list of words, as JSON or separated by commas.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::String(text)) => {
                text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
            }
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// A structure, which may also be sent as the text of its JSON; text that is no JSON is given as text.
    pub(super) fn structure(&self, name: &str) -> Option<Value> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(json) => Some(serde_json::from_str(json).unwrap_or_else(|_| json.as_str().into())),
            value => Some(value.clone()),
        }
    }
}
