//! Which route answers a request, within limits.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, header::ALLOW};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    STREAMS_MAX,
    answer::{Answer, Body, finish, refused},
    visitor::{Guard, Visitor, Whom},
};
use crate::listener::Peer;

/// How long a route may take to begin its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A request; [`Visitor`] is among its extensions.
pub type Request = http::Request<Incoming>;

/// Begins what goes on beside the answers.
type Work = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

type Handler = Arc<dyn Fn(Request) -> BoxFuture<'static, Answer> + Send + Sync>;

/// One method of one path: who may ask for it, and what answers.
#[derive(Clone)]
pub struct Route {
    method: Method,
    whom: Whom,
    handler: Handler,
}

impl Route {
    /// What is there to be read; HEAD comes with it.
    pub fn get<F>(whom: Whom, handler: impl Fn(Request) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::GET, whom, handler)
    }

    /// What changes something. No other site's page gets through to it.
    pub fn post<F>(whom: Whom, handler: impl Fn(Request) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self::new(Method::POST, whom, handler)
    }

    fn new<F>(
        method: Method,
        whom: Whom,
        handler: impl Fn(Request) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self { method, whom, handler: Arc::new(move |request| Box::pin(handler(request))) }
    }

    fn takes(&self, method: &Method) -> bool {
        self.method == *method || (self.method == Method::GET && *method == Method::HEAD)
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, whom, .. } = self;
        f.debug_struct("Route").field("method", method).field("whom", whom).finish_non_exhaustive()
    }
}

/// The routes of one part, by path.
#[derive(Clone)]
pub struct Site {
    by_path: BTreeMap<&'static str, Vec<Route>>,
    streams: Arc<Semaphore>,
    work: Option<Work>,
}

impl Default for Site {
    fn default() -> Self {
        let streams = Arc::new(Semaphore::new(STREAMS_MAX));
        Self { by_path: BTreeMap::new(), streams, work: None }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("by_path", &self.by_path).finish_non_exhaustive()
    }
}

impl Site {
    /// With one more route. Paths are compared to the letter; what varies belongs into the query.
    #[must_use]
    pub fn with(mut self, path: &'static str, route: Route) -> Self {
        assert!(path.starts_with('/'), "{path} is a path");
        let routes = self.by_path.entry(path).or_default();
        assert!(routes.iter().all(|other| other.method != route.method), "{path} is there twice");
        routes.push(route);
        self
    }

    /// Whether there is something for people.
    pub(super) fn has_page(&self) -> bool {
        self.by_path.contains_key("/")
    }

    /// With work that goes on as long as the site is served, on the same thread.
    #[must_use]
    pub fn while_served<F>(mut self, work: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        assert!(self.work.is_none(), "there is one at most");
        self.work = Some(Arc::new(move || Box::pin(work())));
        self
    }

    /// The work that goes on beside the answers: it never ends by itself.
    pub(super) async fn work(&self) -> Infallible {
        if let Some(work) = &self.work {
            work().await;
        }
        std::future::pending().await
    }

    /// Answers, whatever is asked.
    pub(super) async fn answer(&self, guard: Guard, peer: &Peer, request: Request) -> Answer {
        let busy = peer.busy();
        let mut answer = self.route(guard, peer, request).await;
        finish(answer.headers_mut());
        if answer.body().size_hint().exact().is_some() {
            return answer.map(|body| BusyBody(body, busy).boxed_unsync());
        }
        // What has no end yet keeps its place until it has one.
        if let Ok(place) = Arc::clone(&self.streams).try_acquire_owned() {
            return answer.map(|body| BusyBody(body, (busy, place)).boxed_unsync());
        }
        let why = "overload: there are as many streams open as there may be; try again";
        let mut refusal = refused(StatusCode::SERVICE_UNAVAILABLE, why);
        finish(refusal.headers_mut());
        refusal
    }

    async fn route(&self, guard: Guard, peer: &Peer, mut request: Request) -> Answer {
        let visitor = Visitor::new(peer, guard);
        let found = self.by_path.get(request.uri().path());
        let route = found.and_then(|all| all.iter().find(|route| route.takes(request.method())));
        // What there is, and what is not, is told to those only who may ask at all.
        let whom = route.map_or(Whom::Anyone, |route| route.whom);
        if let Err((status, why)) = visitor.admit(guard, whom, request.method(), request.headers())
        {
            return refused(status, why);
        }
        let Some(route) = route else { return self.not_found(found) };
        request.extensions_mut().insert(visitor);
        let answer = timeout(ANSWER_TIMEOUT, (route.handler)(request)).await;
        answer.unwrap_or_else(|_| {
            let why = format!("slow: no answer within {} s", ANSWER_TIMEOUT.as_secs());
            refused(StatusCode::SERVICE_UNAVAILABLE, &why)
        })
    }

    fn not_found(&self, found: Option<&Vec<Route>>) -> Answer {
        let Some(routes) = found else {
            let paths: Vec<&str> = self.by_path.keys().copied().collect();
            let why = format!("not found; there are {}", paths.join(", "));
            return refused(StatusCode::NOT_FOUND, &why);
        };
        let methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
        let methods = methods.join(", ");
        let mut answer = refused(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("this path takes {methods} and nothing else"),
        );
        let allowed = HeaderValue::from_str(&methods).expect("methods are words");
        answer.headers_mut().insert(ALLOW, allowed);
        answer
    }
}

/// What a request brings, at most so many bytes of it; else what to answer.
pub async fn read(request: Request, bytes_max: usize) -> Result<Bytes, Answer> {
    match Limited::new(request.into_body(), bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let why = format!("it has more than {bytes_max} bytes");
            Err(refused(StatusCode::PAYLOAD_TOO_LARGE, &why))
        }
        Err(error) => Err(refused(StatusCode::BAD_REQUEST, &format!("it cannot be read: {error}"))),
    }
}

/// A body that keeps something until it has ended.
struct BusyBody<K>(Body, K);

impl<K: Unpin> http_body::Body for BusyBody<K> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
