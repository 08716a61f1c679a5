//! Pictures of the results of runs: how they are distributed, and where the mean comes from.

use maud::{Markup, html};

use super::fan::empty;
use super::numbers::{fixed, grouped, height, percent};
use super::scale::{Scale, Size, Unit, across, place, upwards};
use super::tables::{cell, heads, row, stack, wide};
use super::words::visible;
use crate::gate::verdict::{Bin, Verdict};

const HISTOGRAM: &str = "Net results of runs";

/// How net results of runs are distributed.
pub(super) fn histogram(verdict: &Verdict) -> Markup {
    let bins: Vec<Bin> =
        verdict.results.pnl.iter().copied().filter(|bin| bin.from.is_finite() && bin.to.is_finite()).collect();
    let sideways = Scale::of(bins.iter().flat_map(|bin| [bin.from, bin.to]));
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    let (Some(sideways), Some(upward), true) = (sideways, Scale::of([0.0, height(most) * 1.05]), most > 0) else {
        return empty("pnl", HISTOGRAM);
    };
    html! {
        figure class="chart" {
            figcaption {
                h3 id="pnl-heading" { (HISTOGRAM) }
                p class="legend" {
                    span { span class="swatch loss" {} " lost " }
                    span { span class="swatch gain" {} " gained, as shares of equity at the start" }
                }
            }
            @for size in Size::BOTH { (picture(size, &bins, sideways, upward.not_below(0.0))) }
            (figures(&bins))
        }
    }
}

fn picture(size: Size, bins: &[Bin], sideways: Scale, upward: Scale) -> Markup {
    let (left, right, top, bottom) = size.frame();
    let (sideways, upward) = (sideways.between(left, right), upward.between(bottom, top));
    let lost: u64 = bins.iter().filter(|bin| bin.to <= 0.0).map(|bin| bin.count).sum();
    let all: u64 = bins.iter().map(|bin| bin.count).sum();
    html! {
        svg class=(size.class) role="img" viewBox={ "0 0 " (size.width) " " (size.height) }
            aria-labelledby={ "pnl-" (size.class) "-title pnl-" (size.class) "-desc" } {
            title id={ "pnl-" (size.class) "-title" } { "How net results of runs are distributed" }
            desc id={ "pnl-" (size.class) "-desc" } {
                (grouped(all)) " runs, of which " (grouped(lost)) " are in bars that end at or below zero."
            }
            (upwards(size, upward, Unit::Plain))
            @for bin in bins {
                @let (from, to) = (sideways.at(bin.from), sideways.at(bin.to));
                @let (y, class) = (upward.at(height(bin.count)), if bin.to <= 0.0 { "loss" } else { "gain" });
                rect class=(class) x=(place(from + 0.5)) y=(place(y))
                    width=(place((to - from - 1.0).max(1.0))) height=(place(bottom - y)) {}
            }
            @if sideways.holds(0.0) {
                line class="base" x1=(place(sideways.at(0.0))) x2=(place(sideways.at(0.0))) y1=(place(top)) y2=(place(bottom)) {}
            }
            (across(size, sideways, Unit::Share, "net result of a run"))
        }
    }
}

fn figures(bins: &[Bin]) -> Markup {
    let body = html! {
        @for bin in bins {
            tr {
                th scope="row" { (percent(bin.from)) " to " (percent(bin.to)) }
                td class="number" { (grouped(bin.count)) }
            }
        }
    };
    html! {
        details {
            summary { "The same as a table" }
            (wide("Net results of runs, in shares of equity at the start", "short", &heads("From, to", &["Runs"]), &body))
        }
    }
}

const WATERFALL: &str = "Where the mean result comes from";

/// Where the mean result of a run comes from: each part begins where the one before it ended; the last is their sum.
pub(super) fn waterfall(verdict: &Verdict) -> Markup {
    let parts = &verdict.results.attribution;
    let mut steps: Vec<(f64, f64)> = Vec::with_capacity(parts.len());
    let mut level = 0.0;
    for (number, (_, amount)) in parts.iter().enumerate() {
        let from = if number + 1 == parts.len() { 0.0 } else { level };
        level = from + amount;
        steps.push((from, level));
    }
    let scale = Scale::of(steps.iter().flat_map(|(from, to)| [*from, *to]).chain([0.0]));
    let (Some(scale), false) = (scale, parts.is_empty()) else {
        return empty("attribution", WATERFALL);
    };
    let scale = scale.wider(0.01).between(0.0, 1000.0);
    let currency = visible(&verdict.results.currency);
    let amount_head = format!("Amount, {currency}");
    let body = html! {
        @for (number, ((name, amount), (from, to))) in parts.iter().zip(&steps).enumerate() {
            @let last = number + 1 == parts.len();
            @let cells = html! {
                (cell(&amount_head, "number", &html! { (fixed(*amount, 2)) }))
                (cell("Picture", "bar", &bar(scale, *from, *to, last)))
            };
            (row(&html! { @if last { b { (visible(name)) } } @else { (visible(name)) } }, &cells))
        }
    };
    html! {
        figure class="chart" {
            figcaption {
                h3 id="attribution-heading" { (WATERFALL) }
                p class="legend" {
                    span { span class="swatch gain" {} " adds " }
                    span { span class="swatch loss" {} " takes away " }
                    span { span class="swatch sum" {} " their sum, mean of all runs in " (currency) }
                }
            }
            (stack(WATERFALL, "waterfall", &["Part", &amount_head, "Picture"], &body))
        }
    }
}

/// The bar of a part on the scale of all; the figure beside it says the same.
fn bar(scale: Scale, from: f64, to: f64, last: bool) -> Markup {
    let class = if last {
        "sum"
    } else if to < from {
        "loss"
    } else {
        "gain"
    };
    let (start, end) = (scale.at(from.min(to)), scale.at(from.max(to)));
    let zero = scale.at(0.0);
    html! {
        svg class="row" aria-hidden="true" viewBox="0 0 1000 20" preserveAspectRatio="none" {
            @if start.is_finite() && end.is_finite() {
                rect class=(class) x=(place(start)) y="4" width=(place((end - start).max(2.0))) height="12" {}
            }
            line class="base" x1=(place(zero)) x2=(place(zero)) y1="0" y2="20" {}
        }
    }
}
