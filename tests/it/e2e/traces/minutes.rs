//! What is in the trace of a minute: of one that has a median, and of one that has not.

use super::{Arrived, Traced, links, minute_at, one, who};
use crate::{
    e2e::system::median_of,
    harness::{PATIENCE, Part, word},
};

/// The spans of a minute of X, of one generator, and Y, of two.
const WHOLE: usize = 19;

#[tokio::test]
async fn one_minute_is_one_trace_from_the_boundary_to_the_median() {
    let mut system = Traced::start().await;
    let median = median_of(&mut system.trader, 2).await;
    let trace = system.trace_of(&median.minute, WHOLE).await;
    assert_eq!(
        links(&trace),
        [
            "generator a GetSignal < generator a compute",
            "generator a GetSignal < generator a compute",
            "generator b GetSignal < generator b compute",
            "strategy X GetSignal < generator a GetSignal",
            "strategy X Submit < trader Submit",
            "strategy X minute < strategy X GetSignal",
            "strategy X minute < strategy X Submit",
            "strategy X minute < strategy X decide",
            "strategy Y GetSignal < generator a GetSignal",
            "strategy Y GetSignal < generator b GetSignal",
            "strategy Y Submit < trader Submit",
            "strategy Y minute < strategy Y GetSignal",
            "strategy Y minute < strategy Y GetSignal",
            "strategy Y minute < strategy Y Submit",
            "strategy Y minute < strategy Y decide",
            "trader minute",
            "trader minute < strategy X minute",
            "trader minute < strategy Y minute",
            "trader minute < trader journal",
        ]
    );
    assert!(trace.iter().all(|span| span.error().is_none()));
    let root = one(&trace, "trader minute");
    let attribute = |key| root.attribute(key).unwrap();
    assert_eq!(attribute("verdict"), "median");
    assert_eq!(attribute("count"), "2");
    assert_eq!(attribute("median"), median.value.to_string());
    let boundary = minute_at(&median.minute).start().as_micros().cast_unsigned() * 1_000;
    let end = root.span.end_time_unix_nano;
    for span in ["trader minute", "strategy X minute", "strategy Y minute"] {
        assert_eq!(one(&trace, span).span.start_time_unix_nano, boundary, "{span}");
    }
    let x = one(&trace, "strategy X minute");
    assert_eq!(x.attribute("outcome").as_deref(), Some("decided"));
    let journal = one(&trace, "trader journal");
    assert!(boundary < journal.span.start_time_unix_nano && journal.span.end_time_unix_nano == end);
    for kind in [("strategy X GetSignal", 3), ("strategy X Submit", 3), ("strategy X decide", 1)] {
        assert_eq!((kind.0, one(&trace, kind.0).span.kind), kind);
    }
    assert!(
        trace.iter().filter(|span| who(span) == "trader Submit").all(|span| span.span.kind == 2)
    );
}

#[tokio::test]
async fn a_minute_without_a_median_shows_the_generator_that_was_killed() {
    let mut system = Traced::start().await;
    system.b.kill().await;
    let error = system.trader.line("ERROR state ERROR (was OK): Y abstained since ").await;
    let minute = word(&error, "since ").trim_end_matches(',').to_owned();
    // Generator `b` adds nothing, Y decides nothing.
    let trace = system.trace_of(&minute, WHOLE - 3).await;
    let root = one(&trace, "trader minute");
    assert_eq!(root.attribute("verdict").as_deref(), Some("failed"));
    assert_eq!(root.attribute("causes").as_deref(), Some("Y abstained"));
    assert_eq!((root.attribute("count").as_deref(), root.attribute("median")), (Some("1"), None));
    assert!(root.error().is_some_and(|error| error.contains("connection refused")));
    let y = one(&trace, "strategy Y minute");
    assert_eq!(y.attribute("outcome").as_deref(), Some("abstained"));
    assert!(y.attribute("reason").is_some_and(|reason| reason.contains("connection refused")));
    assert!(y.error().is_some_and(|error| error.contains("connection refused")));
    assert!(one(&trace, "strategy X minute").error().is_none());
    let port = format!("127.0.0.1:{}", system.b.port);
    let is_killed = |span: &&Arrived| span.attribute("generator").as_ref() == Some(&port);
    let asked = trace.iter().find(is_killed).expect("it was asked");
    assert_eq!(asked.parent(&trace).map(Arrived::context), Some(y.context()));
    assert!(asked.error().is_some_and(|error| error.starts_with("connection refused, ")));
    assert!(asked.attribute("tries").unwrap().parse::<u32>().unwrap() > 1);
}

#[tokio::test]
async fn c4_all_parts_of_a_plan_export_to_where_it_says() {
    let mut collector = super::Collector::start();
    let directory = tempfile::tempdir().unwrap();
    let plan = directory.path().join("plan.toml");
    let demo = include_str!("../../../../examples/demo.toml");
    std::fs::write(&plan, format!("otlp = '{}'\n{demo}", collector.endpoint())).unwrap();
    let mut up = Part::spawn("up", "minutehand", &["up", plan.to_str().unwrap()]);
    up.line(" first median, after ").await;
    let from = |arrived: &[Arrived], service: &str| {
        arrived.iter().filter(|span| span.service == service).count()
    };
    let all = |arrived: &[Arrived]| {
        ["generator", "strategy", "trader"].iter().all(|service| from(arrived, service) > 0)
    };
    collector.until(PATIENCE, all).await;
    up.stop().await;
}
