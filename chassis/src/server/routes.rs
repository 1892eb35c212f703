//! Which service answers a call, how many are answered at a time and how long that may take; and
//! that a call's connection is busy until the answer has ended.
//!
//! Takes the place of tonic's own router, which brings a web framework with it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tonic::{Code, Status, body::Body, codegen::BoxFuture, server::NamedService};
use tower::Service;

use super::{
    ANSWER_BYTES_MAX, NAME_BYTES_MAX,
    access::{Access, Caller, May},
};
use crate::{
    limits::Limits,
    listener::{Busy, Complaint, Peer},
    seldom::Floods,
    status::refusal,
};

/// Requests and streams that each connection may have open whatever the others do: a client of this
/// project needs three.
const SHARE: usize = 4;

/// Services that gRPC defines, for tools, like health and reflection. Their streams have no limit of
/// their own, and count as requests until they end.
const OF_GRPC: &str = "/grpc.";

type Answering = BoxFuture<Response<Body>, Infallible>;

/// What answers the calls to one service, and who may make them.
#[derive(Clone)]
struct Route {
    answer: Arc<dyn Fn(Request<Body>) -> Answering + Send + Sync>,
    access: Access,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("access", &self.access).finish_non_exhaustive()
    }
}

/// The services of one server, by name.
#[derive(Clone, Debug)]
pub struct Routes {
    by_name: Arc<BTreeMap<&'static str, Route>>,
    /// Whether callers are known by their certificates, and may do what their role allows.
    known_callers: bool,
    refusals: Arc<Floods>,
    limits: Limits,
    /// One for each request that waits for its answer, the shares of connections aside.
    places: Arc<Semaphore>,
}

impl Default for Routes {
    fn default() -> Self {
        let limits = Limits::default();
        let (by_name, refusals) = (Arc::default(), Arc::default());
        Self { by_name, known_callers: false, refusals, limits, places: Self::places(&limits) }
    }
}

/// Descriptions are no secret among those who have a certificate.
const REFLECTION_ACCESS: Access = &[("ServerReflectionInfo", May::Anyone)];

/// A descriptor set that describes nothing.
#[derive(Debug, thiserror::Error)]
#[error("the descriptors for server reflection cannot be read: {0}")]
pub struct RoutesError(#[from] tonic_reflection::server::Error);

impl Routes {
    /// The same routes within these limits.
    pub(super) fn within(self, limits: &Limits) -> Self {
        Self { places: Self::places(limits), limits: *limits, ..self }
    }

    fn places(limits: &Limits) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(limits.requests_max))
    }

    /// With one more service, and who may call its methods where callers are known. Its messages
    /// have their limits set by the caller: see [`Limits::request_bytes_max`] and
    /// [`ANSWER_BYTES_MAX`].
    #[must_use]
    pub fn with<S>(mut self, service: S, access: Access) -> Self
    where
        S: Service<Request<Body>, Future = Answering>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
    {
        // The services that tonic generates are always ready.
        let answer = Arc::new(move |request| service.clone().call(request));
        let before = Arc::make_mut(&mut self.by_name).insert(S::NAME, Route { answer, access });
        assert!(before.is_none(), "`{}` is there once", S::NAME);
        self
    }

    /// With server reflection, as versions 1 and 1alpha, which older tools speak, over an encoded
    /// `FileDescriptorSet` and that of the health service.
    pub fn with_reflection(self, descriptors: &[u8]) -> Result<Self, RoutesError> {
        let described = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(descriptors)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let v1 = described().build_v1()?.max_decoding_message_size(NAME_BYTES_MAX);
        let v1alpha = described().build_v1alpha()?.max_decoding_message_size(NAME_BYTES_MAX);
        Ok(self
            .with(v1.max_encoding_message_size(ANSWER_BYTES_MAX), REFLECTION_ACCESS)
            .with(v1alpha.max_encoding_message_size(ANSWER_BYTES_MAX), REFLECTION_ACCESS))
    }

    /// The same, each call for those whose certificate allows it.
    pub(super) fn for_known_callers(self) -> Self {
        Self { known_callers: true, ..self }
    }

    /// Hands a request to the service that its path `/SERVICE/METHOD` belongs to, if the caller may
    /// call the method.
    fn admit(&self, mut request: Request<Body>) -> Result<Answering, Status> {
        let found = || {
            let (service, _method) = request.uri().path().strip_prefix('/')?.split_once('/')?;
            self.by_name.get(service)
        };
        let Route { answer, access } =
            found().ok_or_else(|| Status::unimplemented("this server has no such service"))?;
        let caller = if self.known_callers {
            Caller::admit(&request, access, &self.refusals)
        } else {
            Caller::admit_unknown(&request, access, &self.refusals)
        };
        request.extensions_mut().insert(caller?);
        Ok(answer(request))
    }
}

impl Service<Request<Body>> for Routes {
    type Response = Response<BusyBody>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Body>) -> Self::Future {
        let peer = req.extensions().get::<Peer>().cloned();
        let busy = peer.as_ref().map(Peer::busy);
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        let within_share = peer.as_ref().is_none_or(|peer| peer.in_flight() <= SHARE);
        let to_the_end = req.uri().path().starts_with(OF_GRPC);
        let admitted = self.admit(req);
        let limits = self.limits;
        Box::pin(async move {
            let response = if place.is_some() || within_share {
                in_time(admitted, peer, &limits).await?
            } else {
                complain(peer, Complaint::Requests);
                overload(limits.requests_max).into_http()
            };
            let place = place.filter(|_| to_the_end);
            Ok(response.map(|body| BusyBody { body, _busy: busy, _place: place }))
        })
    }
}

/// What the service says, within the time there is for that.
async fn in_time(
    admitted: Result<Answering, Status>,
    peer: Option<Peer>,
    limits: &Limits,
) -> Result<Response<Body>, Infallible> {
    let answering = match admitted {
        Ok(answering) => answering,
        Err(status) => return Ok(status.into_http()),
    };
    if let Ok(answered) = timeout(limits.request_timeout, answering).await {
        return Ok(told_apart(answered?));
    }
    complain(peer, Complaint::Slow);
    Ok(too_slow(limits.request_timeout).into_http())
}

fn complain(peer: Option<Peer>, complaint: Complaint) {
    if let Some(peer) = peer {
        peer.complain(complaint);
    }
}

fn overload(requests_max: usize) -> Status {
    let message = format!(
        "overload: this server is at its limit of {requests_max} requests at a time, and this \
         connection has more than its share of {SHARE}; try again"
    );
    refusal(Code::ResourceExhausted, "overload", message, [])
}

fn too_slow(limit: Duration) -> Status {
    let limit = humantime::format_duration(limit);
    let message = format!("slow: no answer within {limit}, which is the limit; try again");
    refusal(Code::DeadlineExceeded, "slow", message, [])
}

/// How tonic begins to say that a request is too long; both lengths follow.
const TOO_LONG: &str = "Error, decoded message length too large: ";

/// tonic refuses a message that is too long with a code that says something else of these services,
/// and without a reason.
fn told_apart(response: Response<Body>) -> Response<Body> {
    let refused = Status::from_header_map(response.headers());
    let refused = refused.filter(|status| status.code() == Code::OutOfRange);
    match refused.as_ref().and_then(|status| status.message().strip_prefix(TOO_LONG)) {
        Some(lengths) => {
            let message = format!("malformed: the message is too long: {lengths}");
            refusal(Code::InvalidArgument, "malformed", message, []).into_http()
        }
        None => response,
    }
}

/// An answer that keeps its connection busy until it has ended.
#[derive(Debug)]
pub struct BusyBody {
    body: Body,
    _busy: Option<Busy>,
    _place: Option<OwnedSemaphorePermit>,
}

impl http_body::Body for BusyBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
