//! The simulated exchange: a replay book over recorded orders, depth, quotes, trades or bars, in which our
//! orders live beside a market that does not know of them; or a matching book, in which they meet agents'.
//!
//! It promises that every fill is explained by a recorded level, print or bar and takes from it
//! once, or by an agent's order, that no fill beats its limit, that whatever the account gains somebody else loses, and
//! that the same inputs give the same outputs. Its log, not the messages, is the truth.
//!
//! It does not read its client's mind. A recorded market does not react to our trading (impact is a model's); one
//! made by agents does. What a venue does beyond its rules it does only when told to, by an [`Act`]. Market events of
//! an instrument it does not list are none of its business.
//!
//! # What it assumes, for a sceptic
//!
//! Each paragraph has a test of its name in `tests/venue_depth.rs`, `tests/venue_bars.rs`,
//! `tests/venue_triggers.rs`, `tests/venue_sessions.rs`, `tests/venue_queue.rs`, `tests/venue_fifo.rs`, `tests/venue_matched.rs`,
//! `tests/venue_regimes.rs`,
//! `tests/venue_slippage.rs`, `tests/venue_fees.rs`, `tests/venue_margin.rs` or `tests/venue_liquidation.rs`. The models that can be
//! chosen, with their formulas, are in `docs/models.md`.
//!
//! **Takers walk displayed depth.** An order that reaches the market trades against the levels
//! displayed, best first, up to its limit, each at its own price. What is not displayed is not there.
//!
//! **A slippage model is named and adverse**: beyond the displayed levels a taker trades worse by what the
//! model says, on the tick grid and not past its limit. The default adds nothing. `none` gives all of it at the
//! best price, and is optimistic.
//!
//! **A partial-fill model only takes away**: a share of what printed, or a drawn part of what is there.
//!
//! **A tier moves at its instant**: where a fee plan says so, the venue counts what the account traded in the last
//! 30 days, and an execution is charged by what was traded before it, or before the day's assessment. Nothing is
//! charged anew.
//!
//! **What we took stays taken.** Until the market sets a level anew, what we consumed of it cannot be consumed
//! again, by this order or the next. A new quantity is believed whole, unless consumption persists.
//!
//! **We join behind everything displayed.** A resting order waits behind the whole quantity shown
//! at its price when it arrives.
//!
//! **Only prints and shrinkage advance us.** A print at our price by the opposite taker shortens the
//! queue before us, and what it printed beyond the queue fills us. A level that shrinks below the
//! queue shortens it to what is left; who cancelled behind us is never guessed.
//!
//! **Where every order is recorded nobody guesses**: an order of ours waits behind those that came before it,
//! first in, first out, and what we took of a level stays taken as long as they stand there.
//!
//! **In a market made by agents a taker of ours moves the price and the public sees it trade**: our orders and
//! theirs stand in one book, and no model of fills is assumed.
//!
//! **Such a market may gather orders for auctions, close at night, halt itself and refuse far prices**, where its terms
//! say so: a call is a post-only session in which a limit of ours may cross and trades in the auction as a maker, a halt
//! is a halt, a night takes cancels. Nobody is shown the book before it trades again.
//!
//! **A queue model guesses who cancelled**, where the terms name one: what a level lost beyond what printed
//! is shared between before us and behind us, by a power of their sizes or by their logarithms. It is an
//! assumption, never further back than the default and never ahead of what printed and cancelled.
//!
//! **A print beyond our price fills up to what printed.** The market traded through us: we would have
//! been hit first, but by no more than was sold.
//!
//! **The opposite best reaching us fills up to what it displays.** At our own price, once the message
//! that shows it is whole; what we take of it is gone.
//!
//! **One print is shared.** Several orders of ours share a print by price, then time; together they
//! get no more than it printed.
//!
//! **A maker trades at its own price**, a taker at the level's. Nobody is improved.
//!
//! **A print of unknown side** counts as bought at or above the ask, as sold at or below the bid, and
//! between them proves nothing.
//!
//! **Our orders never trade with each other**: a taker of ours meets only the recorded market.
//!
//! **A stop fires on the last trade** unless it names another price, and takes like a market order; what
//! finds nothing is cancelled. Where nothing has traded yet it looks at the price it would trade at.
//!
//! **A trigger looks at the price it names**: the last trade, the mark, the index, or the touch it would
//! trade with. A mark or an index that was never published falls back to the last trade (Kraken's rule).
//!
//! **A reduce-only order only shrinks a position**: it trades no more than is left to reduce and ends
//! once nothing is, resting or not. On spot it is any sale.
//!
//! **The account's message rate is limited**, where the terms say so: a new order or an amend costs one,
//! a cancel or an amend the more the younger its order is, and what was used decays. Beyond the limit new
//! orders and amends are refused; cancels and queries never are.
//!
//! **A resting trigger holds what it would cost**, unless the terms say that it holds nothing until it
//! is touched: then it may find the account unable to pay, and ends.
//!
//! **Trigger and limit must agree**, where the terms say so: a limit on the far side of its own trigger
//! would wait where nobody meets it, and is refused.
//!
//! **A trigger is touched at its price or beyond**: a buy stop and a sell target from below, a sell
//! stop and a buy target from above. An order that is touched already is refused.
//!
//! **A stop-limit and a target-limit become limit orders**: they take up to the limit, and what is left
//! joins the back of its price. The print that touched the trigger does not fill what rests of it.
//! Queries go on to name the kind that was ordered; the touched trigger can no longer be amended.
//!
//! **A stop comes before a target** that the same print, or the same point of a path, touches.
//!
//! **Behind the touch the queue is unknown.** Where only quotes are recorded, an order behind the best
//! waits until the best comes to its price, then behind what is shown there. Where depth is recorded,
//! a quote says nothing new.
//!
//! **Of trades alone the touch is assumed**: half a spread on each side of the last trade, with a share of what
//! traded displayed, and an order behind it waits as behind any touch.
//!
//! **A bar is a path**: its open, one extreme, the other, its close. The first extreme is the one on
//! the way to which a resting stop of ours is touched soonest; if none is, the one nearer the open.
//! From close to the next open the price jumps; within the bar it moves continuously and serves our
//! orders in the order it reaches them, a stop before a target and a target before a limit. A trigger
//! that leaves a limit order is served again if the same leg goes on to its limit.
//!
//! **A point of the path displays a share of the volume** around its price, half a spread away on each
//! side; the leg that leads to a point fills us from what that point displays, once.
//!
//! **A gap through a stop fills at the open**, half a spread worse; an order decided on a close meets
//! the next open at the earliest, for the venue takes the open before it hears of the order.
//!
//! **`parity_full` is optimistic**: a touched order fills whole, as some back-testers assume, whatever
//! was printed or displayed.
//!
//! **A session limits commands, matching and triggers**: post-only takes what rests, cancel-only takes
//! cancels, a halt takes cancels and matches nothing, maintenance hears nothing. Triggers fire while it
//! is open alone. When it changes, our orders meet the last trade and the book as they stand then;
//! a trigger that was touched in between, and no longer is, goes on waiting. Expiry, the dead-man's
//! switch and queries work in every session.
//!
//! **Funding is posted once per instrument and time**, where a plan says so, on the position's value at the mark
//! of that instant, half-even to the unit; what expires at that instant expires before it.
//!
//! **A position that has no more than it must keep is liquidated**, where margin rules say so: orders first, then down
//! to the lower bracket, then all; what is owed then the insurance fund pays. Interest is posted as funding is.
//!
//! **The account pays or the order ends.** A spot fill that cash cannot pay, fees included, does not
//! happen, and the rest of its order is cancelled. A margin account without rules may run into debt.

mod account;
mod act;
mod admission;
mod background;
mod chance;
mod config;
mod fees;
mod fills;
mod funding;
mod guards;
mod hands;
mod impact;
mod interest;
mod liquidation;
mod listing;
mod margin;
mod matched;
pub mod matching;
mod orders;
mod partial;
mod path;
mod public_orders;
mod queue;
mod rate;
mod resting;
mod sessions;
mod shown;
mod slippage;
mod triggers;
mod truth;
mod upsets;
mod view;
mod volume;
mod whims;

pub use act::{Act, LAG_MIN};
pub use background::{
    BACKGROUND_VERSION, BackgroundTerms, BandTerms, Fit, HaltTerms, MakerTerms, Measure, MomentumTerms, NoiseTerms,
    RegimeTerms, SessionTerms, Shape, ValueTerms, fit, shape_of,
};
pub use chance::{Chance, Draw};
pub use config::{Consumption, FillProfile, Models, RateLimit, VenueConfig};
pub use funding::{Every, Funding};
pub use guards::Guards;
pub use impact::{IMPACT_VERSION, ImpactModel, ImpactRule, Push};
pub use interest::{Charged, CountedFrom, Interest};
pub use margin::{Backed, Backing, Basis, Bracket, ForcedPrice, MarginRules, bankruptcy_price};
pub use partial::{PARTIAL_VERSION, Part, PartialModel, PartialRule};
pub use public_orders::PublicBook;
pub use queue::{QUEUE_VERSION, QueueModel, QueueRule, Shrunk};
pub use shown::Reading;
pub use slippage::{SLIPPAGE_VERSION, SlippageModel, SlippageRule, Take};

use account::{Account, NO_HOLD};
use background::Background;
use listing::Market;
use partial::Draws;
use rate::Meter;
use resting::{Number, Orders, place};
use truth::Truth;
use whims::Whims;

use crate::market::{
    Command, ExecutionReport, MarketEvent, Price, Qty, ReportKind, Timestamp, TriggerSource, VenueMessage, VenueRef,
};

/// The simulated exchange.
#[derive(Clone)]
pub struct Venue {
    config: VenueConfig,
    /// How orders of each instrument fill.
    models: Vec<Models>,
    markets: Vec<Market>,
    orders: Orders,
    account: Account,
    truth: Truth,
    /// When something of ours is due: kept beside the orders so that an idle event is one compare.
    next_due: Timestamp,
    /// When the dead-man's switch cancels everything.
    dead_man: Option<Timestamp>,
    /// When funding is due next, by instrument.
    fundings: Vec<Option<Timestamp>>,
    /// The same of interest.
    interests: Vec<Option<Timestamp>>,
    /// How much of its rate limit the account has used.
    meter: Meter,
    /// The same of each instrument that is counted apart.
    own_meters: Vec<Meter>,
    /// A position shrank to nothing or turned: reduce-only orders may have nothing left to reduce.
    turned: bool,
    whims: Whims,
    /// How many draws the seeded models made.
    draws: Draws,
    /// A taker's plan, kept to spare its allocation.
    scratch: Vec<(Price, Qty)>,
    /// What a matching book said, kept to spare its allocation.
    said: Vec<matching::Output>,
    /// What the public has yet to be told.
    published: Vec<(Timestamp, MarketEvent)>,
}

impl Venue {
    /// Opens a venue.
    ///
    /// # Panics
    /// When an instrument's id is not its place in the table, or a seeded model or a market of agents has no source
    /// of chance: a defect of the program that built it.
    #[must_use]
    pub fn new(mut config: VenueConfig) -> Self {
        for (index, instrument) in config.instruments.iter().enumerate() {
            assert_eq!(
                place(instrument.id),
                index,
                "instrument {} must stand at the place its id says",
                instrument.symbol
            );
        }
        let models: Vec<Models> = (0..config.instruments.len()).map(|at| config.models(at)).collect();
        assert!(
            !models.iter().any(Models::are_seeded) || config.chance.is_some(),
            "a seeded model needs a source of chance"
        );
        // What a model left untraded may trade with any event: then none takes the short way.
        config.guards &= !models.iter().any(|models| models.partial.cuts());
        let mut markets = vec![Market::default(); config.instruments.len()];
        for ((market, instrument), terms) in markets.iter_mut().zip(&config.instruments).zip(&config.backgrounds) {
            let Some(terms) = terms else { continue };
            let chance = config.chance.as_ref().expect("agents need a source of chance");
            let rules = instrument.rules(terms.opens);
            let background = Background::new(terms, rules, instrument.id.0.into(), chance);
            market.session.turn(background.state());
            market.background = Some(Box::new(background));
        }
        config.margin.truncate(liquidation::last_watched(&config.margin));
        let mut venue = Self {
            models,
            markets,
            orders: Orders::default(),
            account: Account::new(&config.instruments, &config.balances),
            truth: Truth::default(),
            next_due: Timestamp::MAX,
            dead_man: None,
            fundings: funding::first_times(&config.funding),
            interests: config.interest.iter().map(|terms| terms.as_ref().and_then(Interest::first)).collect(),
            meter: Meter::default(),
            own_meters: vec![Meter::default(); config.own_rate_limits.len()],
            turned: false,
            whims: Whims::default(),
            draws: Draws::default(),
            scratch: Vec::new(),
            said: Vec::new(),
            published: Vec::new(),
            config,
        };
        venue.refresh_due();
        venue
    }

    /// The market moves, at exchange time.
    #[inline]
    pub fn on_market(&mut self, now: Timestamp, event: &MarketEvent, out: &mut Vec<VenueMessage>) {
        if now > self.next_due {
            // What was due before this instant is over, even if nobody woke us.
            self.settle_due(Timestamp(now.0 - 1), out);
        }
        match event {
            MarketEvent::Level(change) => self.on_level(now, change, out),
            MarketEvent::Trade(trade) => self.on_trade(now, trade, out),
            MarketEvent::Quote(quote) => self.on_quote(now, quote, out),
            MarketEvent::Path(point, bar) => self.on_path(now, *point, bar, out),
            MarketEvent::Session(instrument, state) => self.on_told_session(now, *instrument, *state, out),
            MarketEvent::Mark(at, price) => self.on_gauge(now, *at, TriggerSource::Mark, *price, out),
            MarketEvent::Index(at, price) => self.on_gauge(now, *at, TriggerSource::Index, *price, out),
            MarketEvent::Order(change) => self.on_order(now, change, out),
            MarketEvent::Bar(_) => {}
        }
        self.settle_positions(now, out);
    }

    /// Time passes: good-till-date orders expire, the dead-man's switch fires, funding falls due.
    pub fn on_time(&mut self, now: Timestamp, out: &mut Vec<VenueMessage>) {
        self.settle_due(now, out);
        self.settle_positions(now, out);
    }

    /// A command arrives.
    pub fn on_command(&mut self, now: Timestamp, command: &Command, out: &mut Vec<VenueMessage>) {
        self.settle_due(now, out);
        match *command {
            Command::New(order) => self.on_new(now, &order, out),
            Command::Amend(amend) => self.on_amend(now, &amend, out),
            Command::Cancel(id) => self.on_cancel(now, id, out),
            Command::CancelAll(instrument) => self.on_cancel_all(now, instrument, out),
            Command::CancelAllAfter(span) => self.arm_dead_man(now, span),
            Command::Query(query) => self.answer(now, query, out),
            Command::Reconnect => {}
        }
        self.settle_positions(now, out);
    }

    /// When the venue next wants [`Venue::on_time`].
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        (self.next_due < Timestamp::MAX).then_some(self.next_due)
    }

    fn report(&self, at: Timestamp, number: Number, kind: ReportKind) -> VenueMessage {
        VenueMessage::Report(self.execution_report(at, number, kind))
    }

    fn execution_report(&self, at: Timestamp, number: Number, kind: ReportKind) -> ExecutionReport {
        let order = self.orders.get(number);
        let refused = matches!(order.life, resting::Life::Rejected(_));
        ExecutionReport {
            order: order.terms.id,
            venue_id: (!refused).then(|| venue_name(number)),
            instrument: order.terms.instrument,
            at,
            cumulative: Some(order.filled),
            kind,
        }
    }
}

/// The venue's name of an order.
fn venue_name(number: Number) -> VenueRef {
    VenueRef::numbered('O', u64::from(number) + 1)
}
