//! Tables of evidence: benchmarks beside the strategy, figures of runs, faults against invariants, the worst runs.

use maud::{Markup, html};

use super::fan::five;
use super::numbers::{NONE, alike, grouped, percent};
use super::scale::{Scale, place};
use super::tables::{cell, heads, nothing, row, stack, wide};
use super::words::visible;
use crate::gate::verdict::{Benchmark, DRAWDOWN, MatrixRow, SHARPE, Spread, Verdict, Worst};

const BENCHMARK: [&str; 8] = [
    "Strategy",
    "Runs",
    "Net result",
    "Net result, drawn",
    "Sharpe ratio",
    "Deepest fall",
    "Judged strategy ahead",
    "By chance",
];

/// Benchmarks, under the strategy that is judged.
pub(super) fn benchmarks(verdict: &Verdict) -> Markup {
    if verdict.benchmarks.is_empty() {
        return nothing("No other strategy was run on the same markets.");
    }
    let own = judged(verdict);
    let all = || own.iter().chain(&verdict.benchmarks);
    let nets = all().filter_map(|one| one.net.as_ref());
    let scale = Scale::of(nets.flat_map(five).chain([0.0])).map(|scale| scale.wider(0.03).between(0.0, 1000.0));
    let body = html! {
        @if let Some(own) = &own { (benchmark(&html! { b { (own.name) } }, own, scale)) }
        @for other in &verdict.benchmarks { (benchmark(&html! { (visible(&other.name)) }, other, scale)) }
    };
    stack("On the same markets: medians, and from p05 to p95", "benchmarks", &BENCHMARK, &body)
}

/// The judged strategy in the shape of those beside it.
fn judged(verdict: &Verdict) -> Option<Benchmark> {
    let day = verdict.results.fan.last()?;
    let net = |figure: f64| figure - 1.0;
    let figure = |name: &str| verdict.results.figures.iter().find(|figure| figure.name == name).map(|of| of.spread);
    Some(Benchmark {
        name: "The judged strategy".to_owned(),
        runs: verdict.runs,
        net: Some(Spread {
            p05: net(day.p05),
            p25: net(day.p25),
            p50: net(day.p50),
            p75: net(day.p75),
            p95: net(day.p95),
        }),
        sharpe: figure(SHARPE),
        drawdown: figure(DRAWDOWN),
        beaten: None,
        by_chance: None,
    })
}

fn benchmark(name: &Markup, benchmark: &Benchmark, scale: Option<Scale>) -> Markup {
    let none = html! { (NONE) };
    let shown = |of: &Option<Spread>, shape: fn(&Spread) -> Markup| of.as_ref().map_or_else(|| none.clone(), shape);
    let cells = html! {
        (cell(BENCHMARK[1], "number", &html! { (grouped(benchmark.runs)) }))
        (cell(BENCHMARK[2], "number", &shown(&benchmark.net, shares)))
        (cell(BENCHMARK[3], "bar", &benchmark.net.as_ref().map_or_else(|| none.clone(), |net| range(scale, net))))
        (cell(BENCHMARK[4], "number", &shown(&benchmark.sharpe, ratios)))
        (cell(BENCHMARK[5], "number", &shown(&benchmark.drawdown, shares)))
        (cell(BENCHMARK[6], "number", &html! { (benchmark.beaten.map_or_else(|| NONE.to_owned(), percent)) }))
        (cell(BENCHMARK[7], "number", &html! { (benchmark.by_chance.map_or_else(|| NONE.to_owned(), percent)) }))
    };
    row(name, &cells)
}

fn ratios(of: &Spread) -> Markup {
    let [middle, low, high] = alike([of.p50, of.p05, of.p95]);
    spread(&middle, &low, &high)
}

fn shares(of: &Spread) -> Markup {
    spread(&percent(of.p50), &percent(of.p05), &percent(of.p95))
}

/// The median, and below it between what nine in ten lie.
fn spread(median: &str, low: &str, high: &str) -> Markup {
    html! { b { (median) } span class="range" { (low) " to " (high) } }
}

/// A spread on the scale of all; the figures beside it say the same.
fn range(scale: Option<Scale>, of: &Spread) -> Markup {
    let Some(scale) = scale.filter(|_| five(of).iter().all(|figure| figure.is_finite())) else {
        return html! {};
    };
    let [low, quarter, middle, three, high] = five(of).map(|figure| scale.at(figure));
    let zero = scale.at(0.0);
    html! {
        svg class="row" aria-hidden="true" viewBox="0 0 1000 20" preserveAspectRatio="none" {
            line class="base" x1=(place(zero)) x2=(place(zero)) y1="0" y2="20" {}
            rect class="outer" x=(place(low)) y="8" width=(place((high - low).max(2.0))) height="4" {}
            rect class="inner" x=(place(quarter)) y="5" width=(place((three - quarter).max(2.0))) height="10" {}
            line class="middle" x1=(place(middle)) x2=(place(middle)) y1="3" y2="17" {}
        }
    }
}

/// What else is said of runs.
pub(super) fn figures(verdict: &Verdict) -> Markup {
    if verdict.results.figures.is_empty() {
        return nothing("No further figure was kept.");
    }
    let body = html! {
        @for figure in &verdict.results.figures {
            tr {
                th scope="row" { (visible(&figure.name)) }
                td { (visible(&figure.unit)) }
                td class="number" { (grouped(figure.runs)) }
                @for number in alike(five(&figure.spread)) { td class="number" { (number) } }
            }
        }
    };
    let head = html! {
        th scope="col" { "Figure" }
        th scope="col" { "Unit" }
        @for head in ["Runs", "p05", "p25", "Median", "p75", "p95"] { th scope="col" class="number" { (head) } }
    };
    wide("Figures of runs, spread over all that have them", "", &head, &body)
}

/// Faults against invariants.
pub(super) fn matrix(verdict: &Verdict) -> Markup {
    let matrix = &verdict.matrix;
    if matrix.rows.is_empty() {
        return nothing("No fault was counted.");
    }
    let head = html! {
        (heads("Fault", &["Hits", "Runs"]))
        @for law in &matrix.laws { th scope="col" class="law" { span { (visible(law)) } } }
    };
    let body = html! { @for row in &matrix.rows { (fault(row, matrix.laws.len())) } };
    html! {
        p class="legend" {
            b class="kept" { "✓" } " kept in every run with the fault · "
            b class="broken" { "✗ n" } " broken in n runs · " b { "·" } " the fault never hit, so nothing is known"
        }
        (wide("In how many runs with a fault a law was broken", "matrix", &head, &body))
    }
}

fn fault(row: &MatrixRow, columns: usize) -> Markup {
    html! {
        tr {
            th scope="row" { (visible(&row.fault)) }
            td class="number" { (grouped(row.hits)) }
            td class="number" { (grouped(row.runs)) }
            @for column in 0..columns {
                @match row.broken.get(column) {
                    Some(0) if row.runs > 0 => td class="kept" { span aria-hidden="true" { "✓" } span class="said" { "kept" } },
                    Some(runs) if *runs > 0 => td class="broken" { "✗\u{a0}" (grouped(*runs)) span class="said" { " broken" } },
                    _ => td { span aria-hidden="true" { "·" } span class="said" { "not known" } },
                }
            }
        }
    }
}

const WORST: [&str; 5] = ["Run", "Net result", "Deepest fall", "Findings", "To run it again"];

/// The worst runs.
pub(super) fn worst(verdict: &Verdict) -> Markup {
    if verdict.worst.is_empty() {
        return nothing("No run was judged.");
    }
    let body = html! { @for run in &verdict.worst { (worst_row(run, &verdict.results.currency)) } };
    html! {
        p { "Each line runs one of them again, exactly." }
        (stack("The runs that came out worst", "worst", &WORST, &body))
    }
}

fn worst_row(run: &Worst, currency: &str) -> Markup {
    let findings = html! {
        @if run.findings.is_empty() { span class="soft" { "none" } } @else {
            ul { @for finding in &run.findings { li { (visible(finding)) } } }
        }
    };
    let cells = html! {
        (cell(WORST[1], "number", &html! { (visible(&run.net_pnl)) " " (visible(currency)) }))
        (cell(WORST[2], "number", &html! { (visible(&run.max_drawdown)) }))
        (cell(WORST[3], "", &findings))
        (cell(WORST[4], "again", &html! { code { (visible(&run.again)) } }))
    };
    row(&html! { (run.run) }, &cells)
}
