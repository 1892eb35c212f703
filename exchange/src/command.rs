//! The exchange as a command: mischief comes as lines of standard input.

use std::{io, net::Ipv4Addr, process::ExitCode, thread};

use chassis::{
    chance,
    clock::Clock,
    exit::{self, Exit, Failure},
    shutdown,
    telemetry::{self, LogFormat},
};
use rand::RngExt as _;
use tokio::{net::TcpListener, select, sync::mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    args::Args,
    mischief::Mischief,
    server::{ORDERS_MAX, Order, serve},
};

/// How many lines may wait to be read; whoever types more waits.
const LINES_MAX: usize = 16;

/// Runs the command to its end.
pub fn main(args: Args) -> ExitCode {
    let clock = Clock::system();
    telemetry::start(LogFormat::Text, clock);
    exit::logged(exit::block_on(run(args, clock)))
}

async fn run(args: Args, clock: Clock) -> Result<(), Failure> {
    let failed = |what: &str, error: io::Error| Exit::Failed.because(format!("{what}: {error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .await
        .map_err(|error| failed(&format!("cannot listen on port {}", args.port), error))?;
    let address = listener.local_addr().map_err(|error| failed("no local address", error))?;
    let mut rng = chance::start(args.seed);
    let config = args.config(|| rng.random());
    let serving = shutdown::run(async |stop: CancellationToken| {
        info!("listening on {address}");
        let (venue, symbol, seed) = (config.venue, &config.symbol, config.seed);
        info!(%venue, symbol, seed, rate = config.rate, "exchange");
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let serving = serve(listener, config, clock, taken, stop.clone());
        let ((), ()) = tokio::join!(serving, listen(lines(), orders, stop));
    });
    serving.await.map_err(|error| failed("no signal handlers", error))
}

/// The lines of standard input. The thread is left behind at the end: nothing wakes it.
fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(LINES_MAX);
    thread::spawn(move || {
        for line in io::stdin().lines() {
            let unreadable = line.is_err();
            if sender.blocking_send(line).is_err() || unreadable {
                break;
            }
        }
    });
    lines
}

/// Passes on what lines order, until there are no more: whoever began this process is gone then.
async fn listen(
    mut lines: mpsc::Receiver<io::Result<String>>,
    orders: mpsc::Sender<Order>,
    stop: CancellationToken,
) {
    loop {
        let line = select! {
            biased;
            () = stop.cancelled() => break,
            line = lines.recv() => line,
        };
        let line = match line {
            Some(Ok(line)) => line,
            Some(Err(error)) => {
                warn!("cannot read standard input: {error}: stopping");
                break;
            }
            None => {
                info!("standard input has ended: stopping");
                break;
            }
        };
        match line.parse::<Mischief>() {
            Ok(mischief) => {
                info!("{mischief}");
                // An error says that the exchange has stopped.
                let _stopped = orders.send(Order::Mischief(mischief)).await;
            }
            Err(error) => warn!("{error}"),
        }
    }
    stop.cancel();
}
