//! The page: its head, its landmarks and its sections in their order.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::tables::section;
use super::words::visible;
use super::{bars, evidence, fan, lines, summary};
use crate::gate::verdict::Verdict;

/// The style, in the file itself.
const STYLE: &str = include_str!("style.css");

/// A section of the page: its id, its heading, and what it says of a verdict.
type Section = (&'static str, &'static str, fn(&Verdict) -> Markup);

/// Every section, in order.
const SECTIONS: [Section; 13] = [
    ("verdict", "Verdict", summary::verdict),
    ("decisions", "Decisions", summary::decisions),
    ("groups", "Groups at a glance", summary::groups),
    ("lines", "Every line", lines::lines),
    ("drills", "Drills", lines::drills),
    ("results", "What the runs came to", results),
    ("figures", "Further figures", evidence::figures),
    ("matrix", "Faults against invariants", evidence::matrix),
    ("worst", "Worst runs", evidence::worst),
    ("assumptions", "Assumptions in force", summary::assumptions),
    ("untested", "What was not tested", summary::untested),
    ("ramp", "Ramp", summary::ramp),
    ("provenance", "Provenance", summary::provenance),
];

/// The whole page.
pub(super) fn page(verdict: &Verdict) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (visible(&verdict.headline)) " · seatrial gate" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#main" { "Skip to the verdict" }
                header { h1 { "seatrial gate report" } }
                nav aria-label="Sections" {
                    ul { @for (id, heading, _) in SECTIONS { li { a href={ "#" (id) } { (heading) } } } }
                }
                main id="main" tabindex="-1" {
                    @for (id, heading, content) in SECTIONS { (section(id, heading, &content(verdict))) }
                }
                footer {
                    p { "Drawn from " code { "verdict.json" } " alone: the page says nothing that the file does not." }
                }
            }
        }
    }
}

/// Pictures of results, and benchmarks beside them.
fn results(verdict: &Verdict) -> Markup {
    html! {
        div class="charts" {
            (fan::equity(verdict))
            (fan::drawdown(verdict))
            (bars::histogram(verdict))
            (bars::waterfall(verdict))
        }
        h3 id="benchmarks" { "Benchmarks beside the strategy" }
        (evidence::benchmarks(verdict))
    }
}
