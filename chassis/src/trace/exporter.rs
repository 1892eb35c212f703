//! What takes spans to the collector: a thread of its own, so that a collector which is slow, hangs or is
//! down costs no minute anything.

use std::{
    io,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_client::TraceServiceClient,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    select,
    time::{sleep, timeout},
};
use tonic::{Code, Status, transport::Channel};
use tracing::{info, warn};

use super::{Endpoint, Service, layer::Layer, queue::Queue};
use crate::{backoff::Backoff, clock::Clock, name::untrusted, seldom::Seldom, status};

/// What is collected for so long goes together.
const LINGER: Duration = Duration::from_millis(500);

/// A collector that does not answer is given up after this, for a while.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// What is left at a stop has so long to go.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Pauses between tries grow to this.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Exports until it is dropped, which takes a second at most.
#[derive(Debug)]
pub(crate) struct Exporter {
    queue: Arc<Queue>,
    ended: mpsc::Receiver<()>,
}

impl Exporter {
    /// To the collector at `endpoint`: the layer that takes spans, and what exports them.
    pub(crate) fn start(
        endpoint: &Endpoint,
        service: &Service,
        clock: Clock,
        mut rng: StdRng,
    ) -> io::Result<(Layer, Self)> {
        let queue = Arc::new(Queue::default());
        let layer = Layer::new(Arc::clone(&queue), clock, StdRng::from_rng(&mut rng));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = mpsc::channel();
        let carrier = Carrier::new(endpoint.clone(), service, Arc::clone(&queue), rng);
        thread::Builder::new().name("traces".to_owned()).spawn(move || {
            runtime.block_on(carrier.run());
            drop(end);
        })?;
        Ok((layer, Self { queue, ended }))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.queue.close();
        // It says so by hanging up.
        let _ended = self.ended.recv_timeout(FLUSH_TIMEOUT);
    }
}

/// Carries spans from the queue to the collector.
struct Carrier {
    endpoint: Endpoint,
    resource: Resource,
    queue: Arc<Queue>,
    rng: StdRng,
    client: Option<TraceServiceClient<Channel>>,
    backoff: Backoff,
    /// What is wrong with the collector was said, and not yet that it is over.
    complained: bool,
    lost: u64,
    flood: Seldom,
}

impl Carrier {
    fn new(endpoint: Endpoint, service: &Service, queue: Arc<Queue>, rng: StdRng) -> Self {
        let backoff = Backoff::up_to(PAUSE_MAX);
        let resource = resource(service);
        let (client, flood) = (None, Seldom::default());
        Self { endpoint, resource, queue, rng, client, backoff, complained: false, lost: 0, flood }
    }

    async fn run(mut self) {
        loop {
            self.queue.filled().await;
            // What belongs together comes together.
            let _full = timeout(LINGER, self.queue.full()).await;
            let spans = self.queue.take();
            if spans.is_empty() {
                return;
            }
            self.carry(spans).await;
        }
    }

    /// Tries until the spans are taken or refused; at a stop, there is no time to try again.
    async fn carry(&mut self, spans: Vec<Span>) {
        let count = spans.len() as u64;
        let request = self.request(spans);
        loop {
            match self.send(request.clone()).await {
                Ok(answer) => return self.taken(answer),
                Err(status) if !is_passing(&status) => {
                    self.lost += count;
                    return self.complain(&status);
                }
                Err(status) => self.complain(&status),
            }
            let pause = self.backoff.next(&mut self.rng);
            select! {
                biased;
                () = self.queue.closed() => return,
                () = sleep(pause) => {}
            }
        }
    }

    async fn send(
        &mut self,
        request: ExportTraceServiceRequest,
    ) -> Result<ExportTraceServiceResponse, Status> {
        let client = match &mut self.client {
            Some(client) => client,
            dialled => dialled.insert(TraceServiceClient::new(self.endpoint.dial())),
        };
        let answer = timeout(ANSWER_TIMEOUT, client.export(request)).await.unwrap_or_else(|_| {
            Err(Status::deadline_exceeded(format!("no answer in {} s", ANSWER_TIMEOUT.as_secs())))
        });
        if answer.is_err() {
            // A link that is silent may be dead.
            self.client = None;
        }
        Ok(answer?.into_inner())
    }

    fn taken(&mut self, answer: ExportTraceServiceResponse) {
        self.backoff.reset();
        let partial = answer.partial_success.filter(|partial| partial.rejected_spans > 0);
        if let Some(partial) = partial {
            self.lost += u64::try_from(partial.rejected_spans).unwrap_or_default();
            return self.complain(&Status::invalid_argument(partial.error_message));
        }
        self.lost += self.queue.dropped();
        let Self { endpoint, lost, .. } = self;
        if std::mem::take(&mut self.complained) {
            info!(lost, "the collector at {endpoint} takes traces again");
            *lost = 0;
        } else if *lost > 0 && self.flood.happened().is_some() {
            warn!(
                lost,
                "more spans than the collector at {endpoint} takes in time: the oldest gave way"
            );
            *lost = 0;
        }
    }

    /// Once, until it is over.
    fn complain(&mut self, status: &Status) {
        if !std::mem::replace(&mut self.complained, true) {
            let (endpoint, cause) = (&self.endpoint, untrusted(&status::root_cause(status)));
            let cause = cause.trim_matches('"');
            warn!(
                "the collector at {endpoint} takes no traces: {cause}; trying again, no minute waits for it"
            );
        }
    }

    fn request(&self, spans: Vec<Span>) -> ExportTraceServiceRequest {
        let scope = InstrumentationScope {
            name: "minutehand".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        let of_scope = ScopeSpans { scope: Some(scope), spans, schema_url: String::new() };
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(self.resource.clone()),
                scope_spans: vec![of_scope],
                schema_url: String::new(),
            }],
        }
    }
}

/// Whether the same may be taken later, as OTLP has it.
fn is_passing(status: &Status) -> bool {
    let passing = [Code::Aborted, Code::OutOfRange, Code::DataLoss];
    status::is_transient(status) || passing.contains(&status.code())
}

fn resource(service: &Service) -> Resource {
    let attribute = |key: &str, value: &str| {
        let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    };
    let mut attributes = vec![
        attribute("service.namespace", "minutehand"),
        attribute("service.name", service.kind),
        attribute("service.version", env!("CARGO_PKG_VERSION")),
    ];
    attributes.extend(service.name.iter().map(|name| attribute("service.instance.id", name)));
    Resource { attributes, ..Resource::default() }
}
