//! What the market displayed and printed, and what of it is ours: kept from events and fills alone.

use std::collections::BTreeMap;

use seatrial::market::{
    Fill, LevelChange, Liquidity, MarketEvent, NewOrder, OrderAct, OrderChange, OrderId, Price, PublicOrderId, Qty,
    Quote, ReportKind, Side, Trade, VenueMessage,
};
use seatrial::venue::VenueConfig;

/// A public order, where they are recorded: who came first is first.
#[derive(Clone, Copy)]
struct Public {
    id: PublicOrderId,
    left: i64,
    ours: i64,
}

/// What a level displays and what of it is ours since it was set anew.
#[derive(Clone, Default)]
struct Level {
    displayed: i64,
    ours: i64,
    /// Where orders are recorded, those that stand there.
    queue: Vec<Public>,
}

impl Level {
    fn left(&self) -> i64 {
        if self.queue.is_empty() {
            self.displayed - self.ours
        } else {
            self.queue.iter().map(|order| order.left - order.ours).sum()
        }
    }

    /// Takes at most so much; answers how much.
    fn take(&mut self, wanted: i64) -> i64 {
        let taken = wanted.min(self.left()).max(0);
        self.ours += taken;
        let mut rest = taken;
        for order in &mut self.queue {
            let here = rest.min(order.left - order.ours);
            order.ours += here;
            rest -= here;
        }
        taken
    }
}

/// The law's own eyes.
pub struct Shadow {
    levels: [BTreeMap<i64, Level>; 2],
    /// Of the print at hand: whom it can have hit, at which price, and what of it is not ours.
    print: Option<(Option<Side>, Price, i64)>,
    orders: BTreeMap<OrderId, NewOrder>,
    /// For bars: millionths of the volume displayed on each side.
    display_ppm: i64,
    bars: bool,
    /// What traded: takers, makers.
    pub traded: [i64; 2],
}

impl Shadow {
    pub fn new(terms: &VenueConfig) -> Self {
        Self {
            levels: Default::default(),
            print: None,
            orders: BTreeMap::new(),
            display_ppm: terms.bar_display_ppm,
            bars: false,
            traded: [0; 2],
        }
    }

    pub fn order(&mut self, order: &NewOrder) {
        self.orders.insert(order.id, *order);
    }

    pub fn market(&mut self, event: &MarketEvent) {
        match event {
            MarketEvent::Level(LevelChange { side, price, qty, .. }) => self.set(*side, *price, *qty),
            MarketEvent::Quote(quote) => self.touch(quote),
            MarketEvent::Trade(trade) => self.printed(trade),
            MarketEvent::Order(change) => self.public(change),
            MarketEvent::Path(_, bar) => {
                // A point and the leg to it: each side gives its share once, at whatever price of the leg.
                self.bars = true;
                let share = (bar.volume.0 * self.display_ppm / 1_000_000).max(1);
                for levels in &mut self.levels {
                    levels.clear();
                    levels.insert(0, Level { displayed: share, ..Level::default() });
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, side: Side, price: Price, qty: Qty) {
        self.levels[side as usize].insert(price.0, Level { displayed: qty.0, ..Level::default() });
    }

    /// A touch that is what it was sets nothing anew.
    fn touch(&mut self, quote: &Quote) {
        for (side, price, qty) in [(Side::Buy, quote.bid, quote.bid_qty), (Side::Sell, quote.ask, quote.ask_qty)] {
            let levels = &mut self.levels[side as usize];
            if levels.get(&price.0).is_some_and(|level| level.displayed == qty.0) {
                continue;
            }
            levels.clear();
            self.set(side, price, qty);
        }
    }

    fn printed(&mut self, trade: &Trade) {
        self.print = Some((trade.taker.map(Side::opposite), trade.price, trade.qty.0));
    }

    fn public(&mut self, change: &OrderChange) {
        if let Some(trade) = change.trade() {
            self.printed(&trade);
        }
        match change.act {
            OrderAct::Add | OrderAct::Modify => self.stands(change),
            OrderAct::Cancel => self.shrinks(change.order, i64::MAX),
            OrderAct::Execute => {
                self.outbids(change);
                self.shrinks(change.order, change.qty.0);
            }
            OrderAct::Print => {}
            OrderAct::Clear => self.levels = Default::default(),
        }
    }

    /// An order comes, or has new terms: it keeps its place only where it stays at its price and does not grow.
    fn stands(&mut self, change: &OrderChange) {
        let side = change.side.expect("these tapes say it");
        let level = self.levels[side as usize].entry(change.price.0).or_default();
        let here = level.queue.iter_mut().find(|order| order.id == change.order);
        if let Some(order) = here.filter(|order| change.act == OrderAct::Modify && change.qty.0 <= order.left) {
            (order.left, order.ours) = (change.qty.0, order.ours.min(change.qty.0));
            return;
        }
        self.shrinks(change.order, i64::MAX);
        let level = self.levels[side as usize].entry(change.price.0).or_default();
        level.queue.push(Public { id: change.order, left: change.qty.0, ours: 0 });
    }

    /// Whoever trades at its price proves that nobody of its side stands at a better one any more.
    fn outbids(&mut self, change: &OrderChange) {
        for (side, levels) in [Side::Buy, Side::Sell].into_iter().zip(&mut self.levels) {
            let at = levels.get(&change.price.0);
            if at.is_some_and(|level| level.queue.iter().any(|order| order.id == change.order)) {
                levels.retain(|price, _| side.sign() * (*price - change.price.0) <= 0);
            }
        }
    }

    /// So much of an order is gone, and what was ours of it with it.
    fn shrinks(&mut self, id: PublicOrderId, by: i64) {
        for level in self.levels.iter_mut().flat_map(BTreeMap::values_mut) {
            for order in level.queue.iter_mut().filter(|order| order.id == id) {
                order.left -= by.min(order.left);
                order.ours = order.ours.min(order.left);
            }
            level.queue.retain(|order| order.left > 0);
        }
    }

    pub fn hear(&mut self, message: &VenueMessage) {
        let VenueMessage::Report(report) = message else { return };
        let ReportKind::Filled(fill) = report.kind else { return };
        self.traded[usize::from(fill.liquidity == Liquidity::Maker)] += fill.qty.0;
        let limit = self.orders[&report.order].kind.limit();
        let mut wanted = fill.qty.0;
        if fill.liquidity == Liquidity::Maker {
            assert_eq!(Some(fill.price), limit, "a maker trades at its own price");
            wanted -= self.by_print(&fill, wanted);
        }
        wanted -= self.by_levels(&fill, limit, wanted);
        assert_eq!(wanted, 0, "more than was displayed and printed: {report:?}");
    }

    /// What of a fill the print explains.
    fn by_print(&mut self, fill: &Fill, wanted: i64) -> i64 {
        let Some((hit, price, left)) = &mut self.print else { return 0 };
        if hit.is_some_and(|side| side != fill.side) || !fill.side.reaches(fill.price, *price) {
            return 0;
        }
        let taken = wanted.min(*left);
        *left -= taken;
        taken
    }

    /// What of a fill the opposite levels explain that its limit reaches, best first.
    fn by_levels(&mut self, fill: &Fill, limit: Option<Price>, wanted: i64) -> i64 {
        let side = fill.side;
        let levels = &mut self.levels[side.opposite() as usize];
        let mut prices: Vec<i64> = levels.keys().copied().collect();
        prices.sort_by_key(|price| side.sign() * price);
        let mut rest = wanted;
        for price in prices {
            if !self.bars && limit.is_some_and(|limit| !side.reaches(limit, Price(price))) {
                break;
            }
            rest -= levels.get_mut(&price).expect("a key").take(rest);
        }
        wanted - rest
    }

    /// The step is over: its print explains nothing that comes later.
    pub fn settled(&mut self) {
        self.print = None;
    }
}
