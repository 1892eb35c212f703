//! What the log says: rules C2, E5, R2.

use std::{io, sync::mpsc};

use tracing::{Level, subscriber::DefaultGuard};

use super::{Config, callers::application, config, start, start_as, start_from};

/// More lines than any test logs.
const LINES_MAX: usize = 4_096;

/// The log of this thread, from here on, as `LEVEL message field=value`.
pub(super) struct Lines {
    lines: mpsc::Receiver<String>,
    _guard: DefaultGuard,
}

/// One line.
struct Line(mpsc::SyncSender<String>);

impl io::Write for Line {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let line = str::from_utf8(buf).unwrap().trim();
        self.0.send(line.to_owned()).unwrap();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn listen(level: Level) -> Lines {
    let (sender, lines) = mpsc::sync_channel(LINES_MAX);
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_target(false)
        .with_max_level(level)
        .with_writer(move || Line(sender.clone()))
        .finish();
    Lines { lines, _guard: tracing::subscriber::set_default(subscriber) }
}

impl Lines {
    /// What was said since the last time.
    pub(super) fn take(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn c2_a_good_minute_reads_as_in_the_notes() {
    let lines = listen(Level::INFO);
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.674_154_327_535_675_2).await;
    world.reach("12:02:03.500").await;
    strategy.decide("12:02:00", 0.463_577_970_273_096_33).await;
    world.breathe().await;
    assert_eq!(
        lines.take(),
        [
            "INFO started at 2026-11-20T12:00:30Z state=IDLE strategies=0",
            "INFO registered X epoch=1 first_minute=2026-11-20T12:01:00Z taken_over=false",
            "INFO state WAITING (was IDLE)",
            "INFO X submitted 0.6741543275356752 minute=2026-11-20T12:01:00Z",
            "INFO median: 0.6741543275356752 minute=2026-11-20T12:01:00Z count=1",
            "INFO state OK (was WAITING)",
            "INFO median: retrying to compute, missing: X",
            "INFO median: retrying to compute, missing: X",
            "INFO median: retrying to compute, missing: X",
            "INFO X submitted 0.46357797027309633 minute=2026-11-20T12:02:00Z",
            "INFO median: 0.46357797027309633 minute=2026-11-20T12:02:00Z count=1",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn c2_many_strategies_are_logged_at_debug() {
    let lines = listen(Level::DEBUG);
    let world = start("12:00:30");
    let mut all = Vec::new();
    for index in 0..101 {
        all.push(world.register(&format!("S{index:03}")).await);
    }
    world.reach("12:01:01").await;
    lines.take();
    all[0].decide("12:01:00", 0.5).await;
    all[1].abstain("12:01:00", "no data").await;
    world.take_off("S100").await;
    all[2].decide("12:01:00", 0.5).await;
    let said = lines.take();
    let of = |name: &str| said.iter().find(|line| line.contains(name)).unwrap().as_str();
    assert_eq!(of("S000 sub"), "DEBUG S000 submitted 0.5 minute=2026-11-20T12:01:00Z");
    assert_eq!(of("S001 abs"), "DEBUG S001 abstained minute=2026-11-20T12:01:00Z");
    assert_eq!(of("S002 sub"), "INFO S002 submitted 0.5 minute=2026-11-20T12:01:00Z");
    world.reach("12:01:02").await;
    let waiting = lines.take().into_iter().find(|line| line.contains("retrying")).unwrap();
    assert!(waiting.ends_with("S017, S018 and 81 more"), "{waiting}");
}

#[tokio::test(start_paused = true)]
async fn e5_a_change_of_state_is_one_line_with_what_to_do() {
    let world = start("12:00:30");
    let mut strategy = world.register("X").await;
    world.reach("12:01:00").await;
    strategy.decide("12:01:00", 0.5).await;
    strategy.hang_up();
    world.breathe().await;
    let lines = listen(Level::INFO);
    world.reach("12:02:10").await;
    let waiting = |line: &String| !line.starts_with("INFO median: retrying to compute");
    let said: Vec<_> = lines.take().into_iter().filter(waiting).collect();
    assert_eq!(
        said,
        [
            "ERROR state ERROR (was OK): X disconnected since 2026-11-20T12:02:00Z, last seen 2026-11-20T12:01:00.002Z: no session: start it again, or `deregister -n X` to go on without it"
        ]
    );
    world.reach("12:04:00").await;
    let said = lines.take();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("WARN still ERROR since 2026-11-20T12:02:10Z: X disc"), "{said:?}");
    world.halt("prices are wrong").await;
    let again = world.apply(strategy.application()).await.unwrap();
    world.resume("prices are right").await;
    world.take_off("X").await;
    drop(again);
    assert_eq!(
        lines.take(),
        [
            "WARN state HALTED (was ERROR): by op@desk: prices are wrong; `minutehand resume --reason …` ends it",
            "INFO registered X epoch=1 first_minute=2026-11-20T12:01:00Z taken_over=false",
            "INFO resumed by op@desk: prices are right",
            "INFO state WAITING (was HALTED)",
            "INFO state IDLE (was WAITING)",
            "INFO deregistered X, by op@desk",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn e5_a_trader_that_starts_in_a_bad_state_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("journal");
    let world = start_from(&file, "12:00:30");
    world.halt("prices are wrong").await;
    world.stopped().await;
    let lines = listen(Level::INFO);
    let _world = start_from(&file, "12:00:40");
    tokio::task::yield_now().await;
    assert_eq!(
        lines.take(),
        [
            "INFO started at 2026-11-20T12:00:40Z state=HALTED strategies=0",
            "WARN halted by op@desk: prices are wrong; `minutehand resume --reason …` ends it",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn e5_a_journal_that_fails_is_said_once() {
    let world = start("12:00:30");
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    let lines = listen(Level::INFO);
    world.disk.fails();
    strategy.decide("12:01:00", 0.5).await;
    world.reach("12:01:30").await;
    world.disk.works();
    world.reach("12:01:32").await;
    assert_eq!(
        lines.take(),
        [
            "INFO X submitted 0.5 minute=2026-11-20T12:01:00Z",
            "ERROR the journal cannot be written, trying again each second: disk full",
            "ERROR state ERROR (was WAITING): trader journal since 2026-11-20T12:01:00Z: disk full; mend the journal's disk",
            "INFO the journal can be written again",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn r2_a_double_registration_is_logged_once() {
    let world = start("12:00:30");
    let running = world.register("X").await;
    let lines = listen(Level::INFO);
    for _ in 0..20 {
        world.refused(application("X", "X-2")).await;
        world.refused(application("X", "X-3")).await;
    }
    let mut said = lines.take();
    let taken = "double registration: rejected; strategy `X` is running elsewhere: stop that one, or choose another name";
    assert_eq!(
        said,
        [
            format!("WARN {taken} strategy=X instance=X-2"),
            format!("WARN {taken} strategy=X instance=X-3"),
        ]
    );
    for index in 0..1_000 {
        world.refused(application("X", &format!("other-{index}"))).await;
    }
    said.extend(lines.take());
    assert_eq!(said.len(), 11, "the log is not filled");
    assert_eq!(
        said[10],
        "WARN more strategies are refused: the rest of this minute's are logged at DEBUG"
    );
    world.reach("12:01:31").await;
    lines.take();
    world.refused(application("X", "X-2")).await;
    assert_eq!(lines.take().len(), 1, "who is still there after a minute is said again");
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn m4_another_word_for_the_same_minute_is_logged_once() {
    let world = start("12:00:30");
    let (x, _y) = (world.register("X").await, world.register("Y").await);
    world.reach("12:01:00").await;
    x.decide("12:01:00", 0.5).await;
    let lines = listen(Level::INFO);
    for _ in 0..20 {
        x.decide("12:01:00", 0.75).await;
    }
    assert_eq!(
        lines.take(),
        [
            "WARN conflict: strategy `X` has submitted something else for minute 2026-11-20T12:01:00Z; the first submission is final strategy=X instance=X-1"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn c2_nobody_else_writes_the_log() {
    let lines = listen(Level::DEBUG);
    let world = start_as("12:00:30", Config { at_least: 2, ..config() });
    let strategy = world.register("X").await;
    world.reach("12:01:00").await;
    let why = format!("\u{1b}[2J\r\nINFO median: 1\u{7}{}", "€".repeat(333));
    strategy.abstain("12:01:00", &why).await;
    world.reach("12:01:10").await;
    world.refused(application("\u{1b}[2J\n", "i")).await;
    let said = lines.take();
    let control = |line: &&String| line.contains(char::is_control);
    assert_eq!(said.iter().find(control), None);
    let error = said.iter().find(|line| line.starts_with("ERROR state")).unwrap();
    assert!(error.contains(" [2J  INFO median: 1 €") && error.len() < 500, "{error}");
}
