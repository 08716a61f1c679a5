//! A generated L2 market.
//!
//! A fair price wanders, calm, busy or wild by turns, and jumps now and then. The crowd quotes
//! around it with a spread that reverts to its mean; takers hit the touch, informed ones when the
//! quotes are stale. A trade prints first, then the level it took from changes, at the same
//! exchange time. Every message reaches the recorder 1 to 20 ms later, in order.

use rust_decimal::Decimal;

use super::chance::{Chance, real, whole};
use super::maker::{Change, Crowd};
use super::{DEFAULT_START, Grid, in_reach, provenance, within};
use crate::bad_input::BadInput;
use crate::data::row::{Row, RowKind};
use crate::data::tape::{Records, Tape};
use crate::data::time::shown;
use crate::market::{Price, Qty, Side, Span, Timestamp};

const STREAM: u64 = 1;
const MINUTES_MAX: u32 = 7 * 24 * 60;
/// The fair price stays above this many ticks.
const FLOOR_TICKS: f64 = 500.0;
/// The mean of a trade, in lots.
const TRADE_LOTS: f64 = 8_000.0;
const LATENCY_MIN_NS: i64 = 1_000_000;
/// Longer than the last message takes to be quoted and to arrive.
const TAIL: Span = Span::from_millis(100);
const LATENCY_SPREAD_NS: f64 = 19_000_000.0;

/// What to generate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct L2Options {
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
}

impl Default for L2Options {
    /// Ten minutes of something like BTC/USDT at 60,000.
    fn default() -> Self {
        Self {
            seed: 1,
            minutes: 10,
            symbol: "BTC/USDT".to_owned(),
            start: DEFAULT_START,
            price: Decimal::new(600_000, 1),
            tick: Decimal::new(1, 1),
            lot: Decimal::new(1, 5),
        }
    }
}

impl L2Options {
    /// The command that generates this.
    #[must_use]
    pub fn command(&self) -> String {
        let Self { seed, minutes, symbol, start, price, tick, lot } = self;
        format!(
            "synth l2 --seed {seed} --minutes {minutes} --symbol {symbol} --start {} --price {price} --tick {tick} --lot {lot}",
            shown(*start)
        )
    }
}

/// How the market behaves for a while.
#[derive(Debug)]
struct Regime {
    /// Volatility: fraction of the price per square root of a second.
    sigma: f64,
    /// Quote messages a second.
    quotes: f64,
    /// The chance that a quote message is followed by an uninformed trade.
    trade: f64,
    /// The mean spread in ticks.
    spread: f64,
    /// Seconds between jumps, on average.
    jump_every: f64,
    /// Seconds until the next regime, on average.
    dwell: f64,
}

const REGIMES: [Regime; 3] = [
    Regime { sigma: 0.000_02, quotes: 40.0, trade: 0.07, spread: 1.5, jump_every: 900.0, dwell: 90.0 },
    Regime { sigma: 0.000_06, quotes: 60.0, trade: 0.11, spread: 3.0, jump_every: 240.0, dwell: 45.0 },
    Regime { sigma: 0.000_16, quotes: 100.0, trade: 0.2, spread: 7.0, jump_every: 60.0, dwell: 15.0 },
];

struct Market {
    chance: Chance,
    crowd: Crowd,
    grid: Grid,
    now: Timestamp,
    fair: f64,
    spread: f64,
    regime: usize,
    last_local: Timestamp,
    rows: Vec<Row>,
}

/// Generates an L2 market.
pub fn l2(options: &L2Options) -> Result<Tape, BadInput> {
    let minutes = within("minutes", options.minutes, MINUTES_MAX)?;
    let grid = Grid::new(options.price, options.tick, options.lot)?;
    let end = options.start.after(Span::from_mins(i64::from(minutes)));
    in_reach(options.start, end.after(TAIL))?;
    let mut chance = Chance::new(options.seed, STREAM);
    let (crowd, levels) = Crowd::around(grid.start_ticks, &mut chance);
    let mut market = Market {
        chance,
        crowd,
        grid,
        now: options.start,
        fair: real(grid.start_ticks),
        spread: REGIMES[0].spread,
        regime: 0,
        last_local: options.start,
        rows: Vec::new(),
    };
    market.levels(&levels);
    while market.step(end) {}
    let records = Records::Rows(market.rows);
    let provenance = provenance("synth-l2", options.command());
    Ok(Tape::new(options.symbol.clone(), grid.decimals, Span::ZERO, records, provenance))
}

impl Market {
    /// Moves to the next quote message; says whether the market is still open then.
    fn step(&mut self, end: Timestamp) -> bool {
        let regime = &REGIMES[self.regime];
        let seconds = self.chance.exponential(1.0 / regime.quotes).max(0.000_1);
        self.now = self.now.after(Span(whole(seconds * 1_000_000.0) * 1_000));
        if self.now >= end {
            return false;
        }
        self.wander(seconds, regime);
        self.trade(regime);
        let half = (self.spread / 2.0).max(0.5);
        let bid = whole(libm::floor(self.fair - half));
        let ask = whole(libm::ceil(self.fair + half)).max(bid + 1);
        let churn = self.chance.between(0, 4);
        let changes = self.crowd.requote(bid, ask, churn, &mut self.chance);
        self.now = self.now.after(Span(1_000 * self.chance.between(10, 400)));
        self.levels(&changes);
        if self.chance.happens(seconds / regime.dwell) {
            // From calm or wild only to busy; from busy to either.
            self.regime = if self.regime == 1 { if self.chance.happens(0.7) { 0 } else { 2 } } else { 1 };
        }
        true
    }

    fn wander(&mut self, seconds: f64, regime: &Regime) {
        let scale = regime.sigma * libm::sqrt(seconds);
        let mut change = scale * self.chance.bell();
        if self.chance.happens(seconds / regime.jump_every) {
            let size = 0.000_3 + self.chance.exponential(0.000_7);
            change += if self.chance.happens(0.5) { size } else { -size };
        }
        self.fair = (self.fair * (1.0 + change)).max(FLOOR_TICKS);
        self.spread += (regime.spread - self.spread) * 0.05 + self.chance.bell() * 0.1 * regime.spread;
        self.spread = self.spread.clamp(1.0, 40.0);
    }

    /// Informed takers when quotes are stale, others now and then.
    fn trade(&mut self, regime: &Regime) {
        let stale = if self.fair > real(self.crowd.best(Side::Sell)) {
            Some(Side::Buy)
        } else if self.fair < real(self.crowd.best(Side::Buy)) {
            Some(Side::Sell)
        } else {
            None
        };
        let informed = stale.filter(|_| self.chance.happens(0.4));
        let noise = self.chance.happens(regime.trade);
        let taker = match informed {
            Some(side) => side,
            None if noise => {
                if self.chance.happens(0.5) {
                    Side::Buy
                } else {
                    Side::Sell
                }
            }
            None => return,
        };
        let mean = if informed.is_some() { TRADE_LOTS * 4.0 } else { TRADE_LOTS };
        let wanted = whole(self.chance.exponential(mean)).max(1);
        let taken = self.crowd.take(taker, wanted);
        let local = self.arrival();
        for (level, lots) in &taken {
            let (price, qty) = self.units(level.ticks, *lots);
            self.rows.push(Row::new(self.now, local, price, qty, RowKind::trade(Some(taker)), true));
        }
        let left: Vec<Change> = taken.into_iter().map(|(level, _)| level).collect();
        self.levels_at(local, &left);
    }

    fn levels(&mut self, changes: &[Change]) {
        let local = self.arrival();
        self.levels_at(local, changes);
    }

    fn levels_at(&mut self, local: Timestamp, changes: &[Change]) {
        for (at, change) in changes.iter().enumerate() {
            let (price, qty) = self.units(change.ticks, change.lots);
            let last = at + 1 == changes.len();
            self.rows.push(Row::new(self.now, local, price, qty, RowKind::level(change.side), last));
        }
    }

    fn units(&self, ticks: i64, lots: i64) -> (Price, Qty) {
        (Price(ticks * self.grid.tick), Qty(lots * self.grid.lot))
    }

    /// When the recorder has a message of now: mostly soon, never before the one before.
    fn arrival(&mut self) -> Timestamp {
        let draw = self.chance.unit();
        let delay = Span(LATENCY_MIN_NS + whole(draw * draw * LATENCY_SPREAD_NS));
        self.last_local = self.last_local.max(self.now.after(delay));
        self.last_local
    }
}
