//! Whether both say the same medians.

use std::collections::BTreeMap;

use crate::Result;

/// How far two medians may be apart.
const APART_MAX: f64 = 1e-9;

/// Whether both have a median in the same minutes, and the same one. Ours is a table with a head, and with
/// minute and median first; theirs has nothing else.
pub(super) fn same(ours: &str, theirs: &str) -> Result<()> {
    let ours = medians(ours.lines().skip(1))?;
    let theirs = medians(theirs.lines())?;
    if theirs.is_empty() || ours.len() != theirs.len() {
        return Err(format!("{} medians, Nautilus Trader's {}", ours.len(), theirs.len()).into());
    }
    for (minute, theirs) in theirs {
        let ours = ours.get(minute).ok_or_else(|| format!("{minute} has no median"))?;
        let apart = (ours - theirs).abs();
        // Not a number is not near.
        if apart.is_nan() || apart > APART_MAX {
            return Err(format!("{minute}: {ours}, Nautilus Trader's {theirs}").into());
        }
    }
    Ok(())
}

/// A number by its minute; minutes without one are left out.
fn medians<'a>(lines: impl Iterator<Item = &'a str>) -> Result<BTreeMap<&'a str, f64>> {
    let cells = lines.filter_map(|line| {
        let mut cells = line.split(',');
        Some((cells.next()?, cells.next()?))
    });
    let there = cells.filter(|(_, median)| !median.is_empty());
    there.map(|(minute, median)| Ok((minute, median.parse()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "minute,median,decision:a\nm1,,\nm2,1,1\nm3,0,0\n";

    #[test]
    fn medians_are_compared_by_minute() {
        for (theirs, said) in [
            ("m2,1.0\nm3,0.0\n", None),
            ("m2,1\n", Some("2 medians, Nautilus Trader's 1")),
            ("", Some("2 medians, Nautilus Trader's 0")),
            ("m2,1\nm3,1\n", Some("m3: 0, Nautilus Trader's 1")),
            ("m2,1\nm3,NaN\n", Some("m3: 0, Nautilus Trader's NaN")),
            ("m1,1\nm3,0\n", Some("m1 has no median")),
        ] {
            let found = same(OURS, theirs).err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), said, "{theirs}");
        }
        assert!(same("minute,median\nm1,\n", "").is_err(), "nothing was compared");
    }
}
