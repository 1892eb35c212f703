//! The ports of servers: free, or who answers there, and what their clocks say.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    grid::{ClockOffset, Timing},
    listener::{self, Protection},
    name::Name,
    status::{is_silence, root_cause},
    tls::Role,
    wire,
};
use proto::v1::{
    GetSignalRequest, GetSignalResponse, GetStatusRequest,
    generator_service_client::GeneratorServiceClient,
};
use tokio::{net::TcpStream, time::timeout};
use tonic::{Response, Status};

use super::{finding::Finding, offsets, strategies};
use crate::{
    link::{self, Client},
    report::{self, Moment, printable},
};

const CHECK: &str = "port";

/// Longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(2);

/// A server that is looked for.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// What people call it.
    pub(super) label: String,
    /// Where it is.
    pub(super) address: Address,
    /// Its port, if it may as well not run yet: a plan's, on this machine.
    pub(super) planned: Option<u16>,
    /// Strategies that a plan has for it.
    pub(super) strategies: Vec<Name>,
}

/// How servers are asked.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// Longest wait for a whole answer.
    pub(super) timeout: Duration,
    /// How servers are dialled; none: that cannot be done, which another finding says.
    pub(super) dialer: Option<Dialer>,
    /// Whether that is over TLS: a connection that is closed before it says anything is a refused
    /// handshake there, and is warned of.
    pub(super) secured: bool,
    /// What the plan says of minutes; none: there is no plan.
    pub(super) timing: Option<Timing>,
}

/// What a server said of itself, and what else that shows.
struct Answer {
    said: Finding,
    more: Vec<Finding>,
}

/// A trader.
pub(super) async fn trader(server: &Server, asking: &Asking) -> Vec<Finding> {
    match reach(server, asking).await {
        Err(finding) => vec![finding],
        Ok(dialer) => within(server, asking, ask_trader(server, asking, &dialer)).await,
    }
}

/// A generator.
pub(super) async fn generator(server: &Server, asking: &Asking) -> Vec<Finding> {
    match reach(server, asking).await {
        Err(finding) => vec![finding],
        Ok(dialer) => within(server, asking, ask_generator(server, asking, &dialer)).await,
    }
}

async fn within(
    server: &Server,
    asking: &Asking,
    answer: impl Future<Output = Result<Answer, Finding>>,
) -> Vec<Finding> {
    let silent = || Err(hangs(server, asking.timeout));
    match timeout(asking.timeout, answer).await.unwrap_or_else(|_| silent()) {
        Ok(Answer { said, more }) => [vec![said], more].concat(),
        Err(finding) => vec![finding],
    }
}

/// Whether there is somebody to ask, and how.
async fn reach(server: &Server, asking: &Asking) -> Result<Dialer, Finding> {
    if let (Some(dialer), true) = (&asking.dialer, asking.secured) {
        return Ok(dialer.clone());
    }
    let subject = subject(server);
    let connected = timeout(CONNECT_MAX, TcpStream::connect(server.address.to_string())).await;
    match connected {
        Ok(Ok(_)) => asking.dialer.clone().ok_or_else(|| {
            Finding::warn(
                CHECK,
                &subject,
                "somebody listens there, and cannot be asked without a certificate",
            )
        }),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Err(nobody(server)),
        Ok(Err(error)) => {
            Err(Finding::bad(CHECK, &subject, error.to_string()).so("look at the network"))
        }
        Err(_) => {
            Err(Finding::bad(CHECK, &subject, "no connection within 2 s").so("look at the network"))
        }
    }
}

fn nobody(server: &Server) -> Finding {
    let subject = subject(server);
    let Some(port) = server.planned else {
        return Finding::bad(CHECK, &subject, "connection refused").so("start it");
    };
    match listener::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), port, Protection::Nothing) {
        Ok(_) => Finding::ok(CHECK, &subject, "free: it does not run"),
        Err(error) => Finding::bad(CHECK, &subject, error.to_string()),
    }
}

fn hangs(server: &Server, timeout: Duration) -> Finding {
    let found = format!("no answer within {}", humantime::format_duration(timeout));
    Finding::bad(CHECK, &subject(server), found)
        .so("it hangs, or is something else: look at its log")
}

fn subject(server: &Server) -> String {
    format!("{} ({})", server.label, server.address)
}

async fn ask_trader(server: &Server, asking: &Asking, dialer: &Dialer) -> Result<Answer, Finding> {
    let (clock, mut client) = (Clock::system(), link::client(&server.address, dialer));
    let ask = async |client: &mut Client, page_token| {
        let request = GetStatusRequest { page_size: 0, page_token };
        let answer = client.get_status(request).await.map(Response::into_inner);
        answer.map_err(|status| refused(server, asking, &status))
    };
    let sent = clock.wall();
    let mut page = ask(&mut client, String::new()).await?;
    let offset = ClockOffset::estimate(sent, Moment::read(page.trader_time).0, clock.wall());
    let mut registered = std::mem::take(&mut page.strategies);
    let mut token = std::mem::take(&mut page.next_page_token);
    // Whoever sends pages for ever is cut off with the time for the whole answer.
    while !token.is_empty() {
        let next = ask(&mut client, token).await?;
        registered.extend(next.strategies);
        token = next.next_page_token;
    }
    let status = report::Status::from(page);
    let skew = Duration::try_from_secs_f64(status.skew_seconds).unwrap_or_default();
    let mut clocks = vec![offsets::judge(&server.label, "this machine", offset, skew)];
    clocks.extend(offsets::of_strategies(&server.label, &registered, skew));
    clocks.extend(strategies::left_out(&server.label, &server.strategies, &registered));
    Ok(Answer { said: settings(server, asking, &status), more: clocks })
}

/// Whether it runs as the plan has it, in this program's version.
fn settings(server: &Server, asking: &Asking, status: &report::Status) -> Finding {
    let (subject, ours) = (subject(server), env!("CARGO_PKG_VERSION"));
    let report::Status { version, state, state_since, journal, interval_seconds, .. } = status;
    if let Some(timing) = asking.timing
        && differs(timing.interval.duration(), *interval_seconds)
    {
        let planned = timing.interval;
        let found =
            format!("it runs with minutes of {interval_seconds} s, and the plan has {planned}");
        return Finding::bad(CHECK, &subject, found)
            .so("stop it, and start it with the plan; a journal keeps its interval");
    }
    let found = format!(
        "{state} since {state_since}, version {}, journal {}",
        printable(version),
        printable(journal)
    );
    if version != ours {
        return Finding::warn(CHECK, &subject, format!("{found}; this is version {ours}"))
            .so("let all parts be of one version");
    }
    match &**state {
        "ERROR" => Finding::bad(CHECK, &subject, found)
            .so("`minutehand status` names the causes, and what to do about each"),
        "HALTED" => Finding::warn(CHECK, &subject, found)
            .so("`minutehand status` says who halted it and why; `minutehand resume` ends it"),
        _ => Finding::ok(CHECK, &subject, found),
    }
}

fn differs(planned: Duration, seconds: f64) -> bool {
    (planned.as_secs_f64() - seconds).abs() > 1e-6
}

async fn ask_generator(
    server: &Server,
    asking: &Asking,
    dialer: &Dialer,
) -> Result<Answer, Finding> {
    let channel = dialer.channel(&server.address, Role::Generator);
    let mut client = GeneratorServiceClient::new(channel);
    let interval = asking.timing.map(|timing| wire::duration(timing.interval.duration()));
    let clock = Clock::system();
    let sent = clock.wall();
    let answer = client.get_signal(GetSignalRequest { minute: None, interval }).await;
    let received = clock.wall();
    let subject = subject(server);
    let GetSignalResponse { signal, generator_time } = match answer.map(Response::into_inner) {
        Ok(answer) => answer,
        Err(status) if chassis::status::reason(&status).as_deref() == Some("no-signal") => {
            let found = format!("it has no signal: {}", printable(&root_cause(&status)));
            let said = Finding::warn(CHECK, &subject, found).so("look at its log");
            return Ok(Answer { said, more: Vec::new() });
        }
        Err(status) => return Err(refused(server, asking, &status)),
    };
    let signal = signal.unwrap_or_default();
    let minute = Moment::read(signal.minute);
    let found = format!("{} has a signal of {minute}", printable(&signal.generator));
    let skew = asking.timing.map(|timing| timing.skew).unwrap_or_default();
    let clocks = generator_time.map(|theirs| {
        let offset = ClockOffset::estimate(sent, Moment::from(theirs).0, received);
        offsets::judge(&server.label, "this machine", offset, skew)
    });
    Ok(Answer { said: Finding::ok(CHECK, &subject, found), more: clocks.into_iter().collect() })
}

/// Whoever is there does not answer as what it should be.
fn refused(server: &Server, asking: &Asking, status: &Status) -> Finding {
    if is_silence(status) {
        return hangs(server, asking.timeout);
    }
    let cause = printable(&root_cause(status));
    if cause == "connection refused" {
        return nobody(server);
    }
    if chassis::status::reason(status).is_some() {
        return Finding::bad(CHECK, &subject(server), format!("it refuses: {cause}"));
    }
    Finding::bad(CHECK, &subject(server), format!("who listens there is no such part: {cause}"))
        .so("stop what has the port, or give this one another; parts with TLS and without do not speak to each other")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn t6_a_trader_of_other_minutes_or_of_another_version_is_said_to() {
        let server = Server {
            label: "trader".to_owned(),
            address: Address::local(7),
            planned: None,
            strategies: Vec::new(),
        };
        let asking = |interval: &str| {
            let timing = Timing::new(interval.parse().unwrap(), None, None).unwrap();
            Asking { timeout: CONNECT_MAX, dialer: None, secured: false, timing: Some(timing) }
        };
        let status = report::Status::from(samples::status_ok());
        let line = |interval, version: &str| {
            let status = report::Status { version: version.to_owned(), ..status.clone() };
            settings(&server, &asking(interval), &status).line()
        };
        let ours = env!("CARGO_PKG_VERSION");
        assert!(line("60s", ours).starts_with("ok    port of trader (127.0.0.1:7): OK since "));
        assert!(line("60s", "0.0.9").starts_with("warn  port of "), "{}", line("60s", "0.0.9"));
        let other = line("2s", ours);
        assert!(
            other.starts_with("bad   port of trader (127.0.0.1:7): it runs with minutes of 60 s")
        );
    }
}
