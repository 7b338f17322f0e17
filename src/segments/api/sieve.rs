//! Leaving one field out of an object while it comes in, so that what nobody asks for takes no memory.

/// Keeps an object that comes in pieces, but for the value of one of its own fields, which becomes null. What is kept is
/// JSON exactly if what came is, apart from that value, of which only strings and brackets are looked at.
pub(super) struct Sieve {
    left_out: &'static str,
    depth: u64,
    in_string: bool,
    escaped: bool,
    leaving_out: bool,
    /// Where the last string that is no deeper than the names of fields stands in what was kept.
    name: (usize, usize),
}

impl Sieve {
    pub(super) fn new(left_out: &'static str) -> Self {
        Self { left_out, depth: 0, in_string: false, escaped: false, leaving_out: false, name: (0, 0) }
    }

    /// Takes the next piece, and adds what is kept of it to what was kept before.
    pub(super) fn take(&mut self, piece: &[u8], kept: &mut Vec<u8>) {
        for byte in piece {
            self.next(*byte, kept);
        }
    }

    fn next(&mut self, byte: u8, kept: &mut Vec<u8>) {
        if self.depth == 1 && !self.in_string && matches!(byte, b',' | b'}' | b']') {
            self.leaving_out = false;
        }
        if !self.leaving_out {
            kept.push(byte);
        }
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.quote(kept.len()),
            _ if self.in_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 && !self.leaving_out && self.is_left_out(kept) => {
                self.leaving_out = true;
                kept.extend_from_slice(b"null");
            }
            _ => {}
        }
    }

    /// A string begins or ends.
    fn quote(&mut self, place: usize) {
        self.in_string = !self.in_string;
        if self.depth != 1 || self.leaving_out {
            return;
        }
        if self.in_string {
            self.name.0 = place;
        } else {
            self.name.1 = place - 1;
        }
    }

    fn is_left_out(&self, kept: &[u8]) -> bool {
        kept.get(self.name.0..self.name.1) == Some(self.left_out.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn kept(json: &str, pieces: usize) -> String {
        let (mut sieve, mut kept) = (Sieve::new("big"), Vec::new());
        json.as_bytes().chunks(pieces).for_each(|piece| sieve.take(piece, &mut kept));
        String::from_utf8(kept).unwrap()
    }

    #[test]
    fn only_the_object_s_own_field_is_left_out() {
        for (json, left) in [
            (r#"{"big":{"a":["}","\\\"]"]},"b":1}"#, r#"{"big":null,"b":1}"#),
            (r#"{"a":{"big":[1]},"b":"big"}"#, r#"{"a":{"big":[1]},"b":"big"}"#),
            (r#"{ "big" : "x,}" , "big":7}"#, r#"{ "big" :null, "big":null}"#),
            (r#"["big",{"big":1}]"#, r#"["big",{"big":1}]"#),
            (r#"{"big":[1,2"#, r#"{"big":null"#),
            (r#""big""#, r#""big""#),
            ("]]}\":big", "]]}\":big"),
        ] {
            assert_eq!(kept(json, json.len()), left);
            assert_eq!(kept(json, 1), left);
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            r#"[\\"{}\[\]:,a]{0,6}"#.prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("big|a|\"", inner, 0..3).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_kept_is_the_same_but_for_that_field(mut value in any_json(), pieces in 1_usize..9) {
            let left = kept(&value.to_string(), pieces);
            if value.get("big").is_some() {
                value["big"] = json!(null);
            }
            prop_assert_eq!(serde_json::from_str::<Value>(&left).unwrap(), value);
        }
    }
}
