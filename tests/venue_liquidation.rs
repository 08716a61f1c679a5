//! Margin rules: maintenance, liquidation and bankruptcy prices, and what the venue does when a position is there,
//! against arithmetic written beside it and examples that venues published.
//!
//! Repeat with `cargo test --test venue_liquidation`.
#![cfg(feature = "simulator")]

mod venue_desk;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use rust_decimal::Decimal;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Contract, Instrument, InstrumentId, MarketEvent, Money, NewOrder, Price, Qty, Rate, SessionState, Timestamp,
};
use seatrial::venue::{Backed, Backing, Basis, Bracket, ForcedPrice, MarginRules, VenueConfig, bankruptcy_price};
use venue_desk::{BASE, Desk, QUOTE, config, limit, market, money};

const BTC: InstrumentId = InstrumentId(0);

fn says(said: &str, expected: &Expect) {
    expected.assert_eq(said);
}

fn rate(text: &str) -> Rate {
    Rate::new(text.parse().expect("a decimal in a test"))
}

/// Rules of brackets (up to, greatest leverage, maintenance); cross, at the mark, by the book.
fn rules(brackets: &[(&str, u8, &str)]) -> MarginRules {
    let bracket = |&(up_to, leverage, maintenance): &(&str, u8, &str)| Bracket {
        up_to: (!up_to.is_empty()).then(|| money(up_to)),
        leverage,
        maintenance: rate(maintenance),
    };
    MarginRules {
        brackets: brackets.iter().map(bracket).collect(),
        backing: Backing::Cross,
        basis: Basis::Mark,
        price: ForcedPrice::Book,
        fee: Rate::ZERO,
    }
}

/// Ticks of 0.01; quantities of 0.001 coins, or contracts of 100.
fn btc(contract: Contract) -> Instrument {
    let qty_unit = if contract == Contract::Inverse { Decimal::from(100) } else { Decimal::new(1, 3) };
    let price_unit = Decimal::new(1, 2);
    Instrument { base_scale: 8, quote_scale: 8, price_unit, qty_unit, ..venue_desk::instrument(contract) }
}

/// So many units bought (or sold) at a price, backed with an amount.
fn held(of: &Instrument, qty: i64, entry: i64, with: &str) -> Backed {
    Backed { qty: Qty(qty), cost: of.worth(Qty(qty), Price(entry * 100)), with: money(with) }
}

fn to_cents(price: Option<Decimal>) -> String {
    price.map_or("none".to_owned(), |price| price.round_dp(2).normalize().to_string())
}

/// Brackets of Binance USD-M BTCUSDT as they were published in March 2021: their maintenance amounts are 0, 50, 1 300,
/// 16 300 and 266 300; of COIN-M BTCUSD in 2021, in BTC: 0.56, 1.81 and, at 300 BTC and 12.5 %, 11.81.
#[test]
fn maintenance_amounts_are_those_that_binance_published() {
    let usdm = binance();
    let amounts: Vec<Money> = (0..usdm.brackets.len()).map(|at| usdm.amount(at)).collect();
    assert_eq!(amounts, ["0", "50", "1300", "16300", "266300"].map(money));
    let coinm = rules(&[
        ("10", 125, "0.004"),
        ("20", 100, "0.005"),
        ("30", 50, "0.01"),
        ("50", 20, "0.025"),
        ("100", 10, "0.05"),
        ("200", 5, "0.1"),
        ("", 4, "0.125"),
    ]);
    assert_eq!([3, 4, 6].map(|at| coinm.amount(at)), ["0.56", "1.81", "11.81"].map(money));
    // 300 BTC: 300 × 12.5 % − 11.81. Where two brackets meet, both say the same.
    assert_eq!(coinm.maintenance(money("300")), money("25.69"));
    assert_eq!(coinm.maintenance(money("50")), money("0.69"));
    assert_eq!(money("50").times(Decimal::new(5, 2)) - coinm.amount(4), money("0.69"));
}

fn binance() -> MarginRules {
    rules(&[
        ("50000", 125, "0.004"),
        ("250000", 100, "0.005"),
        ("1000000", 50, "0.01"),
        ("10000000", 20, "0.025"),
        ("", 10, "0.05"),
    ])
}

/// Binance's formula for one USD-M position, one-way mode: (WB + cum − side·B·EP) / (B·MMR − side·B).
#[test]
fn a_linear_liquidation_price_is_binance_usdm_s() {
    let (of, rules) = (btc(Contract::Linear), binance());
    let check = |qty, entry, with, expected: &str| {
        assert_eq!(to_cents(rules.liquidation_price(&of, &held(&of, qty, entry, with))), expected);
    };
    // (1 000 + 0 − 40 000) / (0.004 − 1) = 39 000 / 0.996.
    check(1_000, 40_000, "1000", "39156.63");
    // Short: (1 000 + 40 000) / (0.004 + 1).
    check(-1_000, 40_000, "1000", "40836.65");
    // Second bracket: (20 000 + 50 − 120 000) / (0.015 − 3) = 99 950 / 2.985.
    check(3_000, 40_000, "20000", "33484.09");
    // Worth 60 000 at the entry, the second bracket; 40 160 when it is liquidated, the first: 40 000 / (1.5 × 0.996).
    check(1_500, 40_000, "20000", "26773.76");
    // More behind it than it can lose.
    check(1_000, 40_000, "40000", "none");
    // Nothing left already: above the entry. (−1 000 − 40 000) / −0.996.
    check(1_000, 40_000, "-1000", "41164.66");
    // Bankrupt: (40 000 − 1 000) / 1.
    assert_eq!(to_cents(bankruptcy_price(&of, &held(&of, 1_000, 40_000, "1000"))), "39000");
}

/// Binance's formula for one COIN-M position: (B·MMR + side·B) × contract / (WB + cum + side·B × contract / EP).
#[test]
fn an_inverse_liquidation_price_is_binance_coinm_s() {
    let (of, rules) = (btc(Contract::Inverse), rules(&[("0.5", 125, "0.004"), ("", 50, "0.01")]));
    let check = |qty, entry, with, expected: &str| {
        assert_eq!(to_cents(rules.liquidation_price(&of, &held(&of, qty, entry, with))), expected);
    };
    // 100 contracts of 100 at 50 000: 10 000 × 1.004 / (0.1 + 0.2).
    check(100, 50_000, "0.1", "33466.67");
    // Short: 10 000 × (0.004 − 1) / (0.1 − 0.2) = 9 960 / 0.1.
    check(-100, 50_000, "0.1", "99600");
    // A short that is backed by its whole value cannot be liquidated: it is worth what it is in the quote asset.
    check(-100, 50_000, "0.2", "none");
    // Second bracket, cum = 0.5 × 0.6 % = 0.003: 50 000 × 1.01 / (0.1 + 1 + 0.003).
    check(500, 50_000, "0.1", "45784.22");
    // Bankrupt: 10 000 / 0.3.
    assert_eq!(to_cents(bankruptcy_price(&of, &held(&of, 100, 50_000, "0.1"))), "33333.33");
}

/// Bybit, inverse, isolated: quantity / (value at entry ± (initial − maintenance margin)), maintenance of the value at
/// entry. Its published examples: short 60 000 at 50 000 with leverage 10 and 0.5 %; long at 8 000 with leverage 50.
#[test]
fn an_isolated_inverse_liquidation_price_is_bybit_s() {
    let of = btc(Contract::Inverse);
    let rules = MarginRules { backing: Backing::Isolated, basis: Basis::Entry, ..rules(&[("", 100, "0.005")]) };
    // 60 000 / (1.2 − (0.12 − 0.006)).
    assert_eq!(to_cents(rules.liquidation_price(&of, &held(&of, -600, 50_000, "0.12"))), "55248.62");
    assert_eq!(to_cents(bankruptcy_price(&of, &held(&of, -600, 50_000, "0.12"))), "55555.56");
    // 8 000 × 50 / (50 + 1 − 0.005 × 50); 80 contracts are worth one coin and post 0.02.
    assert_eq!(to_cents(rules.liquidation_price(&of, &held(&of, 80, 8_000, "0.02"))), "7881.77");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// At the liquidation price equity is maintenance, within one tick: at the first tick it no longer stands, one tick
    /// before that it does. What a coin's smallest unit rounds is given way to.
    #[test]
    fn equity_at_the_liquidation_price_is_maintenance(
        (inverse, long, entry_basis) in any::<(bool, bool, bool)>(),
        qty in 10_000..2_000_000_i64,
        entry in 1_000_000..9_000_000_i64,
        backing_ppm in 6_000..900_000_i64,
    ) {
        let contract = if inverse { Contract::Inverse } else { Contract::Linear };
        let of = btc(contract);
        let mut rules = if inverse { rules(&[("50", 100, "0.004"), ("300", 50, "0.01"), ("", 20, "0.025")]) } else { binance() };
        rules.basis = if entry_basis { Basis::Entry } else { Basis::Mark };
        let qty = Qty(if long { qty } else { -qty });
        let cost = of.worth(qty, Price(entry));
        let with = of.value(cost).abs().times(Decimal::new(backing_ppm, 6)).half_even(of.settle_scale());
        let held = Backed { qty, cost, with };
        prop_assume!(with > rules.maintenance(of.value(cost).abs()).times(Decimal::new(11, 1)));
        let Some(price) = rules.liquidation_price(&of, &held) else { return Ok(()) };
        let now = Timestamp(0);
        let reached = if long { of.price_down(price, now) } else { of.price_up(price, now) }.expect("a price");
        prop_assume!(reached.0 > 0 && price < Decimal::from(1_000_000_000));
        let left = |price: Price| rules.left(&of, &held, price);
        let unit = Money::new(Decimal::new(2, of.settle_scale()));
        prop_assert!(left(reached) <= unit, "{} left at {price}", left(reached));
        let before = Price(reached.0 + if long { 1 } else { -1 });
        prop_assert!(left(before) >= -unit, "{} left a tick before {price}", left(before));
    }
}

/// Up to 500 of 1 %, to 1 000 of 2 % less 5, beyond of 5 % less 35; a forced execution costs 1 %. No other fee; 300 held.
fn linear() -> VenueConfig {
    let of = rules(&[("500", 20, "0.01"), ("1000", 10, "0.02"), ("", 5, "0.05")]);
    with_rules(Contract::Linear, MarginRules { fee: rate("0.01"), ..of }, QUOTE, "300")
}

fn with_rules(contract: Contract, of: MarginRules, asset: seatrial::market::AssetId, held: &str) -> VenueConfig {
    let mut terms = VenueConfig { margin: vec![Some(of)], ..config(contract) };
    let fees = &mut terms.instruments[0].timeline[0].fees;
    (fees.maker, fees.taker) = (Rate::ZERO, Rate::ZERO);
    terms.balances[usize::from(asset.0)].total = money(held);
    terms
}

/// A long of 12 from 101 with leverage 5, an order far away, and a mark of 100.
fn long(terms: VenueConfig) -> Desk {
    let mut desk = Desk::with(terms);
    desk.show(&[(99, 100)], &[(101, 100)]);
    desk.market(MarketEvent::Mark(BTC, Price(100)));
    desk.send(NewOrder { leverage: 5, ..market(Buy, 12) });
    desk.send(NewOrder { leverage: 5, ..limit(Buy, 50, 1) });
    desk
}

fn mark(desk: &mut Desk, price: i64) -> String {
    desk.market(MarketEvent::Mark(BTC, Price(price)))
}

/// Cash and counterparties, the insurance fund among them: whatever was lost somebody has.
fn sums(desk: &Desk) -> [Money; 2] {
    let parts = || desk.venue.balances().into_iter().chain(desk.venue.counterparties());
    [BASE, QUOTE]
        .map(|asset| parts().filter(|part| part.asset == asset).map(|part| part.total).fold(Money::ZERO, |a, b| a + b))
}

/// 300 + 12·P − 1 212 = 2 % · 12·P − 5 at P = 907 / 11.76 = 77.125: worth 925.5 there, the second bracket.
///
/// At 78 equity is 24 and maintenance 13.72. At 77 it is 12 against 13.48: the order goes, then what is more than 500 at
/// 77, so that 6 stay. At 77 those 6 lose 144 and cost 4.62: 151.38 is left, equity 151.38 + 462 − 606 = 7.38 against
/// 4.62. It stands, and 151.38 + 6·P − 606 = 1 % · 6·P at 76.53 is where it would not.
#[test]
fn a_linear_position_is_cut_to_the_lower_bracket() {
    let mut desk = long(linear());
    assert_eq!(desk.venue.liquidation_price(desk.now, BTC), Some(Price(77)));
    says(&mark(&mut desk, 78), &expect![""]);
    desk.show(&[(99, 0), (77, 100)], &[]);
    says(
        &mark(&mut desk, 77),
        &expect!["#2 cancelled: Liquidation; #9223372036854775808 accepted; #9223372036854775808 sold 6 @ 77 taker"],
    );
    assert_eq!((desk.cash(QUOTE), desk.venue.positions()[0].qty), (money("151.38"), Qty(6)));
    assert_eq!(desk.venue.liquidation_price(desk.now, BTC), Some(Price(76)));
    assert_eq!(sums(&desk), [money("1000"), money("300")]);
}

/// The same where the book is thin: 4 at 76 and 2 at 75 lose 152 and cost 3.04 + 1.50; of 300 is 143.46 left, equity
/// 143.46 + 462 − 606 = −0.54. It does not stand in the lowest bracket: the other 6 go at 75, lose 156 and cost 4.50.
/// 17.04 are owed, which the insurance fund pays.
#[test]
fn a_thin_book_liquidates_all_of_it_and_the_fund_pays_what_is_owed() {
    let mut desk = long(linear());
    desk.show(&[(99, 0), (76, 4), (75, 100)], &[]);
    says(
        &mark(&mut desk, 77),
        &expect![[
            "#2 cancelled: Liquidation; #9223372036854775808 accepted; #9223372036854775808 sold 4 @ 76 taker; #9223372036854775808 sold 2 @ 75 taker; #9223372036854775809 accepted; #9223372036854775809 sold 6 @ 75 taker; Transfer(Balance { asset: AssetId(1), total: 17.04 })"
        ]],
    );
    assert_eq!((desk.cash(QUOTE), desk.venue.positions()[0].qty), (Money::ZERO, Qty::ZERO));
    assert_eq!(sums(&desk), [money("1000"), money("300")]);
}

/// What nobody bids for waits for the next event, and so does a market that does not match.
#[test]
fn what_finds_no_price_waits() {
    let mut desk = long(linear());
    desk.show(&[(99, 0)], &[]);
    says(&mark(&mut desk, 77), &expect!["#2 cancelled: Liquidation"]);
    desk.market(MarketEvent::Session(BTC, SessionState::Halted));
    says(&desk.show(&[(77, 100)], &[]), &expect![""]);
    says(
        &desk.market(MarketEvent::Session(BTC, SessionState::Open)),
        &expect![[
            "Session { instrument: InstrumentId(0), state: Open }; #9223372036854775808 accepted; #9223372036854775808 sold 6 @ 77 taker"
        ]],
    );
}

/// Taken over at the bankruptcy price, (1 212 − 300) / 12 = 76, whatever the book displays: one bracket, so all at once.
#[test]
fn a_position_is_taken_over_at_its_bankruptcy_price() {
    let of = MarginRules { price: ForcedPrice::Bankruptcy, ..rules(&[("", 20, "0.02")]) };
    let mut desk = long(with_rules(Contract::Linear, of, QUOTE, "300"));
    desk.show(&[(99, 0)], &[]);
    // 300 + 12·P − 1 212 = 0.24·P at 77.55.
    says(
        &mark(&mut desk, 77),
        &expect!["#2 cancelled: Liquidation; #9223372036854775808 accepted; #9223372036854775808 sold 12 @ 76 taker"],
    );
    assert_eq!((desk.cash(QUOTE), sums(&desk)), (Money::ZERO, [money("1000"), money("300")]));
}

/// Isolated, 1 212 / 5 = 242.40 are all that backs it: 242.4 + 12·P − 1 212 = 0.24·P at P = 82.44. The other 57.60 stay.
#[test]
fn an_isolated_position_costs_its_own_margin() {
    let of = MarginRules { backing: Backing::Isolated, price: ForcedPrice::Bankruptcy, ..rules(&[("", 20, "0.02")]) };
    let mut desk = long(with_rules(Contract::Linear, of, QUOTE, "300"));
    says(&mark(&mut desk, 83), &expect![""]);
    // (1 212 − 242.4) / 12 = 80.8, on the tick on which nothing is owed: 81.
    says(
        &mark(&mut desk, 82),
        &expect!["#2 cancelled: Liquidation; #9223372036854775808 accepted; #9223372036854775808 sold 12 @ 81 taker"],
    );
    assert_eq!(desk.cash(QUOTE), money("60"));
}

/// The same by a book that bids 75: 12 × 26 = 312 are lost, 69.60 more than the 242.40 that back it. The fund pays those.
#[test]
fn an_isolated_loss_beyond_its_margin_is_insured() {
    let of = MarginRules { backing: Backing::Isolated, ..rules(&[("", 20, "0.02")]) };
    let mut desk = long(with_rules(Contract::Linear, of, QUOTE, "300"));
    desk.show(&[(99, 0), (75, 100)], &[]);
    says(
        &mark(&mut desk, 82),
        &expect![
            "#2 cancelled: Liquidation; #9223372036854775808 accepted; #9223372036854775808 sold 12 @ 75 taker; Transfer(Balance { asset: AssetId(1), total: 69.6 })"
        ],
    );
    assert_eq!((desk.cash(QUOTE), sums(&desk)), (money("57.6"), [money("1000"), money("300")]));
}

/// Contracts of 100, to 0.1 coins of 1 %, beyond of 2 % less 0.001; 0.5 % to be liquidated; 0.05 coins held.
///
/// Long 100 from 50 000, worth 0.2: 10 000 × 1.02 / (0.05 + 0.2 + 0.001) = 40 637.45. At 40 637 more than 0.1 × 40 637 /
/// 100 = 40 contracts go: 60 at 40 600 are worth 0.14778325, lose 0.02778325 and cost 0.00073892. Left are 0.02147783
/// and 40 from 50 000, worth 0.09843246 at the mark: equity 0.00304537 against 0.00098433. It stands.
#[test]
fn an_inverse_position_is_cut_to_the_lower_bracket() {
    let of = MarginRules { fee: rate("0.005"), ..rules(&[("0.1", 20, "0.01"), ("", 10, "0.02")]) };
    let mut terms = with_rules(Contract::Inverse, of, BASE, "0.05");
    (terms.instruments[0].base_scale, terms.instruments[0].qty_unit) = (8, 100.into());
    let mut desk = Desk::with(terms);
    desk.show(&[(49_999, 1_000)], &[(50_000, 1_000)]);
    mark(&mut desk, 50_000);
    desk.send(NewOrder { leverage: 10, ..market(Buy, 100) });
    assert_eq!(desk.venue.liquidation_price(desk.now, BTC), Some(Price(40_637)));
    desk.show(&[(49_999, 0), (40_600, 1_000)], &[]);
    says(&mark(&mut desk, 40_638), &expect![""]);
    says(
        &mark(&mut desk, 40_637),
        &expect!["#9223372036854775808 accepted; #9223372036854775808 sold 60 @ 40600 taker"],
    );
    assert_eq!((desk.cash(BASE), desk.venue.positions()[0].qty), (money("0.02147783"), Qty(40)));
    assert_eq!(sums(&desk), [money("0.05"), money("1000000")]);
    // The rest grows in coins as the price falls, back into the second bracket: 4 000 × 1.02 / (0.10147783 + 0.001).
    assert_eq!(desk.venue.liquidation_price(desk.now, BTC), Some(Price(39_813)));
    // One contract too many: it loses 0.00046305 and costs 0.00001232. Equity 0.00104451 against 0.00097958.
    says(
        &mark(&mut desk, 39_813),
        &expect!["#9223372036854775809 accepted; #9223372036854775809 sold 1 @ 40600 taker"],
    );
    assert_eq!((desk.cash(BASE), desk.venue.positions()[0].qty), (money("0.02100246"), Qty(39)));
}

/// Shorts are the mirror image: 300 + 1 188 − 12·P = 2 % · 12·P... of −12 from 99, 5 % less 35 beyond 1 000:
/// 300 + 1 188 − 12·P = 0.6·P − 35 at P = 1 523 / 12.6 = 120.87, the first tick above is 121.
#[test]
fn a_short_is_liquidated_on_the_way_up() {
    let mut desk = Desk::with(linear());
    desk.show(&[(99, 100)], &[(101, 100)]);
    desk.send(NewOrder { leverage: 5, ..market(Sell, 12) });
    assert_eq!(desk.venue.liquidation_price(desk.now, BTC), Some(Price(121)));
    says(&mark(&mut desk, 120), &expect![""]);
    // At 121 a size of 1 452: down to 1 000 / 121 = 8 lots, bought at 101; the gain of the cheap book lets it stand.
    says(&mark(&mut desk, 121), &expect!["#9223372036854775808 accepted; #9223372036854775808 bought 4 @ 101 taker"]);
}

/// 1 212 is in the last bracket, of leverage 5; 505 in the second, of 10; a loss at the mark is not free any more.
#[test]
fn leverage_and_free_margin_bound_an_order() {
    let mut desk = Desk::with(linear());
    desk.show(&[(99, 100)], &[(101, 100)]);
    says(&desk.send(NewOrder { leverage: 6, ..market(Buy, 12) }), &expect!["#1 rejected: InsufficientBalance"]);
    says(&desk.send(NewOrder { leverage: 10, ..market(Buy, 5) }), &expect!["#2 accepted; #2 bought 5 @ 101 taker"]);
    // 50.50 posted, 55 lost at a mark of 90: of 300 are 194.50 free, and 9 more at 101 need 909 / 5 = 181.80, 10 need 202.
    mark(&mut desk, 90);
    says(&desk.send(NewOrder { leverage: 5, ..limit(Buy, 101, 10) }), &expect!["#3 rejected: InsufficientBalance"]);
    says(&desk.send(NewOrder { leverage: 5, ..limit(Buy, 101, 9) }), &expect!["#4 accepted; #4 bought 9 @ 101 taker"]);
    // What only shrinks it needs nothing.
    says(&desk.send(NewOrder { leverage: 20, ..market(Sell, 14) }), &expect!["#5 accepted; #5 sold 14 @ 99 taker"]);
}
