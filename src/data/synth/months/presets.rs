//! The shipped models: fitted to four recorded months, each written down as the command in its file left it.

use std::collections::BTreeMap;

use super::model::MonthModel;

/// A shipped model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Preset {
    /// BTC/USDT, March 2020.
    Crash,
    /// BTC/USDT, January 2021.
    Bull,
    /// BTC/USDT, September 2023.
    Quiet,
    /// ETH/USDT, June 2022.
    Bear,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Crash, Self::Bull, Self::Quiet, Self::Bear];

    /// Its name in a scenario.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Bull => "bull",
            Self::Quiet => "quiet",
            Self::Bear => "bear",
        }
    }

    /// Its text, as it was written down.
    const fn text(self) -> &'static str {
        match self {
            Self::Crash => include_str!("crash.toml"),
            Self::Bull => include_str!("bull.toml"),
            Self::Quiet => include_str!("quiet.toml"),
            Self::Bear => include_str!("bear.toml"),
        }
    }

    /// Its model.
    #[must_use]
    pub fn model(self) -> MonthModel {
        let line = |line: &str| {
            let (name, list) = line.split_once(" = ")?;
            let numbers = list.trim_matches(['[', ']']).split(", ").map(|number| number.trim_matches('"').to_owned());
            Some((name.to_owned(), numbers.collect()))
        };
        let written: BTreeMap<_, Vec<_>> =
            self.text().lines().filter(|line| !line.starts_with('#')).filter_map(line).collect();
        MonthModel::read(self.name(), &written).expect("a shipped model is sound")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_models_are_as_they_were_written() {
        for preset in Preset::ALL {
            let lines: Vec<&str> = preset.text().lines().filter(|line| !line.starts_with('#')).collect();
            assert_eq!(preset.model().to_string().lines().collect::<Vec<_>>(), lines, "{}", preset.name());
        }
    }
}
