//! What a scripted server answers, call by call.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Answers in order; when they are used up, the same one again and again, if there is one; else the usual.
pub struct Script<T>(Arc<Mutex<Lines<T>>>);

struct Lines<T> {
    next: VecDeque<T>,
    then: Option<Box<dyn Fn() -> T + Send>>,
}

impl<T> Script<T> {
    /// The usual answer to all.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Lines { next: VecDeque::new(), then: None })))
    }

    /// Appends an answer.
    pub fn then(&self, answer: T) {
        self.lines().next.push_back(answer);
    }

    /// From here on this answer to all.
    pub fn always(&self, answer: impl Fn() -> T + Send + 'static) {
        *self.lines() = Lines { next: VecDeque::new(), then: Some(Box::new(answer)) };
    }

    /// From here on the usual answer to all.
    pub fn as_usual(&self) {
        *self.lines() = Lines { next: VecDeque::new(), then: None };
    }

    /// Takes the next answer; none: the usual one.
    pub fn next(&self) -> Option<T> {
        let mut lines = self.lines();
        let next = lines.next.pop_front();
        next.or_else(|| lines.then.as_ref().map(|answer| answer()))
    }

    fn lines(&self) -> MutexGuard<'_, Lines<T>> {
        // Nothing panics half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Script<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Script<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Script<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}
