//! What is asked over HTTP, and what answers.

use std::{future::ready, sync::Arc, time::Duration};

use bytes::Bytes;
use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp},
    http::{Answer, Request as Asked, Route, Site, Visitor, Whom, read, with_type},
    name::Name,
};
use html::Html;
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::{sync::watch, time::timeout};

use super::{
    beats,
    form::field,
    keeper::{Latest, Rendered, keep},
    markup::{self, around, confirmation, message},
};
use crate::{
    engine::error::Refusal,
    handle::{Handle, ReadError, Request},
    service::OPERATOR_BYTES_MAX,
    wire::{self, WireError},
};

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/page.js");
const ICON: &str = include_str!("assets/icon.svg");

/// What there is to be shown comes within this, or the trader stands still.
const SHOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Submissions on one page of a minute.
const SUBMISSIONS_MAX: usize = 50;

/// Longest form, in bytes.
const FORM_BYTES_MAX: usize = 1_024;

/// Scripts, styles, pictures and streams are this server's own, and forms go to it alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// Browsers that are not to say which page they come from do not say where a form comes from either.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");

/// How long the median is valid yet, in milliseconds.
const VALID_MS: HeaderName = HeaderName::from_static("valid-ms");

/// What all routes take.
#[derive(Clone, Debug)]
struct Page {
    handle: Handle,
    clock: Clock,
    latest: watch::Receiver<Latest>,
}

/// The site with the page on it.
pub(crate) fn on(site: Site, handle: Handle, clock: Clock) -> Site {
    let (sender, latest) = watch::channel(None);
    let page = Page { handle: handle.clone(), clock, latest };
    let asset = |kind, text: &'static str| {
        let answer = move |_| async move { with_type(StatusCode::OK, kind, text) };
        Route::get(Whom::Anyone, answer)
    };
    site.while_served(move || keep(handle.clone(), sender.clone()))
        .with("/style.css", asset("text/css; charset=utf-8", STYLE))
        .with("/page.js", asset("text/javascript; charset=utf-8", SCRIPT))
        .with("/icon.svg", asset("image/svg+xml", ICON))
        .with("/", page.get(Whom::Readers, Page::whole))
        .with("/now", page.get(Whom::Readers, Page::now))
        .with("/events", page.get(Whom::Readers, Page::events))
        .with("/minute", page.get(Whom::Readers, Page::minute))
        .with("/deregister", page.get(Whom::Operators, |page, asked| ready(page.question(&asked))))
        .with("/deregister", page.post(Whom::Operators, Page::deregister))
}

impl Page {
    fn get<F>(&self, whom: Whom, answer: fn(Self, Asked) -> F) -> Route
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let page = self.clone();
        Route::get(whom, move |asked| answer(page.clone(), asked))
    }

    fn post<F>(&self, whom: Whom, answer: fn(Self, Asked) -> F) -> Route
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let page = self.clone();
        Route::post(whom, move |asked| answer(page.clone(), asked))
    }

    /// What there is to be shown.
    async fn shown(&mut self) -> Result<Arc<Rendered>, Answer> {
        let there = timeout(SHOWN_TIMEOUT, self.latest.wait_for(Option::is_some)).await;
        let latest = there.ok().and_then(Result::ok).and_then(|latest| latest.clone());
        latest.ok_or_else(|| {
            let why = "The trader has not said how it is: it stands still, or is stopping.";
            says(StatusCode::SERVICE_UNAVAILABLE, "No answer", why)
        })
    }

    async fn whole(mut self, asked: Asked) -> Answer {
        let shown = match self.shown().await {
            Ok(shown) => shown,
            Err(refusal) => return refusal,
        };
        let [before, after] = around(&shown.title);
        let mut bytes = Vec::from(before.as_str());
        bytes.extend_from_slice(for_whom(&shown, &asked));
        bytes.extend_from_slice(after.as_str().as_bytes());
        page(StatusCode::OK, bytes)
    }

    async fn now(mut self, asked: Asked) -> Answer {
        let shown = match self.shown().await {
            Ok(shown) => shown,
            Err(refusal) => return refusal,
        };
        let mut answer = page(StatusCode::OK, for_whom(&shown, &asked).clone());
        if let Some(valid) = shown.valid_ms(self.clock) {
            let valid = HeaderValue::from_str(&valid.to_string()).expect("digits are visible");
            answer.headers_mut().insert(VALID_MS, valid);
        }
        answer
    }

    async fn events(mut self, _: Asked) -> Answer {
        match self.shown().await {
            Ok(_) => beats::stream(self.latest, self.clock),
            Err(refusal) => refusal,
        }
    }

    async fn minute(self, asked: Asked) -> Answer {
        let query = asked.uri().query().unwrap_or_default();
        let interval = self.handle.about().timing.interval;
        let at = field(query, "at").and_then(|at| Timestamp::parse(&at));
        let after = field(query, "after").map(|after| after.parse::<Name>()).transpose();
        let (Some(at), Ok(after)) = (at, after) else {
            let why = "Ask for a minute as /minute?at=2026-11-20T12:01:00Z.";
            return says(StatusCode::BAD_REQUEST, "Which minute?", why);
        };
        let minute = Minute::containing(at, interval);
        let ask = |reply| Request::Explain(minute, after, SUBMISSIONS_MAX, reply);
        let found = match self.handle.ask(ask).await {
            Ok(Ok(Some(found))) => found,
            Ok(Ok(None)) => {
                let why = format!(
                    "Minute {minute} has no verdict: it is to come, or was before the journal began."
                );
                return says(StatusCode::NOT_FOUND, "No verdict", &why);
            }
            Ok(Err(error)) => return unread(&error),
            Err(error) => return unanswered(&error.to_string()),
        };
        let asked = markup::Asked { minute, interval };
        page(StatusCode::OK, bytes(&markup::minute(asked, &found)))
    }

    /// Asks before anything is done.
    fn question(&self, asked: &Asked) -> Answer {
        let name = field(asked.uri().query().unwrap_or_default(), "name");
        let called = &self.handle.about().called;
        match name.and_then(|name| name.parse().ok()) {
            Some(name) => {
                page(StatusCode::OK, bytes(&confirmation(called, &name, operator(asked))))
            }
            None => nameless(),
        }
    }

    async fn deregister(self, asked: Asked) -> Answer {
        let certified = operator(&asked).map(str::to_owned);
        let said = match read(asked, FORM_BYTES_MAX).await {
            Ok(said) => String::from_utf8_lossy(&said).into_owned(),
            Err(refusal) => return refusal,
        };
        let Some(name) = field(&said, "name").and_then(|name| name.parse::<Name>().ok()) else {
            return nameless();
        };
        let operator = match on_record(certified, field(&said, "operator")) {
            Ok(operator) => operator,
            Err(error) => {
                return says(StatusCode::BAD_REQUEST, "Nothing was done", &error.to_string());
            }
        };
        let ask = |reply| Request::Deregister(name.clone(), None, operator.clone(), reply);
        match self.handle.ask(ask).await {
            Ok(Ok(())) => {
                let done = format!(
                    "Strategy {name} is off the list, durably, by {operator}. The trader goes on without it."
                );
                says(StatusCode::OK, "Deregistered", &done)
            }
            Ok(Err(refusal @ Refusal::Unknown { .. })) => {
                says(StatusCode::NOT_FOUND, "Nothing was done", &refusal.to_string())
            }
            Ok(Err(refusal)) => {
                says(StatusCode::SERVICE_UNAVAILABLE, "Not done as asked", &refusal.to_string())
            }
            Err(error) => unanswered(&error.to_string()),
        }
    }
}

fn for_whom<'a>(shown: &'a Rendered, asked: &Asked) -> &'a Bytes {
    let operates = asked.extensions().get::<Visitor>().is_some_and(Visitor::operates);
    if operates { &shown.for_operators } else { &shown.for_readers }
}

/// Who is said to have done it: by the certificate if there is one, else as the form says.
fn on_record(certified: Option<String>, given: Option<String>) -> Result<String, WireError> {
    match (certified, given.filter(|given| !given.trim().is_empty())) {
        (Some(certified), _) => Ok(certified),
        (None, Some(given)) => wire::clean("operator", &given, OPERATOR_BYTES_MAX),
        (None, None) => Ok("unknown".to_owned()),
    }
}

/// Who operates, by the certificate.
fn operator(asked: &Asked) -> Option<&str> {
    let identity = asked.extensions().get::<Visitor>()?.identity()?;
    Some(identity.name.as_str())
}

fn bytes(html: &Html) -> Bytes {
    Bytes::copy_from_slice(html.as_str().as_bytes())
}

fn page(status: StatusCode, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = with_type(status, "text/html; charset=utf-8", bytes);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    answer.headers_mut().insert(header::REFERRER_POLICY, REFERRER);
    answer
}

fn says(status: StatusCode, title: &str, why: &str) -> Answer {
    page(status, bytes(&message(title, why)))
}

fn nameless() -> Answer {
    says(StatusCode::BAD_REQUEST, "Which strategy?", "No name of a strategy was given.")
}

fn unanswered(why: &str) -> Answer {
    says(StatusCode::SERVICE_UNAVAILABLE, "No answer", why)
}

fn unread(error: &ReadError) -> Answer {
    let status = match error {
        ReadError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        ReadError::Gone { .. } => StatusCode::GONE,
        ReadError::Journal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    says(status, "Not to be read", &error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r5_the_operator_on_record_is_the_certificates_not_the_forms() {
        let on_record = |certified: Option<&str>, given: Option<&str>| {
            on_record(certified.map(str::to_owned), given.map(str::to_owned)).ok()
        };
        for (certified, given, expected) in [
            (Some("ann"), None, Some("ann")),
            (Some("ann"), Some("root"), Some("ann")),
            (None, Some("ann@desk"), Some("ann@desk")),
            (None, Some("a\nb"), Some("a b")),
            (None, Some("  "), Some("unknown")),
            (None, None, Some("unknown")),
            (None, Some(&*"a".repeat(OPERATOR_BYTES_MAX + 1)), None),
        ] {
            assert_eq!(on_record(certified, given).as_deref(), expected, "{certified:?} {given:?}");
        }
    }
}
