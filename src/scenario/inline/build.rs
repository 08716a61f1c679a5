//! From written events to the rows of a tape. A quote becomes the levels that make the book what
//! it says, all in one message.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::{InlineText, Told, Touch, What};
use crate::data::{Provenance, Records, Row, RowKind, Tape, TapeHash};
use crate::market::{Bar, InstrumentId, Price, Qty, Side, Span};

/// The finest decimals of a market.
#[derive(Clone, Copy, Debug, Default)]
struct Decimals {
    price: u32,
    qty: u32,
}

/// The tape of a market; an error says which amount does not fit.
pub fn tape(market: &InlineText, file: &str, symbol: &str) -> Result<Tape, String> {
    let decimals = market.events.iter().fold(Decimals::default(), |finest, told| finest.with(&told.what));
    let records = match market.bar {
        Some(length) => Records::Bars(bars(market, length, decimals)?),
        None => Records::Rows(rows(market, decimals)?),
    };
    let provenance = Provenance {
        source: file.to_owned(),
        source_sha256: TapeHash(Sha256::digest(market.text.as_bytes()).into()).to_string(),
        importer: "inline".to_owned(),
        importer_version: 1,
        shift_ns: 0,
        rows: 0,
        skipped: 0,
    };
    let cadence = market.bar.unwrap_or(Span::ZERO);
    Ok(Tape::new(symbol.to_owned(), (decimals.price, decimals.qty), cadence, records, provenance))
}

impl Decimals {
    fn with(self, what: &What) -> Self {
        let scale = |amount: &Decimal| amount.normalize().scale();
        let (prices, amounts): (Vec<Decimal>, Vec<Decimal>) = match what {
            What::Quote(bid, ask) => bid.iter().chain(ask).copied().unzip(),
            What::Level(_, price, qty) | What::Trade(price, qty, _) => (vec![*price], vec![*qty]),
            What::Mark(price) | What::Index(price) => (vec![*price], Vec::new()),
            What::Bar([prices @ .., volume]) => (prices.to_vec(), vec![*volume]),
            What::Session(_) => (Vec::new(), Vec::new()),
        };
        let finest = |known: u32, amounts: &[Decimal]| amounts.iter().map(scale).fold(known, u32::max);
        Self { price: finest(self.price, &prices), qty: finest(self.qty, &amounts) }
    }

    fn price(self, amount: Decimal) -> Result<Price, String> {
        units(amount, self.price, i64::MAX / 4).map(Price)
    }

    fn qty(self, amount: Decimal) -> Result<Qty, String> {
        units(amount, self.qty, Row::QTY_MAX).map(Qty)
    }
}

/// A decimal as whole units of 10^-`decimals`.
fn units(amount: Decimal, decimals: u32, most: i64) -> Result<i64, String> {
    let amount = amount.normalize();
    let factor = 10_i128.checked_pow(decimals - amount.scale());
    let whole = factor.and_then(|factor| amount.mantissa().checked_mul(factor));
    let whole = whole.and_then(|whole| i64::try_from(whole).ok()).filter(|whole| *whole <= most);
    whole.ok_or_else(|| format!("{amount}, more than {most} units of {decimals} decimals"))
}

fn bars(market: &InlineText, length: Span, decimals: Decimals) -> Result<Vec<Bar>, String> {
    let mut bars: Vec<Bar> = Vec::new();
    for told in &market.events {
        let What::Bar([open, high, low, close, volume]) = told.what else { continue };
        let opened = market.start.after(told.at);
        if let Some(last) = bars.last().filter(|last| opened < last.opened.after(length)) {
            return Err(format!("a bar {} ns after the one before", opened.since(last.opened).0));
        }
        bars.push(Bar {
            instrument: InstrumentId(0),
            opened,
            length,
            open: decimals.price(open)?,
            high: decimals.price(high)?,
            low: decimals.price(low)?,
            close: decimals.price(close)?,
            volume: decimals.qty(volume)?,
        });
    }
    Ok(bars)
}

/// What the book shows while it is written.
#[derive(Default)]
struct Shown {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
}

/// A row before its time: kind, price, quantity.
type Change = (RowKind, Price, Qty);

fn rows(market: &InlineText, decimals: Decimals) -> Result<Vec<Row>, String> {
    let (mut rows, mut shown) = (Vec::new(), Shown::default());
    for Told { at, what } in &market.events {
        let now = market.start.after(*at);
        let changes = shown.changes(what, decimals)?;
        let last = changes.len().saturating_sub(1);
        let row = |(index, (kind, price, qty)): (usize, Change)| Row::new(now, now, price, qty, kind, index == last);
        rows.extend(changes.into_iter().enumerate().map(row));
    }
    Ok(rows)
}

impl Shown {
    fn changes(&mut self, what: &What, decimals: Decimals) -> Result<Vec<Change>, String> {
        let one = |kind, price| vec![(kind, price, Qty(1))];
        Ok(match *what {
            What::Quote(bid, ask) => {
                let mut changes = self.side(Side::Buy, bid, decimals)?;
                changes.extend(self.side(Side::Sell, ask, decimals)?);
                changes
            }
            What::Level(side, price, qty) => {
                let (price, qty) = (decimals.price(price)?, decimals.qty(qty)?);
                let levels = self.levels(side);
                if qty.is_zero() {
                    levels.remove(&price);
                } else {
                    levels.insert(price, qty);
                }
                vec![(RowKind::level(side), price, qty)]
            }
            What::Trade(price, qty, taker) => {
                vec![(RowKind::trade(taker), decimals.price(price)?, decimals.qty(qty)?)]
            }
            What::Session(state) => one(RowKind::Session(state), Price(1)),
            What::Mark(price) => one(RowKind::Mark, decimals.price(price)?),
            What::Index(price) => one(RowKind::Index, decimals.price(price)?),
            What::Bar(_) => Vec::new(),
        })
    }

    fn levels(&mut self, side: Side) -> &mut BTreeMap<Price, Qty> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Takes every level of a side away but the one that is to be shown. A side that was and stays
    /// empty says so of some price, so that the market was heard.
    fn side(&mut self, side: Side, touch: Touch, decimals: Decimals) -> Result<Vec<Change>, String> {
        let kind = RowKind::level(side);
        let touch = touch.map(|(price, qty)| Ok::<_, String>((decimals.price(price)?, decimals.qty(qty)?)));
        let touch = touch.transpose()?;
        let levels = self.levels(side);
        let gone = levels.keys().filter(|price| touch.is_none_or(|(kept, _)| **price != kept));
        let mut changes: Vec<Change> = gone.map(|price| (kind, *price, Qty::ZERO)).collect();
        changes.extend(touch.map(|(price, qty)| (kind, price, qty)));
        if changes.is_empty() {
            changes.push((kind, Price(1), Qty::ZERO));
        }
        levels.clear();
        levels.extend(touch);
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use crate::market::{MarketEvent, Timestamp};
    use crate::scenario::inline::{read, tape};

    fn shown(text: &str) -> Vec<String> {
        let market = read(Timestamp(0), None, text).expect("a sound market");
        let tape = tape(&market, "s.toml", "B/Q").expect("units that fit");
        let row = |row: &crate::data::Row| {
            let end = if row.last() { "." } else { "" };
            match row.event(crate::market::InstrumentId(0)) {
                MarketEvent::Level(level) => {
                    format!("{} {:?} {} {}{end}", row.exchange.0, level.side, level.price.0, level.qty.0)
                }
                MarketEvent::Trade(trade) => format!("{} print {} {}{end}", row.exchange.0, trade.price.0, trade.qty.0),
                other => format!("{} {other:?}{end}", row.exchange.0),
            }
        };
        tape.rows().iter().map(row).collect()
    }

    /// A quote replaces the book in one message; levels add to it; the finest decimals are the unit.
    #[test]
    fn quotes_are_whole_messages() {
        let text = "0s quote 9.9x1 10.1x2\n1ns level bid 9.8 0.5\n2ns quote 9.9x1 -\n3ns trade 10 1 sell";
        let expected = [
            "0 Buy 99 10.",
            "0 Sell 101 20.",
            "1 Buy 98 5.",
            "2 Buy 98 0",
            "2 Buy 99 10",
            "2 Sell 101 0.",
            "3 print 100 10.",
        ];
        let mut told = shown(text);
        assert_eq!(told.remove(0), "0 Buy 99 10", "both sides are one message");
        assert_eq!(told, expected[1..]);
    }

    #[test]
    fn ramps_and_repetitions_meet_both_ends() {
        let told = shown("0s..2s every 1s ramp 10 to 11 spread 0.2 size 1\n3s session halted");
        let mids: Vec<&String> = told.iter().filter(|row| row.contains("Sell") && row.ends_with(" 1.")).collect();
        assert_eq!(mids, ["0 Sell 101 1.", "1000000000 Sell 106 1.", "2000000000 Sell 111 1."]);
        assert_eq!(told.last().map(String::as_str), Some("3000000000 Session(InstrumentId(0), Halted)."));
    }
}
