//! Floods of calls that are well-formed: of strategies that want in, and of one that is in.

use std::{cell::Cell, net::SocketAddr, time::Duration};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    grid::{Interval, Minute},
    tls::Role,
    wire::{duration, timestamp},
};
use futures_util::future::join_all;
use proto::v1::{
    RegisterRequest, RegisterResponse, Registered, Signal, SubmitRequest, register_response::Event,
    submit_request::Content, trader_service_client::TraderServiceClient,
};
use tonic::{Status, Streaming, transport::Channel};

use super::{
    raw::Tally,
    siege::{Bounds, Siege, USUAL},
};
use crate::harness::run;

/// Connections of a flood …
const CHANNELS: usize = 4;

/// … and calls at a time on each.
const CALLERS: usize = 32;

/// Calls are refused; and all those that are open when the flood ends are reset at once, which may be
/// another line.
pub(super) const REFUSED: Bounds = Bounds { complaints: 2, ..USUAL };

/// Ten refused strategies are named, and that there are more.
const NAMED: Bounds = Bounds { names: 11, ..REFUSED };

pub(super) type Client = TraderServiceClient<Channel>;

fn client(dialer: &Dialer, to: SocketAddr) -> Client {
    TraderServiceClient::new(dialer.channel(&Address::local(to.port()), Role::Trader))
}

/// Many callers on a few connections; each numbers its calls, and makes one after the other.
pub(super) async fn callers(
    dialer: &Dialer,
    to: SocketAddr,
    tally: &Tally,
    call: impl AsyncFn(&mut Client, usize) -> Result<(), Status>,
) {
    let number = Cell::new(0);
    let channels: Vec<Client> = (0..CHANNELS).map(|_| client(dialer, to)).collect();
    let caller = async |channel: &Client| {
        let mut channel = channel.clone();
        loop {
            number.set(number.get() + 1);
            let answer = call(&mut channel, number.get()).await;
            tally.blows(1);
            tally.answered(
                answer.map_or_else(|status| format!("{:?}", status.code()), |()| "ok".into()),
            );
        }
    };
    join_all(channels.iter().cycle().take(CHANNELS * CALLERS).map(caller)).await;
}

pub(super) fn application(name: &str, number: usize) -> RegisterRequest {
    RegisterRequest {
        name: name.to_owned(),
        instance: format!("i{number}"),
        interval: Some(duration(Duration::from_secs(2))),
        journal: String::new(),
        epoch: 0,
    }
}

/// A stranger that was let in, and wears its welcome out.
struct Stranger {
    hold: Registered,
    _session: Streaming<RegisterResponse>,
}

impl Stranger {
    async fn register(to: SocketAddr) -> Self {
        let mut client = client(&Dialer::tcp(), to);
        let mut session = client.register(application("F", 0)).await.unwrap().into_inner();
        let first = session.message().await.unwrap().unwrap();
        let Some(Event::Registered(hold)) = first.event else { panic!("{first:?}") };
        Self { hold, _session: session }
    }

    /// Its decision for the minute at hand: the same bits, however often it is asked.
    fn decision(&self) -> SubmitRequest {
        let interval = Interval::try_from(Duration::from_secs(2)).unwrap();
        let minute = Minute::containing(Clock::system().wall(), interval);
        let at = Some(timestamp(minute.start()));
        let signal = Signal {
            generator: "f".to_owned(),
            run_id: "r".to_owned(),
            minute: at,
            value: 0.5,
            produced_at: at,
        };
        SubmitRequest {
            name: "F".to_owned(),
            instance: "i0".to_owned(),
            journal: self.hold.journal.clone(),
            epoch: self.hold.epoch,
            minute: at,
            decided_at: at,
            content: Some(Content::Decision(0.5)),
            signals: vec![signal],
            clock_offset: None,
        }
    }
}

#[tokio::test]
async fn r2_floods_of_registrations_that_are_refused() {
    let mut siege = Siege::begin(&["--strategies-max", "3"]).await;
    let invalid = async |to: SocketAddr, tally: &Tally| {
        let call = async |client: &mut Client, number| {
            client.register(application("not/a/name", number)).await.map(drop)
        };
        callers(&Dialer::tcp(), to, tally, call).await;
    };
    let counts = siege.endure("registrations of no name", REFUSED, invalid).await;
    assert!(counts.answers["InvalidArgument"] > 0, "{counts:?}");
    let taken = async |to: SocketAddr, tally: &Tally| {
        let call = async |client: &mut Client, number| {
            client.register(application("X", number)).await.map(drop)
        };
        callers(&Dialer::tcp(), to, tally, call).await;
    };
    let counts = siege.endure("registrations of a taken name", NAMED, taken).await;
    assert!(counts.answers["AlreadyExists"] > 0, "{counts:?}");
    let beyond = async |to: SocketAddr, tally: &Tally| {
        let call = async |client: &mut Client, number| {
            client.register(application(&format!("N{number}"), number)).await.map(drop)
        };
        callers(&Dialer::tcp(), to, tally, call).await;
    };
    let counts = siege.endure("registrations beyond the limit", NAMED, beyond).await;
    assert!(counts.answers["ResourceExhausted"] > 0, "{counts:?}");
}

#[tokio::test]
async fn fault_54_a_flood_of_valid_submissions() {
    let mut siege = Siege::begin(&[]).await;
    let trader = SocketAddr::from(([127, 0, 0, 1], siege.trader.port));
    let stranger = Stranger::register(trader).await;
    siege.voices = 4;
    let (tally, dialer) = (Tally::default(), Dialer::tcp());
    let again_and_again =
        async |client: &mut Client, _| client.submit(stranger.decision()).await.map(drop);
    tokio::select! {
        biased;
        () = callers(&dialer, trader, &tally, again_and_again) => {}
        () = siege.minutes(3) => {}
    }
    let counts = tally.counts();
    assert!(counts.answers["ok"] > 1_000, "{counts:?}");
    let trader = siege.trader.port.to_string();
    let gone = run("deregister", &["-n", "F", "--trader-port", &trader]).await;
    assert_eq!(gone.code, 0, "{}", gone.err);
    siege.voices = 3;
    siege.minutes(2).await;
}

/// Whoever is let in is expected: a stranger that says nothing stops the median, by its name.
#[tokio::test]
async fn fault_12_a_stranger_that_is_let_in_and_silent_is_named() {
    let mut siege = Siege::begin(&[]).await;
    let trader = SocketAddr::from(([127, 0, 0, 1], siege.trader.port));
    let _silent = Stranger::register(trader).await;
    let error = siege.trader.line("ERROR state ERROR (was OK): ").await;
    assert!(error.contains("F silent since ") && !error.contains(" X "), "{error}");
    let port = siege.trader.port.to_string();
    let gone = run("deregister", &["-n", "F", "--trader-port", &port]).await;
    assert_eq!(gone.code, 0, "{}", gone.err);
    siege.trader.line("INFO median: ").await;
}
