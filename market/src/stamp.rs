//! Times as sources write them.

use chassis::grid::Timestamp;

use crate::convention::Unit;

/// Seconds since the Unix epoch that a time of trading may have: 1990 to 2100. Units differ by a thousand,
/// so that no number is within them by two units.
const SECONDS: std::ops::Range<i64> = 631_152_000..4_102_444_800;

/// Numeric units with how many of each a second has.
const NUMERIC: [(Unit, i64); 4] = [
    (Unit::Seconds, 1),
    (Unit::Milliseconds, 1_000),
    (Unit::Microseconds, 1_000_000),
    (Unit::Nanoseconds, 1_000_000_000),
];

/// The unit in which `text` is a time, if it is one.
pub(crate) fn unit_of(text: &str) -> Option<Unit> {
    match whole(text) {
        Some(number) => {
            NUMERIC.iter().find(|(_, a_second)| is_time(number, *a_second)).map(|(unit, _)| *unit)
        }
        None => written_out(text).map(|_| Unit::Text),
    }
}

/// Reads a time in `unit`; none if it is not one between 1990 and 2100.
pub fn parse(text: &str, unit: Unit) -> Option<Timestamp> {
    match unit {
        Unit::Text => written_out(text),
        Unit::Seconds | Unit::Milliseconds | Unit::Microseconds | Unit::Nanoseconds => {
            numeric(whole(text)?, unit)
        }
    }
}

/// So many of a numeric `unit` since the Unix epoch as a time; none if it is not one between 1990 and 2100.
pub fn numeric(number: i64, unit: Unit) -> Option<Timestamp> {
    let (_, a_second) = NUMERIC.iter().find(|(numeric, _)| *numeric == unit)?;
    if !is_time(number, *a_second) {
        return None;
    }
    let micros = i128::from(number) * 1_000_000 / i128::from(*a_second);
    i64::try_from(micros).ok().map(Timestamp::from_micros)
}

fn is_time(number: i64, a_second: i64) -> bool {
    SECONDS.contains(&number.div_euclid(a_second))
}

/// A whole number, which some sources write with decimals that are zero.
fn whole(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    decimals.bytes().all(|digit| digit == b'0').then_some(whole)?.parse().ok()
}

/// `2021-12-31 23:01:00.000`, also with a `T` in the middle, a `Z` or `+00:00` at the end, or no more
/// than a date or minutes.
fn written_out(text: &str) -> Option<Timestamp> {
    let local = ["Z", "+00:00", "+0000", " UTC"].iter().find_map(|zone| text.strip_suffix(zone));
    let local = local.unwrap_or(text).replacen(' ', "T", 1);
    let full = match local.len() {
        10 => format!("{local}T00:00:00Z"),
        16 => format!("{local}:00Z"),
        _ => format!("{local}Z"),
    };
    let at = Timestamp::parse(&full)?;
    SECONDS.contains(&at.as_micros().div_euclid(1_000_000)).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_640_991_660_000_000;

    #[test]
    fn units_are_told_apart_by_size() {
        for (text, unit) in [
            ("1640991660", Unit::Seconds),
            ("1640991660.0", Unit::Seconds),
            ("1640991660000", Unit::Milliseconds),
            ("1640991660000000", Unit::Microseconds),
            ("1640991660000000000", Unit::Nanoseconds),
            ("2021-12-31 23:01:00.000000", Unit::Text),
            ("2021-12-31T23:01:00Z", Unit::Text),
            ("2021-12-31 23:01", Unit::Text),
            ("2021-12-31 23:01:00+00:00", Unit::Text),
            ("2021-12-31 23:01:00 UTC", Unit::Text),
        ] {
            assert_eq!(unit_of(text), Some(unit), "{text}");
            assert_eq!(parse(text, unit), Some(Timestamp::from_micros(AT)), "{text}");
        }
        assert_eq!(parse("2021-12-31", Unit::Text), Timestamp::parse("2021-12-31T00:00:00Z"));
        assert_eq!(
            parse("1640991659999", Unit::Milliseconds),
            Some(Timestamp::from_micros(AT - 1_000))
        );
    }

    #[test]
    fn what_is_no_time_of_trading_is_none() {
        for text in [
            "",
            "0",
            "20211231",
            "-1640991660",
            "1640991660.5",
            "12:01",
            "yesterday",
            "1970-01-01",
            "9999-01-01",
        ] {
            assert_eq!(unit_of(text), None, "{text}");
        }
        for (text, unit) in [
            ("1640991660", Unit::Milliseconds),
            ("1640991660000", Unit::Seconds),
            ("2021-12-31 23:01:00+02:00", Unit::Text),
            ("1640991660", Unit::Text),
        ] {
            assert_eq!(parse(text, unit), None, "{text} in {unit}");
        }
    }
}
