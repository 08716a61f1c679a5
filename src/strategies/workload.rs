//! Trades for the sake of trading: the swarm's workload; the rules are said in [`ENTRY`].
//!
//! What it does next follows from a fixed sequence of numbers, its parameter `seed`, and from what
//! the desk shows: it draws no chance and keeps no clock. It acts at its own wakes only, so a
//! market event more or less changes nothing.

mod wish;

use super::deck::Deck;
use super::params::{INSTRUMENT, Reader, param};
use super::{Entry, Param, ParamError};
use crate::market::{
    Contract, Event, Instrument, InstrumentId, Intention, MarketEvent, OrderId, Purpose, Side, Span, Timestamp,
};
use crate::trading::orders::Order;
use crate::trading::{Desk, Strategy};

/// The workload in the catalogue.
pub const ENTRY: Entry = Entry { name: "workload", summary: SUMMARY, rules: RULES, params: &PARAMS };

const SUMMARY: &str = "Trades for the sake of trading: every kind of order a desk may send, by a sequence of numbers";

const RULES: &[&str] = &[
    "Every `pace` or so it does something a desk may do, as the numbers of `seed` say: while flat it enters, \
     market-like or with a limit of any time in force, with a stop and mostly a target; while an entry rests it \
     sometimes cancels it; while a position is open it sometimes adds, reduces, closes or rests an exit.",
    "`wrong` of a thousand wishes break a rule on purpose and must be denied.",
    "From `until` on it does nothing for `leave`, then cancels what it has and closes what it holds.",
    "It looks for no profit.",
];

const PARAMS: [Param; 7] = [
    INSTRUMENT,
    param(
        "seed",
        "1",
        "a whole number",
        ("0", "4294967295"),
        "Everything it does follows from it and from what it sees.",
    ),
    param("pace", "20s", "a duration", ("0.1s", "1h"), "Time between two acts, on average."),
    param(
        "until",
        "0",
        "a duration",
        ("0", "30d"),
        "From its beginning on it does nothing new after this; 0 is never.",
    ),
    param("leave", "0", "a duration", ("0", "1d"), "How long after `until` it closes everything."),
    param("wrong", "0", "a whole number", ("0", "1000"), "Wishes of a thousand that break a rule on purpose."),
    param("trailing", "false", "true or false", ("", ""), "Whether its positions ask for a trailing stop."),
];

/// How often what could not be left is tried again.
const LEAVE_EVERY: Span = Span::from_secs(10);

/// What it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    instrument: InstrumentId,
    spot: bool,
    pace: Span,
    until: Span,
    leave: Span,
    wrong: u32,
    trailing: bool,
}

/// The workload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workload {
    told: Told,
    deck: Deck,
    began: Option<Timestamp>,
    due: Timestamp,
}

impl Strategy for Workload {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        if *event != Event::Wake {
            return;
        }
        if desk.now() < self.due {
            return desk.wake_at(self.due);
        }
        let began = *self.began.get_or_insert(desk.now());
        let age = desk.now().since(began);
        let over = self.told.until > Span::ZERO && age >= self.told.until;
        let next = if !over {
            self.act(desk);
            Span(self.deck.around(self.told.pace.0))
        } else if age.0 < self.told.until.0 + self.told.leave.0 {
            Span(self.told.until.0 + self.told.leave.0 - age.0)
        } else {
            self.leave(desk);
            LEAVE_EVERY
        };
        self.due = desk.now().after(next);
        desk.wake_at(self.due);
    }

    fn wants(&self, _: &MarketEvent) -> bool {
        false
    }
}

impl Workload {
    /// A workload as its parameters say.
    pub(super) fn read(reader: &Reader<'_>, instruments: &[Instrument]) -> Result<Self, ParamError> {
        let instrument = reader.instrument(instruments)?;
        let told = Told {
            instrument: instrument.id,
            spot: instrument.contract == Contract::Spot,
            pace: reader.get("pace")?,
            until: reader.get("until")?,
            leave: reader.get("leave")?,
            wrong: reader.get("wrong")?,
            trailing: reader.get("trailing")?,
        };
        Ok(Self { told, deck: Deck::new(reader.get::<u32>("seed")?), began: None, due: Timestamp::MIN })
    }

    /// Its open orders: those of the desk in its instrument.
    fn own<'d>(&self, desk: &'d Desk<'_>) -> impl Iterator<Item = &'d Order> {
        let instrument = self.told.instrument;
        desk.orders().filter(move |order| order.terms.instrument == instrument)
    }

    /// One act. The numbers are drawn before the desk is looked at, so that what is seen moves as
    /// little as possible of what is drawn later.
    fn act(&mut self, desk: &mut Desk<'_>) {
        let (first, mut numbers) = self.deck.hand();
        let held = desk.position(self.told.instrument).qty;
        let open: Vec<(OrderId, Purpose)> = self.own(desk).map(|order| (order.terms.id, order.purpose)).collect();
        let entering = open.iter().any(|(_, purpose)| *purpose == Purpose::Entry);
        if let Some((id, _)) = open.first().filter(|_| first < 150) {
            drop(desk.cancel(*id));
        } else if held.is_zero() {
            if !entering || first > 900 {
                self.enter(desk, None, &mut numbers);
            }
        } else if first < 230 {
            let side = if held.0 > 0 { Side::Buy } else { Side::Sell };
            self.enter(desk, Some(side), &mut numbers);
        } else if first < 330 {
            let wish = wish::reduction(desk, self.told.instrument, held, &mut numbers);
            drop(desk.submit(wish));
        } else if first < 380 {
            drop(desk.submit(desk.proposal(self.told.instrument, Intention::Close)));
        }
    }

    /// An entry, on the side of what is held where something is.
    fn enter(&self, desk: &mut Desk<'_>, held: Option<Side>, numbers: &mut Deck) {
        let long = self.told.spot || numbers.below(2) == 0;
        let side = held.unwrap_or(if long { Side::Buy } else { Side::Sell });
        let Some(mut wish) = wish::entry(desk, self.told.instrument, side, numbers) else { return };
        wish.trailing = self.told.trailing;
        if numbers.below(1_000) < self.told.wrong {
            wish::spoil(&mut wish, numbers);
        }
        drop(desk.submit(wish));
    }

    /// Cancels what is open, then closes what is held.
    fn leave(&self, desk: &mut Desk<'_>) {
        let open: Vec<OrderId> = self.own(desk).map(|order| order.terms.id).collect();
        for id in open {
            drop(desk.cancel(id));
        }
        if !desk.position(self.told.instrument).qty.is_zero() {
            drop(desk.submit(desk.proposal(self.told.instrument, Intention::Close)));
        }
    }
}
