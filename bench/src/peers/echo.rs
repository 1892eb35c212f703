//! A bare tonic server with the trader's messages: it reads a submission, and answers at once; a
//! session stays open. It does nothing else, but for counting if it is told to. What a trader can take
//! in at most.

use std::{future::pending, net::SocketAddr, pin::Pin, sync::Mutex, time::Duration};

use chassis::{clock::Clock, wire::read_timestamp};
use proto::v1::{
    self,
    trader_service_server::{TraderService, TraderServiceServer},
};
use tokio::net::TcpListener;
use tokio_stream::{Stream, StreamExt as _, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, transport::Server};

use crate::Result;

/// Streams of one connection: as many as the trader is told to allow.
const STREAMS_MAX: u32 = 100_000;

/// Says when everyone has spoken.
#[derive(Debug)]
pub(crate) struct Counting {
    strategies: usize,
    /// How much the callers' clock is behind.
    behind: Duration,
    minute: Option<prost_types::Timestamp>,
    said: usize,
}

impl Counting {
    /// Of so many strategies.
    pub(crate) fn of(strategies: usize, behind: Duration) -> Self {
        Self { strategies, behind, minute: None, said: 0 }
    }

    /// Counts a submission; the last one of a minute ends it.
    fn add(&mut self, minute: Option<prost_types::Timestamp>, clock: Clock) {
        if self.minute != minute {
            (self.minute, self.said) = (minute, 0);
        }
        self.said += 1;
        if self.said == self.strategies
            && let Some(Ok(minute)) = minute.map(read_timestamp)
        {
            let at = clock.wall().minus(self.behind).as_micros();
            println!("median {} {at} {}", minute.as_micros(), self.said);
        }
    }
}

/// Serves on a free port until the process ends.
pub(crate) async fn serve(counting: Option<Counting>) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let incoming = TcpListenerStream::new(listener)
        .map(|accepted| accepted.and_then(|stream| stream.set_nodelay(true).map(|()| stream)));
    say_where(address);
    let service = TraderServiceServer::new(Echo {
        clock: Clock::system(),
        counting: counting.map(Mutex::new),
    });
    let server = Server::builder().max_concurrent_streams(STREAMS_MAX);
    Ok(server.serve_with_incoming(service, incoming).await?)
}

#[expect(clippy::print_stderr, reason = "servers say on standard error where they listen")]
pub(crate) fn say_where(address: SocketAddr) {
    eprintln!("listening on {address}");
}

struct Echo {
    clock: Clock,
    counting: Option<Mutex<Counting>>,
}

impl Echo {
    fn now(&self) -> prost_types::Timestamp {
        chassis::wire::timestamp(self.clock.wall())
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = std::result::Result<T, Status>> + Send>>;

fn none<T>() -> std::result::Result<Response<T>, Status> {
    Err(Status::unimplemented("a bare server"))
}

#[tonic::async_trait]
impl TraderService for Echo {
    type RegisterStream = Answers<v1::RegisterResponse>;
    type WatchStream = Answers<v1::WatchResponse>;

    async fn register(
        &self,
        _: Request<v1::RegisterRequest>,
    ) -> std::result::Result<Response<Self::RegisterStream>, Status> {
        let registered =
            v1::Registered { epoch: 1, trader_time: Some(self.now()), ..Default::default() };
        let event = Some(v1::register_response::Event::Registered(registered));
        let first = tokio_stream::once(Ok(v1::RegisterResponse { event }));
        let stays = futures_util::stream::once(pending());
        Ok(Response::new(Box::pin(first.chain(stays))))
    }

    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> std::result::Result<Response<v1::SubmitResponse>, Status> {
        let submission = std::hint::black_box(request.into_inner());
        if let Some(counting) = &self.counting {
            counting.lock().expect("nobody panics").add(submission.minute, self.clock);
        }
        Ok(Response::new(v1::SubmitResponse { duplicate: false, trader_time: Some(self.now()) }))
    }

    async fn deregister(
        &self,
        _: Request<v1::DeregisterRequest>,
    ) -> std::result::Result<Response<v1::DeregisterResponse>, Status> {
        none()
    }

    async fn get_median(
        &self,
        _: Request<v1::GetMedianRequest>,
    ) -> std::result::Result<Response<v1::GetMedianResponse>, Status> {
        none()
    }

    async fn get_status(
        &self,
        _: Request<v1::GetStatusRequest>,
    ) -> std::result::Result<Response<v1::GetStatusResponse>, Status> {
        none()
    }

    async fn watch(
        &self,
        _: Request<v1::WatchRequest>,
    ) -> std::result::Result<Response<Self::WatchStream>, Status> {
        none()
    }

    async fn explain(
        &self,
        _: Request<v1::ExplainRequest>,
    ) -> std::result::Result<Response<v1::ExplainResponse>, Status> {
        none()
    }

    async fn halt(
        &self,
        _: Request<v1::HaltRequest>,
    ) -> std::result::Result<Response<v1::HaltResponse>, Status> {
        none()
    }

    async fn resume(
        &self,
        _: Request<v1::ResumeRequest>,
    ) -> std::result::Result<Response<v1::ResumeResponse>, Status> {
        none()
    }
}
