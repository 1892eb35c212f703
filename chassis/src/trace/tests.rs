//! From `tracing`'s spans to what a collector is given, and collectors that do not do as they should.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    time::Duration,
};

use rand::{SeedableRng as _, rngs::StdRng};
use tokio::time::Instant;
use tonic::{Status, metadata::MetadataMap};
use tracing::{Instrument as _, field::Empty, subscriber::DefaultGuard};
use tracing_subscriber::{Layer as _, filter::Targets, layer::SubscriberExt as _};

use super::{
    Context, Exporter, Service,
    layer::Layer,
    queue::Queue,
    testing::{Arrived, Collector, Manner},
};
use crate::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
};

const PATIENCE: Duration = Duration::from_secs(20);

fn minute() -> Minute {
    let at = Timestamp::parse("2026-11-20T12:34:00Z").unwrap();
    Minute::starting(at, Interval::default()).unwrap()
}

fn root() -> Context {
    Context::root_of("04e6efa66a2a4270", minute())
}

/// Spans of this thread go to the queue.
fn queued() -> (Arc<Queue>, DefaultGuard) {
    let queue = Arc::new(Queue::default());
    let clock = Clock::starting_at(minute().start());
    let layer = Layer::new(Arc::clone(&queue), clock, StdRng::seed_from_u64(7));
    (queue, listening(layer))
}

fn listening(layer: Layer) -> DefaultGuard {
    let spans = Targets::new().with_target(super::TARGET, tracing::Level::INFO);
    let registry = tracing_subscriber::registry().with(layer.with_filter(spans));
    tracing::subscriber::set_default(registry)
}

fn exporting(collector: &str) -> (Exporter, DefaultGuard) {
    let service = Service { kind: "strategy", name: Some("X".to_owned()) };
    let (clock, rng) = (Clock::starting_at(minute().start()), StdRng::seed_from_u64(7));
    let started = Exporter::start(&collector.parse().unwrap(), &service, clock, rng);
    let (layer, exporter) = started.unwrap();
    (exporter, listening(layer))
}

fn arrived(queue: &Queue) -> Vec<Arrived> {
    let nobody = || (String::new(), String::new());
    let spans = queue.take().into_iter();
    spans
        .map(|span| {
            let (service, instance) = nobody();
            Arrived { service, instance, span }
        })
        .collect()
}

fn named<'a>(spans: &'a [Arrived], name: &str) -> &'a Arrived {
    let found = spans.iter().find(|span| span.span.name == name);
    found.unwrap_or_else(|| panic!("no span `{name}`"))
}

#[tokio::test(start_paused = true)]
async fn spans_of_a_process_are_under_each_other_and_the_first_under_what_it_names() {
    let (queue, _listening) = queued();
    let span = crate::span!(
        "minute",
        trace.parent = %root(),
        trace.start = (minute().start().as_micros() - 5),
        strategy = "X",
        tries = Empty
    );
    async {
        tokio::time::advance(Duration::from_secs(1)).await;
        let inner = crate::span!("decide", trace.kind = "client", signals = 2_u64, fee = 0.5);
        tokio::time::advance(Duration::from_secs(1)).await;
        drop(inner);
    }
    .instrument(span.clone())
    .await;
    span.record("tries", 3);
    span.record("tries", 4);
    drop(span);
    let spans = arrived(&queue);
    let (outer, inner) = (named(&spans, "minute"), named(&spans, "decide"));
    assert_eq!(spans.len(), 2);
    assert_eq!(outer.span.trace_id, root().trace);
    assert_eq!(outer.span.parent_span_id, root().span);
    assert_eq!(inner.parent(&spans).map(|above| &*above.span.name), Some("minute"));
    assert_ne!(outer.span.span_id, inner.span.span_id);
    assert_eq!((outer.span.kind, inner.span.kind), (1, 3));
    let start = u64::try_from(minute().start().as_micros() * 1_000).unwrap();
    let times = |of: &Arrived| {
        (
            i128::from(of.span.start_time_unix_nano) - i128::from(start),
            i128::from(of.span.end_time_unix_nano) - i128::from(start),
        )
    };
    assert_eq!(times(outer), (-5_000, 2_000_000_000));
    assert_eq!(times(inner), (1_000_000_000, 2_000_000_000));
    assert_eq!(outer.attribute("strategy").as_deref(), Some("X"));
    assert_eq!(outer.attribute("tries").as_deref(), Some("4"));
    assert_eq!(inner.attribute("signals").as_deref(), Some("2"));
    assert_eq!(inner.attribute("fee").as_deref(), Some("0.5"));
    // Sampled; that the parent's process is another one is known, and so.
    assert_eq!((outer.span.flags, inner.span.flags), (0x301, 0x101));
    assert!(
        spans.iter().all(|span| span
            .span
            .attributes
            .iter()
            .all(|of| !of.key.starts_with("trace.")))
    );
}

#[test]
fn a_root_is_what_the_others_named_before_it_was_there() {
    let (queue, _listening) = queued();
    drop(crate::span!("early", trace.parent = %root()));
    drop(crate::span!("minute", trace.root = %root(), trace.start = 7, trace.end = 9));
    let spans = arrived(&queue);
    let early = named(&spans, "early");
    let root = early.parent(&spans).expect("it came later");
    assert_eq!((&*root.span.name, root.span.parent_span_id.len()), ("minute", 0));
    assert_eq!((root.span.start_time_unix_nano, root.span.end_time_unix_nano), (7_000, 9_000));
}

#[test]
fn without_a_parent_that_is_sampled_there_is_no_span() {
    let (queue, _listening) = queued();
    let nothing =
        [None, Some("00-nonsense".to_owned()), Some(root().to_string().replace("-01", "-00"))];
    for parent in nothing {
        let span = crate::span!("a", trace.parent = parent.as_deref());
        drop(span.in_scope(|| crate::span!("b", x = 1)));
    }
    assert!(queue.take().is_empty());
}

#[test]
fn w3c_what_is_entered_is_handed_on_with_its_state_untouched() {
    let (queue, _listening) = queued();
    let mut metadata = MetadataMap::new();
    super::inject(&mut metadata);
    assert!(metadata.is_empty(), "nothing is entered");
    let parent = root().to_string();
    let span = crate::span!("minute", trace.parent = parent, trace.state = "a=1,b=2");
    span.in_scope(|| super::inject(&mut metadata));
    drop(span);
    let spans = arrived(&queue);
    let received = Context::received(&metadata).unwrap();
    assert_eq!(received.span.to_vec(), named(&spans, "minute").span.span_id);
    assert_eq!((received.trace, received.state()), (root().trace, "a=1,b=2"));
    assert_eq!(named(&spans, "minute").span.trace_state, "a=1,b=2");
}

#[tokio::test]
async fn a_call_that_fails_says_so_in_its_span_and_an_error_may_be_taken_back() {
    let (queue, _listening) = queued();
    let span = || crate::span!("Submit", trace.parent = %root(), trace.error = Empty);
    let failing = async { Err::<(), _>(Status::aborted("fenced")) };
    assert!(super::call(span(), failing).await.is_err());
    assert!(super::call(span(), async { Ok(()) }).await.is_ok());
    let mended = span();
    mended.record("trace.error", "not yet");
    mended.record("trace.error", "");
    drop(mended);
    let spans = arrived(&queue);
    let errors: Vec<_> = spans.iter().map(Arrived::error).collect();
    assert_eq!(errors, [Some("fenced"), None, None]);
}

#[test]
fn long_texts_are_cut_between_characters() {
    let (queue, _listening) = queued();
    drop(crate::span!("a", trace.parent = %root(), reason = "é".repeat(1_000)));
    let reason = arrived(&queue)[0].attribute("reason").unwrap();
    assert_eq!(reason, "é".repeat(512));
}

fn make(name: i64) {
    drop(crate::span!("a", trace.parent = %root(), number = name));
}

fn has(number: i64) -> impl Fn(&[Arrived]) -> bool {
    let number = number.to_string();
    move |arrived| arrived.iter().any(|span| span.attribute("number").as_ref() == Some(&number))
}

#[tokio::test]
async fn spans_arrive_with_the_names_of_their_service() {
    let mut collector = Collector::start();
    let (exporter, _listening) = exporting(&collector.endpoint());
    make(1);
    let arrived = collector.until(PATIENCE, has(1)).await;
    let named = (&*arrived[0].service, &*arrived[0].instance);
    assert_eq!(named, ("strategy", "X"));
    drop(exporter);
}

#[tokio::test]
async fn what_waits_at_a_stop_is_flushed_and_a_collector_that_hangs_costs_a_second() {
    let collector = Collector::start();
    let (exporter, _listening) = exporting(&collector.endpoint());
    make(1);
    drop(exporter);
    assert!(has(1)(&collector.arrived()));

    collector.behave(Manner::Hangs);
    let (exporter, _listening) = exporting(&collector.endpoint());
    make(2);
    let started = Instant::now();
    drop(exporter);
    let took = started.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_millis(2_500)).contains(&took), "{took:?}");
    assert!(!has(2)(&collector.arrived()));
}

#[tokio::test]
async fn a_collector_that_was_killed_is_given_the_same_again() {
    let mut collector = Collector::start();
    collector.behave(Manner::Hangs);
    let (exporter, _listening) = exporting(&collector.endpoint());
    make(1);
    collector.asked(PATIENCE, 1).await;
    let address = collector.address();
    drop(collector);
    let mut collector = Collector::start_at(address);
    collector.until(PATIENCE, has(1)).await;
    drop(exporter);
}

#[tokio::test]
async fn a_link_that_is_dead_is_made_anew() {
    let hole = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = hole.local_addr().unwrap();
    let (exporter, _listening) = exporting(&format!("http://{address}"));
    make(1);
    let silent = hole.accept().unwrap();
    drop(hole);
    let mut collector = Collector::start_at(address);
    collector.until(PATIENCE, has(1)).await;
    drop((silent, exporter));
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_sent_again() {
    for manner in [Manner::Refuses, Manner::Rejects] {
        let mut collector = Collector::start();
        collector.behave(manner);
        let (exporter, _listening) = exporting(&collector.endpoint());
        make(1);
        collector.asked(PATIENCE, 1).await;
        collector.behave(Manner::Takes);
        make(2);
        let arrived = collector.until(PATIENCE, has(2)).await;
        assert!(!has(1)(&arrived));
        drop(exporter);
    }
}
