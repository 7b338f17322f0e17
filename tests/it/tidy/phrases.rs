//! Finds phrases and sentences that are hard to read, in the texts of the program and in its documentation.

/// Phrases that plain English has other words for.
const BANNED: [&str; 21] = [
    "whoever",
    "whatever",
    "so many",
    "so long",
    "of late",
    "anew",
    "for ever",
    "meanwhile",
    "that holds",
    "what comes of",
    "what came of",
    "is told",
    "are told",
    "goes on",
    "comes to rest",
    "no more of that",
    "mend",
    "mended",
    "what became of",
    "somebody",
    "not yet said",
];

/// The most words in a sentence.
const MAX_SENTENCE_WORDS: usize = 30;

/// Banned phrases in the string literals of a source file.
pub(super) fn banned_in_literals(code: &str) -> Vec<String> {
    literals(code).iter().flat_map(|literal| banned(literal)).collect()
}

/// Banned phrases in a text, each as often as it is there.
pub(super) fn banned(text: &str) -> Vec<String> {
    let words: Vec<String> = words(text).map(str::to_lowercase).collect();
    let found = |phrase: &&str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).filter(|window| *window == phrase).count()
    };
    BANNED.iter().flat_map(|phrase| vec![(*phrase).to_owned(); found(phrase)]).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-' | '\'')));
    words.filter(|word| !word.is_empty())
}

/// The string literals of code without comments at the beginning of lines.
fn literals(code: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), code);
    while let Some(place) = rest.find(['"', '\'', '/', 'r']) {
        let from = &rest[place..];
        let is_after_word = rest[..place].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let raw = from.strip_prefix('r').map(|raw| (raw.len(), raw.trim_start_matches('#')));
        let raw = raw.filter(|(_, text)| text.starts_with('"') && !is_after_word);
        if let Some((length, text)) = raw {
            let end = format!("\"{}", "#".repeat(length - text.len()));
            let (literal, after) = text[1..].split_once(&end).unwrap_or((&text[1..], ""));
            found.push(literal.to_owned());
            rest = after;
        } else if let Some(text) = from.strip_prefix('"') {
            let mut is_escaped = false;
            let ends = |letter: char| {
                let was_escaped = is_escaped;
                is_escaped = letter == '\\' && !was_escaped;
                letter == '"' && !was_escaped
            };
            let end = text.find(ends).unwrap_or(text.len());
            found.push(unescaped(&text[..end]));
            rest = text.get(end + 1..).unwrap_or_default();
        } else if from.starts_with("//") {
            rest = from.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(escaped) = from.strip_prefix("'\\") {
            rest = escaped.get(1..).and_then(|text| text.split_once('\'')).map_or("", |(_, after)| after);
        } else if from.starts_with('\'') && from.chars().nth(2) == Some('\'') {
            rest = &from[from.char_indices().nth(3).map_or(from.len(), |(place, _)| place)..];
        } else {
            rest = &from[1..];
        }
    }
    found
}

/// A literal as it is read: a line that is continued has no break and no indentation.
fn unescaped(literal: &str) -> String {
    let mut lines = literal.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let joined = lines.fold(first, |text, line| text + line.trim_start());
    joined.replace("\\n", "\n").replace("\\\"", "\"")
}

/// The first words of sentences of a Markdown text that are too long, each with its number of words.
pub(super) fn long_sentences(markdown: &str) -> Vec<String> {
    let long = |sentence: &String| words(sentence).count() > MAX_SENTENCE_WORDS;
    let sentences = paragraphs(markdown).into_iter().flat_map(|paragraph| sentences(&paragraph)).filter(long);
    let shown = |sentence: String| {
        let start: Vec<&str> = sentence.split_whitespace().take(6).collect();
        format!("{} … ({} words)", start.join(" "), words(&sentence).count())
    };
    sentences.map(shown).collect()
}

/// The paragraphs, list items and table cells of a Markdown text, without its code and the addresses of links.
fn paragraphs(markdown: &str) -> Vec<String> {
    let (mut found, mut is_code) = (vec![String::new()], false);
    for line in markdown.lines().map(str::trim) {
        if line.starts_with("```") {
            is_code = !is_code;
            found.push(String::new());
        } else if is_code {
            // Code is not read.
        } else if line.starts_with('|') {
            found.extend(line.split('|').map(str::to_owned));
            found.push(String::new());
        } else {
            let number = line.split_once(". ").is_some_and(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()));
            let is_item = number || line.starts_with("- ") || line.starts_with("* ") || line.starts_with('#');
            if line.is_empty() || is_item {
                found.push(String::new());
            }
            let paragraph = found.last_mut().expect("there is a first one");
            paragraph.push_str(line);
            paragraph.push(' ');
            if line.starts_with('#') {
                found.push(String::new());
            }
        }
    }
    found.iter().map(|paragraph| without_addresses(paragraph)).collect()
}

/// `[words](address)` without the address, and code as one word each.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("](");
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without.push_str(part.split_once(')').map_or("", |(_, after)| after));
    }
    let spans = without.split('`').enumerate();
    spans.map(|(place, span)| if place % 2 == 1 { "code" } else { span }).collect()
}

fn sentences(paragraph: &str) -> Vec<String> {
    let (mut found, mut sentence) = (Vec::new(), String::new());
    for word in paragraph.split_inclusive(char::is_whitespace) {
        sentence.push_str(word);
        let bare = word.trim().trim_end_matches(['"', ')', '*', '_', '”']);
        if bare.ends_with(['.', '!', '?']) {
            found.push(std::mem::take(&mut sentence));
        }
    }
    found.push(sentence);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_phrases_are_found_as_whole_words_in_literals_only() {
        let code = "let whoever = \"Tell WHOEVER runs it.\"; // \"whatever\"\nlet c = '\"'; let d = '\\''; f::<'a>();\n\
                    let text = \"it is \\\n    told \\\" yes\"; let r = r#\"amend \"anew\" renew\"#;";
        assert_eq!(banned_in_literals(code), ["whoever", "is told", "anew"]);
        assert_eq!(banned_in_literals("let attr = b\"for ever\"; attr\"x\""), ["for ever"]);
    }

    #[test]
    fn long_sentences_are_found_but_not_in_code() {
        let words = |count| "word ".repeat(count);
        let text = |count| format!("# Head\n{}\nends here. Next `a b c d`.\n\n", words(count));
        assert_eq!(long_sentences(&text(28)), [""; 0]);
        assert_eq!(long_sentences(&text(29)), ["word word word word word word … (31 words)"]);
        assert_eq!(long_sentences(&format!("- {}\n- {}", words(20), words(20))), [""; 0]);
        assert_eq!(long_sentences(&format!("1. {}", words(31))).len(), 1);
        assert_eq!(long_sentences(&format!("```sh\n{}\n```\n| {} | {} |", words(40), words(20), words(20))), [""; 0]);
        assert_eq!(long_sentences(&format!("{} [one]({})", words(29), words(9))), [""; 0]);
    }
}
