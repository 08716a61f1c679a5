//! Generated one-minute bars: a price that drifts, calm, busy or wild by turns, jumps now and
//! then, and moves and trades more at some hours of the day than at others.

use rust_decimal::Decimal;

use super::chance::{Chance, real, whole};
use super::{DEFAULT_START, Grid, in_reach, provenance, within};
use crate::bad_input::BadInput;
use crate::data::tape::{Records, Tape};
use crate::data::time::shown;
use crate::market::{Bar, InstrumentId, Price, Qty, Span, Timestamp};

const STREAM: u64 = 2;
const DAYS_MAX: u32 = 3_660;
const MINUTES_A_DAY: i64 = 24 * 60;
/// Steps of the price within a bar.
const STEPS: i64 = 8;
const FLOOR_TICKS: f64 = 500.0;
/// The mean volume of a minute, in lots.
const MINUTE_LOTS: f64 = 1_500_000.0;
/// The hour of the day, UTC, at which markets move most.
const BUSIEST_HOUR: f64 = 15.0;

/// What to generate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BarOptions {
    /// Everything random follows from it.
    pub seed: u64,
    /// How long.
    pub days: u32,
    /// Written into the tape.
    pub symbol: String,
    /// When the first bar opens; rounded down to its minute.
    pub start: Timestamp,
    /// Where the price starts; a whole number of ticks.
    pub price: Decimal,
    /// The price grid.
    pub tick: Decimal,
    /// The quantity grid.
    pub lot: Decimal,
}

impl Default for BarOptions {
    /// Thirty days of something like BTC/USDT at 60,000.
    fn default() -> Self {
        Self {
            seed: 1,
            days: 30,
            symbol: "BTC/USDT".to_owned(),
            start: DEFAULT_START,
            price: Decimal::new(600_000, 1),
            tick: Decimal::new(1, 1),
            lot: Decimal::new(1, 5),
        }
    }
}

impl BarOptions {
    /// The command that generates this.
    #[must_use]
    pub fn command(&self) -> String {
        let Self { seed, days, symbol, start, price, tick, lot } = self;
        format!(
            "synth bars --seed {seed} --days {days} --symbol {symbol} --start {} --price {price} --tick {tick} --lot {lot}",
            shown(*start)
        )
    }
}

/// How the market behaves for a while.
#[derive(Debug)]
struct Regime {
    /// Volatility: fraction of the price per square root of a minute.
    sigma: f64,
    /// Drift per minute, before its sign, which is drawn with the regime.
    drift: f64,
    /// Minutes between jumps, on average.
    jump_every: f64,
    /// Minutes until the next regime, on average.
    dwell: f64,
}

const REGIMES: [Regime; 3] = [
    Regime { sigma: 0.000_25, drift: 0.0, jump_every: 5_000.0, dwell: 900.0 },
    Regime { sigma: 0.000_55, drift: 0.000_02, jump_every: 1_500.0, dwell: 500.0 },
    Regime { sigma: 0.001_60, drift: 0.000_04, jump_every: 200.0, dwell: 90.0 },
];

struct Market {
    chance: Chance,
    price: f64,
    regime: usize,
    drift: f64,
}

/// Generates one-minute bars.
pub fn bars(options: &BarOptions) -> Result<Tape, BadInput> {
    let days = within("days", options.days, DAYS_MAX)?;
    let grid = Grid::new(options.price, options.tick, options.lot)?;
    let mut market =
        Market { chance: Chance::new(options.seed, STREAM), price: real(grid.start_ticks), regime: 0, drift: 0.0 };
    let length = Span::from_mins(1);
    let minutes = i64::from(days) * MINUTES_A_DAY;
    in_reach(options.start, options.start.after(length.times(minutes - 1)))?;
    let first = options.start.0.div_euclid(length.0) * length.0;
    let bars = (0..minutes).map(|minute| market.minute(Timestamp(first).after(length.times(minute)), grid)).collect();
    let provenance = provenance("synth-bars", options.command());
    Ok(Tape::new(options.symbol.clone(), grid.decimals, length, Records::Bars(bars), provenance))
}

impl Market {
    fn minute(&mut self, opened: Timestamp, grid: Grid) -> Bar {
        let regime = &REGIMES[self.regime];
        let season = season(opened);
        let step = regime.sigma * season / libm::sqrt(real(STEPS));
        let open = whole(self.price);
        let (mut high, mut low, mut close) = (open, open, open);
        let jumps_at =
            if self.chance.happens(1.0 / regime.jump_every) { self.chance.between(0, STEPS - 1) } else { STEPS };
        for at in 0..STEPS {
            let mut change = step * self.chance.bell() + self.drift / real(STEPS);
            if at == jumps_at {
                let size = 0.002 + self.chance.exponential(0.004);
                change += if self.chance.happens(0.5) { size } else { -size };
            }
            self.price = (self.price * (1.0 + change)).max(FLOOR_TICKS);
            close = whole(self.price);
            high = high.max(close);
            low = low.min(close);
        }
        let moved = real((high - low).abs()) / (real(open) * regime.sigma);
        let volume = whole(self.chance.exponential(MINUTE_LOTS * season * (0.25 + 0.5 * moved)));
        self.change_regime();
        let price = |ticks: i64| Price(ticks * grid.tick);
        Bar {
            instrument: InstrumentId(0),
            opened,
            length: Span::from_mins(1),
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: Qty(volume * grid.lot),
        }
    }

    fn change_regime(&mut self) {
        if !self.chance.happens(1.0 / REGIMES[self.regime].dwell) {
            return;
        }
        // From calm or wild only to busy; from busy to either.
        self.regime = if self.regime == 1 { if self.chance.happens(0.7) { 0 } else { 2 } } else { 1 };
        let drift = REGIMES[self.regime].drift;
        self.drift = if self.chance.happens(0.5) { drift } else { -drift };
    }
}

/// How much more than usual markets move at this time of day: 0.6 to 1.4.
fn season(at: Timestamp) -> f64 {
    let minute = at.0.div_euclid(60_000_000_000).rem_euclid(MINUTES_A_DAY);
    let hours = real(minute) / 60.0 - BUSIEST_HOUR;
    1.0 + 0.4 * libm::cos(hours * std::f64::consts::PI / 12.0)
}
