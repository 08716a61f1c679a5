//! A strategy of one's own, swept over its parameters in the production trader; `docs/own-strategy.md` walks through it.
//!
//! ```text
//! cargo run --release --example own_strategy -- examples/own_strategy.toml
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rust_decimal::Decimal;
use seatrial::market::{Bar, Event, Instrument, Intention, MarketEvent, Pricing, Rate, RawPrice, Regime, Side};
use seatrial::scenario::{Library, Over};
use seatrial::strategies::{Own, ParamError};
use seatrial::sweep::{self, Plan, Stat, Store};
use seatrial::trading::{Desk, Strategy};

/// Long when a bar closes above the highest of the `channel` bars before it, out when one closes below the lowest.
struct Breakout {
    channel: usize,
    bars: VecDeque<Bar>,
}

impl Strategy for Breakout {
    fn on_event(&mut self, desk: &mut Desk<'_>, event: &Event) {
        let Event::Market(_, MarketEvent::Bar(bar)) = event else { return };
        let (highest, lowest) = (self.bars.iter().map(|bar| bar.high).max(), self.bars.iter().map(|bar| bar.low).min());
        let full = self.bars.len() == self.channel;
        self.bars.push_back(*bar);
        if !full {
            return;
        }
        self.bars.pop_front();
        let flat = desk.position(bar.instrument).qty.is_zero();
        if desk.orders().next().is_some() || desk.is_clearing(bar.instrument) {
            // What is under way comes first.
        } else if flat && Some(bar.close) > highest {
            let instrument = desk.instrument(bar.instrument);
            let stop = instrument.price(bar.close) * Decimal::new(99, 2);
            let stop = instrument.limit_price(Side::Sell, stop, desk.now()).map(|stop| instrument.price(stop));
            let mut entry = desk.proposal(bar.instrument, Intention::OpenLong);
            (entry.pricing, entry.stop) = (Pricing::Market, stop.map(RawPrice::new));
            (entry.regime, entry.confidence) = (Regime::TrendingBull, Rate::new(Decimal::new(85, 2)));
            // Approved or denied, the journal says which and why.
            drop(desk.submit(entry));
        } else if !flat && Some(bar.close) < lowest {
            drop(desk.submit(desk.proposal(bar.instrument, Intention::Close)));
        }
    }
}

fn make(params: &BTreeMap<String, String>, _: &[Instrument]) -> Result<Box<dyn Strategy>, ParamError> {
    let found = params.get("channel").cloned().unwrap_or_default();
    let channel = found.parse().ok().filter(|channel| (2..=1_000).contains(channel));
    let wrong = || ParamError { key: "channel".to_owned(), found, allowed: "2 to 1000 bars".to_owned() };
    Ok(Box::new(Breakout { channel: channel.ok_or_else(wrong)?, bars: VecDeque::new() }))
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "examples/own_strategy.toml".to_owned());
    let plan = Plan::read(Path::new(&path), &Over::default(), None).map_err(|all| format!("{all:#?}"))?;
    let plan = plan.with_strategy(Own::new("breakout", make));
    let out = PathBuf::from(format!("target/own-strategy/{}", plan.hash()));
    let (data_root, cache) = ("data".into(), "target/seatrial-cache".into());
    let store = Store { out, command: String::new(), data_root, cache, places: String::new(), details: Vec::new() };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let library = Library::with_room(1 << 30);
    sweep::sweep(&plan, &(0..plan.total()), (&store, true), (&library, threads), &AtomicBool::new(false), &|_| ())?;
    let file = store.out.join("runs.parquet");
    let table = sweep::table(&file, &["strategy.channel".to_owned()], &[Stat::read("net_pnl:mean,min,max")?])?;
    println!("{}\n{}", file.display(), table.names.join("  "));
    table.rows.iter().for_each(|row| println!("{}", row.join("  ")));
    Ok(())
}
