//! A trader that answers by a script, on a port of this machine, for the tests of this crate.

use std::net::Ipv4Addr;

use chassis::{
    channel::Address,
    limits::Limits,
    listener::{self, Protection},
    server::{self, Routes},
};
use clap::Command;
use proto::v1::{
    self,
    trader_service_server::{TraderService, TraderServiceServer},
};
use tokio::task::JoinSet;
use tokio_stream::Iter;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

type Answer<Q, A> = Box<dyn Fn(Q) -> Result<A, Status> + Send + Sync>;
type Watched = Result<v1::WatchResponse, Status>;

/// What it answers; UNIMPLEMENTED where nothing is said.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) status: Option<Answer<v1::GetStatusRequest, v1::GetStatusResponse>>,
    pub(crate) watch: Option<Answer<v1::WatchRequest, Vec<Watched>>>,
    pub(crate) explain: Option<Answer<v1::ExplainRequest, v1::ExplainResponse>>,
    pub(crate) halt: Option<Answer<v1::HaltRequest, v1::HaltResponse>>,
    pub(crate) resume: Option<Answer<v1::ResumeRequest, v1::ResumeResponse>>,
}

/// Starts it; it ends with the tasks.
pub(crate) fn start(script: Script) -> (Address, JoinSet<()>) {
    let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, Protection::Nothing).unwrap();
    let address = Address::local(listener.local_addr().unwrap().port());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let routes = Routes::default().with(TraderServiceServer::new(script), &[]);
        let incoming = listener::incoming(listener);
        let limits = Limits::default();
        let stop = CancellationToken::new();
        server::serve(routes, incoming, limits, None, stop).await.unwrap();
    });
    (address, tasks)
}

/// A command's arguments, from its command line.
pub(crate) fn parse<A: clap::Args>(line: &[&str]) -> A {
    try_parse(line).unwrap()
}

/// The same, or why not.
pub(crate) fn try_parse<A: clap::Args>(line: &[&str]) -> Result<A, clap::Error> {
    let command = A::augment_args(Command::new("test").no_binary_name(true));
    A::from_arg_matches(&command.try_get_matches_from(line)?)
}

fn answer<Q, A>(script: Option<&Answer<Q, A>>, asked: Request<Q>) -> Result<Response<A>, Status> {
    let answer = script.ok_or_else(|| Status::unimplemented("not in the script"))?;
    answer(asked.into_inner()).map(Response::new)
}

fn unscripted<A>() -> Result<Response<A>, Status> {
    Err(Status::unimplemented("not in the script"))
}

#[tonic::async_trait]
impl TraderService for Script {
    type RegisterStream = Iter<std::vec::IntoIter<Result<v1::RegisterResponse, Status>>>;
    type WatchStream = Iter<std::vec::IntoIter<Watched>>;

    async fn register(
        &self,
        _: Request<v1::RegisterRequest>,
    ) -> Result<Response<Self::RegisterStream>, Status> {
        unscripted()
    }

    async fn submit(
        &self,
        _: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        unscripted()
    }

    async fn deregister(
        &self,
        _: Request<v1::DeregisterRequest>,
    ) -> Result<Response<v1::DeregisterResponse>, Status> {
        unscripted()
    }

    async fn get_median(
        &self,
        _: Request<v1::GetMedianRequest>,
    ) -> Result<Response<v1::GetMedianResponse>, Status> {
        unscripted()
    }

    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        answer(self.status.as_ref(), request)
    }

    async fn watch(
        &self,
        request: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let items = answer(self.watch.as_ref(), request)?.into_inner();
        Ok(Response::new(tokio_stream::iter(items)))
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        answer(self.explain.as_ref(), request)
    }

    async fn halt(
        &self,
        request: Request<v1::HaltRequest>,
    ) -> Result<Response<v1::HaltResponse>, Status> {
        answer(self.halt.as_ref(), request)
    }

    async fn resume(
        &self,
        request: Request<v1::ResumeRequest>,
    ) -> Result<Response<v1::ResumeResponse>, Status> {
        answer(self.resume.as_ref(), request)
    }
}
