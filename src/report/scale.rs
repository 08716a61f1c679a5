//! Axes: a range of figures laid on a range of places, with ticks at round figures.

use maud::{Markup, html};

use super::numbers::{count, fixed, percent_to};

/// A range of figures, `low` below `high`, laid from one place to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// What holds all of these figures, with room between them though they be one and the same; none where no figure
    /// can be drawn.
    pub(super) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for figure in figures.into_iter().filter(|figure| figure.is_finite()) {
            (low, high) = (low.min(figure), high.max(figure));
        }
        if low > high {
            return None;
        }
        if high - low <= low.abs().max(high.abs()) * 1e-9 {
            let room = if low == 0.0 { 0.01 } else { low.abs() * 0.01 };
            (low, high) = (low - room, high + room);
        }
        ((high - low).is_finite() && high > low).then_some(Self { low, high, from: 0.0, to: 1.0 })
    }

    /// The same figures laid between these places.
    pub(super) fn between(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// The same places, the figures wider by so much of themselves at either end.
    pub(super) fn wider(self, share: f64) -> Self {
        let room = (self.high - self.low) * share;
        Self { low: self.low - room, high: self.high + room, ..self }
    }

    /// The same places, and not below this figure.
    pub(super) fn not_below(self, floor: f64) -> Self {
        Self { low: self.low.max(floor), ..self }
    }

    /// Whether a figure is on it.
    pub(super) fn holds(self, figure: f64) -> bool {
        (self.low..=self.high).contains(&figure)
    }

    /// Where a figure stands.
    pub(super) fn at(self, figure: f64) -> f64 {
        let share = ((figure - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    /// Round figures inside, about so many, and the decimals they need.
    pub(super) fn ticks(self, about: usize) -> (Vec<f64>, usize) {
        let rough = (self.high - self.low) / count(about.max(1));
        let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
        let step = [1.0, 2.0, 5.0].into_iter().map(|part| part * power).find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(10.0 * power);
        if !(step.is_finite() && step > 0.0) {
            return (Vec::new(), 0);
        }
        let mut decimals = 0;
        while decimals < 9 && libm::pow(10.0, count(decimals)) * step < 0.999 {
            decimals += 1;
        }
        let first = libm::ceil((self.low - step * 1e-6) / step);
        let ticks = (0..=4 * about).map(|number| (first + count(number)) * step);
        (ticks.take_while(|tick| *tick <= self.high + step * 1e-6).collect(), decimals)
    }
}

/// How the figures of an axis are printed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    /// As they are.
    Plain,
    /// Shares, in hundredths.
    Share,
}

impl Unit {
    fn text(self, figure: f64, decimals: usize) -> String {
        match self {
            _ if figure.abs() >= 1e6 => format!("{figure:.1e}").replace('-', "−"),
            Self::Plain => fixed(figure, decimals),
            Self::Share => percent_to(figure, decimals.saturating_sub(2)),
        }
    }
}

/// How large a picture is drawn: letters keep their size, so that there are two of each, one for wide pages and one for
/// narrow ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Its class in the style.
    pub(super) class: &'static str,
    /// Units across.
    pub(super) width: f64,
    /// Units down.
    pub(super) height: f64,
    /// Figures on the axis across.
    pub(super) across: usize,
}

impl Size {
    /// For wide pages, and for narrow ones.
    pub(super) const BOTH: [Self; 2] = [
        Self { class: "wide", width: 560.0, height: 300.0, across: 6 },
        Self { class: "narrow", width: 340.0, height: 250.0, across: 4 },
    ];

    /// Where what is drawn ends: left, right, top and bottom.
    pub(super) fn frame(self) -> (f64, f64, f64, f64) {
        (58.0, self.width - 22.0, 12.0, self.height - 44.0)
    }
}

/// The axis upwards: a line and a figure at each tick.
pub(super) fn upwards(size: Size, scale: Scale, unit: Unit) -> Markup {
    let (left, right, ..) = size.frame();
    let (ticks, decimals) = scale.ticks(7);
    html! {
        @for tick in ticks {
            @let y = scale.at(tick);
            line class="grid" x1=(place(left)) x2=(place(right)) y1=(place(y)) y2=(place(y)) {}
            text x=(place(left - 8.0)) y=(place(y + 4.0)) text-anchor="end" { (unit.text(tick, decimals)) }
        }
    }
}

/// The axis across: a mark and a figure at each tick, and what it counts below.
pub(super) fn across(size: Size, scale: Scale, unit: Unit, name: &str) -> Markup {
    let (left, right, _, bottom) = size.frame();
    let (ticks, decimals) = scale.ticks(size.across);
    html! {
        line class="axis" x1=(place(left)) x2=(place(right)) y1=(place(bottom)) y2=(place(bottom)) {}
        @for tick in ticks {
            @let x = scale.at(tick);
            line class="axis" x1=(place(x)) x2=(place(x)) y1=(place(bottom)) y2=(place(bottom + 4.0)) {}
            text x=(place(x)) y=(place(bottom + 18.0)) text-anchor="middle" { (unit.text(tick, decimals)) }
        }
        text class="name" x=(place(f64::midpoint(left, right))) y=(place(bottom + 37.0)) text-anchor="middle" { (name) }
    }
}

/// A place, to a tenth.
pub(super) fn place(place: f64) -> String {
    format!("{place:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale::of([0.937, 1.083]).expect("a range");
        let (ticks, decimals) = scale.ticks(5);
        let texts: Vec<String> = ticks.iter().map(|tick| fixed(*tick, decimals)).collect();
        assert_eq!(texts.join(" "), "0.95 1.00 1.05");
        let (ticks, decimals) = Scale::of([0.0, 30.0]).expect("a range").ticks(6);
        assert_eq!((ticks.len(), decimals), (7, 0));
    }

    #[test]
    fn no_range_at_all_has_room_and_what_is_no_number_is_left_out() {
        for figure in [0.0, 1.0, -3.0, 1e-300, 1e300, -1e15] {
            let scale = Scale::of([figure, figure, f64::NAN]).expect("a range");
            assert!(scale.at(figure).is_finite() && !scale.ticks(5).0.is_empty(), "{figure}: {scale:?}");
        }
        assert!(Scale::of([f64::NAN]).is_none() && Scale::of([]).is_none() && Scale::of([-1e308, 1e308]).is_none());
    }
}
