//! Installations and accounts: each in its own workspace, changed only by who knows how they stand.

use super::backup::restored;
use super::bench::{Bench, account, arrival, at, decided, verdict, workspace};
use segments_slack::model::{AccountId, AuditEntry, DatasetName, KeyId, Sealed, UserId, WorkspaceId};
use segments_slack::store::{
    AccountRecord, AccountSetup, IncomingEvent, InstallationState, MAX_ACCOUNTS_PER_WORKSPACE, NotificationState,
    NotificationStates, SetUpResult, TokenRenewal, WorkspaceKind, WorkspaceRecord,
};

fn sealed(number: u8) -> Sealed {
    Sealed { key: KeyId([number; 8]), nonce: [number; 24], bytes: vec![number; 40] }
}

pub(super) fn installation(number: u8) -> WorkspaceRecord {
    WorkspaceRecord {
        name: "Flower Lab".to_owned(),
        kind: WorkspaceKind::Team { enterprise: None },
        bot_token: sealed(number),
        renewal: Some(TokenRenewal { token: sealed(number + 1), expires_at: at(12) }),
        bot: UserId::parse("UBOT").unwrap(),
        scopes: vec!["chat:write".to_owned()],
        installed_by: Some(UserId::parse("U1").unwrap()),
        installed_at: at(number.into()),
        state: InstallationState::Installed,
    }
}

pub(super) fn setup(number: u8) -> AccountSetup {
    AccountSetup {
        name: "flowers".to_owned(),
        signing_secrets: vec![sealed(number)],
        api_key: None,
        created_by: UserId::parse("U1").unwrap(),
        created_at: at(number.into()),
    }
}

/// What is known of an account right after it was set up.
fn fresh(number: u8) -> AccountRecord {
    AccountRecord { setup: Some(setup(number)), notifications: NotificationStates::NEW, ..AccountRecord::default() }
}

fn named(number: usize) -> AccountSetup {
    AccountSetup { name: format!("flowers {number}"), ..setup(1) }
}

pub(super) fn audit_entry() -> AuditEntry {
    AuditEntry { at: at(1), by: None, channel: None, typed: "disconnect flowers".to_owned() }
}

fn other() -> WorkspaceId {
    WorkspaceId::parse("T2").unwrap()
}

pub(super) async fn an_installation_is_replaced_only_as_it_is_known(mut bench: Bench) {
    let (team, first, second) = (workspace(), installation(1), installation(2));
    let store = bench.store();
    assert!(store.replace_installation(&team, None, first.clone()).await.unwrap());
    assert!(!store.replace_installation(&team, None, second.clone()).await.unwrap());
    assert!(!store.replace_installation(&team, Some(second.clone()), second.clone()).await.unwrap());
    assert!(store.replace_installation(&team, Some(first), second.clone()).await.unwrap());
    bench.restart();
    assert_eq!(bench.store().installation(&team).await.unwrap(), Some(second));
    assert_eq!(bench.store().installation(&other()).await.unwrap(), None);
    assert_eq!(bench.store().workspaces().await.unwrap(), [team]);
}

pub(super) async fn the_mark_of_a_token_is_kept_with_its_workspace(mut bench: Bench) {
    assert_eq!(bench.store().environment_token_mark(&workspace()).await.unwrap(), None);
    for mark in ["one", "two"] {
        bench.store().note_environment_token_mark(&workspace(), mark.to_owned()).await.unwrap();
    }
    bench.restart();
    assert_eq!(bench.store().environment_token_mark(&workspace()).await.unwrap().as_deref(), Some("two"));
    assert_eq!(bench.store().environment_token_mark(&other()).await.unwrap(), None);
}

pub(super) async fn an_account_is_found_with_its_workspace(mut bench: Bench) {
    let set_up = bench.store().set_up_account(&workspace(), &account(), None, setup(1), None).await;
    assert_eq!(set_up.unwrap(), SetUpResult::Stored);
    bench.restart();
    let store = bench.store();
    assert_eq!(store.find_account(&account()).await.unwrap(), Some((workspace(), fresh(1))));
    // One that anything came to, and that nobody set up, is nobody's.
    let heard = AccountId::parse("heard").unwrap();
    store.note_test(&workspace(), &heard, at(3)).await.unwrap();
    assert_eq!(store.find_account(&heard).await.unwrap(), None);
    assert!(store.remove_account(&workspace(), &account(), audit_entry()).await.unwrap());
    assert!(!store.remove_account(&workspace(), &account(), audit_entry()).await.unwrap());
    assert_eq!(store.find_account(&account()).await.unwrap(), None);
}

pub(super) async fn an_account_belongs_to_one_workspace(bench: Bench) {
    let store = bench.store();
    store.set_up_account(&workspace(), &account(), None, setup(1), None).await.unwrap();
    let taken = store.set_up_account(&other(), &account(), None, setup(2), None).await.unwrap();
    assert_eq!(taken, SetUpResult::Changed);
    let stolen = store.set_up_account(&other(), &account(), Some(setup(1)), setup(2), None).await.unwrap();
    assert_eq!(stolen, SetUpResult::Changed);
    assert!(!store.remove_account(&other(), &account(), audit_entry()).await.unwrap());
    assert_eq!(store.find_account(&account()).await.unwrap(), Some((workspace(), fresh(1))));
    assert_eq!(store.accounts(&other()).await.unwrap(), []);
}

pub(super) async fn a_setup_is_changed_only_as_it_is_known(bench: Bench) {
    let store = bench.store();
    let change =
        async |before, after| store.set_up_account(&workspace(), &account(), before, after, None).await.unwrap();
    assert_eq!(change(Some(setup(1)), setup(2)).await, SetUpResult::Changed);
    assert_eq!(change(None, setup(1)).await, SetUpResult::Stored);
    assert_eq!(change(None, setup(2)).await, SetUpResult::Changed);
    assert_eq!(change(Some(setup(1)), setup(2)).await, SetUpResult::Stored);
    assert_eq!(store.find_account(&account()).await.unwrap(), Some((workspace(), fresh(2))));
}

pub(super) async fn a_workspace_has_at_most_fifty_accounts(bench: Bench) {
    let store = bench.store();
    // One that only anything came to takes no place.
    store.note_test(&workspace(), &AccountId::parse("heard").unwrap(), at(0)).await.unwrap();
    let id = |number: usize| AccountId::parse(format!("acc_{number}")).unwrap();
    for number in 0..MAX_ACCOUNTS_PER_WORKSPACE {
        let set_up = store.set_up_account(&workspace(), &id(number), None, named(number), None).await.unwrap();
        assert_eq!(set_up, SetUpResult::Stored, "{number}");
    }
    let more = id(MAX_ACCOUNTS_PER_WORKSPACE);
    let set_up = async || {
        store.set_up_account(&workspace(), &more, None, named(MAX_ACCOUNTS_PER_WORKSPACE), None).await.unwrap()
    };
    assert_eq!(set_up().await, SetUpResult::TooMany);
    assert_eq!(store.find_account(&more).await.unwrap(), None);
    let changed = store.set_up_account(&workspace(), &id(0), Some(named(0)), setup(2), None).await.unwrap();
    assert_eq!(changed, SetUpResult::Stored);
    assert!(store.remove_account(&workspace(), &id(7), audit_entry()).await.unwrap());
    assert_eq!(set_up().await, SetUpResult::Stored);
}

pub(super) async fn what_comes_to_an_account_leaves_its_setup_alone(bench: Bench) {
    let store = bench.store();
    store.set_up_account(&workspace(), &account(), None, setup(1), None).await.unwrap();
    store.note_test(&workspace(), &account(), at(4)).await.unwrap();
    let answer = verdict("m1", Vec::new());
    store.accept(&workspace(), arrival("m1", 5), decided(answer)).await.unwrap();
    let expected = AccountRecord {
        last_event: Some(at(5)),
        last_test: Some(at(4)),
        notifications: NotificationStates::NEW.after_valid_message(at(4)),
        ..fresh(1)
    };
    assert_eq!(store.accounts(&workspace()).await.unwrap(), [(account(), expected)]);
    let changed = store.set_up_account(&workspace(), &account(), Some(setup(1)), setup(2), None).await.unwrap();
    assert_eq!(changed, SetUpResult::Stored);
}

pub(super) async fn a_record_of_before_setups_is_still_read(bench: Bench) {
    drop(bench);
    let lines = [
        r#"{"kind":"backup","format":1,"program":"0.1.0","at":"2026-03-01T00:00:00Z"}"#,
        r#"{"kind":"account","workspace":"T1","account":"environment","state":{"last_event":"2026-03-01T00:00:05Z","last_test":null}}"#,
        r#"{"kind":"end","records":{"account":1},"unreadable":0}"#,
    ];
    let restored = restored(&lines.map(str::to_owned)).await;
    let expected = AccountRecord { last_event: Some(at(5)), ..AccountRecord::default() };
    let accounts = restored.store().accounts(&workspace()).await.unwrap();
    assert_eq!(accounts, [(AccountId::parse("environment").unwrap(), expected)]);
}

pub(super) async fn a_name_is_that_of_one_account_of_a_workspace(bench: Bench) {
    let (store, second) = (bench.store(), AccountId::parse("second").unwrap());
    store.set_up_account(&workspace(), &account(), None, setup(1), None).await.unwrap();
    let as_second = async |before, name: &str| {
        let after = AccountSetup { name: name.to_owned(), ..setup(1) };
        store.set_up_account(&workspace(), &second, before, after, Some(audit_entry())).await.unwrap()
    };
    assert_eq!(as_second(None, "Flowers").await, SetUpResult::NameTaken);
    assert_eq!(as_second(None, "flowers 7").await, SetUpResult::Stored);
    assert_eq!(as_second(Some(named(7)), "FLOWERS").await, SetUpResult::NameTaken);
    // Its own name in another case is no other's.
    assert_eq!(as_second(Some(named(7)), "Flowers 7").await, SetUpResult::Stored);
    let elsewhere = AccountId::parse("third").unwrap();
    assert_eq!(store.set_up_account(&other(), &elsewhere, None, setup(1), None).await.unwrap(), SetUpResult::Stored);
    assert_eq!(store.audit_entries(&workspace(), 9).await.unwrap().len(), 2, "what was not stored is no audit_entry");
    assert!(store.remove_account(&workspace(), &second, audit_entry()).await.unwrap());
    assert_eq!(store.audit_entries(&workspace(), 9).await.unwrap().len(), 3);
}

pub(super) async fn what_is_to_be_told_of_an_account_is_on_disk_with_what_it_is_about(mut bench: Bench) {
    bench.store().set_up_account(&workspace(), &account(), None, setup(1), None).await.unwrap();
    bench.store().note_test(&workspace(), &account(), at(4)).await.unwrap();
    bench.restart();
    let store = bench.store();
    let (_, record) = store.find_account(&account()).await.unwrap().unwrap();
    let due = NotificationStates::NEW.after_valid_message(at(4));
    assert_eq!((record.notifications, record.last_test), (due, Some(at(4))));
    assert_eq!(due.signature_mismatch, NotificationState::Done, "a secret that fits is no mistake any more");
    let told = NotificationStates::default();
    assert!(!store.replace_notifications(&workspace(), &account(), NotificationStates::NEW, told).await.unwrap());
    assert!(!store.replace_notifications(&other(), &account(), due, told).await.unwrap());
    assert!(store.replace_notifications(&workspace(), &account(), due, told).await.unwrap());
    assert!(!store.replace_notifications(&workspace(), &account(), due, told).await.unwrap());
    store.note_test(&workspace(), &account(), at(5)).await.unwrap();
    assert_eq!(store.find_account(&account()).await.unwrap().unwrap().1.notifications, told);
}

pub(super) async fn a_dataset_is_an_accounts_own_as_long_as_no_other_sends_it(bench: Bench) {
    let (store, second) = (bench.store(), AccountId::parse("second").unwrap());
    let flowers = DatasetName::parse("jane/flowers").unwrap();
    for (id, number) in [(account(), 1), (second.clone(), 2)] {
        store.set_up_account(&workspace(), &id, None, named(number), None).await.unwrap();
    }
    let comes = async |message: &str, to: &AccountId| {
        let arrival = IncomingEvent { account: to.clone(), dataset: Some(flowers.clone()), ..arrival(message, 1) };
        store.accept(&workspace(), arrival, decided(verdict(message, Vec::new()))).await.unwrap();
    };
    let own = async |of: &AccountId| store.datasets_of(&workspace(), of).await.unwrap();
    assert_eq!(own(&account()).await, []);
    comes("m1", &account()).await;
    assert_eq!((own(&account()).await, own(&second).await), (vec![flowers.clone()], vec![]));
    assert_eq!(store.datasets_of(&other(), &account()).await.unwrap(), []);
    comes("m2", &second).await;
    assert_eq!((own(&account()).await, own(&second).await), (vec![], vec![]));
    store.remove_account(&workspace(), &second, audit_entry()).await.unwrap();
    assert_eq!(own(&account()).await, std::slice::from_ref(&flowers));
    assert_eq!(store.datasets(&workspace()).await.unwrap(), [flowers]);
}

pub(super) async fn a_dataset_of_before_its_accounts_were_kept_is_still_read(bench: Bench) {
    drop(bench);
    let lines = [
        r#"{"kind":"backup","format":1,"program":"0.1.0","at":"2026-03-01T00:00:00Z"}"#,
        r#"{"kind":"dataset","workspace":"T1","name":"jane/flowers"}"#,
        r#"{"kind":"end","records":{"dataset":1},"unreadable":0}"#,
    ];
    let restored = restored(&lines.map(str::to_owned)).await;
    let store = restored.store();
    assert_eq!(store.datasets(&workspace()).await.unwrap(), [DatasetName::parse("jane/flowers").unwrap()]);
    assert_eq!(store.datasets_of(&workspace(), &account()).await.unwrap(), []);
}
