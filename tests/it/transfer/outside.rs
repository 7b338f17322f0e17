//! `export` and `import` as people run them, beside a server and without one.

use crate::harness::process::Outside;
use std::fs;

const HEAD: &str = "segments-slack export, version 1\n";

/// What `export` prints, without what is the same in every file.
async fn exported(outside: &Outside, arguments: &[&str]) -> String {
    let (code, text, errors) = outside.command(&[&["export"], arguments].concat()).await;
    assert_eq!((code, errors.as_str()), (0, ""));
    text.strip_prefix(HEAD).unwrap().split_once('\n').unwrap().1.to_owned()
}

/// Imports these lines below the first.
async fn imported(outside: &Outside, lines: &str, arguments: &[&str]) -> (i32, String, String) {
    let file = outside.folder().join("file.txt");
    fs::write(&file, format!("{HEAD}{lines}")).unwrap();
    outside.command(&[&["import", file.to_str().unwrap()], arguments].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_export_is_imported_into_a_running_server_at_once() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers issue.* digest:daily@09:00", "C1").await;
    outside.types("/segments mute jane/trees 2h", "C1").await;
    let whole = exported(&outside, &[]).await;
    let (lines, mute) = whole.split_once("# muted until ").unwrap();
    assert_eq!(
        lines,
        "\nworkspace T1\n\nchannel C1\ncreator U1\nzone Europe/Brussels\n\
         subscribe jane/flowers issue.* digest:daily@09:00\n"
    );
    assert!(mute.ends_with(" by U1: jane/trees\n"), "{mute}");

    let changed = whole.replace("issue.* digest", "sample.* digest")
        + "\n\nchannel C2\ncreator U1\njane/flowers sample.* batch:off\n";
    let dry = imported(&outside, &changed, &["--dry-run"]).await;
    let expected = "\
T1 C1: 0 new, 1 changed, 0 unchanged
  ~ jane/flowers issue.* sample.* digest:daily@09:00
    was: jane/flowers issue.* digest:daily@09:00
T1 C2: 1 new, 0 changed, 0 unchanged
  + jane/flowers sample.* batch:off
dry run: would add 1 and change 1; nothing was changed
";
    assert_eq!(dry, (0, expected.to_owned(), String::new()));
    assert_eq!(exported(&outside, &[]).await, whole);
    let (code, told, errors) = imported(&outside, &changed, &[]).await;
    assert!(code == 0 && told.ends_with("added 1, changed 1\n"), "{told}{errors}");
    server.sample_created("jane/flowers", "rose.png").await;
    outside.until("a card in C2", || outside.saying("C2", "rose.png").len() == 1).await;
    let only = exported(&outside, &["--channel", "C2"]).await;
    assert_eq!(only, "\nworkspace T1\n\nchannel C2\ncreator U1\nsubscribe jane/flowers sample.* batch:off\n");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_imports_all_and_a_second_import_is_a_no_op() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers", "C1").await;
    server.stop().await;
    let lines = "workspace T1\nperson U1 is ann\nchannel C3\ncreator U1\n* label.rejected mention:<@U1>\n";
    let (code, told, errors) = imported(&outside, lines, &[]).await;
    assert_eq!((code, errors.as_str()), (0, ""));
    let expected = "\
T1 user mappings: 1 new, 0 changed, 0 unchanged
  + person U1 is ann
T1 C3: 1 new, 0 changed, 0 unchanged
  + * label.rejected mention:<@U1>
added 2, changed 0
";
    assert_eq!(told, expected);
    let (_, told, _) = imported(&outside, lines, &[]).await;
    assert!(told.ends_with("added 0, changed 0\n"), "{told}");
    let whole = exported(&outside, &["--workspace", "T1"]).await;
    assert!(whole.starts_with("\nworkspace T1\n\nperson U1 is ann\n\nchannel C1\n"), "{whole}");
    assert!(whole.ends_with("\nchannel C3\ncreator U1\nsubscribe * label.rejected mention:<@U1>\n"), "{whole}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_told_with_its_line_and_nothing_is_changed() {
    let outside = Outside::start(1).await;
    let mut server = Some(outside.boot_ready().await);
    outside.types("/segments subscribe jane/flowers", "C1").await;
    let lines = "workspace T1\nchannel C2\ncreator U1\njane/ok\njane/x sampel.created \u{1b}[2J\n\
                 jane/y sample -sample\nworkspace T9\nchannel C1\n";
    for _ in ["beside a server", "without one"] {
        let (code, told, errors) = imported(&outside, lines, &[]).await;
        assert_eq!(code, 1);
        assert!(told.starts_with("line 6: `sampel.created` is not an event. "), "{told}");
        assert!(!told.contains('\u{1b}'));
        assert!(errors.contains("(see above): 1"), "{errors}");
        // What the store has to be asked about is told when everything can be read.
        let (code, told, _) = imported(&outside, &lines.replace(" sampel.created \u{1b}[2J", ""), &[]).await;
        let expected = [
            "line 7: this leaves `jane/y` without any event: all that it selects is excluded",
            "line 8: nothing is kept of workspace `T9`; start the server for it first",
        ];
        assert_eq!((code, told.lines().collect::<Vec<_>>()), (1, expected.to_vec()));
        let (code, _, errors) = outside.command(&["export", "--channel", "C2"]).await;
        assert!(code == 1 && errors.contains("channel `C2` has no subscription"), "{errors}");
        if let Some(server) = server.take() {
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_ours_is_refused() {
    let outside = Outside::start(1).await;
    outside.boot_ready().await.stop().await;
    let file = outside.folder().join("file.txt");
    let path = file.to_str().unwrap();
    let (code, _, errors) = outside.command(&["import", path]).await;
    assert!(code == 1 && errors.contains("could not read `"), "{errors}");
    fs::write(&file, [0xff, 0xfe, 0]).unwrap();
    let (code, _, errors) = outside.command(&["import", path]).await;
    assert!(code == 1 && errors.contains("UTF-8"), "{errors}");
    fs::write(&file, "{}").unwrap();
    let (code, told, _) = outside.command(&["import", path]).await;
    assert!(code == 1 && told.starts_with("line 1: this is not an export file"), "{told}");
    fs::write(&file, "x".repeat(16 * 1024 * 1024 + 1)).unwrap();
    let (code, _, errors) = outside.command(&["import", path]).await;
    assert!(code == 1 && errors.contains("larger than 16777216 bytes"), "{errors}");
}
