//! The optimism bound: three sets of models, and a difference of which nothing is unexplained.
//!
//! The markets are the project's own, made by its generator (`trial`), a worked one, and a recorded perpetual where
//! `../shared/data` is there. To repeat: `cargo test --test bound`.
#![cfg(feature = "simulator")]

#[allow(dead_code, reason = "shared with other tests")]
mod trial;

use std::path::Path;
use std::sync::OnceLock;

use seatrial::bound::{Bound, Factor, Parts, Set, account, bound, mixed, says};
use seatrial::journal::{Body, Exact, Journal, Record};
use seatrial::market::{Contract, Decision, FeePlan, FeeTable, FeeTier, Money, ReportKind, Span};
use seatrial::scenario::{Scenario, Source};
use seatrial::sim::latency::{Latency, Own};
use seatrial::sim::{self, Setup};
use seatrial::venue::{Models, PartialModel, QueueModel, SlippageModel};

const SETS: [Set; 3] = [Set::Optimistic, Set::Central, Set::Pessimistic];
const STEPS: [(Set, Set); 3] =
    [(Set::Optimistic, Set::Central), (Set::Central, Set::Pessimistic), (Set::Optimistic, Set::Pessimistic)];

fn bounded(setup: &Setup) -> Bound {
    bound(setup).unwrap_or_else(|error| panic!("{error}"))
}

fn records(setup: &Setup) -> Vec<Record> {
    let outcome = sim::run(setup, Journal::recording()).unwrap_or_else(|error| panic!("{error}"));
    outcome.journal.into_records()
}

/// Nothing is unexplained, in any set and between any two.
fn closes(bound: &Bound) {
    for set in SETS {
        let ran = bound.under(set);
        assert!(ran.account.unexplained().expect("small amounts").is_zero(), "{}: {:?}", set.name(), ran.account);
        assert_eq!(ran.summary.audit_breaches, 0, "{}", set.name());
    }
    for (from, to) in STEPS {
        assert_eq!(bound.unexplained(from, to).expect("small amounts").to_string(), "0", "{from:?} to {to:?}");
    }
}

fn part(bound: &Bound, set: Set, name: &str) -> Exact {
    let at = Parts::NAMES.iter().position(|known| *known == name).expect("a part");
    bound.under(set).account.parts.of[at]
}

/// The markets of the tests: a quoting strategy on a book, spot and perpetual, and a trend on bars.
fn setups() -> [Setup; 3] {
    [
        trial::setup(trial::l2_tape(3), Contract::Spot, "quoter"),
        trial::setup(trial::l2_tape(4), Contract::Linear, "quoter"),
        trial::setup(trial::bar_tape(5), Contract::Linear, "ema_flip"),
    ]
}

/// Their bounds, made once.
fn bounds() -> &'static [(Setup, Bound)] {
    static BOUNDS: OnceLock<Vec<(Setup, Bound)>> = OnceLock::new();
    BOUNDS.get_or_init(|| {
        setups()
            .into_iter()
            .map(|setup| {
                let bound = bounded(&setup);
                (setup, bound)
            })
            .collect()
    })
}

#[test]
fn nothing_is_unexplained() {
    for (setup, bound) in bounds() {
        closes(bound);
        let fills = SETS.map(|set| bound.under(set).summary.fills);
        println!("{fills:?} fills, {:?}", SETS.map(|set| bound.under(set).account.ledger.to_string()));
        assert!(fills[0] > 0 && fills[1] > 0, "a test without fills shows nothing");
        assert!(part(bound, Set::Optimistic, "fees").is_zero());
        assert!(part(bound, Set::Central, "fees").is_negative());
        // The central set is the scenario itself, and the central run its run.
        let digest = format!("{:016x}", sim::run(setup, Journal::recording()).expect("it runs").digest);
        assert_eq!(bound.under(Set::Central).summary.digest, digest);
    }
}

/// What is switched is what is different: a rung whose words stay the same brought nothing.
#[test]
fn a_factor_that_says_the_same_brings_nothing() {
    for ((_, bound), recorded) in bounds().iter().zip([true, true, false]) {
        let mut before = [bound.says.clone(), Vec::new()].concat();
        let brought = bound.parts().expect("small amounts");
        for (rung, (parts, at)) in bound.rungs.iter().zip(brought.iter().zip((0..6).cycle())) {
            if rung.says == before[at] {
                assert_eq!(*parts, Parts::default(), "{}", rung.factor.name());
            }
            before[at].clone_from(&rung.says);
        }
        assert_eq!(brought[6] == Parts::default(), recorded, "the spread of a recorded book is a fact");
        let funding = bound.rungs.last().expect("the last rung");
        assert_eq!((funding.factor, funding.to), (Factor::Funding, Set::Pessimistic));
    }
}

/// A test that breaks a part sees it, to the unit.
#[test]
fn a_part_that_is_wrong_is_seen() {
    let mut bound = bounds()[0].1.clone();
    let unit = Exact::unit(8);
    for (at, place) in [(2, 3), (7, 0), (11, 6)] {
        let part = &mut bound.rungs[at].ran.account.parts.of[place];
        let sound = *part;
        *part = sound.plus(unit).expect("small amounts");
        let off: Vec<String> =
            STEPS.iter().map(|(from, to)| bound.unexplained(*from, *to).expect("small amounts").to_string()).collect();
        // A rung in the middle is the end of one step and the beginning of the next: only a last one shows.
        let last = at == 5 || at == 11;
        assert_eq!(off.iter().any(|amount| amount != "0"), last, "rung {at}: {off:?}");
        bound.rungs[at].ran.account.parts.of[place] = sound;
    }
    bound.first.account.parts.of[4] = unit;
    assert_eq!(bound.unexplained(Set::Optimistic, Set::Central).expect("small amounts").to_string(), "0.00000001");
}

/// An execution that the venue's log has lost, or a posting of the ledger, is unexplained.
#[test]
fn a_lost_execution_and_a_lost_posting_are_unexplained() {
    for (setup, _) in bounds() {
        let whole = records(setup);
        assert!(account(setup, &whole).expect("small amounts").unexplained().expect("small").is_zero());
        let fill = |record: &Record| matches!(&record.body, Body::Truth(report) if matches!(report.kind, ReportKind::Filled(_)));
        let posting = |record: &Record| matches!(record.body, Body::Decision(Decision::Posted(_)));
        for lost in [whole.iter().position(fill), whole.iter().rposition(posting)] {
            let mut rest = whole.clone();
            rest.remove(lost.expect("there is one"));
            let said = account(setup, &rest).expect("small amounts");
            assert!(!said.unexplained().expect("small amounts").is_zero(), "{said:?}");
        }
    }
}

fn worked(file: &str, text: &str) -> Bound {
    let source = Source { file: file.into(), text: text.to_owned() };
    let nowhere = Path::new("no data is needed");
    let setup = Scenario::parse(source, "worked").and_then(|scenario| scenario.setup(nowhere, nowhere, None, 0));
    let bound = bounded(&setup.unwrap_or_else(|all| panic!("{all:?}")));
    closes(&bound);
    bound
}

fn told(bound: &Bound, set: Set) -> Vec<String> {
    let parts = bound.under(set).account.parts;
    Parts::NAMES.iter().zip(&parts.of).map(|(name, amount)| format!("{name} {amount}")).collect()
}

/// By hand: decided at a mid of 45000, traded 0.01 at 45011 and 0.01 at 45012 where the mid was 45010, and worth
/// 45100 in the end.
#[test]
fn parts_are_as_worked_by_hand() {
    let bound = worked("worked.toml", include_str!("bound/worked.toml"));
    let expected =
        ["decision 2", "latency -0.2", "queue 0", "spread -0.02", "slippage -0.01", "fees -0.90023", "funding 0"];
    assert_eq!(told(&bound, Set::Central)[..7], expected);
    assert_eq!(bound.under(Set::Central).account.ledger.to_string(), "0.86977");
    // Free, at once and whole at the mid of 45000; with the spread alone, at 45001.
    assert_eq!(bound.under(Set::Optimistic).account.ledger.to_string(), "2");
    assert_eq!(bound.rungs[0].ran.account.ledger.to_string(), "1.98");
}

/// The same of an inverse contract, 5000 at 45011 and 4000 at 45012. In coins a quantity q at p is -q / p, rounded
/// half-even: 5000 is -0.11111111 at D = 45000, -0.11108643 at F = 45010, -0.11108396 at T = p = 45011 and -0.11086475
/// at E = 45100; 4000 is -0.08888889, -0.08886914, -0.08886717, at its p of 45012 -0.08886519, and -0.08869180. Fees are
/// 0.0001110840 and 0.0000888652, up. The 9000 as one are -0.19955654 at E, 0.00000001 more than the two.
#[test]
fn an_inverse_contract_is_taken_apart_in_coins() {
    let bound = worked("worked_inverse.toml", include_str!("bound/worked_inverse.toml"));
    let expected = [
        "decision 0.00044345",
        "latency -0.00004443",
        "queue 0",
        "spread -0.00000444",
        "slippage -0.00000198",
        "fees -0.00019996",
        "funding 0",
        "rounding 0.00000001",
    ];
    assert_eq!(told(&bound, Set::Central), expected);
    assert_eq!(bound.under(Set::Central).account.ledger.to_string(), "0.00019265");
}

/// Two markets, two exchanges, coins, liquidations, funding, interest, revised fees: whatever a shipped scenario has.
#[test]
fn nothing_is_unexplained_of_shipped_scenarios() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let margin = std::fs::read_dir(home.join("scenarios/margin")).expect("it is shipped");
    let margin =
        margin.map(|file| file.expect("readable").path()).filter(|path| path.extension() == Some("toml".as_ref()));
    let others =
        ["two-exchanges", "two-instruments", "review/critical-6-fees", "swarm/p7-fee-revised-while-an-exit-is-out"];
    let others = others.map(|name| home.join(format!("scenarios/{name}.toml")));
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bound-shipped");
    let mut paid = 0;
    for path in margin.chain(others) {
        let scenario = Scenario::read(&path).unwrap_or_else(|all| panic!("{all:?}"));
        let setup = scenario.setup(&home.join("data"), &cache, None, 0).unwrap_or_else(|all| panic!("{all:?}"));
        println!("{}", path.display());
        let bound = bounded(&setup);
        closes(&bound);
        let free = part(&bound, Set::Optimistic, "funding");
        assert!(free.is_zero(), "{free}");
        paid += u32::from(!part(&bound, Set::Central, "funding").is_zero());
    }
    assert!(paid >= 3, "funding, of both kinds of contract, and interest");
}

/// Each set is no kinder than the one before it, factor by factor.
#[test]
fn the_sets_are_ordered() {
    let setup = trial::setup(trial::bar_tape(5), Contract::Linear, "ema_flip");
    let [kind, own, harsh] = SETS.map(|set| mixed(&setup, [set; 6]));
    assert!(kind.venue.is_optimistic() && !own.venue.is_optimistic() && !harsh.venue.is_optimistic());
    let half = |setup: &Setup| setup.venue.half_spread_ticks[0];
    assert!(half(&kind) == half(&own) && half(&own) < half(&harsh));
    let rates =
        |setup: &Setup| (setup.instruments[0].timeline[0].fees.maker, setup.instruments[0].timeline[0].fees.taker);
    assert!(rates(&kind) < rates(&own) && rates(&own).0 < rates(&harsh).0 && rates(&own).1 <= rates(&harsh).1);
    assert_eq!(kind.venue.instruments, kind.instruments, "trader and venue are told the same");
    assert!(kind.latency.order_entry.least() < own.latency.order_entry.least());
    assert!(own.latency.order_entry.least() < harsh.latency.order_entry.least());
    assert!(matches!(harsh.venue.queue, QueueModel::Conservative));
    assert!(matches!(kind.venue.slippage, SlippageModel::Mid));
    assert_eq!(harsh.venue.slippage.to_string(), "book_walk v1 at its most, and 5 bps more");
    assert_eq!([kind.funding_against_ppm, own.funding_against_ppm, harsh.funding_against_ppm], [0, 0, 300]);
}

/// What an instrument has of its own is switched with what is common: said of the one instrument there is, it bounds
/// as if it were said of all.
#[test]
fn what_an_instrument_has_of_its_own_is_switched_too() {
    let plain = trial::setup(trial::l2_tape(3), Contract::Spot, "quoter");
    let delay = |ms| Latency::constant(Span::from_millis(ms)).expect("not below zero");
    let models = Models {
        queue: QueueModel::Log,
        slippage: SlippageModel::FixedTicks { ticks: 2 },
        partial: PartialModel::Participation { share_ppm: 300_000 },
        ..Models::default()
    };
    let mut common = plain.clone();
    (common.latency.order_entry, common.latency.report) = (delay(20), delay(30));
    (common.latency.feed, common.venue) = (Some(delay(40)), common.venue.filling(models.clone()));
    let mut own = plain;
    let delays = Own { feed: Some(delay(40)), order_entry: Some(delay(20)), report: Some(delay(30)) };
    (own.latency.own, own.venue.own) = (vec![delays], vec![Some(models)]);
    for set in SETS {
        let [common, own] = [&common, &own].map(|setup| mixed(setup, [set; 6]));
        assert_eq!(own.venue.models(0).to_string(), common.venue.common().to_string(), "{}", set.name());
        let delays = |common: &Setup| [common.latency.order_entry.clone(), common.latency.report.clone()];
        let Own { feed, order_entry, report } = own.latency.own[0].clone();
        assert_eq!(feed, common.latency.feed, "{}", set.name());
        assert_eq!([order_entry, report], delays(&common).map(Some), "{}", set.name());
        let said = says(&own, Factor::Latency);
        assert!(said.contains(&format!("; {}: feed ", own.instruments[0].symbol)), "{said}");
        assert!(says(&own, Factor::Queue).ends_with(&says(&common, Factor::Queue)));
        assert!(says(&own, Factor::Slippage).ends_with(&says(&common, Factor::Slippage)));
        assert_eq!(says(&own, Factor::Spread), says(&common, Factor::Spread));
    }
    let (own, common) = (bounded(&own), bounded(&common));
    assert_eq!(SETS.map(|set| own.under(set).account.ledger), SETS.map(|set| common.under(set).account.ledger));
}

/// Of a plan with tiers the kind set has rebates alone, and the harsh one the dearest rate.
#[test]
fn a_fee_plan_is_bounded_by_its_tiers() {
    let mut setup = trial::setup(trial::l2_tape(3), Contract::Spot, "quoter");
    let bps = seatrial::market::Rate::from_bps;
    let tier =
        |volume: i64, maker, taker| FeeTier { volume: Money::new(volume.into()), maker: bps(maker), taker: bps(taker) };
    let table = FeeTable {
        from: setup.tapes[0].starts().expect("a tape"),
        name: "steps".to_owned(),
        assessed: seatrial::market::Assessed::EachTrade,
        volume_price: Money::new(1.into()),
        tiers: vec![tier(0, 5, 10), tier(100, 2, 8), tier(1_000, -1, 4)],
        per_unit: Money::ZERO,
        least: Money::ZERO,
    };
    let plan = FeePlan { since: table.from, brought: Money::ZERO, tables: vec![table] };
    for of in [&mut setup.instruments, &mut setup.venue.instruments] {
        (of[0].timeline[0].fees.maker, of[0].timeline[0].fees.taker) = (bps(5), bps(10));
    }
    setup.venue.fee_plans = vec![Some(plan)];
    let [kind, _, harsh] = SETS.map(|set| mixed(&setup, [set; 6]));
    let fees = kind.instruments[0].timeline[0].fees;
    assert_eq!((kind.venue.fee_plans[0].clone(), fees.maker, fees.taker), (None, bps(-1), bps(0)));
    let dear = harsh.venue.fee_plans[0].clone().expect("a plan");
    assert_eq!(dear.tables[0].tiers, [tier(0, 10, 10)]);
    closes(&bounded(&setup));
}

/// A recorded book of a perpetual, funded at midnight.
#[test]
fn a_recorded_perpetual_is_explained() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = home.join("../shared/data");
    if !root.join("binance-l2").is_dir() {
        println!("skipped: ../shared/data/binance-l2 is not there");
        return;
    }
    let scenario = Scenario::read(&home.join("scenarios/real-btcusdt.toml")).unwrap_or_else(|all| panic!("{all:?}"));
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bound-cache");
    let setup = scenario.setup(&root, &cache, None, 0).unwrap_or_else(|all| panic!("{all:?}"));
    let bound = bounded(&setup);
    closes(&bound);
    for set in SETS {
        let ran = bound.under(set);
        println!("{}: {} fills, {}", set.name(), ran.summary.fills, ran.account.ledger);
    }
}
