//! V-48, and the exits that breakers demand by themselves (BK-2, BK-3, DESIGN-5).

use seatrial::market::{
    Breaker, Command, Decision, ExitCause, InstrumentId, NewOrder, Price, Purpose, Qty, TraderState,
};

use crate::bench::{Ask, B, Bench, SECOND, X};
use crate::lose_to;

const ROOM: [(&str, &str); 6] = [
    ("ceilings", "research"),
    ("breaker.daily", "95%"),
    ("risk.position_share", "100%"),
    ("risk.correlated_exposure", "100%"),
    ("risk.margin_utilisation", "100%"),
    ("risk.project_losses", "false"),
];

/// What the last step demands: which instrument, what is to remain, why.
fn demanded(bench: &Bench) -> Vec<(InstrumentId, i64, ExitCause)> {
    let exiting = |decision: &Decision| match decision {
        Decision::Exiting { instrument, remaining, cause, .. } => Some((*instrument, remaining.0, *cause)),
        _ => None,
    };
    bench.decisions().filter_map(exiting).collect()
}

/// Market-like exits the last step sent.
fn exits(bench: &Bench) -> Vec<NewOrder> {
    bench.sent().into_iter().filter(|order| order.kind.trigger().is_none() && order.reduce_only).collect()
}

fn held(bench: &mut Bench, ask: &Ask) {
    let entry = bench.open(ask);
    bench.fill_whole(entry);
    // Whatever protects it is taken by the venue.
    let protective: Vec<_> = bench.sent().into_iter().map(|order| order.id).collect();
    for order in protective {
        bench.accept(order);
    }
    bench.after(SECOND);
    bench.quotes_quietly();
}

/// V-48: half of 0.12345679 rounded down to the lot leaves, once.
#[test]
fn v_48_weekly_reduction() {
    let mut bench = Bench::margin(&ROOM);
    held(&mut bench, &Ask::v01().quantity(12_345_679));
    lose_to(&mut bench, "9000.01");
    assert_eq!(demanded(&bench), []);
    lose_to(&mut bench, "9000");
    assert_eq!(demanded(&bench), [(B, 12_345_679 - 6_172_839, ExitCause::WeeklyLoss)]);
    let sent = exits(&bench);
    assert_eq!(sent.iter().map(|order| order.qty).collect::<Vec<_>>(), [Qty(6_172_839)]);
    bench.accept(sent[0].id);
    bench.fill(sent[0].id, Qty(6_172_839), Price(4_500_000));
    assert_eq!(bench.position(B), Qty(6_172_840));
    bench.after(SECOND);
    lose_to(&mut bench, "8950");
    assert_eq!((demanded(&bench), exits(&bench).len()), (vec![], 0), "each position is reduced once");
}

/// BK-3: every position goes down the ladder, entries end, and the trader halts.
// proves: design-5-risk-exits
#[test]
fn a_drawdown_flattens_everything() {
    let mut bench = Bench::margin(&[ROOM[0], ROOM[1], ("breaker.weekly", "95%"), ROOM[3], ROOM[5]]);
    held(&mut bench, &Ask::v01().quantity(1_000_000));
    held(&mut bench, &Ask::short(X, "0.60", "0.612").quantity(1_000));
    let resting = bench.open(&Ask::v01().at("44900").quantity(1_000_000));
    bench.accept(resting);
    lose_to(&mut bench, "7999");
    let mut all = demanded(&bench);
    all.sort_by_key(|(instrument, ..)| *instrument);
    assert_eq!(all, [(B, 0, ExitCause::Drawdown), (X, 0, ExitCause::Drawdown)]);
    assert_eq!(bench.trader.core().state(), TraderState::Halted);
    assert!(bench.cancels().contains(&resting), "entries end");
    let mut sizes: Vec<i64> = exits(&bench).iter().map(|order| order.side.signed(order.qty).0).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [-1_000_000, 1_000]);
    for order in exits(&bench) {
        bench.accept(order.id);
        let limit = order.kind.limit().expect("a collar");
        bench.fill(order.id, order.qty, limit);
    }
    assert_eq!((bench.position(B), bench.position(X)), (Qty::ZERO, Qty::ZERO));
    assert!(bench.trader.core().is_tripped(Breaker::Drawdown));
    let left = bench.trader.core().orders().open().filter(|order| order.purpose == Purpose::Entry).count();
    assert_eq!(left, 1, "the resting entry is on its way out");
    let again = bench.actions.iter().any(|action| matches!(action, seatrial::market::Action::Send(Command::New(_))));
    assert!(!again, "nothing is left to exit");
}
