//! Reads source files as far as the checks need it: code without comments and tests, items, and words.

/// One source file.
#[derive(Clone)]
pub(super) struct Source {
    /// The path below `src` or `tests`.
    pub(super) path: String,
    /// The text without comments and without the tests at its end.
    pub(super) code: String,
    /// The whole text.
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), code: code(text), text: text.to_owned() }
    }
}

/// An item at the top level of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Such as `struct`.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) is_public: bool,
}

/// Returns the text without comments and without the tests at its end.
pub(super) fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

/// The items that a file defines outside of functions and blocks, without `use` and `mod x;`.
pub(super) fn top_level_items(code: &str) -> Vec<Item> {
    let is_top = |line: &&str| line.starts_with(char::is_alphabetic);
    code.lines().filter(is_top).filter_map(item).collect()
}

/// The item that a line begins, if any.
pub(super) fn item(line: &str) -> Option<Item> {
    let line = line.trim();
    let (is_public, mut rest) = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with(' ') => (true, rest.trim_start()),
        Some(rest) if rest.starts_with('(') => (true, rest.split_once(") ")?.1),
        _ => (false, line),
    };
    loop {
        let (word, after) = rest.split_once(' ')?;
        let name: String = after.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        match word {
            "const" if name == "fn" => rest = after,
            "async" | "unsafe" => rest = after,
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" | "macro_rules!" => {
                return (!name.is_empty()).then(|| Item { kind: word.to_owned(), name, is_public });
            }
            _ => return None,
        }
    }
}

/// The parts of a list in braces whose opening brace was read already.
pub(super) fn branches(list: &str) -> Vec<&str> {
    let (mut branches, mut start, mut depth) = (Vec::new(), 0, 0);
    for (place, letter) in list.char_indices() {
        if depth == 0 && matches!(letter, ',' | '}') {
            branches.push(list[start..place].trim());
            start = place + 1;
        }
        match letter {
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            '{' => depth += 1,
            _ => {}
        }
    }
    branches
}

/// The words of the code.
pub(super) fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_with_their_visibility() {
        let text = "pub(crate) async fn f(a: u8) {}\nconst fn g() {}\npub const LIMIT: u8 = 1;\nstruct A<T>(T);\n\
                    macro_rules! m {\n    fn inner() {}\nimpl A {\nmod x;\nuse a::b;\n// fn no() {}\n";
        let items = top_level_items(&code(text));
        let items: Vec<_> = items.iter().map(|item| (item.is_public, &*item.kind, &*item.name)).collect();
        let expected = [
            (true, "fn", "f"),
            (false, "fn", "g"),
            (true, "const", "LIMIT"),
            (false, "struct", "A"),
            (false, "macro_rules!", "m"),
        ];
        assert_eq!(items, expected);
    }
}
