//! What may be shown of a value: addresses without user, password and query, which may let a caller in. Pure.

use crate::watch::Url;

/// A flag's value as it may be shown.
pub(super) fn shown(flag: &str, value: &str) -> String {
    match value.parse::<Url>() {
        // Its path may be all that it asks of a caller.
        Ok(url) if flag == "webhook" => url.to_string(),
        // Whatever a command needs to reach somebody stands in it.
        _ if flag == "on-change" || flag == "webhook" => format!("set, {} bytes", value.len()),
        Ok(_) | Err(_) => words(value),
    }
}

/// The text with every address in it redacted.
fn words(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let begin = at + "://".len();
        let ends = |c: char| c.is_whitespace() || "\"'<>|;()`".contains(c);
        let end = rest[begin..].find(ends).map_or(rest.len(), |length| begin + length);
        shown.push_str(&rest[..begin]);
        shown.push_str(&address(&rest[begin..end]));
        rest = &rest[end..];
    }
    shown + rest
}

/// What follows the scheme.
fn address(text: &str) -> String {
    let (authority, path) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
    let host =
        authority.rsplit_once('@').map_or(authority.to_owned(), |(_, host)| format!("…@{host}"));
    match path.find(['?', '#']) {
        Some(query) => format!("{host}{}{}…", &path[..query], &path[query..=query]),
        None => host + path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_let_a_caller_in_is_not_shown() {
        for (flag, value, expected) in [
            ("webhook", "https://hooks.example/T0/secret?x=1", "https://hooks.example/…"),
            ("endpoint", "wss://ann:word@h.example:9443/ws?key=k#f", "wss://…@h.example:9443/ws?…"),
            ("endpoint", "ws://127.0.0.1:9001/ws", "ws://127.0.0.1:9001/ws"),
            ("on-change", "curl -H 'Authorization: Bearer t' https://x", "set, 43 bytes"),
            ("webhook", "hooks.example/T0/secret", "set, 23 bytes"),
            (
                "endpoint",
                "'https://u:p@h/a?token=t' https://x#k; true",
                "'https://…@h/a?…' https://x#…; true",
            ),
            ("grace", "10s", "10s"),
            ("name", "", ""),
        ] {
            assert_eq!(shown(flag, value), expected, "{value}");
        }
    }
}
