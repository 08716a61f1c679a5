//! A scripted client: it drives a venue and the books, and nothing between them.
//!
//! It decides on the close of a bar by two moving averages compared exactly, sizes at the next
//! open, and sends plain market orders; a bracket rests as a stop and a limit, each of which
//! cancels the other. What is open at the end is closed at the last bar's open. After every fill
//! the books' laws must hold, and books and venue must hold the same cash and quantity.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use seatrial::market::{
    Account, AssetId, Balance, Bar, Command, Contract, DeskId, ExecutionReport, FeeAsset, FeeSchedule, Fill,
    Instrument, InstrumentId, MarketEvent, Money, NewOrder, OrderId, OrderKind, PathPoint, Price, Qty, Quote, Rate,
    RawPrice, RefusedBecause, RejectReason, ReportKind, RiskPassId, Rules, Side, TimeInForce, Timestamp, TriggerSource,
    VenueMessage,
};
use seatrial::trading::booking::{Books, Execution, Marks, Outcome};
use seatrial::venue::{FillProfile, Venue, VenueConfig};

/// What a case asks of the client.
#[derive(Clone, Copy)]
pub struct Terms {
    pub cash: i64,
    /// Charged on the value of each fill.
    pub commission: Decimal,
    pub fast: usize,
    pub slow: usize,
    /// Entries trade this far beyond the open; closes at the open.
    pub spread: Option<Decimal>,
    /// So many units, or as many as equity buys.
    pub units: Option<i64>,
    /// Stop and target from the close of the signal's bar.
    pub bracket: Option<(Decimal, Decimal)>,
}

/// A round trip.
pub struct Trade {
    pub size: i64,
    pub entry_bar: usize,
    pub exit_bar: usize,
    pub entry_price: Decimal,
    pub exit_price: Decimal,
    pub pnl: Money,
    pub commission: Money,
}

/// What an order is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Entry,
    Close,
    Stop,
    Target,
}

const QUOTE: AssetId = AssetId(0);
const DESK: DeskId = DeskId(0);

pub struct Client {
    pub trades: Vec<Trade>,
    pub equity: Vec<Money>,
    terms: Terms,
    venue: Venue,
    books: Books,
    instrument: Instrument,
    now: Timestamp,
    bar: usize,
    roles: Vec<Role>,
    /// The bracket's live orders.
    resting: Vec<OrderId>,
    /// Close of the signal's bar.
    signal: Price,
    entered: (usize, Price),
}

impl Client {
    /// For bars of prices with so many decimals.
    pub fn new(terms: Terms, decimals: u32) -> Self {
        let parts = terms.bracket.map_or([Decimal::ZERO; 2], |(stop, target)| [stop, target]);
        let parts = [terms.spread.unwrap_or_default(), parts[0], parts[1]];
        let more = parts.iter().map(|part| part.normalize().scale()).max().unwrap_or(0);
        let instrument = instrument(terms.commission, Decimal::new(1, decimals + more));
        let cash = Money::new(terms.cash.into());
        let balances = vec![Balance { asset: QUOTE, total: cash }];
        let config =
            VenueConfig { profile: FillProfile::ParityFull, ..VenueConfig::new(vec![instrument.clone()], balances) };
        let mut books = Books::new();
        books.opening(Timestamp(0), &[(QUOTE, cash)]);
        Self {
            trades: Vec::new(),
            equity: Vec::new(),
            terms,
            venue: Venue::new(config),
            books,
            instrument,
            now: Timestamp(0),
            bar: 0,
            roles: Vec::new(),
            resting: Vec::new(),
            signal: Price(0),
            entered: (0, Price(0)),
        }
    }

    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    pub fn run(&mut self, bars: &[Bar]) {
        let mut sums = vec![0_i128];
        let mut wish = None;
        for (number, bar) in bars.iter().enumerate() {
            self.bar = number;
            self.path(PathPoint::Open, bar);
            if let Some(side) = wish.take() {
                self.turn(side, bar.open);
            }
            if number + 1 == bars.len() {
                self.leave();
            }
            for point in [PathPoint::FirstExtreme, PathPoint::SecondExtreme, PathPoint::Close] {
                self.path(point, bar);
            }
            sums.push(sums[number] + i128::from(bar.close.0));
            self.signal = bar.close;
            wish = crossing(&sums, self.terms.fast, self.terms.slow);
            self.equity.push(self.equity_at(bar.close));
        }
    }

    fn path(&mut self, point: PathPoint, bar: &Bar) {
        let step = point as i64 * (bar.length.0 / 4);
        self.now = Timestamp(bar.opened.0 + step);
        self.feed(&MarketEvent::Path(point, *bar));
    }

    /// Closes what is open and opens the other way, all at this open.
    fn turn(&mut self, side: Side, open: Price) {
        self.leave();
        if let Some(spread) = self.terms.spread {
            self.feed(&MarketEvent::Quote(self.widened(open, spread)));
        }
        let qty = self.terms.units.map_or_else(|| self.affordable(open), Qty);
        self.send(Role::Entry, side, OrderKind::Market, qty);
    }

    fn leave(&mut self) {
        self.cancel_bracket();
        let held = self.held();
        if !held.is_zero() {
            let side = if held.0 > 0 { Side::Sell } else { Side::Buy };
            self.send(Role::Close, side, OrderKind::Market, held.abs());
        }
    }

    /// The most units that cost less than equity, commission included.
    fn affordable(&self, open: Price) -> Qty {
        let unit = self.instrument.price(open) * (Decimal::ONE + self.terms.commission);
        let equity = self.books.ledger().balance(Account::Cash, QUOTE).decimal();
        let mut units = i64::try_from((equity / unit).floor().normalize().mantissa()).expect("a small number");
        while unit * Decimal::from(units) >= equity {
            units -= 1;
        }
        Qty(units)
    }

    fn widened(&self, open: Price, spread: Decimal) -> Quote {
        let beyond = |sign: i64| {
            let price = self.instrument.price(open) * (Decimal::ONE + spread * Decimal::from(sign));
            self.instrument.exact_price(price).expect("the tick is fine enough for the spread")
        };
        let qty = Qty(i64::MAX);
        Quote { instrument: self.instrument.id, bid: beyond(-1), bid_qty: qty, ask: beyond(1), ask_qty: qty }
    }

    fn protect(&mut self, entry: Side) {
        let Some((stop, target)) = self.terms.bracket else { return };
        let away = |part: Decimal, sign: i64| {
            let factor = Decimal::ONE + part * Decimal::from(sign * entry.sign());
            let price = self.instrument.price(self.signal) * factor;
            self.instrument.exact_price(price).expect("the tick is fine enough for the bracket")
        };
        let (trigger, limit) = (away(stop, -1), away(target, 1));
        let (side, held) = (entry.opposite(), self.held().abs());
        self.send(Role::Stop, side, OrderKind::StopMarket { trigger }, held);
        if !self.held().is_zero() {
            self.send(Role::Target, side, OrderKind::Limit { limit }, held);
        }
    }

    fn cancel_bracket(&mut self) {
        for order in std::mem::take(&mut self.resting) {
            self.command(&Command::Cancel(order));
        }
    }

    fn send(&mut self, role: Role, side: Side, kind: OrderKind, qty: Qty) {
        let id = OrderId(u64::try_from(self.roles.len()).expect("few orders"));
        self.roles.push(role);
        if matches!(role, Role::Stop | Role::Target) {
            self.resting.push(id);
        }
        self.command(&Command::New(NewOrder {
            id,
            instrument: self.instrument.id,
            side,
            kind,
            trigger_by: TriggerSource::Last,
            qty,
            tif: TimeInForce::Gtc,
            post_only: false,
            reduce_only: role != Role::Entry,
            // More than the client uses: the venue asks for a closing order's fee before it counts the
            // margin that the close sets free, which an account that is all in cannot show.
            leverage: 2,
            deadline: Timestamp::MAX,
            risk_pass: RiskPassId(0),
        }));
    }

    fn command(&mut self, command: &Command) {
        let mut messages = Vec::new();
        self.venue.on_command(self.now, command, &mut messages);
        self.hear(messages);
    }

    fn feed(&mut self, event: &MarketEvent) {
        let mut messages = Vec::new();
        self.venue.on_market(self.now, event, &mut messages);
        self.hear(messages);
    }

    fn hear(&mut self, messages: Vec<VenueMessage>) {
        for message in messages {
            let VenueMessage::Report(report) = message else { panic!("not asked for: {message:?}") };
            let role = self.roles[usize::try_from(report.order.0).expect("few orders")];
            match report.kind {
                ReportKind::Accepted | ReportKind::Cancelled(_) => {}
                // The venue ended the other leg by itself, as soon as there was nothing left to reduce.
                ReportKind::CancelRejected(RefusedBecause::NotOpen) if role != Role::Entry => {}
                ReportKind::Filled(fill) => self.filled(role, &report, &fill),
                // The open is already beyond the stop: what the stop would have done is done at once.
                ReportKind::Rejected(RejectReason::WouldTriggerAtOnce) if role == Role::Stop => {
                    self.resting.clear();
                    self.leave();
                }
                other => panic!("bar {}: {other:?} of order {:?}", self.bar, report.order),
            }
        }
    }

    fn filled(&mut self, role: Role, report: &ExecutionReport, fill: &Fill) {
        let execution = Execution {
            desk: DESK,
            instrument: &self.instrument,
            at: report.at,
            fill,
            fee_rate: None,
            new_entry: true,
        };
        let Ok(Outcome::Booked(booked)) = self.books.book(self.now, &execution) else {
            panic!("bar {}: {fill:?} was not booked", self.bar);
        };
        self.agree();
        if let Some(closed) = booked.closed {
            let size = -fill.side.signed(closed.qty).0;
            self.trades.push(Trade {
                size,
                entry_bar: self.entered.0,
                exit_bar: self.bar,
                entry_price: self.instrument.price(self.entered.1),
                exit_price: self.instrument.price(fill.price),
                pnl: closed.net,
                commission: closed.entry_fees + closed.exit_fee,
            });
        }
        self.resting.retain(|order| *order != report.order);
        match role {
            Role::Entry => {
                self.entered = (self.bar, fill.price);
                self.protect(fill.side);
            }
            Role::Stop | Role::Target => self.cancel_bracket(),
            Role::Close => {}
        }
    }

    /// LG-1, LG-7, LG-8, and LG-9: our cash and quantity are the venue's.
    fn agree(&self) {
        self.books.verify(std::slice::from_ref(&self.instrument)).unwrap_or_else(|breach| panic!("{breach}"));
        let cash = self.venue.balances().into_iter().find(|balance| balance.asset == QUOTE).expect("an account");
        assert_eq!(self.books.ledger().balance(Account::Cash, QUOTE), cash.total, "bar {}", self.bar);
        assert_eq!(self.venue.positions()[0].qty, self.held(), "bar {}", self.bar);
    }

    fn held(&self) -> Qty {
        self.books.position(DESK, self.instrument.id).map_or(Qty::ZERO, |position| position.qty)
    }

    fn equity_at(&self, price: Price) -> Money {
        let mut marks = Marks::default();
        marks.rates.insert(QUOTE, Money::new(Decimal::ONE));
        marks.prices.insert(self.instrument.id, RawPrice::new(self.instrument.price(price)));
        self.books.equity(std::slice::from_ref(&self.instrument), &marks).expect("everything is marked")
    }
}

/// Which way the fast average crosses the slow one at the newest bar: strictly on one side before,
/// strictly on the other now. Sums over a common denominator, so nothing is rounded.
fn crossing(sums: &[i128], fast: usize, slow: usize) -> Option<Side> {
    let bars = sums.len() - 1;
    if bars < slow + 1 {
        return None;
    }
    let order = |end: usize| {
        let sum = |length: usize| sums[end] - sums[end - length];
        let (fast_length, slow_length) = (fast as i128, slow as i128);
        (sum(fast) * slow_length).cmp(&(sum(slow) * fast_length))
    };
    match (order(bars - 1), order(bars)) {
        (Ordering::Less, Ordering::Greater) => Some(Side::Buy),
        (Ordering::Greater, Ordering::Less) => Some(Side::Sell),
        _ => None,
    }
}

/// Whole units at a tick that spread and bracket do not go below, on margin, so that it can be sold short.
fn instrument(commission: Decimal, price_unit: Decimal) -> Instrument {
    let rate = Rate::new(commission);
    Instrument {
        id: InstrumentId(0),
        symbol: "UNIT/CASH".to_owned(),
        base: AssetId(1),
        quote: QUOTE,
        base_scale: 0,
        quote_scale: 8,
        contract: Contract::Linear,
        price_unit,
        qty_unit: Decimal::ONE,
        timeline: vec![Rules::unbounded(FeeSchedule { maker: rate, taker: rate, asset: FeeAsset::Quote })],
    }
}
