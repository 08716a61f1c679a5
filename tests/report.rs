//! The report of a verdict: everything is on the page, nothing on it is mark-up that came with the verdict, nothing asks
//! for a network, and there is a page of nothing too.
//!
//! To look at it: `cargo test --test report -- --ignored`, which writes report-pass.html and others to the folder for
//! temporary files.
#![cfg(feature = "simulator")]

#[path = "report/sample.rs"]
mod sample;

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::Event;
use seatrial::gate::verdict::{Bin, Outcome, Spread, Verdict};
use seatrial::report::{html, markdown};

/// Elements that HTML never closes.
const VOID: [&str; 2] = ["meta", "br"];

const HOSTILE: &str =
    "<script>alert('x')</script>\"><img src=x onerror=alert(1)>|`*[a](javascript:1)*`&amp;\u{202e}\n# @all";

/// What a page is made of: every tag with its attributes, and the text between.
struct Page {
    tags: Vec<(String, Vec<(String, String)>)>,
    text: String,
}

impl Page {
    /// Reads the page as XML, which it is but for elements that are never closed; style is left out of the text.
    fn of(page: &str) -> Self {
        let mut reader = Reader::from_str(page.strip_prefix("<!DOCTYPE html>").expect("a page begins with its kind"));
        let (mut tags, mut text, mut open) = (Vec::new(), String::new(), Vec::<String>::new());
        reader.config_mut().check_end_names = false;
        loop {
            match reader.read_event().expect("a page is well formed") {
                Event::Start(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    let attributes = tag.html_attributes().map(|attribute| {
                        let attribute = attribute.expect("an attribute is well formed");
                        let key = attribute.key.as_ref().to_owned();
                        let value = attribute.value.to_string();
                        (key, value)
                    });
                    tags.push((name.clone(), attributes.collect()));
                    if !VOID.contains(&name.as_str()) {
                        open.push(name);
                    }
                }
                Event::End(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    assert_eq!(open.pop(), Some(name), "tags balance");
                }
                Event::Text(piece) if open.last().is_none_or(|tag| tag != "style") => {
                    text.push_str(&piece);
                }
                Event::GeneralRef(name) => {
                    text.push_str(match &*name {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "quot" => "\"",
                        other => panic!("an entity of its own: {other:?}"),
                    });
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(open.is_empty(), "left open: {open:?}");
        Self { tags, text }
    }

    fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.tags.iter().flat_map(move |(tag, attributes)| {
            attributes.iter().filter(move |(name, _)| name == key).map(move |(_, value)| (tag.as_str(), value.as_str()))
        })
    }

    fn attribute(&self, tag: &str, key: &str) -> Vec<Option<String>> {
        let tags = self.tags.iter().filter(|(name, _)| name == tag);
        tags.map(|(_, all)| all.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())).collect()
    }
}

fn all_kinds() -> Vec<Verdict> {
    let mut kinds = [Outcome::Pass, Outcome::Insufficient, Outcome::Fail].map(sample::sample).to_vec();
    kinds.extend([sample::empty(), hostile(), flat(0.0), flat(1.0), flat(1e300), flat(f64::NAN), flat(f64::INFINITY)]);
    kinds
}

/// Every text of a verdict, and of what is in it, is a hostile one.
fn hostile() -> Verdict {
    let mut value = serde_json::to_value(sample::sample(Outcome::Fail)).expect("a verdict can be written");
    spoil(&mut value);
    serde_json::from_value(value).expect("a verdict can be read")
}

fn spoil(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => HOSTILE.clone_into(text),
        serde_json::Value::Array(all) => all.iter_mut().for_each(spoil),
        serde_json::Value::Object(all) => {
            let closed = ["outcome", "class", "paper", "simulated"];
            let free = all.iter_mut().filter(|(key, value)| !closed.contains(&key.as_str()) || value.is_object());
            free.for_each(|(_, value)| spoil(value));
        }
        _ => {}
    }
}

/// Every figure of a verdict is the same one.
fn flat(figure: f64) -> Verdict {
    let mut verdict = sample::sample(Outcome::Pass);
    let spread = Spread { p05: figure, p25: figure, p50: figure, p75: figure, p95: figure };
    let results = &mut verdict.results;
    results.fan = vec![spread; 30];
    results.drawdown = vec![spread; 1];
    results.pnl = vec![Bin { from: figure, to: figure, count: 3 }];
    results.attribution.iter_mut().for_each(|(_, amount)| *amount = figure);
    results.figures.iter_mut().for_each(|of| of.spread = spread);
    for benchmark in &mut verdict.benchmarks {
        (benchmark.net, benchmark.sharpe, benchmark.drawdown) = (Some(spread), Some(spread), Some(spread));
    }
    verdict.drills.iter_mut().for_each(|drill| drill.bound = Some(figure));
    verdict.confidence = figure;
    verdict
}

#[test]
fn every_page_is_well_formed_and_has_no_figure_that_is_none() {
    for verdict in all_kinds() {
        let page = html(&verdict);
        let read = Page::of(&page);
        for text in [read.text.as_str(), &markdown(&verdict)] {
            assert!(!text.contains("NaN") && !text.contains("inf\u{a0}") && !text.contains("Infinity"), "{text}");
        }
        for key in ["d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "points"] {
            assert!(read.all(key).all(|(_, value)| !value.contains("NaN") && !value.contains("inf")), "{key}");
        }
        for (tag, width) in read.all("width").filter(|(tag, _)| *tag == "rect") {
            assert!(width.parse::<f64>().expect("a number") >= 0.0, "{tag} {width}");
        }
    }
}

#[test]
fn what_came_with_the_verdict_is_text_and_no_markup() {
    let verdict = hostile();
    let page = html(&verdict);
    let read = Page::of(&page);
    let tags: BTreeSet<&str> = read.tags.iter().map(|(tag, _)| tag.as_str()).collect();
    assert!(!tags.contains("script") && !tags.contains("img"), "{tags:?}");
    assert!(!read.tags.iter().flat_map(|(_, all)| all).any(|(key, _)| key.starts_with("on")));
    assert!(read.text.contains("<script>alert('x')</script>") && read.text.contains("\\u{202e}\\u{a}# @all"));
    assert!(!page.contains('\u{202e}'));
    assert_eq!(
        tags,
        Page::of(&html(&sample::sample(Outcome::Fail))).tags.iter().map(|(tag, _)| tag.as_str()).collect()
    );
}

#[test]
fn markdown_keeps_its_tables_though_texts_are_hostile() {
    let text = markdown(&hostile());
    let honest = markdown(&sample::sample(Outcome::Fail));
    let shape = |text: &str| -> Vec<usize> {
        text.lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| line.replace("\\\\", "").replace("\\|", "").matches('|').count())
            .collect()
    };
    assert_eq!(shape(&text), shape(&honest));
    let outside = text.split("\n````sh\n").next().unwrap_or(&text);
    let outside = outside.split("\n```sh\n").next().unwrap_or(outside);
    assert!(
        !outside.contains("<script")
            && !outside.contains("<img")
            && !outside.contains("@all")
            && !outside.replace("\\]", "").contains("](")
    );
    assert_eq!(
        text.lines().filter(|line| line.starts_with('#')).count(),
        honest.lines().filter(|line| line.starts_with('#')).count()
    );
}

#[test]
fn everything_is_on_the_page() {
    for outcome in [Outcome::Pass, Outcome::Insufficient, Outcome::Fail] {
        let verdict = sample::sample(outcome);
        let text = Page::of(&html(&verdict)).text;
        let brief = markdown(&verdict);
        let of = |text: &str| text.to_owned();
        let mut wanted = vec![outcome.word().to_owned(), of(&verdict.why), of(verdict.class.name())];
        for line in &verdict.lines {
            wanted.extend([
                of(&line.id),
                of(&line.name),
                of(&line.threshold),
                of(&line.source),
                of(&line.paper.evidence),
            ]);
            let parts = line.simulated.iter().chain([&line.paper]);
            assert!(brief.contains(&line.id) || line.paper.outcome == Outcome::Pass, "{}", line.id);
            wanted.extend(parts.flat_map(|part| part.value.iter().chain(&part.bound).chain([&part.evidence]).cloned()));
        }
        for drill in &verdict.drills {
            wanted.extend([of(&drill.id), of(&drill.name)]);
            wanted.extend(drill.parts.iter().map(|(part, _)| part.clone()));
            assert!(brief.contains(&format!("**{}**", drill.id)), "{}", drill.id);
        }
        for run in &verdict.worst {
            wanted.extend([run.run.to_string(), of(&run.net_pnl), of(&run.max_drawdown), of(&run.again)]);
            wanted.extend(run.findings.iter().cloned());
            assert!(brief.contains(&run.again), "{}", run.again);
        }
        wanted.extend(verdict.results.figures.iter().map(|figure| figure.name.clone()));
        wanted.extend(verdict.results.attribution.iter().map(|(name, _)| name.clone()));
        wanted.extend(verdict.benchmarks.iter().map(|benchmark| benchmark.name.clone()));
        wanted.extend(verdict.matrix.laws.iter().chain(&verdict.untested).chain(&verdict.scenarios).cloned());
        wanted.extend(verdict.matrix.rows.iter().map(|row| row.fault.clone()));
        wanted.extend(verdict.assumptions.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
        wanted.extend(verdict.decisions.iter().flat_map(|of| [of.question.clone(), of.answer.clone(), of.why.clone()]));
        wanted.extend(verdict.ramp.iter().map(|step| step.share.clone()));
        for group in &verdict.groups {
            let reach = format!("({} of {} lines)", group.judged, group.lines);
            assert!(brief.contains(&reach), "{reach}");
            wanted.push(reach);
        }
        for rule in &verdict.demotions {
            wanted.extend([rule.when.clone(), rule.then.clone()]);
            assert!(brief.contains(&rule.when) && brief.contains(&rule.then), "{}", rule.when);
        }
        let bound = serde_json::to_value(&verdict.bound).expect("hashes can be written");
        for hash in bound.as_object().expect("an object").values().filter_map(serde_json::Value::as_str) {
            wanted.push(hash.to_owned());
            assert!(brief.contains(hash), "{hash}");
        }
        for text_of in wanted {
            assert!(text.contains(&text_of), "not on the page of {}: {text_of}", outcome.word());
        }
        assert!(brief.contains(outcome.word()));
    }
}

#[test]
fn a_line_of_no_listed_group_is_not_lost() {
    let mut verdict = sample::sample(Outcome::Pass);
    verdict.lines[3].group = "Z".to_owned();
    assert!(Page::of(&html(&verdict)).text.contains(&verdict.lines[3].name));
}

#[test]
fn the_page_asks_for_nothing() {
    for verdict in all_kinds() {
        let page = html(&verdict).to_lowercase();
        for word in ["http:", "https:", "<script", "<link", "@import", "url(", "<iframe", "<object", "<base"] {
            assert!(!page.contains(word), "{word}");
        }
        let read = Page::of(&html(&verdict));
        assert!(read.all("href").all(|(_, value)| value.starts_with('#')));
        assert_eq!(read.all("src").count() + read.all("style").count(), 0);
    }
}

#[test]
fn the_page_can_be_read_by_keyboard_and_ear() {
    for verdict in all_kinds() {
        let read = Page::of(&html(&verdict));
        let ids: Vec<&str> = read.all("id").map(|(_, id)| id).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "ids are unique");
        for key in ["aria-labelledby", "href"] {
            for (_, value) in read.all(key) {
                let missing: Vec<&str> =
                    value.split(' ').filter(|id| !unique.contains(id.trim_start_matches('#'))).collect();
                assert!(missing.is_empty(), "{key} points at {missing:?}");
            }
        }
        assert_eq!(read.attribute("html", "lang"), [Some("en".to_owned())]);
        for landmark in ["h1", "main", "nav", "header", "footer"] {
            assert_eq!(read.tags.iter().filter(|(tag, _)| tag == landmark).count(), 1, "{landmark}");
        }
        let mut level = 0;
        for (tag, _) in read.tags.iter().filter(|(tag, _)| matches!(tag.as_str(), "h1" | "h2" | "h3" | "h4")) {
            let next = tag[1..].parse::<usize>().expect("a level");
            assert!(next <= level + 1, "{tag} after h{level}");
            level = next;
        }
        let count = |name: &str| read.tags.iter().filter(|(tag, _)| tag == name).count();
        assert_eq!(count("table"), count("caption"));
        assert_eq!(read.attribute("th", "scope").iter().filter(|scope| scope.is_none()).count(), 0);
        let roles = read.attribute("svg", "role");
        let hidden = read.attribute("svg", "aria-hidden");
        let named = read.attribute("svg", "aria-labelledby");
        for ((role, hidden), named) in roles.iter().zip(hidden).zip(named) {
            assert!(hidden.is_some() || (role.as_deref() == Some("img") && named.is_some()));
        }
        assert_eq!(count("desc"), roles.iter().flatten().count());
        let scroll =
            read.tags.iter().filter(|(_, all)| all.iter().any(|(key, value)| key == "class" && value == "scroll"));
        for (_, all) in scroll {
            assert!(["tabindex", "aria-label", "role"].iter().all(|key| all.iter().any(|(name, _)| name == key)));
        }
    }
}

#[test]
#[ignore = "writes pages to look at"]
fn pages_to_look_at() {
    let folder = std::env::temp_dir();
    let mut pages: Vec<(&str, Verdict)> = vec![("empty", sample::empty()), ("hostile", hostile()), ("flat", flat(0.0))];
    pages.extend(
        [("pass", Outcome::Pass), ("insufficient", Outcome::Insufficient), ("fail", Outcome::Fail)]
            .map(|(name, of)| (name, sample::sample(of))),
    );
    for (name, verdict) in pages {
        std::fs::write(folder.join(format!("report-{name}.html")), html(&verdict)).expect("a page can be written");
        std::fs::write(folder.join(format!("report-{name}.md")), markdown(&verdict)).expect("a text can be written");
    }
}
