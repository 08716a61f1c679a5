//! V-28 … V-30, and the checks that need to know what is held: correlation, projected loss, spikes,
//! the venue's own counter, stale rates, what the venue lacks.

use rust_decimal::Decimal;
use seatrial::market::{
    Check, Contract, ControlAct, Decision, Event, MarketEvent, Price, Qty, RawPrice, ReferenceEvent, TimeInForce,
    Timestamp, Trade, Trim,
};

use crate::bench::{Ask, B, BTC, Bench, SECOND, USDT, X, Y, config, decimal, instruments, rate};
use crate::lose_to;

/// What a check measured in the last step, and against what.
fn measured(bench: &Bench, check: u8) -> Option<(Decimal, Decimal)> {
    bench.decisions().find_map(|decision| match decision {
        Decision::Checked(_, measures) => {
            let found = measures.iter().find(|measure| measure.check == Check::Entry(check))?;
            Some((found.measured.decimal(), found.limit.decimal()))
        }
        _ => None,
    })
}

/// Spot without fees: B at 40 000, X at 0.40, Y at 0.00000500, so that shares come out whole.
fn whole_shares() -> Bench {
    let free = ["BTC/USDT", "XRP/USDT", "XRP/BTC"].map(|symbol| format!("instrument.{symbol}.fees.taker"));
    let keys: Vec<(&str, &str)> = free.iter().map(|key| (key.as_str(), "0%")).collect();
    let mut bench = Bench::holding(instruments(Contract::Spot), config(&keys), &[(USDT, "10000")]);
    bench.reference(B, "40000");
    bench.reference(X, "0.40");
    bench.reference(Y, "0.000005");
    bench
}

fn hold(bench: &mut Bench, ask: &Ask) {
    let order = bench.open(ask);
    bench.fill_whole(order);
    bench.after(1);
    bench.reference(B, "40000");
    bench.reference(X, "0.40");
    bench.reference(Y, "0.000005");
}

/// V-28: 10 % of B count 0.75 beside 10 % of X: 17.5 %.
#[test]
fn v_28_correlated_exposure() {
    let mut bench = whole_shares();
    hold(&mut bench, &Ask::long(B, "40000", "39200").quantity(2_500_000));
    bench.open(&Ask::long(X, "0.40", "0.392").quantity(2_500));
    assert_eq!(measured(&bench, 26), Some((decimal("1750"), decimal("4000"))));
}

/// V-29: 12 + 17 + 11 = 40 % passes, 40.01 % does not.
#[test]
fn v_29_correlated_exposure() {
    for (lots, total, passes) in [(5_500, "4000", true), (5_505, "4001", false)] {
        let mut bench = whole_shares();
        hold(&mut bench, &Ask::long(B, "40000", "39200").quantity(5_000_000));
        hold(&mut bench, &Ask::long(X, "0.40", "0.392").quantity(5_000));
        let text = bench.answer(&Ask::long(Y, "0.000005", "0.0000049").quantity(lots));
        if passes {
            assert_eq!(text, "passes");
            assert_eq!(measured(&bench, 26), Some((decimal(total), decimal("4000"))));
        } else {
            let words = "share 0.4001: BTC/USDT 1200, XRP/USDT 1700, this order 1101";
            let limit = "4000 account currency, equity × risk.correlated_exposure";
            assert_eq!(text, format!("CK-26 XRP/BTC: {total} against {limit}; {words}"));
        }
    }
}

/// A pair that moves together by less than a half does not count; one by exactly a half does.
#[test]
fn weak_correlation_does_not_count() {
    for (rho, total) in [("0.49", "1000"), ("0.5", "1500")] {
        let key = "risk.correlation.BTC/USDT.XRP/USDT";
        let free = [("instrument.BTC/USDT.fees.taker", "0%"), ("instrument.XRP/USDT.fees.taker", "0%"), (key, rho)];
        let mut bench = Bench::holding(instruments(Contract::Spot), config(&free), &[(USDT, "10000")]);
        bench.reference(B, "40000");
        bench.reference(X, "0.40");
        hold(&mut bench, &Ask::long(B, "40000", "39200").quantity(2_500_000));
        bench.open(&Ask::long(X, "0.40", "0.392").quantity(2_500));
        assert_eq!(measured(&bench, 26).map(|(measured, _)| measured), Some(decimal(total)), "{rho}");
    }
}

/// V-30: the day began with 10 000, 60 are at risk elsewhere, and the plan of V-01 comes on top.
#[test]
fn v_30_projected_loss() {
    let make = |equity: &str| {
        let mut bench = Bench::margin(&[("instrument.XRP/USDT.fees.taker", "0%")]);
        bench.open(&Ask::long(X, "0.60", "0.57").quantity(2_000));
        lose_to(&mut bench, equity);
        assert_eq!(bench.trader.core().open_risk(bench.now), Some(decimal("60")));
        bench
    };
    let mut bench = make("9650");
    bench.open(&Ask::v01());
    assert_eq!(bench.sent()[0].qty, Qty(4_288_888));
    assert_eq!(measured(&bench, 29), Some((decimal("463.88558884"), decimal("500"))));
    let text = make("9600").answer(&Ask::v01());
    let parts = "lost so far 400, open risk 60, this order 53.60639163";
    let expected = format!("CK-29 BTC/USDT: 513.60639163 against < 500 account currency, breaker.daily; {parts}");
    assert_eq!(text, expected);
    let mut free = Bench::margin(&[("risk.project_losses", "false"), ("instrument.XRP/USDT.fees.taker", "0%")]);
    lose_to(&mut free, "9550");
    free.open(&Ask::v01());
}

/// CK-29 denies at the very limit: what is lost, at risk and planned is exactly 500.
#[test]
fn a_projected_loss_at_the_limit_is_denied() {
    let ask = || Ask::v01().quantity(1_000_000);
    // 9 at the stop, 1.80 and 1.764 in fees.
    for (equity, passes) in [("9512.5641", true), ("9512.564", false)] {
        let mut bench = Bench::margin(&[]);
        lose_to(&mut bench, equity);
        let text = bench.answer(&ask());
        assert_eq!(text == "passes", passes, "{text}");
        assert!(passes || text.starts_with("CK-29 BTC/USDT: 500 against < 500"), "{text}");
    }
}

/// An open position risks the way from the mark to its stop, and the fee of the way out.
#[test]
fn open_risk_of_a_position() {
    let mut bench = Bench::margin(&[]);
    let order = bench.open(&Ask::v01().quantity(1_000_000));
    bench.fill_whole(order);
    let risk = |bench: &mut Bench, mid: &str| {
        bench.after(1);
        bench.reference(B, mid);
        bench.trader.core().open_risk(bench.now).expect("a mark")
    };
    assert_eq!(risk(&mut bench, "45500"), decimal("15.764"), "0.01 × 1 400, and 0.4 % of 441");
    assert_eq!(risk(&mut bench, "44000"), decimal("1.764"), "beyond its stop nothing more than the fee");
}

/// V-02: a volatility spike halves what five losses halved, and pauses entries for 15 minutes.
#[test]
fn v_02_a_spike_halves() {
    const HOUR: i64 = 3_600 * SECOND;
    let mut bench = Bench::spot(&[]);
    let ask = Ask::long(B, "45000", "44100").quantity(1_000_000).believing("1", seatrial::market::Regime::TrendingBull);
    for _ in 0..5 {
        bench.round_trip(&ask, "45000", "44900");
    }
    let print = |bench: &mut Bench, price: i64| {
        let trade = Trade { instrument: B, price: Price(price), qty: Qty(1), taker: None };
        let event = MarketEvent::Trade(trade);
        // As the loop does it: experienced only if it is wanted.
        bench.actions.clear();
        if bench.trader.wants(bench.now, &event) {
            bench.step(&Event::Market(bench.now, event));
        } else {
            bench.trader.observe(bench.now, &event);
        }
    };
    let start = (bench.now.0 / HOUR + 1) * HOUR;
    for hour in 0..34 {
        bench.now = Timestamp(start + hour * HOUR);
        let wide = if hour == 33 { 500_000 } else { 1_000 };
        for price in [4_500_000, 4_500_000 + wide, 4_500_000 - wide, 4_500_000] {
            print(&mut bench, price);
        }
    }
    bench.now = Timestamp(start + 34 * HOUR);
    print(&mut bench, 4_500_000);
    assert!(bench.decisions().any(|decision| *decision == Decision::Volatility { instrument: B, spike: true }));
    let begun = bench.now;
    bench.quotes();
    let equity = bench.trader.core().equity().expect("marks are known");
    assert!(equity < decimal("10000"));
    bench.transfer_to("10000");
    let text = bench.answer(&Ask::v01());
    let end = begun.0 + 900 * SECOND;
    assert_eq!(text, format!("CK-06 BTC/USDT: 15min against 0s left; cooldown after Spike, until {}", Timestamp(end)));
    bench.now = Timestamp(end);
    bench.quotes();
    bench.open(&Ask::v01());
    assert_eq!(bench.sent()[0].qty, Qty(1_111_111));
    let trims: Vec<(Trim, Decimal)> = bench.trims().into_iter().map(|(by, _, to)| (by, to)).collect();
    let (halved, again) = ((Trim::Losses, decimal("1000")), (Trim::Volatility, decimal("500")));
    assert!(trims.contains(&halved) && trims.contains(&again), "{trims:?}");
    assert!(trims.contains(&(Trim::Lot, decimal("499.99995"))));
}

/// CK-32: the venue's counter at its share passes, above it does not.
#[test]
fn the_venues_counter_stops_entries() {
    let mut bench = Bench::spot(&[]);
    let counter = |share: &str| Event::Reference(ReferenceEvent::PenaltyCounter { share: rate(share) });
    bench.step(&counter("0.70"));
    assert_eq!(bench.answer(&Ask::v01().quantity(1_000_000)), "passes");
    bench.step(&counter("0.7001"));
    let text = bench.answer(&Ask::v01().quantity(1_000_001));
    let limit = "0.7 of the venue's penalty threshold, budget.venue_counter_share";
    assert_eq!(text, format!("CK-32 BTC/USDT: 0.7001 against {limit}"));
}

/// CK-11: a rate that keeps coming is stale when it stops; one that was said once is for good.
#[test]
fn stale_rates_deny() {
    let balances = [(USDT, "10000"), (BTC, "1")];
    // Without a market of B, what is quoted in BTC is converted by a rate.
    let only_y: Vec<_> = instruments(Contract::Linear).into_iter().skip(2).collect();
    let mut all = only_y;
    all[0].id = B;
    let mut bench = Bench::holding(all, config(&[]), &balances);
    let ask = || Ask::long(B, "0.000005", "0.0000049").quantity(1_000);
    bench.rate(BTC, "40000");
    bench.after(3_600 * SECOND);
    bench.reference(B, "0.000005");
    assert_eq!(bench.answer(&ask()), "passes");
    bench.after(11 * SECOND);
    bench.rate(BTC, "40000");
    bench.after(2 * SECOND);
    bench.rate(BTC, "40000");
    bench.after(5 * SECOND);
    bench.reference(B, "0.000005");
    assert_eq!(bench.answer(&ask().quantity(1_001)), "passes");
    bench.after(1);
    bench.reference(B, "0.000005");
    let text = bench.answer(&ask().quantity(1_002));
    assert_eq!(text, "CK-11 XRP/BTC: 5000000001 against 5000000000 ns of age; conversion at BTC");
}

/// CK-02: what the venue lacks is denied here; leverage is one to five.
#[test]
fn what_the_venue_lacks() {
    let lacking = [("instrument.BTC/USDT.lacks", "fok, post_only, gtd")];
    let mut bench = Bench::margin(&lacking);
    let until = |proposal: &mut seatrial::market::Proposal| {
        proposal.tif = Some(TimeInForce::Gtd(Timestamp(i64::MAX)));
    };
    for (ask, ability) in [
        (Ask::v01().but(|proposal| proposal.tif = Some(TimeInForce::Fok)), "Fok"),
        (Ask::v01().but(|proposal| proposal.post_only = true), "PostOnly"),
        (Ask::v01().but(until), "Gtd"),
    ] {
        let words = "against what the venue has; kind or time in force";
        assert_eq!(bench.answer(&ask), format!("CK-02 BTC/USDT: {ability} {words}"));
    }
    for (leverage, passes) in [(0, false), (1, true), (5, true), (6, false)] {
        let mut bench = Bench::margin(&[]);
        let mut ask = Ask::v01();
        ask.change = match leverage {
            0 => |proposal| proposal.leverage = 0,
            1 => |proposal| proposal.leverage = 1,
            5 => |proposal| proposal.leverage = 5,
            _ => |proposal| proposal.leverage = 6,
        };
        assert_eq!(bench.answer(&ask) == "passes", passes, "{leverage}");
    }
    let none = [("instrument.BTC/USDT.lacks", "stop_market, stop_limit")];
    let text = Bench::margin(&none).answer(&Ask::v01());
    assert_eq!(text, "CK-21 BTC/USDT: StopMarket against a stop the venue has; the stop leg");
    assert_eq!(Bench::margin(&[("instrument.BTC/USDT.lacks", "stop_market")]).answer(&Ask::v01()), "passes");
}

/// Sizing counts with a pinned stop that is looser than the proposal's, because that one will hold.
#[test]
fn a_pinned_stop_that_is_looser_is_the_stop_used() {
    let sized = |pinned: Option<&str>| {
        let mut bench = Bench::margin(&[("ceilings", "research"), ("risk.position_share", "100%")]);
        let order = bench.open(&Ask::v01().quantity(1_000_000));
        bench.fill_whole(order);
        if let Some(stop) = pinned {
            bench.control(ControlAct::SetStop(B, RawPrice::new(decimal(stop))));
        }
        let protective: Vec<_> = bench.trader.core().orders().open().map(|order| order.terms.id).collect();
        for order in protective {
            bench.accept(order);
        }
        bench.after(SECOND);
        bench.quotes_quietly();
        bench.answer(&Ask::v01().but(|proposal| proposal.confidence = rate("0.60")));
        bench.trims().first().map(|(_, from, _)| from.round_dp(4))
    };
    // 2 % of 9 998.20 at 900, at 900 again where the pinned one is tighter, and at 1 350 of 45 000.
    assert_eq!(sized(None), Some(decimal("9998.2")));
    assert_eq!(sized(Some("44500")), Some(decimal("9998.2")));
    assert_eq!(sized(Some("43650")), Some(decimal("6665.4667")));
}
