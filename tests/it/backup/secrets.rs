//! Secrets in backups: sealed, unless the keys are asked for; then the file alone restores everything.

use super::text;
use crate::harness::installing::other;
use crate::harness::process::Outside;
use crate::harness::{user, workspace};
use secrecy::{ExposeSecret, SecretString};
use segments_slack::app::workspaces::keys::given;
use segments_slack::model::AccountId;
use segments_slack::store::{
    self, AccountSetup, Durability, InstallationState, SetUpResult, TokenRenewal, WorkspaceKind, WorkspaceRecord,
};
use segments_slack::vault::{Field, KEY_FILE, Row, Vault};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SECRETS: [&str; 4] = ["xoxb-of-t2", "xoxe-of-t2", "whsec_b2YgdDE=", "key-of-t1"];

/// T1 has an account and T2 an installation, each with secrets.
async fn with_secrets() -> Outside {
    let outside = Outside::start(1).await;
    let store = store::open(&outside.store(), Durability::Process).unwrap();
    let vault = Vault::make_in(&outside.data()).unwrap();
    let [bot_token, refresh_token, signing, api_key] = SECRETS.map(SecretString::from);
    let (one, two, account) = (workspace(), other(), AccountId::parse("a1".repeat(16)).unwrap());
    let of_account = |field| Row::of_account(&one, &account, field);
    let setup = AccountSetup {
        name: "flowers".to_owned(),
        signing_secrets: vec![vault.seal(of_account(Field::SigningSecret), &signing)],
        api_key: Some(vault.seal(of_account(Field::ApiKey), &api_key)),
        created_by: user("U1"),
        created_at: jiff::Timestamp::UNIX_EPOCH,
    };
    assert_eq!(store.set_up_account(&one, &account, None, setup, None).await.unwrap(), SetUpResult::Stored);
    let row = |field| Row::of_workspace(&two, field);
    let installation = WorkspaceRecord {
        name: "Flower Lab".to_owned(),
        kind: WorkspaceKind::Team { enterprise: None },
        bot_token: vault.seal(row(Field::BotToken), &bot_token),
        renewal: Some(TokenRenewal {
            token: vault.seal(row(Field::RefreshToken), &refresh_token),
            expires_at: jiff::Timestamp::MAX,
        }),
        bot: user("UBOT"),
        scopes: Vec::new(),
        installed_by: None,
        installed_at: jiff::Timestamp::UNIX_EPOCH,
        state: InstallationState::Installed,
    };
    assert!(store.replace_installation(&two, None, installation).await.unwrap());
    outside
}

/// The secrets of a store, opened with the keys that lie beside it.
async fn opened(outside: &Outside) -> [String; 4] {
    let store = store::open(&outside.store(), Durability::Process).unwrap();
    let vault = given(None, &outside.data()).unwrap().expect("there are keys");
    let installation = store.installation(&other()).await.unwrap().unwrap();
    let (account, record) = store.accounts(&workspace()).await.unwrap().remove(0);
    let setup = record.setup.unwrap();
    let (one, two) = (workspace(), other());
    let open = |row, sealed| vault.unseal(row, sealed).unwrap().expose_secret().to_owned();
    [
        open(Row::of_workspace(&two, Field::BotToken), &installation.bot_token),
        open(Row::of_workspace(&two, Field::RefreshToken), &installation.renewal.unwrap().token),
        open(Row::of_account(&one, &account, Field::SigningSecret), &setup.signing_secrets[0]),
        open(Row::of_account(&one, &account, Field::ApiKey), &setup.api_key.unwrap()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_restore_from_a_full_backup_and_are_absent_otherwise() {
    let (outside, other) = (with_secrets().await, Outside::start(2).await);
    let key = fs::read_to_string(outside.data().join(KEY_FILE)).unwrap();
    let [plain, whole] = ["plain.jsonl", "whole.jsonl"].map(|name| outside.folder().join(name));
    let (code, told, errors) = outside.command(&["backup", text(&plain)]).await;
    assert!(code == 0 && !told.contains("keys"), "{told}{errors}");
    let (code, told, errors) = outside.command(&["backup", "--with-secrets", text(&whole)]).await;
    assert!(
        code == 0 && told.contains("includes the sealing keys; keep the file as safe as a password"),
        "{told}{errors}"
    );
    assert!(!told.contains(key.trim()), "{told}");
    assert_eq!(fs::metadata(&whole).unwrap().permissions().mode() & 0o777, 0o600);
    let [plain, written] = [&plain, &whole].map(|path| fs::read_to_string(path).unwrap());
    assert!(!plain.contains(key.trim()) && written.contains(key.trim()));
    for secret in SECRETS {
        assert!(!plain.contains(secret) && !written.contains(secret), "{secret}");
    }

    let (code, told, errors) = other.command(&["restore", text(&whole)]).await;
    assert!(code == 0, "{told}{errors}");
    assert_eq!(opened(&other).await, SECRETS);
    assert_eq!(fs::metadata(other.data().join(KEY_FILE)).unwrap().permissions().mode() & 0o777, 0o600);
    other.boot_ready().await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_with_keys_that_open_nothing_is_none() {
    let outside = with_secrets().await;
    let file = outside.folder().join("copy.jsonl");
    let wrong = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let mut command = outside.configured(&["backup", "--with-secrets", text(&file)]);
    command.env("SEGMENTS_SLACK_KEY", wrong);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("contains a secret that none of the keys in the backup can decrypt; its key is "),
        "{errors}"
    );
    assert!(!output.status.success() && !errors.contains(wrong) && !file.exists());
    fs::remove_file(outside.data().join(KEY_FILE)).unwrap();
    let (code, _, errors) = outside.command(&["backup", "--with-secrets", text(&file)]).await;
    assert!(code == 1 && errors.contains("found no sealing key to put into the backup"), "{errors}");
    fs::write(&file, "{\"kind\":\"keys\",\"keys\":\"a secret that is no key\"}\n").unwrap();
    let (code, _, errors) = outside.command(&["backup", "--check", text(&file)]).await;
    assert!(code == 1 && errors.contains("line 1 is not base64 of 32 bytes"), "{errors}");
    assert!(!errors.contains("a secret that"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_files_are_owner_only_even_in_an_existing_folder() {
    let outside = Outside::start(1).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    fs::create_dir(outside.data()).unwrap();
    fs::set_permissions(outside.data(), fs::Permissions::from_mode(0o755)).unwrap();
    outside.boot_ready().await.stop().await;
    let mut folders = vec![outside.data()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path) & 0o077, 0, "{} is for others too", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 3, "{seen} files");
}
