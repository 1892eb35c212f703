//! A collector for tests: a real server of OTLP's own definition, which takes spans, refuses them, or hangs.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread::{self, JoinHandle},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

use super::Context;

/// What a collector does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It takes it.
    Takes,
    /// It never answers.
    Hangs,
    /// It refuses all of it, for good.
    Refuses,
    /// It takes the request, and says that it has kept none of it.
    Rejects,
}

/// A span as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Who exported it: the name of the service.
    pub service: String,
    /// Which of them: the id of the instance; empty if it says none.
    pub instance: String,
    /// All of it.
    pub span: Span,
}

/// A collector that listens until it is dropped, which breaks its connections as if it were killed.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    manner: watch::Sender<Manner>,
    arrived: watch::Receiver<Vec<Arrived>>,
    asked: watch::Receiver<usize>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Service {
    manner: watch::Receiver<Manner>,
    arrived: watch::Sender<Vec<Arrived>>,
    asked: watch::Sender<usize>,
}

impl Collector {
    /// On a free port.
    pub fn start() -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Where another one was before.
    pub fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).expect("nobody else has the port");
        listener.set_nonblocking(true).expect("a socket takes options");
        let address = listener.local_addr().expect("it has an address");
        let (manner, told) = watch::channel(Manner::Takes);
        let (said, arrived) = watch::channel(Vec::new());
        let (counted, asked) = watch::channel(usize::default());
        let service = Service { manner: told, arrived: said, asked: counted };
        let (stop, stopped) = oneshot::channel();
        let server = thread::spawn(move || serve(listener, service, stopped));
        Self { address, manner, arrived, asked, stop: Some(stop), server: Some(server) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same, as `--otlp` takes it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From here on, it behaves like this.
    pub fn behave(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }

    /// What has arrived.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.borrow().clone()
    }

    /// Returns once it was asked so often, which has to be within `patience`.
    pub async fn asked(&mut self, patience: Duration, times: usize) {
        let asked = timeout(patience, self.asked.wait_for(|asked| *asked >= times)).await;
        asked.expect("it is asked in time").expect("it serves");
    }

    /// What has arrived once it is as wanted, which has to be within `patience`.
    pub async fn until(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&[Arrived]) -> bool,
    ) -> Vec<Arrived> {
        let met = timeout(patience, self.arrived.wait_for(|arrived| wanted(arrived))).await;
        if met.is_ok_and(|met| met.is_ok()) {
            return self.arrived();
        }
        let seen: Vec<_> = self.arrived().iter().map(Arrived::summary).collect();
        panic!("not as wanted within {patience:?}:\n{}", seen.join("\n"));
    }
}

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let manner = *self.manner.borrow();
        self.asked.send_modify(|asked| *asked += 1);
        let mut answer = ExportTraceServiceResponse::default();
        match manner {
            Manner::Takes => self.take(request.into_inner()),
            Manner::Hangs => std::future::pending().await,
            Manner::Refuses => return Err(Status::invalid_argument("no such spans")),
            Manner::Rejects => {
                let error_message = "over quota".to_owned();
                answer.partial_success =
                    Some(ExportTracePartialSuccess { rejected_spans: 1, error_message });
            }
        }
        Ok(Response::new(answer))
    }
}

/// On a thread of its own, whose connections end with it.
fn serve(listener: TcpListener, service: Service, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("it does not block");
        let incoming = TcpListenerStream::new(listener);
        let service = TraceServiceServer::new(service);
        let serving = Server::builder().serve_with_incoming(service, incoming);
        tokio::select! {
            biased;
            _ = stopped => {}
            served = serving => served.expect("it serves"),
        }
    });
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            let _panicked = server.join();
        }
    }
}

impl Service {
    fn take(&self, request: ExportTraceServiceRequest) {
        self.arrived.send_modify(|arrived| {
            for of_resource in request.resource_spans {
                let of = of_resource.resource.map(|resource| resource.attributes);
                let named = |key| of.as_deref().and_then(|of| text(of, key)).unwrap_or_default();
                let (service, instance) = (named("service.name"), named("service.instance.id"));
                let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                arrived.extend(spans.map(|span| Arrived {
                    service: service.clone(),
                    instance: instance.clone(),
                    span,
                }));
            }
        });
    }
}

impl Arrived {
    /// An attribute, as text; none if it is not there.
    pub fn attribute(&self, key: &str) -> Option<String> {
        text(&self.span.attributes, key)
    }

    /// What went wrong; none if nothing did.
    pub fn error(&self) -> Option<&str> {
        let status = self.span.status.as_ref()?;
        (status.code == 2).then_some(&*status.message)
    }

    /// Its place in its trace.
    pub fn context(&self) -> Context {
        let Span { trace_id, span_id, trace_state, .. } = &self.span;
        Context {
            trace: trace_id.as_slice().try_into().expect("a trace's id has 16 bytes"),
            span: span_id.as_slice().try_into().expect("a span's id has 8 bytes"),
            sampled: true,
            state: trace_state.clone(),
        }
    }

    /// The span that it is under, of all that `arrived`.
    pub fn parent<'a>(&self, arrived: &'a [Self]) -> Option<&'a Self> {
        let is_it = |other: &&Self| {
            other.span.trace_id == self.span.trace_id
                && other.span.span_id == self.span.parent_span_id
        };
        arrived.iter().find(is_it)
    }

    /// In one line, for whoever reads why a test failed.
    pub fn summary(&self) -> String {
        let Self { service, instance, span } = self;
        let keys = span.attributes.iter().map(|attribute| attribute.key.as_str());
        let said: Vec<_> =
            keys.map(|key| format!("{key}={}", self.attribute(key).unwrap_or_default())).collect();
        let (name, error) = (&span.name, self.error());
        format!("{service} {instance}: {name} {} {error:?}", said.join(" "))
    }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        Value::DoubleValue(number) => Some(number.to_string()),
        Value::BoolValue(is) => Some(is.to_string()),
        Value::ArrayValue(_)
        | Value::KvlistValue(_)
        | Value::BytesValue(_)
        | Value::StringValueStrindex(_) => None,
    }
}
