//! Pictures of what runs came to, day by day: equity and the fall from its peak, as bands over runs.

use maud::{Markup, html};

use super::numbers::{count, percent, plain};
use super::scale::{Scale, Size, Unit, across, place, upwards};
use super::tables::{heads, nothing, wide};
use crate::gate::verdict::{Spread, Verdict};

/// What a fan shows.
struct Fan<'a> {
    id: &'static str,
    title: &'static str,
    days: &'a [Spread],
    /// What every run begins with, before the first day.
    start: f64,
    /// Whether more is further down.
    downwards: bool,
    unit: Unit,
}

/// Equity day by day.
pub(super) fn equity(verdict: &Verdict) -> Markup {
    let days = &verdict.results.fan;
    Fan {
        id: "equity",
        title: "Equity over equity at the start",
        days,
        start: 1.0,
        downwards: false,
        unit: Unit::Plain,
    }
    .draw()
}

/// Fall from the peak day by day.
pub(super) fn drawdown(verdict: &Verdict) -> Markup {
    let days = &verdict.results.drawdown;
    Fan { id: "drawdown", title: "Fall from the peak", days, start: 0.0, downwards: true, unit: Unit::Share }.draw()
}

/// A picture of nothing keeps its place.
pub(super) fn empty(id: &str, title: &str) -> Markup {
    html! {
        figure class="chart" {
            figcaption { h3 id={ (id) "-heading" } { (title) } }
            (nothing("There is nothing to draw."))
        }
    }
}

/// The five figures of a spread, lowest first.
pub(super) const fn five(spread: &Spread) -> [f64; 5] {
    [spread.p05, spread.p25, spread.p50, spread.p75, spread.p95]
}

impl Fan<'_> {
    /// Days that can be drawn, by number, with the start before them.
    fn points(&self) -> Vec<(usize, [f64; 5])> {
        let days = self.days.iter().map(five).enumerate().map(|(number, five)| (number + 1, five));
        let start = (0, [self.start; 5]);
        std::iter::once(start).chain(days).filter(|(_, five)| five.iter().all(|figure| figure.is_finite())).collect()
    }

    fn draw(&self) -> Markup {
        let points = self.points();
        let upward = Scale::of(points.iter().flat_map(|(_, five)| *five)).map(|scale| scale.wider(0.04));
        let sideways = Scale::of([0.0, count(self.days.len())]);
        let (Some(upward), Some(sideways), true) = (upward, sideways, points.len() > 1) else {
            return empty(self.id, self.title);
        };
        let upward = if self.downwards { upward.not_below(0.0) } else { upward };
        html! {
            figure class="chart" {
                figcaption {
                    h3 id={ (self.id) "-heading" } { (self.title) }
                    p class="legend" {
                        span { span class="swatch middle" {} " median " }
                        span { span class="swatch inner" {} " half of all runs (p25 to p75) " }
                        span { span class="swatch outer" {} " nine in ten (p05 to p95)" }
                    }
                }
                @for size in Size::BOTH { (self.picture(size, &points, upward, sideways)) }
                (self.table())
            }
        }
    }

    fn picture(&self, size: Size, points: &[(usize, [f64; 5])], upward: Scale, sideways: Scale) -> Markup {
        let (left, right, top, bottom) = size.frame();
        let (upward, sideways) = (
            if self.downwards { upward.between(top, bottom) } else { upward.between(bottom, top) },
            sideways.between(left, right),
        );
        let at = |day: usize, figure: f64| format!("{} {}", place(sideways.at(count(day))), place(upward.at(figure)));
        let band = |low: usize, high: usize| {
            let there = points.iter().map(|(day, five)| at(*day, five[high]));
            let back = points.iter().rev().map(|(day, five)| at(*day, five[low]));
            format!("M{}Z", there.chain(back).collect::<Vec<_>>().join("L"))
        };
        let median: Vec<String> = points.iter().map(|(day, five)| at(*day, five[2])).collect();
        let id = format!("{}-{}", self.id, size.class);
        html! {
            svg class=(size.class) role="img" viewBox={ "0 0 " (size.width) " " (size.height) }
                aria-labelledby={ (id) "-title " (id) "-desc" } {
                title id={ (id) "-title" } { (self.title) ", day by day, over all runs" }
                desc id={ (id) "-desc" } { (self.said(points)) }
                (upwards(size, upward, self.unit))
                path class="outer" d=(band(0, 4)) {}
                path class="inner" d=(band(1, 3)) {}
                line class="base" x1=(place(left)) x2=(place(right))
                    y1=(place(upward.at(self.start))) y2=(place(upward.at(self.start))) {}
                path class="middle" d={ "M" (median.join("L")) } {}
                (across(size, sideways, Unit::Plain, "day"))
            }
        }
    }

    /// The picture in words: where it ends.
    fn said(&self, points: &[(usize, [f64; 5])]) -> String {
        points.last().map_or_else(String::new, |(day, five)| {
            format!(
                "By day {day} the median is {}, half of all runs lie from {} to {}, and nine in ten from {} to {}.",
                self.text(five[2]),
                self.text(five[1]),
                self.text(five[3]),
                self.text(five[0]),
                self.text(five[4])
            )
        })
    }

    fn text(&self, figure: f64) -> String {
        match self.unit {
            Unit::Plain if figure.abs() < 100.0 => super::numbers::fixed(figure, 4),
            Unit::Plain => plain(figure),
            Unit::Share => percent(figure),
        }
    }

    /// The same as figures, for who does not see it or wants to know exactly.
    fn table(&self) -> Markup {
        let body = html! {
            @for (number, spread) in self.days.iter().enumerate() {
                tr {
                    th scope="row" { (number + 1) }
                    @for figure in five(spread) { td class="number" { (self.text(figure)) } }
                }
            }
        };
        let head = heads("Day", &["p05", "p25", "median", "p75", "p95"]);
        html! {
            details {
                summary { "The same as a table" }
                (wide(&format!("{}, day by day", self.title), "short", &head, &body))
            }
        }
    }
}
