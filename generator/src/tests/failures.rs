//! What callers are answered while computing fails, is late, or hangs.

use super::*;

#[tokio::test(start_paused = true)]
async fn g3_a_failed_computation_is_told_until_the_next_good_minute() {
    let compute = computing(Duration::ZERO, |minute| match minute {
        "12:02:00" => Err("no prices".into()),
        _ => Ok(0.5),
    });
    let world = start("12:01:00", compute);
    assert_eq!(world.get("12:01:00").await, "12:01:00 = 0.5");
    world.reach("12:02:01").await;
    assert!(!world.serving().await);
    assert_eq!(
        world.get("12:02:00").await,
        "Unavailable no-signal: no signal of 2026-11-20T12:02:00Z: the computation failed: no prices"
    );
    assert_eq!(world.get("latest").await, "12:01:00 = 0.5");
    world.reach("12:03:01").await;
    assert!(world.serving().await);
    assert_eq!(world.get("12:03:00").await, "12:03:00 = 0.5");
    let answer = world.get("12:02:00").await;
    assert!(answer.starts_with("Unavailable no-signal: "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn g3_what_is_no_finite_number_is_never_served() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let world = start("12:01:00", computing(Duration::ZERO, move |_| Ok(value)));
        let answer = world.get("12:01:00").await;
        assert!(answer.ends_with(&format!("gave {value}, which is no finite number")), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn g3_a_late_computation_is_never_served() {
    let takes = seconds(11);
    let world = start("12:00:59", computing(takes, |_| Ok(0.5)));
    world.reach("12:01:00").await;
    assert_eq!(
        world.get("12:01:00").await,
        "Unavailable no-signal: no signal of 2026-11-20T12:01:00Z: the computation was not finished 10.0 s after the minute began, 10.0 s are allowed"
    );
    assert_eq!(world.now(), "12:01:10", "told as soon as it is known");
    world.reach("12:01:12").await;
    assert!(!world.serving().await);
    let answer = world.get("12:01:00").await;
    assert!(answer.starts_with("Unavailable no-signal: "), "the result is discarded: {answer}");
}

#[tokio::test(start_paused = true)]
async fn g3_within_the_grace_is_in_time() {
    let world = start("12:00:59", computing(Duration::from_millis(9_990), |_| Ok(0.5)));
    world.reach("12:01:00").await;
    assert_eq!(world.get("12:01:00").await, "12:01:00 = 0.5");
}

#[tokio::test(start_paused = true)]
async fn g3_what_was_slept_over_is_late() {
    let world = start("12:01:00", counting());
    world.reach("12:01:59.500").await;
    tokio::time::advance(seconds(15)).await;
    assert_eq!(
        world.get("12:02:00").await,
        "Unavailable no-signal: no signal of 2026-11-20T12:02:00Z: the computation was finished only 14.5 s after the minute began, 10.0 s are allowed"
    );
}

/// Hangs in the minutes named.
fn hanging(in_minutes: &'static [&'static str]) -> Compute {
    Box::new(move |minute| {
        let hangs = in_minutes.contains(&of_day(minute.start()).as_str());
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok(0.5)
        }
        .boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn g3_a_hanging_computation_is_abandoned_at_the_next_boundary() {
    let mut world = start("12:01:00", hanging(&["12:01:00", "12:02:00", "12:04:00", "12:05:00"]));
    world.reach("12:03:01").await;
    assert_eq!(world.get("12:03:00").await, "12:03:00 = 0.5");
    assert!(world.serving().await);
    world.reach("12:06:01").await;
    assert_eq!(world.get("12:06:00").await, "12:06:00 = 0.5");
    assert!(world.driver.try_join_next().is_none(), "never three in a row");
}

#[tokio::test(start_paused = true)]
async fn g3_three_abandoned_in_a_row_end_the_process() {
    let mut world = start("12:01:00", hanging(&["12:02:00", "12:03:00", "12:04:00"]));
    world.reach("12:04:59").await;
    assert!(world.driver.try_join_next().is_none());
    let hung = world.driver.join_next().await.unwrap().unwrap();
    assert_eq!(world.now(), "12:05:00");
    assert_eq!(
        hung.to_string(),
        "3 computations in a row were still running when the next minute began, the last one that of 2026-11-20T12:04:00Z: the computation hangs, start the generator anew"
    );
    let answer = world.get("12:05:00").await;
    assert_eq!(answer, "Unavailable no-signal: this generator is stopping");
    assert!(!world.serving().await);
}

#[tokio::test(start_paused = true)]
async fn g3_failing_for_long_is_no_reason_to_exit() {
    let mut world = start("12:01:00", computing(seconds(20), |_| Err("no prices".into())));
    world.reach("12:09:30").await;
    assert!(world.driver.try_join_next().is_none());
}
