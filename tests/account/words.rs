//! What a person is told is written for a person (production-rules §4.14): names and decimals, not what
//! the program calls them.

use seatrial::market::{
    Account, Action, AssetId, Balance, CancelledBecause, ControlAct, Decision, Event, Fee, Fill, InstrumentId,
    LinkEvent, OrderId, Price, Qty, RejectReason, ReportKind, VenueMessage,
};

use crate::bench::{Ask, B, BTC, Bench, SECOND, USDT, money};
use crate::{balances, positions};

/// Every text of the last step that is an alert's, an anomaly's or a pass's.
fn texts(bench: &Bench) -> Vec<String> {
    let text = |action: &Action| match action {
        Action::Alert(alert) => Some(alert.text.clone()),
        Action::Record(Decision::Anomaly { text, .. } | Decision::Reconciled { text, .. }) => Some(text.clone()),
        _ => None,
    };
    let found: Vec<String> = bench.actions.iter().filter_map(text).collect();
    for word in ["Some(", "AssetId", "InstrumentId", "Price(", "Qty(", " {", "units of"] {
        assert!(!found.iter().any(|text| text.contains(word)), "{word} in {found:?}");
    }
    found
}

#[test]
fn a_refusal_is_said_in_words() {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01());
    bench.tell(bench.report(order, None, ReportKind::Rejected(RejectReason::InsufficientBalance)));
    let words = "rejected order 1: not enough free balance or margin";
    let in_a_row = "order 1 was rejected: not enough free balance or margin; 1 in a row against breaker.errors = 3";
    assert_eq!(texts(&bench), [in_a_row.to_owned(), format!("the venue {words}")]);
    let order = bench.open(&Ask::v01().at("44999"));
    bench.accept(order);
    bench.tell(bench.report(order, Some(Qty(0)), ReportKind::Cancelled(CancelledBecause::Venue)));
    assert_eq!(texts(&bench), ["order 2 was cancelled without our asking: the venue's own decision"]);
    let report = bench.report(order, None, ReportKind::Rejected(RejectReason::ReduceOnly));
    bench.tell(seatrial::market::ExecutionReport { order: OrderId(99), ..report });
    let text = "report of order 99 that is not ours: reduce-only, and there is nothing to reduce";
    assert_eq!(texts(&bench), [text, text]);
}

#[test]
fn a_difference_names_its_asset_and_its_instrument() {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(order);
    bench.after(30 * SECOND);
    bench.step(&Event::Wake);
    let said: Vec<Balance> = balances(&bench, &[(USDT, "12.5")]);
    let mut held = positions(&bench);
    held.iter_mut().filter(|held| held.instrument == B).for_each(|held| held.qty = Qty(1_500_000));
    let open = bench.trader.core().orders().open().map(|order| (order.terms.id, order.filled)).collect::<Vec<_>>();
    let open = open.into_iter().map(|(id, filled)| crate::listed(&bench, id, filled)).collect();
    bench.say(open, Vec::new(), said, held);
    let found = texts(&bench);
    let words = "12.5 USDT more than ours, 0.005 of BTC/USDT more than ours";
    assert!(found.contains(&format!("the venue holds {words}")) && found.contains(&words.to_owned()), "{found:?}");
}

#[test]
fn what_is_not_ours_is_named_by_number() {
    let mut bench = Bench::margin(&[]);
    bench.control(ControlAct::Close(InstrumentId(77)));
    assert_eq!(texts(&bench)[0], "refused: instrument 77 is not one of ours");
    bench.control(ControlAct::PostCorrection { asset: BTC, amount: money("1"), to: Account::Fees });
    assert_eq!(texts(&bench)[0], "refused: 1 BTC cannot go to Fees: 0 BTC is unexplained");
    let (instrument, at) = (InstrumentId(77), bench.now);
    bench.account(VenueMessage::Funding { instrument, at, paid: money("1") });
    assert_eq!(texts(&bench), ["funding of 1 on instrument 77, which is not ours"]);
    bench.step(&Event::Link(LinkEvent::Ambiguous(OrderId(77))));
    assert_eq!(texts(&bench), ["a reply names order 77, which is not ours"]);
}

#[test]
fn a_fill_that_cannot_be_booked_is_said_in_words() {
    let mut bench = Bench::spot(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.accept(order);
    let fee = Some(Fee { asset: AssetId(66), amount: money("1") });
    let fill = Fill { fee, ..bench.fill_of(order, Qty(100_000), Price(4_500_000)) };
    bench.tell(bench.report(order, Some(Qty(100_000)), ReportKind::Filled(fill)));
    let words = "a fee of 1 asset 66 cannot be valued: no rate was given and the schedule names none";
    assert!(texts(&bench).contains(&words.to_owned()), "{:?}", texts(&bench));
}
