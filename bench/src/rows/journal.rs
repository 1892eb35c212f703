//! The journal: a minute made durable before anyone sees it, beside a bare SQLite transaction of the
//! same rows on the same disk.

use std::{sync::Arc, time::Duration};

use chassis::{
    grid::{Interval, Minute, Timestamp},
    name::Name,
};
use tempfile::TempDir;
use tokio::time::Instant;
use trader::{
    engine::{
        ledger::Record,
        submission::{Accepted, Content, Signal},
        verdict::{Judgement, Median, Outcome, State, Verdict},
    },
    journal::Journal,
};

use crate::{
    Result,
    figures::scattered,
    peers::sqlite::Bare,
    report::{Row, Target},
    rows::Options,
};

const SIZES: [usize; 3] = [10, 1_000, 100_000];

/// Words that are written ahead at a time, as the trader's worker does.
const PIECE: usize = 256;

/// `2026-11-20T12:00:00Z`, the start of a minute.
const START: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

/// Each size: all that is written for a minute, and what is left of it after the last word.
pub(crate) fn journal(options: &Options) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for size in SIZES {
        let mut desk = Desk::new(size)?;
        let (mut whole, mut after) = (Vec::new(), Vec::new());
        // The first round begins both files.
        for round in 0..=options.rounds * repeats(size) {
            let [written, left] = desk.ours()?;
            let bare = desk.bare.write(&desk.order, 1)?;
            if round > 0 {
                let millis = |took: Duration| took.as_secs_f64() * 1e3;
                whole.push([millis(written + left), millis(bare.rows + bare.commit)]);
                after.push([millis(left), millis(bare.commit)]);
            }
        }
        let name = |what| format!("journal: {what}, {size} decisions");
        rows.push(Row::paired(
            name("a minute"),
            "ms",
            "bare SQLite transaction",
            &whole,
            Target::AtMost(1.3),
        ));
        rows.push(Row::paired(
            name("after the last word"),
            "ms",
            "its commit alone",
            &after,
            Target::AtMost(1.3),
        ));
    }
    Ok(rows)
}

/// Small minutes are over quickly, and vary with the disk.
fn repeats(size: usize) -> usize {
    if size > 1_000 { 1 } else { 20 }
}

/// Both files, and a minute of words in the order in which they come.
struct Desk {
    journal: Journal,
    bare: Bare,
    order: Vec<String>,
    names: Vec<Name>,
    interval: Interval,
    minute: Minute,
    _directory: TempDir,
}

impl Desk {
    fn new(size: usize) -> Result<Self> {
        let directory = TempDir::new()?;
        let interval = Interval::default();
        let file = directory.path().join("journal.sqlite");
        let (journal, recovered) = Journal::open(&file, interval, START, "bench".parse()?)?;
        let bare = Bare::create(&directory.path().join("bare.sqlite"))?;
        // A prime far from all sizes: every name once, and neighbours far apart.
        let order: Vec<String> =
            (0..size).map(|index| format!("s{:06}", index * 7_919 % size)).collect();
        let names = order.iter().map(|name| name.parse()).collect::<std::result::Result<_, _>>()?;
        let minute = recovered.first_minute;
        Ok(Self { journal, bare, order, names, interval, minute, _directory: directory })
    }

    /// How long the words take as they come, and how long the verdict after the last one.
    fn ours(&mut self) -> Result<[Duration; 2]> {
        let minute = self.minute;
        let words: Vec<_> = (0..self.names.len()).map(|index| self.word(index)).collect();
        let begun = Instant::now();
        let mut written = 0;
        for piece in words.chunks(PIECE) {
            self.journal.draft(minute, written, piece)?;
            written += piece.len();
        }
        let ahead = begun.elapsed();
        let records = [self.verdict(words)];
        let begun = Instant::now();
        self.journal.commit(&records)?;
        let left = begun.elapsed();
        self.journal.checkpoint()?;
        self.minute = minute.next(self.interval);
        Ok([ahead, left])
    }

    fn word(&self, index: usize) -> (Name, Arc<Accepted>) {
        let at = self.minute.start();
        let id: Name = "0123456789abcdef".parse().expect("a name");
        let signal = Signal {
            generator: "generator".parse().expect("a name"),
            run_id: id.clone(),
            minute: self.minute,
            value: 0.5,
            produced_at: at,
        };
        let accepted = Accepted {
            epoch: index as u64 + 1,
            instance: id,
            minute: self.minute,
            decided_at: at,
            received_at: at,
            content: Content::Decision(scattered(index)),
            signals: [signal].into(),
        };
        (self.names[index].clone(), Arc::new(accepted))
    }

    fn verdict(&self, words: Vec<(Name, Arc<Accepted>)>) -> Record {
        let median = Median { value: 0.5, lowest: 0.5, highest: 0.5 };
        let verdict = Verdict {
            minute: self.minute,
            last: self.minute,
            outcome: Outcome::Median(median),
            count: words.len(),
            state: State::Ok,
            closed_at: self.minute.start(),
            valid_until: self.minute.next(self.interval).start(),
            disagreeing: Vec::new(),
        };
        Record::Judged(Judgement { verdict: Arc::new(verdict), submissions: words.into() })
    }
}
