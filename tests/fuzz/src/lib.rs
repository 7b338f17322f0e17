//! What reads texts of strangers, tried with any bytes: nothing panics, and what is taken is taken the same again. The
//! tests play the corpus through it; the fuzzer looks for more.

use jiff::Timestamp;
use segments_slack::app::subscriptions::export_file;
use segments_slack::config::{ConfigSources, UncheckedSettings, setting};
use segments_slack::routing::derive::derive;
use segments_slack::segments::decode::{Decoded, decode};
use segments_slack::slack::command::{Command, parse, read_lines};
use std::io::Write;

/// What follows `/segments`, and what is pasted after `import`.
pub fn command(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(command) = parse(&text) {
        let printed = command.to_string();
        let again = parse(&printed).unwrap_or_else(|error| panic!("{text:?} is printed as {printed:?}: {error:?}"));
        assert!(matches!(command, Command::Import(_)) || again == command, "{text:?} is printed as {printed:?}");
    }
    let _ = read_lines(&text);
}

/// The body of a webhook, once its signature was right.
pub fn webhook(bytes: &[u8]) {
    if let Ok(Decoded::Event(event)) = decode(bytes, Timestamp::UNIX_EPOCH) {
        let (news, state) = derive(*event, None, None);
        // The same again is no change.
        let (again, _) = derive(news.event.clone(), state.as_ref(), None);
        assert!(again.changes.is_empty(), "{:?}", again.changes);
    }
}

/// A configuration file.
pub fn config(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("there is room for a file");
    file.write_all(bytes).expect("there is room for a file");
    let path = file.path().to_str().expect("a temporary name is text").to_owned();
    let flags = vec![(&setting::CONFIG, path)];
    let settings =
        || UncheckedSettings::gather(ConfigSources { flags: flags.clone(), environment: Vec::new(), terminal: false });
    let _ = settings().list();
    if let Err(problems) = settings().config() {
        assert!(!problems.to_string().is_empty(), "it says what is wrong");
    }
}

/// A file that `export` might have written.
pub fn import(bytes: &[u8]) {
    if let Err(mistakes) = export_file::check(&String::from_utf8_lossy(bytes)) {
        assert!(!mistakes.first.is_empty(), "it says what is wrong");
    }
}
