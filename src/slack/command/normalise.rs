//! What people meant to type: undoes what Slack and keyboards make of it.

use crate::model::word::{escapable, joins, plain};

/// Straightens quotes, dashes and spaces, drops invisible characters, unescapes `&amp; &lt; &gt;` and reads Slack's
/// `<…>` tokens. A backslash keeps the character after it. Doing it twice changes nothing more.
pub fn normalise(text: &str) -> String {
    let mut text = text.trim().to_owned();
    loop {
        // Every change but that of a tab or line break to a space makes the text shorter, so this ends.
        let next = read_tokens(&unescape(&straighten(&text)));
        if next.trim() == text {
            return text;
        }
        next.trim().clone_into(&mut text);
    }
}

fn straighten(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.push(c);
            out.extend(chars.next_if(|next| escapable(*next)));
        } else if let Some(plain) = plain(c) {
            out.push_str(plain);
        } else if !joins(c) || out.chars().next_back().is_some_and(|previous| !previous.is_ascii()) {
            out.push(c);
        }
    }
    out
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let known = [("amp;", '&'), ("lt;", '<'), ("gt;", '>')].into_iter().find(|(name, _)| rest.starts_with(name));
        let (name, c) = known.unwrap_or(("", '&'));
        out.push(c);
        rest = &rest[name.len()..];
    }
    out + rest
}

/// Reads `<…>` tokens; what is none stays as it is.
fn read_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = position(rest, '<') {
        let Some(length) = position(&rest[open..], '>') else { break };
        let (before, token) = rest[..=open + length].split_at(open);
        out.push_str(before);
        out.push_str(&read_token(&token[1..length]).unwrap_or_else(|| token.to_owned()));
        rest = &rest[open + length + 1..];
    }
    out + rest
}

/// What stands between the angle brackets, as it was typed or in its shortest form.
fn read_token(inside: &str) -> Option<String> {
    if inside.contains('<') {
        return None;
    }
    let (target, label) = inside.split_once('|').unwrap_or((inside, ""));
    if target.starts_with("@U") || target.starts_with("@W") || target.starts_with("!subteam^S") {
        return Some(format!("<{target}>"));
    }
    if target.starts_with("#C") && !label.is_empty() {
        return Some(format!("#{label}"));
    }
    if let Some(address) = target.strip_prefix("mailto:") {
        return Some(address.to_owned());
    }
    let bare = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://"))?;
    // Slack makes a link of a bare `example.com`, and labels it with what was typed.
    Some(if label == bare { label } else { target }.to_owned())
}

/// Where a character stands that no backslash keeps.
fn position(text: &str, wanted: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next_if(|(_, next)| escapable(*next));
        } else if c == wanted {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_slack_and_keyboards_rewrite_is_read_as_it_was_meant() {
        for (typed, meant) in [
            ("text:“wrong class”", r#"text:"wrong class""#),
            ("by:‘ann’", "by:'ann'"),
            ("issue.* –issue.edited", "issue.* -issue.edited"),
            ("issue.* —issue.edited", "issue.* --issue.edited"),
            ("jane/flowers\u{a0}sample.*\n", "jane/flowers sample.*"),
            ("ja\u{200b}ne/\u{202e}flowers", "jane/flowers"),
            ("<https://app.segments.ai/jane/flowers|link>", "https://app.segments.ai/jane/flowers"),
            ("<https://segments.ai/jane/a?x=1&amp;y=2>", "https://segments.ai/jane/a?x=1&y=2"),
            ("text:<http://example.com|example.com>", "text:example.com"),
            ("by:<mailto:ann@example.com|ann@example.com>", "by:ann@example.com"),
            ("mention:<@U123|ann>", "mention:<@U123>"),
            ("mention:<!subteam^S1|@group>", "mention:<!subteam^S1>"),
            ("edit <#C12|3>", "edit #3"),
            ("<#C12|>", "<#C12|>"),
            ("a &lt; b &amp;&amp; c", "a < b && c"),
            ("`jane/flowers` :tada:", "jane/flowers :tada:"),
            ("\"a\\—b\"", "\"a\\—b\""),
            ("jane/👩\u{200d}🌾", "jane/👩\u{200d}🌾"),
        ] {
            assert_eq!(normalise(typed), meant, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing_more(text in r"([<>&|;@#!\\a-cU—“ ]|amp;|lt;|gt;|<https://|<@U|\PC){0,60}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
