//! The whole text of every problem that a configuration can have.

use super::{CLIENT, Desk};
use segments_slack::config::setting;
use std::fmt::Write as _;

/// Adds the problems of a desk to a report, with its folder replaced.
fn report_problems(report: &mut String, title: &str, desk: Desk) {
    let folder = desk.folder.path().to_str().unwrap().to_owned();
    let problems = desk.problems().join("\n");
    writeln!(report, "# {title}\n{}\n", problems.replace(&folder, "/folder")).unwrap();
}

#[test]
fn every_problem_reads_like_this() {
    let mut report = String::new();
    let mut add = |title: &str, desk: Desk| report_problems(&mut report, title, desk);
    add("nothing is set", Desk::bare());
    let without = |name: &str| Desk::with_secrets().without(name);
    add("no public URL and no client secret", Desk::with_secrets().environment(CLIENT[0].0, CLIENT[0].1));
    let many = CLIENT.into_iter().fold(Desk::with_secrets(), |desk, (name, value)| desk.environment(name, value));
    add("a webhook secret without a bot token", many.without("SLACK_BOT_TOKEN"));
    add("an unknown variable", Desk::with_secrets().environment("SEGMENTS_SLACK_STOER", "sled:./data"));
    add("a variable like no other", Desk::with_secrets().environment("SEGMENTS_SLACK_X", "1"));
    add("a value", Desk::with_secrets().environment("SEGMENTS_SLACK_LISTEN", "nowhere"));
    add("a value that may be a password", Desk::with_secrets().environment("SEGMENTS_SLACK_STORE", "x://jane:a@b"));
    for (name, value) in [
        ("SLACK_SIGNING_SECRET", "two words"),
        ("SLACK_BOT_TOKEN", "xoxp-a-persons-token"),
        ("SLACK_APP_TOKEN", "xoxb-a-bots-token"),
        ("SEGMENTS_WEBHOOK_SECRET", "whsec_!!"),
        ("SEGMENTS_WEBHOOK_SECRET", "YQ==,Yg==,Yw=="),
        ("SEGMENTS_API_KEY", "two words"),
        ("SEGMENTS_SLACK_KEY", "AAAA"),
        ("SLACK_CLIENT_ID", "a client"),
        ("SEGMENTS_SLACK_REPLY", "yes"),
        ("SEGMENTS_SLACK_BACKUP_KEEP", "1001"),
    ] {
        add(name, without(name).environment(name, value));
    }
    add("a secret that is set twice", Desk::with_secrets().environment("SLACK_BOT_TOKEN_FILE", "/run/token"));
    add("a secret in the file", Desk::with_secrets().toml("slack_bot_token = \"xoxb-in-the-file\""));
    add("an unknown key", Desk::with_secrets().toml("colour = \"red\""));
    add("a value of a wrong type", Desk::with_secrets().toml("listen = true"));
    add("a file that is not TOML", Desk::with_secrets().toml("listen"));
    add("a missing file", Desk::with_secrets().environment("SEGMENTS_SLACK_CONFIG", "/nowhere.toml"));
    for (title, name, mode) in [("a public secret", "token", 0o644), ("a folder as a secret", ".", 0o700)] {
        let desk = without("SLACK_BOT_TOKEN");
        let path = if name == "." { desk.folder.path().to_owned() } else { desk.file(name, "xoxb-1", mode) };
        add(title, desk.environment("SLACK_BOT_TOKEN_FILE", path.to_str().unwrap()));
    }
    let desk = Desk::with_secrets();
    let path = desk.file("key", "AAAA", 0o640);
    add("a key that a group can read", desk.flag(&setting::KEY, path.to_str().unwrap()));
    insta::assert_snapshot!(report);
}
