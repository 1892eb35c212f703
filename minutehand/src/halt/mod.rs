//! `minutehand halt` and `minutehand resume`: an operator's stop, and its end.

use std::process::ExitCode;

use chassis::{
    chance,
    exit::{self, Exit, Failure},
    operator::operator,
    status::reason,
};
use proto::v1::{self, GetStatusRequest, HaltRequest, ResumeRequest};

use crate::{
    link::{CallArgs, Trader},
    output,
    report::printable,
};

/// Longest reason, in bytes: what the wire takes.
const REASON_BYTES_MAX: usize = 1_024;

/// Stop medians at once, until `resume`, across restarts.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Once it has returned with 0 or has said that the halt holds in memory, no median is committed or served.

Exit codes: 0 halted, 1 halted in memory only, or not halted (the message says which), 5 no answer in time.

Example:
  minutehand halt --reason 'prices of venue B look wrong'")]
pub struct HaltArgs {
    #[command(flatten)]
    call: CallArgs,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", value_parser = why)]
    reason: String,
}

/// End a halt; medians come again with the next complete minute.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  minutehand resume --reason 'venue B has corrected its feed'")]
pub struct ResumeArgs {
    #[command(flatten)]
    call: CallArgs,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", value_parser = why)]
    reason: String,
}

/// Runs `halt`.
pub fn halt_main(args: &HaltArgs) -> ExitCode {
    exit::printed(exit::block_on(halt(args)))
}

/// Runs `resume`.
pub fn resume_main(args: &ResumeArgs) -> ExitCode {
    exit::printed(exit::block_on(resume(args)))
}

async fn halt(args: &HaltArgs) -> Result<(), Failure> {
    let trader = args.call.trader()?;
    let request = HaltRequest { reason: args.reason.clone(), operator: operator() };
    let answer = trader
        .insist(&mut chance::start(None), async |mut client| client.halt(request.clone()).await)
        .await
        .map_err(|failure| not_halted(&trader, &failure.status))?;
    if !answer.durable {
        return Err(Exit::Failed.because(format!(
            "trader {} is halted IN MEMORY ONLY: its journal cannot be written, and a restart ends the halt; keep it running, mend the disk, then halt again",
            trader.address()
        )));
    }
    let more = said_before(&trader, &request).await.unwrap_or_default();
    output::print(&format!(
        "trader {} is halted until `minutehand resume`\n{more}",
        trader.address()
    ))
}

/// A halt that was in force already keeps its reason: whoever gave another one should know.
async fn said_before(trader: &Trader, request: &HaltRequest) -> Option<String> {
    let ask = GetStatusRequest { page_size: 1, page_token: String::new() };
    let status = trader.ask(async |mut client| client.get_status(ask.clone()).await).await;
    let v1::HaltRecord { reason, operator, .. } = status.ok()?.halt?;
    if (&reason, &operator) == (&request.reason, &request.operator) {
        return None;
    }
    let [reason, operator] = [reason, operator].map(|text| printable(&text));
    Some(format!(
        "it was halted before, by {operator}: {reason}; that is on record, and yours is not\n"
    ))
}

async fn resume(args: &ResumeArgs) -> Result<(), Failure> {
    let trader = args.call.trader()?;
    let request = ResumeRequest { reason: args.reason.clone(), operator: operator() };
    let answer = trader
        .insist(&mut chance::start(None), async |mut client| client.resume(request.clone()).await)
        .await;
    match answer {
        Ok(_) => output::print(&format!(
            "trader {} is resumed; its state is WAITING until the next complete minute\n",
            trader.address()
        )),
        // A try before it may have got through without its answer.
        Err(failure)
            if failure.tries > 1 && reason(&failure.status).as_deref() == Some("not-halted") =>
        {
            output::print(&format!("trader {} is not halted any more\n", trader.address()))
        }
        Err(failure) => Err(trader.failure(&failure.status)),
    }
}

fn not_halted(trader: &Trader, status: &tonic::Status) -> Failure {
    let failure = trader.failure(status);
    let known = match reason(status).as_deref() {
        Some("journal") => "halt it again: until that has succeeded, do not trade on its medians",
        _ => "NOT known to be halted: until it is, do not trade on its medians",
    };
    failure.exit.because(format!("{failure}; {known}"))
}

fn why(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.len() > REASON_BYTES_MAX {
        return Err(format!(
            "a reason has 1 to {REASON_BYTES_MAX} bytes, not {}",
            text.trim().len()
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
