//! The trader's journal, read from its file, whether the trader is up or down.

use std::path::Path;

use chassis::{
    exit::{Exit, Failure},
    grid::Minute,
    name::Name,
    server::ANSWER_BYTES_MAX,
};
use proto::v1::{ExplainRequest, ExplainResponse};
use trader::{
    journal::{OpenError, ReadError, Reader, read_only},
    wire,
};

use crate::report::Moment;

/// Submissions that are read at a time.
const PAGE: usize = 20;

/// An open journal.
#[derive(Debug)]
pub struct Journal(Reader);

impl Journal {
    /// Opens the journal in `file`; nothing in it changes.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        read_only(file).map(Self).map_err(|error: OpenError| failed(&error))
    }

    /// The last minute with a verdict; none in a new journal.
    pub fn last_minute(&self) -> Result<Option<Moment>, Failure> {
        let last = self.0.last_minute().map_err(|error: ReadError| failed(&error))?;
        Ok(last.map(|minute| Moment(minute.start())))
    }

    /// The first minute that is kept, if those before it have been taken out.
    pub fn kept_from(&self) -> Option<Moment> {
        self.0.kept_from().map(|minute| Moment(minute.start()))
    }

    /// One page of what happened in a minute, as the trader itself would answer.
    pub fn explain(&self, request: &ExplainRequest) -> Result<ExplainResponse, Failure> {
        let at = Moment::read(request.minute);
        let minute = Minute::starting(at.0, self.0.interval()).map_err(|error| failed(&error))?;
        let after: Option<Name> = match request.page_token.as_str() {
            "" => None,
            name => Some(name.parse().map_err(|error| failed(&error))?),
        };
        let page = self.0.explain(minute, after.as_ref(), PAGE).map_err(|error| failed(&error))?;
        match page {
            Some(page) => Ok(wire::explanation(&page, ANSWER_BYTES_MAX)),
            None => Err(Exit::NotFound.because(match self.0.gone(minute) {
                Some(kept_from) => format!(
                    "minute {minute} is not kept any more; the first one that is, is {kept_from}"
                ),
                None => format!("the journal has no verdict for {minute}"),
            })),
        }
    }
}

/// Everything that is wrong with the journal in `file`, a line each; empty: all well.
pub fn doctor(file: &Path) -> Result<Vec<String>, Failure> {
    let findings = trader::journal::doctor(file).map_err(|error| failed(&error))?;
    Ok(findings.iter().map(ToString::to_string).collect())
}

fn failed(error: &impl std::error::Error) -> Failure {
    Exit::Failed.because(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::grid::{Interval, Timestamp};

    #[test]
    fn j5_a_journal_is_read_while_its_trader_is_down() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("j.sqlite");
        let missing = Journal::open(&file).unwrap_err();
        assert_eq!(missing.exit, Exit::Failed);
        assert!(missing.message.contains("j.sqlite"), "{missing}");
        assert!(!file.exists(), "reading makes no file");

        let now = Timestamp::parse("2026-11-20T12:00:30Z").unwrap();
        let (interval, id) = (Interval::default(), "j1".parse().unwrap());
        drop(trader::journal::Journal::open(&file, interval, now, id).unwrap());
        check(&file);
    }

    #[track_caller]
    fn check(file: &Path) {
        let journal = Journal::open(file).unwrap();
        assert_eq!(journal.last_minute().unwrap(), None);
        for (minute, exit, message) in [
            ("2026-11-20T12:01:00Z", Exit::NotFound, "no verdict for 2026-11-20T12:01:00Z"),
            ("2026-11-20T12:01:30Z", Exit::Failed, "falls into is 2026-11-20T12:01:00Z"),
        ] {
            let minute = Some(Moment::parse(minute).unwrap().wire());
            let request = ExplainRequest { minute, ..ExplainRequest::default() };
            let failure = journal.explain(&request).unwrap_err();
            assert_eq!(failure.exit, exit);
            assert!(failure.message.contains(message), "{failure}");
        }
        assert_eq!(doctor(file).unwrap(), Vec::<String>::new());
    }
}
