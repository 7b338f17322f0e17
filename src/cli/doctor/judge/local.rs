//! Findings about this machine: the data folder, the disk, the store, its key, its backups and its deliveries.

use super::super::facts::{Facts, Finding, FolderFacts, IdleStore, KeyFacts, StoreFacts};
use super::{STORE_NOT_INSPECTED, count, some};
use crate::app::operations::health::StoredCounts;
use jiff::{SignedDuration, Timestamp};

/// Free space below which the store may fail soon.
const DISK_FAILS_BELOW_BYTES: u64 = 64 << 20;
/// Free space below which a backup may fail.
const DISK_WARNS_BELOW_BYTES: u64 = 1 << 30;
/// Age from which the newest daily backup is too old.
const BACKUP_LATE_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// Age from which a waiting delivery is reported.
const DELIVERY_STUCK_AFTER: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn folder(folder: &FolderFacts) -> Vec<Finding> {
    let path = folder.path.display();
    if let Some(why) = &folder.shut {
        let found = format!("cannot write to `{path}`: {why}");
        let remedy = "run this command as the user of the server; change the owner of the folder (`chown -R`), or choose \
                      another folder with --store";
        return vec![Finding::failed("data folder", found, remedy)];
    }
    if !folder.is_there {
        return vec![Finding::ok(
            "data folder",
            format!("`{path}` does not exist yet; the server creates it at its first start"),
        )];
    }
    let exposed: Vec<Finding> = folder
        .open
        .iter()
        .map(|(path, mode)| {
            let is_folder = *path == folder.path || path.ends_with("backups");
            let (path, mode_wanted) = (path.display(), if is_folder { 700 } else { 600 });
            let found = format!("other users of this machine can access `{path}` (mode {:03o})", mode & 0o777);
            let remedy = format!("chmod {mode_wanted} {path}");
            if is_folder && mode & 0o022 == 0 {
                Finding::warning("data folder", found, remedy)
            } else {
                Finding::failed("data folder", found, remedy)
            }
        })
        .collect();
    if exposed.is_empty() {
        return vec![Finding::ok("data folder", format!("only the owner can access `{path}`"))];
    }
    exposed
}

pub(super) fn disk(folder: &FolderFacts) -> Option<Finding> {
    let free = folder.free?;
    let found = format!("the disk of `{}` has {} MiB free", folder.path.display(), free >> 20);
    let remedy =
        "free some space: move old files out of the folder `backups`, or keep fewer backups with --backup-keep";
    Some(match free {
        ..DISK_FAILS_BELOW_BYTES => Finding::failed("disk", found, remedy),
        DISK_FAILS_BELOW_BYTES..DISK_WARNS_BELOW_BYTES => Finding::warning("disk", found, remedy),
        DISK_WARNS_BELOW_BYTES.. => Finding::ok("disk", found),
    })
}

pub(super) fn store(facts: &Facts) -> Vec<Finding> {
    let path = facts.folder.path.display();
    let found = match &facts.store {
        StoreFacts::None => {
            Finding::ok("store", format!("`{path}` has no store yet; the server creates it at its first start"))
        }
        StoreFacts::Idle(idle) => {
            let kept = &idle.kept;
            let subscriptions: usize = kept.iter().map(|kept| kept.subscriptions).sum();
            let held = format!("{} in {}", count(subscriptions, "subscription"), count(kept.len(), "workspace"));
            Finding::ok("store", format!("can be opened and is not in use: {held}"))
        }
        StoreFacts::Running(Ok(checkup)) => {
            let found = format!("in use by a server with version {}", checkup.version);
            if checkup.readiness.store == "ok" {
                return [Finding::ok("store", found)].into_iter().chain(versions(&checkup.version)).collect();
            }
            let found = format!("{found}, which cannot write to it: {}", checkup.readiness.store);
            Finding::failed("store", found, "check the disk and the log of the server, then restart the server")
        }
        StoreFacts::Running(Err(why)) => Finding::failed(
            "store",
            format!("in use by a server that does not respond at its admin address: {why}"),
            "check that the server is running and read its log; restart it",
        ),
        StoreFacts::InUse => Finding::unchecked(
            "store",
            format!("`{path}` is in use by another process whose admin address is unknown"),
            "run the server with --admin-listen, or stop the process; then run `segments-slack doctor` again",
        ),
        StoreFacts::OfAnotherUser { owner, own } => Finding::unchecked(
            "store",
            format!(
                "`{path}` belongs to user ID {owner}, but this command runs as user ID {own}, so it did not open the store"
            ),
            format!("run this command as the user of the server: `sudo -u '#{owner}' segments-slack doctor`"),
        ),
        StoreFacts::NotOpened(why) => {
            let (found, remedy) =
                why.split_once("; ").unwrap_or((why, "see \"A store that does not open\" in docs/operating.md"));
            Finding::failed("store", found, remedy)
        }
        StoreFacts::TimedOut => Finding::warning(
            "store",
            format!("opening `{path}` took too long"),
            "it may be recovering from a crash, which takes longer for a large store; try again in a minute",
        ),
    };
    vec![found]
}

/// Warns when the running server has another version than this program.
fn versions(running: &str) -> Option<Finding> {
    let own = env!("CARGO_PKG_VERSION");
    (running != own).then(|| {
        let found = format!("the running server has version {running}, but this program has version {own}");
        Finding::warning("version", found, "restart the server with the version that you want")
    })
}

pub(super) fn key(facts: &Facts) -> Finding {
    let lost = "restore the key as the file `key` in the data folder, or add it after the first key in \
                SEGMENTS_SLACK_KEY (--key-file); if it is lost, reinstall the app in each workspace";
    let (name, kept) = match &facts.store {
        StoreFacts::Idle(IdleStore { key: KeyFacts::Unusable(why), .. }) => {
            let (found, remedy) = why.split_once(": ").unwrap_or((why, lost));
            return Finding::failed("sealing key", found, remedy);
        }
        StoreFacts::Idle(IdleStore { key: KeyFacts::None, .. }) | StoreFacts::None => {
            return Finding::ok("sealing key", "no secret is sealed yet; the server creates a key at its first start");
        }
        StoreFacts::Idle(IdleStore { key: KeyFacts::Found(name), kept, .. }) => (format!(" {name}"), kept),
        StoreFacts::Running(Ok(checkup)) => (String::new(), &checkup.workspaces),
        _ => return Finding::unchecked("sealing key", STORE_NOT_INSPECTED, "fix that first"),
    };
    let shut: Vec<String> = kept.iter().flat_map(|kept| kept.shut.clone()).collect();
    if !shut.is_empty() {
        return Finding::failed("sealing key", some(&shut), lost);
    }
    let sum = |number: fn(&StoredCounts) -> usize| kept.iter().map(number).sum::<usize>();
    let (sealed, older) = (sum(|kept| kept.sealed), sum(|kept| kept.older));
    let opens = format!("the key{name} decrypts all {sealed} sealed secrets");
    match (sealed, older) {
        (0, _) => Finding::ok("sealing key", format!("the key{name} exists; no secret is sealed yet")),
        (_, 0) => Finding::ok("sealing key", opens),
        _ => Finding::warning(
            "sealing key",
            format!("{opens}, but {older} of them use an older key"),
            "stop the server and run `segments-slack rekey` before you remove the older key",
        ),
    }
}

pub(super) fn backups(facts: &Facts) -> Finding {
    let folder = &facts.folder;
    let make = "run `segments-slack backup FILE` to make one now; if a daily backup failed, the log of the server says why (`could not \
                make the daily backup`)";
    if facts.settings.backup_keep == 0 {
        let found = "daily backups are turned off";
        return Finding::warning(
            "backups",
            found,
            "turn them on with --backup-keep, or make your own with `segments-slack backup FILE`",
        );
    }
    let age = |at: Timestamp| facts.now.duration_since(at);
    match (folder.backed_up, folder.since) {
        (Some(at), _) if age(at) < BACKUP_LATE_AFTER => {
            Finding::ok("backups", format!("the newest is {} old; keep copies on another disk", format_age(age(at))))
        }
        (Some(at), _) => {
            let found = format!("the newest is {} old, but a running server makes one every day", format_age(age(at)));
            Finding::warning("backups", found, make)
        }
        (None, Some(since)) if age(since) >= BACKUP_LATE_AFTER => {
            let found = format!("there is no backup, but the store is {} old", format_age(age(since)));
            Finding::warning("backups", found, make)
        }
        (None, _) => Finding::ok("backups", "no backup yet; the server makes the first one a day after its start"),
    }
}

/// Formats a duration in days, hours or minutes.
pub(super) fn format_age(length: SignedDuration) -> String {
    let hours = length.as_hours();
    match hours {
        48.. => format!("{} days", hours / 24),
        1.. => count(hours, "hour"),
        _ => count(length.as_mins().max(0), "minute"),
    }
}

pub(super) fn deliveries(facts: &Facts) -> Vec<Finding> {
    let Some(kept) = facts.workspaces() else {
        let found = if matches!(facts.store, StoreFacts::None) { return Vec::new() } else { STORE_NOT_INSPECTED };
        return vec![Finding::unchecked("deliveries", found, "fix that first")];
    };
    let dead: u64 = kept.iter().map(|kept| kept.dead).sum();
    let paused: usize = kept.iter().map(|kept| kept.paused).sum();
    let waiting: u64 = kept.iter().map(|kept| kept.waiting).sum();
    let oldest = kept.iter().filter_map(|kept| kept.oldest).min().map(|at| facts.now.duration_since(at));
    let mut findings = Vec::new();
    if let Some(age) = oldest.filter(|age| *age >= DELIVERY_STUCK_AFTER) {
        let found = format!("{waiting} waiting, the oldest for {}", format_age(age));
        let remedy = if facts.is_running() {
            "see the findings about Slack, and run `/segments status` in Slack; paused channels keep their messages"
        } else {
            "start the server with `segments-slack serve`"
        };
        findings.push(Finding::warning("deliveries", found, remedy));
    }
    if paused > 0 {
        let found = format!(
            "Slack rejects the channels of {}, which {} paused",
            count(paused, "subscription"),
            if paused == 1 { "is" } else { "are" }
        );
        let remedy = "run `/segments list` in the channel to see why; invite the bot again, or unarchive the channel";
        findings.push(Finding::warning("deliveries", found, remedy));
    }
    if dead > 0 {
        let found = format!(
            "{} permanently",
            if dead == 1 { "1 delivery failed".to_owned() } else { format!("{dead} deliveries failed") }
        );
        let remedy = "run `segments-slack dead-letters list` to see why, and `dead-letters retry` to send them again";
        findings.push(Finding::warning("deliveries", found, remedy));
    }
    if findings.is_empty() {
        let waiting = if waiting == 0 { "none waiting".to_owned() } else { format!("{waiting} waiting") };
        findings.push(Finding::ok("deliveries", format!("{waiting}, none failed, no channel is paused")));
    }
    findings
}
