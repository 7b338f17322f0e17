//! What is on this machine: the data folder, the store, its key, its backups, and what waits in it.

use super::super::facts::{Facts, Finding, FolderFacts, IdleStore, KeyFacts, StoreFacts};
use super::{STORE_NOT_INSPECTED, count, some};
use crate::app::operations::health::Kept;
use jiff::{SignedDuration, Timestamp};

/// With less than this the store soon fails …
const DISK_FAILS_BELOW_BYTES: u64 = 64 << 20;
/// … and with less than this a backup may.
const DISK_WARNS_BELOW_BYTES: u64 = 1 << 30;
/// A daily backup is late after so long.
const BACKUP_LATE_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// What waits longer than this waits for something.
const DELIVERY_STUCK_AFTER: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn folder(folder: &FolderFacts) -> Vec<Finding> {
    let path = folder.path.display();
    if let Some(why) = &folder.shut {
        let found = format!("nothing can be written in `{path}`: {why}");
        let remedy = "run this as the user that runs the server; give the folder to that user (`chown -R`), or name \
                      another with --store";
        return vec![Finding::failed("data folder", found, remedy)];
    }
    if !folder.is_there {
        return vec![Finding::ok("data folder", format!("`{path}` is not there yet: the first start makes it"))];
    }
    let exposed: Vec<Finding> = folder
        .open
        .iter()
        .map(|(path, mode)| {
            let is_folder = *path == folder.path || path.ends_with("backups");
            let (path, mend) = (path.display(), if is_folder { 700 } else { 600 });
            let found = format!("others on this machine can get at `{path}` (mode {:03o})", mode & 0o777);
            let remedy = format!("chmod {mend} {path}");
            if is_folder && mode & 0o022 == 0 {
                Finding::warning("data folder", found, remedy)
            } else {
                Finding::failed("data folder", found, remedy)
            }
        })
        .collect();
    if exposed.is_empty() {
        return vec![Finding::ok("data folder", format!("`{path}` is for its owner only"))];
    }
    exposed
}

pub(super) fn disk(folder: &FolderFacts) -> Option<Finding> {
    let free = folder.free?;
    let found = format!("{} MiB are free on the disk of `{}`", free >> 20, folder.path.display());
    let remedy = "make room; old backups in the folder `backups` may go elsewhere, or keep fewer with --backup-keep";
    Some(match free {
        ..DISK_FAILS_BELOW_BYTES => Finding::failed("disk", found, remedy),
        DISK_FAILS_BELOW_BYTES..DISK_WARNS_BELOW_BYTES => Finding::warning("disk", found, remedy),
        DISK_WARNS_BELOW_BYTES.. => Finding::ok("disk", found),
    })
}

pub(super) fn store(facts: &Facts) -> Vec<Finding> {
    let path = facts.folder.path.display();
    let found = match &facts.store {
        StoreFacts::None => Finding::ok("store", format!("there is none in `{path}` yet: the first start makes it")),
        StoreFacts::Idle(idle) => {
            let kept = &idle.kept;
            let subscriptions: usize = kept.iter().map(|kept| kept.subscriptions).sum();
            let held = format!("{} in {}", count(subscriptions, "subscription"), count(kept.len(), "workspace"));
            Finding::ok("store", format!("opens, and no server uses it: {held}"))
        }
        StoreFacts::Running(Ok(checkup)) => {
            let found = format!("a server of version {} uses it", checkup.version);
            if checkup.readiness.store == "ok" {
                return [Finding::ok("store", found)].into_iter().chain(versions(&checkup.version)).collect();
            }
            let found = format!("{found} and cannot write: {}", checkup.readiness.store);
            Finding::failed("store", found, "look at the disk and at the server's log, then start the server again")
        }
        StoreFacts::Running(Err(why)) => Finding::failed(
            "store",
            format!("a server uses it, and did not answer at its admin address: {why}"),
            "look whether the server still runs and what its log says; start it again",
        ),
        StoreFacts::Taken => Finding::unchecked(
            "store",
            format!("another process has `{path}` open, and has left no word how to ask it"),
            "run the server with --admin-listen, or stop it, and run `segments-slack doctor` again",
        ),
        StoreFacts::Alien { owner, own } => Finding::unchecked(
            "store",
            format!("`{path}` belongs to user id {owner}, and this runs as user id {own}: it was let alone"),
            format!("run this as the user that runs the server: `sudo -u '#{owner}' segments-slack doctor`"),
        ),
        StoreFacts::Shut(why) => {
            let (found, remedy) =
                why.split_once("; ").unwrap_or((why, "see \"A store that does not open\" in docs/operating.md"));
            Finding::failed("store", found, remedy)
        }
        StoreFacts::Slow => Finding::warning(
            "store",
            format!("`{path}` was not open in time"),
            "it may be recovering from a crash, which takes longer the larger it is: try again in a minute",
        ),
    };
    vec![found]
}

/// Whether the server is of this version.
fn versions(running: &str) -> Option<Finding> {
    let own = env!("CARGO_PKG_VERSION");
    (running != own).then(|| {
        let found = format!("the server that runs has version {running}, and this program is {own}");
        Finding::warning("version", found, "start the server again with the program that you mean to run")
    })
}

pub(super) fn key(facts: &Facts) -> Finding {
    let lost = "put the key back as the file `key` of the data folder, or add it behind the first in \
                SEGMENTS_SLACK_KEY (--key-file); if it is lost for good, install the app again in each workspace";
    let (name, kept) = match &facts.store {
        StoreFacts::Idle(IdleStore { key: KeyFacts::Bad(why), .. }) => {
            let (found, remedy) = why.split_once(": ").unwrap_or((why, lost));
            return Finding::failed("sealing key", found, remedy);
        }
        StoreFacts::Idle(IdleStore { key: KeyFacts::None, .. }) | StoreFacts::None => {
            return Finding::ok("sealing key", "nothing is sealed yet: the first start makes a key");
        }
        StoreFacts::Idle(IdleStore { key: KeyFacts::Found(name), kept, .. }) => (format!(" {name}"), kept),
        StoreFacts::Running(Ok(checkup)) => (String::new(), &checkup.workspaces),
        _ => return Finding::unchecked("sealing key", STORE_NOT_INSPECTED, "mend that first"),
    };
    let shut: Vec<String> = kept.iter().flat_map(|kept| kept.shut.clone()).collect();
    if !shut.is_empty() {
        return Finding::failed("sealing key", some(&shut), lost);
    }
    let sum = |number: fn(&Kept) -> usize| kept.iter().map(number).sum::<usize>();
    let (sealed, older) = (sum(|kept| kept.sealed), sum(|kept| kept.older));
    let opens = format!("the key{name} opens all {sealed} sealed secrets");
    match (sealed, older) {
        (0, _) => Finding::ok("sealing key", format!("the key{name} is there, and nothing is sealed yet")),
        (_, 0) => Finding::ok("sealing key", opens),
        _ => Finding::warning(
            "sealing key",
            format!("{opens}, {older} of them only with an older one"),
            "stop the server and run `segments-slack rekey` before the older key goes",
        ),
    }
}

pub(super) fn backups(facts: &Facts) -> Finding {
    let folder = &facts.folder;
    let make = "`segments-slack backup FILE` makes one now; why a daily one failed is in the server's log (`could not \
                make the daily backup`)";
    if facts.settings.backup_keep == 0 {
        let found = "daily backups are turned off";
        return Finding::warning(
            "backups",
            found,
            "make your own with `segments-slack backup FILE`, or set --backup-keep",
        );
    }
    let age = |at: Timestamp| facts.now.duration_since(at);
    match (folder.backed_up, folder.since) {
        (Some(at), _) if age(at) < BACKUP_LATE_AFTER => {
            Finding::ok("backups", format!("the newest is {} old; copy them to another disk", told(age(at))))
        }
        (Some(at), _) => {
            let found = format!("the newest is {} old, and a running server makes one a day", told(age(at)));
            Finding::warning("backups", found, make)
        }
        (None, Some(since)) if age(since) >= BACKUP_LATE_AFTER => {
            let found = format!("there is none, and the store is {} old", told(age(since)));
            Finding::warning("backups", found, make)
        }
        (None, _) => Finding::ok("backups", "there is none yet: a server makes the first a day after its start"),
    }
}

/// A length of time for people.
pub(super) fn told(length: SignedDuration) -> String {
    let hours = length.as_hours();
    match hours {
        48.. => format!("{} days", hours / 24),
        1.. => count(hours, "hour"),
        _ => count(length.as_mins().max(0), "minute"),
    }
}

pub(super) fn deliveries(facts: &Facts) -> Vec<Finding> {
    let Some(kept) = facts.kept() else {
        let found = if matches!(facts.store, StoreFacts::None) { return Vec::new() } else { STORE_NOT_INSPECTED };
        return vec![Finding::unchecked("deliveries", found, "mend that first")];
    };
    let dead: u64 = kept.iter().map(|kept| kept.dead).sum();
    let paused: usize = kept.iter().map(|kept| kept.paused).sum();
    let waiting: u64 = kept.iter().map(|kept| kept.waiting).sum();
    let oldest = kept.iter().filter_map(|kept| kept.oldest).min().map(|at| facts.now.duration_since(at));
    let mut findings = Vec::new();
    if let Some(age) = oldest.filter(|age| *age >= DELIVERY_STUCK_AFTER) {
        let found = format!("{waiting} wait, the oldest for {}", told(age));
        let remedy = if facts.is_running() {
            "see what is said of Slack here, and `/segments status` in Slack; a paused channel holds its own"
        } else {
            "start the server: `segments-slack serve`"
        };
        findings.push(Finding::warning("deliveries", found, remedy));
    }
    if paused > 0 {
        let found = format!(
            "Slack refuses the channels of {}, which {} paused",
            count(paused, "subscription"),
            if paused == 1 { "is" } else { "are" }
        );
        let remedy = "`/segments list` in the channel says why: invite the bot again, or unarchive the channel";
        findings.push(Finding::warning("deliveries", found, remedy));
    }
    if dead > 0 {
        let found = format!("{} given up", if dead == 1 { "1 was".to_owned() } else { format!("{dead} were") });
        let remedy = "`segments-slack dead-letters list` says why; `dead-letters retry` sends them again";
        findings.push(Finding::warning("deliveries", found, remedy));
    }
    if findings.is_empty() {
        let waiting = if waiting == 0 { "nothing waits".to_owned() } else { format!("{waiting} wait") };
        findings.push(Finding::ok("deliveries", format!("{waiting}, none was given up, no channel is paused")));
    }
    findings
}
