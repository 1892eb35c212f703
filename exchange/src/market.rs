//! The market: a seeded random walk of trades. Pure: when a trade happens is an argument.

use std::collections::VecDeque;

use chassis::grid::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rust_decimal::Decimal;

/// Prices are whole cents.
const PRICE_PLACES: u32 = 2;

/// Sizes are whole hundred-thousandths.
const SIZE_PLACES: u32 = 5;

/// The largest size of a trade: 2.00000.
const SIZE_MAX: i64 = 200_000;

/// A trade moves the price by at most one part in so many, and always may by a cent.
const STEP_PART: i64 = 10_000;

/// The highest price that the walk reaches, in cents: no product of price and size overflows.
const PRICE_MAX: i64 = 1_000_000_000_000;

/// One trade of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Ids are consecutive.
    pub id: u64,
    /// When it happened.
    pub at: Timestamp,
    /// In the quote currency, with two places.
    pub price: Decimal,
    /// In the base currency, with five places.
    pub size: Decimal,
    /// Whether the taker bought: the maker, whose order was on the book, then sold.
    pub taker_buys: bool,
}

/// The walk: the same seed, first id and price make the same trades.
#[derive(Debug)]
pub struct Market {
    rng: StdRng,
    next_id: u64,
    price: i64,
}

impl Market {
    /// A market before its first trade, which has the id `first_id`. `price` is rounded to cents.
    pub fn new(seed: u64, first_id: u64, price: Decimal) -> Self {
        let cents = i64::try_from((price * Decimal::ONE_HUNDRED).round()).unwrap_or(PRICE_MAX);
        let rng = StdRng::seed_from_u64(seed);
        Self { rng, next_id: first_id, price: cents.clamp(1, PRICE_MAX) }
    }

    /// The price of the last trade, or the one that the market began with.
    pub fn price(&self) -> Decimal {
        Decimal::new(self.price, PRICE_PLACES)
    }

    /// The next trade, which happens at `at`.
    pub fn next(&mut self, at: Timestamp) -> Trade {
        let step = (self.price / STEP_PART).max(1);
        self.price = (self.price + self.rng.random_range(-step..=step)).clamp(1, PRICE_MAX);
        let size = Decimal::new(self.rng.random_range(1..=SIZE_MAX), SIZE_PLACES);
        let taker_buys = self.rng.random();
        let id = self.next_id;
        self.next_id += 1;
        Trade { id, at, price: self.price(), size, taker_buys }
    }
}

/// Puts a trade at the end, and forgets the oldest beyond `most`.
pub(crate) fn keep(trades: &mut VecDeque<Trade>, trade: Trade, most: usize) {
    trades.push_back(trade);
    if trades.len() > most {
        trades.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trades(seed: u64, price: Decimal) -> Vec<Trade> {
        let mut market = Market::new(seed, 7, price);
        (0..1000).map(|second| market.next(Timestamp::from_micros(second))).collect()
    }

    #[test]
    fn a_seed_makes_the_same_trades_each_time() {
        let price = Decimal::new(6_000_000, 2);
        assert_eq!(trades(1, price), trades(1, price));
        assert_ne!(trades(1, price), trades(2, price));
    }

    #[test]
    fn trades_have_consecutive_ids_two_and_five_places_and_both_sides() {
        let trades = trades(1, Decimal::new(6_000_000, 2));
        for (at, trade) in trades.iter().enumerate() {
            assert_eq!(trade.id, 7 + at as u64);
            assert_eq!((trade.price.scale(), trade.size.scale()), (2, 5));
            assert!(trade.price > Decimal::ZERO && trade.size > Decimal::ZERO);
        }
        let bought = trades.iter().filter(|trade| trade.taker_buys).count();
        assert!((400..=600).contains(&bought), "{bought}");
    }

    #[test]
    fn the_lowest_price_is_a_cent() {
        let cent = Decimal::new(1, 2);
        let trades = trades(1, Decimal::ZERO);
        assert!(trades.iter().all(|trade| trade.price >= cent));
        assert_eq!(Market::new(1, 1, Decimal::MAX / Decimal::ONE_HUNDRED).price().scale(), 2);
    }
}
