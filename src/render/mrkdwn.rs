//! Slack's mrkdwn: what makes text from outside safe in it, and the few tokens that we write ourselves.
//!
//! Slack knows escapes for `&`, `<` and `>` only; a backslash shows as itself, and zero-width characters beside a
//! delimiter do not stop it reliably. What does is not writing the delimiter: `plain` puts a look-alike in its place
//! wherever it could format. An underscore between ASCII letters or digits never formats, so `sample_0042` stays as
//! it is and can be copied. Bare addresses and `@here` stay text because every block of ours is `verbatim` (see
//! [`super::block_kit`]) and because Slack looks for names in `text` only when asked to.

use jiff::Timestamp;
use unicode_segmentation::UnicodeSegmentation;

/// More lines than this of a quote are left to the page it came from.
const QUOTED_LINES: usize = 20;
/// A longer grapheme than this many characters may be cut in two.
const LONGEST_GRAPHEME: usize = 40;

/// Writes `&`, `<` and `>` so that Slack shows them.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        push_escaped(&mut escaped, character);
    }
    escaped
}

/// Safe mrkdwn as the text that is read.
pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// A name from outside on one line: no formatting, no token, no emoji, no invisible or direction-changing character.
/// Empty if nothing visible is in it.
pub fn name(text: &str, limit: usize) -> String {
    cut(plain(&one_line(text, limit)).trim(), limit)
}

/// Text from outside as a block quote: every line stands behind our own `>`, and nothing in it formats. Blank lines
/// and what is beyond twenty lines are left out.
pub fn quote(text: &str, limit: usize) -> String {
    let taken: String =
        text.trim_start().chars().take(taken(limit)).map(|c| if is_break(c) { '\n' } else { c }).collect();
    let mut lines = taken.split('\n').map(|line| plain(line.trim())).filter(|line| !line.is_empty());
    let mut quoted = lines.by_ref().take(QUOTED_LINES).map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
    if lines.next().is_some() {
        quoted.push_str("\n> …");
    }
    let shown = cut(&quoted, limit);
    // A cut right behind a mark took the space that makes it one.
    match shown.strip_suffix("\n>…") {
        Some(before) if units(&shown) < limit => format!("{before}\n> …"),
        Some(before) => format!("{before}…"),
        None => shown,
    }
}

/// Text from outside as inline code, on one line; only its backticks change, so that a command can be copied.
pub fn code(text: &str, limit: usize) -> String {
    let line = escape(visible(&one_line(text, limit)).trim()).replace('`', "ˋ");
    let shown = cut(&line, limit.saturating_sub(2));
    if shown.is_empty() { shown } else { format!("`{shown}`") }
}

/// A link with a label that is mrkdwn already.
pub fn link(url: &str, label: &str) -> String {
    let address = escape(url).replace('|', "%7C");
    format!("<{address}|{label}>")
}

/// A point in time in the viewer's zone, such as "today at 9:14 AM"; in UTC where Slack cannot say it.
pub fn date(at: Timestamp) -> String {
    let fallback = at.strftime("%Y-%m-%d %H:%M UTC");
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{fallback}>", at.as_second())
}

/// Cuts mrkdwn to a length as Slack may count it at worst: UTF-16 units, escapes written out. Never inside an escape,
/// a `<…>` token or (where one fits) a grapheme; what was cut ends in "…".
pub fn cut(text: &str, limit: usize) -> String {
    if units(text) <= limit {
        return text.to_owned();
    }
    let mut room = limit.saturating_sub(1);
    let mut end = 0;
    while let Some(piece) = next_piece(&text[end..], room) {
        room -= units(piece);
        end += piece.len();
    }
    let ellipsis = if limit > 0 { "…" } else { "" };
    format!("{}{ellipsis}", text[..end].trim_end())
}

/// A text's length in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The next indivisible piece of mrkdwn, if it fits into the room left.
fn next_piece(rest: &str, room: usize) -> Option<&str> {
    let whole = match rest.as_bytes().first()? {
        b'<' => rest.find('>').map_or(rest, |end| &rest[..=end]),
        b'&' => ["&amp;", "&lt;", "&gt;"].into_iter().find(|escape| rest.starts_with(escape)).unwrap_or("&"),
        _ => {
            // A grapheme has no upper length, and may reach over what follows: look at a short stretch only.
            let far = |(count, (_, c)): &(usize, (usize, char))| *count >= LONGEST_GRAPHEME || matches!(c, '<' | '&');
            let end = rest.char_indices().enumerate().skip(1).find(far).map_or(rest.len(), |(_, (at, _))| at);
            rest[..end].graphemes(true).next()?
        }
    };
    (units(whole) <= room).then_some(whole)
}

/// The beginning of a text with every break and run of blanks as one blank.
fn one_line(text: &str, limit: usize) -> String {
    let characters = text.trim_start().chars().take(taken(limit));
    let line: String = characters.map(|c| if is_break(c) { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many characters of a text are looked at for so many shown: some may be dropped, but not without end.
const fn taken(limit: usize) -> usize {
    limit.saturating_mul(2).saturating_add(64)
}

/// One line without formatting, tokens, emoji codes and invisible characters: escaped, not cut.
fn plain(line: &str) -> String {
    let visible = visible(line);
    let mut out = String::with_capacity(visible.len());
    let mut previous: Option<char> = None;
    for (at, character) in visible.char_indices() {
        let rest = &visible[at + character.len_utf8()..];
        let within = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let shown = match character {
            '*' => '∗',
            '~' => '∼',
            '`' => 'ˋ',
            '_' if !(within(previous) && within(rest.chars().next())) => 'ˍ',
            ':' if starts_emoji(rest) => '∶',
            '>' if previous.is_none() => '›',
            other => other,
        };
        push_escaped(&mut out, shown);
        previous = Some(character);
    }
    out
}

/// Whether `:` before this text opens an emoji code such as `:tada:`; no code is longer than 100 characters.
fn starts_emoji(rest: &str) -> bool {
    let code =
        rest.bytes().take(101).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'\''));
    let length = code.count();
    length > 0 && rest.as_bytes().get(length) == Some(&b':')
}

/// The text without control, zero-width and bidirectional control characters. A joiner stays between two characters
/// beyond ASCII, where it shapes emoji and scripts.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut previous = ' ';
    while let Some(character) = characters.next() {
        let joins = matches!(character, '\u{200C}' | '\u{200D}')
            && !previous.is_ascii()
            && characters.peek().is_some_and(|next| !next.is_ascii() && !is_invisible(*next));
        if joins || !is_invisible(character) {
            out.push(character);
            previous = if joins { ' ' } else { character };
        }
    }
    out
}

fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\t' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn push_escaped(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_is_cut_behind_a_mark_keeps_the_mark() {
        let quoted = |limit| quote("one\ntwo two two", limit);
        for limit in 4..20 {
            let shown = quoted(limit);
            assert!(units(&shown) <= limit, "{limit}: {shown:?}");
            assert!(shown.split('\n').all(|line| line.starts_with("> ") || line == ">…"), "{limit}: {shown:?}");
            assert!(!shown.ends_with("\n>…"), "{limit}: {shown:?}");
        }
    }

    #[test]
    fn a_name_cannot_format_mention_or_link() {
        assert_eq!(name("<!channel> & <@U1>", 100), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        assert_eq!(name("*bold* ~struck~ _italic_ `code`", 100), "∗bold∗ ∼struck∼ ˍitalicˍ ˋcodeˋ");
        assert_eq!(name("party :tada: at 9:14", 100), "party ∶tada: at 9:14");
        assert_eq!(name("> quoted", 100), "› quoted");
    }

    #[test]
    fn an_ordinary_file_name_stays_exactly_as_it_is() {
        for ordinary in ["sample_0042.png", "scene-0061", "Größe 3 (Kopie).jpg", "日本語.png", "👩‍🔬 lab.png"]
        {
            assert_eq!(name(ordinary, 100), ordinary);
        }
    }

    #[test]
    fn a_name_stays_on_one_line_and_in_its_direction() {
        assert_eq!(name("a\r\nb\tc\u{202E}gnp\u{200B}.exe", 100), "a b cgnp.exe");
        assert_eq!(name("ad\u{200D}min", 100), "admin");
        assert_eq!(name("\u{200B}\u{2066}\n", 100), "");
    }

    #[test]
    fn a_cut_keeps_escapes_tokens_and_graphemes_whole() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("a&amp;bcd", 6), "a…");
        assert_eq!(cut("a <https://x.y|label> b", 12), "a…");
        assert_eq!(cut("👩‍🔬👩‍🔬", 9), "👩‍🔬…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn a_grapheme_without_end_is_cut_all_the_same() {
        let zalgo = format!("a{}", "\u{301}".repeat(50_000));
        assert!(units(&name(&zalgo, 50)) <= 50);
    }

    #[test]
    fn a_quote_holds_every_line() {
        assert_eq!(quote("one\n\n\n> two\r\n```three", 100), "> one\n> › two\n> ˋˋˋthree");
        assert_eq!(quote("\n \n", 100), "");
        assert_eq!(quote(&"x\n".repeat(30), 1_000).lines().count(), 21);
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a`b", 100), "`aˋb`");
        assert_eq!(code("/segments subscribe a/b sample.*", 100), "`/segments subscribe a/b sample.*`");
        assert_eq!(code("", 100), "");
    }

    #[test]
    fn a_link_cannot_be_left_through_its_address() {
        assert_eq!(link("https://x.y/?a=1&b=<|>", "x"), "<https://x.y/?a=1&amp;b=&lt;%7C&gt;|x>");
    }

    #[test]
    fn a_date_is_in_the_viewers_zone() {
        let at = "2026-11-20T09:14:27Z".parse().unwrap();
        assert_eq!(date(at), "<!date^1795166067^{date_short_pretty} {time}|2026-11-20 09:14 UTC>");
    }
}
