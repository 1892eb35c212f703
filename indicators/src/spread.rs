//! How far numbers spread around their mean: of the last ones, `Folded<Moments>`.

use crate::folded::Fold;

/// Mean and standard deviation of numbers (of the population, so divided by their count).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    count: f64,
    mean: f64,
    /// Sum of the squared distances to the mean.
    squares: f64,
}

/// Two parts are put together as in Chan, Golub and LeVeque, "Updating Formulae and a Pairwise
/// Algorithm for Computing Sample Variances", 1979: no digits are lost where numbers are large and
/// close together.
impl Fold for Moments {
    type Number = f64;

    fn of(number: f64) -> Self {
        Self { count: 1.0, mean: number, squares: 0.0 }
    }

    fn then(self, later: Self) -> Self {
        let count = self.count + later.count;
        let apart = later.mean - self.mean;
        let share = later.count / count;
        Self {
            count,
            mean: self.mean + apart * share,
            squares: self.squares + later.squares + apart * apart * self.count * share,
        }
    }
}

impl Moments {
    /// The mean.
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation.
    pub fn deviation(&self) -> f64 {
        (self.squares / self.count).sqrt()
    }

    /// So many deviations is `number` from the mean; none when there is no deviation.
    pub fn score(&self, number: f64) -> Option<f64> {
        let deviation = self.deviation();
        (deviation > 0.0).then(|| (number - self.mean) / deviation)
    }
}
