//! How a name is written in a command so that it is read back as it is, whatever characters it has.

use std::fmt::{self, Write};

/// What is read in place of a character that keyboards and Slack put where a plain one was meant; none if it is read as
/// it is. Formatting marks, control characters and invisible ones are read as nothing.
pub fn plain(c: char) -> Option<&'static str> {
    match c {
        ' ' => None,
        '“' | '”' | '„' | '‟' | '″' => Some("\""),
        '‘' | '’' | '‚' | '‛' | '′' => Some("'"),
        '\u{2010}'..='\u{2013}' | '\u{2212}' => Some("-"),
        '\u{2014}' | '\u{2015}' => Some("--"),
        '`'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => Some(""),
        c if c.is_whitespace() => Some(" "),
        c if c.is_control() => Some(""),
        _ => None,
    }
}

/// Whether a character joins others (in emoji and some scripts); it is read as nothing after an ASCII character.
pub fn joins(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether a backslash before the character makes it stand for itself; elsewhere a backslash is just that.
pub fn escapable(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_control()
}

/// Prints a text bare if a command reads it back as it is, else in quotes with backslashes where they are needed.
/// Control characters have no written form.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a>(pub &'a str);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let at_its_ends = text.is_empty() || text.starts_with('-') || text.ends_with(['.', '!']);
        if !at_its_ends && text.chars().all(stands_bare) {
            return f.write_str(text);
        }
        f.write_char('"')?;
        let mut previous = '"';
        for c in text.chars() {
            let lost = plain(c).is_some() || joins(c) && previous.is_ascii();
            if lost || matches!(c, '"' | '\\' | '<' | '>' | ';') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
            previous = c;
        }
        f.write_char('"')
    }
}

fn stands_bare(c: char) -> bool {
    let marks = "-_.*?/@+=~#%$^&()[]{}|!";
    c.is_alphanumeric() || marks.contains(c) || !c.is_ascii() && !joins(c) && plain(c).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_only_where_it_must_be() {
        for (text, written) in [
            ("jane/flowers", "jane/flowers"),
            ("*/lidar-*", "*/lidar-*"),
            ("花/🌷", "花/🌷"),
            ("wrong class", r#""wrong class""#),
            ("a,b", r#""a,b""#),
            ("-x", r#""-x""#),
            ("end.", r#""end.""#),
            ("5\" \\ 3", r#""5\" \\ 3""#),
            ("a—b", "\"a\\—b\""),
        ] {
            assert_eq!(Written(text).to_string(), written);
        }
    }
}
