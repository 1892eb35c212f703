//! What the service manager hears of a generator, and from where.

use chassis::service_manager::testing::Listener;

use super::*;

fn supervised(at: &str, compute: Compute) -> (World, Listener) {
    let listener = Listener::new(seconds(30));
    let config = Config { service_manager: listener.manager(), ..config("run") };
    (start_with(config, at, compute), listener)
}

/// What was heard since the last look, without signs of life, and how many of these there were.
fn heard(listener: &Listener) -> (Vec<String>, usize) {
    let (signs, words): (Vec<_>, Vec<_>) =
        listener.heard().into_iter().partition(|word| word == "WATCHDOG=1");
    (words, signs.len())
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_when_its_loop_runs_and_says_each_signal() {
    let fails_at =
        |minute: &str| if minute == "12:02:00" { Err("no data".into()) } else { Ok(0.5) };
    let (world, listener) = supervised("12:01:30", computing(Duration::ZERO, fails_at));
    assert!(listener.heard().is_empty(), "nothing has run yet");
    world.reach("12:01:59").await;
    let (words, signs) = heard(&listener);
    assert_eq!(words, ["READY=1", "STATUS=signal 0.5 of 2026-11-20T12:01:00Z"]);
    assert!((4..=5).contains(&signs), "{signs}");
    world.reach("12:02:01").await;
    assert_eq!(
        heard(&listener).0,
        ["STATUS=no signal of 2026-11-20T12:02:00Z: the computation failed: no data"]
    );
    drop(world);
    tokio::task::yield_now().await;
    assert_eq!(heard(&listener).0, ["STOPPING=1"]);
}

#[tokio::test(start_paused = true)]
async fn a_computation_that_waits_is_no_loop_that_hangs() {
    let (world, listener) = supervised("12:01:00", computing(seconds(50), |_| Ok(0.5)));
    world.reach("12:01:59").await;
    let (words, signs) = heard(&listener);
    assert!(words[1].contains("no signal of 2026-11-20T12:01:00Z"), "{words:?}");
    assert!((7..=8).contains(&signs), "{signs}");
}
