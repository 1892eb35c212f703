//! Callers that are no strategies of ours, with traces of their own, with none, and with nonsense.

use chassis::{
    channel::{Address, Dialer},
    tls::Role,
    trace::testing::Arrived,
    wire,
};
use proto::v1::{
    GetSignalRequest, SubmitRequest, generator_service_client::GeneratorServiceClient,
    submit_request::Content,
};
use tonic::Request;

use super::{Traced, minute_at};
use crate::{
    e2e::system::{client, median_of},
    harness::PATIENCE,
};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A request with these headers.
fn with<T>(message: T, headers: &[(&'static str, &str)]) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in headers {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    request
}

fn named<'a>(arrived: &'a [Arrived], service: &str, name: &str) -> Vec<&'a Arrived> {
    let is_it = |span: &&Arrived| span.service == service && span.span.name == name;
    arrived.iter().filter(is_it).collect()
}

#[tokio::test]
async fn w3c_a_generator_follows_whoever_asks_and_passes_over_nonsense() {
    let mut system = Traced::start().await;
    let address = Address::local(system.a.port);
    let channel = Dialer::tcp().channel(&address, Role::Generator);
    let mut generator = GeneratorServiceClient::new(channel);
    for nonsense in ["", "00-nonsense", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] {
        let request = with(GetSignalRequest::default(), &[("traceparent", nonsense)]);
        generator.get_signal(request).await.unwrap();
    }
    let headers = [("traceparent", PARENT), ("tracestate", "vendor=1")];
    generator.get_signal(with(GetSignalRequest::default(), &headers)).await.unwrap();
    let theirs = |span: &Arrived| span.context().to_string()[..36] == PARENT[..36];
    let both = |arrived: &[Arrived]| arrived.iter().filter(|span| theirs(span)).count() == 2;
    let arrived = system.collector().until(PATIENCE, both).await;
    let theirs: Vec<_> = arrived.into_iter().filter(theirs).collect();
    let answered = named(&theirs, "generator", "GetSignal")[0];
    let computed = named(&theirs, "generator", "compute")[0];
    assert_eq!(answered.span.parent_span_id, [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]);
    assert_eq!(computed.parent(&theirs).map(Arrived::context), Some(answered.context()));
    assert!(theirs.iter().all(|span| span.span.trace_state == "vendor=1"));
}

#[tokio::test]
async fn w3c_a_submission_of_nobodys_trace_is_under_the_minute_itself() {
    let mut system = Traced::start().await;
    let median = median_of(&mut system.trader, 2).await;
    let minute = minute_at(&median.minute);
    let submission = SubmitRequest {
        name: "Z".to_owned(),
        instance: "z".to_owned(),
        journal: "another".to_owned(),
        epoch: 1,
        minute: Some(wire::timestamp(minute.start())),
        decided_at: Some(wire::timestamp(minute.start())),
        content: Some(Content::Abstention("it is nobody".to_owned())),
        ..SubmitRequest::default()
    };
    for headers in [&[][..], &[("traceparent", "nonsense")]] {
        let refused = client(&system.trader).submit(with(submission.clone(), headers)).await;
        refused.unwrap_err();
    }
    let trace = system.trace_of(&median.minute, 21).await;
    let of_z = trace.iter().filter(|span| span.attribute("strategy").as_deref() == Some("Z"));
    let of_z: Vec<_> = of_z.collect();
    assert_eq!(of_z.len(), 2);
    for span in of_z {
        assert_eq!(span.parent(&trace).map(|parent| &*parent.span.name), Some("minute"));
        assert_eq!(span.parent(&trace).map(|parent| &*parent.service), Some("trader"));
        assert!(span.error().is_some(), "it was refused");
    }
}
