//! When a market of agents trades and at which prices: sessions, price band and halts.
//!
//! ```toml
//! [market]
//! sessions = { opening_call = "30s", closing_call = "20s", day = "3min", night = "20s" }
//! band = { width = "2%", renew = "1min" }
//! halt = { move = "0.5%", lasts = "10s", call = "10s" }
//! ```
//!
//! Without `day` and `night` the whole market is one day, without `renew` the band stands until the next auction.

use rust_decimal::Decimal;

use super::agents::{SPAN_MAX, TABLE, table, whole};
use super::section::{Entry, Problems, Section};
use crate::market::{Rate, Span};
use crate::venue::{BandTerms, HaltTerms, RegimeTerms, SessionTerms};

/// Shortest day, night, halt and call after it.
const SHORTEST: Span = Span::from_secs(1);

/// Reads when a market of a length trades.
pub(super) fn read(section: &mut Section<'_>, problems: &mut Problems<'_>, length: Span) -> Option<RegimeTerms> {
    let sessions =
        table(section, "sessions", problems, None, |table, problems| Some(Some(days(table, problems, length)?)));
    let band = table(section, "band", problems, None, |table, problems| Some(Some(band(table, problems)?)));
    let halt = table(section, "halt", problems, None, |table, problems| Some(Some(halt(table, problems)?)));
    Some(RegimeTerms { sessions: sessions?, band: band?, halt: halt? })
}

fn days(table: &mut Section<'_>, problems: &mut Problems<'_>, length: Span) -> Option<SessionTerms> {
    let mut call = |key| {
        let entry = table.require(key, problems, TABLE)?;
        entry.within(problems, Span::ZERO..=SPAN_MAX, "0 to 168h")
    };
    let (opening_call, closing_call) = (call("opening_call"), call("closing_call"));
    let at = table.at;
    let written = [table.get("day"), table.get("night")];
    let mut lasts = |entry: &Entry<'_>| entry.within(problems, SHORTEST..=SPAN_MAX, "1s to 168h");
    let (day, night) = match written {
        [None, None] => (length, SHORTEST),
        [Some(day), Some(night)] => {
            let (day, night) = (lasts(&day), lasts(&night));
            (day?, night?)
        }
        [day, _] => {
            let missing = if day.is_some() { "night" } else { "day" };
            problems.add("E-SC-007", at, &table.child(missing), "nothing", "`day` and `night`, or neither");
            return None;
        }
    };
    let terms = SessionTerms { opening_call: opening_call?, closing_call: closing_call?, day, night };
    if terms.opening_call.0 + terms.closing_call.0 >= terms.day.0 {
        problems.add("E-SC-010", at, &table.path, "calls as long as the day", "calls that leave time to trade");
        return None;
    }
    Some(terms)
}

fn band(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<BandTerms> {
    let width_ppm = distance(table, "width", problems);
    let renew = table.get("renew").map_or(Some(Span::ZERO), |entry| lasting(&entry, problems));
    Some(BandTerms { width_ppm: width_ppm?, renew: renew? })
}

fn halt(table: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<HaltTerms> {
    let move_ppm = distance(table, "move", problems);
    let mut span = |key| table.require(key, problems, TABLE).and_then(|entry| lasting(&entry, problems));
    let (lasts, call) = (span("lasts"), span("call"));
    Some(HaltTerms { move_ppm: move_ppm?, lasts: lasts?, call: call? })
}

fn lasting(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Span> {
    entry.within(problems, SHORTEST..=SPAN_MAX, "1s to 168h")
}

/// How far from the reference price, in millionths of it.
fn distance(table: &mut Section<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<u32> {
    let allowed = "0.01% to 50%, with at most 4 decimals";
    let entry = table.require(key, problems, TABLE)?;
    let rate = entry.within(problems, Rate::from_bps(1)..=Rate::from_bps(5_000), allowed)?.decimal();
    whole(&entry, rate, Decimal::from(1_000_000), allowed, problems)
}
