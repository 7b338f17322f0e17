//! The names behind the ids of mentions.

use std::collections::HashMap;

/// The names of one workspace, as one of its people sees them.
#[derive(Debug, Default)]
pub(super) struct Names {
    viewer: String,
    users: HashMap<String, String>,
    channels: HashMap<String, String>,
}

impl Names {
    /// Names as `(id, name)`, for the one who looks.
    pub(super) fn new(
        viewer: &str,
        users: impl IntoIterator<Item = (String, String)>,
        channels: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        Self { viewer: viewer.to_owned(), users: users.into_iter().collect(), channels: channels.into_iter().collect() }
    }

    /// The one who looks at the page.
    pub(super) fn viewer(&self) -> &str {
        &self.viewer
    }

    /// The name of a person.
    pub(super) fn user(&self, id: &str) -> Option<&str> {
        self.users.get(id).map(String::as_str)
    }

    /// The name of a channel, without its `#`.
    pub(super) fn channel(&self, id: &str) -> Option<&str> {
        self.channels.get(id).map(String::as_str)
    }
}
