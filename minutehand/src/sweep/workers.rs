//! Work on all cores: whoever is free takes the next piece, and results are in order.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// What `one` makes of each number below `count`, in their order, by so many threads.
pub(super) fn all<T: Send>(
    count: usize,
    threads: usize,
    one: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return done;
            }
            done.push((n, one(n)));
        }
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads.clamp(1, count.max(1))).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|done| done.expect("a worker does not panic")).collect()
    });
    done.sort_by_key(|(n, _)| *n);
    assert_eq!(done.len(), count, "each piece is done once");
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_however_many_work() {
        let squares: Vec<usize> = (0..1_000).map(|n| n * n).collect();
        for threads in [0, 1, 3, 2_000] {
            assert_eq!(all(1_000, threads, |n| n * n), squares, "{threads} threads");
        }
        assert_eq!(all(0, 3, |n| n), Vec::<usize>::new());
    }
}
