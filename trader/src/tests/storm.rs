//! Whatever peers send, in whatever order, on whatever disk: invariant 7.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};
use prost::Message;
use proto::v1::{
    ClockOffset, DeregisterRequest, ExplainRequest, GetMedianRequest, GetStatusRequest,
    HaltRequest, RegisterRequest, ResumeRequest, Signal, SubmitRequest, WatchRequest,
    submit_request::Content,
};
use tokio::time::timeout;
use tonic::Status;

use super::{World, callers, start};

/// Longer than the longest that the trader takes to answer, the disk's hanging apart.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Something that happens.
#[derive(Clone, Debug)]
enum Op {
    Register(RegisterRequest),
    Submit(SubmitRequest),
    Deregister(DeregisterRequest),
    Median,
    Status(GetStatusRequest),
    Watch(WatchRequest),
    Explain(ExplainRequest),
    Halt(HaltRequest),
    Resume(ResumeRequest),
    /// A strategy that holds its name decides for the minute at hand.
    Decide(usize, f64),
    HangUp(usize),
    Pass(u64),
    Disk(u8),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["X", "Y", "Z", "X-1", "j", "g", "r1"]).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => any::<String>(),
        1 => (60..70usize).prop_map(|length| "n".repeat(length)),
        1 => (1_000..3_000usize).prop_map(|length| "é".repeat(length)),
    ]
}

fn seconds() -> impl Strategy<Value = i64> {
    let minute = 1_795_176_060;
    prop_oneof![
        4 => (-3..4i64).prop_map(move |minutes| minute + 60 * minutes),
        2 => (-200..200i64).prop_map(move |seconds| minute + seconds),
        2 => select(vec![0, -1, 1, 59, 60, i64::MIN, i64::MAX, 253_402_300_740, 253_402_300_800]),
        1 => any::<i64>(),
    ]
}

fn nanos() -> impl Strategy<Value = i32> {
    prop_oneof![
        6 => Just(0),
        1 => select(vec![1, -1, 999, 999_999_999, 1_000_000_000, i32::MIN, i32::MAX]),
        1 => any::<i32>(),
    ]
}

fn instant() -> impl Strategy<Value = Option<prost_types::Timestamp>> {
    let some = (seconds(), nanos())
        .prop_map(|(seconds, nanos)| Some(prost_types::Timestamp { seconds, nanos }));
    prop_oneof![15 => some, 1 => Just(None)]
}

fn length() -> impl Strategy<Value = Option<prost_types::Duration>> {
    let seconds = prop_oneof![4 => Just(60i64), 1 => seconds()];
    let some = (seconds, nanos())
        .prop_map(|(seconds, nanos)| Some(prost_types::Duration { seconds, nanos }));
    prop_oneof![15 => some, 1 => Just(None)]
}

fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::ANY;
    let special = select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::MIN, f64::MAX, 5e-324]);
    prop_oneof![2 => special, 2 => -1.0..1.0, 1 => ANY]
}

fn epoch() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..6u64, 1 => any::<u64>()]
}

fn signal() -> impl Strategy<Value = Signal> {
    (text(), text(), instant(), number(), instant()).prop_map(
        |(generator, run_id, minute, value, produced_at)| Signal {
            generator,
            run_id,
            minute,
            value,
            produced_at,
        },
    )
}

fn submission() -> impl Strategy<Value = SubmitRequest> {
    let content = prop_oneof![
        4 => number().prop_map(|value| Some(Content::Decision(value))),
        2 => text().prop_map(|why| Some(Content::Abstention(why))),
        1 => Just(None),
    ];
    let offset = (length(), length())
        .prop_map(|(offset, uncertainty)| Some(ClockOffset { offset, uncertainty }));
    let offset = prop_oneof![offset, Just(None)];
    let who = (text(), text(), text(), epoch());
    let signals = prop_oneof![6 => vec(signal(), 0..3), 1 => vec(signal(), 60..70)];
    (who, instant(), instant(), content, signals, offset).prop_map(
        |((name, instance, journal, epoch), minute, decided_at, content, signals, clock_offset)| {
            SubmitRequest {
                name,
                instance,
                journal,
                epoch,
                minute,
                decided_at,
                content,
                signals,
                clock_offset,
            }
        },
    )
}

/// What is left of a request when some of its bytes are others.
fn garbled<M: Message + Default + Clone>(request: M, bytes: &[(usize, u8)]) -> M {
    let mut encoded = request.encode_to_vec();
    for (at, byte) in bytes {
        if !encoded.is_empty() {
            let at = at % encoded.len();
            encoded[at] = *byte;
        }
    }
    M::decode(encoded.as_slice()).unwrap_or(request)
}

fn op() -> impl Strategy<Value = Op> {
    let register = (text(), text(), length(), text(), epoch()).prop_map(
        |(name, instance, interval, journal, epoch)| RegisterRequest {
            name,
            instance,
            interval,
            journal,
            epoch,
        },
    );
    let deregister =
        (text(), text(), epoch(), text()).prop_map(|(name, instance, epoch, operator)| {
            DeregisterRequest { name, instance, epoch, operator }
        });
    let garble = || vec((any::<usize>(), any::<u8>()), 0..3);
    let page = || (any::<u32>(), prop_oneof![3 => Just(String::new()), 1 => text()]);
    prop_oneof![
        4 => (register, garble()).prop_map(|(request, bytes)| Op::Register(garbled(request, &bytes))),
        8 => (submission(), garble()).prop_map(|(request, bytes)| Op::Submit(garbled(request, &bytes))),
        2 => (deregister, garble()).prop_map(|(request, bytes)| Op::Deregister(garbled(request, &bytes))),
        1 => Just(Op::Median),
        1 => page().prop_map(|(page_size, page_token)| Op::Status(GetStatusRequest { page_size, page_token })),
        1 => instant().prop_map(|after| Op::Watch(WatchRequest { after })),
        2 => (instant(), page()).prop_map(|(minute, (page_size, page_token))| Op::Explain(ExplainRequest { minute, page_size, page_token })),
        1 => (text(), text()).prop_map(|(reason, operator)| Op::Halt(HaltRequest { reason, operator })),
        1 => (text(), text()).prop_map(|(reason, operator)| Op::Resume(ResumeRequest { reason, operator })),
        8 => (any::<usize>(), -1.0..1.0).prop_map(|(which, value)| Op::Decide(which, value)),
        1 => any::<usize>().prop_map(Op::HangUp),
        6 => prop_oneof![0..3_000u64, 0..70_000u64].prop_map(Op::Pass),
        1 => (0..3u8).prop_map(Op::Disk),
    ]
}

/// Whether an answer is one: a value, or a refusal that says why.
fn said<T>(answer: &Result<T, Status>) {
    if let Err(status) = answer {
        let reason = chassis::status::reason(status);
        // Said before the trader gets to see it.
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{status:?}");
        assert!(!status.message().is_empty());
    }
}

/// A world, and who holds a name in it.
struct Storm {
    world: World,
    strategies: Vec<callers::Strategy>,
    watchers: Vec<callers::Watcher>,
    hanging: bool,
}

impl Storm {
    async fn happens(&mut self, op: Op) {
        let World { client, clock, disk, .. } = &mut self.world;
        match op {
            Op::Register(request) => match self.world.apply(request).await {
                Ok(strategy) => self.strategies.push(strategy),
                Err(status) => said::<()>(&Err(status)),
            },
            Op::Submit(request) => said(&client.submit(request).await),
            Op::Deregister(request) => said(&client.deregister(request).await),
            Op::Median => said(&client.get_median(GetMedianRequest {}).await),
            Op::Status(request) => said(&client.get_status(request).await),
            Op::Watch(request) => match client.watch(request).await {
                Ok(watcher) => self.watchers.push(callers::Watcher(watcher.into_inner())),
                Err(status) => said::<()>(&Err(status)),
            },
            Op::Explain(request) => said(&client.explain(request).await),
            Op::Halt(request) => said(&client.halt(request).await),
            Op::Resume(request) => said(&client.resume(request).await),
            Op::Decide(which, value) if !self.strategies.is_empty() => {
                let strategy = &self.strategies[which % self.strategies.len()];
                let minute = clock.wall().to_string()[11..17].to_owned() + "00";
                strategy.decide(&minute, value).await;
            }
            Op::HangUp(which) if !self.strategies.is_empty() => {
                let which = which % self.strategies.len();
                drop(self.strategies.swap_remove(which));
            }
            Op::Decide(..) | Op::HangUp(_) => {}
            Op::Pass(_) => unreachable!("it takes longer than an answer"),
            Op::Disk(0) => disk.fails(),
            Op::Disk(1) => disk.hangs(),
            Op::Disk(_) => disk.works(),
        }
    }

    async fn all(&mut self, ops: Vec<Op>) {
        for op in ops {
            let shown = format!("{op:?}");
            if let Op::Pass(millis) = op {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                continue;
            }
            if let Op::Disk(mood) = op {
                self.hanging = mood == 1;
            }
            let reads = matches!(op, Op::Explain(_) | Op::Watch(_));
            let answered = timeout(ANSWER_MAX, self.happens(op)).await.is_ok();
            assert!(answered || (self.hanging && reads), "no answer to {shown}");
        }
        self.world.disk.works();
        tokio::time::sleep(ANSWER_MAX).await;
        self.world.status().await;
        assert_eq!(self.world.tasks.len(), 2, "driver and worker live");
        assert!(self.world.tasks.try_join_next().is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariant_7_whatever_is_sent_is_answered(ops in vec(op(), 1..60)) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let (strategies, watchers) = (Vec::new(), Vec::new());
            let world = start("12:00:30");
            Storm { world, strategies, watchers, hanging: false }.all(ops).await;
        });
    }
}
