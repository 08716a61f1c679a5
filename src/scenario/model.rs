//! Models chosen by name: `queue = "log"`, or with parameters `queue = { model = "power", exponent = "2" }`.
//!
//! A table may say the version it was written for, `version = 1`; a version that is not ours is refused, for
//! its results would not be the same. A parameter that is not written is as usual.

use rust_decimal::Decimal;
use toml::de::DeValue;

use super::Located;
use super::section::{Entry, Problems, Section, child};
use crate::market::{Rate, Span};
use crate::trading::setting::Number;
use crate::venue::{
    Consumption, FillProfile, IMPACT_VERSION, ImpactModel, Models, PARTIAL_VERSION, PartialModel, QUEUE_VERSION,
    QueueModel, SLIPPAGE_VERSION, SlippageModel,
};

/// Most ticks a model may worsen a price by.
const TICKS_MAX: u64 = 1_000_000;
/// The whole, in millionths.
const PPM: u32 = 1_000_000;

/// A model's parameters while they are read; none where only its name was written.
struct Params<'d>(Option<Section<'d>>);

impl<'d> Params<'d> {
    /// Reads which of some models is meant.
    fn named<T: Copy>(
        entry: &Entry<'d>,
        words: &[(&str, T)],
        version: u32,
        problems: &mut Problems<'_>,
    ) -> Option<(T, Self)> {
        if !matches!(entry.value, DeValue::Table(_)) {
            return Some((entry.word(problems, words)?, Self(None)));
        }
        let mut section = entry.as_section(entry.at, problems)?;
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let word = section.require("model", problems, &names.join(", ")).and_then(|entry| entry.word(problems, words));
        let ours = u64::from(version);
        let known = section.get("version").map_or(Some(ours), |entry| entry.whole(problems, ours..=ours));
        known?;
        Some((word?, Self(Some(section))))
    }

    fn get(&mut self, key: &'static str) -> Option<Entry<'d>> {
        self.0.as_mut().and_then(|section| section.get(key))
    }

    /// A decimal from 10^-`decimals` to `most`, in units of 10^-`decimals`.
    fn decimal(&mut self, key: &'static str, terms: (u32, u32, u32), problems: &mut Problems<'_>) -> Option<u32> {
        self.decimal_from(1, key, terms, problems)
    }

    /// A decimal from so many units of 10^-`decimals` to `most`, in these units.
    fn decimal_from(
        &mut self,
        least: u32,
        key: &'static str,
        (usual, most, decimals): (u32, u32, u32),
        problems: &mut Problems<'_>,
    ) -> Option<u32> {
        let one = 10_u32.pow(decimals);
        let Some(entry) = self.get(key) else { return Some(usual) };
        let number = entry.setting::<Number>(problems)?.0;
        let units = number.checked_mul(Decimal::from(one)).filter(Decimal::is_integer);
        let found =
            units.and_then(|units| u32::try_from(units).ok()).filter(|units| (least..=most * one).contains(units));
        if found.is_none() {
            let from = if least == 0 { "from" } else { "above" };
            let allowed = format!("a decimal {from} 0, at most {most}, with at most {decimals} decimals");
            entry.refuse(problems, "E-SC-010", &allowed);
        }
        found
    }

    /// A percentage above none and at most the whole, in millionths.
    fn percent(&mut self, key: &'static str, usual: u32, problems: &mut Problems<'_>) -> Option<u32> {
        let Some(entry) = self.get(key) else { return Some(usual) };
        let units = entry.setting::<Rate>(problems)?.decimal().checked_mul(PPM.into()).filter(Decimal::is_integer);
        let found = units.and_then(|units| u32::try_from(units).ok()).filter(|units| (1..=PPM).contains(units));
        if found.is_none() {
            entry.refuse(problems, "E-SC-010", "above 0% and at most 100%, with at most 4 decimals");
        }
        found
    }

    fn ticks(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<u32> {
        let Some(entry) = self.get(key) else { return Some(1) };
        entry.whole(problems, 0..=TICKS_MAX).map(|ticks| u32::try_from(ticks).expect("at most a million"))
    }

    /// Nothing else may be written.
    fn finish(self, problems: &mut Problems<'_>) {
        if let Some(section) = self.0 {
            section.finish(problems);
        }
    }
}

/// Models as they were written.
#[derive(Clone, Debug)]
pub struct ModelsText {
    /// The models.
    pub models: Models,
    /// The name of the key of the queue model, and where it stands, for an error.
    pub queue: Located<String>,
}

/// Reads the models of `[venue]`, or those of an instrument, where what is not written is as `common` has it.
pub fn models(venue: &mut Section<'_>, common: Option<&Models>, problems: &mut Problems<'_>) -> Option<ModelsText> {
    let profiles = [FillProfile::Conservative, FillProfile::ParityFull].map(|profile| (profile.name(), profile));
    let profile = match common {
        Some(common) => venue.get("profile").map_or(Some(common.profile), |entry| entry.word(problems, &profiles)),
        None => venue
            .require("profile", problems, "conservative, parity_full")
            .and_then(|entry| entry.word(problems, &profiles)),
    };
    let usual = common.cloned().unwrap_or_default();
    let queue = queue(venue, usual.queue, problems);
    let (slippage, partial) = (slippage(venue, usual.slippage, problems), partial(venue, usual.partial, problems));
    let impact = impact(venue, usual.impact, problems);
    let words = [Consumption::Refresh, Consumption::Persistent].map(|word| (word.name(), word));
    let consumption = venue.get("consumption").map_or(Some(usual.consumption), |entry| entry.word(problems, &words));
    let (queue, queue_at) = queue?;
    let models = Models {
        profile: profile?,
        queue,
        slippage: slippage?,
        partial: partial?,
        impact: impact?,
        consumption: consumption?,
    };
    let field = child(&venue.path, "queue");
    Some(ModelsText { models, queue: Located { value: field, at: queue_at } })
}

/// Who cancels in a queue before us, and where that is written.
fn queue(venue: &mut Section<'_>, usual: QueueModel, problems: &mut Problems<'_>) -> Option<(QueueModel, usize)> {
    #[derive(Clone, Copy)]
    enum Word {
        Conservative,
        Power,
        Log,
        Fifo,
    }
    let words =
        [("conservative", Word::Conservative), ("power", Word::Power), ("log", Word::Log), ("fifo", Word::Fifo)];
    let Some(entry) = venue.get("queue") else { return Some((usual, venue.at)) };
    let (word, mut params) = Params::named(&entry, &words, QUEUE_VERSION, problems)?;
    let model = match word {
        Word::Conservative => Some(QueueModel::Conservative),
        Word::Power => {
            let exponent = params.decimal("exponent", (2_000, 16, 3), problems);
            exponent.map(|exponent_milli| QueueModel::Power { exponent_milli })
        }
        Word::Log => Some(QueueModel::Log),
        Word::Fifo => Some(QueueModel::Fifo),
    };
    params.finish(problems);
    model.map(|model| (model, entry.at))
}

/// How much worse than displayed a taker trades.
fn slippage(venue: &mut Section<'_>, usual: SlippageModel, problems: &mut Problems<'_>) -> Option<SlippageModel> {
    #[derive(Clone, Copy)]
    enum Word {
        BookWalk,
        None,
        Mid,
        FixedBps,
        FixedTicks,
        VolumeShare,
        SquareRoot,
        Adverse,
    }
    let words = [
        ("book_walk", Word::BookWalk),
        ("none", Word::None),
        ("mid", Word::Mid),
        ("fixed_bps", Word::FixedBps),
        ("fixed_ticks", Word::FixedTicks),
        ("volume_share", Word::VolumeShare),
        ("square_root", Word::SquareRoot),
        ("adverse", Word::Adverse),
    ];
    let Some(entry) = venue.get("slippage") else { return Some(usual) };
    let (word, mut params) = Params::named(&entry, &words, SLIPPAGE_VERSION, problems)?;
    let model = match word {
        Word::BookWalk => Some(SlippageModel::BookWalk),
        Word::None => Some(SlippageModel::None),
        Word::Mid => Some(SlippageModel::Mid),
        Word::FixedBps => params.decimal("bps", (500, 10_000, 2), problems).map(|ppm| SlippageModel::FixedRate { ppm }),
        Word::FixedTicks => params.ticks("ticks", problems).map(|ticks| SlippageModel::FixedTicks { ticks }),
        Word::VolumeShare => {
            let impact = params.percent("impact", 100_000, problems);
            let most = params.percent("share_max", 25_000, problems);
            impact.zip(most).map(|(impact_ppm, share_max_ppm)| SlippageModel::VolumeShare { impact_ppm, share_max_ppm })
        }
        Word::SquareRoot => {
            let factor = params.decimal("factor", (1_000, 10, 3), problems);
            let volatility = params.percent("volatility", 30_000, problems);
            let model = |(factor_milli, volatility_ppm)| SlippageModel::SquareRoot { factor_milli, volatility_ppm };
            factor.zip(volatility).map(model)
        }
        Word::Adverse => params.ticks("ticks_max", problems).map(|ticks_max| SlippageModel::Adverse { ticks_max }),
    };
    params.finish(problems);
    model
}

/// How much of what could trade does.
fn partial(venue: &mut Section<'_>, usual: PartialModel, problems: &mut Problems<'_>) -> Option<PartialModel> {
    #[derive(Clone, Copy)]
    enum Word {
        Displayed,
        Participation,
        Seeded,
    }
    let words = [("displayed", Word::Displayed), ("participation", Word::Participation), ("seeded", Word::Seeded)];
    let Some(entry) = venue.get("partial") else { return Some(usual) };
    let (word, mut params) = Params::named(&entry, &words, PARTIAL_VERSION, problems)?;
    let model = match word {
        Word::Displayed => Some(PartialModel::Displayed),
        Word::Participation => {
            params.percent("share", 100_000, problems).map(|share_ppm| PartialModel::Participation { share_ppm })
        }
        Word::Seeded => params.percent("least", 500_000, problems).map(|least_ppm| PartialModel::Seeded { least_ppm }),
    };
    params.finish(problems);
    model
}

/// How our takers move the price of later ones.
fn impact(venue: &mut Section<'_>, usual: ImpactModel, problems: &mut Problems<'_>) -> Option<ImpactModel> {
    let words = [("none", false), ("square_root", true)];
    let Some(entry) = venue.get("impact") else { return Some(usual) };
    let (by_root, mut params) = Params::named(&entry, &words, IMPACT_VERSION, problems)?;
    let model = if by_root {
        let temporary = params.decimal_from(0, "temporary", (1_000, 10, 3), problems);
        let permanent = params.decimal_from(0, "permanent", (100, 10, 3), problems);
        let volatility = params.percent("volatility", 30_000, problems);
        let decay = params.get("decay").map_or(Some(Span::from_secs(10)), |entry| {
            entry.within(problems, Span(1)..=Span::from_hours(24), "above 0, at most 24h")
        });
        temporary.zip(permanent).zip(volatility.zip(decay)).map(
            |((temporary_milli, permanent_milli), (volatility_ppm, decay))| ImpactModel::SquareRoot {
                temporary_milli,
                permanent_milli,
                volatility_ppm,
                decay,
            },
        )
    } else {
        Some(ImpactModel::None)
    };
    params.finish(problems);
    model
}
