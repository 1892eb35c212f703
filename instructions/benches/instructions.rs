//! Instructions of the core's hot paths, with a thousand strategies. They do not depend on what else
//! the machine does, so each has a limit, a tenth above what was counted (by Valgrind's callgrind,
//! `.ci/deep instructions`, with assertions on): whoever raises one says why.
#![expect(
    missing_docs,
    clippy::disallowed_methods,
    clippy::exit,
    clippy::unnecessary_wraps,
    reason = "gungraun's macros"
)]

use gungraun::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use instructions::Minutes;
use trader::engine::submission::Submission;

const STRATEGIES: usize = 1_000;

fn limit(instructions: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, instructions)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

/// Before a boundary, and not the first: everyone is known.
fn before_a_boundary() -> Minutes {
    let mut minutes = Minutes::new(STRATEGIES).expect("its settings are right");
    minutes.begin();
    let (mut minutes, last) = all_but_one(minutes);
    minutes.end(last);
    minutes.rest();
    minutes
}

fn all_but_one(mut minutes: Minutes) -> (Minutes, Submission) {
    for strategy in 0..STRATEGIES - 1 {
        minutes.take(submission_of(&minutes, strategy));
    }
    let last = submission_of(&minutes, STRATEGIES - 1);
    (minutes, last)
}

/// Decisions come in no order.
fn submission_of(minutes: &Minutes, strategy: usize) -> Submission {
    let decision = u32::try_from(strategy * 7_919 % STRATEGIES).expect("it is small");
    minutes.submission(strategy, decision.into())
}

fn after_a_boundary() -> (Minutes, Submission) {
    let mut minutes = before_a_boundary();
    minutes.begin();
    let submission = submission_of(&minutes, STRATEGIES / 2);
    (minutes, submission)
}

fn before_the_last() -> (Minutes, Submission) {
    let mut minutes = before_a_boundary();
    minutes.begin();
    all_but_one(minutes)
}

#[library_benchmark(config = limit(2_900))]
#[bench::thousand(before_a_boundary())]
fn boundary(mut minutes: Minutes) -> Minutes {
    minutes.begin();
    minutes
}

#[library_benchmark(config = limit(4_900))]
#[bench::thousand(after_a_boundary())]
fn submission((mut minutes, submission): (Minutes, Submission)) -> Minutes {
    minutes.take(submission);
    minutes
}

#[library_benchmark(config = limit(86_000))]
#[bench::thousand(before_the_last())]
fn verdict((mut minutes, last): (Minutes, Submission)) -> Minutes {
    minutes.end(last);
    minutes
}

library_benchmark_group!(name = core, benchmarks = [boundary, submission, verdict]);

main!(library_benchmark_groups = core);
