//! Fees taken out of what was bought (golden vector V-61): the lots they take leave the position,
//! what is left of the last lot is residue, and the equity identity still holds to the last digit.
#![cfg(feature = "simulator")]

mod journal_kit;

use journal_kit::story::{BTC, SPOT, Story, USDT, money};
use rust_decimal::Decimal;
use seatrial::audit::{AuditReport, audit_records};
use seatrial::journal::Body;
use seatrial::market::{
    Account, Cause, Decision, Fee, FeeAsset, FeeSchedule, Fill, Liquidity, Money, OrderId, OrderState, Price, Qty,
    Rate, ReportKind, Side, TickLots, TimeInForce, VenueRef,
};

/// The trade's numbers: price and quantity in units, fee in base, and cash paid (negative) or received.
struct Deal {
    order: u64,
    side: Side,
    price: i64,
    qty: i64,
    liquidity: Liquidity,
    fee: &'static str,
    base: &'static str,
    cash: &'static str,
}

/// The venue fills, the trader books: position, cost and gross as given.
fn deal(story: &mut Story, deal: &Deal, booked: (i64, i128, i128), net: &str) {
    let execution = VenueRef::numbered('E', deal.order);
    let (price, qty) = (Price(deal.price), Qty(deal.qty));
    let fee = Some(Fee { asset: BTC, amount: money(deal.fee) });
    story.order(deal.order, SPOT, deal.side, deal.price, deal.qty, TimeInForce::Gtc);
    story.filled(deal.order, qty);
    let fill = Fill { execution, side: deal.side, price, qty, liquidity: deal.liquidity, fee };
    story.report(deal.order, ReportKind::Filled(fill));
    let (base, cash) = (money(deal.base), money(deal.cash));
    story.post(
        Cause::Fill(execution),
        &[
            (Account::Cash, BTC, base),
            (Account::Market, BTC, -base),
            (Account::Cash, USDT, cash),
            (Account::Market, USDT, -cash),
        ],
    );
    if !money(deal.fee).is_zero() {
        let fee = money(deal.fee);
        story.post(Cause::Fee(execution), &[(Account::Cash, BTC, -fee), (Account::Fees, BTC, fee)]);
    }
    story.moved(deal.order, 4, OrderState::Sent, OrderState::Filled);
    let (position, cost, gross) = (Qty(booked.0), TickLots(booked.1), TickLots(booked.2));
    let order = OrderId(deal.order);
    story.tell(Body::Decision(Decision::Booked { order, execution, position, cost, gross, net: money(net) }));
}

fn audited(first_position: i64) -> AuditReport {
    let mut story = Story::new(&[(USDT, "10000")]);
    let card = &mut story.header.instruments[0];
    card.base_scale = 9;
    let taker = Rate::new("0.00400005".parse::<Decimal>().expect("a decimal"));
    card.timeline[0].fees = FeeSchedule { maker: Rate::ZERO, taker, asset: FeeAsset::Base };
    story.header.assets[0].scale = 9;
    let (side, liquidity) = (Side::Buy, Liquidity::Taker);
    let (price, qty, base, cash) = (4_500_000, 10_000_000, "0.1", "-4500");
    let bought = Deal { order: 1, side, price, qty, liquidity, fee: "0.000400005", base, cash };
    deal(&mut story, &bought, (first_position, 4_500_000 * i128::from(first_position), 0), "0");
    let (side, liquidity) = (Side::Sell, Liquidity::Maker);
    let (price, qty, base, cash) = (4_600_000, 9_959_999, "-0.09959999", "4581.59954");
    let sold = Deal { order: 2, side, price, qty, liquidity, fee: "0", base, cash };
    deal(&mut story, &sold, (0, 0, 100_000 * 9_959_999), "81.599765");
    assert_eq!(money("0.09959999").times(Decimal::from(46_000)), Money::new(cash.parse().expect("a decimal")));
    let (header, records) = story.close();
    audit_records(&header, &records)
}

#[test]
fn a_base_fee_keeps_the_identity() {
    let report = audited(9_959_999);
    assert!(report.is_clean(), "{report}");
    let identity = report.laws.iter().find(|law| law.id == "L6").expect("a law");
    assert_eq!(identity.checked, 4, "both assets, after both fills");
}

#[test]
fn a_base_fee_that_stays_in_the_position_is_noticed() {
    let report = audited(10_000_000);
    assert!(report.breaches.iter().any(|breach| breach.law == "P1"), "{report}");
}
