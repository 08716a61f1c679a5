//! A journal as text: one line per record, in the order things happened.
//!
//! ```text
//!    seq time                           cursor what      text
//!     16 2024-01-01T00:00:00.002000000Z      5 sends     new order 1: buy 0.1 BTC/USDT limit 45225, ioc
//! ```
//!
//! Times are UTC with nanoseconds, prices and quantities decimals by the header's instruments,
//! amounts carry their asset. `hears` is what the trader was told, `venue` what the venue did.
//! Nothing a journal contains reaches a terminal unescaped, and no record can make it panic.
//! It explains nothing and leaves nothing out but market data, which a journal does not hold.

use std::collections::BTreeMap;

use super::header::{Header, InstrumentCard};
use super::record::{Body, Record};
use super::words::{listed, plain, words};
use crate::market::{
    AssetId, Command, Event, ExecutionReport, Fill, InstrumentId, LinkEvent, Money, NewOrder, OrderId, OrderKind,
    OrderStatus, Price, Qty, Query, ReferenceEvent, ReportKind, TickLots, TimeInForce, Timestamp,
};

/// Traded by an order that no record before told of.
const UNHEARD_OF: InstrumentId = InstrumentId(u16::MAX);

/// Turns records into lines. It remembers which order trades what, so give it every record.
#[derive(Clone, Debug)]
pub struct Renderer<'a> {
    header: &'a Header,
    orders: BTreeMap<OrderId, InstrumentId>,
    /// When the record being rendered happened.
    now: Timestamp,
}

impl<'a> Renderer<'a> {
    /// A renderer for the journal with this header.
    #[must_use]
    pub const fn new(header: &'a Header) -> Self {
        Self { header, orders: BTreeMap::new(), now: Timestamp::MIN }
    }

    /// The line of a record, without an end of line.
    pub fn line(&mut self, record: &Record) -> String {
        self.learn(&record.body);
        self.now = record.now;
        let (what, text) = self.body(&record.body);
        format!("{:>6} {} {:>6} {what:<9} {text}", record.seq, time(record.now), record.cursor)
    }

    /// Remembers which order trades what; of orders of external hands only the venue says it.
    fn learn(&mut self, body: &Body) {
        match body {
            Body::Command(Command::New(order)) => self.remember(order.id, order.instrument),
            Body::Truth(report) | Body::Event(Event::Report(report)) => self.remember(report.order, report.instrument),
            Body::Event(Event::Account(message)) => self.learn_of_account(message),
            _ => {}
        }
    }

    fn body(&mut self, body: &Body) -> (&'static str, String) {
        match body {
            Body::Header(header) => ("begins", self.beginning(header)),
            Body::Market => ("market", "moved".to_owned()),
            Body::Event(event) => ("hears", self.event(event)),
            Body::Truth(report) => ("venue", self.report(report)),
            Body::Decision(decision) => self.decision(decision),
            Body::Command(command) => ("sends", self.command(command)),
            Body::Wake(at) => ("sleeps", format!("until {}", time(*at))),
            Body::Alert(alert) => {
                let instrument =
                    alert.instrument.map_or_else(String::new, |id| format!(" {}", plain(&self.header.symbol(id))));
                let order = alert.order.map_or_else(String::new, |id| format!(" order {}", id.0));
                ("alerts", format!("{}{instrument}{order}: {}", words(&alert.severity), plain(&alert.text)))
            }
            Body::Lost(count) => ("lost", format!("{count} market deliveries")),
            Body::Fault(text) => ("fault", plain(text)),
            Body::Cut { bytes } => ("cut", format!("{bytes} bytes of a torn tail")),
            Body::Close(closing) => {
                let chain = closing.chain.map_or_else(String::new, |chain| format!(", chain {chain}"));
                ("ends", format!("after {} records, digest {:016x}{chain}", closing.records, closing.digest))
            }
        }
    }

    fn beginning(&self, header: &Header) -> String {
        let symbols: Vec<_> = header.instruments.iter().map(|card| plain(&card.symbol)).collect();
        let tapes: Vec<_> = header
            .tapes
            .iter()
            .map(|tape| {
                format!("{} {} from {} to {}", plain(&tape.file), plain(&tape.hash), time(tape.from), time(tape.to))
            })
            .collect();
        format!(
            "{} ({}) seed {} run {} build {}; {} in {}, tapes{}",
            plain(&header.scenario.name),
            plain(&header.scenario.path),
            header.seed,
            header.run,
            plain(&header.build),
            symbols.join(", "),
            plain(&self.header.asset(header.account)),
            listed(&tapes),
        )
    }

    fn event(&self, event: &Event) -> String {
        match event {
            Event::Market(at, market) => format!("market {market:?} of {}", time(*at)),
            Event::Report(report) => self.report(report),
            Event::Link(link) => format!("link {}", link_words(*link)),
            Event::Account(message) => self.message(message),
            Event::Reference(ReferenceEvent::Rate { asset, price }) => {
                format!("rate of {}: {}", plain(&self.header.asset(*asset)), self.amount(self.header.account, *price))
            }
            Event::Reference(ReferenceEvent::PenaltyCounter { share }) => format!("penalty counter at {share}"),
            Event::Host(host) => format!("host {}", words(host)),
            Event::Wake => "the time it asked for".to_owned(),
            Event::Control(control) => {
                format!("{} by {}: {}", self.act(&control.act), plain(&control.author), plain(&control.reason))
            }
        }
    }

    pub(super) fn report(&self, report: &ExecutionReport) -> String {
        let name = report.venue_id.map_or_else(String::new, |id| format!(" ({id})"));
        let sum =
            report.cumulative.map_or_else(String::new, |sum| format!(", {} in all", self.qty(report.instrument, sum)));
        let at = if report.at == self.now { String::new() } else { format!(", at {}", time(report.at)) };
        format!("order {}{name} {}{sum}{at}", report.order.0, self.report_kind(report))
    }

    fn report_kind(&self, report: &ExecutionReport) -> String {
        let id = report.instrument;
        match &report.kind {
            ReportKind::Filled(fill) => self.fill(id, fill),
            ReportKind::Amended { qty, kind } => format!("amended to {} {}", self.qty(id, *qty), self.kind(id, *kind)),
            ReportKind::Status(OrderStatus::Open { qty, kind }) => {
                format!("is open: {} {}", self.qty(id, *qty), self.kind(id, *kind))
            }
            ReportKind::Busted(execution) => format!("busted {execution}"),
            ReportKind::Status(OrderStatus::NotFound { complete }) => {
                format!("is not found{}", if *complete { ", in a complete answer" } else { "" })
            }
            ReportKind::Status(status) => format!("is {}", words(status)),
            ReportKind::Accepted
            | ReportKind::Rejected(_)
            | ReportKind::AmendRejected(_)
            | ReportKind::Cancelled(_)
            | ReportKind::Expired
            | ReportKind::CancelRejected(_) => words(&report.kind),
        }
    }

    fn fill(&self, id: InstrumentId, fill: &Fill) -> String {
        let fee = fill.fee.map_or_else(|| "not said".to_owned(), |fee| self.amount(fee.asset, fee.amount));
        let verb = words(&fill.side);
        format!(
            "filled {}: {verb} {} at {} as {}, fee {fee}",
            fill.execution,
            self.qty(id, fill.qty),
            self.price(id, fill.price),
            words(&fill.liquidity)
        )
    }

    fn command(&self, command: &Command) -> String {
        match command {
            Command::New(order) => format!("new {}", self.order(order)),
            Command::Amend(amend) => {
                let id = self.instrument_of(amend.id);
                format!("amend of order {}: {} {}", amend.id.0, self.qty(id, amend.qty), self.kind(id, amend.kind))
            }
            Command::Cancel(id) => format!("cancel of order {}", id.0),
            Command::CancelAll(None) => "cancel of every order".to_owned(),
            Command::CancelAll(Some(id)) => format!("cancel of every order in {}", plain(&self.header.symbol(*id))),
            Command::Reconnect => "the order session torn down, and another begun".to_owned(),
            Command::CancelAllAfter(span) => format!("dead-man's switch after {} ns", span.0),
            Command::Query(Query::Order(id)) => format!("query of order {}", id.0),
            Command::Query(Query::Fills { since, page }) => {
                format!("query of fills since {}, page {page}", time(*since))
            }
            Command::Query(Query::ClosedOrders(since)) => format!("query of closed orders since {}", time(*since)),
            Command::Query(query) => format!("query of {}", words(query)),
        }
    }

    pub(super) fn order(&self, order: &NewOrder) -> String {
        let id = order.instrument;
        let tif = match order.tif {
            TimeInForce::Gtd(until) => format!("until {}", time(until)),
            tif @ (TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok) => words(&tif),
        };
        let leverage = if order.leverage == 1 { String::new() } else { format!(", leverage {}", order.leverage) };
        format!(
            "order {}: {} {} {} {}, {tif}{}{}{leverage}",
            order.id.0,
            words(&order.side),
            self.qty(id, order.qty),
            plain(&self.header.symbol(id)),
            self.kind(id, order.kind),
            if order.post_only { ", post only" } else { "" },
            if order.reduce_only { ", reduce only" } else { "" },
        )
    }

    fn kind(&self, id: InstrumentId, kind: OrderKind) -> String {
        let (name, trigger, limit) = match kind {
            OrderKind::Market => ("at market", None, None),
            OrderKind::Limit { limit } => ("limit", None, Some(limit)),
            OrderKind::StopMarket { trigger } => ("stop", Some(trigger), None),
            OrderKind::StopLimit { trigger, limit } => ("stop", Some(trigger), Some(limit)),
            OrderKind::TargetMarket { trigger } => ("target", Some(trigger), None),
            OrderKind::TargetLimit { trigger, limit } => ("target", Some(trigger), Some(limit)),
        };
        let trigger = trigger.map_or_else(String::new, |price| format!(" at {}", self.price(id, price)));
        let before = if matches!(kind, OrderKind::Limit { .. }) { " " } else { " limit " };
        let limit = limit.map_or_else(String::new, |price| format!("{before}{}", self.price(id, price)));
        format!("{name}{trigger}{limit}")
    }

    pub(super) fn price(&self, id: InstrumentId, price: Price) -> String {
        self.scaled(id, |card| card.price(price).map(|price| price.to_string()).ok(), || format!("{} ticks", price.0))
    }

    pub(super) fn qty(&self, id: InstrumentId, qty: Qty) -> String {
        self.scaled(id, |card| card.qty(qty).map(|qty| qty.to_string()).ok(), || format!("{} lots", qty.0))
    }

    pub(super) fn value(&self, id: InstrumentId, product: TickLots) -> String {
        self.scaled(
            id,
            |card| card.value(product).map(|value| value.to_string()).ok(),
            || format!("{} tick-lots", product.0),
        )
    }

    pub(super) fn amount(&self, asset: AssetId, amount: Money) -> String {
        format!("{amount} {}", plain(&self.header.asset(asset)))
    }

    pub(super) fn symbol(&self, id: InstrumentId) -> String {
        if id == UNHEARD_OF { "an unknown instrument".to_owned() } else { plain(&self.header.symbol(id)) }
    }

    pub(super) fn instrument_of(&self, order: OrderId) -> InstrumentId {
        self.orders.get(&order).copied().unwrap_or(UNHEARD_OF)
    }

    pub(super) fn header_card(&self, id: InstrumentId) -> Option<&InstrumentCard> {
        self.header.card(id)
    }

    pub(super) fn remember(&mut self, order: OrderId, instrument: InstrumentId) {
        self.orders.insert(order, instrument);
    }

    /// By the instrument's card; raw where there is none, or the number is too large for it.
    fn scaled(
        &self,
        id: InstrumentId,
        by_card: impl FnOnce(&InstrumentCard) -> Option<String>,
        raw: impl FnOnce() -> String,
    ) -> String {
        self.header_card(id).and_then(by_card).unwrap_or_else(raw)
    }
}

fn link_words(link: LinkEvent) -> String {
    match link {
        LinkEvent::Down(which) => format!("to {} down", words(&which)),
        LinkEvent::Up(which) => format!("to {} up", words(&which)),
        LinkEvent::Ambiguous(order) => format!("has an ambiguous reply to order {}", order.0),
        LinkEvent::DuplicateId(order) => format!("has order {} refused as a duplicate", order.0),
        LinkEvent::NotSent(order) => format!("proves that order {} was not sent", order.0),
        LinkEvent::Unmapped(order) => format!("has a reply to order {} that is on no table", order.0),
    }
}

/// An instant in UTC with nanoseconds; the two ends of time by name.
pub(super) fn time(at: Timestamp) -> String {
    match at {
        Timestamp::MIN => "ever".to_owned(),
        Timestamp::MAX => "never".to_owned(),
        Timestamp(nanos) => jiff::Timestamp::from_nanosecond(nanos.into())
            .map_or_else(|_| format!("{nanos} ns"), |at| format!("{at:.9}")),
    }
}
