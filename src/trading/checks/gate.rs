//! CK-01 … CK-12: whether anything may be traded here and now, and whether anybody meant it.

use rust_decimal::Decimal;

use super::Preflight;
use crate::market::{
    AssetId, Bug, Check, Contract, Denied, Pricing, Qty, SessionState, Side, Size, TimeInForce, Timestamp, TraderState,
    planted,
};
use crate::trading::plan::Plan;
use crate::trading::setting::Written;
use crate::trading::view::{Reference, Unusable};
use crate::trading::words::Ability;

/// Greatest leverage anybody may ask for; what is asked beyond a stricter limit is trimmed (SZ-5).
const LEVERAGE_MAX: u32 = 5;

impl Preflight<'_> {
    /// CK-01: the session is open.
    pub(super) fn tradable(&self) -> Result<(), Denied> {
        let view = self.core.view.of(self.instrument.id);
        if view.session == SessionState::Open {
            return Ok(());
        }
        let since = view.session_since.map_or_else(String::new, |since| format!("since {since}"));
        Err(self.refuse(Check::Entry(1), format!("{:?}", view.session), "Open", "session", &since))
    }

    /// CK-02: every field makes sense by itself (CRITICAL-9).
    pub(super) fn fields(&self) -> Result<(), Denied> {
        let positive = |what: &str, value: Decimal| {
            let allowed = value > Decimal::ZERO;
            if allowed { Ok(()) } else { Err(self.refuse(Check::Entry(2), value.normalize(), "> 0", "", what)) }
        };
        match self.proposal.size {
            Size::Notional(notional) => positive("size", notional.decimal())?,
            Size::Quantity(qty) => positive("size", Decimal::from(qty.0))?,
            Size::RiskBased => {}
        }
        self.order_fields()?;
        if let Some(stop) = self.proposal.stop {
            positive("stop", stop.decimal())?;
        }
        if let Some(target) = self.proposal.target {
            positive("target", target.decimal())?;
        }
        let most = self.core.config.risk.max_leverage.max(LEVERAGE_MAX);
        if !(1..=most).contains(&self.proposal.leverage.into()) {
            return Err(self.refuse(Check::Entry(2), self.proposal.leverage, format!("1 to {most}"), "", "leverage"));
        }
        let confidence = self.proposal.confidence.decimal();
        if confidence < Decimal::ZERO || confidence > Decimal::ONE {
            return Err(self.refuse(Check::Entry(2), confidence, "0 to 1", "", "confidence"));
        }
        Ok(())
    }

    /// The part of CK-02 that exits share: price, time in force and post-only fit together.
    pub(super) fn order_fields(&self) -> Result<(), Denied> {
        let check = Check::Entry(2);
        if let Pricing::Limit(limit) = self.proposal.pricing
            && (limit.decimal() < Decimal::ZERO || limit.decimal().is_zero() && !planted(Bug::Critical9Validation))
        {
            return Err(self.refuse(check, limit, "> 0", "", "limit"));
        }
        let tif = self.tif();
        let takes_at_once = matches!(tif, TimeInForce::Ioc | TimeInForce::Fok);
        if self.proposal.pricing == Pricing::Market && !takes_at_once {
            return Err(self.refuse(check, format!("{tif:?}"), "Ioc or Fok", "", "a market-like order never rests"));
        }
        if self.proposal.post_only && takes_at_once {
            return Err(self.refuse(check, format!("{tif:?}"), "Gtc or Gtd", "", "a post-only order rests"));
        }
        self.offered(tif)?;
        match tif {
            TimeInForce::Gtd(until) if until <= self.now => {
                Err(self.refuse(check, until.0, format!("> {}", self.now.0), "ns", "expiry"))
            }
            _ => Ok(()),
        }
    }

    /// The capability table: what the venue lacks is denied here.
    fn offered(&self, tif: TimeInForce) -> Result<(), Denied> {
        let asked = [
            (matches!(tif, TimeInForce::Gtd(_)), Ability::Gtd),
            (tif == TimeInForce::Fok, Ability::Fok),
            (self.proposal.post_only, Ability::PostOnly),
        ];
        let beliefs = &self.core.config.beliefs;
        match asked.into_iter().find(|(asked, ability)| *asked && beliefs.lacks(&self.instrument.symbol, *ability)) {
            Some((_, ability)) => Err(self.refuse(
                Check::Entry(2),
                format!("{ability:?}"),
                "what the venue has",
                "",
                "kind or time in force",
            )),
            None => Ok(()),
        }
    }

    /// CK-03: the proposal's id is new. Ids only grow, so the last one used tells.
    pub(super) fn not_seen_before(&self) -> Result<(), Denied> {
        let last = self.core.numbers.last_proposal;
        if self.again || self.proposal.id.0 > last {
            return Ok(());
        }
        Err(self.refuse(Check::Entry(3), self.proposal.id.0, format!("> {last}"), "proposal id", "used before"))
    }

    /// CK-04: the trader is armed.
    pub(super) fn armed(&self) -> Result<(), Denied> {
        if self.core.state == TraderState::Armed {
            return Ok(());
        }
        let failing = self.core.why_not_armed();
        Err(self.refuse(Check::Entry(4), format!("{:?}", self.core.state), "Armed", "", &failing.join(", ")))
    }

    /// CK-05: no breaker denies entries.
    pub(super) fn no_breaker(&self) -> Result<(), Denied> {
        match self.core.breaker_in_force(self.now) {
            Some((trip, words)) => {
                Err(self.refuse(Check::Entry(5), trip.measured.normalize(), trip.limit.normalize(), "", &words))
            }
            None => Ok(()),
        }
    }

    /// CK-06: no cooldown runs; at its very end it does not.
    pub(super) fn cooled_down(&self) -> Result<(), Denied> {
        let Some((until, cause)) = self.core.pauses.cooling(self.instrument.id, self.now) else { return Ok(()) };
        let (left, words) = (until.since(self.now).write(), format!("cooldown after {cause:?}, until {until}"));
        Err(self.refuse(Check::Entry(6), left, "0s", "left", &words))
    }

    /// CK-07: the instrument is not reduce-only, none of its orders is unknown and none of its
    /// positions is naked.
    pub(super) fn instrument_free(&self) -> Result<(), Denied> {
        let check = Check::Entry(7);
        if let Some(why) = self.core.restricted(self.instrument.id) {
            return Err(self.refuse(check, "reduce-only", "free", "", why));
        }
        if self.core.is_naked(self.instrument.id) {
            return Err(self.refuse(check, "naked", "free", "", "its position is without full live cover"));
        }
        match self.core.orders.open_in(self.instrument.id).find(|order| order.state.is_unknown()) {
            Some(order) => {
                let what = format!("order {} is {:?}", order.terms.id.0, order.state);
                Err(self.refuse(check, "unknown", "free", "", &what))
            }
            None => Ok(()),
        }
    }

    /// CK-08: not against the open position; no short on spot.
    pub(super) fn direction(&self, side: Side) -> Result<(), Denied> {
        let check = Check::Entry(8);
        if self.instrument.contract == Contract::Spot && side == Side::Sell {
            return Err(self.refuse(check, "OpenShort", "OpenLong", "", "there is no short position on spot"));
        }
        let position = self.core.position(self.instrument.id);
        let against = position.0.signum() * side.sign() < 0;
        if against && !self.core.config.risk.allow_flip {
            let words = format!("position {}", self.instrument.qty(position).normalize());
            return Err(self.refuse(check, format!("{:?}", self.proposal.intention), "the same direction", "", &words));
        }
        Ok(())
    }

    /// CK-09: the desk does not execute again and again.
    pub(super) fn throttle(&mut self) -> Result<(), Denied> {
        let check = Check::Entry(9);
        let config = &self.core.config.throttle;
        if self.core.pauses.is_tripped(self.proposal) {
            return Err(self.refuse(check, "tripped", "re-armed", "throttle", "an operator must re-arm it"));
        }
        let (within, today) = self.core.pauses.entries(self.proposal, config.window, self.now);
        if within >= config.max_entries as usize {
            let words = format!("in {} s", config.window.0 / 1_000_000_000);
            return Err(self.refuse(check, within, config.max_entries, "entries", &words));
        }
        if today >= config.max_per_day {
            return Err(self.refuse(check, today, config.max_per_day, "entries", "today"));
        }
        self.passed(check, Decimal::from(within as u64), Decimal::from(config.max_entries));
        Ok(())
    }

    /// CK-10: no identical intent lately.
    pub(super) fn no_twin(&self) -> Result<(), Denied> {
        let window = self.core.config.risk.duplicate_window;
        match self.core.pauses.twin(self.proposal, window, self.now).filter(|_| !self.again) {
            Some(earlier) => {
                let words = format!("identical to proposal {}", earlier.0);
                Err(self.refuse(Check::Entry(10), "repeated", window.0 / 1_000_000, "ms", &words))
            }
            None => Ok(()),
        }
    }

    /// CK-11: the book may be decided on, and so may the rate that converts what it settles in.
    pub(super) fn usable_reference(&mut self) -> Result<Reference, Denied> {
        let reference = self.reference(Check::Entry(11))?;
        if self.instrument.settles_in() != self.core.currency {
            self.fresh_conversion(Check::Entry(11))?;
        }
        Ok(reference)
    }

    /// A rate into account currency is no older than a price may be: the market it is read from, or the
    /// rate itself where it keeps coming.
    fn fresh_conversion(&self, check: Check) -> Result<(), Denied> {
        let asset = self.instrument.settles_in();
        self.fresh_rate(check, asset)?;
        match self.core.valued_by(asset) {
            Some(pair) if pair.quote != self.core.currency => self.fresh_rate(check, pair.quote),
            _ => Ok(()),
        }
    }

    fn fresh_rate(&self, check: Check, asset: AssetId) -> Result<(), Denied> {
        let market = self.core.valued_by(asset).filter(|market| self.core.mark(market).is_some());
        let most = self.core.config.reference.max_age;
        let (age, limit, of) = match market {
            Some(market) => {
                let view = self.core.view.of(market.id);
                (self.now.since(view.heard), most.max(view.cadence.times(2)), market.symbol.clone())
            }
            None => match self.core.rates.get(&asset).and_then(|rate| rate.every.map(|every| (rate, every))) {
                Some((rate, every)) => (self.now.since(rate.at), most.max(every.times(2)), self.core.asset(asset)),
                None => return Ok(()),
            },
        };
        if age > limit {
            return Err(self.refuse(check, age.0, limit.0, "ns of age", &format!("conversion at {of}")));
        }
        Ok(())
    }

    /// The same for any check that needs a reference (EC-5).
    pub(super) fn reference(&mut self, check: Check) -> Result<Reference, Denied> {
        let limits = &self.core.config.reference;
        let market = self.core.view.of(self.instrument.id);
        let touch = market.quote.map_or_else(String::new, |quote| {
            let price = |price, qty: Qty| {
                if qty.is_zero() { "none".to_owned() } else { self.instrument.price(price).normalize().to_string() }
            };
            format!("bid {}, ask {}", price(quote.bid, quote.bid_qty), price(quote.ask, quote.ask_qty))
        });
        match market.reference(self.now, limits) {
            Ok(reference) => {
                let age = self.now.since(market.heard.max(Timestamp(0)));
                self.passed(check, Decimal::from(age.0), Decimal::from(limits.max_age.max(market.cadence.times(2)).0));
                Ok(reference)
            }
            Err(Unusable::Stale { age, limit }) => Err(self.refuse(check, age.0, limit.0, "ns of age", &touch)),
            Err(Unusable::OneSided) => Err(self.refuse(check, "one side", "both sides", "of the book", &touch)),
            Err(Unusable::Crossed) => Err(self.refuse(check, "crossed", "bid < ask", "", &touch)),
            Err(Unusable::Wide { spread }) => {
                Err(self.refuse(check, spread.round_dp(12).normalize(), limits.max_spread, "of spread", &touch))
            }
            Err(Unusable::Jumped { moved }) => {
                Err(self.refuse(check, moved.round_dp(12).normalize(), limits.band, "from the last good mid", &touch))
            }
        }
    }

    /// The notional asked for in account currency, where one was asked for.
    pub(super) fn requested(&self, plan: &Plan) -> Result<Option<Decimal>, Denied> {
        let size = match self.proposal.size {
            Size::RiskBased => return Ok(None),
            Size::Notional(base) if planted(Bug::Safety2Size) => base.decimal() * plan.p_size,
            Size::Notional(notional) => self.instrument.settled(notional.decimal(), plan.p_size),
            Size::Quantity(qty) => {
                let size = self.instrument.checked_size_at(qty, plan.p_size);
                self.known(Check::Entry(12), size, "a notional of 96 bits")?
            }
        };
        self.in_account(Check::Entry(12), size).map(Some)
    }

    /// CK-12: nobody would ask for so much (SAFETY-2). Nothing is trimmed here.
    pub(super) fn requested_size(&mut self, plan: &Plan) -> Result<(), Denied> {
        let check = Check::Entry(12);
        let equity = self.equity(check)?;
        let Some(requested) = self.requested(plan)? else { return Ok(()) };
        let config = &self.core.config;
        let median = self.core.pauses.median_entry(self.proposal.desk);
        let limits = [
            (Some(config.risk.trade_max.decimal()), "risk.trade_max"),
            (Some(equity * config.sanity.equity_multiple.0), "equity × sanity.equity_multiple"),
            (
                median.map(|median| median.decimal() * config.sanity.median_multiple.0),
                "median entry × sanity.median_multiple",
            ),
        ];
        let limits = limits.into_iter().filter_map(|(limit, key)| limit.map(|limit| (limit, key)));
        let named: Vec<String> = limits.clone().map(|(limit, key)| format!("{key} {}", limit.normalize())).collect();
        let words = format!("of {}; nothing was trimmed", named.join(", "));
        for (limit, key) in limits {
            self.at_most(check, requested, limit, key, &words)?;
        }
        Ok(())
    }
}
