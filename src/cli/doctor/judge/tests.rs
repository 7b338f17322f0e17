//! Every finding of `doctor`, and the report of a healthy installation.

mod local;
mod outside;

use super::super::facts::{
    AddressScope, CheckStatus, ConnectionFailure, FolderFacts, IdleStore, KeyFacts, ProbeResponse, PublicUrlFacts,
    RequestRejection, SettingsFacts, SlackProbeError, StoreFacts,
};
use super::super::report;
use super::*;
use crate::app::operations::health::{HealthReport, InstallationCounts, Readiness, ServerCounts, StoredCounts};
use crate::config::{Config, ConfigSources};
use crate::model::WorkspaceId;
use crate::segments::api::{self as segments, SegmentsError, SegmentsUsername, User};
use crate::slack::look::{Bearer, Look};
use crate::slack::oauth::SCOPES;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn now() -> Timestamp {
    "2026-11-26T09:00:00Z".parse().unwrap()
}

fn hours_ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn kept(id: &str) -> StoredCounts {
    StoredCounts {
        workspace: WorkspaceId::parse(id).unwrap(),
        installed: None,
        refused: None,
        subscriptions: 3,
        paused: 0,
        waiting: 0,
        oldest: None,
        dead: 0,
        sealed: 0,
        older: 0,
        shut: Vec::new(),
    }
}

fn installed(id: &str) -> StoredCounts {
    let scopes = SCOPES.map(str::to_owned).to_vec();
    StoredCounts {
        installed: Some(InstallationCounts { name: "Lab".to_owned(), scopes, ends: None }),
        sealed: 1,
        ..kept(id)
    }
}

fn look() -> Look {
    let text = |text: &str| text.to_owned();
    let bearer = Bearer {
        team_id: text("T1"),
        team: text("Flower Lab"),
        user_id: text("U1"),
        user: text("segments"),
        ..Bearer::default()
    };
    Look { answer: Ok(bearer), scopes: Some(SCOPES.map(str::to_owned).to_vec()), date: Some(now()) }
}

fn refused(code: &str) -> Look {
    Look { answer: Err(code.to_owned()), scopes: None, ..look() }
}

fn replied(status: u16) -> ProbeResponse {
    ProbeResponse { status, ..ProbeResponse::default() }
}

fn ours() -> ProbeResponse {
    ProbeResponse { is_ours: true, ..replied(200) }
}

fn running(kept: Vec<StoredCounts>) -> HealthReport {
    let ok = || "ok".to_owned();
    HealthReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        readiness: Readiness { slack: ok(), store: ok() },
        sent: ServerCounts { commands: 12, interactions: 4, events: 3, forged: 0, webhooks: 80, forged_webhooks: 0 },
        workspaces: kept,
    }
}

fn user(webhooks_enabled: Option<bool>) -> User {
    User { username: SegmentsUsername::parse("jane").unwrap(), is_organization: Some(false), webhooks_enabled }
}

/// An installation where nothing has to be fixed.
fn well() -> Facts {
    Facts {
        now: now(),
        settings: SettingsFacts {
            listen: "127.0.0.1:3000".to_owned(),
            slack_api_url: "https://slack.com/api".to_owned(),
            has_token: true,
            signing_secret: Some(true),
            webhook_secrets: vec![true],
            redirect_url: None,
            backup_keep: 7,
        },
        folder: FolderFacts {
            path: PathBuf::from("/data"),
            is_there: true,
            free: Some(40 << 30),
            since: Some(hours_ago(500)),
            backed_up: Some(hours_ago(7)),
            ..FolderFacts::default()
        },
        store: StoreFacts::Running(Ok(running(vec![kept("T1")]).into())),
        slack: Ok(look()),
        ahead: Some(SignedDuration::ZERO),
        socket: None,
        public: Some(PublicUrlFacts {
            url: "https://slack.example.com".to_owned(),
            scope: AddressScope::Internet,
            health: Ok(ours()),
            events: Some(Ok(ours())),
        }),
        segments: Some(Ok(user(Some(true)))),
    }
}

fn idle(key: KeyFacts, kept: Vec<StoredCounts>) -> StoreFacts {
    StoreFacts::Idle(IdleStore { key, kept, tokens: Vec::new() })
}

fn found(name: &str) -> KeyFacts {
    KeyFacts::Found(name.to_owned())
}

/// The findings of several cases, in the words that people read.
#[derive(Default)]
struct Cases(String);

impl Cases {
    /// Judges an installation with one difference, and adds the findings of one check.
    #[track_caller]
    fn add(&mut self, change: impl FnOnce(&mut Facts), check: &str) {
        let mut facts = well();
        change(&mut facts);
        let findings = judge(&facts);
        let without_remedy =
            findings.iter().find(|finding| finding.status != CheckStatus::Ok && finding.remedy.is_none());
        assert!(without_remedy.is_none(), "a finding without a remedy: {without_remedy:?}");
        let of_check: Vec<_> = findings.iter().filter(|finding| finding.check == check).collect();
        assert!(!of_check.is_empty(), "no finding of {check}: {findings:#?}");
        for Finding { status, found, remedy, .. } in of_check {
            let _ = writeln!(self.0, "{}, {check}: {found}", status.label());
            if let Some(remedy) = remedy {
                let _ = writeln!(self.0, "    -> {remedy}");
            }
        }
    }
}

use CheckStatus::{NotChecked, Ok as Fine};

#[test]
fn a_healthy_installation_has_nothing_to_fix() {
    let findings = judge(&well());
    let odd: Vec<_> = findings.iter().filter(|finding| finding.status != Fine).collect();
    // What cannot be checked is listed.
    assert!(matches!(odd[..], [Finding { check: "manifest", status: NotChecked, .. }]), "{odd:#?}");
    insta::assert_snapshot!("all_well", report(&findings));
}

#[test]
fn an_invalid_configuration_is_listed_whole() {
    let Err(problems) = Config::load(ConfigSources::default()) else { panic!("nothing is set") };
    insta::assert_snapshot!(report(&misconfigured(&problems)));
}

#[test]
fn text_from_outside_is_made_safe_for_the_terminal() {
    let mut facts = well();
    let bearer = Bearer { team: "\u{1b}[2J".to_owned(), ..look().answer.unwrap() };
    facts.slack = Ok(Look { answer: Ok(bearer), ..look() });
    let to = ProbeResponse { location: Some("https://x/\u{1b}]0;\u{202e}".to_owned()), ..replied(302) };
    facts.public.as_mut().unwrap().events = Some(Ok(to));
    let text = report(&judge(&facts));
    assert!(text.contains("·[2J") && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}
