//! Cuts a normalised command into words: spaces and commas between them, quotes and backslashes within.

use crate::model::word::escapable;
use std::ops::Range;

/// One word of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// Where it stands in the command.
    pub(super) range: Range<usize>,
    /// Whether a `-` stands in front.
    pub(super) exclude: bool,
    /// What stands before the first colon, in lower case, if it is all letters.
    pub(super) key: Option<String>,
    /// What stands after that colon, cut at commas, without empty ones.
    pub(super) values: Vec<String>,
    /// All of it without quotes, backslashes, trailing punctuation and the `-` in front.
    pub(super) text: String,
    /// Up to here `text` was quoted or kept by a backslash.
    kept: usize,
}

impl Word {
    fn push(&mut self, c: char) {
        self.text.push(c);
        if let Some(value) = self.values.last_mut() {
            value.push(c);
        }
    }

    fn keep(&mut self, c: char) {
        self.push(c);
        self.kept = self.text.len();
    }

    /// Whether nothing of it was quoted or kept by a backslash.
    pub(super) fn is_bare(&self) -> bool {
        self.kept == 0
    }

    /// Whether nothing was read since the word, its key or a comma in its values began.
    fn begins(&self) -> bool {
        self.values.last().unwrap_or(&self.text).is_empty()
    }

    fn could_be_key(&self) -> bool {
        let letters = self.text.bytes().all(|b| b.is_ascii_alphabetic());
        self.key.is_none() && self.kept == 0 && letters && !self.text.is_empty()
    }

    /// Takes off the punctuation of a sentence; gives nothing if nothing else was there.
    fn finished(mut self, end: usize) -> Option<Self> {
        self.range.end = end;
        while self.text.len() > self.kept && self.text.ends_with(['.', ';', '!']) {
            self.text.pop();
            self.values.last_mut().map(String::pop);
            self.range.end -= 1;
        }
        self.values.retain(|value| !value.is_empty());
        (!self.text.is_empty()).then_some(self)
    }
}

/// The words of a command, in order. Marks that stand alone are no words.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word::default();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let next = at + c.len_utf8();
        let rest = &text[next..];
        let last = rest.is_empty() || rest.starts_with(char::is_whitespace);
        if c.is_whitespace() || c == ',' && (last || word.key.is_none()) {
            words.extend(std::mem::take(&mut word).finished(at));
            word.range.start = next;
            at = next;
            continue;
        }
        at = next;
        match c {
            ',' => {
                word.text.push(c);
                word.values.push(String::new());
            }
            ':' if word.could_be_key() => {
                word.key = Some(word.text.to_ascii_lowercase());
                word.text.push(c);
                word.values.push(String::new());
            }
            '-' if word.text.is_empty() => word.exclude = true,
            '\\' => match rest.chars().next().filter(|c| escapable(*c)) {
                Some(escaped) => {
                    word.keep(escaped);
                    at += escaped.len_utf8();
                }
                None => word.push(c),
            },
            '"' | '\'' => match (c == '"' || word.begins()).then(|| closing(rest, c)).flatten() {
                Some(length) => {
                    unquoted(&rest[..length], |c| word.keep(c));
                    at += length + 1;
                }
                None => word.push(c),
            },
            c => word.push(c),
        }
    }
    words.extend(word.finished(text.len()));
    words
}

/// Where the quote that opened before `text` closes. A single one only closes at the end of a word: `it's` is none.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if c == '\\' {
            chars.next_if(|(_, next)| escapable(*next));
        } else if c == quote && (quote == '"' || next.is_none_or(|next| next == ',' || next.is_whitespace())) {
            return Some(at);
        }
    }
    None
}

fn unquoted(text: &str, mut keep: impl FnMut(char)) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = (c == '\\').then(|| chars.next_if(|next| escapable(*next))).flatten();
        keep(escaped.unwrap_or(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_split_at_spaces_and_commas_and_lose_punctuation() {
        assert_eq!(texts("a/b, c/d;  sample.created,sample.*. — !"), ["a/b", "c/d", "sample.created", "sample.*", "—"]);
        assert_eq!(texts("help ?"), ["help", "?"]);
        assert_eq!(texts(" - -- "), Vec::<String>::new());
    }

    #[test]
    fn quotes_and_backslashes_keep_what_they_hold() {
        assert_eq!(
            texts(r#""jane/my flowers." o'neil/x 'a b' "say \"hi\"" a\ b C:\dir 5"#),
            ["jane/my flowers.", "o'neil/x", "a b", "say \"hi\"", "a b", "C:\\dir", "5"]
        );
        assert_eq!(texts("5\" by"), ["5\"", "by"]);
    }

    #[test]
    fn a_key_has_values_between_commas() {
        let read = words(r#"-By:ann,"x, y",, text::tada: a.b:c"#);
        assert!(read[0].exclude && !read[1].exclude);
        assert_eq!(read[0].key.as_deref(), Some("by"));
        assert_eq!(read[0].values, ["ann", "x, y"]);
        assert_eq!((read[1].key.as_deref(), &*read[1].values), (Some("text"), &[":tada:".to_owned()][..]));
        assert_eq!(read[2].key, None);
    }
}
