//! The standard health service (`grpc.health.v1`) over one flag.
//!
//! tonic-health's own reporter keeps its streams open for ever, which every stop would have to wait
//! for; these end when the flag's owner goes.

use std::pin::Pin;

use futures_util::{Stream, stream};
use tokio::sync::watch;
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_server::HealthServer,
};

use super::{
    ANSWER_BYTES_MAX, NAME_BYTES_MAX,
    access::{Access, May},
};

/// Probes are for whoever has a certificate, where callers are known.
pub const HEALTH_ACCESS: Access = &[("Check", May::Anyone), ("Watch", May::Anyone)];

/// Says whether the named service is of use at present. Belongs to whoever knows; dropping it ends
/// every stream of health and means no.
#[derive(Debug)]
pub struct Health(watch::Sender<bool>);

impl Health {
    /// From here on, the named service is (not) of use.
    pub fn set(&self, serving: bool) {
        self.0.send_if_modified(|before| std::mem::replace(before, serving) != serving);
    }
}

/// The health service of a server: `""` is `SERVING` as long as it answers, `name` as its owner says;
/// `NOT_SERVING` at first.
pub fn health(name: &'static str) -> (Health, HealthServer<HealthService>) {
    let (owner, flag) = watch::channel(false);
    let server = HealthServer::new(HealthService { name, flag })
        .max_decoding_message_size(NAME_BYTES_MAX)
        .max_encoding_message_size(ANSWER_BYTES_MAX);
    (Health(owner), server)
}

/// Answers for the server as a whole and for one named service.
#[derive(Clone, Debug)]
pub struct HealthService {
    name: &'static str,
    flag: watch::Receiver<bool>,
}

/// Whom a caller asks about.
#[derive(Clone, Copy)]
enum Subject {
    Server,
    Named,
}

impl HealthService {
    fn subject(&self, request: &Request<HealthCheckRequest>) -> Result<Subject, Status> {
        match request.get_ref().service.as_str() {
            "" => Ok(Subject::Server),
            service if service == self.name => Ok(Subject::Named),
            _ => Err(Status::not_found(format!("this server has \"\" and \"{}\"", self.name))),
        }
    }
}

#[tonic::async_trait]
impl tonic_health::pb::health_server::Health for HealthService {
    type WatchStream =
        Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send + 'static>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let subject = self.subject(&request)?;
        let owned = self.flag.has_changed().is_ok();
        Ok(Response::new(answer(subject, owned && *self.flag.borrow())))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let subject = self.subject(&request)?;
        Ok(Response::new(Box::pin(follow(self.flag.clone(), subject))))
    }
}

/// The present health, then every change of it, until the flag's owner goes.
fn follow(
    mut flag: watch::Receiver<bool>,
    subject: Subject,
) -> impl Stream<Item = Result<HealthCheckResponse, Status>> {
    flag.mark_changed();
    stream::unfold((flag, None), move |(mut flag, sent)| async move {
        loop {
            flag.changed().await.ok()?;
            let present = answer(subject, *flag.borrow_and_update());
            if sent != Some(present) {
                return Some((Ok(present), (flag, Some(present))));
            }
        }
    })
}

fn answer(subject: Subject, serving: bool) -> HealthCheckResponse {
    let status = match subject {
        Subject::Server => ServingStatus::Serving,
        Subject::Named if serving => ServingStatus::Serving,
        Subject::Named => ServingStatus::NotServing,
    };
    HealthCheckResponse { status: status.into() }
}
