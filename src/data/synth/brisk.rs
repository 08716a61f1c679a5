//! A generated market made for trouble, not for beauty: cheap, thin and quick to move.
//!
//! A few thousand messages an hour, three levels a side, prints that take the touch; a walk with a
//! drift that turns, jumps, pauses in which nothing is said, wicks on dust, and now and then a crash
//! with its recovery. It exists so that thousands of hours of trading can be tried; it resembles no
//! venue. Everything is whole numbers but nothing is rounded twice.

use rust_decimal::Decimal;

use super::chance::Chance;
use super::{Grid, bad_option, in_reach, provenance, within};
use crate::bad_input::BadInput;
use crate::data::row::{Row, RowKind};
use crate::data::tape::{Records, Tape};
use crate::data::time::shown;
use crate::market::{Price, Qty, Side, Span, Timestamp};

const STREAM: u64 = 3;
const MINUTES_MAX: u32 = 7 * 24 * 60;
/// Levels on each side.
const LEVELS: usize = 3;
/// The walk never leaves this share of its start, in both directions.
const BOUND: i64 = 4;
const MILLION: i64 = 1_000_000;
/// Longer than the last message takes to arrive.
const TAIL: Span = Span::from_millis(100);

/// How a market behaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mood {
    /// Small steps, no jumps.
    Calm,
    /// Drifts for minutes, then turns.
    Trending,
    /// Jumps of half a percent to three every few minutes.
    Jumpy,
    /// Large steps, jumps, pauses, wicks and crashes.
    Wild,
}

impl Mood {
    /// Every mood.
    pub const ALL: [Self; 4] = [Self::Calm, Self::Trending, Self::Jumpy, Self::Wild];

    /// Its name in a scenario.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Trending => "trending",
            Self::Jumpy => "jumpy",
            Self::Wild => "wild",
        }
    }

    /// Greatest step in millionths, greatest drift, messages between jumps, between pauses, between
    /// wicks, between crashes; zero is never.
    const fn terms(self) -> [i64; 6] {
        match self {
            Self::Calm => [150, 5, 0, 2_000, 0, 0],
            Self::Trending => [250, 60, 1_500, 1_500, 0, 0],
            Self::Jumpy => [300, 20, 150, 600, 900, 0],
            Self::Wild => [900, 60, 200, 300, 500, 6_000],
        }
    }
}

/// What to generate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BriskOptions {
    /// Everything random follows from it.
    pub seed: u64,
    /// How long.
    pub minutes: u32,
    /// Written into the tape.
    pub symbol: String,
    /// Exchange time of the first message.
    pub start: Timestamp,
    /// Where the price starts; a whole number of ticks.
    pub price: Decimal,
    /// The price grid.
    pub tick: Decimal,
    /// The quantity grid.
    pub lot: Decimal,
    /// Lots displayed at a level, on average.
    pub depth: i64,
    /// How it behaves.
    pub mood: Mood,
}

struct Market {
    chance: Chance,
    grid: Grid,
    mood: Mood,
    depth: i64,
    now: Timestamp,
    last_local: Timestamp,
    /// Where the market is, in ticks.
    fair: i64,
    drift: i64,
    /// Messages until the crash under way is made good, and by how much.
    rebound: Option<(u32, i64)>,
    /// What is displayed: bids, then asks, best first, in ticks and lots.
    shown: [Vec<(i64, i64)>; 2],
    rows: Vec<Row>,
}

/// Generates a brisk market.
pub fn brisk(options: &BriskOptions) -> Result<Tape, BadInput> {
    let minutes = within("minutes", options.minutes, MINUTES_MAX)?;
    let grid = Grid::new(options.price, options.tick, options.lot)?;
    if !(1..=1_000_000_000).contains(&options.depth) {
        return Err(bad_option("depth", &options.depth.to_string(), "1 to 1000000000 lots"));
    }
    let end = options.start.after(Span::from_mins(i64::from(minutes)));
    in_reach(options.start, end.after(TAIL))?;
    let mut market = Market {
        chance: Chance::new(options.seed, STREAM),
        grid,
        mood: options.mood,
        depth: options.depth,
        now: options.start,
        last_local: options.start,
        fair: grid.start_ticks,
        drift: 0,
        rebound: None,
        shown: [Vec::new(), Vec::new()],
        rows: Vec::new(),
    };
    market.requote();
    while market.step(end) {}
    let source = format!(
        "synth brisk --seed {} --minutes {minutes} --symbol {} --start {} --price {} --tick {} --lot {} --depth {} --mood {}",
        options.seed,
        options.symbol,
        shown(options.start),
        options.price,
        options.tick,
        options.lot,
        options.depth,
        options.mood.name()
    );
    let records = Records::Rows(market.rows);
    Ok(Tape::new(options.symbol.clone(), grid.decimals, Span::ZERO, records, provenance("synth-brisk", source)))
}

impl Market {
    /// Moves to the next message; says whether the market is still open then.
    fn step(&mut self, end: Timestamp) -> bool {
        let [.., pause, wick, _] = self.mood.terms();
        let gap = if self.once_in(pause) {
            Span::from_millis(self.chance.between(5_000, 60_000))
        } else {
            Span::from_millis(self.chance.between(200, 3_000))
        };
        self.now = self.now.after(gap);
        if self.now >= end {
            return false;
        }
        self.wander();
        self.requote();
        if self.chance.below(100) < 40 {
            self.print();
        }
        if self.once_in(wick) {
            self.wick();
        }
        true
    }

    fn once_in(&mut self, messages: i64) -> bool {
        messages > 0 && self.chance.below(messages.unsigned_abs()) == 0
    }

    fn wander(&mut self) {
        let [step, drift, jump, _, _, crash] = self.mood.terms();
        if self.chance.below(200) == 0 {
            self.drift = self.chance.between(-drift, drift);
        }
        let mut change = self.drift + self.chance.between(-step, step);
        if self.once_in(jump) {
            let size = self.chance.between(2_000, 30_000);
            change += if self.chance.below(2) == 0 { size } else { -size };
        }
        if self.rebound.is_none() && self.once_in(crash) {
            let fall = self.chance.between(40_000, 150_000);
            self.rebound = Some((u32::try_from(self.chance.between(1, 60)).expect("at most 60"), fall));
            change -= fall;
        } else if let Some((left, fall)) = self.rebound {
            self.rebound = (left > 0).then_some((left.saturating_sub(1), fall));
            if left == 0 {
                change += fall;
            }
        }
        let start = self.grid.start_ticks;
        let moved = self.fair + self.fair * change / MILLION;
        self.fair = moved.clamp(start / BOUND, start * BOUND).max(100);
    }

    /// The crowd moves its levels to where the market is; only what differs is told.
    fn requote(&mut self) {
        let spread = self.chance.between(1, 2 + self.fair / 4_000);
        let bid = self.fair - spread / 2 - 1;
        let apart = 1 + self.fair / 5_000;
        let mut changes = Vec::new();
        for (side, first, step) in [(0, bid, -apart), (1, bid + spread, apart)] {
            let mut levels = Vec::with_capacity(LEVELS);
            for place in 0..LEVELS {
                let ticks = first + step * i64::try_from(place).expect("three levels");
                let lots = 1 + self.chance.between(0, 2 * self.depth);
                levels.push((ticks, lots));
            }
            let gone = self.shown[side].iter().filter(|(ticks, _)| levels.iter().all(|level| level.0 != *ticks));
            changes.extend(gone.map(|(ticks, _)| (side, *ticks, 0)));
            self.shown[side] = levels;
        }
        for side in [0, 1] {
            changes.extend(self.shown[side].iter().map(|(ticks, lots)| (side, *ticks, *lots)));
        }
        self.tell(&changes);
    }

    fn tell(&mut self, changes: &[(usize, i64, i64)]) {
        let local = self.arrival();
        for (at, (side, ticks, lots)) in changes.iter().enumerate() {
            let side = if *side == 0 { Side::Buy } else { Side::Sell };
            let (price, qty) = (Price(ticks * self.grid.tick), Qty(lots * self.grid.lot));
            let last = at + 1 == changes.len();
            self.rows.push(Row::new(self.now, local, price, qty, RowKind::level(side), last));
        }
    }

    /// Somebody takes from the touch; what is left there is told with it.
    fn print(&mut self) {
        let taker = if self.chance.below(2) == 0 { Side::Buy } else { Side::Sell };
        let side = usize::from(taker == Side::Buy);
        let (ticks, lots) = self.shown[side][0];
        let taken = self.chance.between(1, lots);
        self.trade(ticks, taken, taker);
        if taken < lots {
            self.shown[side][0].1 = lots - taken;
        } else {
            self.shown[side].remove(0);
        }
        self.tell(&[(side, ticks, lots - taken)]);
    }

    /// One lot far from everything.
    fn wick(&mut self) {
        let away = self.fair * self.chance.between(-300_000, 300_000) / MILLION;
        let taker = if away > 0 { Side::Buy } else { Side::Sell };
        self.trade((self.fair + away).max(1), 1, taker);
    }

    fn trade(&mut self, ticks: i64, lots: i64, taker: Side) {
        let local = self.arrival();
        let (price, qty) = (Price(ticks * self.grid.tick), Qty(lots * self.grid.lot));
        self.rows.push(Row::new(self.now, local, price, qty, RowKind::trade(Some(taker)), true));
    }

    /// When the recorder has a message of now; never before the one before.
    fn arrival(&mut self) -> Timestamp {
        let delay = Span(1_000 * self.chance.between(1_000, 40_000));
        self.last_local = self.last_local.max(self.now.after(delay));
        self.last_local
    }
}
