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
//! A market of agents comes to some of these by itself: to post-only while it gathers orders for an auction, where a
//! limit that crosses rests, too, and what is reduce-only on margin does not; to cancel-only at night; to a halt. The
//! stricter of that and of what a fault says holds.
//!
//! Time runs on in every session: orders expire and the dead-man's switch cancels. Queries are
//! answered. Nothing here announces a session ahead.

use super::Venue;
use super::resting::{Order, place};
use crate::market::{
    InstrumentId, NewOrder, RejectReason, SessionState, TimeInForce, Timestamp, TriggerSource, VenueMessage,
};

/// An instrument's session; it begins open.
#[derive(Clone, Copy)]
pub(super) struct Session {
    /// What the data or a fault say.
    told: SessionState,
    /// What the market of agents came to by itself; always open where there is none.
    own: SessionState,
}

impl Default for Session {
    fn default() -> Self {
        Self { told: SessionState::Open, own: SessionState::Open }
    }
}

impl Session {
    /// Which it is: the stricter of both, and maintenance above all, which hears nothing.
    pub(super) fn state(self) -> SessionState {
        match self.told {
            SessionState::Maintenance => SessionState::Maintenance,
            told => told.max(self.own),
        }
    }

    /// Whether nobody keeps the agents from trading.
    pub(super) fn lets_act(self) -> bool {
        self.told == SessionState::Open
    }

    /// The market of agents came to a state by itself; whether the session is another one now.
    pub(super) fn turn(&mut self, own: SessionState) -> bool {
        let before = self.state();
        self.own = own;
        self.state() != before
    }

    /// Whether resting orders of ours trade.
    pub(super) fn matches(self) -> bool {
        match self.state() {
            SessionState::Open | SessionState::PostOnly | SessionState::CancelOnly => true,
            SessionState::Maintenance | SessionState::Halted => false,
        }
    }

    /// Whether triggers are looked at.
    pub(super) fn fires(self) -> bool {
        match self.state() {
            SessionState::Open => true,
            SessionState::PostOnly | SessionState::CancelOnly | SessionState::Maintenance | SessionState::Halted => {
                false
            }
        }
    }

    /// Whether a cancel is heard.
    pub(super) fn cancels(self) -> bool {
        match self.state() {
            SessionState::Open | SessionState::PostOnly | SessionState::CancelOnly | SessionState::Halted => true,
            SessionState::Maintenance => false,
        }
    }
}

impl Venue {
    /// The data tell a session. A market that keeps days of its own knows better.
    pub(super) fn on_told_session(
        &mut self,
        now: Timestamp,
        instrument: InstrumentId,
        state: SessionState,
        out: &mut Vec<VenueMessage>,
    ) {
        let background = self.markets.get(place(instrument)).and_then(|market| market.background.as_ref());
        let keeps_days = background.is_some_and(|background| background.keeps_days());
        self.on_session(now, instrument, if keeps_days { SessionState::Open } else { state }, out);
    }

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
        let before = market.session.state();
        market.session.told = state;
        let state = market.session.state();
        out.push(VenueMessage::Session { instrument, state });
        if before != state {
            self.session_turned(now, instrument, out);
        }
    }

    /// Serves at once what the market came to while we could not trade.
    pub(super) fn session_turned(&mut self, now: Timestamp, instrument: InstrumentId, out: &mut Vec<VenueMessage>) {
        let last_trade = self.markets[place(instrument)].last_trade;
        let moved = |moved| moved != TriggerSource::Last || last_trade.is_some();
        let fired = self.fire_touched(now, instrument, moved, out);
        self.rest_fired(&fired);
        self.book_settled(now, instrument, out);
    }

    /// Whether the session takes a new order, or new terms of an `open` one.
    pub(super) fn session_admits(&self, order: &NewOrder, open: Option<&Order>) -> Result<(), RejectReason> {
        let admits = match self.markets[place(order.instrument)].session.state() {
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
        // What an auction makes of a position is not known before: a call takes nothing that depends on it.
        let gathers = self.markets[place(order.instrument)].gathers();
        let depends = order.reduce_only && self.config.instruments[place(order.instrument)].contract.is_margin();
        let rests = rests && !(gathers && depends);
        let waits = order.kind.trigger().is_some() && !fired;
        waits || (rests && order.kind.limit().is_some_and(|limit| !self.would_take(order, limit)))
    }
}
