//! One trace a minute, across processes, at a collector that the test starts.

mod minutes;
mod collectors;
mod strangers;

use chassis::{
    grid::{Interval, Minute, Timestamp},
    trace::{
        Context,
        testing::{Arrived, Collector},
    },
};

use super::system::{Median, median_of};
use crate::harness::{INTERVAL, PATIENCE, Part};

/// Generators `a` and `b`, a trader, strategies `X` of the one and `Y` of both; all of them export.
#[derive(Debug)]
struct Traced {
    collector: Option<Collector>,
    a: Part,
    b: Part,
    trader: Part,
    x: Part,
    y: Part,
}

impl Traced {
    /// With a median of both.
    async fn start() -> Self {
        let collector = Collector::start();
        let endpoint = collector.endpoint();
        let to = ["--otlp", &endpoint];
        let mut trader = Part::trader(&[&["--ephemeral"], &to[..]].concat()).await;
        let (a, b) = (Part::generator("a", &to).await, Part::generator("b", &to).await);
        let x = Part::strategy("X", &trader, &[&a], &to);
        let y = Part::strategy("Y", &trader, &[&a, &b], &to);
        median_of(&mut trader, 2).await;
        Self { collector: Some(collector), a, b, trader, x, y }
    }

    fn parts(&mut self) -> [&mut Part; 5] {
        let Self { a, b, trader, x, y, .. } = self;
        [a, b, trader, x, y]
    }

    fn collector(&mut self) -> &mut Collector {
        self.collector.as_mut().expect("it is not killed")
    }

    /// Everything of a minute's trace, once so many of its spans have arrived.
    async fn trace_of(&mut self, minute: &str, count: usize) -> Vec<Arrived> {
        let trace = self.trace_id(minute).await;
        let of = |arrived: &[Arrived]| -> Vec<Arrived> {
            arrived.iter().filter(|span| span.span.trace_id == trace).cloned().collect()
        };
        let arrived = self.collector().until(PATIENCE, |arrived| of(arrived).len() >= count).await;
        of(&arrived)
    }

    /// What the minute's trace is called: by the journal, which its root names.
    async fn trace_id(&mut self, minute: &str) -> Vec<u8> {
        let is_root = |span: &Arrived| {
            span.service == "trader"
                && span.span.name == "minute"
                && span.attribute("minute").as_deref() == Some(minute)
        };
        let arrived = self.collector().until(PATIENCE, |all| all.iter().any(is_root)).await;
        let root = arrived.iter().find(|span| is_root(span)).expect("it was found");
        let journal = root.attribute("journal").expect("a root names the journal");
        let named = Context::root_of(&journal, minute_at(minute)).to_string();
        assert_eq!(named, root.context().to_string(), "the ids that everybody can tell");
        root.span.trace_id.clone()
    }
}

fn minute_at(start: &str) -> Minute {
    let interval: Interval = INTERVAL.parse().unwrap();
    Minute::starting(Timestamp::parse(start).unwrap(), interval).unwrap()
}

/// `SERVICE INSTANCE NAME`, without the instance of a trader.
fn who(span: &Arrived) -> String {
    let instance = if span.service == "trader" { "" } else { &span.instance };
    format!("{} {instance} {}", span.service, span.span.name).replace("  ", " ")
}

/// Each span under its parent, sorted.
fn links(trace: &[Arrived]) -> Vec<String> {
    let link = |span: &Arrived| match span.parent(trace) {
        Some(parent) => format!("{} < {}", who(parent), who(span)),
        None => who(span),
    };
    let mut links: Vec<_> = trace.iter().map(link).collect();
    links.sort();
    links
}

/// The only span of a service's that is called so.
fn one<'a>(trace: &'a [Arrived], what: &str) -> &'a Arrived {
    let mut found = trace.iter().filter(|span| who(span) == what);
    let (Some(one), None) = (found.next(), found.next()) else {
        let seen: Vec<_> = trace.iter().map(Arrived::summary).collect();
        panic!("not one `{what}`:\n{}", seen.join("\n"));
    };
    one
}

/// How long after its boundary the trader said a median, in seconds, by the time of the line.
fn lateness(trader: &Part, median: &Median) -> f64 {
    let of = format!("minute={}", median.minute);
    let said = |line: &&String| line.contains("INFO median: ") && line.contains(&of);
    let line = trader.seen.iter().rfind(said).expect("it was just said");
    let at = line.split_whitespace().next().and_then(Timestamp::parse).expect("a line has a time");
    at.since(minute_at(&median.minute).start()).as_secs_f64()
}
