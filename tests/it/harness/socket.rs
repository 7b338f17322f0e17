//! A bench that Slack reaches by Socket Mode.

use super::{Bench, WEBHOOK_MEMORY, seconds, workspace};

pub(crate) const APP_TOKEN: &str = "xapp-1-A0SEGMENTS-bench-token";

/// Lets every bench speak with Slack by Socket Mode, for the tests that are not about HTTP.
const BY_SOCKET: &str = "SEGMENTS_SLACK_TEST_SOCKET";

/// How Slack reaches a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// By requests.
    Http,
    /// By Socket Mode, and the server takes no requests.
    Socket,
    /// By Socket Mode; the server takes requests too.
    Both,
}

impl Door {
    /// Requests, unless the environment asks for Socket Mode.
    pub(super) fn wanted() -> Self {
        if std::env::var_os(BY_SOCKET).is_some() { Self::Both } else { Self::Http }
    }
}

impl Bench {
    /// A bench whose server Slack reaches by Socket Mode only, over a connection that has held for a minute.
    pub(crate) async fn start_by_socket() -> Self {
        let mut bench = Self::without_server(WEBHOOK_MEMORY).await;
        bench.door = Door::Socket;
        bench.boot_again().await;
        bench.after(seconds(60)).await;
        bench
    }

    /// How often a connection was asked for.
    pub(crate) fn openings(&self) -> usize {
        self.slack.calls().iter().filter(|call| call.method == "apps.connections.open").count()
    }

    /// What `/readyz` says.
    pub(crate) async fn ready(&self) -> (u16, String) {
        let response = self.http.get(self.url("/readyz")).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Lets things happen that need no time until so many connections are open.
    pub(crate) async fn until_connections(&self, count: usize) {
        while self.slack.connections() != count {
            tokio::task::yield_now().await;
        }
        self.settle().await;
    }

    /// Asks for the list, which has to come.
    pub(crate) async fn lists(&self) -> String {
        let answer = self.user("U1").types("/segments list").in_channel("C1").await;
        assert!(answer.is_success(), "{answer:?}");
        self.read("C1").text
    }

    pub(crate) async fn subscriptions(&self) -> usize {
        self.app().store.subscriptions(&workspace()).await.unwrap().len()
    }

    /// Waits until no connection is open, and lets so many seconds pass.
    pub(crate) async fn passes_when_down(&self, length: u64) {
        while self.slack.connections() > 0 {
            tokio::task::yield_now().await;
        }
        self.after(seconds(length)).await;
    }
}
