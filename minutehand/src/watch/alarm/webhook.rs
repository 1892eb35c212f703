//! An HTTP server that takes events: a POST each, on a connection of its own.

use std::time::Duration;

use chassis::outside::Outside;
use http::{
    Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
    response::Parts,
};
use tokio::time::timeout;

use super::url::Url;
use crate::{report::length, request};

/// Who posts.
const AGENT: &str = concat!("minutehand/", env!("CARGO_PKG_VERSION"));

/// Why an event was not taken.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) why: String,
    /// Whether another try will not be taken either.
    pub(super) for_good: bool,
    /// How long it asks to be left alone, if it does.
    pub(super) rest: Option<Duration>,
}

impl Failed {
    pub(super) fn passing(why: String) -> Self {
        Self { why, for_good: false, rest: None }
    }
}

/// Posts to one address.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    url: Url,
    server: Outside,
}

impl Webhook {
    /// What the machine trusts is read once; none of it is an error, if it is needed.
    pub(super) fn new(url: Url) -> Result<Self, String> {
        let server = Outside::new(&url.host, url.port, url.secure)?;
        Ok(Self { url, server })
    }

    /// Where it posts to, without what a stranger must not know.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Posts it once. An answer other than 2xx is a failure; one that says that this side is wrong is so for good.
    pub(super) async fn post(&self, id: &str, json: String, limit: Duration) -> Result<(), Failed> {
        let posted = timeout(limit, self.try_to_post(id, json)).await;
        let Parts { status, headers, .. } = posted
            .unwrap_or_else(|_| Err(format!("no answer within {}", length(limit))))
            .map_err(Failed::passing)?;
        if status.is_success() {
            return Ok(());
        }
        let may_pass = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
        let for_good = status.is_client_error() && !may_pass.contains(&status);
        let rest = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
        Err(Failed {
            why: format!("it answered {status}"),
            for_good,
            rest: rest.map(Duration::from_secs),
        })
    }

    async fn try_to_post(&self, id: &str, json: String) -> Result<Parts, String> {
        let stream = self.server.connect().await?;
        request::send(stream, self.request(id, json)).await
    }

    fn request(&self, id: &str, json: String) -> Request<String> {
        let Url { authority, target, credentials, .. } = &self.url;
        let request = Request::post(target)
            .header(HOST, authority)
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "application/json")
            // Receivers that know the header take a retry for what it is (draft-ietf-httpapi-idempotency-key-header).
            .header("idempotency-key", format!("\"{id}\""));
        let request = match credentials {
            Some(credentials) => request.header(AUTHORIZATION, credentials),
            None => request,
        };
        request.body(json).expect("the address was read as one")
    }
}
