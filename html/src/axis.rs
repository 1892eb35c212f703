//! Where the lines of a scale are: at round numbers.

/// So many lines at most.
const LINES_MAX: f64 = 6.0;

/// From the lowest to the highest value, and the round numbers between.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Each with its text.
    pub(super) lines: Vec<(f64, String)>,
}

impl Axis {
    /// That shows all of `values`; what is no number is left out.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let extremes = values.filter(|value| value.is_finite()).fold(None, |extremes, value| {
            let (low, high) = extremes.unwrap_or((value, value));
            Some((f64::min(low, value), f64::max(high, value)))
        });
        let (low, high) = extremes.unwrap_or((0.0, 1.0));
        // A flat line is in the middle.
        let flat = high - low <= 1e-12 * (1.0 + low.abs());
        let (low, high) = if flat { (low - 0.5, high + 0.5) } else { (low, high) };
        let step = round_step((high - low) / LINES_MAX);
        let digits = digits(step);
        let first = (low / step).ceil();
        let lines = (0..).map(|n: u32| (first + f64::from(n)) * step);
        let lines = lines.take_while(|line| *line <= high);
        let text =
            |line: f64| format!("{:.digits$}", if line.abs() < step / 2.0 { 0.0 } else { line });
        Self { low, high, lines: lines.map(|line| (line, text(line))).collect() }
    }

    /// How far up a value is: 0 at the bottom, 1 at the top.
    pub(super) fn part(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// The next larger of 1, 2 and 5 by powers of ten.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= least).unwrap_or(10.0 * power)
}

/// Decimals that tell multiples of a step apart.
fn digits(step: f64) -> usize {
    (0..12)
        .find(|digits| step * 10_f64.powi(*digits) >= 0.999)
        .map_or(12, |digits| usize::try_from(digits).expect("it is not negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_at_round_numbers() {
        for (values, expected) in [
            (&[0.0, 1.0][..], &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"][..]),
            (&[0.93, 1.21], &["0.95", "1.00", "1.05", "1.10", "1.15", "1.20"]),
            (&[-0.31, 0.0], &["-0.3", "-0.2", "-0.1", "0.0"]),
            (&[2.0, 2.0], &["1.6", "1.8", "2.0", "2.2", "2.4"]),
            (&[f64::NAN], &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (&[0.0, 12_345.0], &["0", "5000", "10000"]),
        ] {
            let axis = Axis::of(values.iter().copied());
            let texts: Vec<_> = axis.lines.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, expected, "{values:?}");
            assert!(axis.lines.iter().all(|(line, _)| (0.0..=1.0).contains(&axis.part(*line))));
        }
    }
}
