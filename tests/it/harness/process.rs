//! The program as its own process against an emulator in this one: started, killed, stopped, looked at from outside.

use super::socket::APP_TOKEN;
use super::{BOT_TOKEN, HANG_GUARD, SIGNING_SECRET, WEBHOOK_SECRET, channel, user, workspace};
use crate::cli::program;
use jiff::Timestamp;
use secrecy::SecretString;
use segments_slack::clock::Clock;
use segments_slack::sandbox::segments::Sender;
use segments_slack::sandbox::slack::{self, ChannelKind, Emulator, Role, Shown};
use segments_slack::store::{self, Backlog, Durability};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::net::TcpListener;

/// An emulator, a folder, and what the server in it has written to its log.
pub(crate) struct Outside {
    pub(crate) slack: Emulator,
    slack_url: String,
    folder: tempfile::TempDir,
}

/// A server process; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) url: String,
    log: Option<JoinHandle<Vec<String>>>,
}

impl Outside {
    /// A workspace with open channels C1, C2 and C3 that ann (U1) is in.
    pub(crate) async fn start(seed: u64) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let slack = Emulator::new(Clock::system(), seed);
        slack.add_workspace(&workspace(), "Outside", BOT_TOKEN);
        slack.add_user(&workspace(), &user("U1"), "ann", Role::Admin, "Europe/Brussels");
        for (id, name) in [("C1", "one"), ("C2", "two"), ("C3", "three")] {
            slack.add_channel(&workspace(), &channel(id), name, ChannelKind::Public, &[user("U1")]);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let slack_url = format!("http://{}", listener.local_addr().unwrap());
        slack.set_base_url(&slack_url);
        let router = slack.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { slack, slack_url, folder: tempfile::tempdir().unwrap() }
    }

    /// A folder for a test's own files; the store is below it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that everything is kept in.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// It as the program is told.
    pub(crate) fn store(&self) -> String {
        format!("sled:{}", self.data().display())
    }

    /// Runs a command of the program on the folder; gives its exit code, what it printed, and what it complained of.
    pub(crate) async fn command(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = program(arguments);
        command.args(["--store", &self.store()]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// A command of the program on the folder, with every setting that it needs.
    pub(crate) fn configured(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command
            .args(["--store", &self.store()])
            .env("SLACK_API_URL", format!("{}/api", self.slack_url))
            .env("SLACK_SIGNING_SECRET", SIGNING_SECRET)
            .env("SLACK_BOT_TOKEN", BOT_TOKEN)
            .env("SEGMENTS_WEBHOOK_SECRET", WEBHOOK_SECRET);
        command
    }

    /// The command that serves the folder.
    pub(crate) fn serve(&self) -> Command {
        let mut serve = self.configured(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        serve.env("LOG_FORMAT", "json").stderr(Stdio::piped());
        serve
    }

    /// Starts a server; it listens when this returns.
    pub(crate) fn boot(&self) -> Running {
        self.begin(self.serve())
    }

    fn begin(&self, mut serve: Command) -> Running {
        let mut child = serve.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (found, address) = mpsc::channel();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            for line in lines {
                let line = line.unwrap();
                if let Some((_, rest)) = line.split_once("listening on ") {
                    let _ = found.send(rest.split('"').next().unwrap().to_owned());
                }
                log.push(line);
            }
            log
        });
        let url = address.recv_timeout(HANG_GUARD).unwrap_or_else(|_| panic!("no server: {:?}", child.try_wait()));
        let base_url = url.clone();
        self.slack.set_app(slack::App { base_url, signing_secret: SecretString::from(SIGNING_SECRET) });
        Running { child, url, log: Some(log) }
    }

    /// Starts a server; Slack has let it in when this returns.
    pub(crate) async fn boot_ready(&self) -> Running {
        ready(self.boot()).await
    }

    /// Starts a server that Slack reaches by Socket Mode only, and that logs all it can; the connection is open when this
    /// returns.
    pub(crate) async fn boot_by_socket(&self) -> Running {
        self.slack.turn_on_socket_mode(APP_TOKEN);
        let mut serve = self.serve();
        serve.env_remove("SLACK_SIGNING_SECRET").env("SLACK_APP_TOKEN", APP_TOKEN).env("RUST_LOG", "trace");
        ready(self.begin(serve)).await
    }

    /// Ann types a command.
    pub(crate) async fn types(&self, text: &str, channel_id: &str) {
        let answer = self.slack.types(&workspace(), &user("U1"), &channel(channel_id), text).await;
        assert!(answer.is_success(), "{answer:?}");
        assert!(answer.body.contains("in_channel"), "{answer:?}");
    }

    /// What everybody in a channel can see that contains a text.
    pub(crate) fn saying(&self, channel_id: &str, text: &str) -> Vec<Shown> {
        let mut messages = self.slack.messages(&workspace(), &channel(channel_id), None);
        messages.retain(|shown| shown.text.contains(text) || shown.blocks.to_string().contains(text));
        messages
    }

    /// Waits until what can be seen in Slack, or what was called there, is as wanted.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let mut changes = self.slack.changes();
        let waited = async {
            while !holds() {
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(HANG_GUARD, waited).await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
    }

    /// What is left in the folder, which no server uses.
    pub(crate) async fn backlog(&self) -> Backlog {
        let store = store::open(&self.store(), Durability::Process).unwrap();
        store.backlog(&workspace()).await.unwrap()
    }
}

impl Running {
    /// A sender to its endpoint.
    pub(crate) fn sender(&self) -> Sender {
        let endpoint = format!("{}/webhooks/segments", self.url).parse().unwrap();
        Sender::new(endpoint, &SecretString::from(WEBHOOK_SECRET)).unwrap()
    }

    /// Sends a webhook about a new sample; it is accepted when this returns.
    pub(crate) async fn sample_created(&self, dataset: &str, name: &str) {
        let sent = self.sender().send(&sample_created(dataset, name), now()).await.unwrap();
        assert_eq!(sent.status.as_u16(), 204);
    }

    /// Ends it without a warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
    }

    /// Asks it to end, and waits until it has; gives how it ended, and its log.
    pub(crate) async fn stop(mut self) -> (ExitStatus, Vec<String>) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let log = self.log.take().expect("a server is stopped once");
        let log = tokio::task::spawn_blocking(move || log.join().unwrap()).await.unwrap();
        (self.child.wait().unwrap(), log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until Slack has let a server in.
async fn ready(server: Running) -> Running {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ready = async {
        // A request takes a write to the disk: this does not spin.
        while !client.get(format!("{}/readyz", server.url)).send().await.unwrap().status().is_success() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(HANG_GUARD, ready).await.expect("the server gets ready");
    server
}

/// A webhook about a sample that was not there before.
pub(crate) fn sample_created(dataset: &str, name: &str) -> serde_json::Value {
    let mut body: serde_json::Value = serde_json::from_str(&super::fixture("sample.created.image")).unwrap();
    body["dataset"] = dataset.into();
    body["object"]["dataset_full_name"] = dataset.into();
    body["object"]["uuid"] = uuid::Uuid::new_v4().to_string().into();
    body["object"]["name"] = name.into();
    body["text"] = format!("Sample {name} created in dataset {dataset}.").into();
    body
}

/// The time that the server sees too.
pub(crate) fn now() -> Timestamp {
    Clock::system().now()
}
