//! Which laws a line, or a drill's state, stands on: by their ids. Every law that the audit or the judge of a run can name
//! is in one of these, so that none is told by P10 alone.

use super::run::Came;

/// C1: the books by themselves.
pub(super) const BALANCE: &[&str] = &["LG-1", "LG-2", "LG-3", "LG-4", "LG-5", "L2", "L6", "K-in", "identity"];
/// C2: positions, orders and balances against the venue.
pub(super) const BREAKS: &[&str] = &["C1", "C1f", "C1o", "C4", "C5", "P4", "O9", "O16", "V1"];
/// C3: what was earned and paid, against the venue's own log.
pub(super) const STATEMENT: &[&str] = &["L4", "LG-8", "B14", "E3", "X1", "X1a", "X6", "P1", "P1a", "P2"];
/// C4: what is left unexplained, by the books or by the trader itself.
pub(super) const LEFT: &[&str] = &["LG-6", "alert"];
/// C5: no order is lost, made, or other than it was approved.
pub(super) const ORDERS: &[&str] =
    &["O1", "O1t", "O2", "O3", "O4", "O6", "O7", "O8", "O10", "O11", "O12", "O12e", "O13", "O14", "O15"];
/// C6: each execution once.
pub(super) const EXECUTIONS: &[&str] = &["O5", "C7", "E4"];
/// P11 and D3: what is held is covered.
pub(super) const COVER: &[&str] = &["S1", "S2", "S3", "S4", "S5", "S6", "S10", "P5", "P7", "OP-2"];

/// The laws that a drill stands on beside its own line.
pub(super) const DRILLED: [&[&str]; 12] = [
    &["O16", "V1", "O1", "O1t", "O3", "C1", "C1o"],
    &["P1", "P4", "C1f", "C7", "O5", "E3"],
    COVER,
    &["K6", "O11"],
    &["K6", "R8", "M6"],
    &["R4", "C7", "O5"],
    &["O8", "O1t", "C1"],
    &["R7", "OP-2"],
    &["R1", "R2", "R3", "R5", "R5e", "R6", "R9", "R10", "R12", "R13"],
    &["N3", "O5", "T1", "LG-2", "C1f"],
    &["K6", "LG-2"],
    &["K6", "O11"],
];

/// Whether a run broke one of these.
pub(super) fn broke(came: &Came, laws: &[&str]) -> bool {
    came.broken.iter().any(|(law, _)| laws.contains(&law.as_str()))
}
