//! Who operates: the `user@host` that the trader's journal keeps with an operator's command.

use std::{env, fs};

/// Longest name of an operator, in bytes, that the trader takes.
pub const OPERATOR_BYTES_MAX: usize = 128;

/// Whoever runs this process: `user@host`, as far as the machine tells.
pub fn operator() -> String {
    let variable = |name| env::var(name).ok();
    let user = variable("USER").or_else(|| variable("LOGNAME"));
    let host = fs::read_to_string("/etc/hostname").ok().or_else(|| variable("HOSTNAME"));
    describe(user.as_deref(), host.as_deref())
}

/// It goes into a journal and from there onto terminals, so nothing unprintable gets in.
fn describe(user: Option<&str>, host: Option<&str>) -> String {
    let known = |text: Option<&str>| {
        let printable = text.unwrap_or_default().chars().filter(|c| !c.is_control());
        let printable: String = printable.collect();
        match printable.trim() {
            "" => "unknown".to_owned(),
            known => known.to_owned(),
        }
    };
    let mut operator = format!("{}@{}", known(user), known(host));
    operator.truncate(operator.floor_char_boundary(OPERATOR_BYTES_MAX));
    operator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r5_an_operator_is_user_at_host() {
        let long = "é".repeat(100);
        for (user, host, expected) in [
            (Some("ann"), Some("desk\n"), "ann@desk"),
            (Some("ann"), None, "ann@unknown"),
            (None, Some(" "), "unknown@unknown"),
            (Some("a\u{1b}[31mnn"), Some("desk"), "a[31mnn@desk"),
            (Some(&*long), Some("desk"), &*"é".repeat(64)),
        ] {
            assert_eq!(describe(user, host), expected);
        }
        assert!(operator().len() <= OPERATOR_BYTES_MAX);
    }
}
