//! Numbers as they are printed: true minus signs, thousands apart, and a dash for what is not a number.

/// What stands for a figure that is not there.
pub(super) const NONE: &str = "—";

/// A count as a place in a picture.
pub(super) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// A count as a height in a picture: beyond 2^53 its last digits do not show.
#[allow(clippy::cast_precision_loss, reason = "a height in a picture")]
pub(super) fn height(number: u64) -> f64 {
    number as f64
}

/// A count: `3,600`.
pub(super) fn grouped(number: u64) -> String {
    apart(&number.to_string())
}

/// Digits, a comma before each three.
fn apart(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With so many decimals, and no sign before a zero.
pub(super) fn fixed(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return NONE.to_owned();
    }
    if number.abs() >= 1e15 {
        return format!("{number:.2e}").replace('-', "−");
    }
    let text = format!("{:.decimals$}", number.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let sign = if number < 0.0 && text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) { "−" } else { "" };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{rest}", apart(whole))
}

/// With as many decimals as leave four figures to read.
pub(super) fn plain(number: f64) -> String {
    let size = number.abs();
    match size {
        _ if size == 0.0 => "0".to_owned(),
        _ if size < 1e-4 => format!("{number:.2e}").replace('-', "−"),
        _ if size < 1.0 => fixed(number, 4),
        _ if size < 100.0 => fixed(number, 2),
        _ if size < 10_000.0 => fixed(number, 1),
        _ => fixed(number, 0),
    }
}

/// A share in hundredths: `−1.25 %`.
pub(super) fn percent(share: f64) -> String {
    percent_to(share, 2)
}

/// A share in hundredths with so many decimals.
pub(super) fn percent_to(share: f64, decimals: usize) -> String {
    let hundredths = share * 100.0;
    if hundredths.is_finite() { format!("{}\u{a0}%", fixed(hundredths, decimals)) } else { NONE.to_owned() }
}

/// A share in hundredths with no more decimals than it has: `95 %`, `99.9 %`.
pub(super) fn short_percent(share: f64) -> String {
    let text = fixed(share * 100.0, 3);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text.as_str() };
    if text == NONE { NONE.to_owned() } else { format!("{text}\u{a0}%") }
}

/// Figures of one thing, with as many decimals as the largest of them needs.
pub(super) fn alike<const N: usize>(figures: [f64; N]) -> [String; N] {
    let size = figures.iter().filter(|figure| figure.is_finite()).fold(0.0, |size: f64, figure| size.max(figure.abs()));
    match size {
        _ if size > 0.0 && size < 1e-3 => figures.map(plain),
        _ if size < 1.0 => figures.map(|figure| fixed(figure, 4)),
        _ if size < 100.0 => figures.map(|figure| fixed(figure, 2)),
        _ if size < 10_000.0 => figures.map(|figure| fixed(figure, 1)),
        _ => figures.map(|figure| fixed(figure, 0)),
    }
}

/// A small share, never rounded down to nothing: `0.1 %`, `0.0034 %`.
pub(super) fn rate(share: f64) -> String {
    let mut decimals = 2;
    let mut size = (share * 100.0).abs();
    while size > 0.0 && size < 1.0 && decimals < 8 {
        size *= 10.0;
        decimals += 1;
    }
    percent_to(share, decimals)
}

/// A length of time in the unit that suits it.
pub(super) fn length(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "−" } else { "" };
    let size = nanoseconds.unsigned_abs();
    let (unit, name) = match size {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        1_000_000_000..120_000_000_000 => (1_000_000_000, "s"),
        120_000_000_000..7_200_000_000_000 => (60_000_000_000, "min"),
        _ => (3_600_000_000_000, "h"),
    };
    let (whole, rest) = (size / unit, size % unit * 100 / unit);
    let rest = if rest == 0 { String::new() } else { format!(".{rest:02}") };
    format!("{sign}{}{rest}\u{a0}{name}", grouped(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_for_people() {
        let texts = [
            grouped(1_234_567),
            grouped(999),
            fixed(-1234.5, 2),
            fixed(-0.001, 2),
            fixed(f64::NAN, 2),
            plain(0.0),
            plain(-0.00001),
            plain(0.25),
            plain(12345.6),
            percent(-0.0125),
            rate(0.001),
            rate(0.000_034),
            percent(f64::INFINITY),
            length(350_000_000),
            length(1_250_000_000),
            length(-5),
            length(i64::MIN),
            short_percent(0.95),
            short_percent(f64::NAN),
            alike([-0.4, 2.0, f64::NAN]).join(" "),
            alike([0.0, 0.0]).join(" "),
        ];
        let expected = "1,234,567|999|−1,234.50|0.00|—|0|−1.00e−5|0.2500|12,346|−1.25 %|0.100 %|0.00340 %|—|350 ms|1.25 s|−5 ns\
                        |−2,562,047.78 h|95 %|—|−0.40 2.00 —|0.0000 0.0000";
        assert_eq!(texts.join("|").replace('\u{a0}', " "), expected);
    }
}
