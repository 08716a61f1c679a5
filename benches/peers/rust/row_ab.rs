//! Rows A and B by hftbacktest's crate: the market maker of `maker.py` over the real capture, the feed without a strategy,
//! and the book of levels alone. `row_ab FILE.npz`

use std::hint::black_box;

use hftbacktest::backtest::assettype::LinearAsset;
use hftbacktest::backtest::data::{Data, DataSource, read_npz_file};
use hftbacktest::backtest::models::{
    CommonFees, ConstantLatency, PowerProbQueueFunc, ProbQueueModel, TradingValueFeeModel,
};
use hftbacktest::backtest::{Backtest, ExchangeKind, L2AssetBuilder};
use hftbacktest::prelude::{
    BUY_EVENT, Bot, DEPTH_EVENT, EXCH_EVENT, ElapseResult, Event, HashMapMarketDepth, L2MarketDepth, MarketDepth,
    OrdType, ROIVectorMarketDepth, TRADE_EVENT, TimeInForce,
};
use seatrial_peers::{laps, line};

const TICK: f64 = 0.1;
const LOT: f64 = 0.001;
const LATENCY_NS: i64 = 3_000_000;
const VERSION: &str = "0.9.4 (crate)";
const LAPS: usize = 21;

/// One asset with the models of `capture.py`.
fn backtest<D>(data: &Data<Event>, depth: impl Fn() -> D + 'static) -> Backtest<D>
where
    D: MarketDepth + L2MarketDepth + 'static,
{
    let asset = L2AssetBuilder::new()
        .data(vec![DataSource::Data(data.clone())])
        .latency_model(ConstantLatency::new(LATENCY_NS, LATENCY_NS))
        .asset_type(LinearAsset::new(1.0))
        .fee_model(TradingValueFeeModel::new(CommonFees::new(0.0002, 0.0005)))
        .queue_model(ProbQueueModel::new(PowerProbQueueFunc::new(2.0)))
        .exchange(ExchangeKind::NoPartialFillExchange)
        .depth(depth)
        .build()
        .expect("an asset");
    Backtest::builder().add_asset(asset).build().expect("a backtest")
}

/// Wakes and orders of one market maker.
#[derive(Default)]
struct Count {
    wakes: usize,
    orders: u64,
}

/// The rules of `maker.py`, line by line.
fn quote<D: MarketDepth>(bot: &mut Backtest<D>, every_ns: i64) -> Count
where
    Backtest<D>: Bot<D>,
{
    let (half_spread, skew, requote, size, max_inventory, refresh_ns) =
        (0.0001, 0.0001, 0.00005, 250.0, 1000.0, 1_000_000_000);
    let (mut order_of, mut acted, mut count) = ([0_u64; 2], [-refresh_ns; 2], Count::default());
    loop {
        let answer = match every_ns {
            0 => bot.wait_next_feed(true, 3_600_000_000_000),
            _ => bot.elapse(every_ns),
        };
        if matches!(answer.ok().expect("the feed goes on"), ElapseResult::EndOfData) {
            return count;
        }
        count.wakes += 1;
        let (bid, ask) = (bot.depth(0).best_bid(), bot.depth(0).best_ask());
        let mid = (bid + ask) / 2.0;
        if mid.is_nan() || mid <= 0.0 {
            continue;
        }
        let now = bot.current_timestamp();
        let held = bot.position(0) * mid;
        let centre = mid * (1.0 - skew * held / max_inventory);
        let qty = (size / mid / LOT).round().max(1.0) * LOT;
        for side in 0..2 {
            let (sign, price) = match side {
                0 => (1.0, ((centre * (1.0 - half_spread)).min(ask - TICK) / TICK).floor() * TICK),
                _ => (-1.0, ((centre * (1.0 + half_spread)).max(bid + TICK) / TICK).ceil() * TICK),
            };
            let is_due = now - acted[side] >= refresh_ns;
            if let Some(order) = bot.orders(0).get(&order_of[side]) {
                if order.cancellable() && is_due && (order.price_tick as f64 * TICK - price).abs() >= requote * mid {
                    bot.cancel(0, order_of[side], false).ok().expect("a cancel goes out");
                    acted[side] = now;
                }
            } else if is_due && sign * held + size <= max_inventory {
                count.orders += 1;
                (order_of[side], acted[side]) = (count.orders, now);
                let submit = if side == 0 { Bot::submit_buy_order } else { Bot::submit_sell_order };
                submit(bot, 0, count.orders, price, qty, TimeInForce::GTX, OrdType::Limit, false)
                    .ok()
                    .expect("it goes out");
            }
        }
        bot.clear_inactive_orders(Some(0));
    }
}

fn drain<D>(bot: &mut Backtest<D>)
where
    D: MarketDepth,
    Backtest<D>: Bot<D>,
{
    while matches!(bot.elapse(1_000_000_000), Ok(ElapseResult::Ok)) {}
}

/// Every change of a level into one book, nothing else.
#[inline(never)]
fn build<D: L2MarketDepth>(book: &mut D, changes: &[Event]) {
    for change in changes {
        black_box(match change.ev & BUY_EVENT {
            0 => book.update_ask_depth(change.px, change.qty, change.exch_ts),
            _ => book.update_bid_depth(change.px, change.qty, change.exch_ts),
        });
    }
}

fn rows<D>(name: &str, data: &Data<Event>, events: &[Event], depth: impl Fn() -> D + Clone + 'static)
where
    D: MarketDepth + L2MarketDepth + 'static,
    Backtest<D>: Bot<D>,
{
    let rows = events.iter().filter(|event| event.ev & EXCH_EVENT != 0).count();
    let fresh = || backtest(data, depth.clone());
    for (every_ns, how) in [(100_000_000, "decides every 100 ms"), (0, "decides at every event")] {
        let (mut last, mut fills) = (Count::default(), 0);
        let seconds = laps(LAPS, fresh, |bot| {
            last = quote(bot, every_ns);
            fills = bot.state_values(0).num_trades;
        });
        let work =
            format!("market maker, {rows} rows; {how}: {} wakes, {} orders, {fills} fills", last.wakes, last.orders);
        line("A", &format!("hftbacktest Rust, {name} depth"), VERSION, &work, &seconds, rows, "rows");
    }
    let seconds = laps(LAPS, fresh, drain);
    let work = format!("feed without a strategy, {rows} rows, two books kept");
    line("B", &format!("hftbacktest Rust, {name} depth"), VERSION, &work, &seconds, rows, "rows");
    let change = |event: &&Event| event.ev & 0xff == DEPTH_EVENT && event.ev & EXCH_EVENT != 0;
    let changes: Vec<Event> = events.iter().filter(change).cloned().collect();
    let seconds = laps(LAPS, depth, |book| build(book, &changes));
    let work = format!("one book alone, {} changes of levels", changes.len());
    line("B", &format!("hftbacktest Rust, {name} depth"), VERSION, &work, &seconds, changes.len(), "changes");
}

fn main() {
    let file = std::env::args().nth(1).expect("usage: row_ab FILE.npz");
    let data: Data<Event> = read_npz_file(&file, "data").expect("the capture as hftbacktest reads it");
    let events: Vec<Event> = (0..data.len()).map(|place| data[place].clone()).collect();
    let first = events.iter().find(|event| event.ev & 0xff == TRADE_EVENT).expect("a trade").px;
    let (low, high) = ((first * 0.98).round(), (first * 1.02).round());
    rows("vector", &data, &events, move || ROIVectorMarketDepth::new(TICK, LOT, low, high));
    rows("hash", &data, &events, || HashMapMarketDepth::new(TICK, LOT));
}
