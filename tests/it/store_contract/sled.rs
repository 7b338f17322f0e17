//! What only a folder can be asked: its size, its files, who may open it, and what a copy of it holds.

use super::bench::{Bench, DAY, arrival, at, channel_ref, decided, news, verdict, wanted, workspace};
use segments_slack::store::{CallResult, Durability, PreviousState, Store, StoreError, open};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn store(bench: &Bench) -> PathBuf {
    bench.folder().join("store")
}

fn opened(folder: &Path) -> Result<Arc<dyn Store>, StoreError> {
    open(&format!("sled:{}", folder.display()), Durability::PowerLoss)
}

/// How opening a folder was refused.
fn refusal(folder: &Path) -> String {
    match opened(folder) {
        Err(StoreError::DoesNotOpen(why) | StoreError::InUse(why)) => why,
        Err(other) => panic!("refused as {other:?}"),
        Ok(_) => panic!("it opened"),
    }
}

/// Every file of a folder with its content.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(content(&path)) } else { files.push((path.clone(), fs::read(&path).unwrap())) }
    }
    files.sort();
    files
}

/// What a folder looks like after a crash at this moment.
fn copy(from: &Path, to: &Path) {
    for (path, bytes) in content(from) {
        let path = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn size(folder: &Path) -> usize {
    content(folder).iter().map(|(_, bytes)| bytes.len()).sum()
}

#[tokio::test]
async fn what_was_answered_is_in_a_copy_of_the_folder() {
    let bench = Bench::sled();
    for round in 0..20 {
        let message = format!("m{round}");
        bench.accept(&message, &["C1"], round).await.unwrap();
        let to = bench.folder().join(format!("copy{round}"));
        copy(&store(&bench), &to);
        let copy = opened(&to).unwrap();
        let claim = copy.pending_work(&channel_ref("C1"), at(round), 1_000).await.unwrap();
        assert_eq!(super::bench::texts(&claim).last(), Some(&message));
        assert_eq!(i64::try_from(claim.due.len()).unwrap(), round + 1);
    }
}

#[tokio::test]
async fn a_copy_taken_at_any_moment_has_all_of_a_write_or_nothing() {
    let bench = Bench::sled();
    let writing = bench.shared();
    let writer = tokio::spawn(async move {
        for number in 0..400 {
            let message = format!("m{number}");
            let answer = verdict(&message, vec![wanted("C1", 0), wanted("C2", 0)]);
            writing.accept(&workspace(), arrival(&message, 0), decided(answer)).await.unwrap();
        }
    });
    let mut round = 0;
    while !writer.is_finished() {
        // The log alone, in one reading from the front, is what a crash leaves.
        let to = bench.folder().join(format!("copy{round}"));
        fs::create_dir_all(to.join("blobs")).unwrap();
        for name in ["conf", "db"] {
            fs::write(to.join(name), fs::read(store(&bench).join(name)).unwrap()).unwrap();
        }
        let copy = opened(&to).unwrap();
        let mut lanes = Vec::new();
        for channel in ["C1", "C2"] {
            lanes.push(super::bench::texts(&copy.pending_work(&channel_ref(channel), at(0), 1_000).await.unwrap()));
        }
        assert_eq!(lanes[0], lanes[1]);
        let pending = copy.backlog(&workspace()).await.unwrap().pending;
        assert_eq!(pending, 2 * lanes[0].len() as u64);
        drop(copy);
        fs::remove_dir_all(to).unwrap();
        round += 1;
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert!(round > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_and_went_leaves_a_small_folder() {
    let bench = Bench::sled();
    for round in 0..50 {
        let accepts = (0..1_000).map(|number| {
            let message = format!("m{round}.{number}");
            let answer = verdict(&message, vec![wanted("C1", round)]);
            let shared = bench.shared();
            async move { shared.accept(&workspace(), arrival(&message, round), decided(answer)).await.unwrap().unwrap() }
        });
        futures_util::future::join_all(accepts).await;
        let claim = bench.claim("C1", round).await;
        let covers = claim.due.iter().map(|(delivery, _)| delivery.sequence).collect();
        let done = CallResult::Done {
            covers,
            ts: "1.2".to_owned().try_into().unwrap(),
            fold: None,
            anchors: vec![],
            digest: None,
        };
        bench.store().record_call_result(&channel_ref("C1"), done, at(round), at(round)).await.unwrap();
    }
    assert_eq!(bench.store().sweep(&workspace(), at(9 * DAY)).await.unwrap(), 100_000);
    assert_eq!(bench.store().backlog(&workspace()).await.unwrap().pending, 0);
    let size = size(&store(&bench));
    assert!(size < 100 * 1024 * 1024, "{size} bytes");
}

#[tokio::test]
async fn large_values_stay_in_the_log_file() {
    let bench = Bench::sled();
    for number in 0..40 {
        let mut answer = verdict("", vec![wanted("C1", 0)]);
        answer.news = news(&"x".repeat(300_000));
        let message = format!("m{number}");
        bench.store().accept(&workspace(), arrival(&message, 0), decided(answer)).await.unwrap();
    }
    assert_eq!(content(&store(&bench).join("blobs")), []);
}

#[test]
fn the_folder_is_for_its_owner_only() {
    let bench = Bench::sled();
    assert_eq!(fs::metadata(store(&bench)).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_folder_in_use_is_refused() {
    let bench = Bench::sled();
    let why = refusal(&store(&bench));
    assert!(why.contains("in use by another process") && why.contains(store(&bench).to_str().unwrap()), "{why}");
}

#[test]
fn a_url_of_another_kind_is_refused_without_being_repeated() {
    for url in ["", "sled:", "postgres://jane:secret@db/store", "/var/lib/store"] {
        match open(url, Durability::PowerLoss) {
            Err(StoreError::DoesNotOpen(why)) => assert!(!why.contains("secret"), "{why}"),
            _ => panic!("`{url}` opened"),
        }
    }
}

#[test]
fn a_folder_of_a_newer_version_is_refused_whenever_it_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    drop(opened(folder.path()).unwrap());
    let db = ::sled::open(folder.path()).unwrap();
    db.insert("\0schema", &2_u32.to_be_bytes()).unwrap();
    drop(db);
    for _ in 0..2 {
        let why = refusal(folder.path());
        assert!(
            why.contains(
                "has version 2, but this program reads version 1; run the version of segments-slack that wrote it"
            ),
            "{why}"
        );
    }
}

type Damage = fn(&mut Vec<u8>);

#[tokio::test]
async fn a_damaged_folder_is_refused_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let store = opened(&whole).unwrap();
    for number in 0..400 {
        let mut answer = verdict("", vec![wanted("C1", 0)]);
        answer.news = news(&"x".repeat(3_000));
        store.accept(&workspace(), arrival(&format!("m{number}"), 0), decided(answer)).await.unwrap();
    }
    drop(store);
    let damages: [(&str, &str, Damage); 5] = [
        ("conf is lost", "conf", Vec::clear),
        ("the log is lost", "db", Vec::clear),
        ("the log is noise", "db", |bytes| bytes.fill(0x5a)),
        ("the log was cut", "db", |bytes| bytes.truncate(bytes.len() / 2)),
        ("the log is zeroes", "db", |bytes| bytes.fill(0)),
    ];
    let after = |what: &str, file: &str, damage: Damage| {
        let to = folder.path().join(what.replace(' ', "-"));
        copy(&whole, &to);
        let mut bytes = fs::read(to.join(file)).unwrap();
        damage(&mut bytes);
        fs::write(to.join(file), bytes).unwrap();
        to
    };
    for (what, file, damage) in damages {
        let to = after(what, file, damage);
        for _ in 0..2 {
            let why = opened(&to).err().map_or_else(|| panic!("it opened although {what}"), |why| why.to_string());
            assert!(why.contains("damaged") && why.contains(to.to_str().unwrap()), "{what}: {why}");
        }
    }
    // Where a hole falls is sled's to say: on pages that are still of use, or on old ones. What it refuses stays refused.
    let holes: [(&str, Damage); 2] = [
        ("the log lost its front", |bytes| bytes[..600_000].fill(0)),
        ("the log has a hole", |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 600_000].fill(0);
        }),
    ];
    for (what, damage) in holes {
        let to = after(what, "db", damage);
        if let Err(refused) = opened(&to) {
            assert_eq!(refusal(&to), refused.to_string(), "{what}");
        }
    }
}

#[tokio::test]
async fn more_than_can_wait_is_refused_at_once() {
    let bench = Bench::sled();
    let (let_go, wait) = std::sync::mpsc::channel();
    let first = verdict("first", vec![wanted("C1", 0)]);
    let stuck = Box::new(move |_: PreviousState| {
        wait.recv().unwrap();
        first
    });
    let store = bench.store();
    let workspace = workspace();
    let jam = store.accept(&workspace, arrival("first", 0), stuck);
    let requests = (0..10_000).map(|number| {
        let (message, let_go) = (format!("m{number}"), let_go.clone());
        let answer = verdict(&message, vec![wanted("C1", 0)]);
        let workspace = &workspace;
        async move {
            let kept = store.accept(workspace, arrival(&message, 0), decided(answer)).await;
            if let Err(StoreError::Overloaded) = kept {
                // The first refusal ends the jam, and nobody listens to the others.
                let_go.send(()).ok();
            }
            kept.is_ok()
        }
    });
    let (jam, kept) = futures_util::future::join(jam, futures_util::future::join_all(requests)).await;
    jam.unwrap();
    let kept = 1 + kept.into_iter().filter(|kept| *kept).count() as u64;
    assert!(kept < 10_001);
    assert_eq!(store.backlog(&workspace).await.unwrap().pending, kept);
}
