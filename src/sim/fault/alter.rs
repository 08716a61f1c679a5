//! What a fault makes of the content of a report.

use super::{Damage, MessageFault};
use crate::market::{ExecutionReport, Fill, InstrumentId, Price, Qty, ReportKind, Span, VenueRef};

/// The report that arrives instead, and one that follows it.
#[must_use]
pub fn altered(report: &ExecutionReport, fault: MessageFault) -> (ExecutionReport, Option<(Span, ExecutionReport)>) {
    if let MessageFault::CumulativeMissing { .. } = fault {
        return (ExecutionReport { cumulative: None, ..*report }, None);
    }
    let ReportKind::Filled(fill) = report.kind else { return (*report, None) };
    let with = |fill: Fill| ExecutionReport { kind: ReportKind::Filled(fill), ..*report };
    match fault {
        MessageFault::Conflict { after } => (*report, Some((after, with(Fill { qty: fill.qty + Qty(1), ..fill })))),
        MessageFault::OtherId { after } => {
            let other = VenueRef::new(&format!("{}-R", fill.execution)).unwrap_or(fill.execution);
            (*report, Some((after, with(Fill { execution: other, ..fill }))))
        }
        MessageFault::FeeMissing { after } => (with(Fill { fee: None, ..fill }), Some((after, *report))),
        MessageFault::Malformed { damage } => (damaged(report, fill, damage), None),
        MessageFault::Lost { .. }
        | MessageFault::Dropped { .. }
        | MessageFault::Late { .. }
        | MessageFault::Twice { .. }
        | MessageFault::Overtakes { .. }
        | MessageFault::CumulativeMissing { .. } => (*report, None),
    }
}

fn damaged(report: &ExecutionReport, fill: Fill, damage: Damage) -> ExecutionReport {
    let with = |fill: Fill| ExecutionReport { kind: ReportKind::Filled(fill), ..*report };
    match damage {
        Damage::ZeroQty => with(Fill { qty: Qty::ZERO, ..fill }),
        Damage::NegativeQty => with(Fill { qty: Qty(-fill.qty.0), ..fill }),
        Damage::ZeroPrice => with(Fill { price: Price(0), ..fill }),
        Damage::WrongSide => with(Fill { side: fill.side.opposite(), ..fill }),
        Damage::WrongInstrument => ExecutionReport { instrument: InstrumentId(u16::MAX), ..*report },
    }
}
