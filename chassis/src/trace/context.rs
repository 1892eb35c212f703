//! A place in a trace, as W3C's Trace Context writes it (<https://www.w3.org/TR/trace-context/>).

use std::fmt;

use ring::digest::{SHA256, digest};
use tonic::metadata::MetadataMap;

use super::COMPILED;
use crate::grid::Minute;

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";

/// Longest `tracestate` that is kept, in bytes: what the standard asks for at least.
const STATE_BYTES_MAX: usize = 512;

/// A span, by its trace and its own id, and what others want kept with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    pub(super) sampled: bool,
    pub(super) state: String,
}

impl Context {
    /// The trader's span of a minute. Its ids are the first 16 bytes, and the 8 after them, of the SHA-256
    /// of the journal's id, a space and the minute, as in
    /// `printf '04e6efa66a2a4270 2026-11-20T12:34:00Z' | sha256sum`.
    pub fn root_of(journal: &str, minute: Minute) -> Self {
        let hash = digest(&SHA256, format!("{journal} {minute}").as_bytes());
        let bytes = hash.as_ref();
        let trace = std::array::from_fn(|at| bytes[at]);
        let span = std::array::from_fn(|at| bytes[16 + at]);
        Self { trace, span, sampled: true, state: String::new() }
    }

    /// What a caller handed on; none if that is nothing, or malformed, which is passed over, or if this
    /// build exports no traces.
    pub fn received(metadata: &MetadataMap) -> Option<Self> {
        if !COMPILED {
            return None;
        }
        let mut parents = metadata.get_all(PARENT).iter();
        let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
        let context = Self::parse(parent.to_str().ok()?)?;
        let states: Option<Vec<_>> =
            metadata.get_all(STATE).iter().map(|state| state.to_str().ok()).collect();
        let state = states.map(|states| states.join(","));
        let state = state.filter(|state| state.len() <= STATE_BYTES_MAX).unwrap_or_default();
        Some(Self { state, ..context })
    }

    /// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`; later versions may have more behind it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (version, rest) = text.split_once('-')?;
        let [version] = bytes(version)?;
        let mut fields = rest.splitn(4, '-');
        let (trace, span) = (bytes(fields.next()?)?, bytes(fields.next()?)?);
        let [flags] = bytes(fields.next()?)?;
        let has_more = fields.next().is_some();
        let is_whole = version != 0xff && (version != 0 || !has_more);
        let is_one = is_whole && trace != [0; 16] && span != [0; 8];
        let state = String::new();
        is_one.then_some(Self { trace, span, sampled: flags & 1 == 1, state })
    }

    /// What others want kept with it: `tracestate`.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Into a request's metadata.
    #[cfg(feature = "otlp")]
    pub(super) fn write(&self, metadata: &mut MetadataMap) {
        metadata.insert(PARENT, self.to_string().parse().expect("digits and hyphens"));
        if !self.state.is_empty() {
            metadata.insert(STATE, self.state.parse().expect("it came in this way"));
        }
    }
}

/// As `traceparent` has it.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let mut write = |at: usize, bytes: &[u8]| {
            for (pair, byte) in text[at..].chunks_exact_mut(2).zip(bytes) {
                pair.copy_from_slice(&[byte >> 4, byte & 0xf].map(|d| DIGITS[usize::from(d)]));
            }
        };
        write(3, &self.trace);
        write(36, &self.span);
        write(53, &[u8::from(self.sampled)]);
        f.write_str(std::str::from_utf8(&text).expect("digits and hyphens"))
    }
}

/// Hexadecimal digits in lower case, two a byte.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; N];
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Interval, Timestamp};

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_ids_of_a_minute_are_what_sha256sum_prints() {
        let start = Timestamp::parse("2026-11-20T12:34:00Z").unwrap();
        let minute = Minute::starting(start, Interval::default()).unwrap();
        assert_eq!(
            Context::root_of("04e6efa66a2a4270", minute).to_string(),
            "00-d681c7aceaffda4fcb485f2a8f57e193-b2680a39bb3a54f9-01"
        );
    }

    #[test]
    fn w3c_parents_are_read_and_written() {
        assert_eq!(Context::parse(GOOD).unwrap().to_string(), GOOD);
        let unsampled = GOOD.replace("-01", "-00");
        assert!(!Context::parse(&unsampled).unwrap().sampled);
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more-of-it";
        assert_eq!(Context::parse(later).unwrap().to_string(), GOOD);
    }

    #[test]
    fn w3c_malformed_parents_are_passed_over() {
        for bad in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0100",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
        ] {
            assert_eq!(Context::parse(bad), None, "{bad}");
        }
    }

    #[cfg(feature = "otlp")]
    fn received(headers: &[(&'static str, &str)]) -> Option<Context> {
        let mut metadata = MetadataMap::new();
        for (name, value) in headers {
            metadata.append(*name, value.parse().unwrap());
        }
        Context::received(&metadata)
    }

    #[test]
    #[cfg(feature = "otlp")]
    fn w3c_the_state_is_kept_with_its_parent_as_it_is() {
        let state = |headers: &[_]| received(headers).map(|context| context.state);
        assert_eq!(state(&[(PARENT, GOOD)]).as_deref(), Some(""));
        let two = [(PARENT, GOOD), (STATE, "a=1,b=2"), (STATE, "c=3")];
        assert_eq!(state(&two).as_deref(), Some("a=1,b=2,c=3"));
        let long = format!("a={}", "x".repeat(STATE_BYTES_MAX));
        assert_eq!(state(&[(PARENT, GOOD), (STATE, &long)]).as_deref(), Some(""));
        assert_eq!(state(&[(STATE, "a=1")]), None);
        assert_eq!(state(&[(PARENT, GOOD), (PARENT, GOOD)]), None, "which of them");

        let mut metadata = MetadataMap::new();
        received(&two).unwrap().write(&mut metadata);
        assert_eq!(Context::received(&metadata), received(&two));
    }
}
