//! Orders and the commands that carry them: trader to venue.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::instrument::InstrumentId;
use super::units::{Price, Qty, Side, Span, Timestamp};

/// Our order id: sequential per account epoch, never random, never reused. It is the client id at
/// the venue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct OrderId(pub u64);

impl OrderId {
    /// First id under which a venue lists an order that somebody else placed.
    pub const FIRST_EXTERNAL: Self = Self(1 << 63);
}

/// An approved wish to trade; at most one of its orders can be live.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct IntentId(pub u64);

/// Proof that an order passed its checks; nothing leaves without one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RiskPassId(pub u64);

/// One of the strategies of an account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DeskId(pub u16);

impl DeskId {
    /// The desk of orders, fills and holdings that are not ours (production-rules §4.11).
    pub const EXTERNAL: Self = Self(u16::MAX);
}

/// Least digits of a simulated venue's names.
const NUMBERED_DIGITS: usize = 12;

/// A name the venue gave: of an order or of an execution. At most 64 printable ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VenueRef {
    len: u8,
    text: [u8; Self::MAX_LEN],
}

impl VenueRef {
    /// Longest name accepted (production-rules §4.4).
    pub const MAX_LEN: usize = 64;

    /// A name, if it is 1 to 64 printable ASCII characters.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let bytes = name.as_bytes();
        let allowed = (1..=Self::MAX_LEN).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        allowed.then(|| {
            let mut text = [0; Self::MAX_LEN];
            text[..bytes.len()].copy_from_slice(bytes);
            Self { len: u8::try_from(bytes.len()).expect("at most 64"), text }
        })
    }

    /// The simulated venue's names: a letter and a number, `E000000000017`.
    #[must_use]
    pub fn numbered(letter: char, number: u64) -> Self {
        assert!(letter.is_ascii_graphic(), "a venue's names are printable ASCII");
        let digits = number.checked_ilog10().map_or(1, |power| power as usize + 1).max(NUMBERED_DIGITS);
        let (mut text, mut rest) = ([0; Self::MAX_LEN], number);
        for place in (1..=digits).rev() {
            text[place] = b'0' + u8::try_from(rest % 10).expect("a decimal digit");
            rest /= 10;
        }
        text[0] = u8::try_from(letter).expect("checked to be ASCII");
        Self { len: u8::try_from(digits + 1).expect("at most 21"), text }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.len)]).expect("checked to be ASCII")
    }
}

impl fmt::Display for VenueRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for VenueRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for VenueRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for VenueRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).ok_or_else(|| serde::de::Error::custom("a venue name is 1 to 64 printable ASCII characters"))
    }
}

/// What an order asks for. Which of the two named prices exist follows from the kind
/// (production-rules §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OrderKind {
    /// Trades at any price. The venue knows it; `trading` never sends one.
    Market,
    /// Trades at the limit or better.
    Limit {
        /// Worst price.
        limit: Price,
    },
    /// Becomes a market order when the trigger is touched against the position.
    StopMarket {
        /// Price that sets it off.
        trigger: Price,
    },
    /// Becomes a limit order when the trigger is touched against the position.
    StopLimit {
        /// Price that sets it off.
        trigger: Price,
        /// Worst price.
        limit: Price,
    },
    /// Becomes a market order when the trigger is touched in the position's favour.
    TargetMarket {
        /// Price that sets it off.
        trigger: Price,
    },
    /// Becomes a limit order when the trigger is touched in the position's favour.
    TargetLimit {
        /// Price that sets it off.
        trigger: Price,
        /// Worst price.
        limit: Price,
    },
}

impl OrderKind {
    /// The worst price it may trade at, if it names one.
    #[must_use]
    #[inline]
    pub const fn limit(self) -> Option<Price> {
        match self {
            Self::Limit { limit } | Self::StopLimit { limit, .. } | Self::TargetLimit { limit, .. } => Some(limit),
            Self::Market | Self::StopMarket { .. } | Self::TargetMarket { .. } => None,
        }
    }

    /// The price that sets it off, if it waits for one.
    #[must_use]
    #[inline]
    pub const fn trigger(self) -> Option<Price> {
        match self {
            Self::StopMarket { trigger }
            | Self::StopLimit { trigger, .. }
            | Self::TargetMarket { trigger }
            | Self::TargetLimit { trigger, .. } => Some(trigger),
            Self::Market | Self::Limit { .. } => None,
        }
    }
}

/// How long an order works.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TimeInForce {
    /// Until cancelled.
    Gtc,
    /// Until an instant.
    Gtd(Timestamp),
    /// What does not trade at once is cancelled.
    Ioc,
    /// All at once or nothing.
    Fok,
}

/// Which price sets off a trigger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum TriggerSource {
    /// The last trade.
    #[default]
    Last,
    /// The venue's mark price.
    Mark,
    /// The index of several venues; where there is none, the last trade.
    Index,
    /// The price the order would trade at: the best bid for a sell, the best ask for a buy.
    Touch,
}

/// A new order as it leaves for the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewOrder {
    /// Client id.
    pub id: OrderId,
    /// What to trade.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Kind and prices.
    pub kind: OrderKind,
    /// What sets off its trigger, if it has one.
    pub trigger_by: TriggerSource,
    /// Quantity, above zero.
    pub qty: Qty,
    /// How long it works.
    pub tif: TimeInForce,
    /// Never takes: refused if it would trade on arrival.
    pub post_only: bool,
    /// May only shrink a position.
    pub reduce_only: bool,
    /// Leverage asked for; 1 without margin.
    pub leverage: u8,
    /// The engine refuses it if it arrives later.
    pub deadline: Timestamp,
    /// The checks it passed.
    pub risk_pass: RiskPassId,
}

/// New terms for a live order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Amend {
    /// Which order.
    pub id: OrderId,
    /// New total quantity.
    pub qty: Qty,
    /// New limit and trigger; the kind itself never changes.
    pub kind: OrderKind,
}

/// A question to the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Query {
    /// What became of one order.
    Order(OrderId),
    /// All open orders.
    OpenOrders,
    /// Orders that ended since an instant.
    ClosedOrders(Timestamp),
    /// Executions since an instant, by pages: page 0 holds the newest, page 1 those before them.
    Fills {
        /// Since when.
        since: Timestamp,
        /// Which page.
        page: u32,
    },
    /// Balances and positions.
    Account,
}

/// A message from trader to venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Place an order.
    New(NewOrder),
    /// Change a live order in place.
    Amend(Amend),
    /// Cancel one order.
    Cancel(OrderId),
    /// Cancel every order, or every order of one instrument.
    CancelAll(Option<InstrumentId>),
    /// Arm the dead-man's switch: cancel every order unless repeated within the span; zero disarms.
    CancelAllAfter(Span),
    /// Ask.
    Query(Query),
    /// Tear the order session down and begin another: nothing sent on the old one can arrive any more
    /// (production-rules LD-6). It is for the host; no venue hears it.
    Reconnect,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_names_are_a_letter_and_at_least_twelve_digits() {
        for number in [0, 9, 10, 999_999_999_999, 1_000_000_000_000, u64::MAX] {
            assert_eq!(VenueRef::numbered('E', number).as_str(), format!("E{number:012}"));
        }
    }

    #[test]
    fn a_name_is_one_to_sixty_four_printable_characters() {
        assert!(VenueRef::new(&"x".repeat(64)).is_some());
        for wrong in ["", "a b", "ä", "a\n", &"x".repeat(65)] {
            assert_eq!(VenueRef::new(wrong), None, "{wrong:?}");
        }
    }
}
