//! What several traders tell, as it comes: one that is down holds up no other.

use tokio::{sync::mpsc, task::JoinSet};

use super::feed::{Feed, Told};

/// News that wait to be looked at; whoever tells more waits.
const NEWS_MAX: usize = 16;

/// What the traders of some feeds tell, each followed by a task of its own, for a feed is not to be
/// cancelled.
#[derive(Debug)]
pub struct News {
    told: mpsc::Receiver<(usize, Told)>,
    _followers: JoinSet<()>,
}

impl News {
    /// Of these feeds.
    pub fn of(feeds: impl IntoIterator<Item = Feed>) -> Self {
        let (sender, told) = mpsc::channel(NEWS_MAX);
        let mut followers = JoinSet::new();
        for (place, feed) in feeds.into_iter().enumerate() {
            followers.spawn(follow(place, feed, sender.clone()));
        }
        Self { told, _followers: followers }
    }

    /// The next thing, and the place of the feed that tells it.
    pub async fn next(&mut self) -> (usize, Told) {
        self.told.recv().await.expect("the followers go on for ever")
    }
}

async fn follow(place: usize, mut feed: Feed, told: mpsc::Sender<(usize, Told)>) {
    while told.send((place, feed.next().await)).await.is_ok() {}
}
