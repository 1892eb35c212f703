//! Values of flags that several commands take.

use std::time::Duration;

/// Longest duration that a flag takes: the longest interval.
const DURATION_MAX: Duration = Duration::from_hours(24);

/// A duration such as `10s` or `500ms`, at most 24 h.
pub fn duration(text: &str) -> Result<Duration, String> {
    let length = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 10s or 500ms"))?;
    if length <= DURATION_MAX { Ok(length) } else { Err("it is more than 24h".to_owned()) }
}

/// A duration that is not zero.
pub fn longer_than_nothing(text: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|length| if length.is_zero() { Err("it is zero".to_owned()) } else { Ok(length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_durations_have_units_and_bounds() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for bad in ["", "10", "-1s", "25h", "soon"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(longer_than_nothing("0s").is_err());
    }
}
