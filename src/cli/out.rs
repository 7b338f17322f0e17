//! Terminal output: results on standard output, errors on standard error.

use super::failure::Failure;
use std::error::Error;
use std::io::{ErrorKind, Write};

/// Prints a result and a line break to standard output.
///
/// A reader that stops early (`| head`) is not an error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Makes untrusted text safe for a terminal and cuts it to `max_chars` characters.
///
/// Control characters and characters that change the text direction become `·`.
pub(super) fn plain(text: &str, max_chars: usize) -> String {
    let odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().take(max_chars).map(|letter| if odd(letter) { '·' } else { letter }).collect()
}

/// Prints an error and its causes to standard error.
pub(super) fn print_error(error: &dyn Error) {
    // If standard error is closed, there is no other place to report that.
    let _ = writeln!(std::io::stderr().lock(), "error: {}", chain(error));
}

/// Formats an error followed by its causes, separated by colons.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
