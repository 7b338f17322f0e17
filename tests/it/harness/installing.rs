//! Workspaces that install the app: a second one in Slack, a browser that goes to and fro, and accounts of their own.

use super::{Bench, WEBHOOK_MEMORY, channel, user};
use secrecy::SecretString;
use segments_slack::config::{Config, OauthClient};
use segments_slack::model::{AccountId, WorkspaceId};
use segments_slack::sandbox::slack::{ChannelKind, Role, Shown};
use segments_slack::store::{AccountSetup, NotificationStates};
use segments_slack::vault::{Field, Row};
use std::net::SocketAddr;
use url::Url;

pub(crate) const CLIENT_ID: &str = "123.456";
pub(crate) const CLIENT_SECRET: &str = "bench-client-secret";
/// What the webhooks of the second workspace's account are signed with.
pub(crate) const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
pub(crate) const OTHER_TOKEN: &str = "xoxb-other-token";

pub(crate) fn other() -> WorkspaceId {
    WorkspaceId::parse("T2").unwrap()
}

/// Whom a server serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Serves {
    /// The workspace of a bot token.
    One,
    /// Another workspace, of another bot token.
    Other,
    /// Whoever installs the app.
    Many,
    /// The workspace of a bot token and whoever installs the app.
    OneAndMany,
}

/// A browser with the one cookie that it may get.
#[derive(Default)]
pub(crate) struct Browser {
    pub(crate) cookie: Option<String>,
}

/// A page, and what came with it.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) set_cookie: String,
    pub(crate) location: Option<Url>,
}

impl Browser {
    pub(crate) async fn opens(&mut self, bench: &Bench, url: &str) -> Page {
        let mut request = bench.http.get(url);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", format!("theme=dark; {cookie}"));
        }
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let set_cookie = header("set-cookie").unwrap_or_default();
        let location = header("location").map(|to| to.parse().unwrap());
        let status = response.status().as_u16();
        if !set_cookie.is_empty() {
            let pair = set_cookie.split(';').next().unwrap().to_owned();
            self.cookie = Some(pair).filter(|pair| !pair.ends_with('='));
        }
        let text = response.text().await.unwrap();
        bench.settle().await;
        Page { status, text, set_cookie, location }
    }

    /// Begins an installation; gives Slack's page.
    pub(crate) async fn starts(&mut self, bench: &Bench) -> Url {
        let page = self.opens(bench, &bench.url("/slack/install")).await;
        assert_eq!(page.status, 303, "{}", page.text);
        page.location.unwrap()
    }
}

impl Bench {
    /// The bench with a second workspace T2: #flowers (C21) with the bot in it, eve (U21, an admin). The server serves
    /// whoever installs the app.
    pub(crate) async fn start_serving(serves: Serves) -> Self {
        let mut bench = Self::without_server(WEBHOOK_MEMORY).await;
        bench.serves = serves;
        bench.slack.set_oauth_client(CLIENT_ID, CLIENT_SECRET.to_owned().into());
        bench.slack.add_workspace(&other(), "Flower Lab", OTHER_TOKEN);
        bench.slack.add_user(&other(), &user("U21"), "eve", Role::Admin, "Europe/Brussels");
        bench.slack.add_channel(&other(), &channel("C21"), "flowers", ChannelKind::Public, &[user("U21")]);
        bench.slack.invite_bot(&other(), &channel("C21"), &user("U21")).await;
        bench.boot().await;
        bench.settle().await;
        bench
    }

    /// How a server at an address is configured here.
    pub(super) fn configured(&self, address: SocketAddr) -> Config {
        let mut config = self.config();
        if self.serves == Serves::Other {
            config.bot_token = Some(SecretString::from(OTHER_TOKEN));
            config.webhook_secrets = vec![SecretString::from(OTHER_SECRET)];
        }
        if matches!(self.serves, Serves::Many | Serves::OneAndMany) {
            config.public_url = Some(format!("http://{address}").parse().unwrap());
            let secret = SecretString::from(CLIENT_SECRET);
            config.oauth = Some(OauthClient { id: CLIENT_ID.to_owned(), secret });
        }
        if self.serves == Serves::Many {
            config.bot_token = None;
            config.webhook_secrets = Vec::new();
        }
        config
    }

    /// Lets somebody install the app in a workspace.
    pub(crate) async fn installs(&self, workspace: &WorkspaceId, person: &str) -> Page {
        let mut browser = Browser::default();
        let slack = browser.starts(self).await;
        let back = self.slack.agrees(&slack, workspace, &user(person)).unwrap();
        browser.opens(self, back.as_str()).await
    }

    /// Sets an account of a workspace up, to which a first message came already.
    pub(crate) async fn account(&self, workspace: &WorkspaceId, secret: &str, by: &str) -> AccountId {
        let app = self.app();
        let account = AccountId::parse(format!("account-of-{workspace}")).unwrap();
        let row = Row::of_account(workspace, &account, Field::SigningSecret);
        let setup = AccountSetup {
            name: "flowers".to_owned(),
            signing_secrets: vec![app.vault.seal(row, &SecretString::from(secret))],
            api_key: None,
            created_by: user(by),
            created_at: self.clock.now(),
        };
        app.store.set_up_account(workspace, &account, None, setup, None).await.unwrap();
        app.store
            .replace_notifications(workspace, &account, NotificationStates::NEW, NotificationStates::default())
            .await
            .unwrap();
        account
    }

    /// Gives an account a key.
    pub(crate) async fn give_key(&self, workspace: &WorkspaceId, account: &AccountId, key: &str) {
        let app = self.app();
        let (_, before) = app.store.find_account(account).await.unwrap().unwrap();
        let before = before.setup.unwrap();
        let sealed = app.vault.seal(Row::of_account(workspace, account, Field::ApiKey), &SecretString::from(key));
        let after = AccountSetup { api_key: Some(sealed), ..before.clone() };
        app.store.set_up_account(workspace, account, Some(before), after, None).await.unwrap();
        app.segments.keyed.note(workspace, account, true);
    }

    /// Looks into every file that the server keeps for each of these secrets; gives how many files there are.
    pub(crate) fn assert_not_on_disk(&self, secrets: &[String]) -> usize {
        let (mut folders, mut files) = (vec![self.data()], 0);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                files += 1;
                let bytes = std::fs::read(&path).unwrap();
                for secret in secrets {
                    let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                    assert!(!found, "{secret} is in {}", path.display());
                }
            }
        }
        files
    }

    /// Sends a body to an account, signed with a secret; gives the status.
    pub(crate) async fn webhook_to(&self, account: &AccountId, secret: &str, id: &str, body: &str) -> u16 {
        let url = self.url(&format!("/webhooks/segments/{account}"));
        let response = self.signed_with(secret, url, id, body).send().await.unwrap();
        self.settle().await;
        response.status().as_u16()
    }

    /// Lets somebody type in a channel of any workspace.
    pub(crate) async fn types_in(&self, workspace: &WorkspaceId, person: &str, id: &str, text: &str) {
        let answer = self.slack.types(workspace, &user(person), &channel(id), text).await;
        assert!(answer.is_success(), "{answer:?}");
        self.settle().await;
    }

    /// Takes every message that a channel of any workspace has got since it was last looked at.
    pub(crate) fn read_in(&self, workspace: &WorkspaceId, id: &str) -> Vec<Shown> {
        self.slack.take_unread(workspace, &channel(id))
    }
}
