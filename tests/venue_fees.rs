//! Fee plans: tiers that move with the volume of 30 days, fees by quantity, published schedules.
//!
//! Repeat with `cargo test --test venue_fees`.
#![cfg(feature = "simulator")]

mod venue_desk;

use seatrial::audit::audit_records;
use seatrial::journal::{Body, Journal, Record};
use seatrial::market::Contract::Spot;
use seatrial::market::Side::{Buy, Sell};
use seatrial::market::{
    Assessed, AssetId, Balance, Command, ExecutionReport, FeePlan, FeeTable, FeeTier, Instrument, InstrumentId,
    Liquidity, MarketEvent, Money, NewOrder, OrderId, Price, Rate, ReportKind, Side, Span, Timestamp, Trade,
    VenueMessage,
};
use seatrial::scenario::{Scenario, Source};
use seatrial::sim::{self, Setup};
use seatrial::venue::VenueConfig;
use venue_desk::{Desk, QUOTE, config, money};

const AT: InstrumentId = InstrumentId(0);
const DAY: Span = Span::from_hours(24);

fn tier(volume: &str, maker: i64, taker: i64) -> FeeTier {
    FeeTier { volume: money(volume), maker: Rate::from_bps(maker), taker: Rate::from_bps(taker) }
}

/// 10 and 20 basis points, 5 and 10 from a volume of 1000, nothing and 2 from 5000.
fn table(assessed: Assessed) -> FeeTable {
    FeeTable {
        from: Timestamp::MIN,
        name: "test".to_owned(),
        assessed,
        volume_price: money("1"),
        tiers: vec![tier("0", 10, 20), tier("1000", 5, 10), tier("5000", 0, 2)],
        per_unit: money("0"),
        least: money("0"),
    }
}

fn plan(assessed: Assessed) -> FeePlan {
    FeePlan { since: Timestamp(0), brought: money("0"), tables: vec![table(assessed)] }
}

fn desk(plan: FeePlan) -> Desk {
    let mut desk = Desk::with(VenueConfig { fee_plans: vec![Some(plan)], ..config(Spot) });
    desk.show(&[(99, 1_000)], &[(100, 1_000)]);
    desk
}

/// Buys at 100 and returns the fee.
fn buy(desk: &mut Desk, qty: i64) -> Money {
    let before = desk.cash(QUOTE);
    let said = desk.limit(Buy, 100, qty);
    assert!(said.contains("taker"), "{said}");
    before - desk.cash(QUOTE) - money(&(qty * 100).to_string())
}

#[test]
fn a_tier_moves_at_its_instant() {
    let mut desk = desk(plan(Assessed::EachTrade));
    // 900 and 100 reach the second tier: the trade that reaches it is charged by the first.
    assert_eq!(buy(&mut desk, 9), money("1.80"));
    assert_eq!(buy(&mut desk, 1), money("0.20"));
    assert_eq!(buy(&mut desk, 10), money("1.00"));
    assert_eq!(buy(&mut desk, 30), money("3.00"));
    assert_eq!(buy(&mut desk, 10), money("0.20"));
    // A maker at the third tier pays nothing.
    desk.limit(Buy, 98, 3);
    let before = desk.cash(QUOTE);
    desk.print(Some(Sell), 97, 3);
    assert_eq!(before - desk.cash(QUOTE), money("294"));
    let (volume, fees) = desk.venue.fees_in_force(desk.now, AT);
    assert_eq!((volume, fees.taker), (money("6294"), Rate::from_bps(2)));
}

#[test]
fn volume_counts_for_thirty_days_and_not_an_instant_longer() {
    let mut desk = desk(plan(Assessed::EachTrade));
    buy(&mut desk, 10);
    let bought = desk.now;
    let taker = |desk: &Desk, at| desk.venue.fees_in_force(at, AT).1.taker;
    let end = bought.after(Span(30 * DAY.0));
    assert_eq!(taker(&desk, Timestamp(end.0 - 1)), Rate::from_bps(10));
    assert_eq!(taker(&desk, end), Rate::from_bps(20));
}

#[test]
fn what_was_traded_before_the_run_counts_for_thirty_days_of_it() {
    let brought = FeePlan { brought: money("1200"), ..plan(Assessed::EachTrade) };
    let desk = desk(brought);
    let taker = |at| desk.venue.fees_in_force(at, AT).1.taker;
    assert_eq!(taker(Timestamp(1)), Rate::from_bps(10));
    assert_eq!(taker(Timestamp(30 * DAY.0)), Rate::from_bps(20));
}

/// Counted up to midnight, in force from one o'clock.
#[test]
fn a_daily_tier_waits_for_its_hour() {
    let mut desk = desk(plan(Assessed::Daily { counted: Span::ZERO, holds: Span::from_hours(1) }));
    buy(&mut desk, 10);
    let late = DAY.0 - 1;
    desk.now = Timestamp(late - 1);
    desk.show(&[], &[(100, 1_000)]);
    assert_eq!(buy(&mut desk, 40), money("8.00"));
    let taker = |desk: &Desk, at| desk.venue.fees_in_force(Timestamp(at), AT).1.taker;
    let hour = Span::from_hours(1).0;
    assert_eq!(taker(&desk, DAY.0 + hour - 1), Rate::from_bps(20));
    assert_eq!(taker(&desk, DAY.0 + hour), Rate::from_bps(2));
    // After thirty days of midnights the first day has left.
    assert_eq!(taker(&desk, 30 * DAY.0 + hour), Rate::from_bps(2));
    assert_eq!(taker(&desk, 31 * DAY.0 + hour), Rate::from_bps(20));
}

#[test]
fn a_table_holds_from_its_date() {
    let mut later = table(Assessed::EachTrade);
    later.from = Timestamp(100);
    later.tiers = vec![tier("0", -1, 30)];
    let mut dated = plan(Assessed::EachTrade);
    dated.tables.push(later);
    let mut desk = desk(dated);
    let fees = |desk: &Desk, at| desk.venue.fees_in_force(Timestamp(at), AT).1;
    assert_eq!((fees(&desk, 99).taker, fees(&desk, 100).taker), (Rate::from_bps(20), Rate::from_bps(30)));
    // A rebate is paid out, toward zero to the unit: a basis point of 990 is 0.099.
    desk.now = Timestamp(200);
    desk.limit(Buy, 99, 10);
    let before = desk.cash(QUOTE);
    desk.print(Some(Sell), 98, 10);
    assert_eq!(before - desk.cash(QUOTE), money("989.91"));
}

/// Half a cent a share and at least one an order, however it fills.
#[test]
fn a_fee_by_quantity_has_its_least_once_an_order() {
    let mut by_share = plan(Assessed::EachTrade);
    by_share.tables[0].tiers = vec![tier("0", 0, 0)];
    (by_share.tables[0].per_unit, by_share.tables[0].least) = (money("0.005"), money("1"));
    let mut parts = desk(by_share.clone());
    let before = parts.cash(QUOTE);
    parts.limit(Buy, 98, 400);
    assert_eq!(parts.held(QUOTE), money("39202"), "two for four hundred");
    parts.print(Some(Sell), 97, 50);
    assert_eq!(before - parts.cash(QUOTE), money("4901"), "the least");
    parts.print(Some(Sell), 97, 100);
    assert_eq!(before - parts.cash(QUOTE), money("14701"), "150 shares are still below it");
    parts.print(Some(Sell), 97, 250);
    assert_eq!(before - parts.cash(QUOTE), money("39202"), "400 are two");
    assert_eq!(buy(&mut desk(by_share), 301), money("1.51"), "rounded up");
}

/// One share sold for 99 does not pay a fee of 100 that there is no cash for.
#[test]
fn a_fee_above_the_proceeds_must_be_paid_too() {
    let mut dear = plan(Assessed::EachTrade);
    (dear.tables[0].tiers, dear.tables[0].least) = (vec![tier("0", 0, 0)], money("100"));
    let mut terms = VenueConfig { fee_plans: vec![Some(dear)], ..config(Spot) };
    terms.balances[1].total = money("0.50");
    let mut desk = Desk::with(terms);
    desk.show(&[(99, 1_000)], &[(100, 1_000)]);
    assert_eq!(desk.limit(Sell, 99, 1), "#1 accepted; #1 cancelled: Venue");
    assert_eq!(desk.limit(Sell, 99, 2), "#2 accepted; #2 sold 2 @ 99 taker");
    assert_eq!(desk.cash(QUOTE), money("98.50"));
}

/// A still market, and a script that buys for 2000 and sells again.
fn scenario(instrument: &str) -> Result<Scenario, String> {
    let text = include_str!("scenario_written/still.toml");
    let mut changed = text.replacen("maker = \"0.25%\"\ntaker = \"0.40%\"\n", instrument, 1);
    assert_ne!(changed, text, "the scenario's rates are where they were");
    if instrument.contains("BNB") {
        changed = changed.replace("{ USDT = \"10000\" }", "{ USDT = \"10000\" }\nrates = { BNB = \"600\" }");
    }
    let source = Source { file: "s.toml".into(), text: changed };
    Scenario::parse(source, "s").map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn setup(instrument: &str) -> Setup {
    let nowhere = std::path::Path::new("no data is needed");
    let scenario = scenario(instrument).unwrap_or_else(|told| panic!("{told}"));
    scenario.setup(nowhere, nowhere, None, 0).unwrap_or_else(|all| panic!("{all:?}"))
}

/// Every row of every shipped schedule, in thousandths of a percent, by a volume that just reaches it.
#[test]
fn every_shipped_schedule_charges_what_was_published() {
    let kraken = [(0, 25, 40), (10, 20, 35), (50, 14, 24), (100, 12, 22), (250, 10, 20), (500, 8, 18)];
    let kraken: Vec<_> =
        kraken.into_iter().chain([(1_000, 6, 16), (2_500, 4, 14), (5_000, 2, 12), (10_000, 0, 10)]).collect();
    let before = [
        (0, 16, 26),
        (50, 14, 24),
        (100, 12, 22),
        (250, 10, 20),
        (500, 8, 18),
        (1_000, 6, 16),
        (2_500, 4, 14),
        (5_000, 2, 12),
        (10_000, 0, 10),
    ];
    let thousand = |rows: &[(i64, i64, i64)]| rows.iter().map(|row| (row.0 * 1_000, row.1 * 10, row.2 * 10)).collect();
    let binance = [
        (0, 100, 100),
        (100, 90, 100),
        (500, 80, 100),
        (4_500, 70, 90),
        (10_000, 60, 80),
        (20_000, 50, 70),
        (40_000, 40, 60),
        (80_000, 30, 50),
        (150_000, 20, 40),
    ];
    let futures = [
        (0, 20, 50),
        (250, 16, 40),
        (2_500, 14, 35),
        (7_500, 12, 32),
        (22_500, 10, 30),
        (50_000, 8, 27),
        (100_000, 6, 25),
    ];
    let check = |name: &str, more: &str, rows: Vec<(i64, i64, i64)>| {
        for (place, (volume, maker, taker)) in rows.iter().enumerate() {
            for (traded, row) in [(*volume, place), ((*volume - 1).max(0), place.saturating_sub(1))] {
                let setup = setup(&format!("fees = \"{name}\"\nfee_volume = \"{traded}\"\n{more}"));
                let start = setup.tapes[0].starts().expect("a market");
                let fees = seatrial::venue::Venue::new(setup.venue_config()).fees_in_force(start, AT).1;
                let rate = |thousandths| Rate::new(rust_decimal::Decimal::new(thousandths, 5));
                let expected = if row == place { (*maker, *taker) } else { (rows[row].1, rows[row].2) };
                assert_eq!((fees.maker, fees.taker), (rate(expected.0), rate(expected.1)), "{name} at {traded}");
            }
        }
    };
    check("kraken-spot", "", thousand(&kraken));
    check("kraken-spot-2021", "", thousand(&before));
    let fine = "fee_volume_price = \"60000\"\nfee_holding = \"11000\"\n";
    check("binance-spot", fine, binance.to_vec());
    check("binance-usdm", fine, futures.to_vec());
}

/// Trades of which a venue, or who tells of it, says what they cost: support.kraken.com 201893638; binance.com's "What
/// is Binance Spot Trading Fee" with its discount of a quarter, and faq 360033544231; a tenth off as a post there has it.
#[test]
fn published_examples_come_to_their_fees() {
    const BNB: &str = "fee_asset = \"BNB\"\nfee_asset_price = \"600\"\n";
    let kraken = |year: &str, volume: u64| format!("fees = \"kraken-spot{year}\"\nfee_volume = \"{volume}\"\n");
    let binance = |kind: &str, more: &str| format!("fees = \"binance-{kind}\"\nfee_volume_price = \"10000\"\n{more}");
    let (taker, maker) = (false, true);
    let fee = |schedule: &str, side, rests, price: &str, qty| example(&setup(schedule), side, rests, price, qty);
    for year in ["", "-2021"] {
        assert_eq!(fee(&kraken(year, 125_000), Buy, taker, "5000", 2), "22 USDT");
        assert_eq!(fee(&kraken(year, 1_000_000), Buy, maker, "5000", 2), "6 USDT");
    }
    for rests in [taker, maker] {
        assert_eq!(fee(&binance("spot", ""), Buy, rests, "3452.55", 10), "0.01 BTC");
        assert_eq!(fee(&binance("spot", ""), Sell, rests, "3452.55", 10), "34.5255 USDT");
        // Three quarters of the 34.5255 at 600: 0.0431568…, up.
        assert_eq!(fee(&binance("spot", BNB), Buy, rests, "3452.55", 10), "0.04315688 BNB");
    }
    assert_eq!(fee(&binance("usdm", ""), Buy, taker, "10104", 1), "5.052 USDT");
    assert_eq!(fee(&binance("usdm", ""), Sell, maker, "11104", 1), "2.2208 USDT");
    // 4.50 and 1.80 of 10000, at 600.
    assert_eq!(fee(&binance("usdm", BNB), Buy, taker, "10000", 1), "0.0075 BNB");
    assert_eq!(fee(&binance("usdm", BNB), Buy, maker, "10000", 1), "0.003 BNB");
}

/// What the venue charges for one execution of whole coins, by an account that has enough of everything.
fn example(setup: &Setup, side: Side, rests: bool, price: &str, coins: i64) -> String {
    let mut terms = setup.venue_config();
    let all = (0..).zip(&setup.assets).map(|(id, _)| Balance { asset: AssetId(id), total: money("1000000") });
    terms.balances = all.collect();
    let mut desk = Desk::with(terms);
    desk.now = setup.tapes[0].starts().expect("a market");
    let instrument = &setup.instruments[0];
    let price = instrument.exact_price(money(price).decimal()).expect("on the grid").0;
    let qty = instrument.exact_qty(coins.into()).expect("on the grid").0;
    let mut said = Vec::new();
    if !rests {
        let level = [(price, qty)];
        if side == Buy {
            desk.show(&[], &level)
        } else {
            desk.show(&level, &[])
        };
    }
    let order = NewOrder { id: OrderId(1), ..venue_desk::limit(side, price, qty) };
    desk.venue.on_command(desk.now, &Command::New(order), &mut said);
    let through = Price(price - side.sign());
    let print = Trade { instrument: AT, price: through, qty: order.qty, taker: Some(side.opposite()) };
    desk.venue.on_market(desk.now, &MarketEvent::Trade(print), &mut said);
    let fee = said.iter().find_map(|message| match message {
        VenueMessage::Report(ExecutionReport { kind: ReportKind::Filled(fill), .. }) => {
            assert_eq!(fill.liquidity == Liquidity::Maker, rests);
            fill.fee
        }
        _ => None,
    });
    let fee = fee.unwrap_or_else(|| panic!("it trades: {said:?}"));
    format!("{} {}", fee.amount.decimal().normalize(), setup.assets[usize::from(fee.asset.0)].name)
}

/// Kraken's own answer of April 2021, where it is at hand.
#[test]
fn the_schedule_of_2021_is_krakens_own() {
    use std::io::Read;
    let path = "/work/shared/data/kraken-ws/kraken_rest_assetpairs_2021-04.txt.gz";
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped: {path} is not here");
        return;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("a text");
    let json = &text[text.find('{').expect("an answer")..];
    let answer: serde_json::Value =
        serde_json::Deserializer::from_str(json).into_iter().next().expect("one").expect("JSON");
    let pair = &answer["result"]["XXBTZUSD"];
    let plan = setup("fees = \"kraken-spot-2021\"\n").venue.fee_plans[0].clone().expect("a plan");
    let rows = |key: &str| pair[key].as_array().expect("tiers").clone();
    for (tier, (taker, maker)) in plan.tables[0].tiers.iter().zip(rows("fees").iter().zip(&rows("fees_maker"))) {
        let text = |value: &serde_json::Value| value.to_string().parse::<rust_decimal::Decimal>().expect("a number");
        let percent = |rate: Rate| rate.decimal() * rust_decimal::Decimal::ONE_HUNDRED;
        assert_eq!(tier.volume.decimal(), text(&taker[0]));
        assert_eq!((percent(tier.maker), percent(tier.taker)), (text(&maker[1]), text(&taker[1])));
    }
    assert_eq!(plan.tables[0].tiers.len(), rows("fees").len());
}

/// A run whose second fill is of another tier: the audit counts the same, and cries out over a wrong fee.
#[test]
fn the_audit_counts_a_plan_again() {
    // The first fill is of 2000 or so, and 9000 were brought: it reaches the second tier.
    let setup = setup("fees = \"kraken-spot\"\nfee_volume = \"9000\"\n");
    assert!(
        setup
            .header()
            .profiles
            .iter()
            .any(|profile| profile.name == "fees" && profile.stamp.contains("kraken-spot of"))
    );
    let outcome = sim::run(&setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
    let records = outcome.journal.into_records();
    let rates: Vec<_> = records.iter().filter_map(truth).collect();
    // 0.40 % of the first tier, then 0.35 % of the second: both take.
    assert_eq!(rates, [4_000, 3_500], "the tier moves between the two");
    let audited = audit_of(&records);
    assert_eq!(audited, (rates.len() as u64, 0), "every fee is checked, and right");
    // The same journal, said to have been charged by a plan that another volume was brought to.
    let mut lied = records;
    let Body::Header(header) = &mut lied[0].body else { panic!("a header is first") };
    header.instruments[0].plan.as_mut().expect("a plan").brought = money("10000");
    assert!(audit_of(&lied).1 > 0, "a fee of another tier is seen");
}

/// How often the law of fees was looked at, and broken.
fn audit_of(records: &[Record]) -> (u64, u64) {
    let Body::Header(header) = &records[0].body else { panic!("a header is first") };
    let audited = audit_records(header, records);
    let law = audited.laws.iter().find(|law| law.id == "X6").expect("the law of fees");
    (law.checked, law.breached)
}

/// What a fill cost of its value, in millionths.
fn truth(record: &Record) -> Option<i64> {
    let Body::Truth(report) = &record.body else { return None };
    let seatrial::market::ReportKind::Filled(fill) = report.kind else { return None };
    let fee = fill.fee.expect("the venue states its fees").amount.decimal();
    let instrument: Instrument = setup("fees = \"kraken-spot\"\n").instruments[0].clone();
    let rate = fee / instrument.value(fill.qty.at(fill.price)).decimal() * rust_decimal::Decimal::from(1_000_000);
    i64::try_from(rate.round().mantissa()).ok()
}
