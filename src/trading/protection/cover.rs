//! Coverage: stops and targets that follow what is held (production-rules PR-1 to PR-8, §3.5).
//!
//! Quantities and prices wanted are worked out anew at every visit and compared with the legs that
//! are open. A leg is amended in place; where it refuses that, another takes its place: new before
//! old where exits cannot exceed the position, old before new where lots back one order only.

use super::amounts::{closable, closable_beside, is_enough};
use super::legs::Leg;
use super::plan::{record, side_of};
use super::shape::{price_of, stands};
use super::{Key, Shield};
use crate::market::{
    Action, Author, Bug, ExitCause, OrderKind, OrderState, Price, Purpose, Qty, SessionState, Side, TimeInForce,
    Timestamp, planted,
};
use crate::trading::core::Core;
use crate::trading::order::{Order, Terms};
use crate::trading::position::Position;
use crate::trading::sending::Draft;
use crate::trading::words::StopKind;

/// What one purpose wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Aim {
    pub(super) purpose: Purpose,
    /// Side of the position; its legs trade on the other.
    pub(super) side: Side,
    pub(super) qty: Qty,
    pub(super) price: Price,
}

impl Core {
    /// Brings stop and target in line.
    pub(super) fn cover_position(
        &mut self,
        now: Timestamp,
        key: Key,
        held: &Position,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        if !self.picture_complete() {
            return;
        }
        let (qty, tied) = (self.stop_qty(now, key, held, shield), self.ties_lots(key.1));
        let side = side_of(held.qty);
        self.follow_grid(now, key, side, shield, actions);
        let (stop, target) = shield.cover.as_ref().map_or((None, None), |cover| (cover.stop, cover.target));
        let price = stop.unwrap_or_default();
        self.keep_leg(now, key, Aim { purpose: Purpose::Stop, side, qty, price }, shield, actions);
        // Where lots back one order only, the target is watched and the stop alone rests (PR-6).
        let target = target.filter(|_| !tied || planted(Bug::ProtectReservingVenue));
        // Nothing new is aimed at while the position is on its way out; what rests stays (EX-4).
        let aims = |core: &Self| core.own_orders(key, Purpose::Target).next().is_some() || !shield.is_leaving();
        let target = target.filter(|_| aims(self));
        let qty = target.map_or(Qty::ZERO, |price| closable(self.instrument(key.1), held.qty.abs(), price, now));
        let price = target.unwrap_or_default();
        self.keep_leg(now, key, Aim { purpose: Purpose::Target, side, qty, price }, shield, actions);
        if tied && self.own_orders(key, Purpose::Exit).any(|order| order.state == OrderState::Intent) {
            // Lots may have come free for an exit that waits for them.
            self.stirred = true;
            shield.look_at(now.after(self.config.protection.swap_gap));
        }
    }

    /// The quantity of all stops together: what is held, less what live exits take where lots
    /// cannot back two orders.
    fn stop_qty(&self, now: Timestamp, key: Key, held: &Position, shield: &Shield) -> Qty {
        let Some(stop) = shield.cover.as_ref().and_then(|cover| cover.stop) else { return Qty::ZERO };
        let instrument = self.instrument(key.1);
        if planted(Bug::Critical2Partial) {
            let ordered = |id: &crate::market::OrderId| self.orders.get(*id).map(|order| order.terms.qty);
            return shield.adopted.iter().filter_map(ordered).sum();
        }
        let all = closable(instrument, held.qty.abs(), self.counted_at(key, held, shield), now);
        if !self.ties_lots(key.1) || planted(Bug::ProtectReservingVenue) {
            return all;
        }
        let leaves = |order: &&Order| order.state != OrderState::Intent || self.session_takes(key, order);
        let exits: Qty = self.own_orders(key, Purpose::Exit).filter(leaves).map(Order::could_fill).sum();
        let owed = self.owed(now, key);
        if exits.is_zero() && owed.is_zero() {
            return all;
        }
        closable_beside(instrument, held.qty.abs() - owed, exits, stop, now)
    }

    /// Whether the session takes an exit: if not, nothing is given up for it.
    fn session_takes(&self, key: Key, exit: &Order) -> bool {
        match self.view.of(key.1).session {
            SessionState::Open => true,
            SessionState::PostOnly => !exit.is_market_like(),
            SessionState::CancelOnly | SessionState::Maintenance | SessionState::Halted => false,
        }
    }

    /// What no order holds of a position where lots back one order only; without bound elsewhere.
    fn free_lots(&self, now: Timestamp, key: Key) -> Qty {
        if !self.ties_lots(key.1) || planted(Bug::ProtectReservingVenue) {
            return Qty(i64::MAX);
        }
        let purposes = [Purpose::Stop, Purpose::Target, Purpose::Exit];
        let orders = purposes.iter().flat_map(|purpose| self.own_orders(key, *purpose));
        let taken: Qty = orders.map(Order::could_fill).sum();
        Qty((self.backed(key.0, key.1).abs() - taken - self.owed(now, key)).0.max(0))
    }

    /// The grid may have changed since stop and target were planned: a stop rounds toward the market,
    /// a target toward the entry, and that is written down.
    fn follow_grid(&self, now: Timestamp, key: Key, side: Side, shield: &mut Shield, actions: &mut Vec<Action>) {
        let Some(cover) = &mut shield.cover else { return };
        let instrument = self.instrument(key.1);
        let rounded = |price: Price, side| {
            let off = (!instrument.on_tick(price, now)).then(|| instrument.price(price));
            off.and_then(|price| instrument.limit_price(side, price, now)).unwrap_or(price)
        };
        let stop = cover.stop.map(|stop| rounded(stop, side.opposite()));
        let target = cover.target.map(|target| rounded(target, side));
        if (stop, target) != (cover.stop, cover.target) {
            (cover.stop, cover.target) = (stop, target);
            record(key, cover, cover.author, "the price grid changed".to_owned(), actions);
        }
    }

    /// The price at which a stop's notional counts: its limit, else its trigger; without a stop the
    /// last price known.
    pub(super) fn counted_at(&self, key: Key, held: &Position, shield: &Shield) -> Price {
        let mark = || self.view.of(key.1).twice_mark().map_or(Price(i64::MAX), |twice| Price(twice / 2));
        let Some(stop) = shield.cover.as_ref().and_then(|cover| cover.stop) else { return mark() };
        let model = OrderKind::StopLimit { trigger: stop, limit: stop };
        if self.config.protection.stop_kind == StopKind::StopLimit {
            let kind = self.shaped(key, side_of(held.qty), model, stop, Timestamp::MAX);
            return kind.and_then(OrderKind::limit).unwrap_or(stop);
        }
        stop
    }

    /// Brings the legs of one purpose in line with what is wanted.
    fn keep_leg(&mut self, now: Timestamp, key: Key, aim: Aim, shield: &mut Shield, actions: &mut Vec<Action>) {
        let is_off = |leg: &Leg| price_of(leg.kind) != Some(aim.price);
        // One that has not left yet is not amended: it is made anew, also where less is there by now.
        let legs = self.legs(key, aim.purpose, shield);
        if stands(aim, &legs, self.instrument(key.1).rules(now).max_qty) {
            return;
        }
        let over = self.ties_lots(key.1)
            && legs.iter().filter(|leg| !leg.parting).map(|leg| leg.leaves).sum::<Qty>() > aim.qty;
        for leg in legs.iter().filter(|leg| leg.state == OrderState::Intent && (over || is_off(leg))) {
            self.part(now, leg.id, shield, actions);
        }
        let legs = self.legs(key, aim.purpose, shield);
        let mut staying: Vec<Leg> = legs.iter().filter(|leg| !leg.parting).copied().collect();
        if aim.qty.is_zero() {
            for leg in staying {
                self.part(now, leg.id, shield, actions);
            }
            return;
        }
        if self.ties_lots(key.1) && legs.iter().any(|leg| leg.parting) {
            // Its lots come free as a whole; until then nothing is placed in parts.
            return;
        }
        // The first is resized: one that takes new terms, if there is any.
        staying.sort_by_key(|leg| leg.stubborn);
        let (outdated, mut sound): (Vec<Leg>, Vec<Leg>) =
            staying.into_iter().partition(|leg| leg.stubborn && is_off(leg));
        self.drop_spare(now, key, aim, &mut sound, shield, actions);
        let Some((first, others)) = sound.split_first() else {
            return self.replace(now, key, aim, &outdated, shield, actions);
        };
        for leg in others.iter().filter(|leg| is_off(leg)) {
            self.fit_leg(now, key, aim, (*leg, leg.leaves), shield, actions);
        }
        let rest: Qty = others.iter().map(|leg| leg.leaves).sum();
        let short = self.fit_leg(now, key, aim, (*first, aim.qty - rest), shield, actions);
        let newest = sound[sound.len() - 1];
        let crowded = sound.len() > self.config.orders.stop_slots as usize;
        if crowded && !short.is_zero() {
            // Slots are few: the newest leg makes room for one that covers its part and the rest.
            self.part(now, newest.id, shield, actions);
        } else if !short.is_zero() && !self.is_enough_for(now, key, aim, short) {
            // Too little for an order of its own: one that covers it and the newest leg's part takes its place,
            // before that one ends where exits cannot exceed the position.
            let qty = newest.leaves + short;
            if self.ties_lots(key.1) || self.place_leg(now, key, Aim { qty, ..aim }, shield, actions) {
                self.part(now, newest.id, shield, actions);
            }
        } else if !short.is_zero() {
            self.place_leg(now, key, Aim { qty: short, ..aim }, shield, actions);
        }
        let confirmed: Qty = sound.iter().filter(|leg| leg.is_confirmed() && !is_off(leg)).map(|leg| leg.leaves).sum();
        if confirmed >= aim.qty || self.ties_lots(key.1) {
            for leg in outdated {
                self.part(now, leg.id, shield, actions);
            }
        }
    }

    /// Legs too many end, the newest first; the first stays and is resized.
    fn drop_spare(
        &mut self,
        now: Timestamp,
        key: Key,
        aim: Aim,
        sound: &mut Vec<Leg>,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        while sound.len() > 1 {
            let others: Qty = sound[1..].iter().map(|leg| leg.leaves).sum();
            if self.is_enough_for(now, key, aim, aim.qty - others) {
                return;
            }
            let spare = sound.pop().expect("more than one");
            self.part(now, spare.id, shield, actions);
        }
    }

    /// Whether the venue takes a leg over `qty`.
    fn is_enough_for(&self, now: Timestamp, key: Key, aim: Aim, qty: Qty) -> bool {
        let kind = self.shaped(key, aim.side, self.model(aim, false), aim.price, now);
        let price = kind.and_then(|kind| kind.limit().or(kind.trigger())).unwrap_or(aim.price);
        is_enough(self.instrument(key.1), qty, price, now)
    }

    /// No leg stands right: a new one is placed, and what it replaces ends before it or after it.
    fn replace(
        &mut self,
        now: Timestamp,
        key: Key,
        aim: Aim,
        outdated: &[Leg],
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) {
        if self.ties_lots(key.1) || planted(Bug::GapModification) {
            for leg in outdated {
                self.part(now, leg.id, shield, actions);
            }
            let lingering = self.own_orders(key, aim.purpose).next().is_some();
            if lingering {
                return;
            }
        }
        self.place_leg(now, key, aim, shield, actions);
    }

    /// Resizes or moves a leg to `leaves` at the wanted price; what it cannot take is the answer.
    fn fit_leg(
        &mut self,
        now: Timestamp,
        key: Key,
        aim: Aim,
        (leg, leaves): (Leg, Qty),
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) -> Qty {
        let most = self.instrument(key.1).rules(now).max_qty;
        let leaves_over = Qty((leaves - most).0.max(0));
        // It grows by what is free: lots of a leg that is on its way out are not free before it is gone.
        let grown = (leaves - leaves_over - leg.leaves).min(self.free_lots(now, key));
        let leaves = leg.leaves + grown;
        let (resized, moved) = (leaves != leg.leaves, price_of(leg.kind) != Some(aim.price));
        if !resized && !moved || leg.state != OrderState::Live {
            return if leg.state == OrderState::Live { leaves_over } else { Qty::ZERO };
        }
        if leg.stubborn {
            return self.unbending(now, key, leg, leaves, shield, actions) + leaves_over;
        }
        // Lots an exit waits for are given at once.
        let hurries = leaves < leg.leaves && self.ties_lots(key.1);
        let may =
            (resized && (hurries || self.may_resize(now, shield))) || (moved && self.may_move(now, aim, leg, shield));
        if !may || !self.takes_orders(key) {
            return Qty::ZERO;
        }
        if moved && aim.purpose == Purpose::Stop && self.market_beyond(now, key, aim.side, aim.price) {
            self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::BeyondStop), actions);
            return Qty::ZERO;
        }
        if planted(Bug::GapModification) {
            self.part(now, leg.id, shield, actions);
            return Qty::ZERO;
        }
        let Some(kind) = self.shaped(key, aim.side, leg.kind, aim.price, now) else { return Qty::ZERO };
        let terms = Terms { qty: leg.filled + leaves, kind };
        if self.reshape(now, leg.id, terms, shield, actions) {
            shield.resized = if resized { Some(now) } else { shield.resized };
            shield.moved = if moved { Some(now) } else { shield.moved };
        }
        leaves_over
    }

    /// A leg that cannot be amended: a second one covers the difference, or where it is too large
    /// and could sell what is not held, it ends and another is placed.
    fn unbending(
        &mut self,
        now: Timestamp,
        key: Key,
        leg: Leg,
        leaves: Qty,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) -> Qty {
        if leaves >= leg.leaves {
            return leaves - leg.leaves;
        }
        if self.ties_lots(key.1) {
            self.part(now, leg.id, shield, actions);
        }
        Qty::ZERO
    }

    /// PR-3: resizes keep a distance; what waits is looked at again.
    fn may_resize(&self, now: Timestamp, shield: &mut Shield) -> bool {
        let free = shield.resized.map(|at| at.after(self.config.protection.debounce));
        match free.filter(|free| now < *free) {
            Some(free) => {
                shield.look_at(free);
                false
            }
            None => true,
        }
    }

    /// §4.7: an automatic move is sent once it improves enough or its time has come; any other at once.
    fn may_move(&self, now: Timestamp, aim: Aim, leg: Leg, shield: &mut Shield) -> bool {
        let author = shield.cover.as_ref().map(|cover| cover.author);
        let automatic = aim.purpose == Purpose::Stop && matches!(author, Some(Author::Trailing | Author::BreakEven));
        let (Some(standing), true) = (price_of(leg.kind), automatic) else { return true };
        let moved = rust_decimal::Decimal::from((aim.price.0 - standing.0).abs());
        let enough = moved >= self.config.trailing.min_step.decimal() * rust_decimal::Decimal::from(standing.0);
        let free = shield.moved.map(|at| at.after(self.config.trailing.update_every));
        match free.filter(|free| now < *free && !enough) {
            Some(free) => {
                shield.look_at(free);
                false
            }
            None => true,
        }
    }

    /// Places a leg, if anything lets it be placed; whether it was.
    fn place_leg(
        &mut self,
        now: Timestamp,
        key: Key,
        aim: Aim,
        shield: &mut Shield,
        actions: &mut Vec<Action>,
    ) -> bool {
        let is_stop = aim.purpose == Purpose::Stop;
        let may = if is_stop { Self::may_place(now, shield) } else { Self::may_aim(now, aim.price, shield) };
        if !self.takes_orders(key) || !may {
            return false;
        }
        let rules = self.instrument(key.1).rules(now);
        let qty = aim.qty.min(rules.max_qty).min(self.free_lots(now, key));
        if qty < rules.min_qty.max(Qty(1)) {
            return false;
        }
        if is_stop && self.market_beyond(now, key, aim.side, aim.price) {
            self.begin_ladder(key, shield, (Qty::ZERO, ExitCause::BeyondStop), actions);
            return false;
        }
        let model = self.model(aim, shield.trouble.refused % 2 == 1);
        let Some(kind) = self.shaped(key, aim.side, model, aim.price, now) else { return false };
        let counted = kind.limit().or(kind.trigger()).unwrap_or(aim.price);
        if !is_enough(self.instrument(key.1), qty, counted, now) {
            return false;
        }
        let bare = planted(Bug::ProtectLeverage);
        let id = self.send_order(
            now,
            Draft {
                desk: key.0,
                instrument: key.1,
                purpose: aim.purpose,
                side: aim.side.opposite(),
                kind,
                trigger_by: self.config.protection.trigger_source,
                qty,
                tif: TimeInForce::Gtc,
                reduce_only: !bare,
                leverage: if bare { 1 } else { self.leverage_of(key.0, key.1) },
                stop: None,
                twice_reference: self.view.of(key.1).twice_mark().unwrap_or(2 * aim.price.0),
            },
            actions,
        );
        shield.legs.entry(id).or_default();
        if is_stop {
            shield.moved = Some(now);
        }
        true
    }
}
