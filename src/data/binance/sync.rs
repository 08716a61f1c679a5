//! Snapshot and diff depth into one unbroken row of level changes.
//!
//! Updates before the first snapshot wait for it. A snapshot replaces the levels inside its price
//! range; the updates it already contains are dropped, and the first one after it must bridge it:
//! on spot `U ≤ lastUpdateId + 1 ≤ u`, on futures `pu ≤ lastUpdateId ≤ u`. From then on every
//! update must follow its predecessor: spot by `U`, futures by `pu`. A gap is an error. An update
//! that arrived before its snapshot is delivered with it, not before. A snapshot older than the
//! book is passed over. After every message the book must not be crossed or locked.

use super::levels::{Level, Levels, Touch};
use crate::bad_input::BadInput;
use crate::data::builder::{RowBuilder, Times};
use crate::data::fault::{BACKWARDS, CROSSED, NO_SNAPSHOT, SEQUENCE};
use crate::data::number::Number;
use crate::data::time::shown;
use crate::market::{Price, Side, Timestamp};

/// How many updates may wait for the first snapshot.
const WAITING_MAX: usize = 10_000;

/// A level change in numbers that have been admitted to the file's units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) side: Side,
    pub(crate) price: Number,
    pub(crate) qty: Number,
}

/// A diff depth update.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) line: u64,
    pub(crate) times: Times,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) previous: Option<u64>,
    pub(crate) changes: Vec<Change>,
}

/// What becomes of an update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// It waits for the first snapshot.
    Wait,
    /// The snapshot contains it.
    Drop,
    /// It is next.
    Apply,
}

#[derive(Debug)]
enum State {
    /// Before the first snapshot.
    Waiting(Vec<Update>),
    /// After a snapshot with this id, before the first update that follows it.
    Bridging(u64),
    /// The id of the last update applied.
    Live(u64),
}

/// A snapshot that does not say when it was taken, and came before any update that would tell.
#[derive(Debug)]
struct Held {
    line: u64,
    local: Timestamp,
    changes: Vec<Change>,
}

/// The depth of a capture.
#[derive(Debug)]
pub(crate) struct Depths {
    file: String,
    state: State,
    held: Option<Held>,
    book: Levels,
    /// Times of the last snapshot: what follows is neither earlier nor delivered earlier.
    floor: Option<Times>,
    /// Exchange time of the last update seen.
    clock: Option<Timestamp>,
}

impl Depths {
    /// Before anything.
    pub(crate) fn new(file: String) -> Self {
        Self { file, state: State::Waiting(Vec::new()), held: None, book: Levels::default(), floor: None, clock: None }
    }

    /// The touch of the book.
    pub(crate) fn touch(&self) -> Touch {
        self.book.touch()
    }

    /// The line of the first update still waiting for a snapshot.
    pub(crate) fn never_started(&self) -> Option<u64> {
        match &self.state {
            State::Waiting(updates) => updates.first().map(|update| update.line),
            State::Bridging(_) | State::Live(_) => None,
        }
    }

    /// Decides what becomes of an update and moves on, even past a gap.
    pub(crate) fn sequence(&mut self, update: &Update) -> Result<Step, BadInput> {
        let earlier = self.clock.filter(|clock| *clock > update.times.exchange);
        self.clock = self.clock.max(Some(update.times.exchange));
        if let Some(clock) = earlier.filter(|_| !matches!(self.state, State::Bridging(_))) {
            let allowed = format!("a time not before {}", shown(clock));
            return Err(self.complain(BACKWARDS, update.line, "T", shown(update.times.exchange), allowed));
        }
        match self.state {
            State::Waiting(_) => Ok(Step::Wait),
            State::Bridging(snapshot) => self.bridge(update, snapshot),
            State::Live(before) => {
                self.state = State::Live(update.last);
                self.follows(update, before).map(|()| Step::Apply)
            }
        }
    }

    fn bridge(&mut self, update: &Update, snapshot: u64) -> Result<Step, BadInput> {
        let (contained, bridges) = match update.previous {
            Some(previous) => (update.last < snapshot, previous <= snapshot),
            None => (update.last <= snapshot, update.first <= snapshot + 1),
        };
        if contained {
            return Ok(Step::Drop);
        }
        self.state = State::Live(update.last);
        if bridges {
            return Ok(Step::Apply);
        }
        let found = format!("update {} to {} as the first after the snapshot", update.first, update.last);
        let allowed = format!("an update that spans the snapshot's id {snapshot}");
        Err(self.complain(NO_SNAPSHOT, update.line, "U", found, allowed))
    }

    fn follows(&self, update: &Update, before: u64) -> Result<(), BadInput> {
        let (field, found, expected) = match update.previous {
            Some(previous) => ("pu", previous, before),
            None => ("U", update.first, before + 1),
        };
        if found == expected && update.last >= update.first && update.last >= before {
            return Ok(());
        }
        let found = if found == expected { format!("{found}, and u {}", update.last) } else { found.to_string() };
        Err(self.complain(SEQUENCE, update.line, field, found, format!("{expected}, the update after {before}")))
    }

    /// Keeps an update for the first snapshot.
    pub(crate) fn wait(&mut self, update: Update) -> Result<(), BadInput> {
        let line = update.line;
        if let State::Waiting(updates) = &mut self.state
            && updates.len() < WAITING_MAX
        {
            updates.push(update);
            return Ok(());
        }
        let allowed = "a depth snapshot near the front of the file".to_owned();
        Err(self.complain(
            NO_SNAPSHOT,
            line,
            "lastUpdateId",
            format!("{WAITING_MAX} updates before a snapshot"),
            allowed,
        ))
    }

    /// Takes a snapshot and returns the updates that waited for it, in order.
    pub(crate) fn snapshot(
        &mut self,
        line: u64,
        last: u64,
        exchange: Option<Timestamp>,
        local: Timestamp,
        changes: Vec<Change>,
        builder: &mut RowBuilder,
    ) -> Result<Vec<Update>, BadInput> {
        if matches!(self.state, State::Live(before) if before >= last) {
            return Ok(Vec::new());
        }
        let waited = match std::mem::replace(&mut self.state, State::Bridging(last)) {
            State::Waiting(updates) => updates,
            State::Bridging(_) | State::Live(_) => Vec::new(),
        };
        let held = Held { line, local, changes };
        // Spot does not say when: not before the last update seen, or with the next.
        match exchange.or(self.clock) {
            Some(exchange) => self.replace(&held, exchange, builder)?,
            None => self.held = Some(held),
        }
        // The waiting updates are looked at again, from the front.
        self.clock = None;
        Ok(waited)
    }

    /// Releases a snapshot that waited for an exchange time.
    pub(crate) fn release(&mut self, exchange: Timestamp, builder: &mut RowBuilder) -> Result<(), BadInput> {
        self.held.take().map_or(Ok(()), |held| self.replace(&held, exchange, builder))
    }

    fn replace(&mut self, held: &Held, exchange: Timestamp, builder: &mut RowBuilder) -> Result<(), BadInput> {
        self.book.follow(builder.units().decimals());
        let mut levels = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            let fresh: Vec<Level> = levels_of(&held.changes, builder).filter(|level| level.side == side).collect();
            let mut prices: Vec<Price> = fresh.iter().map(|level| level.price).collect();
            prices.sort_unstable();
            levels.extend(self.book.left_out(side, &prices));
            levels.extend(fresh);
        }
        let times = Times { exchange, local: held.local };
        self.floor = Some(times);
        self.emit(held.line, times, &levels, builder)
    }

    /// Applies an update that is next.
    pub(crate) fn apply(&mut self, update: &Update, builder: &mut RowBuilder) -> Result<(), BadInput> {
        self.book.follow(builder.units().decimals());
        let levels: Vec<Level> = levels_of(&update.changes, builder).collect();
        let times = self.floor.map_or(update.times, |floor| Times {
            exchange: update.times.exchange.max(floor.exchange),
            local: update.times.local.max(floor.local),
        });
        self.emit(update.line, times, &levels, builder)
    }

    fn emit(&mut self, line: u64, times: Times, levels: &[Level], builder: &mut RowBuilder) -> Result<(), BadInput> {
        for (at, level) in levels.iter().enumerate() {
            self.book.set(*level);
            builder.push(times, level.price, level.qty, level.kind(), at + 1 == levels.len());
        }
        match self.book.touch() {
            [Some((bid, _)), Some((ask, _))] if bid >= ask => {
                let found = format!("bid {} and ask {} in price units", bid.0, ask.0);
                let allowed = "a bid below the ask after a whole message".to_owned();
                Err(self.complain(CROSSED, line, "b", found, allowed))
            }
            _ => Ok(()),
        }
    }

    fn complain(&self, code: &'static str, line: u64, field: &str, found: String, allowed: String) -> BadInput {
        BadInput::new(code, &self.file, found, allowed).at_line(line, 1).field(field)
    }
}

fn levels_of<'a>(changes: &'a [Change], builder: &'a RowBuilder) -> impl Iterator<Item = Level> + 'a {
    changes.iter().map(|change| Level {
        side: change.side,
        price: builder.price(change.price),
        qty: builder.qty(change.qty),
    })
}
