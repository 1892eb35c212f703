//! Who may do what where callers are known by their certificates (`FAULTS` 56 and 57), and what is left
//! of a refusal: one line in the log, and nothing else.

use std::{io, net::SocketAddr};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    exit::Failure,
    tls::{Role, Tls, testing::Authority},
};
use proto::v1::{
    DeregisterRequest, ExplainRequest, GetMedianRequest, GetStatusRequest, GetStatusResponse,
    HaltRequest, ResumeRequest, SubmitRequest, WatchRequest, submit_request::Content,
    trader_service_client::TraderServiceClient,
};
use tokio::{io::DuplexStream, sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, transport::Channel};

use super::{
    Config,
    callers::{application, signal},
    config,
    lines::{Lines, listen},
    name,
    shown::refusal,
    time,
};
use crate::{journal::Journal, server::serve, service::ACCESS};

type Caller = TraderServiceClient<Channel>;

/// Connections that wait to be accepted.
const WAITING_MAX: usize = 64;

/// A trader as it ships, with mutual TLS, on a network in memory.
struct Secured {
    authority: Authority,
    clock: Clock,
    lines: Lines,
    way: mpsc::Sender<io::Result<(DuplexStream, SocketAddr)>>,
    _tasks: JoinSet<Result<(), Failure>>,
}

fn start() -> Secured {
    let lines = listen(tracing::Level::INFO);
    let (authority, clock) = (Authority::default(), Clock::starting_at(time("12:00:30")));
    let tls = Tls::open(authority.issue(Role::Trader, "t"), clock).unwrap();
    let config = Config { tls: Some(tls), ..config() };
    let journal = Journal::ephemeral(config.timing.interval, clock.wall(), name("j")).unwrap();
    let (way, incoming) = mpsc::channel(WAITING_MAX);
    let mut tasks = JoinSet::new();
    let incoming = ReceiverStream::new(incoming);
    tasks.spawn(serve(incoming, config, clock, journal, CancellationToken::new()));
    Secured { authority, clock, lines, way, _tasks: tasks }
}

async fn connect(
    way: mpsc::Sender<io::Result<(DuplexStream, SocketAddr)>>,
) -> io::Result<DuplexStream> {
    let (here, there) = tokio::io::duplex(64 * 1024);
    let from = "192.0.2.7:4321".parse().unwrap();
    way.send(Ok((there, from))).await.map_err(io::Error::other)?;
    Ok(here)
}

impl Secured {
    fn caller(&self, role: Role, name: &str) -> Caller {
        let tls = Tls::open(self.authority.issue(role, name), self.clock).unwrap();
        let way = self.way.clone();
        let dialer = Dialer::secured(tls, move |_| connect(way.clone()));
        Caller::new(dialer.channel(&Address::local(1), Role::Trader))
    }

    /// Everything that the trader says of itself, but for the time.
    async fn status(&self) -> GetStatusResponse {
        let request = GetStatusRequest { page_size: 0, page_token: String::new() };
        let mut status =
            self.caller(Role::Operator, "see").get_status(request).await.unwrap().into_inner();
        status.trader_time = None;
        status
    }
}

fn submission() -> SubmitRequest {
    SubmitRequest {
        name: "X".to_owned(),
        instance: "x1".to_owned(),
        journal: "j".to_owned(),
        epoch: 1,
        minute: Some(chassis::wire::timestamp(time("12:00:00"))),
        decided_at: Some(chassis::wire::timestamp(time("12:00:00"))),
        content: Some(Content::Decision(0.5)),
        signals: vec![signal("12:00:00", 0.5)],
        clock_offset: None,
    }
}

fn leave(instance: &str, epoch: u64) -> DeregisterRequest {
    let (name, operator) = ("X".to_owned(), "root@nowhere".to_owned());
    DeregisterRequest { name, instance: instance.to_owned(), epoch, operator }
}

/// Every method, about X; Deregister twice, as X itself and as an operator.
const METHODS: [&str; 10] = [
    "Register",
    "Submit",
    "Leave",
    "Deregister",
    "Halt",
    "Resume",
    "GetMedian",
    "GetStatus",
    "Watch",
    "Explain",
];

async fn call(caller: &Caller, method: &str) -> Result<(), Status> {
    let mut caller = caller.clone();
    let (reason, operator) = ("why".to_owned(), "root@nowhere".to_owned());
    let minute = Some(chassis::wire::timestamp(time("12:00:00")));
    match method {
        "Register" => caller.register(application("X", "x1")).await.map(drop),
        "Submit" => caller.submit(submission()).await.map(drop),
        "Leave" => caller.deregister(leave("x1", 1)).await.map(drop),
        "Deregister" => caller.deregister(leave("", 0)).await.map(drop),
        "Halt" => caller.halt(HaltRequest { reason, operator }).await.map(drop),
        "Resume" => caller.resume(ResumeRequest { reason, operator }).await.map(drop),
        "GetMedian" => caller.get_median(GetMedianRequest {}).await.map(drop),
        "GetStatus" => {
            let request = GetStatusRequest { page_size: 0, page_token: String::new() };
            caller.get_status(request).await.map(drop)
        }
        "Watch" => caller.watch(WatchRequest { after: None }).await.map(drop),
        "Explain" => {
            let page_token = String::new();
            caller.explain(ExplainRequest { minute, page_size: 0, page_token }).await.map(drop)
        }
        unknown => panic!("{unknown}"),
    }
}

#[tokio::test(start_paused = true)]
async fn fault_57_each_role_may_do_what_is_its_own_and_look_on() {
    for (role, bearer, allowed) in [
        // Register Submit Leave Deregister Halt Resume GetMedian GetStatus Watch Explain
        (Role::Strategy, "X", "yyy--- yyyy"),
        (Role::Strategy, "Y", "------ yyyy"),
        (Role::Strategy, "x", "------ yyyy"),
        (Role::Operator, "X", "--yyyy yyyy"),
        (Role::Operator, "ann", "--yyyy yyyy"),
        (Role::Generator, "X", "------ yyyy"),
        (Role::Trader, "X", "------ yyyy"),
    ] {
        let allowed = allowed.replace(' ', "");
        for (method, expected) in METHODS.into_iter().zip(allowed.chars()) {
            check((role, bearer), method, expected == 'y').await;
        }
    }
}

/// What is refused leaves one line, and changes nothing.
async fn check((role, bearer): (Role, &str), method: &str, allowed: bool) {
    let world = start();
    let (caller, before) = (world.caller(role, bearer), world.status().await);
    world.lines.take();
    let refused = call(&caller, method).await.err();
    let denied = refused.filter(|status| status.code() == Code::PermissionDenied);
    assert_eq!(denied.is_none(), allowed, "{role} {bearer} {method}: {denied:?}");
    if denied.is_some() {
        assert_eq!(world.status().await, before, "{role} {bearer} {method}");
        let lines = world.lines.take();
        assert_eq!(lines.len(), 1, "{role} {bearer} {method}: {lines:?}");
        assert!(lines[0].contains(&format!("{role} {bearer} is refused")), "{lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fault_56_a_strategy_that_speaks_for_another_is_refused_and_named() {
    let world = start();
    let mut x = world.caller(Role::Strategy, "X");
    let _session = x.register(application("X", "x1")).await.unwrap();
    world.lines.take();
    let y = world.caller(Role::Strategy, "Y");
    for _ in 0..20 {
        let refused = call(&y, "Submit").await.unwrap_err();
        assert_eq!(
            refusal(&refused),
            "PermissionDenied not-yours: not allowed: strategy Y is refused \
             \"/minutehand.v1.TraderService/Submit\": a strategy speaks for itself, not for X"
        );
    }
    let lines = world.lines.take();
    assert_eq!(lines.len(), 1, "said once: {lines:?}");
    assert!(lines[0].contains("strategy Y is refused") && lines[0].contains("192.0.2.7:4321"));
    let status = world.status().await;
    assert_eq!(status.strategies.len(), 1);
    assert_eq!(status.strategies[0].last_minute, None, "nothing was counted");
}

#[tokio::test(start_paused = true)]
async fn fault_57_a_strategy_cannot_act_as_an_operator_upon_itself() {
    let world = start();
    let mut x = world.caller(Role::Strategy, "X");
    let _session = x.register(application("X", "x1")).await.unwrap();
    let refused = call(&x, "Deregister").await.unwrap_err();
    assert!(refusal(&refused).contains("without an instance"), "{refused:?}");
    assert_eq!(world.status().await.strategies.len(), 1);
    call(&x, "Leave").await.unwrap();
    assert_eq!(world.status().await.strategies.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn r5_the_operator_on_record_is_the_certificates_not_the_claimed_one() {
    let world = start();
    call(&world.caller(Role::Operator, "ann"), "Halt").await.unwrap();
    let halt = world.status().await.halt.unwrap();
    assert_eq!((halt.reason.as_str(), halt.operator.as_str()), ("why", "ann"));
}

#[test]
fn fault_57_the_table_has_every_method_once() {
    use prost::Message as _;
    let set = prost_types::FileDescriptorSet::decode(proto::DESCRIPTOR_SET).unwrap();
    let services = set.file.iter().flat_map(|file| &file.service);
    let trader = services.into_iter().find(|service| service.name() == "TraderService").unwrap();
    let mut methods: Vec<_> =
        trader.method.iter().map(prost_types::MethodDescriptorProto::name).collect();
    let mut listed: Vec<_> = ACCESS.iter().map(|(method, _)| *method).collect();
    methods.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, methods);
}
