//! The keys that secrets are sealed with: made, refused, changed.

use crate::cli::program;
use crate::harness::installing::{OTHER_SECRET, other};
use crate::harness::{Bench, Serves, fixture};
use segments_slack::app::workspaces::keys::{NoKeys, vault};
use segments_slack::store::{Durability, Installations, sled::SledStore};
use segments_slack::vault::KeyError;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

async fn open(bench: &Bench) -> SledStore {
    let folder = bench.data();
    tokio::task::spawn_blocking(move || SledStore::open(&folder, Durability::Process).unwrap()).await.unwrap()
}

/// Runs `rekey` on a bench's folder with these keys.
async fn rekey(bench: &Bench, keys: Option<&str>) -> (i32, String, String) {
    let mut command = program(&["rekey", "--store", &format!("sled:{}", bench.data().display())]);
    if let Some(keys) = keys {
        command.env("SEGMENTS_SLACK_KEY", keys);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn secrets_are_sealed_anew_and_the_old_key_is_needed_no_more() {
    let mut bench = Bench::start_serving(Serves::Many).await;
    bench.slack.rotate_tokens(&other());
    bench.installs(&other(), "U21").await;
    let account = bench.account(&other(), OTHER_SECRET, "U21").await;
    let (code, _, errors) = rekey(&bench, Some(NEW)).await;
    assert!(code == 1 && errors.contains("in use"), "{errors}");
    bench.stop().await;
    let key_file = bench.data().join("key");
    let old = fs::read_to_string(&key_file).unwrap();
    let (code, _, errors) = rekey(&bench, Some(NEW)).await;
    assert!(code == 1 && errors.contains("of workspace `T2` was sealed with key"), "{errors}");
    let both = format!("{NEW},{}", old.trim());
    let (code, told, errors) = rekey(&bench, Some(&both)).await;
    assert!(code == 0 && told.starts_with("re-encrypted 2 records"), "{told}{errors}");
    let (code, told, _) = rekey(&bench, Some(&both)).await;
    assert!(code == 0 && told.starts_with("re-encrypted 0 records") && told.contains("; 2 already"), "{told}");
    for secret in [NEW, old.trim()] {
        assert!(!told.contains(secret) && !errors.contains(secret));
    }
    fs::write(&key_file, NEW).unwrap();
    bench.boot_again().await;
    assert!(bench.app().installations.known.is_connected(&other()));
    let body = fixture("sample.created.image");
    assert_eq!(bench.webhook_to(&account, OTHER_SECRET, "msg_1", &body).await, 204);
}

#[tokio::test]
async fn a_key_file_that_others_can_read_is_refused() {
    let mut bench = Bench::start_serving(Serves::Many).await;
    bench.stop().await;
    let path = bench.data().join("key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let store = open(&bench).await;
    for mode in [0o640, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = vault(&store, None, &bench.data()).await.unwrap_err();
        assert!(matches!(refused, NoKeys::File(KeyError::Open(_))), "{refused}");
    }
}

#[tokio::test]
async fn a_key_that_is_missing_is_not_replaced_while_it_is_needed() {
    let mut bench = Bench::start_serving(Serves::Many).await;
    bench.installs(&other(), "U21").await;
    bench.stop().await;
    fs::remove_file(bench.data().join("key")).unwrap();
    let store = open(&bench).await;
    assert!(store.installation(&other()).await.unwrap().is_some());
    let refused = vault(&store, None, &bench.data()).await.unwrap_err();
    assert!(matches!(refused, NoKeys::Missing(_)), "{refused}");
    assert!(!bench.data().join("key").exists());
}
