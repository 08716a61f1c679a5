//! The closed lists that faults are spoken of in.

use super::Stream;
use super::term::Term;
use crate::market::{ControlAct, DeskId, Link, OrderId, RejectReason, ReportKind, Scope, SessionState, Side};

/// A type whose every value has a word.
macro_rules! worded {
    ($type:ty { $($value:path = $word:literal,)* }) => {
        impl Term for $type {
            fn allowed() -> String {
                [$($word,)*].join(", ")
            }

            fn read(text: &str) -> Option<Self> {
                [$(($word, $value),)*].into_iter().find(|(word, _)| *word == text).map(|(_, value)| value)
            }

            fn written(self) -> String {
                match self { $($value => $word,)* }.to_owned()
            }

            fn drawn(self, chance: &mut Stream) -> Self {
                let all = [$($value,)*];
                let place = chance.below(all.len() as u64);
                all.into_iter().zip(0..).find(|(_, at)| *at == place).map_or(self, |(value, _)| value)
            }
        }
    };
}

/// A kind of command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// A new order.
    New,
    /// New terms.
    Amend,
    /// A cancel.
    Cancel,
    /// A cancel of everything, or the dead-man's switch.
    CancelAll,
    /// A question.
    Query,
    /// Any command but a question.
    Order,
}
worded!(Request {
    Request::New = "new",
    Request::Amend = "amend",
    Request::Cancel = "cancel",
    Request::CancelAll = "cancel_all",
    Request::Query = "query",
    Request::Order = "order",
});

/// A kind of message to the trader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// An order was accepted.
    Ack,
    /// An order was refused, or a cancel or an amend was.
    Refusal,
    /// A part traded.
    Fill,
    /// An order ended by cancel or expiry.
    End,
    /// An order has new terms.
    Amended,
    /// A fill was undone.
    Bust,
    /// An answer to a question.
    Answer,
    /// Of the account: a transfer, funding, a session, a snapshot nobody asked for.
    Account,
    /// Any message about an order that nobody asked for.
    Report,
}
worded!(Message {
    Message::Ack = "ack",
    Message::Refusal = "refusal",
    Message::Fill = "fill",
    Message::End = "end",
    Message::Amended = "amended",
    Message::Bust = "bust",
    Message::Answer = "answer",
    Message::Account = "account",
    Message::Report = "report",
});

/// What the order link says to a command instead of yes or no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// A time-out, a reset, a page of HTML: nobody knows.
    Ambiguous,
    /// A code that is on no table.
    Unmapped,
    /// The client id was used before.
    DuplicateId,
    /// Proof that no byte left.
    NotSent,
}
worded!(Reply {
    Reply::Ambiguous = "ambiguous",
    Reply::Unmapped = "unmapped",
    Reply::DuplicateId = "duplicate_id",
    Reply::NotSent = "not_sent",
});

/// What becomes of a command sent while the order link is down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sends {
    /// It is lost and nothing is said.
    Lost,
    /// It is lost, and the link proves that no byte left.
    Proof,
    /// It is lost, and the link says that nobody knows.
    Ambiguous,
    /// It stays in the socket and arrives when the link is back.
    Stuck,
}
worded!(Sends {
    Sends::Lost = "lost",
    Sends::Proof = "proof",
    Sends::Ambiguous = "ambiguous",
    Sends::Stuck = "stuck",
});

/// How a fill is malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// Quantity zero.
    ZeroQty,
    /// A quantity below zero.
    NegativeQty,
    /// Price zero.
    ZeroPrice,
    /// The other side.
    WrongSide,
    /// An instrument that is not of the run.
    WrongInstrument,
}
worded!(Damage {
    Damage::ZeroQty = "zero_qty",
    Damage::NegativeQty = "negative_qty",
    Damage::ZeroPrice = "zero_price",
    Damage::WrongSide = "wrong_side",
    Damage::WrongInstrument = "wrong_instrument",
});

/// What a person stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stops {
    /// The order.
    Order,
    /// The first desk: everything of it is flattened.
    Desk,
    /// Everything is flattened.
    Everything,
    /// Entries, by the kill switch in its configured mode.
    Halt,
}
worded!(Stops {
    Stops::Order = "order",
    Stops::Desk = "desk",
    Stops::Everything = "everything",
    Stops::Halt = "halt",
});

impl Stops {
    /// What the person does, about an order.
    #[must_use]
    pub const fn act(self, order: OrderId) -> ControlAct {
        match self {
            Self::Order => ControlAct::Cancel(order),
            Self::Desk => ControlAct::Flatten(Scope::Desk(DeskId(0))),
            Self::Everything => ControlAct::Flatten(Scope::All),
            Self::Halt => ControlAct::Halt,
        }
    }
}

/// When a person stops it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Once {
    /// The order was accepted.
    Accepted,
    /// A part of it was filled, and the rest is open.
    Part,
}
worded!(Once { Once::Accepted = "accepted", Once::Part = "part", });

impl Once {
    /// Whether this report of an order, after which some of it is open or none, is what the person waits for.
    #[must_use]
    pub const fn is(self, kind: ReportKind, is_open: bool) -> bool {
        match self {
            Self::Accepted => matches!(kind, ReportKind::Accepted),
            Self::Part => matches!(kind, ReportKind::Filled(_)) && is_open,
        }
    }
}

/// Which coin comes or goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coin {
    /// The quote asset of the first instrument, or of the named one, in whole units.
    Quote,
    /// Its base asset, in minimum quantities; of an inverse contract, which settles in it, in whole units.
    Base,
}
worded!(Coin { Coin::Quote = "quote", Coin::Base = "base", });

worded!(Side { Side::Buy = "buy", Side::Sell = "sell", });

worded!(SessionState {
    SessionState::Open = "open",
    SessionState::PostOnly = "post_only",
    SessionState::CancelOnly = "cancel_only",
    SessionState::Maintenance = "maintenance",
    SessionState::Halted = "halted",
});

worded!(RejectReason {
    RejectReason::UnknownInstrument = "unknown_instrument",
    RejectReason::Tick = "tick",
    RejectReason::Lot = "lot",
    RejectReason::MinQty = "min_qty",
    RejectReason::MaxQty = "max_qty",
    RejectReason::MinNotional = "min_notional",
    RejectReason::PriceBand = "price_band",
    RejectReason::InsufficientBalance = "insufficient_balance",
    RejectReason::PostOnlyWouldCross = "post_only_would_cross",
    RejectReason::ReduceOnly = "reduce_only",
    RejectReason::DuplicateId = "duplicate_id",
    RejectReason::DeadlineElapsed = "deadline_elapsed",
    RejectReason::Unsupported = "unsupported",
    RejectReason::WouldTriggerAtOnce = "would_trigger_at_once",
    RejectReason::NoMarket = "no_market",
    RejectReason::TooManyOrders = "too_many_orders",
    RejectReason::Session = "session",
    RejectReason::RateLimited = "rate_limited",
    RejectReason::Busy = "busy",
    RejectReason::Nonce = "nonce",
    RejectReason::Permission = "permission",
    RejectReason::Lockout = "lockout",
});

/// A set of links, never empty where a fault names it; written `market+orders` or `all`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Links(u8);

impl Links {
    /// Every link.
    pub const ALL: Self = Self(0b1111);

    /// These links.
    #[must_use]
    pub fn of(links: &[Link]) -> Self {
        Self(links.iter().fold(0, |set, link| set | bit(*link)))
    }

    /// Whether a link is among them.
    #[must_use]
    pub const fn has(self, link: Link) -> bool {
        self.0 & bit(link) != 0
    }

    /// The links, in order.
    pub fn each(self) -> impl Iterator<Item = Link> {
        Link::ALL.into_iter().filter(move |link| self.has(*link))
    }
}

const fn bit(link: Link) -> u8 {
    1 << link as u8
}

const LINKS: [(&str, Link); 4] =
    [("market", Link::Market), ("reports", Link::Reports), ("orders", Link::Orders), ("queries", Link::Queries)];

impl Term for Links {
    fn allowed() -> String {
        "all, or some of market, reports, orders and queries joined by +".to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self::ALL);
        }
        let link = |word: &str| LINKS.iter().find(|(known, _)| *known == word).map(|(_, link)| *link);
        let links: Option<Vec<Link>> = text.split('+').map(link).collect();
        links.map(|links| Self::of(&links))
    }

    fn written(self) -> String {
        let words: Vec<&str> = LINKS.iter().filter(|(_, link)| self.has(*link)).map(|(word, _)| *word).collect();
        words.join("+")
    }

    fn drawn(self, chance: &mut Stream) -> Self {
        let links = Link::ALL.into_iter().filter(|_| chance.below(2) == 1).collect::<Vec<_>>();
        if links.is_empty() { self } else { Self::of(&links) }
    }
}
