//! The laws: a clean story breaks none, and each law notices the record that breaks it.

mod journal_kit;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::{expect, expect_file};
use journal_kit::story::{USDT, full_story, money};
use seatrial::audit::audit_records as audit;
use seatrial::journal::{Body, Record};
use seatrial::market::{
    Account, CancelledBecause, Cause, Command, Decision, Event, ExecutionReport, Fill, IntentId, Liquidity, Money,
    OrderState, Posting, Price, Qty, ReportKind, RiskPassId, TimeInForce, Timestamp, TraderState, Transaction,
    TransactionId,
};

#[test]
fn a_clean_story_breaks_no_law_and_looks_at_all_of_them() {
    let (header, records) = full_story().close();
    let report = audit(&header, &records);
    assert!(report.laws.iter().all(|law| law.checked > 0));
    expect![[r"
        35 laws, 597 checks over 94 records, 0 breaches
          LG-1        23  each transaction sums to zero per asset
          LG-2        18  history is appended, never edited
          LG-3        31  each fill has one trade posting and one fee posting
            L2        15  postings of a fill are its price, quantity and fee
          LG-4        23  rounding moves at most half a unit
          LG-5        11  spot cash is never negative
          LG-6         1  nothing stays unexplained
          LG-8         2  net realised of a closed position is gross less all costs
           B14         1  funding is posted once per funding time
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
            O3        15  cumulative quantity never falls
            O4        15  cumulative quantity is the sum of the fills
            E4        16  the venue's log has each execution once and none after an end
           O12         3  IOC never rests, FOK is never partial
          O12e         4  no IOC or FOK order is left over
           O13         1  post-only never takes
           O14         1  no fill after expiry
            X1         8  a fill is at its limit or better
            X6         8  a fee is the schedule's, to the unit
            P1         8  position is the sum of its fills
            P2        22  cost, gross and net follow from the fills
            P7         5  a spot position is never short
            C7         8  every fill that was made and heard is booked once
            E3        16  what is booked is what the venue did
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

#[test]
fn every_law_notices_the_record_that_breaks_it() {
    let (header, clean) = full_story().close();
    let laws: BTreeSet<_> = audit(&header, &clean).laws.iter().map(|law| law.id).collect();
    let mut spoiled = BTreeSet::new();
    let mut text = String::new();
    for (law, name, spoil) in LEDGER.iter().chain(ORDERS).chain(FILLS) {
        let mut records = clean.clone();
        spoil(&mut records);
        for (seq, record) in records.iter_mut().enumerate() {
            record.seq = seq as u64;
        }
        let report = audit(&header, &records);
        let broken: BTreeSet<_> = report.laws.iter().filter(|law| law.breached > 0).map(|law| law.id).collect();
        assert!(broken.contains(law), "{name}: {law} is silent, broken are {broken:?}");
        let breach = report.breaches.iter().find(|breach| breach.law == *law).expect("kept in words");
        let others: Vec<_> = broken.iter().filter(|other| *other != law).copied().collect();
        writeln!(text, "{name}\n    {breach}\n    besides: {}", others.join(" ")).expect("a String takes every write");
        spoiled.insert(*law);
    }
    assert_eq!(spoiled, laws, "each law has a test that breaks it");
    expect_file!["journal_kit/breaches.txt"].assert_eq(&text);
}
