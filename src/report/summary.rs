//! What a reader needs who reads no further: the verdict, what may be done now, and the groups.

use maud::{Markup, html};

use super::numbers::{NONE, grouped, short_percent};
use super::tables::{cell, heads, nothing, row, stack, wide};
use super::words::{outcome, outcome_or, tone, visible, worth};
use crate::gate::verdict::{Group, Line, Outcome, Verdict};

/// The verdict and what it stands on.
pub(super) fn verdict(verdict: &Verdict) -> Markup {
    let confidence = short_percent(verdict.confidence);
    html! {
        div class={ "headline " (tone(verdict.outcome)) } {
            p class="word" { (headline(verdict)) }
            p class="why" { (visible(&verdict.why)) }
        }
        dl class="facts" {
            (fact("Evidence class", verdict.class.name()))
            (fact("Runs judged", &grouped(verdict.runs)))
            (fact("Effective runs", &grouped(verdict.effective)))
            (fact("Days of a run", &grouped(verdict.days)))
            (fact("Confidence", &confidence))
            (fact("Valid for", &format!("{} days", grouped(verdict.valid_days))))
        }
        p { (worth(verdict.class)) }
        @if !verdict.scenarios.is_empty() {
            details open[verdict.scenarios.len() <= 6] {
                summary { "Scenarios judged (" (verdict.scenarios.len()) ")" }
                ul class="names" { @for name in &verdict.scenarios { li { (visible(name)) } } }
            }
        }
    }
}

/// The headline under the mark of its outcome, whose word is said once.
fn headline(verdict: &Verdict) -> Markup {
    let text = visible(&verdict.headline);
    let rest = text.strip_prefix(verdict.outcome.word()).unwrap_or(&text);
    html! { (outcome(verdict.outcome)) " " span class="phrase" { (rest.trim()) } }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// What may be done now.
pub(super) fn decisions(verdict: &Verdict) -> Markup {
    if verdict.decisions.is_empty() {
        return nothing("The verdict answers no question of the review.");
    }
    let body = html! {
        @for decision in &verdict.decisions {
            @let cells = html! {
                (cell("Answer", "answer", &html! { (visible(&decision.answer)) }))
                (cell("Why", "", &html! { (visible(&decision.why)) }))
            };
            (row(&html! { (visible(&decision.question)) }, &cells))
        }
    };
    stack("What may be done now", "decisions", &["Question", "Answer", "Why"], &body)
}

/// Groups at a glance.
pub(super) fn groups(verdict: &Verdict) -> Markup {
    if verdict.groups.is_empty() {
        return nothing("No group was judged.");
    }
    let body = html! {
        @for group in &verdict.groups {
            @let lines: Vec<&Line> = verdict.lines.iter().filter(|line| line.group == group.id).collect();
            @let simulated = tally(lines.iter().filter_map(|line| line.simulated.as_ref()).map(|part| part.outcome));
            @let paper = tally(lines.iter().map(|line| line.paper.outcome));
            @let cells = html! {
                (cell("Simulated", "", &html! { (outcome_or(group.simulated, "says nothing")) " " (reach(group)) " " (simulated) }))
                (cell("Paper", "", &html! { (outcome(group.paper)) " " (paper) }))
            };
            (row(&html! { (visible(&group.id)) " · " (visible(&group.name)) }, &cells))
        }
    };
    stack("The worst line of each group, by either evidence", "groups", &["Group", "Simulated", "Paper"], &body)
}

/// How many lines of a group simulation judges.
fn reach(group: &Group) -> Markup {
    html! { span class="tally" { "(" (grouped(group.judged)) " of " (grouped(group.lines)) " lines)" } }
}

/// How many lines of how many pass.
fn tally(outcomes: impl Iterator<Item = Outcome>) -> Markup {
    let (mut all, mut pass) = (0_usize, 0_usize);
    for outcome in outcomes {
        all += 1;
        pass += usize::from(outcome == Outcome::Pass);
    }
    html! { @if all > 0 { span class="tally" { (pass) " of " (all) " pass" } } }
}

/// What was assumed, and what was not tested.
pub(super) fn assumptions(verdict: &Verdict) -> Markup {
    if verdict.assumptions.is_empty() {
        return nothing("The verdict names no assumption.");
    }
    let body = html! {
        @for (name, value) in &verdict.assumptions {
            (row(&html! { (visible(name)) }, &cell("Value", "", &html! { (visible(value)) })))
        }
    };
    stack("Models and their parameters", "pairs", &["Assumption", "Value"], &body)
}

/// What was not tested.
pub(super) fn untested(verdict: &Verdict) -> Markup {
    if verdict.untested.is_empty() {
        return nothing("The verdict names nothing that was not tested. That is a claim to doubt.");
    }
    html! { ul { @for text in &verdict.untested { li { (visible(text)) } } } }
}

/// The size steps after a pass, and what takes one back.
pub(super) fn ramp(verdict: &Verdict) -> Markup {
    html! {
        (steps(verdict))
        h3 id="demotions" { "What takes a step back" }
        (demotions(verdict))
    }
}

fn steps(verdict: &Verdict) -> Markup {
    if verdict.ramp.is_empty() {
        return nothing("No ramp was planned.");
    }
    let body = html! {
        @for (number, step) in verdict.ramp.iter().enumerate() {
            tr {
                th scope="row" { (number + 1) }
                td class="number" { (visible(&step.share)) }
                td class="number" { (grouped(step.days)) }
                td class="number" { (grouped(step.trades)) }
            }
        }
    };
    let head = heads("Step", &["Share of capital", "Days at least", "Trades at least"]);
    html! {
        p { "A step ends when both its days and its trades are reached, and its own gate passes." }
        (wide("Steps of size after a pass", "short", &head, &body))
    }
}

fn demotions(verdict: &Verdict) -> Markup {
    if verdict.demotions.is_empty() {
        return nothing("No rule of demotion was planned.");
    }
    let body = html! {
        @for rule in &verdict.demotions {
            (row(&html! { (visible(&rule.when)) }, &cell("What is done", "", &html! { (visible(&rule.then)) })))
        }
    };
    html! {
        p { "Taken at once by whoever is on duty, without a meeting. Going up again is by the step's own gate." }
        (stack("Rules of demotion", "pairs", &["What happened", "What is done"], &body))
    }
}

/// What the verdict is bound to.
pub(super) fn provenance(verdict: &Verdict) -> Markup {
    let body = html! {
        @for (name, of, hash) in hashes(verdict) {
            @let cells = html! {
                (cell("Of", "", &html! { (of) }))
                (cell("SHA-256", "", &html! { @if hash.is_empty() { (NONE) } @else { code { (visible(hash)) } } }))
            };
            (row(&html! { (name) }, &cells))
        }
    };
    html! {
        p { "The verdict holds for these and no others: change one, and it is void. Shape " code { (visible(&verdict.schema)) } "." }
        (stack("What the verdict is bound to", "hashes", &["Bound to", "Of", "SHA-256"], &body))
    }
}

/// Every hash: its name, what it is of, and itself.
pub(super) fn hashes(verdict: &Verdict) -> [(&'static str, &'static str, &str); 7] {
    let bound = &verdict.bound;
    [
        ("Build", "the program as it ran", &bound.build),
        ("Scenarios", "the texts of all scenarios", &bound.scenarios),
        ("Data", "the data of all runs", &bound.data),
        ("Criteria", "the criteria, hashed before the first run", &bound.criteria),
        ("Configuration", "what the trader and the strategy were told", &bound.configuration),
        ("Account", "currency, balances and rates", &bound.account),
        ("Results", "the stored results of every run", &bound.results),
    ]
}
