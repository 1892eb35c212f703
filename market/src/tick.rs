//! Ticks: single trades, and the bar that they are together.

use chassis::grid::{Minute, Timestamp};

use crate::{bar::Bar, number::Number};

/// Somebody bought from somebody. Price and size are in the units of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// When, by the exchange's clock.
    pub at: Timestamp,
    /// For how much.
    pub price: Number,
    /// How much of it.
    pub size: Number,
    /// Whether the buyer took what the seller had offered, where the source says so.
    pub taker_buys: Option<bool>,
}

impl Tick {
    /// What is wrong with it in itself, if anything.
    pub fn fault(&self) -> Option<String> {
        let (price, size) = (self.price.exact(), self.size.exact());
        if price.is_zero() || price.is_sign_negative() {
            return Some(format!("its price, {price}, is not positive"));
        }
        size.is_sign_negative().then(|| format!("its size, {size}, is negative"))
    }

    fn bought(&self) -> Option<Number> {
        self.taker_buys.map(|bought| if bought { self.size } else { Number::ZERO })
    }
}

impl Bar {
    /// The bar of `minute` with its first tick.
    pub fn beginning(minute: Minute, tick: &Tick) -> Self {
        let Tick { price, size, .. } = *tick;
        Self {
            minute,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: size,
            taker_buy: tick.bought(),
        }
    }

    /// One more tick of its minute, later than those that it has.
    pub fn add(&mut self, tick: &Tick) {
        let Tick { price, size, .. } = *tick;
        if price.exact() > self.high.exact() {
            self.high = price;
        }
        if price.exact() < self.low.exact() {
            self.low = price;
        }
        self.close = price;
        self.volume = self.volume.plus(size);
        self.taker_buy =
            self.taker_buy.zip(tick.bought()).map(|(before, bought)| before.plus(bought));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{bar, minute};

    fn tick(price: &str, size: &str, taker_buys: Option<bool>) -> Tick {
        let at = minute(3).start();
        Tick { at, price: price.parse().unwrap(), size: size.parse().unwrap(), taker_buys }
    }

    #[test]
    fn ticks_are_the_bar_of_their_prices_and_the_sum_of_their_sizes() {
        let mut whole = Bar::beginning(minute(3), &tick("100.5", "1.1", Some(true)));
        whole.add(&tick("99", "0.2", Some(false)));
        whole.add(&tick("102", "3", Some(true)));
        whole.add(&tick("101", "0.7", Some(false)));
        assert_eq!(whole, bar(3, "100.5 102 99 101 5.0 4.1"));
        whole.add(&tick("101", "1", None));
        assert_eq!(whole.taker_buy, None, "of one it is not known");
    }

    #[test]
    fn what_cannot_have_been_traded_is_a_fault() {
        assert_eq!(tick("0.1", "0", None).fault(), None);
        let fault = |price, size| tick(price, size, None).fault().unwrap();
        assert_eq!(fault("0", "1"), "its price, 0, is not positive");
        assert_eq!(fault("-2", "1"), "its price, -2, is not positive");
        assert_eq!(fault("2", "-1"), "its size, -1, is negative");
    }
}
