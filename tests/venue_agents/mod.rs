//! A desk in a market of agents: a venue with a clock, and everything it ever said.
#![allow(dead_code, reason = "each test uses its own part")]

use std::sync::Arc;

use seatrial::market::{
    Command, Contract, InstrumentId, Liquidity, MarketEvent, NewOrder, OrderId, Price, Qty, Quote, ReportKind, Span,
    Timestamp, VenueMessage,
};
use seatrial::sim::rng::VenueChance;
use seatrial::venue::{
    BackgroundTerms, MakerTerms, MomentumTerms, NoiseTerms, RegimeTerms, ValueTerms, Venue, VenueConfig,
};

use crate::venue_desk::{self, config};

pub const IT: InstrumentId = InstrumentId(0);

pub fn terms() -> BackgroundTerms {
    BackgroundTerms {
        opens: Timestamp(0),
        ends: Timestamp(0).after(Span::from_mins(30)),
        price: Price(10_000),
        noise: NoiseTerms {
            market_orders: 1_000,
            market_size: Qty(20),
            limit_orders: 3_000,
            limit_size: Qty(30),
            distance: 8,
            life: Span::from_secs(10),
            excitation: 500,
            memory: Span::from_secs(2),
            ..NoiseTerms::NONE
        },
        makers: MakerTerms {
            spread: 4,
            levels: 4,
            size: Qty(60),
            refresh: Span::from_secs(1),
            anchor: 500,
            peak: None,
        },
        momentum: MomentumTerms { orders: 100, size: Qty(20), memory: Span::from_secs(60) },
        value: ValueTerms { orders: 300, size: Qty(20), volatility_ppm: 30_000, half_life: Span::from_hours(6) },
        regime: RegimeTerms::default(),
    }
}

/// A venue with a clock and a market of agents, and everything it ever said.
pub struct Market {
    pub venue: Venue,
    pub now: Timestamp,
    pub ids: u64,
    pub said: Vec<VenueMessage>,
    pub public: Vec<(Timestamp, MarketEvent)>,
}

impl Market {
    pub fn new(seed: u64, contract: Contract, change: impl Fn(&mut VenueConfig)) -> Self {
        let mut config = config(contract);
        config.chance = Some(Arc::new(VenueChance { seed, run: 0 }));
        config.backgrounds = vec![Some(terms())];
        config.balances[0].total = venue_desk::money("100000");
        config.balances[1].total = venue_desk::money("1000000000");
        change(&mut config);
        let venue = Venue::new(config);
        Self { venue, now: Timestamp(0), ids: 0, said: Vec::new(), public: Vec::new() }
    }

    /// Lets the market go on; answers what was said to us.
    pub fn pass(&mut self, span: Span) -> Vec<VenueMessage> {
        let until = self.now.after(span);
        let mut said = Vec::new();
        while let Some(at) = self.venue.next_wake().filter(|at| *at <= until) {
            self.venue.on_time(at, &mut said);
            self.public.extend(self.venue.drain_published());
        }
        self.now = until;
        self.said.extend(said.iter().cloned());
        said
    }

    pub fn command(&mut self, command: Command) -> Vec<VenueMessage> {
        let mut said = Vec::new();
        self.venue.on_command(self.now, &command, &mut said);
        self.public.extend(self.venue.drain_published());
        self.said.extend(said.iter().cloned());
        said
    }

    pub fn send(&mut self, order: NewOrder) -> (OrderId, Vec<VenueMessage>) {
        self.ids += 1;
        let id = OrderId(self.ids);
        (id, self.command(Command::New(NewOrder { id, ..order })))
    }

    pub fn touch(&self) -> Quote {
        self.venue.touch(IT)
    }
}

pub fn fills(said: &[VenueMessage]) -> Vec<(OrderId, Price, Qty, Liquidity)> {
    let fill = |message: &VenueMessage| match message {
        VenueMessage::Report(report) => match report.kind {
            ReportKind::Filled(fill) => Some((report.order, fill.price, fill.qty, fill.liquidity)),
            _ => None,
        },
        _ => None,
    };
    said.iter().filter_map(fill).collect()
}

pub fn told(said: &[VenueMessage]) -> String {
    venue_desk::text(said)
}
