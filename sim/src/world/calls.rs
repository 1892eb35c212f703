//! Calls of the trader by hand, each asked and answered on the record.

use std::time::Duration;

use chassis::{
    channel::ANSWER_BYTES_MAX,
    grid::{Interval, Minute},
    status,
    tls::Role,
    wire,
};
use proto::v1::{
    DeregisterRequest, HaltRequest, RegisterOutcome, RegisterRequest, RegisterResponse,
    ResumeRequest, register_response::Event, trader_service_client::TraderServiceClient,
};
use tokio::time::timeout;
use tonic::{Request, Status, Streaming, transport::Channel};

use super::{
    network::{TRADER_PORT, address, dialer},
    plan::TRADER,
    stage,
};
use crate::record::{Answer, Call, Refused, What};

/// Nobody waits longer for one answer.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(4);

/// The operator's name.
pub(crate) const BY: &str = "operator@sim";

/// A client of the trader.
pub(crate) type Client = TraderServiceClient<Channel>;

/// A session that was opened by hand; dropping it ends it.
pub(crate) type Session = Streaming<RegisterResponse>;

/// A link to the trader from the host that is at work.
pub(crate) fn client() -> Client {
    let channel = dialer().channel(&address(TRADER, TRADER_PORT), Role::Trader);
    TraderServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX)
}

/// A refusal as it is recorded.
pub(crate) fn refused(status: &Status) -> Refused {
    let message = status::root_cause(status);
    Refused { code: status.code(), reason: status::reason(status), message }
}

/// An answer in time, or a status that says there was none.
pub(crate) async fn in_time<T>(call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let silence = || Status::deadline_exceeded("no answer in time");
    timeout(CALL_TIMEOUT, call).await.unwrap_or_else(|_| Err(silence()))
}

/// Makes a call once, on the record.
pub(crate) async fn ask(
    client: &Client,
    interval: Interval,
    call: Call,
) -> (Result<Answer, Refused>, Option<Session>) {
    let id = stage::new_id();
    stage::see(What::Asked { id, call: call.clone() });
    let answer = in_time(make(client.clone(), interval, call)).await;
    let (outcome, session) = match answer {
        Ok((answer, session)) => (Ok(answer), session),
        Err(status) => (Err(refused(&status)), None),
    };
    stage::see(What::Answered { id, outcome: outcome.clone() });
    (outcome, session)
}

/// Makes a call once.
pub(crate) async fn make(
    mut client: Client,
    interval: Interval,
    call: Call,
) -> Result<(Answer, Option<Session>), Status> {
    let answer = match call {
        Call::Deregister { name } => {
            client.deregister(leave(name, String::new(), 0)).await?;
            Answer::Done
        }
        Call::Leave { name, instance, epoch } => {
            client.deregister(leave(name, instance, epoch)).await?;
            Answer::Done
        }
        Call::Halt => {
            let request = HaltRequest { reason: "a drill".to_owned(), operator: BY.to_owned() };
            let halted = client.halt(request).await?.into_inner();
            Answer::Halted { durable: halted.durable }
        }
        Call::Resume => {
            let request = ResumeRequest { reason: "over".to_owned(), operator: BY.to_owned() };
            client.resume(request).await?;
            Answer::Done
        }
        Call::Submit(submission) => {
            let received = client.submit(Request::new(*submission)).await?.into_inner();
            Answer::Received { duplicate: received.duplicate }
        }
        Call::Register { name, instance, journal, epoch } => {
            let interval_sent = Some(wire::duration(interval.duration()));
            let request =
                RegisterRequest { name, instance, interval: interval_sent, journal, epoch };
            let mut session = client.register(request).await?.into_inner();
            let first = session.message().await?;
            let answer = first.and_then(|first| registered(first, interval));
            let answer = answer.ok_or_else(|| Status::internal("no whole first message"))?;
            return Ok((answer, Some(session)));
        }
    };
    Ok((answer, None))
}

fn leave(name: String, instance: String, epoch: u64) -> DeregisterRequest {
    DeregisterRequest { name, instance, epoch, operator: BY.to_owned() }
}

fn registered(first: RegisterResponse, interval: Interval) -> Option<Answer> {
    let Some(Event::Registered(told)) = first.event else { return None };
    let first_minute: Minute = wire::read_minute(told.first_minute?, interval).ok()?;
    let taken_over = told.outcome() == RegisterOutcome::TakenOver;
    Some(Answer::Registered { journal: told.journal, epoch: told.epoch, taken_over, first_minute })
}
