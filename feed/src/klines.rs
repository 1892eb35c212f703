//! Bars that the exchange has made. One is used when it is known to be complete: because the exchange says
//! so; or, where it never does, because a later one has begun on the same connection.

use chassis::grid::{Interval, Minute};
use market::bar::Bar;

use crate::settled::{GONE_THROUGH_MAX, Settled};

/// Where they stand.
#[derive(Debug)]
pub(crate) struct Klines {
    interval: Interval,
    /// Whether the exchange says that a bar is complete.
    says_so: bool,
    /// The first minute that is not settled.
    next: Option<Minute>,
    forming: Option<Forming>,
}

/// A bar that may yet change.
#[derive(Debug)]
struct Forming {
    bar: Bar,
    /// Whether all of it that there was could be heard.
    heard: bool,
}

impl Klines {
    pub(crate) fn new(interval: Interval, says_so: bool) -> Self {
        Self { interval, says_so, next: None, forming: None }
    }

    /// What changed before the next message may not be heard of.
    pub(crate) fn connected(&mut self) {
        if let Some(forming) = &mut self.forming {
            forming.heard = false;
        }
    }

    /// A bar as it stands; `complete` if the exchange says so.
    pub(crate) fn bar(&mut self, bar: Bar, complete: bool, settled: &mut Vec<Settled>) {
        if self.next.is_some_and(|next| bar.minute < next) {
            return;
        }
        if let Some(before) = self.forming.take_if(|forming| forming.bar.minute < bar.minute) {
            let said = match before.heard {
                true if !self.says_so => Ok(before.bar),
                true => Err("the exchange has not said that it is complete".into()),
                false => Err("the connection was lost before it was complete".into()),
            };
            self.settle(before.bar.minute, said, settled);
        }
        if complete {
            self.forming = None;
            self.settle(bar.minute, Ok(bar), settled);
        } else {
            self.forming = Some(Forming { bar, heard: true });
        }
    }

    /// Why there is nothing to say of a minute yet.
    pub(crate) fn waits(&self) -> String {
        match (&self.forming, self.next) {
            (Some(forming), _) => {
                format!("the exchange has not completed the bar of {}", forming.bar.minute)
            }
            (None, Some(next)) => format!("the exchange has said nothing of {next} or later"),
            (None, None) => "the exchange has sent no bar".to_owned(),
        }
    }

    /// Settles a minute, and those before it of which nothing was heard.
    fn settle(&mut self, minute: Minute, bar: Result<Bar, Box<str>>, settled: &mut Vec<Settled>) {
        let mut missing = self.next.unwrap_or(minute);
        if minute.count_from(missing, self.interval) > GONE_THROUGH_MAX {
            missing = minute;
        }
        while missing < minute {
            let bar = Err("the exchange has sent no bar of it".into());
            settled.push(Settled { minute: missing, bar });
            missing = missing.next(self.interval);
        }
        let bar = bar.and_then(|bar| match bar.fault() {
            None => Ok(bar),
            Some(fault) => Err(fault.to_string().into()),
        });
        settled.push(Settled { minute, bar });
        self.next = Some(minute.next(self.interval));
    }
}

#[cfg(test)]
mod tests {
    use chassis::grid::Timestamp;

    use super::*;

    fn bar(n: i64, close: &str) -> Bar {
        let at = Timestamp::from_micros(1_795_176_000_000_000 + n * 60_000_000);
        let [ten, one] = ["10", "1"].map(|text| text.parse().unwrap());
        Bar {
            minute: Minute::containing(at, Interval::default()),
            open: ten,
            high: "20".parse().unwrap(),
            low: one,
            close: close.parse().unwrap(),
            volume: one,
            taker_buy: None,
        }
    }

    fn said(klines: &mut Klines, n: i64, close: &str, complete: bool) -> Vec<String> {
        let mut settled = Vec::new();
        klines.bar(bar(n, close), complete, &mut settled);
        let one = |settled: &Settled| match &settled.bar {
            Ok(bar) => bar.close.to_string(),
            Err(why) => why.to_string(),
        };
        settled.iter().map(one).collect()
    }

    #[test]
    fn a_bar_is_used_when_the_exchange_says_that_it_is_complete() {
        let mut klines = Klines::new(Interval::default(), true);
        assert_eq!(said(&mut klines, 0, "11", false), [""; 0]);
        assert_eq!(said(&mut klines, 0, "12", true), ["12"]);
        assert_eq!(said(&mut klines, 0, "12", true), [""; 0]);
        assert_eq!(
            said(&mut klines, 3, "13", true),
            ["the exchange has sent no bar of it", "the exchange has sent no bar of it", "13"]
        );
        assert_eq!(
            said(&mut klines, 4, "21", true),
            ["its close, 21, is not between its low and its high"]
        );
        assert_eq!(said(&mut klines, 5, "11", false), [""; 0]);
        assert_eq!(
            said(&mut klines, 6, "11", false),
            ["the exchange has not said that it is complete"]
        );
    }

    #[test]
    fn a_bar_is_complete_when_a_later_one_has_begun_on_the_same_connection() {
        let mut klines = Klines::new(Interval::default(), false);
        assert_eq!(said(&mut klines, 0, "11", false), [""; 0]);
        assert_eq!(said(&mut klines, 1, "12", false), ["11"]);
        assert_eq!(
            klines.waits(),
            "the exchange has not completed the bar of 2026-11-20T12:01:00Z"
        );
        klines.connected();
        // Said again by the snapshot of the new connection, as it is.
        assert_eq!(said(&mut klines, 1, "13", false), [""; 0]);
        assert_eq!(said(&mut klines, 2, "14", false), ["13"]);
        klines.connected();
        assert_eq!(
            said(&mut klines, 3, "15", false),
            ["the connection was lost before it was complete"]
        );
    }
}
