//! What a command ends with: one set of exit codes for all of them (rule C3).

use std::process::ExitCode;

use tracing::error;

/// Why a command ended without success: a code for scripts and a message for people.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// For scripts.
    pub exit: Exit,
    /// For people: what happened, what was expected, what to do.
    pub message: String,
}

/// Exit codes besides 0, done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Failed.
    Failed = 1,
    /// The command line or a plan is wrong.
    Usage = 2,
    /// What was asked about does not exist.
    NotFound = 3,
    /// The trader's state is not OK.
    NotOk = 4,
    /// No answer in time.
    TimedOut = 5,
    /// Refused for good: whoever supervises must not start it again.
    Refused = 6,
}

impl Exit {
    /// With a message.
    pub fn because(self, message: impl Into<String>) -> Failure {
        Failure { exit: self, message: message.into() }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The exit code of a server's result; a failure is logged, here and nowhere else.
pub fn logged(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            error!("{failure}");
            failure.exit.into()
        }
    }
}

/// The exit code of an operator's command; a failure is printed to standard error.
#[expect(clippy::print_stderr, reason = "commands speak to people")]
pub fn printed(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                eprintln!("{failure}");
            }
            failure.exit.into()
        }
    }
}

/// Runs `work` on a runtime with one thread, which is all that each part needs. A task that blocks
/// is not waited for at the end: a disk that hangs does not keep the process.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Exit::Failed.because(format!("cannot start a runtime: {error}")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}
