//! A trader on a bench: a script instead of a strategy, a clock moved by hand, and a venue that
//! says only what a test lets it say.
//!
//! Everything goes through [`Trader::step`]; nothing here reaches into the trader.

#![allow(clippy::needless_pass_by_value, reason = "a test hands over what it made")]
#![allow(dead_code, reason = "each test file uses its own part of the bench")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rust_decimal::Decimal;
use seatrial::market::{
    Account, Action, Amend, AssetId, Balance, CancelledBecause, Command, Contract, Control, ControlAct, Decision,
    Denied, Event, ExecutionReport, Fill, FillPage, HostEvent, Instrument, InstrumentId, Intention, LinkEvent,
    Liquidity, MarketEvent, Money, NewOrder, OpenOrder, OrderId, OrderState, Price, Purpose, Qty, Quote,
    ReferenceEvent, ReportKind, Snapshot, Span, Timestamp, Trim, VenueMessage, VenuePosition, VenueRef,
};
use seatrial::trading::{Config, Desk, Setup, Strategy, Trader};

#[path = "ask.rs"]
mod ask;
pub use ask::*;

/// What a venue says to a command.
pub type Answer<'a> = dyn FnMut(Timestamp, &Command) -> Vec<Event> + 'a;

type Wish = Box<dyn FnOnce(&mut Desk<'_>) + Send>;

/// A strategy that does what the test put down for it.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Vec<Wish>>>);

impl Strategy for Script {
    fn on_event(&mut self, desk: &mut Desk<'_>, _: &Event) {
        let wishes = std::mem::take(&mut *self.0.lock().expect("one thread"));
        for wish in wishes {
            wish(desk);
        }
    }

    fn wants(&self, _: &MarketEvent) -> bool {
        !self.0.lock().expect("one thread").is_empty()
    }
}

/// A trader, its script and its clock.
pub struct Bench {
    pub trader: Trader,
    pub now: Timestamp,
    /// What the last step did.
    pub actions: Vec<Action>,
    /// How many executions the venue named so far.
    pub executions: u64,
    /// Wakes the trader asked for that have not come.
    pub wakes: BTreeSet<Timestamp>,
    script: Script,
    instruments: Vec<Instrument>,
}

impl Bench {
    /// A trader at noon that was told nothing at all.
    pub fn bare(instruments: Vec<Instrument>, config: Config) -> Self {
        let script = Script::default();
        let setup = Setup {
            config,
            cadences: vec![Span::ZERO; instruments.len()],
            instruments: instruments.clone(),
            currency: USDT,
            first_id: 1,
        };
        let trader = Trader::new(setup, Box::new(script.clone()));

        Self { trader, now: NOON, actions: Vec::new(), executions: 0, wakes: BTreeSet::new(), script, instruments }
    }

    /// The same, after its host measured the clock and verified the key; it asks for its account.
    pub fn silent(instruments: Vec<Instrument>, config: Config) -> Self {
        let mut bench = Self::bare(instruments, config);
        bench.step(&Event::Host(HostEvent::ClockOffset(Span::ZERO)));
        bench.step(&Event::Host(HostEvent::Permission { trade: true, withdraw: false }));
        bench.step(&Event::Wake);
        bench
    }

    /// An armed trader with these balances.
    pub fn holding(instruments: Vec<Instrument>, config: Config, balances: &[(AssetId, &str)]) -> Self {
        let mut bench = Self::silent(instruments, config);
        bench.account(VenueMessage::OpenOrders(Snapshot { at: bench.now, items: Vec::new() }));
        if bench.instruments.iter().any(|instrument| instrument.contract == Contract::Linear) {
            bench.account(VenueMessage::Positions(Snapshot { at: bench.now, items: Vec::new() }));
        }
        let balances = balances.iter().map(|(asset, total)| Balance { asset: *asset, total: money(total) });
        bench.account(VenueMessage::Balances(Snapshot { at: bench.now, items: balances.collect() }));
        bench
    }

    /// An armed trader on spot with 10 000 USDT, B at 45 000 and X at 0.60.
    pub fn spot(keys: &[(&str, &str)]) -> Self {
        Self::usual(Contract::Spot, keys)
    }

    /// The same on margin.
    pub fn margin(keys: &[(&str, &str)]) -> Self {
        Self::usual(Contract::Linear, keys)
    }

    fn usual(contract: Contract, keys: &[(&str, &str)]) -> Self {
        let mut bench = Self::holding(instruments(contract), config(keys), &[(USDT, "10000")]);
        bench.quotes();
        bench
    }

    /// B at 45 000 and X at 0.60.
    pub fn quotes(&mut self) {
        self.reference(B, "45000");
        self.reference(X, "0.60");
    }

    /// The same without a step of their own: learnt, not acted on.
    pub fn quotes_quietly(&mut self) {
        for (id, mid) in [(B, "45000"), (X, "0.60")] {
            let mid = self.price(id, mid);
            let (bid, ask) = (Price(mid.0 - 1), Price(mid.0 + 1));
            let quote = Quote { instrument: id, bid, bid_qty: Qty(1), ask, ask_qty: Qty(1) };
            self.trader.observe(self.now, &MarketEvent::Quote(quote));
        }
    }

    pub fn step(&mut self, event: &Event) {
        self.actions.clear();
        self.trader.step(self.now, event, &mut self.actions);
        let wakes = self.actions.iter().filter_map(|action| match action {
            Action::Wake(at) => Some((*at).max(self.now)),
            _ => None,
        });
        self.wakes.extend(wakes);
    }

    /// Lets time pass until `end`: every wake asked for comes, and the venue answers every command at
    /// once with what `answer` makes of it. What the trader did, with its times in milliseconds from
    /// now.
    pub fn pass(&mut self, nanoseconds: i64, answer: &mut Answer<'_>) -> Vec<(i64, Action)> {
        let (begin, end) = (self.now, self.now.after(Span(nanoseconds)));
        let (mut log, mut steps) = (Vec::new(), 0);
        while let Some(at) = self.wakes.first().copied().filter(|at| *at <= end) {
            self.wakes.remove(&at);
            steps += 1;
            assert!(steps < 100_000, "the trader wakes itself for ever, last to {:?}", self.actions);
            self.now = self.now.max(at);
            self.step(&Event::Wake);
            let mut said = self.answered(begin, answer, &mut log);
            while !said.is_empty() {
                let event = said.remove(0);
                self.step(&event);
                said.extend(self.answered(begin, answer, &mut log));
            }
        }
        self.now = end;
        log
    }

    fn answered(&mut self, begin: Timestamp, answer: &mut Answer<'_>, log: &mut Vec<(i64, Action)>) -> Vec<Event> {
        let at = self.now.since(begin).0 / 1_000_000;
        log.extend(self.actions.iter().map(|action| (at, action.clone())));
        let commands: Vec<Command> = self.commands();
        commands.iter().flat_map(|command| answer(self.now, command)).collect()
    }

    /// Commands the last step sent.
    pub fn commands(&self) -> Vec<Command> {
        let sent = |action: &Action| match action {
            Action::Send(command) => Some(*command),
            _ => None,
        };
        self.actions.iter().filter_map(sent).collect()
    }

    pub fn account(&mut self, message: VenueMessage) {
        self.step(&Event::Account(message));
    }

    /// Moves the clock; nobody is told.
    pub fn after(&mut self, nanoseconds: i64) {
        self.now = self.now.after(Span(nanoseconds));
    }

    pub fn instrument(&self, id: InstrumentId) -> &Instrument {
        &self.instruments[usize::from(id.0)]
    }

    pub fn price(&self, id: InstrumentId, text: &str) -> Price {
        self.instrument(id).exact_price(decimal(text)).unwrap_or_else(|| panic!("{text} is off the grid"))
    }

    pub fn qty(&self, id: InstrumentId, text: &str) -> Qty {
        self.instrument(id).exact_qty(decimal(text)).unwrap_or_else(|| panic!("{text} is off the grid"))
    }

    /// A quote with one unit on each side; an empty text is an empty side.
    pub fn quote(&mut self, id: InstrumentId, bid: &str, ask: &str) {
        let side = |text: &str| if text.is_empty() { (Price(0), Qty::ZERO) } else { (self.price(id, text), Qty(1)) };
        let ((bid, bid_qty), (ask, ask_qty)) = (side(bid), side(ask));
        self.quote_at(Quote { instrument: id, bid, bid_qty, ask, ask_qty });
    }

    pub fn quote_at(&mut self, quote: Quote) {
        self.step(&Event::Market(self.now, MarketEvent::Quote(quote)));
    }

    /// A quote one unit either side of a price.
    pub fn reference(&mut self, id: InstrumentId, mid: &str) {
        let mid = self.price(id, mid);
        let quote =
            Quote { instrument: id, bid: Price(mid.0 - 1), bid_qty: Qty(1), ask: Price(mid.0 + 1), ask_qty: Qty(1) };
        self.quote_at(quote);
    }

    pub fn rate(&mut self, asset: AssetId, price: &str) {
        self.step(&Event::Reference(ReferenceEvent::Rate { asset, price: money(price) }));
    }

    /// Brings the equity to an amount by a transfer.
    pub fn transfer_to(&mut self, equity: &str) {
        let missing = decimal(equity) - self.trader.core().equity().expect("marks are known");
        self.account(VenueMessage::Transfer(Balance { asset: USDT, total: Money::new(missing) }));
    }

    pub fn control(&mut self, act: ControlAct) {
        self.step(&Event::Control(Control { author: "operator".into(), reason: "a test".into(), act }));
    }

    /// Answers everything a pass of reconciliation asks for as a venue that agrees with the trader.
    pub fn agree(&mut self) {
        let core = self.trader.core();
        let live = core.orders().open().filter(|order| !order.state.is_terminal() && order.state != OrderState::Intent);
        let listed = |order: &seatrial::trading::order::Order| OpenOrder {
            order: order.terms.id,
            venue_id: order.venue_id.unwrap_or_else(|| VenueRef::numbered('V', order.terms.id.0)),
            instrument: order.terms.instrument,
            side: order.terms.side,
            qty: order.terms.qty,
            filled: order.filled,
            kind: order.terms.kind,
            reduce_only: order.terms.reduce_only,
        };
        let open: Vec<OpenOrder> = live.map(listed).collect();
        let assets: Vec<AssetId> = core.books().ledger().assets().collect();
        let balances = assets.iter().map(|asset| Balance { asset: *asset, total: core.books().venue_cash(*asset) });
        let balances: Vec<Balance> = balances.collect();
        let positions = self.instruments.iter().filter(|instrument| instrument.contract == Contract::Linear);
        let positions =
            positions.map(|held| VenuePosition { instrument: held.id, qty: core.position(held.id) }).collect();
        self.say(open, Vec::new(), balances, positions);
    }

    /// Answers a pass: open orders, executions (newest page first, as asked), balances, positions.
    pub fn say(
        &mut self,
        open: Vec<OpenOrder>,
        fills: Vec<ExecutionReport>,
        balances: Vec<Balance>,
        positions: Vec<VenuePosition>,
    ) {
        let at = self.now;
        let mut all = Vec::new();
        let mut tell = |bench: &mut Self, message: VenueMessage| {
            bench.account(message);
            all.append(&mut bench.actions);
        };
        tell(self, VenueMessage::OpenOrders(Snapshot { at, items: open }));
        tell(self, VenueMessage::ClosedOrders(Snapshot { at, items: Vec::new() }));
        let mut pages: Vec<Vec<ExecutionReport>> = fills.rchunks(50).map(<[_]>::to_vec).collect();
        pages.push(Vec::new());
        for (page, fills) in (0..).zip(pages) {
            let more = !fills.is_empty();
            tell(self, VenueMessage::Fills(FillPage { at, page, fills, more }));
        }
        tell(self, VenueMessage::Positions(Snapshot { at, items: positions }));
        tell(self, VenueMessage::Balances(Snapshot { at, items: balances }));
        self.actions = all;
    }

    /// The open orders of a purpose.
    pub fn open_of(&self, purpose: Purpose) -> Vec<OrderId> {
        let open = self.trader.core().orders().open().filter(|order| order.purpose == purpose);
        open.filter(|order| !order.state.is_terminal()).map(|order| order.terms.id).collect()
    }

    /// What an order could still fill.
    pub fn leaves(&self, id: OrderId) -> Qty {
        self.trader.core().orders().get(id).expect("an order of ours").could_fill()
    }

    /// An operator re-arms, and the venue agrees.
    pub fn rearm(&mut self) {
        self.control(ControlAct::Rearm { confirmation: ControlAct::REARM.to_owned() });
        self.agree();
    }

    /// Lets the desk do something, in a step of its own that says nothing to anybody.
    pub fn with_desk<T: Send + 'static>(&mut self, wish: impl FnOnce(&mut Desk<'_>) -> T + Send + 'static) -> T {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        let wish: Wish = Box::new(move |desk| *slot.lock().expect("one thread") = Some(wish(desk)));
        self.script.0.lock().expect("one thread").push(wish);
        self.step(&Event::Host(HostEvent::ClockOffset(Span::ZERO)));
        let answer = answer.lock().expect("one thread").take();
        answer.expect("the strategy is asked in every step")
    }

    /// Submits a proposal in the very step of an event.
    pub fn answer_in(&mut self, ask: &Ask, event: &Event) -> String {
        let (ask, answer) = (ask.clone(), Arc::new(Mutex::new(String::new())));
        let slot = Arc::clone(&answer);
        let wish: Wish = Box::new(move |desk| {
            let proposal = ask.proposal(desk);
            let text = desk.submit(proposal).map_or_else(|denied| denied.text, |_| "passes".to_owned());
            *slot.lock().expect("one thread") = text;
        });
        self.script.0.lock().expect("one thread").push(wish);
        self.step(event);

        answer.lock().expect("one thread").clone()
    }

    /// Submits a proposal.
    pub fn submit(&mut self, ask: &Ask) -> Result<OrderId, Denied> {
        let ask = ask.clone();
        self.with_desk(move |desk| {
            let proposal = ask.proposal(desk);
            desk.submit(proposal)
        })
    }

    /// Submits a proposal that must pass.
    pub fn open(&mut self, ask: &Ask) -> OrderId {
        self.submit(ask).unwrap_or_else(|denied| panic!("{denied}"))
    }

    /// The texts of an answer: `passes`, or the denial.
    pub fn answer(&mut self, ask: &Ask) -> String {
        self.submit(ask).map_or_else(|denied| denied.text, |_| "passes".to_owned())
    }

    /// New orders the last step sent.
    pub fn sent(&self) -> Vec<NewOrder> {
        let new = |action: &Action| match action {
            Action::Send(Command::New(order)) => Some(*order),
            _ => None,
        };
        self.actions.iter().filter_map(new).collect()
    }

    /// Cancels the last step sent.
    pub fn cancels(&self) -> Vec<OrderId> {
        let cancel = |action: &Action| match action {
            Action::Send(Command::Cancel(id)) => Some(*id),
            _ => None,
        };
        self.actions.iter().filter_map(cancel).collect()
    }

    /// Decisions the last step recorded.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.actions.iter().filter_map(|action| match action {
            Action::Record(decision) => Some(decision),
            _ => None,
        })
    }

    /// What sizing took away in the last step.
    pub fn trims(&self) -> Vec<(Trim, Decimal, Decimal)> {
        let trim = |decision: &Decision| match decision {
            Decision::Trimmed { by, from, to, .. } => Some((*by, from.decimal(), to.decimal())),
            _ => None,
        };
        self.decisions().filter_map(trim).collect()
    }

    pub fn cash(&self, asset: AssetId) -> Decimal {
        self.trader.core().books().ledger().balance(Account::Cash, asset).decimal()
    }

    pub fn position(&self, id: InstrumentId) -> Qty {
        self.trader.core().position(id)
    }

    /// A report about an order, at the time of the bench.
    pub fn report(&self, order: OrderId, cumulative: Option<Qty>, kind: ReportKind) -> ExecutionReport {
        let instrument = self.trader.core().orders().get(order).expect("an order of ours").terms.instrument;
        let venue_id = Some(VenueRef::numbered('V', order.0));
        ExecutionReport { order, venue_id, instrument, at: self.now, cumulative, kind }
    }

    pub fn tell(&mut self, report: ExecutionReport) {
        self.step(&Event::Report(report));
    }

    pub fn accept(&mut self, order: OrderId) {
        self.tell(self.report(order, Some(Qty::ZERO), ReportKind::Accepted));
    }

    /// A fill of an order at a price, the fee by the schedule.
    pub fn fill_of(&mut self, order: OrderId, qty: Qty, price: Price) -> Fill {
        self.executions += 1;
        let side = self.trader.core().orders().get(order).expect("an order of ours").terms.side;
        let execution = VenueRef::numbered('E', self.executions);
        Fill { execution, side, price, qty, liquidity: Liquidity::Taker, fee: None }
    }

    pub fn fill(&mut self, order: OrderId, qty: Qty, price: Price) {
        let fill = self.fill_of(order, qty, price);
        let filled = self.trader.core().orders().get(order).expect("an order of ours").filled;
        self.tell(self.report(order, Some(filled + qty), ReportKind::Filled(fill)));
        self.take_stops();
    }

    /// The venue takes the stops that the last step sent or resized; what that step did stays what it did.
    fn take_stops(&mut self) {
        let did = std::mem::take(&mut self.actions);
        for action in &did {
            match action {
                Action::Send(Command::New(order)) if order.kind.trigger().is_some() => self.accept(order.id),
                Action::Send(Command::Amend(Amend { id, qty, kind })) if kind.trigger().is_some() => {
                    self.tell(self.report(*id, None, ReportKind::Amended { qty: *qty, kind: *kind }));
                }
                _ => {}
            }
        }
        self.actions = did;
    }

    /// Fills what is left of an order at its limit.
    pub fn fill_whole(&mut self, order: OrderId) {
        let found = self.trader.core().orders().get(order).expect("an order of ours");
        let (left, limit) = (found.terms.qty - found.filled, found.terms.kind.limit().expect("a limit order"));
        self.fill(order, left, limit);
    }

    pub fn cancelled(&mut self, order: OrderId) {
        let filled = self.trader.core().orders().get(order).expect("an order of ours").filled;
        self.tell(self.report(order, Some(filled), ReportKind::Cancelled(CancelledBecause::Requested)));
    }

    /// Makes an order of ours unknown.
    pub fn lose(&mut self, order: OrderId) {
        self.step(&Event::Link(LinkEvent::Ambiguous(order)));
    }

    /// Opens a long at `from`, closes it at `to`, and waits for the cooldown to end.
    pub fn round_trip(&mut self, ask: &Ask, from: &str, to: &str) {
        let id = ask.instrument;
        self.reference(id, from);
        let entry = self.open(ask);
        let (qty, price) = (self.sent()[0].qty, self.price(id, from));
        self.fill(entry, qty, price);
        let exit = self.open(&Ask { intention: Intention::Close, price: None, ..ask.clone() });
        let price = self.price(id, to);
        self.fill(exit, qty, price);
        self.after(3_600 * SECOND);
    }
}
