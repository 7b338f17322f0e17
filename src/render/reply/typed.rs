//! What people typed or may type, in code marks and ready to copy: nothing formats there, so `*` and `_` stay as they are.

use crate::render::mrkdwn::{cut, escape};

/// Text in code marks that takes at most about `room` characters once it is escaped.
pub(super) fn code(text: &str, room: usize) -> String {
    // Looking at more than fits would be wasted on a huge text, and invisible characters take no room.
    let visible = text.chars().take(room * 2).filter(|c| !is_invisible(*c));
    let line: String = visible.map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c }).collect();
    let shown = cut(&escape(&line.replace('`', "ˋ")), room);
    if shown.trim().is_empty() { "` `".to_owned() } else { format!("`{shown}`") }
}

/// Characters that hide others or turn their direction; a joiner within an emoji is none.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_copied_as_it_stands() {
        let command = "/segments subscribe *_a/lidar-* sample.* text:\"~x~\"";
        assert_eq!(code(command, 200), format!("`{command}`"));
    }

    #[test]
    fn code_marks_cannot_be_left() {
        assert_eq!(code("a`b\n<!here>\u{202e}", 100), "`aˋb &lt;!here&gt;`");
        assert_eq!(code("\u{200b}", 100), "` `");
        assert_eq!(code(&"&".repeat(10_000), 12), "`&amp;&amp;…`");
    }
}
