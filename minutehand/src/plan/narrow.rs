//! The part of a plan that is about one of its traders. Pure.

use chassis::name::Name;

use super::{Plan, Source, Trader, names};

/// Why it is not known which trader is meant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WhichTrader {
    /// Several, and none was named.
    #[error("it has several traders: choose one with --trader NAME; there are {0}")]
    Several(String),
    /// None of that name.
    #[error("no trader of it has the name `{0}`; there are {1}")]
    Unknown(Name, String),
}

impl Plan {
    /// One trader, its strategies, and the generators that they use. The only trader of a plan has all
    /// of its generators, and needs no name.
    pub fn of_trader(mut self, name: Option<&Name>) -> Result<Self, WhichTrader> {
        let place = self.place_of(name)?;
        if self.traders.len() == 1 {
            return Ok(self);
        }
        self.traders = vec![self.traders.swap_remove(place)];
        self.strategies.retain(|strategy| strategy.trader == place);
        let used: Vec<usize> = (0..self.generators.len()).filter(|&at| self.uses(at)).collect();
        for strategy in &mut self.strategies {
            strategy.trader = 0;
            strategy.signals.iter_mut().for_each(|source| moved(source, &used));
        }
        let generators = self.generators.into_iter().enumerate();
        self.generators = generators
            .filter(|(at, _)| used.binary_search(at).is_ok())
            .map(|(_, generator)| generator)
            .collect();
        Ok(self)
    }

    fn place_of(&self, name: Option<&Name>) -> Result<usize, WhichTrader> {
        let Some(name) = name else {
            let several = self.traders.len() > 1;
            return if several { Err(WhichTrader::Several(names(&self.traders))) } else { Ok(0) };
        };
        let place = self.traders.iter().map(Trader::name).position(|other| other == *name);
        place.ok_or_else(|| WhichTrader::Unknown(name.clone(), names(&self.traders)))
    }

    fn uses(&self, generator: usize) -> bool {
        let mut signals = self.strategies.iter().flat_map(|strategy| &strategy.signals);
        signals.any(|source| *source == Source::Generator(generator))
    }
}

/// The places of generators become those in the list of the `used` ones.
fn moved(source: &mut Source, used: &[usize]) {
    if let Source::Generator(at) = source {
        *at = used.binary_search(at).expect("it is used here");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "[[trader]]\nname = 'btc'\nport = 1\n[[trader]]\nname = 'eth'\nport = 2\n\
        [[generator]]\nname = 'a'\n[[generator]]\nname = 'b'\n[[generator]]\nname = 'c'\n\
        [[generator]]\nname = 'd'\n\
        [[strategy]]\nname = 'X'\ntrader = 'btc'\nsignals = ['a', 'b']\n\
        [[strategy]]\nname = 'Y'\ntrader = 'eth'\nsignals = ['d', 'h:1', 'b']\n";

    fn narrowed(text: &str, trader: Option<&str>) -> Result<String, String> {
        let name: Option<Name> = trader.map(|name| name.parse().unwrap());
        let plan = Plan::parse("p.toml", text).unwrap().of_trader(name.as_ref());
        let plan = plan.map_err(|error| error.to_string())?;
        let strategies = plan.strategies.iter().map(|strategy| {
            let signals = strategy.signals.iter().map(|source| source.describe(&plan.generators));
            let whose = plan.traders[strategy.trader].label();
            format!("{} of {whose}: {}", strategy.name, signals.collect::<Vec<_>>().join(", "))
        });
        let parts = strategies.collect::<Vec<_>>().join("; ");
        Ok(format!("{} generators; {parts}", plan.generators.len()))
    }

    #[test]
    fn one_trader_of_several_has_its_strategies_and_the_generators_that_they_use() {
        for (trader, expected) in [
            (Some("btc"), Ok("2 generators; X of trader btc: generator a, generator b")),
            (Some("eth"), Ok("2 generators; Y of trader eth: generator d, h:1, generator b")),
            (
                None,
                Err("it has several traders: choose one with --trader NAME; there are btc, eth"),
            ),
            (Some("sol"), Err("no trader of it has the name `sol`; there are btc, eth")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(narrowed(PLAN, trader), expected, "{trader:?}");
        }
    }

    #[test]
    fn the_only_trader_of_a_plan_has_all_of_it() {
        let one = "[trader]\nport = 1\n[[generator]]\nname = 'a'\n[[generator]]\nname = 'b'\n\
            [[strategy]]\nname = 'X'\nsignals = ['b']";
        for name in [None, Some("main")] {
            let expected = "2 generators; X of trader: generator b";
            assert_eq!(narrowed(one, name).as_deref(), Ok(expected));
        }
        assert!(narrowed(one, Some("btc")).unwrap_err().ends_with("there are main"));
    }
}
