//! `minutehand status`: what the trader knows at this moment.

mod text;
mod screen;

use std::{process::ExitCode, time::Duration};

use chassis::exit::{self, Exit, Failure};
use proto::v1::{GetStatusRequest, GetStatusResponse};

use crate::{
    link::{CallArgs, Trader},
    output,
    report::{Status, Strategy},
};
use screen::Screen;

/// `--watch` looks this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Pages of one status at most: 100,000 strategies, the most a trader takes, by 50.
const PAGES_MAX: usize = 100_000 / 50;

/// Show state, causes, last verdict and every strategy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 the state is OK, 4 it is another one, 1 the trader is out of reach, 5 no answer in time.

Examples:
  minutehand status
  minutehand status --watch --trader trader.example:1010
  minutehand status --json | jq .state")]
pub struct Args {
    #[command(flatten)]
    call: CallArgs,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Go on: each second on a terminal, each change when piped.
    #[arg(long)]
    watch: bool,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(exit::block_on(async {
        if args.watch { watch(args).await } else { once(args).await }
    }))
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

async fn once(args: &Args) -> Result<(), Failure> {
    let trader = args.call.trader()?;
    let status = fetch(&trader).await?;
    if args.json {
        output::print_json(&status)?;
    } else {
        output::print(&text::page(&status, trader.address()))?;
    }
    // The page has said it all: only the code is left to give.
    if status.state == "OK" { Ok(()) } else { Err(Exit::NotOk.because("")) }
}

async fn watch(args: &Args) -> Result<(), Failure> {
    let mut screen = Screen::new(args.json);
    loop {
        // Anew each time, which also takes renewed certificates.
        let trader = args.call.trader()?;
        match fetch(&trader).await {
            Ok(status) => screen.show(&status, trader.address())?,
            Err(failure) => screen.fail(&failure)?,
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests;
