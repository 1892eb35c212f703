//! What was found, in a line or an object each: how it is, and what to do about it.

use serde::Serialize;

use crate::report::printable;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works, and will not for ever, or cannot be judged.
    Warn,
    /// It does not work, or medians will fail of it.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    level: Level,
    /// `plan`, `clock`, `port`, `strategy`, `disk`, `journal`, `certificate` or `source`.
    check: &'static str,
    /// What it is about.
    subject: String,
    found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    /// All is well.
    pub(super) fn ok(check: &'static str, subject: &str, found: impl Into<String>) -> Self {
        Self::new(Level::Ok, check, subject, found.into())
    }

    /// It works for the time being.
    pub(super) fn warn(check: &'static str, subject: &str, found: impl Into<String>) -> Self {
        Self::new(Level::Warn, check, subject, found.into())
    }

    /// It does not work.
    pub(super) fn bad(check: &'static str, subject: &str, found: impl Into<String>) -> Self {
        Self::new(Level::Bad, check, subject, found.into())
    }

    fn new(level: Level, check: &'static str, subject: &str, found: String) -> Self {
        Self { level, check, subject: subject.to_owned(), found, remedy: None }
    }

    /// And what to do about it.
    pub(super) fn so(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// How bad it is.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// In a line.
    pub(super) fn line(&self) -> String {
        let level = match self.level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Bad => "bad ",
        };
        let Self { check, subject, found, .. } = self;
        let remedy = self.remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        printable(&format!("{level}  {check} of {subject}: {found}{remedy}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_or_an_object_and_says_what_to_do() {
        let finding = Finding::bad("disk", "/var/lib\u{1b}", "10 MiB free").so("make room");
        assert_eq!(finding.line(), "bad   disk of /var/lib\\u{1b}: 10 MiB free; make room");
        let json = serde_json::to_string(&Finding::ok("clock", "this machine", "good")).unwrap();
        assert_eq!(
            json,
            r#"{"level":"ok","check":"clock","subject":"this machine","found":"good"}"#
        );
        assert!(Level::Bad > Level::Warn && Level::Warn > Level::Ok);
    }
}
