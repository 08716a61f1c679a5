//! `[[fault]]`: what goes wrong, and when.
//!
//! ```toml
//! [[fault]]
//! kind = "report_late"    # one of FaultKind::names
//! what = "fill"           # the terms of the kind; one not said is as usual
//! by = "10s"
//! from = "30s"            # the window: a time with its zone, or a duration from the run's start
//! until = "2024-08-09T12:00:00Z"
//! nth = 3                 # or every = 10, or ppm = 20000; none is every occasion
//! orders = "stops"        # or buys, sells, resting, immediate, reduce_only, opening; or order = 17
//! instrument = "ETH/USDT" # the one it keeps to, of several
//! number = 4              # its stream of chance; its place in the file where nothing is said
//! ```
//!
//! Where no instrument is named, faults of orders, of the feed, of sessions and of prices are of every
//! one; what other hands trade and move is of the first by symbol ([`Reach`]). Links, the process, and the
//! account as a whole have none. What an occasion is, [`When`] says. [`written`] writes a fault so that it reads the same.

use toml::de::DeValue;

use super::market;
use super::section::{Entry, Problems, Section, meant, nearest};
use crate::bad_input::quoted;
use crate::market::{InstrumentId, OrderId, Side, Span, Timestamp};
use crate::sim::Setup;
use crate::sim::fault::{Fault, FaultKind, Reach, Target, Term, Terms, When};
use crate::trading::setting::Setting;

/// What an instant of a fault looks like.
const INSTANT: &str = "a time with its zone, or a duration from the run's start such as \"90s\"";
/// How to say which occasions are hit.
const ONE_RULE: &str = "one of nth, every and ppm";

/// Which orders, in a word.
const ORDERS: [(&str, Target); 8] = [
    ("any", Target::Any),
    ("buys", Target::Side(Side::Buy)),
    ("sells", Target::Side(Side::Sell)),
    ("stops", Target::Stops),
    ("resting", Target::Resting),
    ("immediate", Target::Immediate),
    ("reduce_only", Target::ReduceOnly),
    ("opening", Target::Opening),
];

/// An instant as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moment {
    At(Timestamp),
    AfterStart(Span),
}

/// A fault as it was written: its window may be counted from the start of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FaultText {
    fault: Fault,
    from: Option<Moment>,
    until: Option<Moment>,
}

impl FaultText {
    /// The fault of a run that starts at an instant.
    #[must_use]
    pub fn starting(&self, start: Timestamp) -> Fault {
        let resolve = |instant: Option<Moment>, otherwise| match instant {
            None => otherwise,
            Some(Moment::At(at)) => at,
            Some(Moment::AfterStart(span)) => start.after(span),
        };
        let from = resolve(self.from, Timestamp::MIN);
        Fault { from, until: resolve(self.until, Timestamp::MAX), ..self.fault }
    }
}

/// A setup with these faults, whose windows count from its start.
pub(super) fn applied(setup: Setup, faults: &[FaultText]) -> Setup {
    let start = setup.feed().start();
    Setup { faults: faults.iter().map(|fault| fault.starting(start)).collect(), ..setup }
}

/// Reads every fault.
pub(super) fn read(top: &mut Section<'_>, symbols: &[String], problems: &mut Problems<'_>) -> Vec<FaultText> {
    let sections = top.sections("fault", problems);
    sections.into_iter().zip(1..).filter_map(|(section, number)| one(section, number, symbols, problems)).collect()
}

fn one(mut section: Section<'_>, number: u32, symbols: &[String], problems: &mut Problems<'_>) -> Option<FaultText> {
    let kind = kind(&mut section, problems);
    let instrument = match section.get("instrument") {
        Some(entry) => Some(instrument(&entry, kind, symbols, problems)?),
        None => None,
    };
    let when = when(&mut section, problems);
    let target = target(&mut section, problems);
    let mut moment = |key| section.get(key).and_then(|entry| instant(&entry, problems));
    let (from, until) = (moment("from"), moment("until"));
    let whole = |number| u32::try_from(number).expect("at most a u32");
    let number = section.get("number").map_or(Some(number), |e| e.whole(problems, 0..=u64::from(u32::MAX)).map(whole));
    // Of an unknown kind it is not known which terms it has.
    let kind = kind?;
    section.finish(problems);
    let fault = Fault { number: number?, when: when?, target: target?, instrument, ..Fault::always(kind) };
    Some(FaultText { fault, from, until })
}

/// The terms of a kind as the section says them.
struct Said<'a, 's, 'd, 'p> {
    section: &'a mut Section<'d>,
    problems: &'s mut Problems<'p>,
}

impl Terms for Said<'_, '_, '_, '_> {
    fn term<T: Term>(&mut self, key: &'static str, usual: T) -> T {
        let Some(entry) = self.section.get(key) else { return usual };
        let Some(text) = entry.scalar(self.problems, &T::allowed()) else { return usual };
        T::read(&text).unwrap_or_else(|| {
            entry.refuse(self.problems, "E-SC-009", &T::allowed());
            usual
        })
    }
}

fn kind(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<FaultKind> {
    let allowed = FaultKind::names().collect::<Vec<_>>().join(", ");
    let entry = section.require("kind", problems, &allowed)?;
    let name = entry.string(problems, &allowed)?;
    let found = FaultKind::with(name, &mut Said { section, problems });
    if found.is_none() {
        match nearest(name, FaultKind::names()) {
            Some(near) => {
                problems.add_hint("E-SC-009", entry.at, &entry.path, quoted(name), &allowed, &meant(near));
            }
            None => entry.refuse(problems, "E-SC-009", &allowed),
        }
    }
    found
}

/// The instrument a fault keeps to, if its kind can keep to one.
fn instrument(
    entry: &Entry<'_>,
    kind: Option<FaultKind>,
    symbols: &[String],
    problems: &mut Problems<'_>,
) -> Option<InstrumentId> {
    if kind.is_some_and(|kind| kind.reach() == Reach::Whole) {
        let allowed = "none: a fault of this kind is of no instrument in particular";
        problems.add("E-SC-011", entry.at, &entry.path, "an instrument", allowed);
        return None;
    }
    let words = symbols.iter().zip(0..).map(|(symbol, id)| (symbol.as_str(), InstrumentId(id)));
    entry.word(problems, &words.collect::<Vec<_>>())
}

fn when(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<When> {
    let rules: Vec<(&str, Entry<'_>)> =
        ["nth", "every", "ppm"].into_iter().filter_map(|key| Some((key, section.get(key)?))).collect();
    match rules.as_slice() {
        [] => Some(When::Always),
        [("ppm", entry)] => {
            let ppm = entry.whole(problems, 1..=1_000_000)?;
            Some(When::Ppm(u32::try_from(ppm).expect("at most a million")))
        }
        [(key, entry)] => {
            let number = entry.whole(problems, 1..=u64::from(u32::MAX))?;
            Some(if *key == "nth" { When::Nth(number) } else { When::Every(number) })
        }
        [_, (_, second), ..] => {
            problems.add("E-SC-011", second.at, &second.path, "a second rule", ONE_RULE);
            None
        }
    }
}

fn target(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Target> {
    let (orders, order) = (section.get("orders"), section.get("order"));
    match (orders, order) {
        (None, None) => Some(Target::Any),
        (Some(orders), None) => orders.word(problems, &ORDERS),
        (None, Some(order)) => order.whole(problems, 1..=i64::MAX.unsigned_abs()).map(|id| Target::Order(OrderId(id))),
        (Some(_), Some(order)) => {
            problems.add("E-SC-011", order.at, &order.path, "`orders` as well", "one of orders and order");
            None
        }
    }
}

fn instant(entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<Moment> {
    if let DeValue::String(text) = entry.value
        && !text.contains('T')
    {
        let span = <Span as Setting>::read(text);
        if span.is_none() {
            entry.refuse(problems, "E-SC-009", INSTANT);
        }
        return span.map(Moment::AfterStart);
    }
    market::instant(entry, problems).map(Moment::At)
}

/// A fault as a scenario of these symbols writes it.
#[must_use]
pub fn written(fault: &Fault, symbols: &[String]) -> String {
    let mut lines = vec!["[[fault]]".to_owned(), format!("kind = \"{}\"", fault.kind.name())];
    lines.extend(fault.kind.terms().into_iter().map(|(key, text)| format!("{key} = \"{text}\"")));
    let at = |key, at: Timestamp| {
        let time = jiff::Timestamp::from_nanosecond(at.0.into()).expect("64 bits of nanoseconds are a time");
        format!("{key} = \"{time}\"")
    };
    lines.extend((fault.from > Timestamp::MIN).then(|| at("from", fault.from)));
    lines.extend((fault.until < Timestamp::MAX).then(|| at("until", fault.until)));
    match fault.when {
        When::Always => {}
        When::Nth(number) => lines.push(format!("nth = {number}")),
        When::Every(number) => lines.push(format!("every = {number}")),
        When::Ppm(ppm) => lines.push(format!("ppm = {ppm}")),
    }
    if let Target::Order(id) = fault.target {
        lines.push(format!("order = {}", id.0));
    } else if let Some((word, _)) = ORDERS.iter().find(|(_, target)| *target == fault.target && *target != Target::Any)
    {
        lines.push(format!("orders = \"{word}\""));
    }
    let symbol = fault.instrument.and_then(|named| symbols.get(usize::from(named.0)));
    lines.extend(symbol.map(|symbol| format!("instrument = \"{symbol}\"")));
    lines.push(format!("number = {}", fault.number));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::*;
    use crate::sim::rng::{Component, Stream};
    use toml::de::DeTable;

    fn symbols() -> Vec<String> {
        ["BTC/USDT", "ETH/USDT"].map(str::to_owned).to_vec()
    }

    fn parse(text: &str) -> Result<Vec<Fault>, Vec<String>> {
        let source = Source { file: "x.toml".to_owned(), text: text.to_owned() };
        let mut problems = Problems::new(&source);
        let table = DeTable::parse(text).expect("a test writes TOML");
        let mut top = Section::top(table.get_ref());
        let faults = read(&mut top, &symbols(), &mut problems);
        let start = Timestamp(1_000_000_000);
        match problems.into_result() {
            Ok(()) => Ok(faults.iter().map(|fault| fault.starting(start)).collect()),
            Err(bad) => Err(bad.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn a_fault_reads_as_it_was_written() {
        let mut chance = Stream::new(3, 0, Component::FaultMix);
        let whens = [When::Always, When::Nth(3), When::Every(10), When::Ppm(20_000)];
        for (place, name) in FaultKind::names().enumerate() {
            let kind = FaultKind::drawn(name, &mut chance).expect("a name is a kind");
            let target = ORDERS.get(place % 8).map_or(Target::Order(OrderId(17)), |(_, target)| *target);
            let (from, until) = (Timestamp(1_723_161_600_123_456_789), Timestamp(1_723_161_601_000_000_000));
            let number = u32::try_from(place).expect("few kinds");
            let may = kind.reach() != Reach::Whole && place % 2 == 0;
            let instrument = may.then_some(InstrumentId(1));
            let fault = Fault { number, kind, from, until, when: whens[place % 4], target, instrument };
            let text = written(&fault, &symbols());
            assert_eq!(parse(&text), Ok(vec![fault]), "{text}");
            let open = Fault { from: Timestamp::MIN, until: Timestamp::MAX, ..fault };
            assert_eq!(parse(&written(&open, &symbols())), Ok(vec![open]));
        }
    }

    #[test]
    fn durations_count_from_the_start_and_numbers_from_one() {
        let text = "[[fault]]\nkind = \"outage\"\nfrom = \"2s\"\n[[fault]]\nkind = \"crash\"\nuntil = \"5s\"\n";
        let faults = parse(text).expect("sound faults");
        assert_eq!((faults[0].from, faults[0].until), (Timestamp(3_000_000_000), Timestamp::MAX));
        assert_eq!((faults[1].from, faults[1].until), (Timestamp::MIN, Timestamp(6_000_000_000)));
        assert_eq!((faults[0].number, faults[1].number), (1, 2));
        assert_eq!(faults[0].kind, FaultKind::usual("outage").expect("a kind"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let cases = [
            ("kind = \"report_lots\"", "E-SC-009", "did you mean `report_lost`?"),
            ("nth = 1", "E-SC-007", "kind"),
            ("kind = \"crash\"\nwhat = \"fill\"", "E-SC-006", "fault.what"),
            ("kind = \"report_lost\"\nwhat = \"fills\"", "E-SC-009", "ack, refusal, fill"),
            ("kind = \"report_late\"\nby = \"25h\"", "E-SC-009", "at most 24h"),
            ("kind = \"outage\"\nlinks = \"orders+wire\"", "E-SC-009", "joined by +"),
            ("kind = \"crash\"\nnth = 1\nppm = 5", "E-SC-011", "one of nth, every and ppm"),
            ("kind = \"crash\"\nppm = 0", "E-SC-010", "1 to 1000000"),
            ("kind = \"bust\"\norders = \"stops\"\norder = 3", "E-SC-011", "one of orders and order"),
            ("kind = \"crash\"\ninstrument = \"ETH/USDT\"", "E-SC-011", "no instrument in particular"),
            ("kind = \"bust\"\ninstrument = \"ETH/USD\"", "E-SC-009", "BTC/USDT, ETH/USDT"),
            ("kind = \"bust\"\nfrom = \"soon\"", "E-SC-009", "from the run's start"),
        ];
        for (text, code, part) in cases {
            let bad = parse(&format!("[[fault]]\n{text}\n")).expect_err(text);
            assert!(bad.len() == 1 && bad[0].contains(code) && bad[0].contains(part), "{text}: {bad:?}");
        }
    }
}
