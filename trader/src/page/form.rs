//! What a query or a form says: `name=X&operator=Ann+B.`

use percent_encoding::percent_decode_str;

/// The value of a field; none if it is not there, or is no text.
pub(super) fn field(said: &str, wanted: &str) -> Option<String> {
    let fields = said.split('&').filter_map(|field| field.split_once('='));
    let (_, value) = fields.into_iter().find(|(name, _)| *name == wanted)?;
    let value = value.replace('+', " ");
    percent_decode_str(&value).decode_utf8().ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_decoded() {
        for (said, wanted, expected) in [
            ("name=X", "name", Some("X")),
            ("at=2026-11-20T12:01:00Z&after=X", "at", Some("2026-11-20T12:01:00Z")),
            ("at=2026-11-20T12%3A01%3a00Z", "at", Some("2026-11-20T12:01:00Z")),
            ("operator=Ann+B.+%C3%A9%26&name=X", "operator", Some("Ann B. é&")),
            ("operator=", "operator", Some("")),
            ("name=X&name=Y", "name", Some("X")),
            ("name=%", "name", Some("%")),
            ("name=%4", "name", Some("%4")),
            ("name=%zz", "name", Some("%zz")),
            ("name=%ff", "name", None),
            ("names=X", "name", None),
            ("name", "name", None),
            ("", "name", None),
        ] {
            assert_eq!(field(said, wanted).as_deref(), expected, "{said}");
        }
    }
}
