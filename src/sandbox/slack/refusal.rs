//! The answers to refused calls.

use serde_json::{Map, Value, json};

/// The reason for which a call is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    /// Slack's code.
    pub(super) code: String,
    /// Seconds to wait, if that is the reason.
    pub(super) retry_after: Option<u64>,
    /// The fields beside the code.
    detail: Map<String, Value>,
}

impl From<&str> for Refusal {
    fn from(code: &str) -> Self {
        Self { code: code.to_owned(), retry_after: None, detail: Map::new() }
    }
}

impl Refusal {
    /// A refusal with the problems that were found.
    pub(super) fn because(code: &str, problems: &[String]) -> Self {
        let bare = |problem: &String| problem.trim_start_matches("[ERROR] ").to_owned();
        let mut refusal = Self::from(code);
        refusal.detail.insert("errors".to_owned(), problems.iter().map(bare).collect());
        refusal.detail.insert("response_metadata".to_owned(), json!({"messages": problems}));
        refusal
    }

    /// A refusal for want of an argument.
    pub(super) fn missing(argument: &str) -> Self {
        let message = format!("[ERROR] missing required field: {argument}");
        let mut refusal = Self::from("invalid_arguments");
        refusal.detail.insert("response_metadata".to_owned(), json!({"messages": [message]}));
        refusal
    }

    /// A refusal for want of a scope.
    pub(super) fn without_scope(scope: &str) -> Self {
        let mut refusal = Self::from("missing_scope");
        refusal.detail.insert("needed".to_owned(), scope.into());
        refusal.detail.insert("provided".to_owned(), "".into());
        refusal
    }

    /// A refusal until some seconds have passed.
    pub(super) fn limited(retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::from("ratelimited") }
    }

    /// The body of the answer.
    pub(super) fn into_body(self) -> Value {
        let mut body = self.detail;
        body.insert("ok".to_owned(), false.into());
        body.insert("error".to_owned(), self.code.into());
        Value::Object(body)
    }
}
