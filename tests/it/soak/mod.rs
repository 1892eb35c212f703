//! The long run: minutes of a second under random faults, from a seed; at the end nothing has grown,
//! and every minute has the one verdict that its decisions give.
//!
//! A minute of it is among the tests; `.ci/deep soak` runs an hour. `SOAK_FOR` and `SOAK_SEED` set how
//! long, and from which seed; `SOAK_KEEP` how long the trader keeps its minutes.

mod storm;
mod vitals;
mod cast;
mod rig;
mod audit;

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use chassis::{clock::Clock, grid::Timestamp};
use rand::{SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::harness::{PATIENCE, Part, run};
use audit::Journal;
use cast::{STRATEGIES, VETERANS, roles};
use rig::{LOOK, Rig};
use storm::storm;
use vitals::{Life, Quarters, RESIDENT_KIB_MAX, Size};

/// How long faults begin, before all is mended and a median of everybody is waited for.
const STORM_MAX: Duration = Duration::from_secs(20);

/// After that, nothing is done to anyone.
const CALM: Duration = Duration::from_secs(3);

/// Journals grow by what a minute holds: not faster at the end than in the second quarter by more
/// than this, which leaves room for luckier minutes.
const FASTER_MAX: f64 = 1.5;

/// What four strategies' minute takes in the journal, at most; a quarter of it as a rule.
const MINUTE_BYTES_MAX: u64 = 8 * 1024;

fn setting<T>(name: &str, default: T, parse: impl Fn(&str) -> Option<T>) -> T {
    let Ok(text) = std::env::var(name) else { return default };
    parse(&text).unwrap_or_else(|| panic!("{name}={text}: what is that?"))
}

#[tokio::test]
async fn fault_61_a_long_run_stays_flat_and_right() {
    let length =
        setting("SOAK_FOR", Duration::from_mins(1), |text| humantime::parse_duration(text).ok());
    let seed = setting("SOAK_SEED", 1, |text| text.parse().ok());
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("trader.sqlite");
    let keep = std::env::var("SOAK_KEEP").ok();
    let flags: Vec<&str> = keep.iter().flat_map(|keep| ["--keep", keep.as_str()]).collect();
    eprintln!("soak: SOAK_FOR={} SOAK_SEED={seed} {flags:?}", humantime::format_duration(length));

    let mut rng = StdRng::seed_from_u64(seed);
    let mut rig = Rig::start(&journal, &flags).await;
    let mut whole_after = vec![until_whole(&mut rig).await];
    while rig.began.elapsed() < length {
        let is_second_half = rig.began.elapsed() > length / 2;
        let spared = if is_second_half { &VETERANS[..] } else { &[] };
        let storm = storm(&mut rng, STORM_MAX.min(length / 10), &roles(), spared);
        rig.stand(&storm).await;
        whole_after.push(until_whole(&mut rig).await);
        rig.until(Instant::now() + CALM).await;
    }
    assert!(is_ok(&mut rig).await, "at the end the state is {:?}", rig.state().await);

    let mut report = figures(&rig, whole_after);
    let mut wrong = growth(&rig, &mut report);
    wrong.extend(sizes(&rig.sizes, keep.is_some(), &mut report));
    let watcher = rig.stop().await;
    let doctor = run("minutehand", &["doctor", "--journal", journal.to_str().unwrap()]).await;
    assert_eq!((doctor.code, &*doctor.err), (0, ""), "{}", doctor.out);
    assert_eq!(audit::unnoticed_lies(&journal), Vec::<&str>::new());
    let journal = Journal::read(&journal);
    wrong.extend(journal.complaints());
    wrong.extend(unheard(&journal, &watcher));
    write!(report, "{}", verdicts(&journal)).unwrap();
    eprintln!("{report}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// When a minute has a median of everybody that began after this call.
async fn until_whole(rig: &mut Rig) -> Duration {
    let (since, now) = (Instant::now(), Clock::system().wall());
    let is_it = |event: &Value| {
        event["kind"] == "median"
            && event["count"] == STRATEGIES.len()
            && instant(&event["minute"]) >= now
    };
    loop {
        let median = rig.watcher.event("a median of everybody", is_it);
        if timeout(LOOK, median).await.is_ok() {
            return since.elapsed();
        }
        assert!(since.elapsed() < PATIENCE, "no median of everybody in {PATIENCE:?}");
        // Who was taken over while its trader hung hears of that only afterwards.
        rig.help_up().await;
    }
}

/// Whether the state is OK, or soon becomes it: on a busy machine any minute may fail.
async fn is_ok(rig: &mut Rig) -> bool {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        until_whole(rig).await;
        if rig.state().await.as_deref() == Some("OK") {
            return true;
        }
    }
    false
}

fn figures(rig: &Rig, mut whole_after: Vec<Duration>) -> String {
    whole_after.sort_unstable();
    let at = |percent: usize| whole_after[(whole_after.len() - 1) * percent / 100].as_secs_f64();
    let mut report = String::new();
    writeln!(report, "soak: {} storms; faults: {:?}", whole_after.len() - 1, rig.blows).unwrap();
    let (p50, p90, worst) = (at(50), at(90), at(100));
    writeln!(
        report,
        "soak: whole again after {p50:.1} s (p50), {p90:.1} s (p90), {worst:.1} s (worst)"
    )
    .unwrap();
    writeln!(report, "soak: highest resident memory {} KiB", rig.highest_kib).unwrap();
    report
}

/// In what the veterans, or the journal, were not flat.
fn growth(rig: &Rig, report: &mut String) -> Vec<String> {
    let mut wrong = Vec::new();
    if rig.highest_kib > RESIDENT_KIB_MAX {
        wrong.push(format!("{} KiB resident, at most {RESIDENT_KIB_MAX}", rig.highest_kib));
    }
    for part in VETERANS {
        let (name, moments) = (rig.name(part), &rig.lives[part]);
        let life = Life::of(moments).expect("they live for half of the time");
        writeln!(report, "soak: {name}, {} samples: {life:?}", moments.len()).unwrap();
        wrong.extend(life.growth().into_iter().map(|what| format!("{name}: {what}")));
    }
    wrong
}

/// In what the journal did not grow as it should: by what each minute holds, or not at all when old
/// minutes go.
fn sizes(sizes: &[Size], is_pruned: bool, report: &mut String) -> Vec<String> {
    let mut wrong = Vec::new();
    let (first, end) = (sizes.first().expect("it took a while"), sizes[sizes.len() - 1]);
    let log_max = sizes.iter().map(|size| size.log_bytes).max();
    let quarters = vitals::quarters(sizes);
    writeln!(report, "soak: journal: {end:?}, log at most {log_max:?}; {quarters:?}").unwrap();
    let minutes = end.at.saturating_sub(first.at).as_secs();
    if end.bytes > minutes * MINUTE_BYTES_MAX {
        wrong.push(format!("{} bytes of journal for {minutes} minutes", end.bytes));
    }
    if sizes.len() < vitals::YOUNG {
        return wrong;
    }
    let Quarters { second, last } = quarters;
    if is_pruned && last.bytes > second.bytes + second.bytes / 10 {
        wrong.push(format!("the journal grew though old minutes go: {quarters:?}"));
    }
    if !is_pruned && last.rate > FASTER_MAX * second.rate {
        wrong.push(format!("the journal grew faster and faster: {quarters:?}"));
    }
    wrong
}

/// How minutes ended.
fn verdicts(journal: &Journal) -> String {
    let mut minutes: BTreeMap<&str, i64> = BTreeMap::new();
    for verdict in &journal.verdicts {
        *minutes.entry(&verdict.kind).or_default() +=
            1 + (verdict.last - verdict.minute) / 1_000_000;
    }
    format!("soak: minutes by verdict: {minutes:?}")
}

/// Where what the watcher heard differs from what the journal says.
fn unheard(journal: &Journal, watcher: &Part) -> Vec<String> {
    let heard: Vec<Value> =
        watcher.events().into_iter().filter(|event| event["event"] == "verdict").collect();
    let agree = |(verdict, event): &(&audit::Verdict, &Value)| {
        let [minute, last] = ["minute", "last_minute"].map(|key| instant(&event[key]).as_micros());
        // What reads the JSON may be off by the last bit.
        let is_near = |heard: f64, written: f64| (heard - written).abs() <= f64::EPSILON * written;
        (minute, last, event["kind"].as_str())
            == (verdict.minute, verdict.last, Some(&*verdict.kind))
            && match (event["median"].as_f64(), verdict.median) {
                (Some(heard), Some(written)) => is_near(heard, written),
                (heard, written) => heard == written,
            }
    };
    // Those that the journal keeps.
    let first = journal.verdicts.first().map_or(i64::MAX, |verdict| verdict.minute);
    let gone =
        heard.iter().take_while(|event| instant(&event["minute"]).as_micros() < first).count();
    let heard = &heard[gone..];
    let others = journal.verdicts.iter().zip(heard).filter(|pair| !agree(pair));
    let mut wrong: Vec<String> =
        others.map(|(verdict, event)| format!("heard {event}, written {verdict:?}")).collect();
    // The last ones may come when it is stopped already.
    if heard.len() + 10 < journal.verdicts.len() {
        wrong.push(format!("{} verdicts heard of {}", heard.len(), journal.verdicts.len()));
    }
    wrong
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}
