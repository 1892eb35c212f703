//! A strategy that breaks one rule: the real one, whose calls go through servers that tell it, and tell of it,
//! something else. `WRONG` says what; without it, nothing is changed.

use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use chassis::{
    chance,
    channel::{Address, Dialer},
    clock::Clock,
    exit::{self, Exit, Failure},
    limits::Limits,
    listener::{self, Protection},
    server::{self, Routes},
    service_manager::ServiceManager,
    shutdown, status,
    telemetry::{self, LogFormat},
    tls::Role,
};
use clap::Parser as _;
use proto::v1::{
    self, GetSignalRequest, GetSignalResponse, RegisterRequest, RegisterResponse, SubmitRequest,
    SubmitResponse,
    generator_service_client::GeneratorServiceClient,
    generator_service_server::{GeneratorService, GeneratorServiceServer},
    submit_request::Content,
    trader_service_client::TraderServiceClient,
    trader_service_server::{TraderService, TraderServiceServer},
};
use strategy::{Args, decide::Rule, run::run};
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, transport::Channel};

type Answer<T> = Result<Response<T>, Status>;
type Messages = std::pin::Pin<Box<dyn Stream<Item = Result<RegisterResponse, Status>> + Send>>;

/// What is changed on the way.
#[derive(Clone, Debug)]
struct Between {
    wrong: String,
    trader: TraderServiceClient<Channel>,
    said: Arc<Mutex<BTreeSet<i64>>>,
    count: Arc<AtomicU64>,
    one_at_a_time: Arc<Semaphore>,
}

/// The same, in front of one generator.
#[derive(Clone, Debug)]
struct Generator(Between, GeneratorServiceClient<Channel>);

impl Between {
    fn is(&self, wrong: &str) -> bool {
        self.wrong == wrong
    }

    /// What is refused for good looks as if it would pass.
    fn soften(&self, status: Status) -> Status {
        let for_good = status.code() == tonic::Code::Aborted
            || status::reason(&status).as_deref() == Some("interval");
        if self.is("stays") && for_good { Status::unavailable("later") } else { status }
    }
}

#[tonic::async_trait]
impl GeneratorService for Generator {
    async fn get_signal(&self, request: Request<GetSignalRequest>) -> Answer<GetSignalResponse> {
        let Self(between, client) = self;
        let _turn = if between.is("one-by-one") {
            Some(between.one_at_a_time.acquire().await.expect("it stays open"))
        } else {
            None
        };
        let asked = request.get_ref().minute;
        let answer = client.clone().get_signal(request).await;
        let mut answer = answer.map_err(|status| between.soften(status))?.into_inner();
        if between.is("unchecked")
            && let Some(signal) = &mut answer.signal
        {
            (signal.minute, signal.produced_at) = (asked, asked);
            signal.value = if signal.value.is_finite() { signal.value } else { 0.0 };
            answer.generator_time = None;
        }
        Ok(Response::new(answer))
    }
}

#[tonic::async_trait]
impl TraderService for Between {
    type RegisterStream = Messages;
    type WatchStream = tokio_stream::Empty<Result<v1::WatchResponse, Status>>;

    async fn register(&self, request: Request<RegisterRequest>) -> Answer<Messages> {
        let mut request = request.into_inner();
        if self.is("another-instance") {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            request.instance = format!("{}-{count}", request.instance);
        }
        if self.is("forgetful") {
            (request.journal, request.epoch) = (String::new(), 0);
        }
        let stream = self.trader.clone().register(request).await;
        let stream = stream.map_err(|status| self.soften(status))?.into_inner();
        let deaf = self.is("stays");
        let is_notice = |message: &RegisterResponse| {
            matches!(message.event, Some(v1::register_response::Event::Notice(_)))
        };
        let early = self.is("early");
        let hastened = move |mut message: RegisterResponse| {
            if let Some(v1::register_response::Event::Registered(registered)) = &mut message.event
                && let Some(first) = &mut registered.first_minute
                && early
            {
                first.seconds -= 2;
            }
            message
        };
        let heard = stream.filter(move |message| !deaf || !message.as_ref().is_ok_and(is_notice));
        let heard = heard.map(move |message| message.map(hastened));
        Ok(Response::new(Box::pin(heard)))
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Answer<SubmitResponse> {
        let mut request = request.into_inner();
        let minute = request.minute.map(|minute| minute.seconds).unwrap_or_default();
        let first = self.said.lock().expect("nothing panics").insert(minute);
        if self.is("decides-anyway") && matches!(request.content, Some(Content::Abstention(_))) {
            request.content = Some(Content::Decision(0.0));
        }
        if let Some(Content::Decision(value)) = &mut request.content {
            *value += if self.is("changes-its-mind") && !first { 1.0 } else { 0.0 };
        }
        if self.is("says-it-once") && !first {
            return Ok(Response::new(SubmitResponse::default()));
        }
        let answer = self.trader.clone().submit(request).await;
        answer.map_err(|status| self.soften(status))
    }

    async fn deregister(
        &self,
        request: Request<v1::DeregisterRequest>,
    ) -> Answer<v1::DeregisterResponse> {
        if self.is("just-leaves") {
            return Ok(Response::new(v1::DeregisterResponse::default()));
        }
        self.trader.clone().deregister(request).await
    }

    async fn get_median(&self, _: Request<v1::GetMedianRequest>) -> Answer<v1::GetMedianResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn get_status(&self, _: Request<v1::GetStatusRequest>) -> Answer<v1::GetStatusResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn watch(&self, _: Request<v1::WatchRequest>) -> Answer<Self::WatchStream> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn explain(&self, _: Request<v1::ExplainRequest>) -> Answer<v1::ExplainResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn halt(&self, _: Request<v1::HaltRequest>) -> Answer<v1::HaltResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn resume(&self, _: Request<v1::ResumeRequest>) -> Answer<v1::ResumeResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }
}

/// Serves on a free port for as long as the process lives.
fn serve(tasks: &mut JoinSet<()>, routes: Routes) -> Result<Address, Failure> {
    let listener = listener::bind(Ipv4Addr::LOCALHOST.into(), 0, Protection::Nothing)?;
    let address = listener.local_addr().map_err(|error| Exit::Failed.because(error.to_string()))?;
    tasks.spawn(async move {
        let incoming = listener::incoming(listener);
        let never = CancellationToken::new();
        server::serve(routes, incoming, Limits::default(), None, never).await.expect("it serves");
    });
    Ok(Address::local(address.port()))
}

async fn start(args: Args) -> Result<(), Failure> {
    let clock = Clock::system();
    telemetry::start(LogFormat::Text, clock);
    let mut config = args.common.config(Box::new(Rule::Sum), ServiceManager::default());
    let dialer = Dialer::tcp();
    let between = Between {
        wrong: std::env::var("WRONG").unwrap_or_default(),
        trader: TraderServiceClient::new(dialer.channel(&config.trader, Role::Trader)),
        said: Arc::default(),
        count: Arc::default(),
        one_at_a_time: Arc::new(Semaphore::new(1)),
    };
    let mut tasks = JoinSet::new();
    for address in &mut config.generators {
        let client = GeneratorServiceClient::new(dialer.channel(address, Role::Generator));
        let service = GeneratorServiceServer::new(Generator(between.clone(), client));
        *address = serve(&mut tasks, Routes::default().with(service, &[]))?;
    }
    let service = TraderServiceServer::new(between);
    config.trader = serve(&mut tasks, Routes::default().with(service, &[]))?;
    let rng = chance::start(None);
    let running = shutdown::run(|stop| run(config, clock, rng, dialer, stop));
    running.await.map_err(|error| Exit::Failed.because(error.to_string()))?
}

fn main() -> ExitCode {
    exit::logged(exit::block_on(start(Args::parse())))
}
