//! What is not well-formed is refused with a reason and changes nothing: rules R6, M2.

use chassis::wire::timestamp;
use proto::v1::{
    ClockOffset, DeregisterRequest, ExplainRequest, GetStatusRequest, GetStatusResponse,
    HaltRequest, RegisterRequest, ResumeRequest, Signal, SubmitRequest, WatchRequest,
    submit_request::Content,
};
use tonic::{Response, Status};

use super::{World, callers::application, callers::signal, shown::refusal, start, time};

const NO_NAMES: [&str; 12] = [
    "",
    " ",
    "-x",
    ".x",
    "_x",
    "a b",
    "é",
    "x\n",
    "x\u{1b}[31m",
    "x/y",
    "../x",
    "Error, decoded message length too large",
];

fn refused<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> String {
    refusal(&answer.unwrap_err())
}

fn not_a_name(reason: &str, field: &str, bad: &str) -> String {
    format!(
        "InvalidArgument {reason}: malformed: field `{field}`: {bad:?} is not a name: a name has 1 to 64 characters from A-Z a-z 0-9 . _ - and starts with a letter or a digit"
    )
}

impl World {
    /// Everything that it shows, but for the time.
    async fn shown(&self) -> GetStatusResponse {
        GetStatusResponse { trader_time: None, ..self.status().await }
    }
}

#[tokio::test(start_paused = true)]
async fn r6_names_of_any_other_form_are_refused() {
    let world = start("12:00:30");
    let mut client = world.client.clone();
    let too_long = "x".repeat(65);
    for bad in NO_NAMES.into_iter().chain([too_long.as_str()]) {
        assert_eq!(
            refused(client.register(application(bad, "i")).await),
            not_a_name("name", "name", bad)
        );
        assert_eq!(
            refused(client.register(application("X", bad)).await),
            not_a_name("malformed", "instance", bad)
        );
        let name = bad.to_owned();
        let request = DeregisterRequest { name, ..Default::default() };
        assert_eq!(world.deregister(request).await, not_a_name("name", "name", bad));
        if !bad.is_empty() {
            let (name, instance) = ("X".to_owned(), bad.to_owned());
            let request = DeregisterRequest { name, instance, ..Default::default() };
            assert_eq!(world.deregister(request).await, not_a_name("malformed", "instance", bad));
            let request = GetStatusRequest { page_token: bad.to_owned(), page_size: 0 };
            assert_eq!(
                refused(client.get_status(request).await),
                not_a_name("malformed", "page_token", bad)
            );
        }
    }
    assert_eq!(world.state().await, "IDLE");
}

#[tokio::test(start_paused = true)]
async fn fault_53_a_message_that_is_too_long_is_malformed() {
    let world = start("12:00:30");
    let request = HaltRequest { reason: "x".repeat(20_000), ..Default::default() };
    assert_eq!(
        refused(world.client.clone().halt(request).await),
        "InvalidArgument malformed: malformed: the message is too long: found 20004 bytes, the limit is: 16384 bytes"
    );
}

#[tokio::test(start_paused = true)]
async fn r6_the_traders_own_name_is_nobodys() {
    assert_eq!(
        start("12:00:30").refused(application("trader", "i")).await,
        "InvalidArgument name: malformed: `trader` is how causes call the trader itself; choose another name"
    );
}

#[tokio::test(start_paused = true)]
async fn r6_a_long_name_is_cut_and_escaped_in_the_refusal() {
    let world = start("12:00:30");
    let refused = world.refused(application(&"\u{10ffff}".repeat(3_000), "i")).await;
    let cut =
        format!("InvalidArgument name: malformed: field `name`: \"{}", "\\u{10ffff}".repeat(90));
    assert!(refused.starts_with(&cut), "{refused}");
    assert!(refused.len() < 1_100, "{}", refused.len());
}

/// Good submissions, each made bad in one way, and what is wrong with it.
fn bad_submissions(good: &SubmitRequest) -> Vec<(SubmitRequest, String)> {
    let at = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
    let first = good.signals[0].clone();
    let with = |signal: Signal| SubmitRequest { signals: vec![signal], ..good.clone() };
    let number = |value| SubmitRequest { content: Some(Content::Decision(value)), ..good.clone() };
    let why = |text: &str| SubmitRequest {
        content: Some(Content::Abstention(text.to_owned())),
        ..good.clone()
    };
    let offset = |offset, uncertainty| SubmitRequest {
        clock_offset: Some(ClockOffset { offset, uncertainty }),
        ..good.clone()
    };
    let length = |seconds, nanos| Some(prost_types::Duration { seconds, nanos });
    let instants = "an instant lies between 1970 and 9999, with 0 to 999999999 ns";
    let mut all = vec![
        (SubmitRequest { content: None, ..good.clone() }, "field `content` is missing".into()),
        (SubmitRequest { minute: None, ..good.clone() }, "field `minute` is missing".into()),
        (SubmitRequest { decided_at: None, ..good.clone() }, "field `decided_at` is missing".into()),
        (SubmitRequest::default(), String::new()),
        (number(f64::NAN), "the decision is NaN; decisions and signals are finite numbers".into()),
        (number(f64::INFINITY), "the decision is inf; decisions and signals are finite numbers".into()),
        (number(f64::NEG_INFINITY), "the decision is -inf; decisions and signals are finite numbers".into()),
        (why(""), "field `abstention` has 0 bytes; 1 to 1024 are taken".into()),
        (why(&"é".repeat(513)), "field `abstention` has 1026 bytes; 1 to 1024 are taken".into()),
        (with(Signal { value: f64::NAN, ..first.clone() }), "the signal of generator `g` is NaN; decisions and signals are finite numbers".into()),
        (with(Signal { minute: None, ..first.clone() }), "field `signals.minute` is missing".into()),
        (with(Signal { produced_at: None, ..first.clone() }), "field `signals.produced_at` is missing".into()),
        (with(Signal { generator: "a b".into(), ..first.clone() }), "field `signals.generator`: \"a b\" is not a name: a name has 1 to 64 characters from A-Z a-z 0-9 . _ - and starts with a letter or a digit".into()),
        (with(Signal { run_id: String::new(), ..first.clone() }), "field `signals.run_id`: \"\" is not a name: a name has 1 to 64 characters from A-Z a-z 0-9 . _ - and starts with a letter or a digit".into()),
        (with(Signal::default()), String::new()),
        (SubmitRequest { signals: vec![], ..good.clone() }, "0 signals; a decision has 1 to 64, one a generator".into()),
        (SubmitRequest { signals: vec![first.clone(), first.clone()], ..good.clone() }, "generator `g` is named twice; a submission has one signal a generator".into()),
        (SubmitRequest { signals: many(65), ..good.clone() }, "65 signals; a decision has 1 to 64, one a generator".into()),
        (SubmitRequest { signals: many(65), ..why("none") }, "65 signals; a decision has 1 to 64, one a generator".into()),
        (SubmitRequest { minute: at(1_795_176_061, 0), ..good.clone() }, "2026-11-20T12:01:01Z is not the start of a minute of 1m; the minute it falls into is 2026-11-20T12:01:00Z".into()),
        (SubmitRequest { minute: at(1_795_176_060, 1), ..good.clone() }, "2026-11-20T12:01:00Z is not the start of a minute of 1m; the minute it falls into is 2026-11-20T12:01:00Z".into()),
        (offset(None, None), "field `clock_offset` is missing".into()),
        (offset(length(i64::MIN, 0), None), "field `clock_offset`: a difference is less than 292,000 years".into()),
        (offset(length(i64::MAX, i32::MAX), None), "field `clock_offset`: a difference is less than 292,000 years".into()),
        (offset(length(0, 0), length(-1, 0)), "field `clock_offset`: a duration is not below zero, with 0 to 999999999 ns".into()),
        (offset(length(0, 0), length(i64::MIN, i32::MIN)), "field `clock_offset`: a duration is not below zero, with 0 to 999999999 ns".into()),
    ];
    for (seconds, nanos) in
        [(-1, 0), (i64::MIN, 0), (i64::MAX, 0), (i64::MAX, i32::MAX), (0, -1), (0, 1_000_000_000)]
    {
        let bad = at(seconds, nanos);
        all.extend([
            (SubmitRequest { minute: bad, ..good.clone() }, format!("field `minute`: {instants}")),
            (
                SubmitRequest { decided_at: bad, ..good.clone() },
                format!("field `decided_at`: {instants}"),
            ),
            (
                with(Signal { minute: bad, ..first.clone() }),
                format!("field `signals.minute`: {instants}"),
            ),
            (
                with(Signal { produced_at: bad, ..first.clone() }),
                format!("field `signals.produced_at`: {instants}"),
            ),
        ]);
    }
    all
}

fn many(count: usize) -> Vec<Signal> {
    let one = |index| Signal { generator: format!("g{index}"), ..signal("12:01:00", 0.5) };
    (0..count).map(one).collect()
}

#[tokio::test(start_paused = true)]
async fn m2_what_is_no_submission_changes_nothing() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    let before = world.shown().await;
    let good = strategy.decision("12:01:00", 0.5);
    for (bad, what) in bad_submissions(&good) {
        let shown = format!("{bad:?}");
        let answer = strategy.submit(bad).await;
        let malformed = format!("InvalidArgument malformed: malformed: {what}");
        assert!(answer.starts_with(&malformed), "{shown}\n{answer}\n{malformed}");
        assert!(what.is_empty() || answer == malformed, "{answer}\n{malformed}");
    }
    assert_eq!(world.shown().await, before);
    assert_eq!(strategy.submit(good).await, "accepted");
}

#[tokio::test(start_paused = true)]
async fn m2_everything_at_its_limit_is_taken() {
    let world = start("12:00:30");
    let longest = "x".repeat(64);
    let x = world.apply(application(&longest, &longest)).await.unwrap();
    let y = world.register("Y").await;
    world.reach("12:01:00").await;
    let extreme = Some(ClockOffset {
        offset: Some(prost_types::Duration { seconds: -9_223_372_036_854, nanos: -775_808_000 }),
        uncertainty: Some(prost_types::Duration { seconds: i64::MAX, nanos: 999_999_999 }),
    });
    let most = SubmitRequest {
        signals: many(64),
        clock_offset: extreme,
        ..x.decision("12:01:00", f64::MAX)
    };
    assert_eq!(x.submit(most).await, "accepted");
    assert_eq!(y.decide("12:01:00", -0.0).await, "accepted");
    let half = format!("12:01:00 {}", f64::MAX / 2.0);
    assert_eq!(world.median().await, half);
    assert_eq!(world.status().await.strategies[1].clock_offset, extreme);
}

#[tokio::test(start_paused = true)]
async fn what_operators_say_is_checked_and_cleaned() {
    let world = start("12:00:30");
    let mut client = world.client.clone();
    let (long, longer) = ("r".repeat(1_025), "o".repeat(129));
    for (reason, operator, what) in [
        ("", "op", "`reason` has 0 bytes; 1 to 1024 are taken"),
        (long.as_str(), "op", "`reason` has 1025 bytes; 1 to 1024 are taken"),
        ("why", longer.as_str(), "`operator` has 129 bytes; 1 to 128 are taken"),
    ] {
        let (reason, operator) = (reason.to_owned(), operator.to_owned());
        let what = format!("InvalidArgument malformed: malformed: field {what}");
        let halt = HaltRequest { reason: reason.clone(), operator: operator.clone() };
        assert_eq!(refused(client.halt(halt).await), what);
        assert_eq!(refused(client.resume(ResumeRequest { reason, operator }).await), what);
    }
    let (reason, operator) = ("a\u{1b}[31m\r\nb".to_owned(), String::new());
    client.halt(HaltRequest { reason, operator }).await.unwrap();
    let halt = world.status().await.halt.unwrap();
    assert_eq!((halt.reason.as_str(), halt.operator.as_str()), ("a [31m  b", "unknown"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_minute_is_refused_where_one_is_asked_for() {
    let world = start("12:00:30");
    let mut client = world.client.clone();
    let off = "InvalidArgument off-grid: malformed: 2026-11-20T12:00:01Z is not the start of a minute of 1m; the minute it falls into is 2026-11-20T12:00:00Z";
    let minute = Some(timestamp(time("12:00:01")));
    assert_eq!(refused(client.explain(ExplainRequest { minute, ..Default::default() }).await), off);
    let watching = client.watch(WatchRequest { after: minute }).await.map(|_| Response::new(()));
    assert_eq!(refused(watching), off);
    assert_eq!(
        refused(client.explain(ExplainRequest::default()).await),
        "InvalidArgument malformed: malformed: field `minute` is missing"
    );
    let interval = Some(prost_types::Duration { seconds: i64::MIN, nanos: i32::MIN });
    for (interval, what) in [
        (None, "field `interval` is missing"),
        (interval, "field `interval`: a duration is not below zero, with 0 to 999999999 ns"),
    ] {
        let request = RegisterRequest { interval, ..application("X", "i") };
        let what = format!("InvalidArgument malformed: malformed: {what}");
        assert_eq!(world.refused(request).await, what);
    }
}
