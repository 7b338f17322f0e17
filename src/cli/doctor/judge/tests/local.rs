//! Findings on what is on this machine.

use super::*;

#[test]
fn only_the_owner_can_access_the_data_folder() {
    let mut cases = Cases::default();
    let open = |path: &'static str, mode| {
        move |facts: &mut Facts| facts.folder.open = vec![(Path::new(path).to_owned(), mode)]
    };
    cases.add(open("/data", 0o40755), "data folder");
    cases.add(open("/data", 0o40777), "data folder");
    cases.add(open("/data/key", 0o100_640), "data folder");
    cases.add(open("/data/backups", 0o40750), "data folder");
    let shut = |facts: &mut Facts| facts.folder.shut = Some("Permission denied".to_owned());
    cases.add(shut, "data folder");
    cases.add(|facts| facts.folder.is_there = false, "data folder");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn a_filling_disk_is_reported_early() {
    let mut cases = Cases::default();
    cases.add(|facts| facts.folder.free = Some(63 << 20), "disk");
    cases.add(|facts| facts.folder.free = Some(900 << 20), "disk");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn the_store_is_inspected_or_the_reason_is_given() {
    let mut cases = Cases::default();
    let store = |store: StoreFacts| move |facts: &mut Facts| facts.store = store;
    cases.add(store(StoreFacts::None), "store");
    cases.add(store(idle(found("ab"), vec![kept("T1")])), "store");
    let alien = StoreFacts::OfAnotherUser { owner: 1000, own: 0 };
    cases.add(store(alien), "store");
    let why = "the store in `/data` has version 2, but this program reads version 1; run the version of segments-slack that wrote it";
    cases.add(store(StoreFacts::NotOpened(why.to_owned())), "store");
    cases.add(store(StoreFacts::NotOpened(why.to_owned())), "deliveries");
    cases.add(store(StoreFacts::TimedOut), "store");
    cases.add(store(StoreFacts::InUse), "store");
    cases.add(store(StoreFacts::Running(Err("refused".to_owned()))), "store");
    let mut full = running(Vec::new());
    full.readiness.store = "the store failed: disk full".to_owned();
    cases.add(store(StoreFacts::Running(Ok(full.into()))), "store");
    let old = HealthReport { version: "0.0.1".to_owned(), ..running(Vec::new()) };
    cases.add(store(StoreFacts::Running(Ok(old.into()))), "version");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn sealing_keys() {
    let mut cases = Cases::default();
    let key = |key: KeyFacts, kept: StoredCounts| move |facts: &mut Facts| facts.store = idle(key, vec![kept]);
    cases.add(key(found("ab12"), installed("T1")), "sealing key");
    cases.add(key(found("ab12"), kept("T1")), "sealing key");
    cases.add(key(KeyFacts::None, kept("T1")), "sealing key");
    let missing = "the store contains sealed secrets, but their key is missing: restore it as `/data/key`";
    cases.add(key(KeyFacts::Unusable(missing.to_owned()), kept("T1")), "sealing key");
    let older = StoredCounts { older: 1, ..installed("T1") };
    cases.add(key(found("ab12"), older), "sealing key");
    let shut = vec!["the bot token of workspace `T1` was sealed with key cd34".to_owned()];
    let closed = StoredCounts { shut: shut.clone(), ..installed("T1") };
    cases.add(key(found("ab12"), closed.clone()), "sealing key");
    let running = StoreFacts::Running(Ok(running(vec![closed]).into()));
    cases.add(|facts| facts.store = running, "sealing key");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn late_backups_are_reported() {
    let mut cases = Cases::default();
    let made = |at: Option<i64>, since: i64| {
        move |facts: &mut Facts| {
            (facts.folder.backed_up, facts.folder.since) = (at.map(hours_ago), Some(hours_ago(since)));
        }
    };
    cases.add(made(Some(1), 500), "backups");
    cases.add(made(Some(72), 500), "backups");
    cases.add(made(None, 500), "backups");
    cases.add(made(None, 5), "backups");
    cases.add(|facts| facts.settings.backup_keep = 0, "backups");
    insta::assert_snapshot!(cases.0);
}

#[test]
fn deliveries_that_need_attention_are_reported() {
    let mut cases = Cases::default();
    let with = |change: fn(&mut StoredCounts)| {
        let mut kept = kept("T1");
        change(&mut kept);
        move |facts: &mut Facts| facts.store = StoreFacts::Running(Ok(running(vec![kept]).into()))
    };
    cases.add(with(|kept| kept.dead = 2), "deliveries");
    cases.add(with(|kept| kept.paused = 1), "deliveries");
    let stuck = |kept: &mut StoredCounts| (kept.waiting, kept.oldest) = (9, Some(hours_ago(3)));
    cases.add(with(stuck), "deliveries");
    let asleep = |facts: &mut Facts| {
        let mut kept = kept("T1");
        stuck(&mut kept);
        facts.store = idle(KeyFacts::None, vec![kept]);
    };
    cases.add(asleep, "deliveries");
    insta::assert_snapshot!(cases.0);
}
