//! What a venue may do of its own accord, or at the hand of somebody else in the same account: the
//! acts that faults are made of (faults.md §2, families B, C, E and J).
//!
//! None of them happens unless it is asked for. Each is carried out whole or not at all, keeps both
//! sides of every posting, and lands in the venue's log like anything else it does.
//!
//! What is done in an instrument may name it ([`Venue::act_on`]); where none is named it is done in
//! every instrument, or in the first, as each act says.
//!
//! [`Venue::act_on`]: super::Venue::act_on

use crate::market::{AssetId, Money, OrderId, SessionState, Side, Span, Timestamp, VenueRef};

/// An act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Cancels an open order.
    Cancel(OrderId),
    /// Refuses an open order of which nothing traded.
    RejectLate(OrderId),
    /// Rounds an open order's quantity down by a lot.
    Change(OrderId),
    /// Executes more of a filled order, at the price of its last fill: millionths of its quantity.
    Overfill(OrderId, i64),
    /// Undoes an execution.
    Bust(VenueRef),
    /// Charges millionths of an execution's fee more, or less.
    ReviseFee(VenueRef, i64),
    /// No query shows an order before an instant.
    Hide(OrderId, Timestamp),
    /// Executions of an order to come are so many ticks worse.
    Worsen(OrderId, i64),
    /// The dead-man's switch fires.
    FireDeadMan,
    /// The account is as on its first day.
    Reset,
    /// Every instrument's session changes, or the named one's.
    Session(SessionState),
    /// Queries tell of the past from now on; said again, of a later past.
    Remember,
    /// Queries tell of the present again.
    Forget,
    /// Every mark price, or the named instrument's, is off by millionths; zero ends it.
    MarkOff(i64),
    /// Every index price, or the named instrument's, is off by millionths; zero ends it.
    IndexOff(i64),
    /// Funding is charged at millionths of every margin position, or of the named one.
    Funding(i64),
    /// Funding is charged at millionths of every margin position, or of the named one, whichever side it is of.
    FundingAgainst(i64),
    /// Another hand places an order, in the first instrument or the named one.
    HandOrder {
        /// Its side.
        side: Side,
        /// Its quantity, in minimum quantities.
        times: i64,
        /// Whether it rests far from the market, or takes.
        rests: bool,
    },
    /// Another hand cancels the oldest open order of ours, in any instrument or the named one.
    HandCancel,
    /// Another hand closes what is held in the first instrument, or the named one.
    HandClose,
    /// The venue cancels every order and closes every margin position by force, or the named one.
    Liquidate,
    /// Coins come or go.
    Transfer(AssetId, Money),
    /// A balance changes and nobody says so.
    Off(AssetId, Money),
}

/// How long a lag of queries may be at least: shorter ones would only cost time.
pub const LAG_MIN: Span = Span::from_millis(100);
