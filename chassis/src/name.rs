//! Names of strategies and generators, and random ids of processes: one form for all.

use std::{fmt, str::FromStr};

use rand::{Rng, RngExt as _};
use smol_str::{SmolStr, format_smolstr};

/// `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. Up to 23 characters it is where it stands, not on the heap; of
/// longer ones, clones are the same text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(SmolStr);

/// A text that is no name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0} is not a name: a name has 1 to 64 characters from A-Z a-z 0-9 . _ - and starts with a letter or a digit"
)]
pub struct NameError(String);

impl Name {
    /// Longest name, in characters.
    pub const LENGTH_MAX: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A random id in the form of a name: 16 hexadecimal digits.
    pub fn random(rng: &mut impl Rng) -> Self {
        Self(format_smolstr!("{:016x}", rng.random::<u64>()))
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
        let starts_well = text.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric());
        if starts_well && text.len() <= Self::LENGTH_MAX && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(NameError(untrusted(text)))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// A stranger's text, fit for a log or a message: quoted, escaped, cut at 128 characters.
pub fn untrusted(text: &str) -> String {
    const SHOWN_MAX: usize = 128;
    let mut shown: String = text.chars().take(SHOWN_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r6_names_have_one_form() {
        let longest = "x".repeat(64);
        for good in ["X", "a", "0", "mean-reversion_2.1", longest.as_str()] {
            assert_eq!(good.parse::<Name>().map(|name| name.to_string()), Ok(good.to_owned()));
        }
        let too_long = "x".repeat(65);
        for bad in ["", " ", "-x", ".x", "_x", "a b", "é", "x\n", "x/y", "x\0", too_long.as_str()]
        {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
        assert_eq!(
            "a\nb".parse::<Name>().unwrap_err().to_string(),
            r#""a\nb" is not a name: a name has 1 to 64 characters from A-Z a-z 0-9 . _ - and starts with a letter or a digit"#
        );
    }

    #[test]
    fn a_strangers_text_is_escaped_and_cut() {
        assert_eq!(untrusted("a\u{1b}[31m\n"), r#""a\u{1b}[31m\n""#);
        assert_eq!(untrusted(&"y".repeat(500)).chars().count(), 128 + 3);
    }
}
