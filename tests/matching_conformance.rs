//! Small hand-made cases of others: an exchange's order-book exercise in both of its modes, and a table of
//! orders, trades and books in Gherkin. `../shared/data/matching-conformance/README.md` says whose.
//!
//! To repeat: `cargo test --no-default-features --features simulator --test matching_conformance`.

#![cfg(feature = "simulator")]

#[path = "venue_capture/mod.rs"]
mod venue_capture;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use seatrial::market::{OrderId, Price, Qty, Side, Timestamp};
use seatrial::venue::matching::{Arrival, Engine, Input, Match, Output, Refusal, Terms};

const SIDES: [(Side, char); 2] = [(Side::Buy, 'B'), (Side::Sell, 'S')];

fn step(engine: &mut Engine, input: &Input) -> Vec<Output> {
    let mut out = Vec::new();
    engine.step(Timestamp(0), input, &mut out);
    out
}

fn split(line: &str) -> Vec<&str> {
    line.split(',').map(str::trim).collect()
}

/// The exercise, as its console would print it.
struct Exercise {
    engine: Engine,
    trades: bool,
    limits: BTreeMap<OrderId, Price>,
    printed: String,
}

impl Exercise {
    fn run(input: &str, trades: bool) -> String {
        let engine = Engine::new(Terms::default());
        let mut exercise = Self { engine, trades, limits: BTreeMap::new(), printed: String::new() };
        for line in input.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            exercise.line(line);
        }
        exercise.printed
    }

    fn line(&mut self, line: &str) {
        let f = split(line);
        let number = |text: &str| -> i64 { text.parse().unwrap_or_else(|_| panic!("`{text}` in `{line}`")) };
        let id = |user: &str, order: &str| OrderId((number(user) << 32 | number(order)).unsigned_abs());
        let before = SIDES.map(|(side, _)| self.engine.book().best(side));
        let out = match f[0] {
            "N" => {
                let id = id(f[1], f[6]);
                let side = if f[5] == "B" { Side::Buy } else { Side::Sell };
                let (price, qty) = (Price(number(f[3])), Qty(number(f[4])));
                let market = price == Price(0);
                let order = if market { Arrival::market(id, side, qty) } else { Arrival::limit(id, side, price, qty) };
                self.limits.insert(id, price);
                step(&mut self.engine, &Input::New(Arrival { post_only: !self.trades && !market, ..order }))
            }
            "C" => step(&mut self.engine, &Input::Cancel(id(f[1], f[2]))),
            "F" => {
                step(&mut self.engine, &Input::CancelAll(None));
                return;
            }
            other => panic!("the exercise has no `{other}`"),
        };
        for output in out {
            self.print(&output);
        }
        for ((side, letter), before) in SIDES.into_iter().zip(before) {
            match self.engine.book().best(side) {
                after if after == before => {}
                Some((price, qty)) => writeln!(self.printed, "B,{letter},{},{}", price.0, qty.0).expect("a string"),
                None => writeln!(self.printed, "B,{letter},-,-").expect("a string"),
            }
        }
    }

    fn print(&mut self, output: &Output) {
        let name = |id: OrderId| format!("{},{}", id.0 >> 32, id.0 & u64::from(u32::MAX));
        match *output {
            Output::Accepted(id) | Output::Cancelled(id, ..) => writeln!(self.printed, "A,{}", name(id)),
            Output::Rejected(id, Refusal::WouldTake) => writeln!(self.printed, "R,{}", name(id)),
            Output::Traded(trade) => {
                assert_eq!(trade.price, self.limits[&trade.maker()], "the engine trades at the price that rested");
                // The exercise's keeper prints the price asked, also where the bid was there first (the cases
                // `matching-asking-price` say so in their name); that is the printer's word, not the engine's.
                let (buyer, seller, asked) = (name(trade.buyer), name(trade.seller), self.limits[&trade.seller]);
                writeln!(self.printed, "T,{buyer},{seller},{},{}", asked.0, trade.qty.0)
            }
            Output::Rested { .. } => Ok(()),
            _ => panic!("the exercise knows nothing like {output:?}"),
        }
        .expect("a string can be written");
    }
}

#[test]
fn every_case_of_the_exercise_is_printed_byte_for_byte() {
    let Some(folder) = venue_capture::data("matching-conformance/kraken-exercise") else { return };
    let (mut rejecting, mut trading) = (0, 0);
    let mut names: Vec<_> =
        fs::read_dir(folder.join("outputs")).expect("outputs").flatten().map(|e| e.file_name()).collect();
    names.sort();
    for name in names {
        let name = name.to_string_lossy().into_owned();
        let stem = name.trim_end_matches(".out.csv");
        let trades = stem.ends_with(".trades");
        let input = folder.join("inputs").join(format!("{}.in.csv", stem.trim_end_matches(".trades")));
        let input = fs::read_to_string(input).expect("every output has its input");
        let expected = fs::read_to_string(folder.join("outputs").join(&name)).expect("it can be read");
        assert_eq!(Exercise::run(&input, trades), expected, "{name}");
        *(if trades { &mut trading } else { &mut rejecting }) += 1;
    }
    println!("{rejecting} cases that reject, {trading} that trade");
    assert!(rejecting > 0 && trading > 0);
}

/// Scenarios of a file with comments: description and body.
fn scenarios(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(descr) = line.strip_prefix("#descr:") {
            found.push((descr.trim().to_owned(), String::new()));
        } else if !line.is_empty() && !line.starts_with('#') {
            let (_, body) = found.last_mut().expect("a scenario begins with its description");
            writeln!(body, "{}", split(line).join(",")).expect("a string");
        }
    }
    found
}

#[test]
fn the_exercise_as_it_was_handed_out_is_solved() {
    let Some(folder) = venue_capture::data("matching-conformance/kraken-exercise") else { return };
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it can be read");
    let (inputs, outputs) = (scenarios(&read("original_input_file.csv")), scenarios(&read("original_output_file.csv")));
    for ((descr, expected), (_, input)) in outputs.iter().zip(&inputs) {
        assert_eq!(&Exercise::run(input, false), expected, "{descr}");
    }
    // What follows is the bonus: scenarios above once more, with trades.
    let bonus = &outputs[inputs.len()..];
    for (descr, expected) in bonus {
        let (_, input) = inputs.iter().find(|(other, _)| other == descr).expect("a scenario of that description");
        assert_eq!(&Exercise::run(input, true), expected, "{descr}, trading");
    }
    println!("{} scenarios, {} of them again with trades", inputs.len(), bonus.len());
    assert!(!inputs.is_empty() && !bonus.is_empty());
}

/// A step of a scenario and the table below it, header first.
struct Step {
    text: String,
    table: Vec<Vec<String>>,
}

/// A scenario, with one row of substitutions for each time it is run.
struct Scenario {
    name: String,
    steps: Vec<Step>,
    examples: Vec<Vec<String>>,
}

fn feature(text: &str) -> Vec<Scenario> {
    let mut found: Vec<Scenario> = Vec::new();
    let mut in_examples = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("Feature")) {
        let cells = || line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        if line.starts_with("Background") || line.starts_with("Scenario") {
            found.push(Scenario { name: line.to_owned(), steps: Vec::new(), examples: Vec::new() });
            in_examples = false;
        } else if line.starts_with("Examples") {
            in_examples = true;
        } else {
            let scenario = found.last_mut().expect("a step belongs to a scenario");
            match (line.starts_with('|'), in_examples) {
                (true, true) => scenario.examples.push(cells()),
                (true, false) => scenario.steps.last_mut().expect("a table belongs to a step").table.push(cells()),
                (false, _) => scenario.steps.push(Step { text: line.to_owned(), table: Vec::new() }),
            }
        }
    }
    found
}

/// Prices in tenths.
fn tenths(text: &str) -> Price {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    Price(whole.parse::<i64>().expect("a price") * 10 + tenth.parse::<i64>().expect("one decimal"))
}

/// Brokers by order, and the engine.
struct Table {
    engine: Engine,
    brokers: Vec<String>,
    trades: Vec<Match>,
}

impl Table {
    fn broker(&self, id: OrderId) -> String {
        self.brokers[usize::try_from(id.0).expect("few")].clone()
    }

    fn step(&mut self, step: &Step, filled: impl Fn(&str) -> String) {
        let rows: Vec<Vec<String>> =
            step.table.iter().skip(1).map(|row| row.iter().map(|cell| filled(cell)).collect()).collect();
        if step.text.contains("orders are submitted") {
            for row in rows {
                let id = OrderId(self.brokers.len() as u64);
                self.brokers.push(row[0].clone());
                let side = if row[1] == "Buy" { Side::Buy } else { Side::Sell };
                let qty = Qty(row[2].parse().expect("a quantity"));
                let order = Arrival::limit(id, side, tenths(&row[3]), qty);
                let out = step_traded(&mut self.engine, &Input::New(order));
                self.trades.extend(out);
            }
        } else if step.text.contains("no trades") {
            assert_eq!(self.trades, [], "{}", step.text);
        } else if step.text.contains("trades are generated") {
            let told = |trade: &Match| (self.broker(trade.buyer), self.broker(trade.seller), trade.qty, trade.price);
            let ours: Vec<_> = self.trades.iter().map(told).collect();
            let row = |row: &Vec<String>| {
                (row[0].clone(), row[1].clone(), Qty(row[2].parse().expect("a quantity")), tenths(&row[3]))
            };
            assert_eq!(ours, rows.iter().map(row).collect::<Vec<_>>());
        } else if step.text.contains("book looks like") {
            for (side, columns) in [(Side::Buy, [0, 1, 2]), (Side::Sell, [5, 4, 3])] {
                let listed = rows.iter().map(|row| columns.map(|column| row[column].as_str()));
                let listed = listed.filter(|[broker, ..]| !broker.is_empty());
                let listed: Vec<_> = listed
                    .map(|[broker, qty, price]| {
                        (broker.to_owned(), Qty(qty.parse().expect("a quantity")), tenths(price))
                    })
                    .collect();
                let ours: Vec<_> = self
                    .engine
                    .book()
                    .queue(side)
                    .map(|order| (self.broker(order.id), order.open, order.price))
                    .collect();
                assert_eq!(ours, listed, "{side:?}");
            }
        } else {
            panic!("nobody knows how to `{}`", step.text);
        }
    }
}

fn step_traded(engine: &mut Engine, input: &Input) -> Vec<Match> {
    let traded = |output| match output {
        Output::Traded(trade) => Some(trade),
        _ => None,
    };
    step(engine, input).into_iter().filter_map(traded).collect()
}

#[test]
fn every_scenario_of_the_feature_holds() {
    let Some(file) = venue_capture::data("matching-conformance/multibit/LimitOrder.Matching.feature") else { return };
    let scenarios = feature(&fs::read_to_string(file).expect("it can be read"));
    let (background, scenarios) = scenarios.split_first().expect("a background");
    let mut ran = 0;
    for scenario in scenarios {
        let header = scenario.examples.first().cloned().unwrap_or_default();
        let examples = if header.is_empty() { vec![Vec::new()] } else { scenario.examples[1..].to_vec() };
        for example in examples {
            println!("{} {example:?}", scenario.name);
            let filled = |cell: &str| {
                let place = header.iter().position(|name| cell == format!("<{name}>"));
                place.map_or(cell.to_owned(), |place| example[place].clone())
            };
            let mut table = Table { engine: Engine::new(Terms::default()), brokers: Vec::new(), trades: Vec::new() };
            for step in background.steps.iter().chain(&scenario.steps) {
                table.step(step, filled);
            }
            ran += 1;
        }
    }
    println!("{ran} runs of {} scenarios", scenarios.len());
    assert!(ran > 0);
}
