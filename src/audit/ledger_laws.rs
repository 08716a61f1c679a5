//! Laws of the ledger: production-rules §5.2 and §5.3.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all laws share one signature, also those that cannot meet a large amount"
)]

use std::collections::BTreeMap;

use super::facts::Facts;
use super::law::{Judged, Law, POSTED, Tally, When};
use super::rows::{Booking, Step};
use crate::journal::{Body, Exact, InstrumentCard, Record, TooLarge};
use crate::market::{
    Account, AssetId, Cause, Contract, Decision, Fee, Posting, Qty, TickLots, TraderState, Transaction, VenueMessage,
    VenueRef,
};

pub(super) const LAWS: &[Law] = &[
    Law { id: "LG-1", name: "each transaction sums to zero per asset", when: When::Record(POSTED, sums_to_zero) },
    Law { id: "LG-2", name: "history is appended, never edited", when: When::Record(POSTED, appended) },
    Law { id: "LG-3", name: "each fill has one trade posting and one fee posting", when: When::Step(one_of_each) },
    Law { id: "L2", name: "postings of a fill are its price, quantity and fee", when: When::Step(amounts) },
    Law { id: "LG-4", name: "rounding moves at most half a unit", when: When::Record(POSTED, rounding) },
    Law { id: "LG-5", name: "spot cash is never negative", when: When::Step(spot_cash) },
    Law { id: "LG-6", name: "nothing stays unexplained while entries are allowed", when: When::End(explained) },
    Law {
        id: "LG-8",
        name: "net realised of a closed position is gross less all costs",
        when: When::Step(net_of_flat),
    },
    Law {
        id: "B14",
        name: "transfers and funding told of are posted, funding once per time",
        when: When::Step(told_is_booked),
    },
];

fn posted(record: &Record) -> Option<&Transaction> {
    let Body::Decision(Decision::Posted(transaction)) = &record.body else { return None };
    Some(transaction)
}

fn sum(postings: &[Posting], of: impl Fn(&Posting) -> bool) -> Result<Exact, TooLarge> {
    postings.iter().filter(|posting| of(posting)).try_fold(Exact::ZERO, |sum, posting| sum.plus(posting.amount.into()))
}

fn sums_to_zero(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(transaction) = posted(record) else { return Ok(()) };
    for asset in assets(transaction) {
        let total = sum(&transaction.postings, |posting| posting.asset == asset)?;
        let why = || format!("transaction {} leaves {total} {}", transaction.id.0, facts.header.asset(asset));
        tally.holds(record.seq, total.is_zero(), why);
    }
    Ok(())
}

fn assets(transaction: &Transaction) -> Vec<AssetId> {
    let mut assets: Vec<_> = transaction.postings.iter().map(|posting| posting.asset).collect();
    assets.sort_unstable();
    assets.dedup();
    assets
}

fn appended(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(transaction) = posted(record) else { return Ok(()) };
    let last = facts.transactions.last_key_value().map(|(id, _)| *id);
    let rising = last == Some(transaction.id) && facts.transactions.len() == facts.posted;
    let number = transaction.id.0;
    tally.holds(record.seq, rising, || format!("transaction {number} is not numbered after all those before it"));
    if let Cause::Reversal(of) = transaction.cause {
        let known = of < transaction.id && facts.transactions.contains_key(&of);
        tally.holds(record.seq, known, || format!("transaction {number} reverses {}, which was never posted", of.0));
    }
    Ok(())
}

fn one_of_each(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let (Some(row), Some(card)) = (facts.executions.get(&booking.execution), facts.card(booking.instrument)) else {
            continue;
        };
        if row.bust[0] {
            // Its undoing came first: what is posted is reversed in the same step.
            continue;
        }
        let [trades, settlements, fees] = row.standing;
        let (closes, gross) =
            booking.counted.as_ref().map_or((false, 0), |(_, effect)| (effect.closed > 0, effect.gross));
        let trade_is_right = match card.contract {
            Contract::Spot => trades == 1 && settlements == 0,
            Contract::Linear | Contract::Inverse => {
                trades == 0 && settlements <= 1 && (settlements == 1) >= (closes && gross != 0)
            }
        };
        let name = booking.execution;
        let why = || format!("execution {name} has {trades} trade and {settlements} settlement postings");
        tally.holds(booking.seq, trade_is_right, why);
        let fee_is_right = fees == 1 || (fees == 0 && owes_nothing(card, booking));
        tally.holds(booking.seq, fee_is_right, || format!("execution {name} has {fees} fee postings"));
    }
    for (seq, transaction) in &facts.step.posted {
        if let Cause::Fill(name) | Cause::Settlement(name) | Cause::Fee(name) = transaction.cause {
            let booked = facts.executions.get(&name).is_some_and(|row| row.times_booked > 0);
            tally
                .holds(*seq, booked, || format!("transaction {} is for {name}, which is not booked", transaction.id.0));
        }
    }
    Ok(())
}

/// Whether a fill without a fee posting has a reason: a fee of zero, reported or by schedule.
fn owes_nothing(card: &InstrumentCard, booking: &Booking) -> bool {
    booking.reported.is_some_and(|reported| match reported.fill.fee {
        Some(fee) => fee.amount.is_zero(),
        None => card.rules(reported.report.at).fees.rate(reported.fill.liquidity).decimal().is_zero(),
    })
}

fn amounts(facts: &Facts, tally: &mut Tally) -> Judged {
    for (seq, transaction) in &facts.step.posted {
        let (Cause::Fill(name) | Cause::Settlement(name) | Cause::Fee(name)) = transaction.cause else { continue };
        let Some(expected) = expected(facts, transaction.cause, name)? else { continue };
        let mut found: BTreeMap<(AssetId, Account), Exact> = BTreeMap::new();
        for posting in &transaction.postings {
            let amount = found.entry((posting.asset, posting.account)).or_default();
            *amount = amount.plus(posting.amount.into())?;
        }
        found.retain(|_, amount| !amount.is_zero());
        let why = || {
            let list = |amounts: &BTreeMap<(AssetId, Account), Exact>| {
                let one = |((asset, account), amount): (&(AssetId, Account), &Exact)| {
                    format!("{account:?} {amount} {}", facts.header.asset(*asset))
                };
                amounts.iter().map(one).collect::<Vec<_>>().join(", ")
            };
            format!(
                "transaction {} for {name} posts {}; it should be {}",
                transaction.id.0,
                list(&found),
                list(&expected)
            )
        };
        tally.holds(*seq, found == expected, why);
    }
    Ok(())
}

type Amounts = BTreeMap<(AssetId, Account), Exact>;

fn expected(facts: &Facts, cause: Cause, name: VenueRef) -> Result<Option<Amounts>, TooLarge> {
    let Some(reported) = booked_report(&facts.step, name) else { return Ok(None) };
    let Some(card) = facts.card(reported.instrument) else { return Ok(None) };
    let Some(fill) = reported.reported.map(|reported| reported.fill) else { return Ok(None) };
    let mut amounts = Amounts::new();
    match cause {
        Cause::Fill(_) => {
            let signed = card.qty(Qty(fill.side.signed(fill.qty).0))?;
            let cost = card.value(fill.side.signed(fill.qty).at(fill.price))?;
            amounts.insert((card.base, Account::Cash), signed);
            amounts.insert((card.base, Account::Market), signed.negated()?);
            settled(&mut amounts, card, cost.negated()?)?;
        }
        Cause::Settlement(_) => {
            let Some((_, effect)) = reported.counted else { return Ok(None) };
            settled(&mut amounts, card, card.value(TickLots(effect.gross))?)?;
        }
        _ => {
            let Some(Fee { asset, amount }) = fill.fee else { return Ok(None) };
            amounts.insert((asset, Account::Cash), Exact::from(amount).negated()?);
            amounts.insert((asset, Account::Fees), amount.into());
        }
    }
    amounts.retain(|_, amount| !amount.is_zero());
    Ok(Some(amounts))
}

/// What it settles in received, exactly `value`: cash to the unit, the market the rest, rounding the difference.
fn settled(amounts: &mut Amounts, card: &InstrumentCard, value: Exact) -> Judged {
    let (asset, scale) = card.settles_in();
    let cash = value.half_even(scale)?;
    amounts.insert((asset, Account::Cash), cash);
    amounts.insert((asset, Account::Market), value.negated()?);
    amounts.insert((asset, Account::Rounding), value.minus(cash)?);
    Ok(())
}

fn booked_report(step: &Step, name: VenueRef) -> Option<&Booking> {
    step.bookings.iter().find(|booking| booking.execution == name)
}

fn rounding(facts: &Facts, record: &Record, tally: &mut Tally) -> Judged {
    let Some(transaction) = posted(record) else { return Ok(()) };
    for asset in assets(transaction) {
        let Some(scale) = facts.header.assets.get(usize::from(asset.0)).map(|asset| asset.scale) else { continue };
        let of = |posting: &Posting| posting.asset == asset && posting.account == Account::Rounding;
        let moved = sum(&transaction.postings, of)?;
        let within = moved.abs()?.times(Exact::whole(2))?.compare(Exact::unit(scale))?.is_le();
        let why = || format!("transaction {} rounds {moved} {}", transaction.id.0, facts.header.asset(asset));
        tally.holds(record.seq, within, why);
    }
    Ok(())
}

fn spot_cash(facts: &Facts, tally: &mut Tally) -> Judged {
    let cards = &facts.header.instruments;
    let is_spot = |asset: AssetId| {
        let spot =
            |card: &&InstrumentCard| card.contract == Contract::Spot && (card.base == asset || card.quote == asset);
        let margin = |card: &&InstrumentCard| card.contract.is_margin() && card.settles_in().0 == asset;
        cards.iter().any(|card| spot(&card)) && !cards.iter().any(|card| margin(&card))
    };
    let mut touched: Vec<_> = facts.step.posted.iter().flat_map(|(_, transaction)| assets(transaction)).collect();
    touched.sort_unstable();
    touched.dedup();
    for asset in touched.into_iter().filter(|asset| is_spot(*asset)) {
        let cash = facts.balance(asset, Account::Cash);
        let drawn = facts.overdrawn.get(&asset).copied().unwrap_or_default();
        let known = cash.plus(untold(facts, asset)?)?;
        let held = !cash.is_negative() || !known.minus(drawn)?.is_negative();
        tally.holds(facts.step.seq, held, || format!("cash is {cash} {}", facts.header.asset(asset)));
    }
    Ok(())
}

/// What the venue last stated of an asset beyond our cash of that time: what came in and was not told yet,
/// and others may spend.
fn untold(facts: &Facts, asset: AssetId) -> Result<Exact, TooLarge> {
    let stated = facts.reconciling.balances.as_ref().and_then(|all| all.items.iter().find(|one| one.asset == asset));
    let Some(stated) = stated else { return Ok(Exact::ZERO) };
    let (then, ..) = facts.cash_when_stated(asset, facts.balance(asset, Account::Cash))?;
    let more = Exact::from(stated.total).minus(then)?;
    Ok(if more.is_negative() { Exact::ZERO } else { more })
}

fn explained(facts: &Facts, tally: &mut Tally) -> Judged {
    for ((asset, account), amount) in &facts.balances {
        if *account == Account::Unexplained {
            let why = || format!("{amount} {} stay unexplained", facts.header.asset(*asset));
            // Where a balance is made to differ on purpose there is nothing to explain it by.
            let latched = facts.standing.trader != TraderState::Armed || facts.has_fault("balance_off");
            tally.holds(facts.step.seq, amount.is_zero() || latched, why);
        }
    }
    tally.checked += 1;
    Ok(())
}

fn net_of_flat(facts: &Facts, tally: &mut Tally) -> Judged {
    for booking in &facts.step.bookings {
        let key = facts.executions.get(&booking.execution).and_then(|row| row.booked);
        let (Some(key), Some(card)) = (key, facts.card(booking.instrument)) else { continue };
        let Some(holding) = facts.holdings.get(&key) else { continue };
        let undefined = holding.reversed || holding.foreign_fee || !holding.base_fees.is_zero();
        if holding.position.qty != 0 || undefined {
            continue;
        }
        let gross = card.value(TickLots(holding.gross))?;
        let expected = gross.minus(holding.quote_fees)?.minus(holding.funding)?;
        let why =
            || format!("{}: net realised adds up to {}, gross less costs to {expected}", card.symbol, holding.net);
        tally.holds(booking.seq, holding.net == expected, why);
    }
    Ok(())
}

/// What the venue tells of once is booked when it is told, and never found as a difference later.
fn told_is_booked(facts: &Facts, tally: &mut Tally) -> Judged {
    for (seq, transaction) in &facts.step.posted {
        if let Cause::Funding(instrument, at) | Cause::Interest(instrument, at) = transaction.cause {
            let times = facts.times_posted(&transaction.cause);
            let why = || {
                let symbol = facts.header.symbol(instrument);
                format!("funding or interest of {symbol} at {} is posted {times} times", at.0)
            };
            tally.holds(*seq, times == 1, why);
        }
    }
    for message in &facts.step.told {
        let at = match message {
            VenueMessage::Funding { at, .. } | VenueMessage::Interest { at, .. } => Some(*at),
            _ => None,
        };
        if facts.in_the_opening(at) {
            continue;
        }
        let (booked, what) = match message {
            VenueMessage::Transfer(moved) => {
                let cash = Posting { account: Account::Cash, asset: moved.asset, amount: moved.total };
                let of_it = |transaction: &Transaction| {
                    transaction.cause == Cause::Transfer && transaction.postings.contains(&cash)
                };
                (facts.step.posted.iter().any(|(_, transaction)| of_it(transaction)), "a transfer")
            }
            VenueMessage::Funding { instrument, at, .. } => {
                (facts.times_posted(&Cause::Funding(*instrument, *at)) > 0, "funding")
            }
            VenueMessage::Interest { instrument, at, .. } => {
                (facts.times_posted(&Cause::Interest(*instrument, *at)) > 0, "interest")
            }
            _ => continue,
        };
        tally.holds(facts.step.seq, booked, || format!("{what} is told of and not booked: {message:?}"));
    }
    Ok(())
}
