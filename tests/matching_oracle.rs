//! The matching engine against the obvious book: the same random commands, the same words back, the
//! same book after every one of them.
//!
//! How: every command is a number from a seed, drawn into an input by [`draw`]; engine and naive book are
//! both told, and their outputs, a hash of everything that stands, last price and positions are compared.
//! To repeat: `cargo test --no-default-features --features simulator --test matching_oracle`.

#![cfg(feature = "simulator")]

#[path = "matching_oracle/naive.rs"]
mod naive;

use naive::{Naive, Row};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use seatrial::market::{OrderId, OrderKind, Price, Qty, Side, Timestamp};
use seatrial::venue::matching::{
    Arrival, Band, Display, Engine, Input, Output, Owner, Phase, Refusal, SelfTrade, Standing, Stay, Terms, Tie,
};

/// Small numbers out of one large one.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % n).expect("small")
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn price(&mut self, terms: &Terms) -> Price {
        let far = if self.one_in(40) { 3_000 * self.below(3) } else { 0 };
        let off = i64::from(self.one_in(60));
        Price((100 + self.below(21) - 10 + far) * terms.tick.0 + off)
    }

    fn qty(&mut self, terms: &Terms) -> Qty {
        let off = i64::from(self.one_in(60));
        let most = if self.one_in(6) { 60 } else { 12 };
        Qty((1 + self.below(most)) * terms.lot.0 - off)
    }

    fn kind(&mut self, terms: &Terms) -> OrderKind {
        let (limit, trigger) = (self.price(terms), self.price(terms));
        match self.below(16) {
            0 => OrderKind::StopMarket { trigger },
            1 => OrderKind::StopLimit { trigger, limit },
            2 => OrderKind::TargetMarket { trigger },
            3 => OrderKind::TargetLimit { trigger, limit },
            4 => OrderKind::Market,
            _ => OrderKind::Limit { limit },
        }
    }
}

/// An order that is live, mostly; now and then one that was.
fn known(dice: &mut Dice, index: u64, engine: &Engine) -> OrderId {
    let live = engine.book().len();
    if live == 0 || dice.one_in(8) {
        return OrderId(index.saturating_sub(u64::try_from(dice.below(70)).expect("small")));
    }
    let chosen = usize::try_from(dice.below(live as u64)).expect("small");
    let book = engine.book();
    let mut standing = book.queue(Side::Buy).chain(book.queue(Side::Sell)).chain(engine.waiting());
    standing.nth(chosen).expect("as many as are live").id
}

/// An amend of a little or of everything.
fn draw_amend(dice: &mut Dice, index: u64, engine: &Engine, terms: &Terms) -> Input {
    let id = known(dice, index, engine);
    let (mut qty, mut kind) = (dice.qty(terms), dice.kind(terms));
    if let Some(asked) = engine.asked(id) {
        if !dice.one_in(6) {
            qty = asked.qty + Qty((dice.below(7) - 4) * terms.lot.0);
        }
        let price = dice.price(terms);
        kind = match asked.kind {
            same if dice.one_in(2) => same,
            OrderKind::Limit { .. } => OrderKind::Limit { limit: price },
            OrderKind::StopMarket { .. } => OrderKind::StopMarket { trigger: price },
            OrderKind::StopLimit { trigger, .. } => OrderKind::StopLimit { trigger, limit: price },
            OrderKind::TargetMarket { .. } => OrderKind::TargetMarket { trigger: price },
            OrderKind::TargetLimit { limit, .. } => OrderKind::TargetLimit { trigger: price, limit },
            OrderKind::Market => kind,
        };
    }
    Input::Amend { id, qty, kind }
}

/// The input that a number stands for, as command `index` at `now`.
fn draw(number: u64, index: u64, now: i64, engine: &Engine, terms: &Terms) -> Input {
    let mut dice = Dice(number);
    match dice.below(200) {
        0..=17 => Input::Cancel(known(&mut dice, index, engine)),
        18..=49 => draw_amend(&mut dice, index, engine, terms),
        50 if dice.one_in(3) => Input::CancelAll(Some(Owner(u32::try_from(dice.below(5)).expect("small")))),
        51 if dice.one_in(20) => Input::CancelAll(None),
        52 | 53 => Input::Phase(
            [Phase::Call, Phase::Halted, Phase::Closed][usize::from(dice.one_in(2)) + usize::from(dice.one_in(3))],
        ),
        54..=61 => Input::Phase(Phase::Continuous),
        62..=64 => Input::Uncross(dice.one_in(2).then(|| dice.price(terms))),
        65 | 66 => {
            let middle = dice.price(terms).0;
            let (low, high) =
                (Price(middle - dice.below(30) * terms.tick.0), Price(middle + dice.below(30) * terms.tick.0));
            Input::Band((!dice.one_in(2)).then_some(Band { low, high }))
        }
        67..=72 => Input::Position(Owner(u32::try_from(dice.below(5)).expect("small")), Qty(dice.below(41) - 20)),
        _ => {
            let id = if dice.one_in(50) { known(&mut dice, index, engine) } else { OrderId(index) };
            let kind = dice.kind(terms);
            Input::New(Arrival {
                id,
                owner: Owner(u32::try_from(dice.below(5)).expect("small")),
                side: if dice.one_in(2) { Side::Buy } else { Side::Sell },
                kind,
                qty: dice.qty(terms),
                display: match dice.below(8) {
                    0 | 1 => Display::Peak(dice.qty(terms)),
                    2 => Display::Hidden,
                    _ => Display::Full,
                },
                stay: match dice.below(12) {
                    0 => Stay::Gtd(Timestamp(now + dice.below(120))),
                    1 => Stay::Day,
                    2 => Stay::Ioc,
                    3 => Stay::Fok,
                    _ => Stay::Gtc,
                },
                post_only: dice.one_in(8),
                reduce_only: dice.one_in(6),
                self_trade: match dice.below(8) {
                    0 => SelfTrade::CancelNewest,
                    1 => SelfTrade::CancelOldest,
                    2 => SelfTrade::CancelBoth,
                    3 => SelfTrade::Decrement,
                    _ => SelfTrade::Allow,
                },
            })
        }
    }
}

fn row(standing: Standing) -> Row {
    let Standing { id, owner, side, price, open, shown } = standing;
    (id.0, owner.0, side, price.0, open.0, shown.0)
}

/// FNV-1a over everything that stands and is remembered.
fn hash(rows: impl Iterator<Item = Row>, last: Option<Price>, position: impl Fn(Owner) -> Option<Qty>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut fold = |number: i64| {
        for byte in number.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for (id, owner, side, price, open, shown) in rows {
        for number in [i64::try_from(id).expect("small"), i64::from(owner), side.sign(), price, open, shown] {
            fold(number);
        }
    }
    fold(last.map_or(-1, |price| price.0));
    for owner in 0..5 {
        fold(position(Owner(owner)).map_or(i64::MIN, |qty| qty.0));
    }
    hash
}

fn state(engine: &Engine) -> impl Iterator<Item = Row> + '_ {
    let book = engine.book();
    book.queue(Side::Buy).chain(book.queue(Side::Sell)).chain(engine.waiting()).map(row)
}

/// Tells both; what is said is counted in `seen`.
fn check(terms: Terms, numbers: impl Iterator<Item = u64>, mut seen: impl FnMut(&Output)) -> Result<(), String> {
    let (mut engine, mut naive) = (Engine::new(terms), Naive::new(terms));
    let (mut now, mut out) = (0, Vec::new());
    for (index, number) in (1..).zip(numbers) {
        now += i64::try_from(number % 3).expect("small");
        let input = draw(number, index, now, &engine, &terms);
        out.clear();
        engine.step(Timestamp(now), &input, &mut out);
        let expected = naive.step(Timestamp(now), &input);
        if out != expected {
            return Err(format!("command {index}, {input:?}: the engine says\n{out:?}\nthe naive book\n{expected:?}"));
        }
        let rows = naive.rows();
        let ours = hash(state(&engine), engine.last(), |owner| engine.position(owner));
        if ours != hash(rows.iter().copied(), naive.last(), |owner| naive.position(owner)) {
            let ours: Vec<Row> = state(&engine).collect();
            return Err(format!("command {index}, {input:?}: the engine holds\n{ours:?}\nthe naive book\n{rows:?}"));
        }
        if engine.book().len() != rows.len() || rows.iter().any(|row| engine.asked(OrderId(row.0)).is_none()) {
            return Err(format!("command {index}, {input:?}: the engine has lost count"));
        }
        out.iter().for_each(&mut seen);
    }
    Ok(())
}

fn grids() -> [Terms; 3] {
    let plain = Terms::default();
    let coarse =
        Terms { tick: Price(5), lot: Qty(10), least: Qty(20), most: Qty(400), orders_max: 14, tie: Tie::Middle };
    [plain, coarse, Terms { tie: Tie::Middle, ..plain }]
}

/// At least 100,000 commands, and every word the engine has is said among them.
#[test]
fn a_long_run_agrees_with_the_naive_book() {
    const EACH: usize = 40_000;
    let mut said = std::collections::BTreeMap::<String, u64>::new();
    for (seed, terms) in (1..).zip(grids()) {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let numbers = (0..EACH).map(|_| chance.next_u64());
        let seen = |output: &Output| {
            let name = match output {
                Output::Rejected(_, why) => format!("rejected {why:?}"),
                Output::AmendRejected(_, why) => format!("amend rejected {why:?}"),
                Output::Cancelled(_, _, why) => format!("cancelled {why:?}"),
                Output::Amended { kept, .. } => format!("amended kept={kept}"),
                Output::Traded(told) => format!("traded {:?}", told.taker),
                other => format!("{other:?}").split(['(', ' ']).next().expect("a word").to_owned(),
            };
            *said.entry(name).or_default() += 1;
        };
        check(terms, numbers, seen).unwrap_or_else(|difference| panic!("seed {seed}: {difference}"));
    }
    println!("{} commands: {said:?}", 3 * EACH);
    let refusals = [
        Refusal::Tick,
        Refusal::Lot,
        Refusal::Size,
        Refusal::Band,
        Refusal::DuplicateId,
        Refusal::Contradiction,
        Refusal::WouldTake,
        Refusal::NothingToReduce,
        Refusal::Touched,
        Refusal::Phase,
        Refusal::TooMany,
    ];
    for refusal in refusals {
        assert!(said.contains_key(&format!("rejected {refusal:?}")), "nothing was refused for {refusal:?}");
    }
    let ends = "Requested Remainder Band FillOrKill WouldTake NothingToReduce SelfTrade Amended Expired Auction";
    for end in ends.split(' ') {
        assert!(said.contains_key(&format!("cancelled {end}")), "nothing was cancelled for {end}");
    }
    for word in ["Triggered", "Refilled", "Decremented", "Uncrossed", "traded None", "amended kept=true"] {
        assert!(said.contains_key(word), "{word} was never said");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_short_run_agrees_with_the_naive_book(
        grid in 0_usize..3,
        numbers in prop::collection::vec(any::<u64>(), 1..300),
    ) {
        prop_assert_eq!(check(grids()[grid], numbers.into_iter(), |_| {}), Ok(()));
    }
}
