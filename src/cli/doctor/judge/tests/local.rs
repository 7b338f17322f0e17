//! Findings on what is on this machine.

use super::*;

#[test]
fn the_data_folder_is_for_its_owner() {
    let open = |path: &'static str, mode| {
        move |facts: &mut Facts| facts.folder.open = vec![(Path::new(path).to_owned(), mode)]
    };
    expect(open("/data", 0o40755), Warning, "data folder", "(mode 755)", "chmod 700 /data");
    expect(open("/data", 0o40777), Failed, "data folder", "(mode 777)", "chmod 700 /data");
    expect(open("/data/key", 0o100_640), Failed, "data folder", "/data/key", "chmod 600 /data/key");
    expect(open("/data/backups", 0o40750), Warning, "data folder", "/data/backups", "chmod 700 /data/backups");
    let shut = |facts: &mut Facts| facts.folder.shut = Some("Permission denied".to_owned());
    expect(shut, Failed, "data folder", "Permission denied", "--store");
    expect(|facts| facts.folder.is_there = false, Fine, "data folder", "not there yet", "");
}

#[test]
fn a_disk_that_fills_up_is_told_before_it_is_full() {
    expect(|facts| facts.folder.free = Some(63 << 20), Failed, "disk", "63 MiB", "make room");
    expect(|facts| facts.folder.free = Some(900 << 20), Warning, "disk", "900 MiB", "make room");
}

#[test]
fn the_store_is_looked_into_or_it_is_said_why_not() {
    let store = |store: StoreFacts| move |facts: &mut Facts| facts.store = store;
    expect(store(StoreFacts::None), Fine, "store", "the first start makes it", "");
    expect(store(idle(found("ab"), vec![kept("T1")])), Fine, "store", "3 subscriptions in 1 workspace", "");
    let alien = StoreFacts::Alien { owner: 1000, own: 0 };
    expect(store(alien), NotChecked, "store", "user id 1000", "sudo -u '#1000'");
    let why = "the store in `/data` has version 2, and this program reads 1; run the segments-slack that wrote it";
    expect(
        store(StoreFacts::Shut(why.to_owned())),
        Failed,
        "store",
        "has version 2",
        "run the segments-slack that wrote it",
    );
    expect(store(StoreFacts::Shut(why.to_owned())), NotChecked, "deliveries", "could not be looked into", "mend");
    expect(store(StoreFacts::Slow), Warning, "store", "not open in time", "try again");
    expect(store(StoreFacts::Taken), NotChecked, "store", "another process", "--admin-listen");
    expect(
        store(StoreFacts::Running(Err("refused".to_owned()))),
        Failed,
        "store",
        "admin address: refused",
        "start it again",
    );
    let mut full = running(Vec::new());
    full.readiness.store = "the store failed: disk full".to_owned();
    expect(store(StoreFacts::Running(Ok(full.into()))), Failed, "store", "disk full", "disk");
    let old = Checkup { version: "0.0.1".to_owned(), ..running(Vec::new()) };
    expect(store(StoreFacts::Running(Ok(old.into()))), Warning, "version", "0.0.1", "start the server again");
}

#[test]
fn the_key_opens_every_secret_or_the_failures_are_listed() {
    let key = |key: KeyFacts, kept: Kept| move |facts: &mut Facts| facts.store = idle(key, vec![kept]);
    expect(key(found("ab12"), installed("T1")), Fine, "sealing key", "key ab12 opens all 1", "");
    expect(key(found("ab12"), kept("T1")), Fine, "sealing key", "nothing is sealed yet", "");
    expect(key(KeyFacts::None, kept("T1")), Fine, "sealing key", "makes a key", "");
    let missing = "the store holds sealed secrets, and their key is missing: put it back as `/data/key`";
    expect(key(KeyFacts::Bad(missing.to_owned()), kept("T1")), Failed, "sealing key", "key is missing", "put it back");
    let older = Kept { older: 1, ..installed("T1") };
    expect(key(found("ab12"), older), Warning, "sealing key", "1 of them only with an older one", "rekey");
    let shut = vec!["the bot token of workspace `T1` was sealed with key cd34".to_owned()];
    let closed = Kept { shut: shut.clone(), ..installed("T1") };
    expect(key(found("ab12"), closed.clone()), Failed, "sealing key", "sealed with key cd34", "SEGMENTS_SLACK_KEY");
    let running = StoreFacts::Running(Ok(running(vec![closed]).into()));
    expect(|facts| facts.store = running, Failed, "sealing key", "sealed with key cd34", "SEGMENTS_SLACK_KEY");
}

#[test]
fn a_backup_that_is_late_is_told() {
    let made = |at: Option<i64>, since: i64| {
        move |facts: &mut Facts| {
            (facts.folder.backed_up, facts.folder.since) = (at.map(hours_ago), Some(hours_ago(since)));
        }
    };
    expect(made(Some(1), 500), Fine, "backups", "1 hour old", "");
    expect(made(Some(72), 500), Warning, "backups", "3 days old", "segments-slack backup");
    expect(made(None, 500), Warning, "backups", "there is none, and the store is 20 days old", "segments-slack backup");
    expect(made(None, 5), Fine, "backups", "there is none yet", "");
    expect(|facts| facts.settings.backup_keep = 0, Warning, "backups", "turned off", "--backup-keep");
}

#[test]
fn deliveries_that_need_somebody_are_told() {
    let with = |change: fn(&mut Kept)| {
        let mut kept = kept("T1");
        change(&mut kept);
        move |facts: &mut Facts| facts.store = StoreFacts::Running(Ok(running(vec![kept]).into()))
    };
    expect(with(|kept| kept.dead = 2), Warning, "deliveries", "2 were given up", "dead-letters list");
    expect(with(|kept| kept.paused = 1), Warning, "deliveries", "1 subscription, which is paused", "/segments list");
    let stuck = |kept: &mut Kept| (kept.waiting, kept.oldest) = (9, Some(hours_ago(3)));
    expect(with(stuck), Warning, "deliveries", "9 wait, the oldest for 3 hours", "/segments status");
    let asleep = |facts: &mut Facts| {
        let mut kept = kept("T1");
        stuck(&mut kept);
        facts.store = idle(KeyFacts::None, vec![kept]);
    };
    expect(asleep, Warning, "deliveries", "9 wait", "segments-slack serve");
}
