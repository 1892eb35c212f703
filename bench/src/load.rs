//! A load generator: many strategies in one process, each registered with a session of its own, that
//! all decide each minute.

use std::{cell::Cell, rc::Rc, time::Duration};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    flag::number,
    grid::{Interval, Minute},
    tls::Role,
    wire,
};
use proto::v1::{
    RegisterRequest, RegisterResponse, Signal, SubmitRequest, register_response::Event,
    submit_request::Content, trader_service_client::TraderServiceClient,
};
use tokio::{task::JoinSet, time::Instant};
use tonic::{Streaming, transport::Channel};

use crate::{
    Result,
    figures::{scattered, to_f64},
};

/// Registrations that wait for their answer at a time.
const REGISTRATIONS_MAX: usize = 256;

/// One connection to a trader.
pub(crate) type Client = TraderServiceClient<Channel>;

/// So many connections to a server of this machine.
pub(crate) fn connections(port: u16, count: usize) -> Vec<Client> {
    let address = Address::local(port);
    let channel = || Dialer::tcp().channel(&address, Role::Trader);
    (0..count).map(|_| TraderServiceClient::new(channel())).collect()
}

/// How a load is laid on.
#[derive(Debug, clap::Args)]
pub(crate) struct Load {
    /// Port of the trader.
    #[arg(long)]
    trader_port: u16,

    /// Length of a minute, the trader's.
    #[arg(long, default_value_t)]
    interval: Interval,

    /// What the names of the strategies begin with.
    #[arg(long, default_value = "load-")]
    prefix: String,

    /// How many strategies.
    #[arg(long, default_value_t = 1_000)]
    strategies: usize,

    /// Submissions in flight at a time.
    #[arg(long, default_value_t = 64, value_parser = number::<1, 100_000>)]
    in_flight: usize,

    /// Connections that they share.
    #[arg(long, default_value_t = 4, value_parser = number::<1, 10_000>)]
    connections: usize,

    /// For how many minutes.
    #[arg(long, default_value_t = 5)]
    minutes: usize,

    /// Keep the sessions open after that, until the process is ended.
    #[arg(long)]
    hold: bool,
}

impl Load {
    /// Lays it on; says how many are registered, and how each minute went.
    #[expect(clippy::print_stdout, reason = "it prints figures")]
    pub(crate) async fn run(self) -> Result<()> {
        let clock = Clock::system();
        let clients = connections(self.trader_port, self.connections);
        let begun = Instant::now();
        let crowd = Crowd::register(&clients, &self.prefix, self.strategies, self.interval).await?;
        println!("registered {} in {:.3} s", crowd.count(), begun.elapsed().as_secs_f64());
        for _ in 0..self.minutes {
            let minute = crowd.next_minute(clock);
            clock.reach(minute.start()).await;
            let took = crowd.submit(&clients, minute, self.in_flight).await?.as_secs_f64();
            println!(
                "minute {minute}: {} acknowledged in {took:.3} s, {:.0} a second",
                crowd.count(),
                to_f64(crowd.count()) / took
            );
        }
        if self.hold {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// One strategy.
#[derive(Clone, Debug)]
struct Member {
    name: String,
    epoch: u64,
}

/// Strategies that are registered, with their sessions.
#[derive(Debug)]
pub(crate) struct Crowd {
    members: Rc<Vec<Member>>,
    journal: Rc<str>,
    interval: Interval,
    _sessions: Vec<Streaming<RegisterResponse>>,
}

impl Crowd {
    /// Registers so many strategies whose names begin with `prefix`, over these connections.
    pub(crate) async fn register(
        clients: &[Client],
        prefix: &str,
        count: usize,
        interval: Interval,
    ) -> Result<Self> {
        let mut registering = JoinSet::new();
        let mut registered: Vec<Registered> = Vec::with_capacity(count);
        for index in 0..count {
            if registering.len() == REGISTRATIONS_MAX {
                registered.extend(one_of(&mut registering).await?);
            }
            let client = clients[index % clients.len()].clone();
            registering.spawn(register(client, format!("{prefix}{index:06}"), interval));
        }
        while let Some(one) = one_of(&mut registering).await? {
            registered.push(one);
        }
        let journal = registered.first().map_or("", |(_, journal, _)| journal).into();
        let (members, sessions) =
            registered.into_iter().map(|(member, _, session)| (member, session)).unzip();
        Ok(Self { members: Rc::new(members), journal, interval, _sessions: sessions })
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        self.members.len()
    }

    /// All decide for `minute`, with so many submissions at a time, spread over these connections.
    /// From the first one sent to the last one acknowledged.
    pub(crate) async fn submit(
        &self,
        clients: &[Client],
        minute: Minute,
        in_flight: usize,
    ) -> Result<Duration> {
        let next = Rc::new(Cell::new(0));
        let tasks = tokio::task::LocalSet::new();
        let begun = Instant::now();
        let mut senders = JoinSet::new();
        for sender in 0..in_flight.min(self.count()) {
            let (client, next) = (clients[sender % clients.len()].clone(), Rc::clone(&next));
            let (members, journal) = (Rc::clone(&self.members), Rc::clone(&self.journal));
            let sending = send(client, members, journal, minute, next);
            senders.spawn_local_on(sending, &tasks);
        }
        tasks
            .run_until(async {
                while let Some(sent) = senders.join_next().await {
                    sent.map_err(|error| error.to_string())??;
                }
                Ok::<(), String>(())
            })
            .await?;
        Ok(begun.elapsed())
    }

    /// The minute whose boundary comes next.
    pub(crate) fn next_minute(&self, clock: Clock) -> Minute {
        Minute::first_after(clock.wall(), self.interval)
    }
}

type Answer = std::result::Result<Registered, String>;

type Registered = (Member, String, Streaming<RegisterResponse>);

async fn one_of(registering: &mut JoinSet<Answer>) -> Result<Option<Registered>> {
    let Some(one) = registering.join_next().await else { return Ok(None) };
    Ok(Some(one??))
}

async fn register(mut client: Client, name: String, interval: Interval) -> Answer {
    let request = RegisterRequest {
        instance: format!("i-{name}"),
        name: name.clone(),
        interval: Some(wire::duration(interval.duration())),
        journal: String::new(),
        epoch: 0,
    };
    let failed = |status: tonic::Status| format!("{name} cannot register: {status}");
    let mut session = client.register(request).await.map_err(failed)?.into_inner();
    let first = session.message().await.map_err(failed)?.and_then(|first| first.event);
    let Some(Event::Registered(registered)) = first else {
        return Err(format!("{name} was not told that it is registered"));
    };
    Ok((Member { name, epoch: registered.epoch }, registered.journal, session))
}

/// Submits for one strategy after the other, until there are no more.
async fn send(
    mut client: Client,
    members: Rc<Vec<Member>>,
    journal: Rc<str>,
    minute: Minute,
    next: Rc<Cell<usize>>,
) -> std::result::Result<(), String> {
    let clock = Clock::system();
    loop {
        let index = next.get();
        let Some(member) = members.get(index) else { return Ok(()) };
        next.set(index + 1);
        let start = wire::timestamp(minute.start());
        let signal = Signal {
            generator: "g".to_owned(),
            run_id: "run".to_owned(),
            minute: Some(start),
            value: 0.5,
            produced_at: Some(start),
        };
        let request = SubmitRequest {
            name: member.name.clone(),
            instance: format!("i-{}", member.name),
            journal: journal.to_string(),
            epoch: member.epoch,
            minute: Some(start),
            decided_at: Some(wire::timestamp(clock.wall())),
            content: Some(Content::Decision(scattered(index))),
            signals: vec![signal],
            clock_offset: None,
        };
        let answer = client.submit(request).await;
        answer.map_err(|status| format!("{} cannot submit: {status}", member.name))?;
    }
}
