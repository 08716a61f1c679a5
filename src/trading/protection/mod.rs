//! Protection: the stop and the target of every position (production-rules §4.5 to §4.7), and the
//! exits the core demands by itself (§3.3).
//!
//! Each position has a [`Shield`]: what is planned for it and what is being done about it. The third
//! phase of a step visits every position that changed, compares what should cover it with the orders
//! that do, and sends what is missing; visited again with nothing new, it does nothing. Coverage
//! follows the filled quantity, automatic moves of a stop only tighten, and no exit leaves without a
//! usable reference.
//!
//! It decides no entry, keeps no price of its own, and books nothing. What is not ours it leaves alone.

mod amounts;
mod cover;
mod holding;
mod ladder;
mod legs;
mod naked;
mod operator;
mod plan;
mod shape;
mod trail;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use super::core::{Core, anomaly};
use crate::market::{Action, Bug, DeskId, Event, HostEvent, InstrumentId, OrderId, Qty, Timestamp, planted};
pub(crate) use amounts::payable;
use ladder::Ladder;
use legs::Memory;
use naked::Naked;
pub use plan::Cover;
use watch::{Heed, News};

/// A position's name.
pub(crate) type Key = (DeskId, InstrumentId);

/// How often a step looks again at what its own actions changed. Two looks settle everything there
/// is; what is left after this many is a defect, and is said.
const LOOKS_MAX: u32 = 8;

/// What protects one position, and what is being done about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shield {
    /// The life of the position it belongs to.
    life: u64,
    /// What is planned; none where nobody planned the position.
    cover: Option<Cover>,
    /// Entries whose plan was taken in.
    adopted: BTreeSet<OrderId>,
    /// Protective orders not yet seen to end.
    legs: BTreeMap<OrderId, Memory>,
    /// Exits that were told to end.
    parting: BTreeSet<OrderId>,
    /// What was refused or lost of its stops.
    trouble: legs::Trouble,
    /// What was refused of its targets.
    targets: legs::TargetTrouble,
    /// When a leg was last resized, and when its stop was last moved.
    resized: Option<Timestamp>,
    moved: Option<Timestamp>,
    /// The exit the core demands.
    ladder: Option<Ladder>,
    /// What was left when an exit ended because nobody would take so little.
    dust: Option<Qty>,
    /// Whether what is held was dust when it was last looked at.
    is_dust: bool,
    /// It is without full live cover.
    naked: Option<Naked>,
    /// What the market did since the last visit.
    news: Option<News>,
    /// When the stop was touched, while it is silent.
    touched: Option<Timestamp>,
    /// Whether the market's nearness to this stop was told.
    near_told: bool,
    /// Whether its age was told.
    age_told: bool,
    /// When time alone makes a difference.
    due: Option<Timestamp>,
}

impl Shield {
    /// The stop and target wanted, if the position was planned.
    #[must_use]
    pub const fn cover(&self) -> Option<&Cover> {
        self.cover.as_ref()
    }

    /// Whether an exit is demanded and not done.
    #[must_use]
    pub const fn is_exiting(&self) -> bool {
        self.ladder.is_some()
    }

    /// Whether what is held is too little for any order: it joins the next entry, and its entries are over (§4.12).
    #[must_use]
    pub const fn is_dust(&self) -> bool {
        self.is_dust
    }

    /// Whether all of it is on its way out.
    fn is_leaving(&self) -> bool {
        self.ladder.as_ref().is_some_and(Ladder::leaves_nothing)
    }

    /// Looks again at `at`, or before.
    fn look_at(&mut self, at: Timestamp) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Whether nothing is left to do or to remember.
    fn is_idle(&self) -> bool {
        self.legs.is_empty() && self.parting.is_empty() && self.naked.is_none()
    }
}

/// Every shield, and which events of the market they heed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Protection {
    /// Boxed: each is taken out and put back at every look.
    shields: BTreeMap<Key, Box<Shield>>,
    heeds: Vec<Heed>,
    /// Whether the account picture was complete when we last looked.
    complete: bool,
    /// When we last restarted, and when the account picture was complete again after it.
    restarted: Option<Timestamp>,
    seen_again: Option<Timestamp>,
}

impl Core {
    /// What protects a position, if anything does or did.
    #[must_use]
    pub fn shield(&self, key: (DeskId, InstrumentId)) -> Option<&Shield> {
        self.protection.shields.get(&key).map(|shield| &**shield)
    }

    /// Learns what the market did where a shield heeds it; before anything else of the step.
    pub(crate) fn protection_hears(&mut self, now: Timestamp, event: &Event) {
        match event {
            Event::Market(at, market) if self.protection_heeds(market) => self.take_news(*at, market),
            Event::Host(HostEvent::Restarted) => {
                (self.protection.restarted, self.protection.seen_again) = (Some(now), None);
                self.dirty.extend(self.protection.shields.keys());
                let covers = self.protection.shields.values_mut().filter_map(|shield| shield.cover.as_mut());
                for cover in covers.filter(|_| planted(Bug::RecoverRestart)) {
                    (cover.pinned, cover.trailing, cover.extreme) = (false, false, None);
                }
            }
            _ => {}
        }
    }

    /// Positions that time alone concerns are looked at; asks to be woken for the next one.
    pub(crate) fn protection_timers(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let shields = &mut self.protection.shields;
        let due: Vec<Key> =
            shields.iter().filter(|(_, s)| s.due.is_some_and(|due| due <= now)).map(|(key, _)| *key).collect();
        self.dirty.extend(due);
        let rest = self.protection.shields.values().filter_map(|shield| shield.due).filter(|due| *due > now).min();
        if let Some(next) = rest {
            self.wake_at(next, actions);
        }
    }

    /// Brings protection in line with every position that changed: the third phase of a step.
    pub(crate) fn protect(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let complete = self.picture_complete();
        if complete != self.protection.complete {
            self.protection.complete = complete;
            if complete && self.protection.restarted.is_some() {
                self.protection.seen_again.get_or_insert(now);
            }
            self.dirty.extend(self.protection.shields.keys());
        }
        for _ in 0..LOOKS_MAX {
            if self.dirty.is_empty() {
                return;
            }
            for key in std::mem::take(&mut self.dirty) {
                // What is not ours is left alone, unless somebody demanded its exit.
                if key.0 != DeskId::EXTERNAL || self.protection.shields.contains_key(&key) {
                    self.visit(now, key, actions);
                }
            }
        }
        if !std::mem::take(&mut self.dirty).is_empty() {
            anomaly(None, format!("protection does not settle after {LOOKS_MAX} looks"), actions);
        }
    }

    /// Looks at one position.
    fn visit(&mut self, now: Timestamp, key: Key, actions: &mut Vec<Action>) {
        // What other hands took of it is not there to be protected or sold.
        let held = self.backed_position(key.0, key.1);
        // Out of the table while it is worked on: whoever asks meanwhile only marks the position.
        let found = self.protection.shields.remove(&key);
        if held.is_none() && found.is_none() && !self.has_own_orders(key) {
            return;
        }
        let mut shield = found.unwrap_or_default();
        shield.due = None;
        self.settle_legs(now, key, &mut shield, actions);
        match &held {
            None => self.stand_down(now, key, &mut shield, actions),
            Some(held) => {
                self.begin_shield(key, held, &mut shield, actions);
                self.watch_market(now, key, held, &mut shield, actions);
                self.drop_outgrown(now, key, held, &mut shield, actions);
                self.pursue(now, key, held, &mut shield, actions);
                self.cover_position(now, key, held, &mut shield, actions);
                self.judge_cover(now, key, held, &mut shield, actions);
                let price = self.counted_at(key, held, &shield);
                shield.is_dust = amounts::closable(self.instrument(key.1), held.qty.abs(), price, now).is_zero();
            }
        }
        shield.news = None;
        if let Some(due) = shield.due {
            self.wake_at(due, actions);
        }
        if held.is_some() || shield.cover.is_some() || !shield.is_idle() {
            self.protection.shields.insert(key, shield);
        }
        self.refresh_heed(key.1);
    }
}
