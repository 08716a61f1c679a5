//! Every line of the criteria by group, and the drills.

use maud::{Markup, html};

use super::numbers::{NONE, grouped, length, rate};
use super::tables::{cell, nothing, row, stack};
use super::words::{outcome, visible};
use crate::gate::verdict::{DrillCount, Line, Part, Verdict};

const SIMULATED: &str = "Simulated";
const PAPER: &str = "Paper";

/// Every line by group; those of a group that is not listed come last, so that none is lost.
pub(super) fn lines(verdict: &Verdict) -> Markup {
    if verdict.lines.is_empty() {
        return nothing("No line was judged.");
    }
    let listed = |line: &&Line| verdict.groups.iter().any(|group| group.id == line.group);
    let rest: Vec<&Line> = verdict.lines.iter().filter(|line| !listed(line)).collect();
    html! {
        p { "Simulated and paper evidence are judged apart: neither stands in for the other. A line marked “informs” does \
             not decide the verdict of this class." }
        @for (number, group) in verdict.groups.iter().enumerate() {
            @let lines: Vec<&Line> = verdict.lines.iter().filter(|line| line.group == group.id).collect();
            h3 id={ "group-" (number + 1) } { (visible(&group.id)) " · " (visible(&group.name)) }
            @if lines.is_empty() { (nothing("No line of it was judged.")) } @else { (table(&group.name, &lines)) }
        }
        @if !rest.is_empty() {
            h3 id="group-rest" { "Lines of no listed group" }
            (table("no listed group", &rest))
        }
    }
}

fn table(group: &str, lines: &[&Line]) -> Markup {
    let body = html! {
        @for line in lines {
            @let cells = html! {
                (cell("Threshold", "threshold", &threshold(line)))
                (cell(SIMULATED, "part", &simulated(line)))
                (cell(PAPER, "part", &part(&line.paper)))
            };
            (row(&name(line), &cells))
        }
    };
    let caption = format!("Lines: {}", visible(group));
    stack(&caption, "lines", &["Line", "Threshold", SIMULATED, PAPER], &body)
}

fn name(line: &Line) -> Markup {
    html! {
        span class="id" { (visible(&line.id)) } " " (visible(&line.name))
        span class="role" { @if line.decides { "decides" } @else { "informs" } }
    }
}

fn threshold(line: &Line) -> Markup {
    html! {
        (visible(&line.threshold))
        span class="source" { span class="key" { "Source" } " " (visible(&line.source)) }
    }
}

fn simulated(line: &Line) -> Markup {
    line.simulated.as_ref().map_or_else(|| nothing("Simulation can say nothing of this line."), part)
}

/// What one kind of evidence says.
fn part(part: &Part) -> Markup {
    html! {
        (outcome(part.outcome))
        @if part.value.is_some() || part.bound.is_some() {
            p class="measure" {
                @if let Some(value) = &part.value { span { span class="key" { "Value" } " " b { (visible(value)) } } " " }
                @if let Some(bound) = &part.bound { span { span class="key" { "Bound" } " " (visible(bound)) } }
            }
        }
        p class="evidence" { (visible(&part.evidence)) }
    }
}

/// The drills.
pub(super) fn drills(verdict: &Verdict) -> Markup {
    if verdict.drills.is_empty() {
        return nothing("No drill was counted.");
    }
    let heads =
        ["Drill", "Runs", "Effective", "Failed", "Fails at most", "Slowest", "Parts, and runs in which each occurred"];
    let body = html! { @for drill in &verdict.drills { (self::drill(drill)) } };
    html! {
        p { "A run counts only where every part of its drill occurred. “Effective” is how many independent runs these make, \
             clustered by data day; the bound on the rate of failure stands on that number." }
        (stack("Drills over all runs", "drills", &heads, &body))
    }
}

fn drill(drill: &DrillCount) -> Markup {
    let failures = html! {
        @if drill.failures > 0 {
            span class="outcome fail" { span class="mark" aria-hidden="true" { "✗" } " " (grouped(drill.failures)) }
        } @else { "0" }
    };
    let parts = html! {
        @if drill.parts.is_empty() { (NONE) } @else {
            ul class="parts" {
                @for (name, runs) in &drill.parts { li { (visible(name)) " " b { (grouped(*runs)) } } }
            }
        }
    };
    let cells = html! {
        (cell("Runs", "number", &html! { (grouped(drill.runs)) }))
        (cell("Effective", "number", &html! { (grouped(drill.effective)) }))
        (cell("Failed", "number", &failures))
        (cell("Fails at most", "number", &html! { (drill.bound.map_or_else(|| NONE.to_owned(), rate)) }))
        (cell("Slowest", "number", &html! { (drill.slowest_ns.map_or_else(|| NONE.to_owned(), length)) }))
        (cell("Parts", "", &parts))
    };
    row(&html! { span class="id" { (visible(&drill.id)) } " " (visible(&drill.name)) }, &cells)
}
