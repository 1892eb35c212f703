//! Whether a request has left for its server: one that was given up while the link was being made
//! has not, and cannot have been carried out.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{body::Body, transport::Channel};
use tower::Service;

/// A channel that notes when it sends a request.
#[derive(Clone, Debug)]
pub struct Noting {
    channel: Channel,
    sent: Arc<AtomicBool>,
}

impl Noting {
    /// Over this channel; nothing is sent yet.
    pub fn new(channel: Channel) -> Self {
        Self { channel, sent: Arc::default() }
    }

    /// Whether anything was sent, by this one or a clone of it, since the last time that this was
    /// asked.
    pub fn take(&self) -> bool {
        self.sent.swap(false, Ordering::Relaxed)
    }
}

impl Service<Request<Body>> for Noting {
    type Response = Response<Body>;
    type Error = <Channel as Service<Request<Body>>>::Error;
    type Future = <Channel as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(cx)
    }

    fn call(&mut self, req: Request<Body>) -> Self::Future {
        let sent = Arc::clone(&self.sent);
        self.channel.call(req.map(|body| Body::new(NotingBody { body, sent })))
    }
}

/// The request's body: nobody asks for it before there is a link to send it over.
struct NotingBody {
    body: Body,
    sent: Arc<AtomicBool>,
}

impl HttpBody for NotingBody {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.sent.store(true, Ordering::Relaxed);
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
