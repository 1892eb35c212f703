//! `minutehand explain`: why one minute ended as it did.

mod text;

use std::{path::PathBuf, process::ExitCode, str::FromStr};

use chassis::exit::{self, Exit, Failure};
use proto::v1::{ExplainRequest, ExplainResponse, GetStatusRequest};

use crate::{
    journal::Journal,
    link::{CallArgs, Trader},
    output,
    report::{Cause, Explained, Halt, Moment, Submission, Verdict},
};

/// Pages of one minute at most: 100,000 strategies, the most a trader takes, by 20.
const PAGES_MAX: usize = 100_000 / 20;

/// Print who said what from which signals in a minute, when it arrived, and why the minute ended so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  minutehand explain last
  minutehand explain 2026-11-20T12:01:00Z --json
  minutehand explain 2026-11-20T12:01:00Z --journal ~/.local/state/minutehand/trader-1010.sqlite")]
pub struct Args {
    /// Start of the minute, like 2026-11-20T12:01:00Z, or `last`.
    #[arg(value_name = "MINUTE")]
    minute: Asked,
    #[command(flatten)]
    call: CallArgs,
    /// Read the journal itself, so that the trader may be down.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["trader", "trader_port"])]
    journal: Option<PathBuf>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Last,
    Minute(Moment),
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "last" {
            return Ok(Self::Last);
        }
        Moment::parse(text).map(Self::Minute).map_err(|message| message + " and not `last`")
    }
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    exit::printed(exit::block_on(explain(args)))
}

async fn explain(args: &Args) -> Result<(), Failure> {
    let source = match &args.journal {
        Some(file) => Source::Journal(Journal::open(file)?),
        None => Source::Trader(args.call.trader()?),
    };
    let minute = match args.minute {
        Asked::Minute(minute) => minute,
        Asked::Last => source
            .last_minute()
            .await?
            .ok_or_else(|| Exit::NotFound.because("there is no verdict yet: the journal is new"))?,
    };
    let explained = fetch(&source, minute).await?;
    if args.json { output::print_json(&explained) } else { output::print(&text::page(&explained)) }
}

/// Where minutes are read from.
#[derive(Debug)]
enum Source {
    Trader(Trader),
    Journal(Journal),
}

impl Source {
    async fn last_minute(&self) -> Result<Option<Moment>, Failure> {
        match self {
            Self::Journal(journal) => journal.last_minute(),
            Self::Trader(trader) => {
                let request = GetStatusRequest { page_size: 1, page_token: String::new() };
                let answer =
                    trader.ask(async |mut client| client.get_status(request).await).await?;
                Ok(answer.last_verdict.map(|last| Verdict::from(last).last_minute))
            }
        }
    }

    async fn page(&self, request: ExplainRequest) -> Result<ExplainResponse, Failure> {
        match self {
            Self::Journal(journal) => journal.explain(&request),
            Self::Trader(trader) => {
                trader.ask(async |mut client| client.explain(request).await).await
            }
        }
    }
}

/// The whole minute, page by page.
async fn fetch(source: &Source, minute: Moment) -> Result<Explained, Failure> {
    let mut page_token = String::new();
    let mut whole: Option<Explained> = None;
    for _ in 0..PAGES_MAX {
        let request = ExplainRequest { minute: Some(minute.wire()), page_size: 0, page_token };
        let page = source.page(request).await?;
        let explained = whole.get_or_insert_with(|| Explained {
            verdict: page.verdict.unwrap_or_default().into(),
            submissions: Vec::new(),
            causes: Vec::new(),
            halt: page.halt.map(Halt::from),
        });
        explained.submissions.extend(page.submissions.into_iter().map(Submission::from));
        explained.causes.extend(page.causes.into_iter().map(Cause::from));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    match whole {
        Some(explained) if page_token.is_empty() => Ok(explained),
        _ => Err(Exit::Failed.because(format!(
            "minute {minute} has more than {PAGES_MAX} pages: is it a trader of another version?"
        ))),
    }
}

#[cfg(test)]
mod tests;
