//! `minutehand status`: what a trader, or each trader of a plan, knows at this moment.

mod text;
mod screen;

use std::{process::ExitCode, time::Duration};

use chassis::exit::{self, Exit, Failure};
use proto::v1::{GetStatusRequest, GetStatusResponse};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    link::{CallArgs, Trader},
    output,
    report::{Status, Strategy},
    traders::{Called, PlanArgs},
};
use screen::{Screen, fail};

/// `--watch` looks this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks that wait to be shown; whoever has looked once more waits.
const LOOKS_MAX: usize = 16;

/// Pages of one status at most: 100,000 strategies, the most a trader takes, by 50.
const PAGES_MAX: usize = 100_000 / 50;

/// Show state, causes, last verdict and every strategy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 the state is OK, 4 it is another one, 1 the trader is out of reach, 5 no answer in time.
With a plan all of its traders are shown: 0 if all are OK, else what the worst of them would give
alone, where 1 is worse than 5, and 5 than 4.

Examples:
  minutehand status
  minutehand status examples/two-instruments.toml
  minutehand status --watch --trader trader.example:1010
  minutehand status --json | jq .state")]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    call: CallArgs,
    /// JSON instead of text: one object, or one a line for each trader of a plan, with its `trader`.
    #[arg(long)]
    json: bool,
    /// Go on: each second on a terminal, each change when piped.
    #[arg(long)]
    watch: bool,
}

/// What a look at the trader in that place has found.
type Look = (usize, Result<Status, Failure>);

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(exit::block_on(async {
        if args.watch { watch(args).await } else { once(args).await }
    }))
}

impl Args {
    /// Every trader that is asked, and how.
    fn traders(&self) -> Result<Vec<(Called, CallArgs)>, Failure> {
        let meant = self.plan.traders(self.call.flags())?;
        Ok(meant.into_iter().map(|meant| (meant.called, self.call.of(meant.flags))).collect())
    }
}

/// The whole status, page by page.
pub(crate) async fn fetch(trader: &Trader) -> Result<Status, Failure> {
    let first = page(trader, String::new()).await?;
    let mut token = first.next_page_token.clone();
    let mut status = Status::from(first);
    for _ in 1..PAGES_MAX {
        if token.is_empty() {
            return Ok(status);
        }
        let next = page(trader, token).await?;
        token = next.next_page_token;
        status.strategies.extend(next.strategies.into_iter().map(Strategy::from));
    }
    if token.is_empty() { Ok(status) } else { Err(endless(trader)) }
}

async fn page(trader: &Trader, page_token: String) -> Result<GetStatusResponse, Failure> {
    let request = GetStatusRequest { page_size: 0, page_token };
    trader.ask(async |mut client| client.get_status(request).await).await
}

fn endless(trader: &Trader) -> Failure {
    Exit::Failed.because(format!(
        "trader {} sent more than {PAGES_MAX} pages of strategies: is it a trader of another version?",
        trader.address()
    ))
}

/// All at the same time: one that hangs takes no time of the others.
async fn once(args: &Args) -> Result<(), Failure> {
    let traders = args.traders()?;
    let mut asked = JoinSet::new();
    for (place, (_, call)) in traders.iter().enumerate() {
        let trader = call.trader()?;
        asked.spawn(async move { (place, fetch(&trader).await) });
    }
    let mut found = asked.join_all().await;
    found.sort_by_key(|(place, _)| *place);
    let mut worst = None;
    for (place, found) in found {
        let (called, call) = &traders[place];
        if place > 0 && !args.json {
            output::print("\n")?;
        }
        let exit = match found {
            Ok(status) => {
                show(&status, called, call, args.json)?;
                // The page has said it all: only the code is left to give.
                (status.state != "OK").then_some(Exit::NotOk)
            }
            // Of a single one it is what the command ends with.
            Err(failure) if called.field().is_none() => return Err(failure),
            Err(failure) => {
                fail(&failure, called, args.json)?;
                Some(failure.exit)
            }
        };
        worst = worse(worst, exit);
    }
    worst.map_or(Ok(()), |exit| Err(exit.because("")))
}

fn show(status: &Status, called: &Called, call: &CallArgs, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json_of(called.field(), status);
    }
    output::print(&called.before(&text::page(status, &call.flags().address())))
}

/// Which is worse of what two traders' answers come to: out of reach, no answer in time, not OK.
fn worse(one: Option<Exit>, other: Option<Exit>) -> Option<Exit> {
    let gravity = |exit: &Option<Exit>| match exit {
        None => 0,
        Some(Exit::NotOk) => 1,
        Some(Exit::TimedOut) => 2,
        Some(Exit::Failed | Exit::Usage | Exit::NotFound | Exit::Refused) => 3,
    };
    if gravity(&other) > gravity(&one) { other } else { one }
}

async fn watch(args: &Args) -> Result<(), Failure> {
    let traders = args.traders()?;
    let (sender, mut looked) = mpsc::channel(LOOKS_MAX);
    let mut lookers = JoinSet::new();
    for (place, (_, call)) in traders.iter().enumerate() {
        // Files that cannot be read at the start are no passing trouble.
        call.trader()?;
        lookers.spawn(look(place, call.clone(), sender.clone()));
    }
    let shown = traders.into_iter().map(|(called, call)| (called, call.flags().address()));
    let mut screen = Screen::new(args.json, shown);
    loop {
        let (place, found) = looked.recv().await.expect("the lookers go on for ever");
        screen.show(place, &found)?;
    }
}

/// Looks at one trader again and again. Each has a task of its own, so that one that hangs leaves the
/// others fresh.
async fn look(place: usize, call: CallArgs, looked: mpsc::Sender<Look>) {
    loop {
        // Anew each time, which also takes renewed certificates.
        let found = match call.trader() {
            Ok(trader) => fetch(&trader).await,
            Err(failure) => Err(failure),
        };
        if looked.send((place, found)).await.is_err() {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests;
