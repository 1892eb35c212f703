//! What a run was of and what came of it, in four short numbers: who has the same four has the same run.
//!
//! Each is the beginning of a SHA-256. That of one data file, of a plan without further flags and of the
//! program are what `sha256sum` prints of these files.

use std::{env, fmt, fs};

use backtest::{
    course::{Change, Course},
    equity::Equity,
};
use ring::digest::{Context, SHA256};

/// Hexadecimal digits that are shown: 64 bits, so that nobody meets two of the same by chance.
const DIGITS: usize = 16;

/// A SHA-256 on its way.
#[derive(Clone)]
pub(crate) struct Digest(Context);

/// Of what, with what, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// The bytes of the files, one after the other.
    pub(crate) data: String,
    /// The bytes of the plan, then the flags that change results.
    pub(crate) plan: String,
    /// The bytes of the program that runs.
    pub(crate) program: String,
    /// The bits of what came of it.
    pub(crate) result: String,
}

impl Digest {
    /// Of nothing so far.
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Goes on with these bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Goes on with a text, and where it ends.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0]);
    }

    /// Goes on with the bits of a number, little end first. None are the bits of a number that is none.
    pub(crate) fn number(&mut self, number: Option<f64>) {
        self.bytes(&number.map_or(u64::MAX, f64::to_bits).to_le_bytes());
    }

    /// How it begins.
    pub(crate) fn shown(self) -> String {
        let digest = self.0.finish();
        let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        digits.take(DIGITS / 2).collect()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").finish_non_exhaustive()
    }
}

/// `fingerprint data=… plan=… program=… result=…`
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, plan, program, result } = self;
        write!(f, "fingerprint data={data} plan={plan} program={program} result={result}")
    }
}

/// Of the program that runs; `unknown` if its file cannot be read.
pub(crate) fn program() -> String {
    let Ok(bytes) = env::current_exe().and_then(fs::read) else { return "unknown".to_owned() };
    let mut digest = Digest::new();
    digest.bytes(&bytes);
    digest.shown()
}

/// Of medians, decisions, changes of state and equities.
pub(crate) fn result(course: &Course, equities: &[(String, Equity)]) -> String {
    let mut digest = Digest::new();
    course.medians.iter().for_each(|median| digest.number(median));
    for strategy in &course.strategies {
        digest.text(strategy.name.as_str());
        strategy.decisions.iter().for_each(|decision| digest.number(decision));
    }
    course.changes.iter().for_each(|one| change(&mut digest, one));
    for (name, equity) in equities {
        digest.text(name);
        equity.values.iter().for_each(|value| digest.number(Some(*value)));
    }
    digest.shown()
}

fn change(digest: &mut Digest, change: &Change) {
    digest.bytes(&change.at.as_micros().to_le_bytes());
    digest.text(change.to.as_str());
    for cause in &change.causes {
        digest.text(&cause.to_string());
    }
    digest.bytes(&[0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use backtest::course::{Column, Decisions};
    use chassis::grid::{Interval, Minute, Timestamp};
    use trader::engine::verdict::{Cause, CauseCode, State, Subject};

    fn minute() -> Minute {
        Minute::containing(Timestamp::from_micros(0), Interval::default())
    }

    fn course() -> Course {
        let column = |numbers: &[f64]| numbers.iter().map(|number| Some(*number)).collect();
        let of = |name: &str, numbers: &[f64]| Decisions {
            name: name.parse().unwrap(),
            decisions: column(numbers),
        };
        let cause = Cause {
            subject: Subject::Trader,
            code: CauseCode::Clock,
            since: minute(),
            last_seen: None,
            detail: "slow".to_owned(),
        };
        Course {
            first: minute(),
            interval: Interval::default(),
            medians: column(&[1.0, 2.0]),
            strategies: vec![of("X", &[1.0, 2.0]), of("Y", &[1.0, 2.0])],
            changes: vec![Change { at: minute().start(), to: State::Ok, causes: vec![cause] }],
            shortfalls: [].into(),
        }
    }

    fn equities() -> Vec<(String, Equity)> {
        vec![("X".to_owned(), Equity { values: vec![1.0, 1.5], ..Equity::default() })]
    }

    #[test]
    fn it_is_what_sha256sum_prints() {
        let mut digest = Digest::new();
        digest.bytes(b"a");
        digest.bytes(b"bc");
        assert_eq!(digest.shown(), "ba7816bf8f01cfea");
        assert_eq!(program().len(), DIGITS);
    }

    #[test]
    fn the_same_result_has_the_same_fingerprint_and_no_other_has() {
        let (same, again) = (result(&course(), &equities()), result(&course(), &equities()));
        assert_eq!(same, again);
        let changed = |change: &dyn Fn(&mut Course)| {
            let mut course = course();
            change(&mut course);
            result(&course, &equities())
        };
        let negative_zero =
            |column: &mut Column| *column = [Some(1.0), Some(-0.0)].into_iter().collect();
        let zero = |column: &mut Column| *column = [Some(1.0), Some(0.0)].into_iter().collect();
        let none = |column: &mut Column| *column = [Some(1.0), None].into_iter().collect();
        let mut seen = vec![
            same,
            changed(&|course| zero(&mut course.medians)),
            changed(&|course| none(&mut course.medians)),
            changed(&|course| zero(&mut course.strategies[1].decisions)),
            changed(&|course| negative_zero(&mut course.strategies[1].decisions)),
            changed(&|course| none(&mut course.strategies[1].decisions)),
            changed(&|course| course.strategies[1].name = "Z".parse().unwrap()),
            changed(&|course| course.changes[0].to = State::Error),
            changed(&|course| course.changes[0].causes[0].detail = "fast".to_owned()),
            changed(&|course| course.changes[0].at = Timestamp::from_micros(1)),
        ];
        let mut other = equities();
        other[0].1.values[1] = 1.5_f64.next_up();
        seen.push(result(&course(), &other));
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
