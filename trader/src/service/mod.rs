//! The trader's gRPC face: every call is read, asked of the driver, and answered.

mod access;
mod session;
mod watch;

pub(crate) use access::ACCESS;

use std::pin::Pin;

use chassis::{
    clock::Clock,
    grid::{Interval, Timestamp},
    name::Name,
    server::Caller,
    trace::{self, Context},
};
use futures_util::Stream;
use proto::v1::{self, trader_service_server::TraderService};
use tonic::{Request, Response, Status};

use crate::{
    engine::requests::Leave,
    handle::{Handle, Reply, Request as Ask},
    spans, wire,
};

/// Strategies on one page of the status: with everything at its longest they stay below 64 KiB.
const STATUS_PAGE_MAX: usize = 50;

/// Submissions on one page of an explanation …
const EXPLAIN_PAGE_MAX: usize = 20;

/// … which ends sooner when they are this long, in bytes.
const EXPLAIN_PAGE_BYTES: usize = 32 * 1024;

/// Longest reason of a halt, in bytes.
const REASON_BYTES_MAX: usize = 1_024;

/// Longest name of an operator, in bytes.
pub(crate) const OPERATOR_BYTES_MAX: usize = 128;

/// A stream of answers.
type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Answers for the trader.
#[derive(Clone, Debug)]
pub struct Service {
    handle: Handle,
    clock: Clock,
}

impl Service {
    /// In front of a driver.
    pub fn new(handle: Handle, clock: Clock) -> Self {
        Self { handle, clock }
    }

    fn now(&self) -> Timestamp {
        self.clock.wall()
    }

    fn interval(&self) -> Interval {
        self.handle.about().timing.interval
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Ask) -> Result<T, Status> {
        self.handle.ask(request).await.map_err(|error| wire::unanswered(error, self.now()))
    }

    fn checked<T>(&self, result: Result<T, wire::WireError>) -> Result<T, Status> {
        result.map_err(|error| wire::wire_error(&error, self.now()))
    }

    /// A page's token: the name that the page before ended with.
    fn after(&self, token: &str) -> Result<Option<Name>, Status> {
        let name = (!token.is_empty()).then(|| wire::name("page_token", token));
        self.checked(name.transpose())
    }

    /// Why and by whom, of a halt or its end.
    fn reason(
        &self,
        reason: &str,
        operator: &str,
        caller: &Caller,
    ) -> Result<(String, String), Status> {
        let reason = self.checked(wire::clean("reason", reason, REASON_BYTES_MAX))?;
        Ok((reason, self.operator(operator, caller)?))
    }

    /// Who operates: by the certificate if there is one, else as is said.
    fn operator(&self, operator: &str, caller: &Caller) -> Result<String, Status> {
        if let Some(identity) = caller.identity() {
            return Ok(identity.name.to_string());
        }
        if operator.is_empty() {
            return Ok("unknown".to_owned());
        }
        self.checked(wire::clean("operator", operator, OPERATOR_BYTES_MAX))
    }

    fn stamp(&self) -> prost_types::Timestamp {
        chassis::wire::timestamp(self.now())
    }
}

fn page(asked: u32, max: usize) -> usize {
    match usize::try_from(asked) {
        Ok(asked) if (1..=max).contains(&asked) => asked,
        _ => max,
    }
}

#[tonic::async_trait]
impl TraderService for Service {
    type RegisterStream = Answers<v1::RegisterResponse>;
    type WatchStream = Answers<v1::WatchResponse>;

    async fn register(
        &self,
        request: Request<v1::RegisterRequest>,
    ) -> Result<Response<Self::RegisterStream>, Status> {
        let caller = Caller::of(&request);
        let application = self.checked(wire::application(request.into_inner(), self.interval()))?;
        caller.speaks_for(&application.name)?;
        let grant = self.ask(|reply| Ask::Register(application, reply)).await?;
        let grant = grant.map_err(|refusal| wire::refused(&refusal, self.now()))?;
        Ok(Response::new(Box::pin(session::session(grant, self.now()))))
    }

    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        let caller = Caller::of(&request);
        let asking = Context::received(request.metadata());
        let submission = wire::submission(request.into_inner(), self.interval())
            .map_err(|error| wire::malformed(&error, self.now()))?;
        caller.speaks_for(&submission.name)?;
        let journal = &self.handle.about().journal;
        let span = spans::submitted(asking.as_ref(), journal, &submission);
        let submitting = async {
            let accepted = self.ask(|reply| Ask::Submit(submission, reply)).await?;
            accepted.map_err(|refusal| wire::refused(&refusal, self.now()))
        };
        let duplicate = trace::call(span, submitting).await?;
        Ok(Response::new(v1::SubmitResponse { duplicate, trader_time: Some(self.stamp()) }))
    }

    async fn deregister(
        &self,
        request: Request<v1::DeregisterRequest>,
    ) -> Result<Response<v1::DeregisterResponse>, Status> {
        let caller = Caller::of(&request);
        let v1::DeregisterRequest { name, instance, epoch, operator } = request.into_inner();
        let name = self.checked(wire::name("name", &name))?;
        access::deregister(&caller, &name, !instance.is_empty())?;
        let operator = self.operator(&operator, &caller)?;
        let leave = match instance.as_str() {
            "" => None,
            instance => {
                let instance = self.checked(wire::name("instance", instance))?;
                Some(Leave { instance, epoch })
            }
        };
        let done = self.ask(|reply| Ask::Deregister(name, leave, operator, reply)).await?;
        done.map_err(|refusal| wire::refused(&refusal, self.now()))?;
        Ok(Response::new(v1::DeregisterResponse { trader_time: Some(self.stamp()) }))
    }

    async fn get_median(
        &self,
        _: Request<v1::GetMedianRequest>,
    ) -> Result<Response<v1::GetMedianResponse>, Status> {
        let current = self.ask(Ask::Median).await?;
        let verdict = current.map_err(|none| wire::no_median(&none, self.now()))?;
        let v1::Verdict { minute, median, count, lowest, highest, state, valid_until, .. } =
            wire::verdict(&verdict);
        Ok(Response::new(v1::GetMedianResponse {
            minute,
            median: median.unwrap_or_default(),
            count,
            lowest: lowest.unwrap_or_default(),
            highest: highest.unwrap_or_default(),
            state,
            trader_time: Some(self.stamp()),
            valid_until,
        }))
    }

    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        let v1::GetStatusRequest { page_size, page_token } = request.into_inner();
        let after = self.after(&page_token)?;
        let limit = page(page_size, STATUS_PAGE_MAX);
        let page = self.ask(|reply| Ask::Status(after, limit, reply)).await?;
        Ok(Response::new(wire::status(&page, self.handle.about(), self.now())))
    }

    async fn watch(
        &self,
        request: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let after = request
            .into_inner()
            .after
            .map(|after| wire::minute("after", Some(after), self.interval()));
        let after = self.checked(after.transpose())?;
        let watching = watch::watch(self.handle.clone(), self.clock, after).await?;
        Ok(Response::new(Box::pin(watching)))
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        let v1::ExplainRequest { minute, page_size, page_token } = request.into_inner();
        let minute = self.checked(wire::minute("minute", minute, self.interval()))?;
        let after = self.after(&page_token)?;
        let limit = page(page_size, EXPLAIN_PAGE_MAX);
        let found = self.ask(|reply| Ask::Explain(minute, after, limit, reply)).await?;
        let found = found.map_err(|error| wire::unreadable(&error, self.now()))?;
        let explanation = found.ok_or_else(|| wire::no_verdict(minute, self.now()))?;
        Ok(Response::new(wire::explanation(&explanation, EXPLAIN_PAGE_BYTES)))
    }

    async fn halt(
        &self,
        request: Request<v1::HaltRequest>,
    ) -> Result<Response<v1::HaltResponse>, Status> {
        let caller = Caller::of(&request);
        let v1::HaltRequest { reason, operator } = request.into_inner();
        let (reason, operator) = self.reason(&reason, &operator, &caller)?;
        let halted = self.ask(|reply| Ask::Halt(reason, operator, reply)).await?;
        let durable = halted.map_err(|refusal| wire::refused(&refusal, self.now()))?;
        Ok(Response::new(v1::HaltResponse { durable, trader_time: Some(self.stamp()) }))
    }

    async fn resume(
        &self,
        request: Request<v1::ResumeRequest>,
    ) -> Result<Response<v1::ResumeResponse>, Status> {
        let caller = Caller::of(&request);
        let v1::ResumeRequest { reason, operator } = request.into_inner();
        let (reason, operator) = self.reason(&reason, &operator, &caller)?;
        let resumed = self.ask(|reply| Ask::Resume(reason, operator, reply)).await?;
        resumed.map_err(|refusal| wire::refused(&refusal, self.now()))?;
        Ok(Response::new(v1::ResumeResponse { trader_time: Some(self.stamp()) }))
    }
}
