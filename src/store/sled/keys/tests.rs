//! What keys promise: no two meet, and they sort as they should.

use super::*;
use std::collections::BTreeSet;

fn channel_ref(channel: &str) -> ChannelRef {
    ChannelRef { workspace: WorkspaceId::parse("T1").unwrap(), channel: ChannelId::parse(channel).unwrap() }
}

#[test]
fn hostile_names_share_no_key_and_none_is_long() {
    let workspace = WorkspaceId::parse("T1").unwrap();
    let account = AccountId::parse("a".repeat(128)).unwrap();
    let long = "x".repeat(100_000);
    let hash = Sha256::digest(&long);
    let texts = ["", "a", "\0", "a\0", "\0a", "\u{1}", "\u{1}a", "\u{202e}cba", "🌼", &long, &long[1..]];
    let mut keys: BTreeSet<Vec<u8>> =
        texts.iter().map(|text| RecordKey::object(&workspace, &account, &ObjectKey::new("sample", text)).0).collect();
    assert_eq!(keys.len(), texts.len());
    keys.insert(RecordKey::all(&workspace, RecordKind::Object).bounded(&"x".repeat(97)).0);
    assert!(keys.iter().all(|key| key.len() < 300), "{:?}", keys.iter().map(Vec::len).max());
    assert_ne!(RecordKey::stored(b"").bounded(&long).0[1..], RecordKey::stored(b"").bounded("\u{1}").0[1..]);
    assert_eq!(RecordKey::stored(b"").bounded(&long).0[1..], hash[..]);
}

#[test]
fn one_channel_does_not_reach_into_another_whose_name_it_begins() {
    let beginning = RecordKey::within(&channel_ref("C1"), RecordKind::Ready);
    assert!(RecordKey::numbered(&channel_ref("C1"), RecordKind::Ready, 7).starts_with(&beginning));
    assert!(!RecordKey::numbered(&channel_ref("C10"), RecordKind::Ready, 7).starts_with(&beginning));
}

#[test]
fn a_key_gives_back_what_it_was_made_of() {
    let at: Timestamp = "2026-03-01T12:00:00.123456Z".parse().unwrap();
    let wake = RecordKey::wake(&channel_ref("C1"), at, 258);
    assert_eq!((wake.wake_time(), wake.sequence(), wake.channel_ref()), (Some(at), Some(258), Some(channel_ref("C1"))));
    assert!(wake.is(RecordKind::Wake) && !wake.is(RecordKind::Held));
    assert_eq!(RecordKey::dead_by_age(&channel_ref("C1"), at, 0).channel_by_age(), Some(channel_ref("C1")));
    assert_eq!(RecordKey::of(&channel_ref("C1"), RecordKind::Queue).channel_ref(), Some(channel_ref("C1")));
}

#[test]
fn times_sort_as_they_pass() {
    let mut times = [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX]
        .map(|time| RecordKey::wake(&channel_ref("C1"), time, 0));
    assert!(times.is_sorted());
    times.reverse();
    assert!(!times.is_sorted());
}

#[test]
fn a_key_as_text_does_not_open_the_endpoint_of_its_account() {
    let (workspace, id) = (WorkspaceId::parse("T1").unwrap(), "a1b2c3d4".repeat(4));
    let told = RecordKey::account(&workspace, &AccountId::parse(id.clone()).unwrap()).to_string();
    assert!(!told.contains(&id[..8]) && told.contains('…') && told.contains("T1"), "{told}");
}
