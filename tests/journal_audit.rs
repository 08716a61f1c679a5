//! The laws: a clean story breaks none, and each law notices the record that breaks it.
#![cfg(feature = "simulator")]
#![allow(
    clippy::too_many_lines,
    clippy::disallowed_types,
    reason = "a story is told in one piece; its speed is told beside it"
)]

mod journal_kit;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::{expect, expect_file};
use journal_kit::guarded::{FOREIGN, guarded_story};
use journal_kit::story::{USDT, full_story, money};
use seatrial::audit::audit_records as audit;
use seatrial::journal::{Body, Record};
use seatrial::market::{
    Account, CancelledBecause, Cause, Command, Decision, Event, ExecutionReport, Fill, IntentId, Liquidity, Money,
    OrderState, Posting, Price, Qty, ReportKind, RiskPassId, TimeInForce, Timestamp, TraderState, Transaction,
    TransactionId,
};

#[test]
fn a_clean_story_breaks_no_law_and_looks_at_those_of_an_order() {
    let (header, records) = full_story().close();
    let report = audit(&header, &records);
    expect![[r"
        72 laws, 692 checks over 94 records, 0 breaches
          LG-1        23  each transaction sums to zero per asset
          LG-2        18  history is appended, never edited
          LG-3        31  each fill has one trade posting and one fee posting
            L2        15  postings of a fill are its price, quantity and fee
          LG-4        23  rounding moves at most half a unit
          LG-5        11  spot cash is never negative
          LG-6         1  nothing stays unexplained while entries are allowed
          LG-8         2  net realised of a closed position is gross less all costs
           B14         2  transfers and funding told of are posted, funding once per time
            L6        16  equity changes by realised, unrealised and costs, exactly
            T1        94  time and market deliveries never go back
            O1        30  order states follow one another, ends are final
            O2        16  an order ends filled when its quantity is booked, and only then
            O5         8  an execution is booked once
            O6         6  an order id is never used again
            O7         6  an intent has one order that may live
            O8         6  what is sent is on the grid and above the minima
           O10        12  nothing leaves without its intent and risk pass
           O11         6  nothing that opens leaves unless armed
            C1         7  at the end our orders are the venue's
           O1t        15  order states move as the table allows
           O15         8  an entry's executions never exceed what was approved
           O16         0  no open order is silent and not asked for
            C5         0  absence is proof only after the deadline, twice asked
            M6        30  nothing is heard before it happened
            O3        15  cumulative quantity never falls
            O4        15  cumulative quantity is the sum of the fills
            E4        16  the venue's log has each execution once and none after an end
           O12         3  IOC never rests, FOK is never partial
          O12e         4  no IOC or FOK order is left over
           O13         1  post-only never takes
           O14         1  no fill after expiry
            X1         8  a fill is at its limit or better
           X1a         0  a fill no venue may make raises a critical alert
            X6         8  a fee is the schedule's, to the unit
            P1         8  position is the sum of its fills
           P1a         0  what changes without an execution adds up
            P2        24  cost, gross and net follow from the fills
            P7         2  a spot position is never short
            C7         8  every fill that was made and heard is booked once
            E3        16  what is booked is what the venue did
            R1         0  worst case of an instrument is within its limit, unknowns included
            R2         0  passed checks hold by their own numbers
            R3         0  an entry is worth at most what one order may
            R4         0  sends stay within their lanes in any window
            R5         6  no entry after a breaker
           R5e         0  a loss beyond its limit trips its breaker in the same step
            R6        12  no entry in an instrument that only reduces
            R7         6  after a kill only cancels and policy exits
            R8         0  a price is within the collar of its reference
            R9         6  the throttle trips and stays tripped
           R10         0  open orders stay within their slots
           R12         6  no identical intent in its window, no crossing of our own
           R13         0  a limit changes by an operator, from what it was
            K6         6  entries only while every arming condition holds
            S1         0  a position is covered in time, or exited, or somebody is told
            S2         0  exits never exceed what is held on spot
            S3         0  a stop is sent where it is wanted, and triggers before its limit
            S4         0  automatic moves only tighten
            S5         0  automation leaves a pinned stop alone
            S6         0  what closes a position never turns it, unless somebody is told
           S10         0  the dead-man's switch is armed by its policy
          OP-2         0  no cancel of everything reaches a stop that must stay
            P5         0  a flat position keeps no order of its own
           C1f         0  after a clean pass every execution is booked
           C1o         0  after a clean pass orders are the venue's
            L4         0  after a clean pass cash is the venue's
            O9         0  after a clean pass every order is ours or taken in
            C4         0  orders of others are left alone
            V1         0  at rest nothing is unknown and every order has ended or lives at the venue
            P4         0  at rest positions are the venue's
          K-in       135  amounts fit 38 digits
    "]]
    .assert_eq(&report.to_string());
}

type Records = Vec<Record>;

fn decisions(records: &mut Records) -> impl Iterator<Item = &mut Decision> {
    records.iter_mut().filter_map(|record| match &mut record.body {
        Body::Decision(decision) => Some(decision),
        _ => None,
    })
}

/// The n-th transaction of a kind.
fn posted(records: &mut Records, n: usize, kind: fn(&Cause) -> bool) -> &mut Transaction {
    let mut posted = decisions(records).filter_map(|decision| match decision {
        Decision::Posted(transaction) if kind(&transaction.cause) => Some(transaction),
        _ => None,
    });
    posted.nth(n).expect("a transaction of the story")
}

fn is_fill(cause: &Cause) -> bool {
    matches!(cause, Cause::Fill(_))
}

/// Adds to an account of a transaction's quote asset.
fn add(transaction: &mut Transaction, account: Account, amount: &str) {
    let asset = transaction.postings.last().expect("postings").asset;
    transaction.postings.push(Posting { account, asset, amount: money(amount) });
}

fn truths(records: &mut Records, order: u64) -> impl Iterator<Item = &mut ExecutionReport> {
    records.iter_mut().filter_map(move |record| match &mut record.body {
        Body::Truth(report) if report.order.0 == order => Some(report),
        _ => None,
    })
}

/// The n-th fill of an order in the venue's log.
fn true_fill(records: &mut Records, order: u64, n: usize) -> (&mut Option<Qty>, &mut Timestamp, &mut Fill) {
    let mut fills = truths(records, order).filter_map(|report| match &mut report.kind {
        ReportKind::Filled(fill) => Some((&mut report.cumulative, &mut report.at, fill)),
        _ => None,
    });
    fills.nth(n).expect("a fill of the story")
}

fn heard_fill(records: &mut Records, order: u64) -> &mut Fill {
    let mut fills = records.iter_mut().filter_map(|record| match &mut record.body {
        Body::Event(Event::Report(ExecutionReport { order: id, kind: ReportKind::Filled(fill), .. }))
            if id.0 == order =>
        {
            Some(fill)
        }
        _ => None,
    });
    fills.next().expect("a fill of the story")
}

fn place(records: &Records, of: impl Fn(&Body) -> bool) -> usize {
    records.iter().position(|record| of(&record.body)).expect("a record of the story")
}

fn is_booked(body: &Body) -> bool {
    matches!(body, Body::Decision(Decision::Booked { .. }))
}

fn sends(order: u64) -> impl Fn(&Body) -> bool {
    move |body| matches!(body, Body::Command(Command::New(new)) if new.id.0 == order)
}

fn double(records: &mut Records, at: usize) {
    records.insert(at + 1, records[at].clone());
}

/// Changes an order both where it is approved and where it is sent.
fn reorder(records: &mut Records, order: u64, change: impl Fn(&mut seatrial::market::NewOrder)) {
    for record in records {
        match &mut record.body {
            Body::Command(Command::New(new)) | Body::Decision(Decision::Intended { order: new, .. })
                if new.id.0 == order =>
            {
                change(new);
            }
            _ => {}
        }
    }
}

fn moved(records: &mut Records, order: u64, n: usize) -> (&mut OrderState, &mut OrderState) {
    let mut moves = decisions(records).filter_map(move |decision| match decision {
        Decision::Moved { order: id, from, to, .. } if id.0 == order => Some((from, to)),
        _ => None,
    });
    moves.nth(n).expect("a move of the story")
}

/// Changes the n-th booking: position, cost, gross, net.
fn rebook(records: &mut Records, n: usize, by: [i64; 3], net_by: Money) {
    let mut bookings = decisions(records).filter(|decision| matches!(decision, Decision::Booked { .. }));
    let Some(Decision::Booked { position, cost, gross, net, .. }) = bookings.nth(n) else { panic!("no booking {n}") };
    position.0 += by[0];
    cost.0 += i128::from(by[1]);
    gross.0 += i128::from(by[2]);
    *net += net_by;
}

/// A transaction out of nowhere, just before the journal closes or the given record.
fn slip_in(records: &mut Records, at: usize, cause: Cause, accounts: [Account; 2], amount: Money) {
    let posting = |account, amount| Posting { account, asset: USDT, amount };
    let postings = vec![posting(accounts[0], amount), posting(accounts[1], -amount)];
    let last = records[..at].iter().filter(|record| matches!(record.body, Body::Decision(Decision::Posted(_)))).count();
    let id = TransactionId(last as u64 + 1);
    for decision in decisions(records) {
        if let Decision::Posted(later) = decision
            && later.id >= id
        {
            later.id.0 += 1;
        }
    }
    let transaction = Transaction { id, at: Timestamp(0), desk: None, cause, postings };
    let record = Record { body: Body::Decision(Decision::Posted(transaction)), ..records[at - 1].clone() };
    records.insert(at, record);
}

/// A law, what is done to the story, and how.
type Spoil = (&'static str, &'static str, fn(&mut Records));

const LEDGER: &[Spoil] = &[
    ("LG-1", "a transaction gains a cent", |r| add(posted(r, 0, is_fill), Account::Cash, "0.01")),
    ("LG-2", "a transaction number comes twice", |r| posted(r, 2, is_fill).id.0 -= 1),
    ("LG-3", "a fee is not posted", |r| {
        let fee = |body: &Body| matches!(body, Body::Decision(Decision::Posted(t)) if matches!(t.cause, Cause::Fee(_)));
        r.remove(place(r, fee));
    }),
    ("LG-3", "a trade is posted twice", |r| {
        let trade = |body: &Body| matches!(body, Body::Decision(Decision::Posted(t)) if is_fill(&t.cause));
        double(r, place(r, trade));
    }),
    ("L2", "a trade is a cent too dear on both sides", |r| {
        let trade = posted(r, 1, is_fill);
        add(trade, Account::Cash, "-0.01");
        add(trade, Account::Market, "0.01");
    }),
    ("LG-4", "a whole unit is rounded away", |r| {
        let trade = posted(r, 1, is_fill);
        add(trade, Account::Cash, "-0.00000001");
        add(trade, Account::Rounding, "0.00000001");
    }),
    ("LG-5", "more is bought than there was money", |r| {
        let opening = posted(r, 0, |cause| *cause == Cause::Opening);
        opening.postings[0].amount = money("2000");
        opening.postings[1].amount = money("-2000");
    }),
    ("LG-6", "a difference is never explained", |r| {
        slip_in(r, r.len() - 1, Cause::Difference, [Account::Cash, Account::Unexplained], money("3"));
    }),
    ("LG-8", "a close claims a little too much net", |r| rebook(r, 4, [0; 3], money("0.00000001"))),
    ("B14", "funding is paid twice", |r| {
        let paid =
            |body: &Body| matches!(body, Body::Decision(Decision::Posted(t)) if matches!(t.cause, Cause::Funding(..)));
        double(r, place(r, paid));
    }),
    ("B14", "funding is told of and not posted", |r| {
        let paid =
            |body: &Body| matches!(body, Body::Decision(Decision::Posted(t)) if matches!(t.cause, Cause::Funding(..)));
        r.remove(place(r, paid));
    }),
    ("L6", "cash comes from the market without a fill", |r| {
        let at = place(r, sends(3));
        slip_in(r, at, Cause::Transfer, [Account::Cash, Account::Market], money("0.00000001"));
    }),
    ("L6", "gross realised is one tick-lot too high", |r| rebook(r, 3, [0, 0, 1], Money::ZERO)),
    ("K-in", "an amount no account can hold", |r| {
        let huge = "79228162514264337593543950335";
        add(posted(r, 2, is_fill), Account::Market, huge);
    }),
];

const ORDERS: &[Spoil] = &[
    ("T1", "a record is stamped a second early", |r| r[40].now.0 -= 1_000_000_000),
    ("T1", "a market delivery is uncounted", |r| r[40].cursor -= 2),
    ("O1", "an order moves from where it was not", |r| *moved(r, 2, 1).0 = OrderState::CancelPending),
    ("O1", "a filled order comes back", |r| {
        let end = place(r, |body| matches!(body, Body::Close(_)));
        let (order, row) = (seatrial::market::OrderId(4), 10);
        let (from, to) = (OrderState::Filled, OrderState::Live);
        let record = Record { body: Body::Decision(Decision::Moved { order, row, from, to }), ..r[end].clone() };
        r.insert(end, record);
    }),
    ("O2", "a fully booked order stays open", |r| *moved(r, 2, 1).1 = OrderState::Live),
    ("O2", "an order ends filled too early", |r| *moved(r, 3, 1).1 = OrderState::Filled),
    ("O5", "a fill is booked twice", |r| double(r, place(r, is_booked))),
    ("O6", "an order is sent again", |r| double(r, place(r, sends(2)))),
    ("O7", "an intent gets a second order", |r| {
        for decision in decisions(r) {
            if let Decision::Intended { intent, order, .. } = decision
                && order.id.0 == 6
            {
                *intent = IntentId(3);
            }
        }
        let expired = r
            .iter()
            .position(|record| matches!(record.body, Body::Decision(Decision::Moved { to: OrderState::Expired, .. })));
        r.remove(expired.expect("the expiry"));
    }),
    ("O8", "an order is below the least quantity", |r| reorder(r, 6, |order| order.qty = Qty(9_999))),
    ("O8", "an order asks for a price below nothing", |r| {
        reorder(r, 2, |order| order.kind = seatrial::market::OrderKind::Limit { limit: Price(-1) });
    }),
    ("O10", "an order leaves without its intent", |r| {
        r.remove(place(r, |body| matches!(body, Body::Decision(Decision::Intended { .. }))));
    }),
    ("O10", "an order leaves with another's risk pass", |r| reorder(r, 2, |order| order.risk_pass = RiskPassId(1))),
    ("O10", "an order leaves larger than approved", |r| {
        let at = place(r, sends(2));
        if let Body::Command(Command::New(order)) = &mut r[at].body {
            order.qty.0 += 1;
        }
    }),
    ("O11", "an entry leaves while only reducing is allowed", |r| {
        let at = place(r, sends(2));
        let (from, to) = (TraderState::Armed, TraderState::ReduceOnly);
        let body = Body::Decision(Decision::Became { from, to, why: "stale".into() });
        r.insert(at, Record { body, ..r[at].clone() });
    }),
    ("C1", "an order that ended stays open with us", |r| {
        let end = |body: &Body| matches!(body, Body::Decision(Decision::Moved { to: OrderState::Cancelled, .. }));
        r.remove(place(r, end));
    }),
];

const FILLS: &[Spoil] = &[
    ("O3", "the venue takes a fill back", |r| *true_fill(r, 1, 1).0 = Some(Qty(2_222_221))),
    ("O4", "the venue adds up wrongly", |r| *true_fill(r, 3, 0).0 = Some(Qty(1_234_568))),
    ("E4", "the venue logs a fill twice", |r| {
        let fill = |body: &Body| matches!(body, Body::Truth(report) if matches!(report.kind, ReportKind::Filled(_)));
        double(r, place(r, fill));
    }),
    ("E4", "an order fills after its end", |r| {
        let fill = |body: &Body| matches!(body, Body::Truth(report) if matches!(report.kind, ReportKind::Filled(_)));
        let at = place(r, fill);
        let mut early = r[at].clone();
        if let Body::Truth(report) = &mut early.body {
            report.kind = ReportKind::Cancelled(CancelledBecause::Venue);
            report.cumulative = Some(Qty::ZERO);
        }
        r.insert(at, early);
    }),
    ("O12", "an IOC order rests", |r| true_fill(r, 1, 1).1.0 += 1),
    ("O12", "an IOC order makes", |r| true_fill(r, 1, 0).2.liquidity = Liquidity::Maker),
    ("O12", "an FOK order is cut short", |r| reorder(r, 1, |order| order.tif = TimeInForce::Fok)),
    ("O12e", "an FOK order fills in part", |r| reorder(r, 3, |order| order.tif = TimeInForce::Fok)),
    ("O12e", "an IOC order is left over", |r| {
        r.remove(place(
            r,
            |body| matches!(body, Body::Truth(report) if matches!(report.kind, ReportKind::Cancelled(_))),
        ));
    }),
    ("O13", "a post-only order takes", |r| true_fill(r, 2, 0).2.liquidity = Liquidity::Taker),
    ("O14", "a fill comes after the order's end", |r| {
        reorder(r, 3, |order| order.tif = TimeInForce::Gtd(Timestamp(1_704_067_200_000_000_000)));
    }),
    ("X1", "a buy trades above its limit", |r| true_fill(r, 1, 0).2.price = Price(4_522_501)),
    ("X1", "a sell trades below its limit", |r| {
        reorder(r, 5, |order| order.kind = seatrial::market::OrderKind::Limit { limit: Price(4_440_002) });
    }),
    ("X6", "a fee is a unit too high", |r| {
        true_fill(r, 2, 0).2.fee.as_mut().expect("a fee").amount += money("0.00000001");
    }),
    ("P1", "a position is claimed a unit too large", |r| rebook(r, 2, [1, 0, 0], Money::ZERO)),
    ("P2", "a cost is claimed a unit too high", |r| rebook(r, 2, [0, 1, 0], Money::ZERO)),
    ("P2", "a short's gross has the wrong sign", |r| rebook(r, 6, [0, 0, -2 * 889_000_000], Money::ZERO)),
    ("P7", "more is sold than there was", |r| heard_fill(r, 4).qty.0 += 1),
    ("C7", "a fill is heard and not booked", |r| {
        r.remove(place(r, is_booked));
    }),
    ("E3", "a fill is booked at a price the venue did not make", |r| heard_fill(r, 3).price.0 += 1),
];

/// Another body just before the record of this place.
fn insert(records: &mut Records, at: usize, body: Body) {
    let record = Record { body, ..records[at].clone() };
    records.insert(at, record);
}

/// Where the step begins in which an order is sent.
fn step_of(records: &Records, order: u64) -> usize {
    let sent = place(records, sends(order));
    let begins = |record: &Record| matches!(record.body, Body::Market | Body::Event(_));
    records[..sent].iter().rposition(begins).expect("a step") + 1
}

fn became(to: TraderState) -> Body {
    Body::Decision(Decision::Became { from: TraderState::Armed, to, why: "a test".into() })
}

/// The n-th stop that is wanted.
fn wanted(records: &mut Records, n: usize) -> &mut Option<Price> {
    let mut stops = decisions(records).filter_map(|decision| match decision {
        Decision::Protected { stop, .. } => Some(stop),
        _ => None,
    });
    stops.nth(n).expect("a stop of the story")
}

/// An execution that nobody hears of, just before a record.
fn unheard(records: &mut Records, at: usize) {
    let body = records.iter().rev().find_map(|record| match &record.body {
        Body::Truth(report) if matches!(report.kind, ReportKind::Filled(_)) => Some(*report),
        _ => None,
    });
    let mut report = body.expect("a fill of the story");
    if let ReportKind::Filled(fill) = &mut report.kind {
        fill.execution = seatrial::market::VenueRef::numbered('E', 777);
    }
    report.at = Timestamp(records[at].now.0 - 1_000_000);
    report.cumulative = None;
    insert(records, at, Body::Truth(report));
}

/// A query in the last pass.
fn last_query(records: &Records) -> usize {
    let query = |record: &Record| matches!(record.body, Body::Command(Command::Query(_)));
    records.iter().rposition(query).expect("a query of the story")
}

const LIFE: &[Spoil] = &[
    ("O1t", "an acceptance cancels", |r| *moved(r, 2, 0).1 = OrderState::Cancelled),
    ("O15", "an entry fills beyond what was approved, unnoticed", |r| {
        r.remove(place(r, |body| matches!(body, Body::Alert(_))));
    }),
    ("X1a", "an overfill is booked in silence", |r| {
        r.remove(place(r, |body| matches!(body, Body::Alert(_))));
    }),
    ("O16", "an order is forgotten for ten minutes", |r| {
        let from = place(r, sends(11)) + 3;
        r[from..].iter_mut().for_each(|record| record.now.0 += 600_000_000_000);
    }),
    ("C5", "absence proves an order void before it could be too late", |r| {
        reorder(r, 8, |order| order.deadline.0 += 60_000_000_000);
    }),
    ("M6", "a fill is heard before it happens", |r| {
        let heard = r.iter_mut().find_map(|record| match &mut record.body {
            Body::Event(Event::Report(report)) => Some(report),
            _ => None,
        });
        heard.expect("a report").at.0 += 60_000_000_000;
    }),
];

const CONDUCT: &[Spoil] = &[
    ("R1", "an entry fills its instrument beyond its limit", |r| reorder(r, 1, |order| order.qty = Qty(50_000_000))),
    ("R2", "a check passes with numbers that fail", |r| {
        for decision in decisions(r) {
            if let Decision::Checked(_, measures) = decision {
                measures[2].measured = money("0.00009");
            }
        }
    }),
    ("R3", "an entry is worth more than any may be", |r| reorder(r, 1, |order| order.qty = Qty(120_000_000))),
    ("R4", "twelve queries leave at once", |r| {
        let at = last_query(r);
        for _ in 0..12 {
            double(r, at);
        }
    }),
    ("R5", "an entry leaves after the daily loss", |r| {
        let (breaker, at) = (seatrial::market::Breaker::DailyLoss, step_of(r, 5));
        let (measured, limit, why) = (money("0.05"), money("0.05"), "tomorrow".into());
        insert(r, at, Body::Decision(Decision::Breaker { breaker, active: true, measured, limit, why }));
    }),
    ("R5e", "five percent are lost and no breaker trips", |r| {
        for decision in decisions(r) {
            if let Decision::Valued { equity, .. } = decision {
                *equity = money("9500");
            }
        }
    }),
    ("R6", "an entry leaves in an instrument that only reduces", |r| {
        let (instrument, at) = (journal_kit::story::SPOT, step_of(r, 5));
        insert(r, at, Body::Decision(Decision::ReduceOnly { instrument, why: "a test".into() }));
    }),
    ("R6", "an entry leaves while another is unknown", |r| {
        let void = |body: &Body| matches!(body, Body::Decision(Decision::Moved { to: OrderState::Void, .. }));
        r.remove(place(r, void));
        for decision in decisions(r) {
            if let Decision::Intended { order, .. } = decision
                && order.id.0 == 8
            {
                order.instrument = journal_kit::story::PERP;
            }
        }
    }),
    ("R7", "an entry leaves after the kill", |r| {
        let at = step_of(r, 5);
        insert(r, at, became(TraderState::Halted));
    }),
    ("R8", "an entry is priced beyond its collar", |r| {
        for decision in decisions(r) {
            if let Decision::Intended { twice_reference, order, .. } = decision
                && order.id.0 == 1
            {
                *twice_reference = 8_900_000;
            }
        }
    }),
    ("R9", "an entry leaves while its throttle is tripped", |r| {
        let (desk, instrument) = (seatrial::market::DeskId(0), journal_kit::story::SPOT);
        let (check, at) = (seatrial::market::Check::Entry(9), step_of(r, 5));
        insert(r, at, Body::Decision(Decision::Tripped { desk, instrument, check }));
    }),
    ("R10", "a third order is opened where two may be", |r| {
        for order in [1, 3] {
            let end = |body: &Body| matches!(body, Body::Decision(Decision::Moved { order: id, to, .. }) if id.0 == order && to.is_terminal());
            r.remove(place(r, end));
        }
    }),
    ("R12", "the same wish is granted twice in its window", |r| {
        let mut wishes = r.iter_mut().filter_map(|record| match &mut record.body {
            Body::Decision(Decision::Proposed(proposal)) => Some(proposal),
            _ => None,
        });
        let first = wishes.next().expect("a proposal").clone();
        let second = wishes.next().expect("another");
        *second = seatrial::market::Proposal { id: second.id, ..first };
        // The pauses between them go.
        for record in r {
            record.now.0 = record.now.0.min(1_704_067_208_000_000_000);
        }
    }),
    ("R13", "a limit changes from what it was not", |r| {
        for decision in decisions(r) {
            if let Decision::LimitChanged { from, .. } = decision {
                *from = "6%".into();
            }
        }
    }),
    ("K6", "an entry leaves while queries cannot", |r| {
        let at = step_of(r, 5) - 1;
        let down = seatrial::market::LinkEvent::Down(seatrial::market::Link::Queries);
        insert(r, at, Body::Event(Event::Link(down)));
    }),
];

const COVER: &[Spoil] = &[
    ("S1", "a cancelled stop is not replaced, and nobody is told", |r| {
        r.retain(|record| match &record.body {
            Body::Decision(Decision::Intended { order, .. }) | Body::Command(Command::New(order)) => order.id.0 != 3,
            _ => true,
        });
    }),
    ("S2", "a stop sells more than is held", |r| reorder(r, 3, |order| order.qty.0 += 1)),
    ("S3", "a stop triggers elsewhere than was wanted", |r| {
        let trigger = Price(4_449_999);
        reorder(r, 3, |order| order.kind = seatrial::market::OrderKind::StopMarket { trigger });
    }),
    ("S3", "trigger and limit of a stop are swapped", |r| {
        let (trigger, limit) = (Price(4_450_000), Price(4_460_000));
        reorder(r, 3, |order| order.kind = seatrial::market::OrderKind::StopLimit { trigger, limit });
    }),
    ("S4", "a trailing stop loosens", |r| *wanted(r, 1) = Some(Price(4_409_999))),
    ("S5", "an added entry moves a pinned stop", |r| *wanted(r, 3) = Some(Price(4_460_000))),
    ("S6", "an exit opens a position", |r| {
        for decision in decisions(r) {
            if let Decision::Intended { order, purpose, .. } = decision
                && order.id.0 == 1
            {
                *purpose = seatrial::market::Purpose::Exit;
            }
        }
    }),
    ("S10", "the switch is armed while something is held", |r| {
        let at = place(r, sends(3));
        let span = seatrial::market::Span::from_secs(60);
        insert(r, at, Body::Command(Command::CancelAllAfter(span)));
    }),
    ("OP-2", "everything is cancelled, a stop too", |r| {
        let at = place(r, sends(3)) + 4;
        insert(r, at, Body::Command(Command::CancelAll(None)));
    }),
    ("P5", "a target outlives its position", |r| {
        let cancel = |body: &Body| matches!(body, Body::Command(Command::Cancel(id)) if id.0 == 7);
        r.remove(place(r, cancel));
        r.retain(
            |record| !matches!(record.body, Body::Decision(Decision::Moved { order, row: 9 | 24, .. }) if order.0 == 7),
        );
    }),
];

const PASSES: &[Spoil] = &[
    ("E4", "an order fills beyond its end, and no fault hit it", |r| {
        r.remove(place(r, |body| matches!(body, Body::Fault(_))));
    }),
    ("P1a", "a position is adjusted by more than it says", |r| {
        for decision in decisions(r) {
            if let Decision::Adjusted { position, .. } = decision {
                position.0 += 1;
                break;
            }
        }
    }),
    ("C1f", "a pass is clean and an execution was missed", |r| unheard(r, last_query(r) - 2)),
    ("C1o", "a pass is clean and an ended order is still open with us", |r| {
        let end = |body: &Body| matches!(body, Body::Decision(Decision::Moved { order, to: OrderState::Cancelled, .. }) if order.0 == 7);
        r.remove(place(r, end));
    }),
    ("C1o", "a pass is clean and an order is unknown", |r| {
        let void = |body: &Body| matches!(body, Body::Decision(Decision::Moved { to: OrderState::Void, .. }));
        r.remove(place(r, void));
    }),
    ("L4", "a pass is clean and cash differs by a unit", |r| {
        for record in r {
            if let Body::Event(Event::Account(seatrial::market::VenueMessage::Balances(balances))) = &mut record.body {
                balances.items[0].total += money("0.00000001");
            }
        }
    }),
    ("O9", "an order of others is not taken in", |r| {
        r.remove(place(r, |body| matches!(body, Body::Decision(Decision::Adopted { .. }))));
    }),
    ("C4", "an order of others is cancelled", |r| {
        let at = last_query(r);
        insert(r, at, Body::Command(Command::Cancel(FOREIGN)));
    }),
    ("V1", "an order is open with us and over at the venue", |r| {
        let end = |body: &Body| matches!(body, Body::Decision(Decision::Moved { order, to: OrderState::Cancelled, .. }) if order.0 == 11);
        r.remove(place(r, end));
    }),
    ("P4", "the venue holds more than we", |r| unheard(r, r.len() - 1)),
];

fn renumbered(clean: &Records, spoil: fn(&mut Records)) -> Records {
    let mut records = clean.clone();
    spoil(&mut records);
    for (seq, record) in records.iter_mut().enumerate() {
        record.seq = seq as u64;
    }
    records
}

#[test]
fn every_law_notices_the_record_that_breaks_it() {
    let (full, guarded) = (full_story().close(), guarded_story().close());
    let laws: BTreeSet<_> = audit(&full.0, &full.1).laws.iter().map(|law| law.id).collect();
    let mut spoiled = BTreeSet::new();
    let mut text = String::new();
    let tables = [(&full, LEDGER), (&full, ORDERS), (&full, FILLS)];
    let more = [(&guarded, LIFE), (&guarded, CONDUCT), (&guarded, COVER), (&guarded, PASSES)];
    for ((header, clean), table) in tables.into_iter().chain(more) {
        for (law, name, spoil) in table {
            let report = at_rest(header, &renumbered(clean, *spoil));
            let broken: BTreeSet<_> = report.laws.iter().filter(|law| law.breached > 0).map(|law| law.id).collect();
            assert!(broken.contains(law), "{name}: {law} is silent, broken are {broken:?}");
            let breach = report.breaches.iter().find(|breach| breach.law == *law).expect("kept in words");
            let others: Vec<_> = broken.iter().filter(|other| *other != law).copied().collect();
            writeln!(text, "{name}\n    {breach}\n    besides: {}", others.join(" "))
                .expect("a String takes every write");
            spoiled.insert(*law);
        }
    }
    assert_eq!(spoiled, laws, "each law has a test that breaks it");
    expect_file!["journal_kit/breaches.txt"].assert_eq(&text);
}

/// The report of a guarded life that came to rest.
fn at_rest(header: &seatrial::journal::Header, records: &[Record]) -> seatrial::audit::AuditReport {
    let mut auditor = seatrial::audit::Auditor::new(header);
    for record in records {
        auditor.observe(record);
    }
    auditor.finish_at_rest()
}

#[test]
fn a_guarded_life_breaks_no_law() {
    let (header, records) = guarded_story().close();
    let report = at_rest(&header, &records);
    assert!(report.is_clean(), "{report}");
    let unseen: Vec<_> = report.laws.iter().filter(|law| law.checked == 0).map(|law| law.id).collect();
    assert_eq!(unseen, ["B14", "O13", "O14"], "the other story looks at those");
}

/// How many records a second the audit takes; `cargo test --no-default-features --features simulator --profile swarm --test journal_audit
/// speed -- --ignored --nocapture` tells.
#[test]
#[ignore = "a measurement, told and not judged"]
fn speed() {
    let case = seatrial::swarm::Case::draw(3);
    let records = seatrial::swarm::try_case(&case).records;
    let Some(Body::Header(header)) = records.first().map(|record| &record.body) else { panic!("no header") };
    let start = std::time::Instant::now();
    let mut taken = 0;
    while start.elapsed().as_secs() < 3 {
        taken += audit(header, &records).records;
    }
    println!("{} records a second", u128::from(taken) * 1_000_000 / start.elapsed().as_micros());
}
