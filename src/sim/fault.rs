//! Faults as data: what goes wrong on the wire, at the venue, in the feed, by other hands and with
//! the process, and when (faults.md §2, families A to E and J, and I01).
//!
//! A fault is a kind with its terms, a window of time, the messages it may meet, and which of those
//! it hits. A run's faults are a list of them, so that dropping one, or naming one exactly, is an
//! edit of a list: what a run did by chance it tells afterwards as a list of such exact faults.
//! Chance is drawn from streams of the faults' own, one for each fault by its number, so that
//! removing a fault moves neither the workload nor another fault.
//!
//! Nothing here happens: `Injector` decides, the loop and the venue act.

mod alter;
mod families;
mod injector;
mod term;
mod words;

pub use alter::altered;
pub use families::{FeedFault, HandFault, LinkFault, MessageFault, OrderFault, ProcessFault, RequestFault, VenueFault};
pub use injector::{Injector, MessageFate, RequestFate, Then};
pub use term::{Term, Terms};
pub use words::{Coin, Damage, Links, Message, Once, Reply, Request, Sends, Stops};

use super::rng::Stream;
use crate::market::{InstrumentId, NewOrder, OrderId, OrderKind, Side, TimeInForce, Timestamp};

/// Something that goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The number of its stream of chance: its own for life, whatever becomes of the list it is in.
    pub number: u32,
    /// What goes wrong.
    pub kind: FaultKind,
    /// First instant at which it may.
    pub from: Timestamp,
    /// First instant at which it may no more.
    pub until: Timestamp,
    /// Which of the occasions within the window it hits.
    pub when: When,
    /// Which orders' messages are an occasion, where the kind is about orders.
    pub target: Target,
    /// The instrument it keeps to; none is as [`FaultKind::reach`] says.
    pub instrument: Option<InstrumentId>,
}

/// Which instruments a kind of fault is about where none is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// All of them; one can be named.
    Every,
    /// The first of the run; another can be named.
    First,
    /// None in particular, and none can be named.
    Whole,
}

impl Fault {
    /// A fault that hits every occasion there is.
    #[must_use]
    pub const fn always(kind: FaultKind) -> Self {
        let (from, until) = (Timestamp::MIN, Timestamp::MAX);
        Self { number: 0, kind, from, until, when: When::Always, target: Target::Any, instrument: None }
    }

    /// A fault that hits the first occasion at or after an instant: a line of an explicit script.
    #[must_use]
    pub const fn at(kind: FaultKind, at: Timestamp) -> Self {
        let when = if kind.is_of_a_moment() { When::Always } else { When::Nth(1) };
        Self { from: at, when, ..Self::always(kind) }
    }
}

/// Which of its occasions a fault hits.
///
/// An occasion is a message or an order the kind is about, and for [`FaultKind::Process`] an input
/// that the journal holds. A kind about neither happens at a moment: always means once, at the
/// beginning of the window; any other rule counts the whole seconds from there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Every one; at a moment: once.
    Always,
    /// The n-th alone, counted from 1.
    Nth(u64),
    /// Every n-th.
    Every(u64),
    /// So many in a million, by chance.
    Ppm(u32),
}

/// Which orders a fault is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Any, and what is about none.
    Any,
    /// One order.
    Order(OrderId),
    /// Orders of a side.
    Side(Side),
    /// Stops of either kind.
    Stops,
    /// Orders that may rest and wait for no trigger.
    Resting,
    /// Orders that trade at once or end.
    Immediate,
    /// Orders that may only shrink a position.
    ReduceOnly,
    /// Orders that may open or grow one, and wait for no trigger.
    Opening,
}

impl Target {
    /// Whether an order is meant.
    #[must_use]
    pub fn means(self, order: &NewOrder) -> bool {
        let rests = matches!(order.tif, TimeInForce::Gtc | TimeInForce::Gtd(_));
        match self {
            Self::Any => true,
            Self::Order(id) => order.id == id,
            Self::Side(side) => order.side == side,
            Self::Stops => matches!(order.kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. }),
            Self::Resting => rests && order.kind.trigger().is_none(),
            Self::Immediate => !rests,
            Self::ReduceOnly => order.reduce_only,
            Self::Opening => !order.reduce_only && order.kind.trigger().is_none(),
        }
    }
}

/// What goes wrong, by what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// A command on its way to the venue, or what the venue makes of it.
    Request(RequestFault),
    /// A message on its way to the trader.
    Message(MessageFault),
    /// What the venue does with an order it took.
    Order(OrderFault),
    /// The links.
    Link(LinkFault),
    /// The venue as a whole.
    Venue(VenueFault),
    /// The market as the trader sees it.
    Feed(FeedFault),
    /// Other hands in the same account.
    Hand(HandFault),
    /// The trader's process.
    Process(ProcessFault),
}

impl FaultKind {
    /// Every kind by its name in scenarios.
    pub const ALL: [&'static [&'static str]; 8] = [
        RequestFault::NAMES,
        MessageFault::NAMES,
        OrderFault::NAMES,
        LinkFault::NAMES,
        VenueFault::NAMES,
        FeedFault::NAMES,
        HandFault::NAMES,
        ProcessFault::NAMES,
    ];

    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().flatten().copied()
    }

    /// The kind of a name, with the terms asked for by key; none if there is no such kind.
    pub fn with(name: &str, terms: &mut impl Terms) -> Option<Self> {
        RequestFault::with(name, terms)
            .map(Self::Request)
            .or_else(|| MessageFault::with(name, terms).map(Self::Message))
            .or_else(|| OrderFault::with(name, terms).map(Self::Order))
            .or_else(|| LinkFault::with(name, terms).map(Self::Link))
            .or_else(|| VenueFault::with(name, terms).map(Self::Venue))
            .or_else(|| FeedFault::with(name, terms).map(Self::Feed))
            .or_else(|| HandFault::with(name, terms).map(Self::Hand))
            .or_else(|| ProcessFault::with(name, terms).map(Self::Process))
    }

    /// The kind of a name on its usual terms.
    #[must_use]
    pub fn usual(name: &str) -> Option<Self> {
        Self::with(name, &mut term::Usual)
    }

    /// The kind of a name on terms drawn around the usual ones.
    #[must_use]
    pub fn drawn(name: &str, chance: &mut Stream) -> Option<Self> {
        Self::with(name, &mut term::Drawn(chance))
    }

    /// Its name in scenarios.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.row().0
    }

    /// How often it usually hits: in a million occasions, or seconds.
    #[must_use]
    pub const fn usual_ppm(&self) -> u32 {
        self.row().1
    }

    /// Its terms, as a scenario writes them.
    #[must_use]
    pub fn terms(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Request(fault) => fault.terms(),
            Self::Message(fault) => fault.terms(),
            Self::Order(fault) => fault.terms(),
            Self::Link(fault) => fault.terms(),
            Self::Venue(fault) => fault.terms(),
            Self::Feed(fault) => fault.terms(),
            Self::Hand(fault) => fault.terms(),
            Self::Process(fault) => fault.terms(),
        }
    }

    /// Whether it happens at a moment, and not to a message, an order or an input.
    #[must_use]
    pub const fn is_of_a_moment(&self) -> bool {
        match self {
            Self::Request(_) | Self::Message(_) | Self::Order(_) | Self::Process(_) => false,
            Self::Link(_) | Self::Venue(_) | Self::Feed(_) | Self::Hand(_) => true,
        }
    }

    /// Which instruments it is about where none is named.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        match self {
            Self::Request(_) | Self::Message(_) | Self::Order(_) | Self::Feed(_) => Reach::Every,
            Self::Venue(fault) => match fault {
                VenueFault::Session { .. }
                | VenueFault::Maintenance { .. }
                | VenueFault::MarkOff { .. }
                | VenueFault::IndexOff { .. }
                | VenueFault::Funding { .. } => Reach::Every,
                VenueFault::DeadMan {} | VenueFault::Reset {} | VenueFault::Lag { .. } => Reach::Whole,
            },
            Self::Hand(fault) => match fault {
                HandFault::Cancel {} | HandFault::Liquidation {} => Reach::Every,
                HandFault::Order { .. } | HandFault::Close {} | HandFault::Transfer { .. } | HandFault::Off { .. } => {
                    Reach::First
                }
            },
            Self::Link(_) | Self::Process(_) => Reach::Whole,
        }
    }

    const fn row(&self) -> (&'static str, u32) {
        match self {
            Self::Request(fault) => fault.row(),
            Self::Message(fault) => fault.row(),
            Self::Order(fault) => fault.row(),
            Self::Link(fault) => fault.row(),
            Self::Venue(fault) => fault.row(),
            Self::Feed(fault) => fault.row(),
            Self::Hand(fault) => fault.row(),
            Self::Process(fault) => fault.row(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rng::Component;
    use super::*;

    /// Terms read from what `terms` wrote.
    struct Written(Vec<(&'static str, String)>);

    impl Terms for Written {
        fn term<T: Term>(&mut self, key: &'static str, _: T) -> T {
            let text = self.0.iter().find(|(known, _)| *known == key).expect("every term is written");
            T::read(&text.1).expect("a term reads what it writes")
        }
    }

    /// Every name is a kind of that name, and every kind survives being written and read.
    #[test]
    fn kinds_are_their_names_and_their_terms() {
        let mut chance = Stream::new(1, 0, Component::Faults);
        let mut seen = Vec::new();
        for name in FaultKind::names() {
            assert!(!seen.contains(&name), "{name} twice");
            seen.push(name);
            let usual = FaultKind::usual(name).expect("a name is a kind");
            assert_eq!(usual.name(), name);
            assert!((1..=1_000_000).contains(&usual.usual_ppm()), "{name}");
            for _ in 0..50 {
                let drawn = FaultKind::drawn(name, &mut chance).expect("a name is a kind");
                assert_eq!(FaultKind::with(name, &mut Written(drawn.terms())), Some(drawn));
            }
        }
        assert!(seen.len() >= 50, "{} kinds", seen.len());
        assert_eq!(FaultKind::usual("nothing"), None);
    }
}
