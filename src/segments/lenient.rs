//! Reading JSON that may hold anything anywhere: what is not as expected is absent, never an error.
//!
//! Values are passed around as their own text, borrowed from the body; nothing is copied or built that nobody asked
//! for. A value is skipped without recursion, so each level that is looked into costs one pass over its bytes.

use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer as _, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use unicode_segmentation::GraphemeCursor;

/// The longest name, id or status kept, in characters.
pub(super) const MAX_NAME_LENGTH: usize = 500;

/// Gives every entry of an object, repeated keys too. Fails where the text is not an object, or not JSON.
pub(super) fn each_entry<'a>(json: &'a str, see: impl FnMut(&str, &'a str)) -> Result<(), serde_json::Error> {
    struct Entries<F>(F);

    impl<'a, F: FnMut(&str, &'a str)> Visitor<'a> for Entries<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key_seed(Text)? {
                self.0(&key, map.next_value::<&RawValue>()?.get());
            }
            Ok(())
        }
    }

    let mut deserializer = Deserializer::from_str(json);
    deserializer.deserialize_map(Entries(see))?;
    deserializer.end()
}

/// Gives every element of a list, and whether it was one.
pub(super) fn each_element<'a>(json: &'a str, see: impl FnMut(&'a str)) -> bool {
    struct Elements<F>(F);

    impl<'a, F: FnMut(&'a str)> Visitor<'a> for Elements<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'a>>(mut self, mut list: A) -> Result<(), A::Error> {
            while let Some(element) = list.next_element::<&RawValue>()? {
                self.0(element.get());
            }
            Ok(())
        }
    }

    Deserializer::from_str(json).deserialize_seq(Elements(see)).is_ok()
}

/// The values of the named fields, the last of a repeated one; all absent where the text is not an object.
pub(super) fn fields<'a, const N: usize>(json: &'a str, names: [&str; N]) -> [Option<&'a str>; N] {
    let mut found = [None; N];
    let read = each_entry(json, |key, value| {
        if let Some(place) = names.iter().position(|name| *name == key) {
            found[place] = Some(value);
        }
    });
    if read.is_ok() { found } else { [None; N] }
}

/// One field of what may be an object.
pub(super) fn field<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let [value] = fields(json, [name]);
    value
}

/// A string, whole. Halves of surrogate pairs become replacement characters.
pub(super) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    Text.deserialize(&mut Deserializer::from_str(json)).ok()
}

/// A string of at most so many characters, cut between two of what people take for one.
pub(super) fn text(json: Option<&str>, longest: usize) -> Option<String> {
    string(json?).map(|text| cut(&text, longest).to_owned())
}

/// A name, an id, a status.
pub(super) fn name(json: Option<&str>) -> Option<String> {
    text(json, MAX_NAME_LENGTH)
}

/// A time with its offset.
pub(super) fn time(json: Option<&str>) -> Option<Timestamp> {
    string(json?)?.parse().ok()
}

/// A yes or no.
pub(super) fn flag(json: Option<&str>) -> Option<bool> {
    json?.trim_matches('"').parse().ok()
}

/// A finite number, also in quotes.
pub(super) fn number(json: Option<&str>) -> Option<f64> {
    json?.trim_matches('"').parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number, also in quotes or with a fraction, which is dropped.
pub(super) fn integer(json: Option<&str>) -> Option<i64> {
    /// Up to here every whole number has its own float.
    const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked; the fraction is meant to go")]
    let whole = |number: f64| (number.abs() <= MAX_EXACT_INTEGER).then_some(number as i64);
    json?.trim_matches('"').parse().ok().or_else(|| whole(number(json)?))
}

/// How many; none where that is negative.
pub(super) fn count(json: Option<&str>) -> Option<u64> {
    u64::try_from(integer(json)?).ok()
}

/// The start of a text: at most so many characters, and no grapheme cluster broken unless it alone is longer.
pub(super) fn cut(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let Some((end, _)) = text.char_indices().nth(longest) else { return text };
    // One character more is enough to see whether a cluster goes on.
    let next = text[end..].chars().next().map_or(0, char::len_utf8);
    let seen = &text[..end + next];
    let mut cursor = GraphemeCursor::new(end, seen.len(), true);
    let boundary = match cursor.is_boundary(seen, 0) {
        Ok(true) => end,
        _ => cursor.prev_boundary(seen, 0).ok().flatten().unwrap_or(0),
    };
    if boundary == 0 { &text[..end] } else { &text[..boundary] }
}

/// A string read as bytes, since only so JSON's lone surrogates are let through.
struct Text;

impl<'a> DeserializeSeed<'a> for Text {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'a> Visitor<'a> for Text {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'a [u8]) -> Result<Self::Value, E> {
        Ok(String::from_utf8_lossy(bytes))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for (json, expected) in
            [("94", Some(94)), ("\"94\"", Some(94)), ("94.0", Some(94)), ("1e3", Some(1000)), ("-1", None)]
        {
            assert_eq!(count(Some(json)), expected, "{json}");
        }
        for json in ["1e999", "\"inf\"", "\"NaN\"", "null", "[]", "\"\"", "\"", "true"] {
            assert_eq!((count(Some(json)), number(Some(json))), (None, None), "{json}");
        }
        assert_eq!(integer(Some("9223372036854775807")), Some(i64::MAX));
    }

    #[test]
    fn half_a_surrogate_pair_costs_one_character_not_the_text() {
        assert_eq!(string(r#""a \ud83d b""#).as_deref(), Some("a \u{FFFD}\u{FFFD}\u{FFFD} b"));
        assert_eq!(string(r#""a \ud83d\ude97 b""#).as_deref(), Some("a 🚗 b"));
    }

    #[test]
    fn of_a_repeated_field_the_last_counts() {
        assert_eq!(field(r#"{"a":1,"b":2,"a":3}"#, "a"), Some("3"));
        assert_eq!(field("[1]", "a"), None);
    }

    proptest! {
        #[test]
        fn a_cut_breaks_nothing_that_people_take_for_one_character(
            text in "[a-c é👩🏽\u{200d}🚀🇩🇪\u{301}]{0,40}", longest in 1_usize..20,
        ) {
            let cut = cut(&text, longest);
            prop_assert!(text.starts_with(cut) && cut.chars().count() <= longest);
            let boundaries: Vec<_> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
            let first = boundaries.get(1).copied().unwrap_or(0);
            prop_assert!(boundaries.contains(&cut.len()) || cut.len() < first);
        }
    }
}
