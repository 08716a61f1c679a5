//! A handmade journal: a venue and a trader that do everything right, one fill at a time, so that a
//! test can spoil one record and see who notices.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use seatrial::journal::{Body, Header, Record};
use seatrial::market::{
    Account, AssetId, CancelledBecause, Cause, Command, Contract, Decision, DeskId, Event, ExecutionReport, Fee, Fill,
    InstrumentId, IntentId, Liquidity, Money, NewOrder, OrderId, OrderKind, OrderState, Posting, Price, ProposalId,
    Purpose, Qty, ReportKind, RiskPassId, Side, TickLots, TimeInForce, Timestamp, TraderState, Transaction,
    TransactionId, TriggerSource, VenueMessage, VenueRef,
};

use super::header;

/// 2024-01-01T00:00:00Z.
const DAWN: i64 = 1_704_067_200_000_000_000;
pub const SPOT: InstrumentId = InstrumentId(0);
pub const PERP: InstrumentId = InstrumentId(1);
pub const BTC: AssetId = AssetId(0);
pub const USDT: AssetId = AssetId(1);
pub const USD: AssetId = AssetId(2);

/// The header of every story: BTC/USDT spot, and a linear BTC/USD.
pub fn story_header() -> Header {
    let mut header = header();
    let mut perp = header.instruments[0].clone();
    let mut dollar = header.assets[1].clone();
    dollar.name = "USD".into();
    header.assets.push(dollar);
    perp.symbol = "BTC/USD".into();
    perp.quote = USD;
    perp.contract = Contract::Linear;
    header.instruments.push(perp);
    header.tapes.clear();
    header
}

pub fn money(text: &str) -> Money {
    Money::new(text.parse().expect("a decimal in a test"))
}

#[derive(Clone, Copy, Default)]
struct Held {
    qty: i128,
    cost: i128,
    fees: Money,
}

pub struct Story {
    pub header: Header,
    pub records: Vec<Record>,
    now: i64,
    orders: BTreeMap<u64, (NewOrder, i64)>,
    held: BTreeMap<InstrumentId, Held>,
    transactions: u64,
    executions: u64,
}

impl Story {
    /// A run that has not begun, with this header.
    pub fn blank(header: Header) -> Self {
        let mut story = Self {
            header,
            records: Vec::new(),
            now: DAWN,
            orders: BTreeMap::new(),
            held: BTreeMap::new(),
            transactions: 0,
            executions: 0,
        };
        story.tell(Body::Header(Box::new(story.header.clone())));
        story.tell(Body::Event(Event::Wake));
        story
    }

    /// A run that begins armed, with these balances.
    pub fn new(opening: &[(AssetId, &str)]) -> Self {
        let mut story = Self::blank(story_header());
        story.open(opening);
        let (from, to) = (TraderState::Reconciling, TraderState::Armed);
        story.tell(Body::Decision(Decision::Became { from, to, why: "clean".into() }));
        story
    }

    /// The books open with these balances.
    pub fn open(&mut self, opening: &[(AssetId, &str)]) {
        for (asset, amount) in opening {
            self.post(
                Cause::Opening,
                &[(Account::Cash, *asset, money(amount)), (Account::External, *asset, -money(amount))],
            );
        }
    }

    pub fn tell(&mut self, body: Body) {
        let seq = self.records.len() as u64;
        self.records.push(Record { seq, now: Timestamp(self.now), cursor: seq / 4, body });
    }

    /// So many milliseconds pass.
    pub fn wait(&mut self, millis: i64) {
        self.now += millis * 1_000_000;
    }

    /// The order under this number.
    pub fn the(&self, id: u64) -> NewOrder {
        self.orders[&id].0
    }

    /// A millisecond passes.
    pub fn later(&mut self) {
        self.now += 1_000_000;
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.now)
    }

    /// A market delivery makes the trader send an order: side, price and quantity in units.
    pub fn order(&mut self, id: u64, instrument: InstrumentId, side: Side, price: i64, qty: i64, tif: TimeInForce) {
        self.order_as(id, instrument, side, price, qty, |order| order.tif = tif);
    }

    pub fn order_as(
        &mut self,
        id: u64,
        instrument: InstrumentId,
        side: Side,
        price: i64,
        qty: i64,
        change: impl FnOnce(&mut NewOrder),
    ) {
        let mut order = NewOrder {
            id: OrderId(id),
            instrument,
            side,
            kind: OrderKind::Limit { limit: Price(price) },
            trigger_by: TriggerSource::Last,
            qty: Qty(qty),
            tif: TimeInForce::Gtc,
            post_only: false,
            reduce_only: false,
            leverage: 1,
            deadline: Timestamp(self.now + 5_000_000_000),
            risk_pass: RiskPassId(id),
        };
        change(&mut order);
        self.later();
        self.tell(Body::Market);
        self.send(order, Purpose::Entry, 2 * price);
    }

    /// An order is approved and leaves, in the step under way; what the core sends has no proposal.
    pub fn send(&mut self, order: NewOrder, purpose: Purpose, twice_reference: i64) {
        let id = order.id.0;
        self.orders.insert(id, (order, 0));
        let proposal = (purpose == Purpose::Entry).then_some(ProposalId(id));
        let (intent, desk, pass) = (IntentId(id), DeskId(0), RiskPassId(id));
        self.tell(Body::Decision(Decision::Intended { intent, proposal, purpose, desk, pass, order, twice_reference }));
        self.tell(Body::Command(Command::New(order)));
    }

    /// The venue does something, at this instant.
    pub fn venue(&mut self, id: u64, kind: ReportKind) -> ExecutionReport {
        let (order, filled) = self.orders[&id];
        let report = ExecutionReport {
            order: OrderId(id),
            venue_id: Some(VenueRef::numbered('O', id)),
            instrument: order.instrument,
            at: Timestamp(self.now),
            cumulative: Some(Qty(filled)),
            kind,
        };
        self.tell(Body::Truth(report));
        report
    }

    /// This much of an order is filled, as the venue's reports say from here on.
    pub fn filled(&mut self, id: u64, qty: Qty) {
        self.orders.get_mut(&id).expect("an order of the story").1 += qty.0;
    }

    /// The venue fills an order, at this instant.
    pub fn venue_fill(&mut self, id: u64, price: i64, qty: i64, liquidity: Liquidity) -> ExecutionReport {
        self.executions += 1;
        let (order, filled) = self.orders.get_mut(&id).expect("an order of the story");
        *filled += qty;
        let (order, execution) = (*order, VenueRef::numbered('E', self.executions));
        let card = &self.header.instruments[usize::from(order.instrument.0)];
        let rate = card.timeline[0].fees.rate(liquidity).decimal();
        let amount = value(i128::from(price) * i128::from(qty)).times(rate).up(8);
        let fee = Some(Fee { asset: card.quote, amount });
        self.venue(
            id,
            ReportKind::Filled(Fill {
                execution,
                side: order.side,
                price: Price(price),
                qty: Qty(qty),
                liquidity,
                fee,
            }),
        )
    }

    /// The trader hears it a millisecond later.
    pub fn hears(&mut self, report: ExecutionReport) {
        self.later();
        self.tell(Body::Event(Event::Report(report)));
    }

    /// The venue does it now, the trader hears it a millisecond later.
    pub fn report(&mut self, id: u64, kind: ReportKind) {
        self.later();
        let report = self.venue(id, kind);
        self.hears(report);
    }

    pub fn moved(&mut self, id: u64, row: u8, from: OrderState, to: OrderState) {
        self.tell(Body::Decision(Decision::Moved { order: OrderId(id), row, from, to }));
    }

    pub fn accepted(&mut self, id: u64) {
        self.report(id, ReportKind::Accepted);
        self.moved(id, 1, OrderState::Sent, OrderState::Live);
    }

    /// The order trades, and the trader hears and books it.
    pub fn fill(&mut self, id: u64, price: i64, qty: i64, liquidity: Liquidity, from: OrderState) {
        self.later();
        let report = self.venue_fill(id, price, qty, liquidity);
        self.hears_fill(report, from);
    }

    /// The trader hears of a fill and books it.
    pub fn hears_fill(&mut self, report: ExecutionReport, from: OrderState) {
        self.hears(report);
        let ReportKind::Filled(fill) = report.kind else { panic!("not a fill") };
        let (order, _) = self.orders[&report.order.0];
        let fee = fill.fee.expect("stories say the fee").amount;
        let (execution, price) = (fill.execution, i128::from(fill.price.0));
        let signed = i128::from(fill.side.sign() * fill.qty.0);
        let (gross, net) = self.hold(order.instrument, signed, price, fee);
        let held = self.held[&order.instrument];
        let card = self.header.instruments[usize::from(order.instrument.0)].clone();
        if card.contract == Contract::Spot {
            let base = Money::new(Decimal::from_i128_with_scale(signed, 8));
            let cost = value(signed * price);
            self.post(
                Cause::Fill(execution),
                &[
                    (Account::Cash, card.base, base),
                    (Account::Market, card.base, -base),
                    (Account::Cash, card.quote, -cost.half_even(8)),
                    (Account::Market, card.quote, cost),
                    (Account::Rounding, card.quote, cost.half_even(8) - cost),
                ],
            );
        } else if gross != 0 {
            let gross = value(gross);
            self.post(
                Cause::Settlement(execution),
                &[
                    (Account::Cash, card.quote, gross.half_even(8)),
                    (Account::Market, card.quote, -gross),
                    (Account::Rounding, card.quote, gross - gross.half_even(8)),
                ],
            );
        }
        self.post(Cause::Fee(execution), &[(Account::Cash, card.quote, -fee), (Account::Fees, card.quote, fee)]);
        let whole = report.cumulative >= Some(order.qty);
        self.moved(
            report.order.0,
            if whole { 4 } else { 3 },
            from,
            if whole { OrderState::Filled } else { OrderState::Live },
        );
        self.tell(Body::Decision(Decision::Booked {
            order: report.order,
            execution,
            position: Qty(i64::try_from(held.qty).expect("small")),
            cost: TickLots(held.cost),
            gross: TickLots(gross),
            net,
        }));
    }

    /// Position arithmetic for stories that grow and shrink but never turn: gross and net.
    fn hold(&mut self, id: InstrumentId, signed: i128, price: i128, fee: Money) -> (i128, Money) {
        let held = self.held.entry(id).or_default();
        if held.qty * signed >= 0 {
            held.qty += signed;
            held.cost += signed * price;
            held.fees += fee;
            return (0, Money::ZERO);
        }
        let closed = signed.abs();
        let released = held.cost * closed / held.qty.abs();
        let share = if closed == held.qty.abs() {
            held.fees
        } else {
            let part = held.fees.decimal() * Decimal::from(i64::try_from(closed).expect("small"))
                / Decimal::from(i64::try_from(held.qty.abs()).expect("small"));
            Money::new(part).toward_zero(8)
        };
        let gross = -signed * price - released;
        held.qty += signed;
        held.cost -= released;
        held.fees -= share;
        (gross, value(gross) - share - fee)
    }

    /// Funding of an instrument is paid, out of its quote asset.
    pub fn funding(&mut self, instrument: InstrumentId, paid: &str) {
        self.later();
        let (at, paid) = (self.now(), money(paid));
        self.tell(Body::Event(Event::Account(VenueMessage::Funding { instrument, at, paid })));
        let quote = self.header.instruments[usize::from(instrument.0)].quote;
        self.held.entry(instrument).or_default().fees += paid;
        self.post(Cause::Funding(instrument, at), &[(Account::Cash, quote, -paid), (Account::Funding, quote, paid)]);
    }

    pub fn post(&mut self, cause: Cause, postings: &[(Account, AssetId, Money)]) {
        self.transactions += 1;
        let posting = |&(account, asset, amount): &(Account, AssetId, Money)| Posting { account, asset, amount };
        let postings = postings.iter().filter(|(_, _, amount)| !amount.is_zero()).map(posting).collect();
        let transaction = Transaction {
            id: TransactionId(self.transactions),
            at: Timestamp(self.now),
            desk: Some(DeskId(0)),
            cause,
            postings,
        };
        self.tell(Body::Decision(Decision::Posted(transaction)));
    }

    /// Closes the journal.
    pub fn close(mut self) -> (Header, Vec<Record>) {
        let records = self.records.len() as u64;
        self.tell(Body::Close(seatrial::journal::Closing { records, digest: 0, chain: None }));
        (self.header, self.records)
    }
}

/// A day on both markets: taker, maker, partial fills, IOC remainder, FOK, a cancel, both contracts
/// from flat to flat, and a rounding at every awkward price.
pub fn full_story() -> Story {
    use OrderState::{Live, Sent};
    let mut story = Story::new(&[(USDT, "10000"), (USD, "5000")]);
    // 1: an IOC buy fills in two parts on arrival, the rest is cancelled.
    story.order(1, SPOT, Side::Buy, 4_522_500, 10_000_000, TimeInForce::Ioc);
    story.later();
    let accepted = story.venue(1, ReportKind::Accepted);
    let fills = [(4_512_337, 2_222_222), (4_512_400, 3_000_000)];
    let fills = fills.map(|(price, qty)| story.venue_fill(1, price, qty, Liquidity::Taker));
    let cancelled = story.venue(1, ReportKind::Cancelled(CancelledBecause::Remainder));
    story.hears(accepted);
    story.moved(1, 1, Sent, Live);
    for fill in fills {
        story.hears_fill(fill, Live);
    }
    story.hears(cancelled);
    story.moved(1, 9, Live, OrderState::Cancelled);
    // 2: a post-only buy rests and is hit.
    story.order_as(2, SPOT, Side::Buy, 4_490_001, 4_000_001, |order| order.post_only = true);
    story.accepted(2);
    story.fill(2, 4_490_001, 4_000_001, Liquidity::Maker, Live);
    // 3: a resting sell with an end is hit in part, and expires.
    let until = Timestamp(story.now + 60_000_000_000);
    story.order(3, SPOT, Side::Sell, 4_530_000, 5_000_000, TimeInForce::Gtd(until));
    story.accepted(3);
    story.fill(3, 4_530_000, 1_234_567, Liquidity::Maker, Live);
    story.now = until.0;
    story.report(3, ReportKind::Expired);
    story.moved(3, 9, Live, OrderState::Expired);
    // 4: the rest is sold at once, fill or kill.
    story.order(4, SPOT, Side::Sell, 4_400_000, 7_987_656, TimeInForce::Fok);
    story.fill(4, 4_444_447, 7_987_656, Liquidity::Taker, Sent);
    // 5 and 6: short on margin, and back.
    story.order(5, PERP, Side::Sell, 4_440_000, 3_000_003, TimeInForce::Gtc);
    story.accepted(5);
    story.fill(5, 4_440_001, 3_000_003, Liquidity::Taker, Live);
    story.funding(PERP, "-0.12345678");
    story.order_as(6, PERP, Side::Buy, 4_450_000, 3_000_003, |order| order.reduce_only = true);
    story.accepted(6);
    story.fill(6, 4_431_117, 1_000_001, Liquidity::Maker, Live);
    story.fill(6, 4_449_999, 2_000_002, Liquidity::Maker, Live);
    story
}

/// Price × quantity of the story's instruments as an amount: ten decimals.
fn value(product: i128) -> Money {
    Money::new(Decimal::from_i128_with_scale(product, 10))
}
