//! Exit codes: a contract that tests and CI rely on. Over several scenarios the highest wins.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// The arguments make no command.
    Usage = 2,
    /// A file or value given to us is wrong.
    BadInput = 3,
    /// The gate's verdict is not PASS.
    Verdict = 4,
    /// A law is broken, a replay differs or an expectation is unmet.
    Breach = 5,
    /// A defect of the program, or a result that could not be written.
    Internal = 6,
    /// A result differs from its baseline.
    Regression = 7,
    /// Ended early by Ctrl-C, with what was done; as shells count it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
