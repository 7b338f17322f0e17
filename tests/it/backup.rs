//! `backup` and `restore` as people run them, and the backups that a server makes by itself.

mod secrets;

use crate::cli::program;
use crate::harness::process::Outside;
use crate::harness::{Bench, seconds};
use segments_slack::store::backup::{automatic_backups, check};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const DAY: u64 = 24 * 60 * 60;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_server_restores_everything() {
    let (outside, other) = (Outside::start(1).await, Outside::start(2).await);
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    server.sample_created("jane/flowers", "before.png").await;
    outside.until("the card", || outside.saying("C1", "before.png").len() == 1).await;
    let file = outside.folder().join("copy.jsonl");
    let (code, told, errors) = outside.command(&["backup", text(&file)]).await;
    assert_eq!(code, 0, "{errors}");
    assert!(told.starts_with("wrote `") && told.contains("\n  subscription: 1\n"), "{told}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, checked, errors) = outside.command(&["backup", "--check", text(&file)]).await;
    assert_eq!((code, checked.split_once(':').unwrap().1), (0, told.split_once(':').unwrap().1), "{errors}");
    server.stop().await;

    let (code, restored, errors) = other.command(&["restore", text(&file)]).await;
    assert_eq!((code, restored.split_once(':').unwrap().1), (0, told.split_once(':').unwrap().1), "{errors}");
    let server = other.boot_ready().await;
    server.sample_created("jane/flowers", "after.png").await;
    other.until("the card", || other.saying("C1", "after.png").len() == 1).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_there_is_overwritten_only_by_force() {
    let outside = Outside::start(1).await;
    outside.boot_ready().await.stop().await;
    let file = outside.folder().join("copy.jsonl");
    fs::write(&file, "precious").unwrap();
    let (code, _, errors) = outside.command(&["backup", text(&file)]).await;
    assert!(code == 1 && errors.contains("already exists") && errors.contains("--force"), "{errors}");
    assert_eq!(fs::read(&file).unwrap(), b"precious");
    assert_eq!(outside.command(&["backup", text(&file), "--force"]).await.0, 0);
    assert!(check(&file).is_ok());
    assert!(!outside.folder().join("copy.jsonl.part").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_backup_is_refused_and_restores_nothing() {
    let (outside, other) = (Outside::start(1).await, Outside::start(2).await);
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    server.stop().await;
    let file = outside.folder().join("copy.jsonl");
    assert_eq!(outside.command(&["backup", text(&file)]).await.0, 0);
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = whole.lines().collect();
    let last = lines.len();
    let faults = [
        (String::new(), "line 1 is not the header of a backup".to_owned()),
        ("{}\n".to_owned(), "line 1 is not the header of a backup".to_owned()),
        (whole.replace("\"format\":1,", "\"format\":2,"), "format 2, but this program reads format 1".to_owned()),
        (whole[..whole.len() - 1].to_owned(), format!("truncated after line {}", last - 1)),
        (lines[..last - 1].join("\n") + "\n", format!("truncated after line {}", last - 1)),
        (whole.replacen(lines[1], "rubbish", 1), "line 2 is not a backup record".to_owned()),
        (
            whole.replacen(lines[1], r#"{"kind":"moon"}"#, 1),
            "line 2 is not a record that this version knows".to_owned(),
        ),
        (whole.replacen(&format!("{}\n", lines[1]), "", 1), format!("line {} declares 1 records", last - 1)),
        (format!("{whole}{}\n", lines[1]), format!("line {} comes after the closing line", last + 1)),
    ];
    for (spoiled, fault) in faults {
        fs::write(&file, spoiled).unwrap();
        let (code, _, errors) = outside.command(&["backup", "--check", text(&file)]).await;
        assert!(code == 1 && errors.contains(&fault) && errors.contains("copy.jsonl"), "{fault}: {errors}");
        let (code, _, errors) = other.command(&["restore", text(&file)]).await;
        assert!(code == 1 && errors.contains(&fault), "{fault}: {errors}");
        assert_eq!(fs::read_dir(other.folder()).unwrap().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_overwrites_nothing() {
    let outside = Outside::start(1).await;
    outside.boot_ready().await.stop().await;
    let file = outside.folder().join("copy.jsonl");
    assert_eq!(outside.command(&["backup", text(&file)]).await.0, 0);
    let (code, _, errors) = outside.command(&["restore", text(&file)]).await;
    assert!(code == 1 && errors.contains("is not empty") && errors.contains("data-restored"), "{errors}");
    assert_eq!(outside.command(&["dead-letters", "list"]).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_stops_the_server_and_names_the_restore() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.*", "C1").await;
    server.stop().await;
    let backups = outside.data().join("backups");
    fs::create_dir(&backups).unwrap();
    let newest = backups.join("segments-slack-2026-03-01T00-00-00Z.jsonl");
    assert_eq!(outside.command(&["backup", text(&newest)]).await.0, 0);
    fs::write(outside.data().join("db"), "").unwrap();
    let mut serve = outside.serve();
    let refused = tokio::task::spawn_blocking(move || serve.output().unwrap()).await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("error: could not use the store: the store in `") && told.contains("is damaged"), "{told}");
    let command = told.split('`').find(|part| part.starts_with("segments-slack restore")).unwrap();
    let arguments: Vec<_> = command.split(' ').skip(1).collect();
    let output = program(&arguments).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && printed.contains("\n  subscription: 1\n"), "{printed}");
    assert!(outside.folder().join("data-restored").join("db").exists());
}

#[tokio::test]
async fn daily_backups_start_after_a_day_and_keep_the_newest() {
    let mut bench = Bench::start().await;
    bench.backup_keep = 2;
    bench.restart().await;
    let folder = bench.data().join("backups");
    bench.after(seconds(DAY - 1)).await;
    assert_eq!(automatic_backups(&folder).unwrap(), []);
    bench.after(seconds(1)).await;
    made(&bench, 1).await;
    // A new start does not begin the day anew.
    bench.after(seconds(DAY - 60)).await;
    bench.restart().await;
    bench.after(seconds(60)).await;
    made(&bench, 1).await;
    bench.after(seconds(DAY)).await;
    made(&bench, 2).await;
    let backups = automatic_backups(&folder).unwrap();
    let times: Vec<_> = backups.iter().map(|backup| backup.at.to_string()).collect();
    assert_eq!(times, ["2026-11-22T09:15:00Z", "2026-11-23T09:15:00Z"]);
    for backup in &backups {
        assert_eq!(check(&backup.path).unwrap().at, backup.at);
        assert_eq!(fs::metadata(&backup.path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// Waits for the nth backup since the start.
async fn made(bench: &Bench, number: u64) {
    while bench.app().metrics.backups.get("made") < number {
        tokio::task::yield_now().await;
    }
    // It removes the oldest, and waits for the next day.
    bench.settle().await;
}

#[tokio::test]
async fn a_backup_that_fails_is_counted_and_tried_again_in_an_hour() {
    let mut bench = Bench::start().await;
    bench.backup_keep = 2;
    let folder = bench.data().join("backups");
    fs::write(&folder, "in the way").unwrap();
    bench.restart().await;
    bench.after(seconds(DAY)).await;
    while bench.app().metrics.backups.get("failed") < 1 {
        tokio::task::yield_now().await;
    }
    bench.settle().await;
    assert_eq!(bench.http.get(bench.url("/healthz")).send().await.unwrap().status().as_u16(), 200);
    fs::remove_file(&folder).unwrap();
    bench.after(seconds(3600)).await;
    made(&bench, 1).await;
}
