//! `minutehand watch`: each verdict and each change of state, as they are published.

mod seen;
mod countdown;
mod feed;

use std::process::ExitCode;

use chassis::{
    chance,
    channel::Address,
    exit::{self, Exit, Failure},
    status::{is_transient, root_cause},
};
use serde::Serialize;
use tokio::{
    pin,
    time::{Instant, sleep_until},
};

use crate::{
    link::{self, TraderArgs},
    output::{note, print, print_json},
    report::{Moment, StateChange, Verdict, printable},
};
use countdown::{Countdown, Lapse};
pub use feed::{Feed, Told};

/// Print each verdict and each change of state as it is published.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lines go to standard output; lost and found links, and missing verdicts, to standard error.
It reconnects for ever and goes on after the last minute that it printed.

Examples:
  minutehand watch
  minutehand watch --json --after 2026-11-20T12:00:00Z
  minutehand watch --count 1    # wait for the next verdict")]
pub struct Args {
    #[command(flatten)]
    trader: TraderArgs,
    /// One JSON object a line: `event` is `verdict`, `state` or `lapsed`.
    #[arg(long)]
    json: bool,
    /// First every verdict after this minute, from the journal.
    #[arg(long, value_name = "MINUTE", value_parser = Moment::parse)]
    after: Option<Moment>,
    /// Stop after this many verdicts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

/// One line of `--json`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'a> {
    Verdict(&'a Verdict),
    State(&'a StateChange),
    Lapsed { minute: Moment, valid_until: Moment, treat_as: &'static str },
    Gone { kept_from: Moment },
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(exit::block_on(watch(args)))
}

async fn watch(args: &Args) -> Result<(), Failure> {
    let address = args.trader.address();
    let mut feed =
        Feed::new(link::client(&address, &args.trader.dialer()?), args.after, chance::start(None));
    let mut countdown = Countdown::default();
    let mut link_note = None;
    let mut verdicts = 0;
    loop {
        let told = next(&mut feed, &mut countdown, args.json).await?;
        if let Some(news) = link_news(&told, &address)?
            && link_note.as_ref() != Some(&news)
        {
            note(&news);
            link_note = Some(news);
        }
        match &told {
            Told::Connected | Told::Lost(_) => {}
            Told::Verdict { verdict, left, kept_from } => {
                if let Some(kept_from) = *kept_from {
                    tell(&Event::Gone { kept_from }, args.json)?;
                }
                countdown.heard(verdict, *left, Instant::now());
                tell(&Event::Verdict(verdict), args.json)?;
                verdicts += 1;
            }
            Told::State(change) => tell(&Event::State(change), args.json)?,
        }
        if args.count.is_some_and(|count| verdicts >= count) {
            return Ok(());
        }
    }
}

/// The next thing told; says meanwhile when the countdown ends.
async fn next(feed: &mut Feed, countdown: &mut Countdown, json: bool) -> Result<Told, Failure> {
    let told = feed.next();
    pin!(told);
    loop {
        let ends = countdown.ends();
        tokio::select! {
            biased;
            told = &mut told => return Ok(told),
            () = async { sleep_until(ends.expect("guarded")).await }, if ends.is_some() => {}
        }
        if let Some(Lapse { minute, valid_until }) = countdown.lapsed(Instant::now()) {
            note(&format!(
                "nothing heard since minute {minute}, which was valid until {valid_until}: treat as ERROR"
            ));
            if json {
                print_json(&Event::Lapsed { minute, valid_until, treat_as: "ERROR" })?;
            }
        }
    }
}

/// What to say about the link. A refusal that a further try cannot mend ends the command.
fn link_news(told: &Told, address: &Address) -> Result<Option<String>, Failure> {
    match told {
        Told::Connected => Ok(Some(format!("connected to trader {address}"))),
        Told::Lost(status) => {
            let cause = printable(&root_cause(status));
            if is_transient(status) {
                Ok(Some(format!("no link to trader {address}: {cause}; trying again")))
            } else {
                Err(Exit::Failed.because(format!("trader {address} refused: {cause}")))
            }
        }
        Told::Verdict { .. } | Told::State(_) => Ok(None),
    }
}

fn tell(event: &Event<'_>, json: bool) -> Result<(), Failure> {
    match event {
        _ if json => print_json(event),
        Event::Verdict(verdict) => print(&format!("{verdict}\n")),
        Event::State(change) => print(&format!("{change}\n")),
        Event::Gone { kept_from } => {
            print(&format!("the minutes before {kept_from} are not kept any more\n"))
        }
        Event::Lapsed { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests;
