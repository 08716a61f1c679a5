//! The safety lane serves kill, exit, protection and cancel in this order, oldest first; the query
//! lane waits by itself; and every cell of the transition table is carried out by the core.
//!
//! To repeat: `cargo test --no-default-features --lib lanes`.

use super::{Draft, Errand, Rank};
use crate::market::{
    Action, AssetId, Balance, Command, Contract, DeskId, Instrument, InstrumentId, Money, OrderId, OrderKind,
    OrderState, Price, Purpose, Qty, Query, Side, Snapshot, Span, TimeInForce, Timestamp, TriggerSource, VenueMessage,
    VenueRef, samples,
};
use crate::trading::Config;
use crate::trading::core::{Core, Setup};
use crate::trading::transitions::{Input, Next, transition};

const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

fn core(keys: &[(&str, &str)]) -> Core {
    let mut config = Config::default();
    for (key, value) in keys {
        config.set(key, value).unwrap_or_else(|error| panic!("{key} = {value}: {error}"));
    }
    let mut core = Core::new(Setup {
        config,
        // On margin no exit waits for lots that a stop ties up.
        instruments: vec![Instrument { contract: Contract::Linear, ..samples::b() }],
        cadences: vec![Span::ZERO],
        currency: AssetId(1),
        first_id: 1,
    });
    let mut actions = Vec::new();
    let cash = Balance { asset: AssetId(1), total: Money::new(10_000.into()) };
    core.on_account(NOW, &VenueMessage::OpenOrders(Snapshot { at: NOW, items: Vec::new() }), &mut actions);
    core.on_account(NOW, &VenueMessage::Balances(Snapshot { at: NOW, items: vec![cash] }), &mut actions);
    core
}

fn draft(purpose: Purpose) -> Draft {
    Draft {
        desk: DeskId(0),
        instrument: InstrumentId(0),
        purpose,
        side: Side::Sell,
        kind: OrderKind::Limit { limit: Price(4_500_000) },
        trigger_by: TriggerSource::Last,
        qty: Qty(1_000_000),
        tif: TimeInForce::Gtc,
        reduce_only: true,
        leverage: 1,
        stop: None,
        twice_reference: 9_000_000,
    }
}

/// Orders named by the commands, in the order they left; queries left out.
fn left(actions: &[Action]) -> Vec<(OrderId, &'static str)> {
    let sent = |action: &Action| match action {
        Action::Send(Command::New(order)) => Some((order.id, "new")),
        Action::Send(Command::Amend(amend)) => Some((amend.id, "amend")),
        Action::Send(Command::Cancel(id)) => Some((*id, "cancel")),
        _ => None,
    };
    actions.iter().filter_map(sent).collect()
}

/// A live order of the core's own.
fn live(core: &mut Core, purpose: Purpose) -> OrderId {
    let mut actions = Vec::new();
    let id = core.send_order(NOW, draft(purpose), &mut actions);
    core.flush(NOW, &mut actions);
    core.apply(NOW, id, Input::Accepted, &mut actions);
    id
}

/// Everything waits at once; what came last and ranks first leaves first.
#[test]
fn kill_exit_protection_cancel() {
    let mut core = core(&[("budget.safety", "10/min 5"), ("exit.max_age", "60s")]);
    let mut actions = Vec::new();
    let [a, b, c, d] = [(); 4].map(|()| live(&mut core, Purpose::Target));
    let last = live(&mut core, Purpose::Stop);
    core.apply(NOW, a, Input::CancelWanted, &mut actions);
    assert!(core.amend_order(NOW, b, Qty(900_000), draft(Purpose::Target).kind, &mut actions));
    let later = NOW.after(Span::from_millis(1));
    let stop = core.send_order(later, draft(Purpose::Stop), &mut actions);
    let exit = core.send_order(later, draft(Purpose::Exit), &mut actions);
    core.apply(later, c, Input::Killed, &mut actions);
    core.flush(later, &mut actions);
    assert_eq!(left(&actions), [(c, "cancel")], "a kill overdraws the lane, and nothing else does");
    let mut served = Vec::new();
    let mut now = later;
    for _ in 0..12 {
        now = now.after(Span::from_secs(1));
        actions.clear();
        core.stirred = true;
        core.flush(now, &mut actions);
        served.extend(left(&actions).into_iter().map(|what| (now.since(later).0 / 1_000_000_000, what)));
    }
    // The overdraft is owed first: one token per six seconds.
    assert_eq!(served, [(12, (exit, "new"))], "{d:?} {last:?}");
    for _ in 12..30 {
        now = now.after(Span::from_secs(1));
        actions.clear();
        core.stirred = true;
        core.flush(now, &mut actions);
        served.extend(left(&actions).into_iter().map(|what| (now.since(later).0 / 1_000_000_000, what)));
    }
    assert_eq!(served[1..], [(18, (b, "amend")), (24, (stop, "new")), (30, (a, "cancel"))]);
}

/// A wish that waits already is not queued twice, but takes the better rank.
#[test]
fn what_waits_twice_waits_once_with_the_better_rank() {
    let mut core = core(&[("budget.safety", "10/min 1")]);
    let id = live(&mut core, Purpose::Stop);
    core.wait(NOW, Rank::Cancel, Errand::Cancel, id);
    core.wait(NOW, Rank::Kill, Errand::Cancel, id);
    let mut actions = Vec::new();
    core.flush(NOW, &mut actions);
    assert_eq!(left(&actions), [(id, "cancel")]);
}

/// The query lane: ten at once, then one a second; the same question waits once, and takes no token of
/// another lane.
#[test]
fn queries_wait_for_their_own_lane() {
    let mut core = core(&[]);
    core.flush(NOW, &mut Vec::new());
    let mut actions = Vec::new();
    for id in 0..15 {
        core.ask(NOW, Query::Order(OrderId(id)), &mut actions);
        core.ask(NOW, Query::Order(OrderId(id)), &mut actions);
    }
    core.ask(NOW, Query::ClosedOrders(Timestamp(5)), &mut actions);
    core.ask(NOW, Query::ClosedOrders(Timestamp(3)), &mut actions);
    let queries = |actions: &[Action]| actions.iter().filter(|a| matches!(a, Action::Send(Command::Query(_)))).count();
    let mut counts = Vec::new();
    for second in 0..8 {
        actions.clear();
        core.stirred = true;
        core.flush(NOW.after(Span::from_secs(second)), &mut actions);
        counts.push(queries(&actions));
    }
    assert_eq!(counts.iter().sum::<usize>(), 16);
    assert!(counts[0] <= 10 && counts[1..7].iter().all(|count| *count <= 1), "{counts:?}");
    let wakes = core.safety_lane.has_token(NOW) && core.entry_lane.has_token(NOW);
    assert!(wakes, "the other lanes are untouched");
}

/// Every cell of the table, through the core: the order goes where the table says, and every effect is
/// carried out without a word of surprise.
#[test]
fn every_cell_is_carried_out() {
    let mut reached = 0;
    for input in Input::ALL {
        for state in OrderState::ALL {
            let cell = transition(state, *input);
            if cell.next == Next::Impossible {
                continue;
            }
            let mut core = core(&[("orders.max_retries", "0")]);
            let mut actions = Vec::new();
            let id = core.send_order(NOW, draft(Purpose::Stop), &mut actions);
            let order = core.orders.get_mut(id).expect("just sent");
            order.state = state;
            order.venue_id = Some(VenueRef::numbered('V', 1));
            core.orders.refile(NOW, id);
            core.apply(NOW, id, *input, &mut actions);
            core.flush(NOW, &mut actions);
            let found = core.orders.get(id).expect("it is kept").state;
            let expected = match cell.next {
                Next::To(next) => next,
                Next::Stay | Next::Impossible => state,
            };
            // A bare intent is released by the flush.
            let released = expected == OrderState::Intent && found == OrderState::Sent;
            assert!(found == expected || released, "{input:?} in {state:?}: {found:?}, not {expected:?}");
            reached += 1;
        }
    }
    let possible = Input::ALL
        .iter()
        .flat_map(|input| OrderState::ALL.map(|state| transition(state, *input)))
        .filter(|cell| cell.next != Next::Impossible)
        .count();
    assert_eq!(reached, possible);
}
