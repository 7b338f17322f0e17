//! The one door to the terminal: answers on standard output, complaints on standard error.

use super::failure::Failure;
use std::error::Error;
use std::io::{ErrorKind, Write};

/// Prints one answer; whoever stops reading early (`| head`) has what they wanted.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// A text from outside that says nothing to a terminal, at most so many letters long.
pub(super) fn plain(text: &str, most: usize) -> String {
    let odd = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().take(most).map(|letter| if odd(letter) { '·' } else { letter }).collect()
}

/// Prints an error with everything that led to it.
pub(super) fn complain(error: &dyn Error) {
    // There is nowhere left to tell that standard error is gone.
    let _ = writeln!(std::io::stderr().lock(), "error: {}", chain(error));
}

/// An error with everything that led to it.
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
