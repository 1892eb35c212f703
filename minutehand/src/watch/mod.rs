//! `minutehand watch`: each verdict and each change of state, as they are published.

mod seen;
mod countdown;
mod feed;
mod news;
mod paper;
mod alarm;

use std::process::ExitCode;

use chassis::{
    chance,
    channel::Address,
    exit::{self, Exit, Failure},
    shutdown,
    status::{is_transient, root_cause},
};
use rand::{SeedableRng as _, rngs::StdRng};
use serde::Serialize;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::{
    link::{self, TraderArgs},
    output::json_of,
    report::{Moment, StateChange, Verdict, printable},
    traders::{Called, Meant, PlanArgs},
};
pub use alarm::Url;
use alarm::{AlarmArgs, Alarms};
use countdown::{Countdown, Lapse};
pub use feed::{Feed, FirstContact, Told};
pub use news::News;
use paper::Paper;

/// So much is said of one lost link.
const LINK_NOTES_MAX: usize = 8;

/// Print each verdict and each change of state as it is published.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lines go to standard output; lost and found links, and missing verdicts, to standard error.
It reconnects for ever and goes on after the last minute that it printed. With a plan it follows all
of its traders at the same time, and each line begins with the name of its trader.

Examples:
  minutehand watch
  minutehand watch examples/two-instruments.toml
  minutehand watch --json --after 2026-11-20T12:00:00Z
  minutehand watch --count 1    # wait for the next verdict
  minutehand watch --on-change 'mail -s \"$MINUTEHAND_TEXT\" ops@example.org' --debounce 2/3
  minutehand watch PLAN.toml --webhook https://hooks.example/minutehand > /dev/null

A command gets the event as JSON on its standard input, and MINUTEHAND_EVENT (state, lost, heard),
MINUTEHAND_STATE, MINUTEHAND_TRADER, MINUTEHAND_TEXT and MINUTEHAND_EVENT_ID in its environment.
`lost`: the trader was not heard by the end of its last verdict's validity, or not within 10 s of the
start; `heard`: it is back. What fails is tried again, so an event may come twice, with the same id.
SIGINT and SIGTERM end it when each alarm that waits was tried once more; a second one ends it at once.")]
pub struct Args {
    /// One JSON object a line: `event` is `verdict`, `state`, `lapsed` or `gone`, `trader` a plan's.
    #[arg(long)]
    json: bool,
    /// First every verdict after this minute, from the journal.
    #[arg(long, value_name = "MINUTE", value_parser = Moment::parse)]
    after: Option<Moment>,
    /// Stop after this many verdicts, of whichever trader.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    trader: TraderArgs,
    #[command(flatten)]
    alarms: AlarmArgs,
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
    if !args.alarms.are_given() {
        return follow(args, Paper::Direct, CancellationToken::new()).await;
    }
    let (paper, written) = Paper::queued();
    // Whoever ends it does not want an alarm cut off, nor a command left behind.
    let ended = shutdown::run(|stop| follow(args, paper, stop)).await;
    written.end().await;
    ended.map_err(|error| Exit::Failed.because(format!("no signal handlers: {error}")))?
}

/// Until `stop`, or until as many verdicts have come as were asked for; then what is to be told is told.
async fn follow(args: &Args, paper: Paper, stop: CancellationToken) -> Result<(), Failure> {
    let mut rng = chance::start(None);
    let (mut feeds, mut all) = (Vec::new(), Vec::new());
    let mut alarms = args.alarms.start(&paper, &mut rng)?;
    for Meant { called, flags } in args.plan.traders(&args.trader)? {
        let address = flags.address();
        let client = link::client(&address, &flags.dialer()?);
        feeds.push(Feed::new(client, args.after, StdRng::from_rng(&mut rng)));
        if let Some(alarms) = &mut alarms {
            alarms.guard(called.clone(), address.clone());
        }
        let (json, countdown, paper) = (args.json, Countdown::default(), paper.clone());
        let (met, persistent, link_notes) = (false, alarms.is_some(), Vec::new());
        all.push(Watched { called, address, json, paper, countdown, met, persistent, link_notes });
    }
    // With several traders, what one of them refuses is no reason to leave the others alone.
    let several = all.len() > 1;
    for watched in all.iter_mut().filter(|watched| several && watched.persistent) {
        watched.met = true;
    }
    let mut news = News::of(feeds);
    let mut verdicts = 0;
    while args.count.is_none_or(|count| verdicts < count) {
        let (place, told) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            told = next(&mut news, &mut all, &mut alarms) => told?,
        };
        all[place].hear(&told)?;
        if let Some(alarms) = &mut alarms {
            alarms.hear(place, &told).await;
        }
        verdicts += u64::from(matches!(told, Told::Verdict { .. }));
    }
    if let Some(alarms) = alarms {
        alarms.finish().await;
    }
    Ok(())
}

/// The next thing told, and by which; says meanwhile when a countdown ends.
async fn next(
    news: &mut News,
    all: &mut [Watched],
    alarms: &mut Option<Alarms>,
) -> Result<(usize, Told), Failure> {
    loop {
        let ends = all.iter().filter_map(|watched| watched.countdown.ends()).min();
        tokio::select! {
            biased;
            told = news.next() => return Ok(told),
            () = async { sleep_until(ends.expect("guarded")).await }, if ends.is_some() => {}
            () = async { alarms.as_ref().expect("guarded").silence().await }, if alarms.is_some() => {}
        }
        for watched in &mut *all {
            watched.lapse()?;
        }
        if let Some(alarms) = alarms {
            alarms.look().await;
        }
    }
}

/// A trader that is watched.
struct Watched {
    called: Called,
    address: Address,
    json: bool,
    paper: Paper,
    countdown: Countdown,
    /// Whether there was a link.
    met: bool,
    /// Whether a refusal is a lost link, once there was one: whoever gives alarms has to go on.
    persistent: bool,
    /// What was said about the link since it was there, or was not.
    link_notes: Vec<String>,
}

impl Watched {
    /// Passes on what the trader tells. A refusal that a further try cannot mend is a failure.
    fn hear(&mut self, told: &Told) -> Result<(), Failure> {
        match told {
            Told::Connected { .. } => {
                self.met = true;
                self.link_notes.clear();
                self.note_link(format!("connected to trader {}", self.address));
            }
            Told::Lost(status) => {
                let may_pass = is_transient(status) || (self.met && self.persistent);
                let news = no_link(status, &self.address, may_pass);
                let news = news.map_err(|refused| {
                    refused.exit.because(self.called.before(&refused.message))
                })?;
                self.note_link(news);
            }
            Told::Verdict { verdict, left, kept_from } => {
                if let Some(kept_from) = *kept_from {
                    self.tell(&Event::Gone { kept_from })?;
                }
                self.countdown.heard(verdict, *left, Instant::now());
                self.tell(&Event::Verdict(verdict))?;
            }
            Told::State { again: true, .. } => {}
            Told::State { change, again: false } => self.tell(&Event::State(change))?,
        }
        Ok(())
    }

    /// Says that its last verdict is not to be acted on any more, once that is so.
    fn lapse(&mut self) -> Result<(), Failure> {
        let Some(Lapse { minute, valid_until }) = self.countdown.lapsed(Instant::now()) else {
            return Ok(());
        };
        self.paper.note(self.called.before(&format!(
            "the median of {minute} was valid until {valid_until}, and none came since: treat as ERROR"
        )));
        self.tell(&Event::Lapsed { minute, valid_until, treat_as: "ERROR" })
    }

    /// Each cause of a lost link once: a trader that hangs is refused in more than one way, in turns.
    fn note_link(&mut self, news: String) {
        if self.link_notes.len() < LINK_NOTES_MAX && !self.link_notes.contains(&news) {
            self.paper.note(self.called.before(&news));
            self.link_notes.push(news);
        }
    }

    fn tell(&self, event: &Event<'_>) -> Result<(), Failure> {
        if self.json {
            return self.paper.print(json_of(self.called.field(), event));
        }
        let line = |text: &str| self.paper.print(self.called.before(text) + "\n");
        match event {
            Event::Verdict(verdict) => line(&verdict.to_string()),
            Event::State(change) => line(&change.to_string()),
            Event::Gone { kept_from } => {
                line(&format!("the minutes before {kept_from} are not kept any more"))
            }
            // A note has said it.
            Event::Lapsed { .. } => Ok(()),
        }
    }
}

/// What to say about a link that is lost, if a further try may mend it.
fn no_link(status: &Status, address: &Address, may_pass: bool) -> Result<String, Failure> {
    let cause = printable(&root_cause(status));
    if may_pass {
        Ok(format!("no link to trader {address}: {cause}; trying again"))
    } else {
        Err(Exit::Failed.because(format!("trader {address} refused: {cause}")))
    }
}

#[cfg(test)]
mod tests;
