//! Trying a call again until it succeeds, is refused, or time is up.

use std::{fmt, time::Duration};

use rand::Rng;
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use crate::{backoff::Backoff, status};

/// One try lasts at most this.
pub const TRY_TIMEOUT: Duration = Duration::from_secs(2);

/// A call that did not succeed.
#[derive(Debug)]
pub struct Failure {
    /// The last refusal.
    pub status: Status,
    /// How many tries were made.
    pub tries: u32,
    /// How long they took together.
    pub elapsed: Duration,
    /// Whether time ran out; false: the call was refused in a way that a further try cannot mend.
    pub timed_out: bool,
}

/// `connection refused, 17 tries in 8.0 s`
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&status::root_cause(&self.status))?;
        if self.timed_out {
            let plural = if self.tries == 1 { "try" } else { "tries" };
            write!(f, ", {} {plural} in {:.1} s", self.tries, self.elapsed.as_secs_f64())?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Calls `call` until it succeeds, is refused for good, or `deadline` has come. Each call is given
/// the time it may take: to the deadline, and `try_timeout` at most.
pub async fn until<T>(
    deadline: Instant,
    try_timeout: Duration,
    rng: &mut impl Rng,
    mut call: impl AsyncFnMut(Duration) -> Result<T, Status>,
) -> Result<T, Failure> {
    let start = Instant::now();
    let mut backoff = Backoff::default();
    let mut tries = 0;
    let mut before = None;
    loop {
        let try_until = deadline.min(Instant::now() + try_timeout);
        let allowed = try_until.saturating_duration_since(Instant::now());
        tries += 1;
        let status = match timeout_at(try_until, call(allowed)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(status)) => status,
            Err(_) => Status::deadline_exceeded(status::NO_ANSWER),
        };
        // A last try that had no time to be answered tells less than the one before it.
        let status = match before {
            Some(before) if allowed < try_timeout && status::is_silence(&status) => before,
            _ => status,
        };
        let wait = backoff.next(rng);
        let timed_out = Instant::now() + wait >= deadline;
        if timed_out || !status::is_transient(&status) {
            let timed_out = status::is_transient(&status);
            if timed_out {
                tokio::time::sleep_until(deadline).await;
            }
            return Err(Failure { status, tries, elapsed: start.elapsed(), timed_out });
        }
        before = Some(status);
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng as _, rngs::StdRng};

    async fn run(answers: &[Result<u32, Status>], seconds: u64) -> Result<u32, Failure> {
        let mut rng = StdRng::seed_from_u64(7);
        let mut answers = answers.iter().cycle();
        let deadline = Instant::now() + Duration::from_secs(seconds);
        until(deadline, TRY_TIMEOUT, &mut rng, async |_| answers.next().expect("cycles").clone())
            .await
    }

    #[tokio::test(start_paused = true)]
    async fn s3_a_passing_failure_is_tried_again() {
        let down = Err(Status::unavailable("down"));
        assert_eq!(run(&[down.clone(), down, Ok(5)], 8).await.unwrap(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn s3_time_up_says_cause_tries_and_time() {
        let failure = run(&[Err(Status::unavailable("connection refused"))], 8).await.unwrap_err();
        assert!(failure.timed_out);
        assert!((10..60).contains(&failure.tries), "{}", failure.tries);
        let text = failure.to_string();
        assert!(text.starts_with("connection refused, "), "{text}");
        assert!(text.ends_with(" tries in 8.0 s"), "{text}");
    }

    async fn or_hang(refusal: Option<Status>) -> Result<(), Status> {
        match refusal {
            Some(refusal) => Err(refusal),
            None => std::future::pending().await,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn s3_a_last_try_without_time_does_not_hide_the_cause() {
        let full = |allowed| (allowed == TRY_TIMEOUT).then(|| Status::unavailable("disk full"));
        let mut rng = StdRng::seed_from_u64(7);
        let deadline = || Instant::now() + Duration::from_millis(2_300);
        let cut_off: Result<(), _> = until(deadline(), TRY_TIMEOUT, &mut rng, async |allowed| {
            Err(full(allowed).unwrap_or_else(|| Status::cancelled("Timeout expired")))
        })
        .await;
        let hanging =
            until(deadline(), TRY_TIMEOUT, &mut rng, async |allowed| or_hang(full(allowed)).await)
                .await;
        for failure in [cut_off.unwrap_err(), hanging.unwrap_err()] {
            assert!(failure.to_string().starts_with("disk full, "), "{failure}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_ends_the_tries_at_once() {
        let failure = run(&[Err(Status::aborted("gone"))], 8).await.unwrap_err();
        assert_eq!((failure.tries, failure.timed_out), (1, false));
        assert_eq!(failure.to_string(), "gone");
    }

    #[tokio::test(start_paused = true)]
    async fn s3_no_try_outlasts_the_time_left() {
        let mut rng = StdRng::seed_from_u64(7);
        let start = Instant::now();
        let deadline = start + Duration::from_millis(300);
        let result = until(deadline, TRY_TIMEOUT, &mut rng, async |allowed| {
            assert!(allowed <= Duration::from_millis(300));
            std::future::pending::<Result<(), Status>>().await
        })
        .await;
        assert!(result.is_err_and(|failure| failure.timed_out));
        assert!(start.elapsed() <= Duration::from_millis(302), "{:?}", start.elapsed());
    }
}
