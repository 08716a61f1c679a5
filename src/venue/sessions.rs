//! Sessions: what the venue does with an instrument in each state.
//!
//! | | new, amend | cancel | our orders match | triggers fire |
//! | --- | --- | --- | --- | --- |
//! | open | yes | yes | yes | yes |
//! | post-only | if it rests | yes | yes | no |
//! | cancel-only | no | yes | yes | no |
//! | halted | no | yes | no | no |
//! | maintenance | no | no | no | no |
//!
//! What is refused is refused for [`RejectReason::Session`]. A recorded print or level is proof that the
//! market traded, so that our resting orders match in post-only and cancel-only too. A trigger that
//! is touched while it may not fire is looked at again when the instrument opens.
//!
//! Time runs on in every session: orders expire and the dead-man's switch cancels. Queries are
//! answered. Nothing here announces a session ahead.

use super::Venue;
use super::resting::{Order, place};
use crate::market::{
    InstrumentId, NewOrder, RejectReason, SessionState, TimeInForce, Timestamp, TriggerSource, VenueMessage,
};

/// An instrument's session; it begins open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Session(SessionState);

impl Default for Session {
    fn default() -> Self {
        Self(SessionState::Open)
    }
}

impl Session {
    /// Which it is.
    pub(super) const fn state(self) -> SessionState {
        self.0
    }

    /// Whether resting orders of ours trade.
    pub(super) const fn matches(self) -> bool {
        match self.0 {
            SessionState::Open | SessionState::PostOnly | SessionState::CancelOnly => true,
            SessionState::Maintenance | SessionState::Halted => false,
        }
    }

    /// Whether triggers are looked at.
    pub(super) const fn fires(self) -> bool {
        match self.0 {
            SessionState::Open => true,
            SessionState::PostOnly | SessionState::CancelOnly | SessionState::Maintenance | SessionState::Halted => {
                false
            }
        }
    }

    /// Whether a cancel is heard.
    pub(super) const fn cancels(self) -> bool {
        match self.0 {
            SessionState::Open | SessionState::PostOnly | SessionState::CancelOnly | SessionState::Halted => true,
            SessionState::Maintenance => false,
        }
    }
}

impl Venue {
    /// A session begins. What the market came to while we could not trade is served at once: what the
    /// last trade touches, then what the book as it stands reaches.
    pub(super) fn on_session(
        &mut self,
        now: Timestamp,
        instrument: InstrumentId,
        state: SessionState,
        out: &mut Vec<VenueMessage>,
    ) {
        let Some(market) = self.markets.get_mut(place(instrument)) else { return };
        let before = std::mem::replace(&mut market.session, Session(state));
        let last_trade = market.last_trade;
        out.push(VenueMessage::Session { instrument, state });
        if before == Session(state) {
            return;
        }
        let moved = |moved| moved != TriggerSource::Last || last_trade.is_some();
        let fired = self.fire_touched(now, instrument, moved, out);
        self.rest_fired(&fired);
        self.book_settled(now, instrument, out);
    }

    /// Whether the session takes a new order, or new terms of an `open` one.
    pub(super) fn session_admits(&self, order: &NewOrder, open: Option<&Order>) -> Result<(), RejectReason> {
        let admits = match self.markets[place(order.instrument)].session.0 {
            SessionState::Open => true,
            SessionState::PostOnly => self.only_rests(order, open),
            SessionState::CancelOnly | SessionState::Maintenance | SessionState::Halted => false,
        };
        if admits { Ok(()) } else { Err(RejectReason::Session) }
    }

    /// Whether an order waits on arrival and takes nothing.
    fn only_rests(&self, order: &NewOrder, open: Option<&Order>) -> bool {
        let fired = open.is_some_and(|open| open.fired);
        let rests = matches!(order.tif, TimeInForce::Gtc | TimeInForce::Gtd(_));
        let waits = order.kind.trigger().is_some() && !fired;
        waits || (rests && order.kind.limit().is_some_and(|limit| !self.would_take(order, limit)))
    }
}
