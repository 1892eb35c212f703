//! What a fake server answers, call by call.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
};

/// Answers in order; when they are used up, the usual one.
pub(super) struct Script<T>(Arc<Mutex<VecDeque<T>>>);

impl<T> Script<T> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Appends an answer.
    pub(super) fn then(&self, answer: T) {
        self.0.lock().unwrap().push_back(answer);
    }

    /// Takes the next answer.
    pub(super) fn next(&self) -> Option<T> {
        self.0.lock().unwrap().pop_front()
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
