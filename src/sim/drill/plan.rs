//! What is drawn for a run so that every part of a drill occurs in it.

use super::DRILLS;
use crate::market::{Breaker, Control, ControlAct, DeskId, Event, HostEvent, InstrumentId, Scope, Span, Timestamp};
use crate::sim::fault::{Fault, FaultKind, Target, Term, Terms, When};
use crate::sim::rng::{Component, Stream};
use crate::trading::config::Config;

/// What is drawn for a run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Drawn {
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// What people do and the host says.
    pub script: Vec<(Timestamp, Event)>,
}

/// The first number of a drill's faults, which draw from streams of their numbers: a scenario's own count from one.
const NUMBER_FROM: u32 = 1_000_000;
/// Numbers of one drill.
const NUMBERS: u32 = 1_000;
/// How often each kind of kill is tried.
const KILLS: usize = 4;
/// How often what needs several things to meet is tried.
const TRIES: u32 = 12;
/// So long before the end a person closes everything: what is then still open or unknown has no excuse.
const CLOSES_BEFORE: Span = Span::from_hours(1);
/// Entries that trade far worse than they may: several, for one may not trade at all.
const LOSSES: u64 = 8;
/// By so many percent of the price.
const WORSE_BY: i64 = 4;
/// From one round of a person who lets trading go on to the next.
const ROUND: Span = Span::from_hours(4);

/// Terms of a fault as a drill chooses them.
type Chosen<'a> = &'a [(&'static str, String)];

/// Draws drills, by their place among all, for a run from one instant to another, in its first instrument, whose price
/// is about so many ticks.
#[must_use]
pub fn draw(
    drills: &[usize],
    (seed, run): (u64, u64),
    (start, end): (Timestamp, Timestamp),
    (config, price): (&Config, i64),
) -> Drawn {
    let mut drawn = Drawn::default();
    if drills.is_empty() {
        return drawn;
    }
    for drill in drills {
        let number = u32::try_from(*drill).expect("one of twelve");
        let chance = Stream::part(seed, run, Component::Drills, number);
        let first = NUMBER_FROM + number * NUMBERS;
        let mut plan = Plan {
            chance,
            start,
            length: end.since(start),
            first,
            config,
            price,
            faults: Vec::new(),
            script: Vec::new(),
        };
        plan.of(DRILLS[*drill].id);
        drawn.faults.extend(plan.faults);
        drawn.script.extend(plan.script);
    }
    rounds(start, end.since(start), &mut drawn.script);
    drawn
}

/// A person on duty lets go whatever waits for one, every few hours, and closes everything before the end.
fn rounds(start: Timestamp, length: Span, script: &mut Vec<(Timestamp, Event)>) {
    let breaker = ControlAct::ResetBreaker;
    let acts = [
        breaker(Breaker::DailyLoss),
        breaker(Breaker::WeeklyLoss),
        breaker(Breaker::Drawdown),
        breaker(Breaker::ExecutionErrors),
        breaker(Breaker::StopEverything),
        ControlAct::ResetThrottle(DeskId(0), InstrumentId(0)),
        ControlAct::SettleExternal(InstrumentId(0)),
        rearm(),
    ];
    // A run of less than a day has it all in proportion.
    let closes = Span(length.0 - CLOSES_BEFORE.0.min(length.0 / 24));
    let every = Span(ROUND.0.min((length.0 / 6).max(1)));
    for round in (1..).take_while(|round| every.times(*round) < closes) {
        script.extend(acts.iter().map(|act| (start.after(every.times(round)), given(act.clone()))));
    }
    script.push((start.after(closes), given(ControlAct::Flatten(Scope::All))));
}

fn rearm() -> ControlAct {
    ControlAct::Rearm { confirmation: ControlAct::REARM.to_owned() }
}

fn given(act: ControlAct) -> Event {
    Event::Control(Control { author: "drill".to_owned(), reason: "rehearsal".to_owned(), act })
}

/// A drill being planned.
struct Plan<'c> {
    chance: Stream,
    start: Timestamp,
    length: Span,
    first: u32,
    config: &'c Config,
    price: i64,
    faults: Vec<Fault>,
    script: Vec<(Timestamp, Event)>,
}

/// Terms by key.
struct Named<'a>(Chosen<'a>);

impl Terms for Named<'_> {
    fn term<T: Term>(&mut self, key: &'static str, usual: T) -> T {
        let chosen = self.0.iter().find(|(named, _)| *named == key);
        chosen.map_or(usual, |(_, text)| T::read(text).expect("a term that a drill chose"))
    }
}

fn what(word: &str) -> (&'static str, String) {
    ("what", word.to_owned())
}

impl Plan<'_> {
    fn of(&mut self, id: &str) {
        match id {
            "D1" => self.acks(),
            "D2" => self.fills(),
            "D3" => self.parts(),
            "D4" => self.venue(),
            "D5" => self.feed(),
            "D6" => self.storm(),
            "D7" => self.rejections(),
            "D8" => self.kills(),
            "D9" => self.limits(),
            "D10" => self.crashes(),
            "D11" => self.journal(),
            _ => self.key(),
        }
    }

    /// An instant in the first three quarters, so that what waits for its occasion meets one.
    fn early(&mut self) -> Timestamp {
        self.start.after(self.below(Span(self.length.0 / 4 * 3)))
    }

    fn below(&mut self, most: Span) -> Span {
        let most = most.0.max(1).unsigned_abs();
        Span(i64::try_from(self.chance.below(most)).expect("below a span"))
    }

    fn between(&mut self, least: Span, most: Span) -> Span {
        Span(least.0 + self.below(Span(most.0 - least.0)).0 / 1_000_000 * 1_000_000)
    }

    /// A span between two, as a term is written.
    fn text(&mut self, key: &'static str, least: Span, most: Span) -> (&'static str, String) {
        (key, format!("{}ms", self.between(least, most).0 / 1_000_000))
    }

    fn fault(&mut self, kind: &str, terms: Chosen<'_>, from: Timestamp, when: When) {
        let kind = FaultKind::with(kind, &mut Named(terms)).expect("a kind that a drill names");
        let number = self.first + u32::try_from(self.faults.len()).expect("below a thousand");
        self.faults.push(Fault { number, from, when, ..Fault::always(kind) });
    }

    /// A fault of entries alone.
    fn of_entry(&mut self, kind: &str, terms: Chosen<'_>, from: Timestamp, nth: u64) {
        self.fault(kind, terms, from, When::Nth(nth));
        if let Some(fault) = self.faults.last_mut() {
            fault.target = Target::Opening;
        }
    }

    /// A fault of one of the first few messages after an instant.
    fn once(&mut self, kind: &str, terms: Chosen<'_>) {
        let (from, nth) = (self.early(), 1 + self.chance.below(3));
        self.fault(kind, terms, from, When::Nth(nth));
    }

    fn act(&mut self, at: Timestamp, act: ControlAct) {
        self.script.push((at, given(act)));
    }

    /// Something the host says, and after a while its opposite.
    fn host(&mut self, says: HostEvent, then: HostEvent) {
        let (at, lasts) = (self.early(), self.between(Span::from_mins(2), Span::from_mins(60)));
        self.script.push((at, Event::Host(says)));
        self.script.push((at.after(lasts), Event::Host(then)));
    }

    fn acks(&mut self) {
        let by = self.text("by", Span::from_secs(3), Span::from_secs(20));
        self.once("report_lost", &[what("ack")]);
        self.once("report_late", &[what("ack"), by]);
        self.once("report_twice", &[what("ack")]);
        self.once("report_overtakes", &[what("fill")]);
    }

    fn fills(&mut self) {
        let lasts = self.text("lasts", Span::from_secs(5), Span::from_secs(120));
        let detect = self.text("detect", Span::from_millis(500), Span::from_secs(5));
        self.once("links_drop", &[what("fill"), lasts, detect]);
        for _ in 0..TRIES {
            let by = self.text("by", Span::from_secs(2), Span::from_secs(20));
            self.once("report_late", &[what("fill"), by]);
            let (from, lasts) = (self.early(), self.text("lasts", Span::from_secs(26), Span::from_secs(40)));
            let by = self.text("by", Span::from_secs(30), Span::from_secs(60));
            self.fault("report_lost", &[what("ack")], from, When::Nth(1));
            self.fault("hidden", &[lasts], from, When::Nth(1));
            self.fault("report_late", &[what("fill"), by], from, When::Nth(1));
        }
    }

    fn parts(&mut self) {
        let by = self.text("by", Span::from_secs(1), Span::from_secs(5));
        self.once("request_late", &[what("cancel"), by]);
        let by = self.text("by", Span::from_secs(1), Span::from_secs(5));
        self.once("report_late", &[what("fill"), by]);
        // The person is faster than the report of the part: at once where the order has rested, or, where it takes as it
        // arrives, after its ack and before a fill that is late.
        for _ in 0..TRIES {
            let from = self.early();
            let part = |after: &str| [what("order"), ("once", "part".to_owned()), ("after", after.to_owned())];
            self.of_entry("person_stops", &part("0s"), from, 1);
            let from = self.early();
            self.of_entry("person_stops", &part("500ms"), from, 1);
            self.of_entry("report_late", &[what("fill"), ("by", "3s".to_owned())], from, 1);
        }
    }

    fn venue(&mut self) {
        let (at, lasts) = (self.early(), self.text("lasts", Span::from_secs(30), Span::from_mins(30)));
        self.fault("outage", &[lasts], at, When::Always);
        let (at, lasts) = (self.early(), self.text("lasts", Span::from_mins(5), Span::from_mins(60)));
        self.fault("maintenance", &[lasts], at, When::Always);
        let (at, lasts) = (self.early(), self.text("lasts", Span::from_mins(5), Span::from_mins(60)));
        self.fault("session", &[("state", "halted".to_owned()), lasts], at, When::Always);
    }

    fn feed(&mut self) {
        for kind in ["feed_gap", "feed_frozen", "feed_crossed"] {
            let (at, lasts) = (self.early(), self.text("lasts", Span::from_mins(3), Span::from_mins(20)));
            self.fault(kind, &[lasts], at, When::Always);
        }
        let off = self.between(Span::from_millis(1_100), Span::from_secs(30));
        self.host(HostEvent::ClockOffset(off), HostEvent::ClockOffset(Span::ZERO));
    }

    fn storm(&mut self) {
        let from = self.early();
        for nth in 1..=3 {
            self.fault("rejected", &[("reason", "rate_limited".to_owned())], from, When::Nth(nth));
        }
        let from = self.early();
        for nth in 1..=20 {
            let after = self.text("after", Span::from_millis(1), Span::from_secs(1));
            self.fault("report_twice", &[what("report"), after], from, When::Nth(nth));
        }
        let (at, lasts) = (self.early(), self.text("lasts", Span::from_hours(2), Span::from_hours(6)));
        self.fault("feed_flood", &[("times", "2".to_owned()), lasts], at, When::Always);
    }

    fn rejections(&mut self) {
        for reason in ["min_notional", "tick", "price_band", "insufficient_balance", "post_only_would_cross"] {
            self.once("rejected", &[("reason", reason.to_owned())]);
        }
    }

    /// A person stops an order while it is open, its strategy, everything; whoever is on duty lets it go on.
    fn kills(&mut self) {
        // One may be gone again, or unknown, before the person comes to it; and after a quiet time all come at once.
        for what in ["order", "desk", "everything", "halt"].repeat(KILLS) {
            let (from, after) = (self.early(), self.text("after", Span::from_millis(200), Span::from_secs(5)));
            let nth = 1 + self.chance.below(5);
            self.of_entry("person_stops", &[("what", what.to_owned()), after], from, nth);
        }
    }

    /// Limits are tightened for some days, one after another, in which something meets them, and given back by a person.
    fn limits(&mut self) {
        let [loss, size] = [Span(self.length.0 / 6), Span(self.length.0 / 8)];
        let from = self.start.after(self.below(Span(self.length.0 / 2)));
        for (key, tight) in [("breaker.daily_warn", "0.4%"), ("breaker.daily", "0.5%")] {
            self.tightened(key, tight, (from, loss));
        }
        self.loss(from);
        // One order that is too large trips the throttle.
        for (key, tight) in [("sanity.trip_after", "1"), ("risk.trade_max", "1")] {
            self.tightened(key, tight, (from.after(loss), size));
        }
        self.tightened("risk.total_exposure", "1%", (from.after(loss).after(size), size));
    }

    /// Entries that trade far worse than their limits, which no venue may do, are a loss whatever the market does.
    fn loss(&mut self, from: Timestamp) {
        for nth in 1..=LOSSES {
            let terms = [("ticks", (self.price / 100 * WORSE_BY).to_string())];
            self.of_entry("worse_than_limit", &terms, from, nth);
        }
    }

    /// A limit is tightened, and given back after a while.
    fn tightened(&mut self, key: &str, tight: &str, (from, lasts): (Timestamp, Span)) {
        let Some(usual) = self.config.text(key) else { return };
        let limit = |value: &str| {
            let (key, value) = (key.to_owned(), value.to_owned());
            ControlAct::ChangeLimit { key, value, confirmed: true }
        };
        self.act(from, limit(tight));
        // Of two limits that hold each other the greater is given back first.
        let first = if key == "breaker.daily" { Span::ZERO } else { Span::from_secs(1) };
        self.act(from.after(lasts).after(first), limit(&usual));
    }

    fn crashes(&mut self) {
        for _ in 0..3 {
            let (from, down) = (self.early(), self.text("down", Span::from_secs(1), Span::from_secs(30)));
            let (nth, left) = (1 + self.chance.below(40), self.chance.below(2) == 0);
            self.fault("crash", &[down, ("left", left.to_string())], from, When::Nth(nth));
        }
    }

    fn journal(&mut self) {
        self.host(HostEvent::JournalSpace(false), HostEvent::JournalSpace(true));
        let at = self.early();
        self.script.push((at, Event::Host(HostEvent::JournalFailed)));
    }

    fn key(&mut self) {
        let key = |trade| HostEvent::Permission { trade, withdraw: false };
        self.host(key(false), key(true));
        self.once("rejected", &[("reason", "permission".to_owned())]);
    }
}
