//! What a workload wishes for: proposals of every form the rules know, sound ones and spoilt ones.

use rust_decimal::Decimal;

use crate::market::{
    InstrumentId, Intention, Money, Pricing, Proposal, Qty, Rate, RawPrice, Regime, Side, Size, TimeInForce,
};
use crate::strategies::deck::Deck;
use crate::trading::Desk;

/// Parts of a price in which distances are drawn.
const PARTS: u32 = 5;

fn share(parts: u32) -> Decimal {
    Decimal::new(parts.into(), PARTS)
}

/// A distance as such parts, cut down.
fn parts(rate: Rate) -> u32 {
    let parts = (rate.decimal() * Decimal::from(10_u32.pow(PARTS))).trunc();
    u32::try_from(parts.mantissa() / 10_i128.pow(parts.scale())).unwrap_or(1_000_000)
}

/// An entry on a side; none while there is no usable reference.
pub(super) fn entry(desk: &Desk<'_>, of: InstrumentId, side: Side, numbers: &mut Deck) -> Option<Proposal> {
    let (limits, instrument) = (desk.limits(), desk.instrument(of));
    let reference = desk.market(of).reference(desk.now(), &limits.reference).ok()?;
    let mid = reference.price(instrument);
    let sign = Decimal::from(side.sign());
    let intention = if side == Side::Buy { Intention::OpenLong } else { Intention::OpenShort };
    let mut wish = desk.proposal(of, intention);
    let collar = parts(limits.orders.entry_collar);
    let plan = if numbers.below(100) < 40 {
        wish.pricing = Pricing::Market;
        mid
    } else {
        // From the far side of the touch to half a percent behind the market.
        let behind = share(numbers.below(500)) - share(collar.min(30));
        let price = mid * (Decimal::ONE - sign * behind);
        wish.pricing = Pricing::Limit(RawPrice::new(price));
        (wish.tif, wish.post_only) = resting(desk, behind > Decimal::ZERO, numbers);
        price
    };
    let least = parts(limits.stop.min) + 20;
    let most = parts(limits.stop_max(&instrument.symbol)).saturating_sub(collar + 50).max(least);
    let distance = numbers.between(least, most);
    wish.stop = Some(RawPrice::new(plan * (Decimal::ONE - sign * share(distance))));
    if numbers.below(100) < 65 {
        // Reward beyond what is asked of the worst price, so that the ratio holds there too.
        let reward = share(distance + collar) * limits.stop.min_reward_risk.0 * Decimal::new(105, 2) + share(collar);
        let farther = share(numbers.below(500));
        wish.target = Some(RawPrice::new(plan * (Decimal::ONE + sign * (reward + farther))));
    }
    wish.size = size(
        limits.risk.trade_max,
        instrument.qty_for(instrument.settled(Decimal::from(500), mid), mid, Decimal::ONE, desk.now()),
        numbers,
    );
    wish.leverage = u8::try_from(numbers.between(1, 5)).expect("at most 5");
    let confidence = numbers.between(80, 100);
    wish.confidence = Rate::new(Decimal::new(confidence.into(), 2));
    wish.regime = regime(side, numbers);
    wish.contributing = vec![wish.confidence, Rate::new(Decimal::new(i64::from(confidence) - 15, 2))];
    Some(wish)
}

fn resting(desk: &Desk<'_>, behind: bool, numbers: &mut Deck) -> (Option<TimeInForce>, bool) {
    match numbers.below(100) {
        0..40 => (Some(TimeInForce::Gtc), behind && numbers.below(3) == 0),
        40..65 => {
            let seconds = i64::from(numbers.between(5, 600));
            (Some(TimeInForce::Gtd(desk.now().after(crate::market::Span::from_secs(seconds)))), false)
        }
        65..80 => (Some(TimeInForce::Ioc), false),
        80..90 => (Some(TimeInForce::Fok), false),
        _ => (None, false),
    }
}

fn size(most: Money, some: Option<Qty>, numbers: &mut Deck) -> Size {
    match (numbers.below(10), some) {
        (0..3, _) => Size::Notional(Money::new(Decimal::from(numbers.between(20, 3_000))).min(most)),
        (3, Some(qty)) if qty.0 > 0 => Size::Quantity(qty),
        _ => Size::RiskBased,
    }
}

fn regime(side: Side, numbers: &mut Deck) -> Regime {
    let with = if side == Side::Buy { Regime::TrendingBull } else { Regime::TrendingBear };
    [with, with, with, Regime::Ranging, Regime::VolatileBull, Regime::BreakoutPotential, Regime::Unknown]
        [numbers.below(7) as usize]
}

/// A part of what is held, at the market or resting before it.
pub(super) fn reduction(desk: &Desk<'_>, of: InstrumentId, held: Qty, numbers: &mut Deck) -> Proposal {
    let lot = desk.instrument(of).rules(desk.now()).lot.0;
    let part = held.0.abs() / 100 * i64::from(numbers.between(10, 110));
    let mut wish = desk.proposal(of, Intention::Reduce(Qty((part / lot * lot).max(lot))));
    let reference = desk.market(of).reference(desk.now(), &desk.limits().reference);
    if let (Ok(reference), true) = (reference, numbers.below(2) == 0) {
        let sign = Decimal::from(held.0.signum());
        let price = reference.price(desk.instrument(of)) * (Decimal::ONE + sign * share(numbers.below(400)));
        (wish.pricing, wish.tif) = (Pricing::Limit(RawPrice::new(price)), Some(TimeInForce::Gtc));
    }
    wish
}

/// Breaks one rule.
pub(super) fn spoil(wish: &mut Proposal, numbers: &mut Deck) {
    let zero = RawPrice::new(Decimal::ZERO);
    match numbers.below(10) {
        0 => wish.stop = None,
        1 => wish.stop = wish.stop.map(|stop| RawPrice::new(stop.decimal() * Decimal::TWO)),
        2 => wish.target = wish.stop,
        3 => wish.leverage = 0,
        4 => wish.confidence = Rate::new(Decimal::new(101, 2)),
        5 => wish.confidence = Rate::new(Decimal::new(59, 2)),
        6 => wish.pricing = Pricing::Limit(zero),
        7 => wish.size = Size::Notional(Money::new(Decimal::from(100_000_000))),
        8 => wish.id = crate::market::ProposalId(wish.id.0 - 1),
        _ => wish.size = Size::Quantity(Qty::ZERO),
    }
}
