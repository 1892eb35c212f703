//! Which service answers a call, and that its connection is busy until the answer has ended.
//!
//! Takes the place of tonic's own router, which brings a web framework with it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::{Code, Status, body::Body, server::NamedService};
use tower::{Service, ServiceExt as _, util::BoxCloneSyncService};

use super::{ANSWER_BYTES_MAX, REQUEST_BYTES_MAX};
use crate::{
    listener::{Busy, Peer},
    status::refusal,
};

type Route = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// The services of one server, by name.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    by_name: Arc<BTreeMap<&'static str, Route>>,
}

/// A descriptor set that describes nothing.
#[derive(Debug, thiserror::Error)]
#[error("the descriptors for server reflection cannot be read: {0}")]
pub struct RoutesError(#[from] tonic_reflection::server::Error);

impl Routes {
    /// With one more service, whose messages have their limits set by the caller: see
    /// [`REQUEST_BYTES_MAX`] and [`ANSWER_BYTES_MAX`].
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        let route = Route::new(service);
        let before = Arc::make_mut(&mut self.by_name).insert(S::NAME, route);
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
        let v1 = described().build_v1()?.max_decoding_message_size(REQUEST_BYTES_MAX);
        let v1alpha = described().build_v1alpha()?.max_decoding_message_size(REQUEST_BYTES_MAX);
        Ok(self
            .with(v1.max_encoding_message_size(ANSWER_BYTES_MAX))
            .with(v1alpha.max_encoding_message_size(ANSWER_BYTES_MAX)))
    }

    /// The service that a path `/SERVICE/METHOD` belongs to.
    fn find(&self, path: &str) -> Option<Route> {
        let (service, _method) = path.strip_prefix('/')?.split_once('/')?;
        self.by_name.get(service).cloned()
    }
}

impl Service<Request<Body>> for Routes {
    type Response = Response<BusyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Body>) -> Self::Future {
        let busy = req.extensions().get::<Peer>().map(Peer::busy);
        let route = self.find(req.uri().path());
        Box::pin(async move {
            let response = match route {
                Some(route) => told_apart(route.oneshot(req).await?),
                None => Status::unimplemented("this server has no such service").into_http(),
            };
            Ok(response.map(|body| BusyBody { body, _busy: busy }))
        })
    }
}

/// How tonic begins to say that a request is too long.
const TOO_LONG: &str = "Error, decoded message length too large";

/// tonic refuses a message that is too long with a code that says something else of these services,
/// and without a reason.
fn told_apart(response: Response<Body>) -> Response<Body> {
    let refused = Status::from_header_map(response.headers());
    let too_long = |status: &Status| {
        status.code() == Code::OutOfRange && status.message().starts_with(TOO_LONG)
    };
    if !refused.as_ref().is_some_and(too_long) {
        return response;
    }
    let message = format!(
        "malformed: the message is longer than {REQUEST_BYTES_MAX} bytes, which is the limit"
    );
    refusal(Code::InvalidArgument, "malformed", message, []).into_http()
}

/// An answer that keeps its connection busy until it has ended.
#[derive(Debug)]
pub struct BusyBody {
    body: Body,
    _busy: Option<Busy>,
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
