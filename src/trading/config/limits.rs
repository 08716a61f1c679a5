//! What is allowed: size, exposure, stops, confidence, breakers and pauses, and when a person is
//! told.

use super::{Key, KeyError, Tighter, within};
use crate::market::{Money, Rate, Span};
use crate::trading::setting::{Number, Setting, Written};
use crate::trading::words::{Ceilings, Strictness};

keys! {
    /// Size and exposure.
    risk: Risk {
        /// Greatest leverage.
        max_leverage: u32 = "5" in "1", "5", Less;
        /// Greatest share of equity in one instrument.
        position_share: Rate = "20%" in "0.1%", "25%", Less;
        /// Share of equity lost if an entry's stop is hit.
        risk_per_trade: Rate = "2%" in "0.05%", "2%", Less;
        /// Greatest share of equity in all instruments.
        total_exposure: Rate = "80%" in "1%", "100%", Less;
        /// Greatest share of equity in instruments that move together.
        correlated_exposure: Rate = "40%" in "1%", "100%", Less;
        /// Greatest share of equity tied up as margin.
        margin_utilisation: Rate = "50%" in "1%", "80%", Less;
        /// Most entries open or pending in one instrument.
        max_entries_per_instrument: u32 = "2" in "1", "5", Less;
        /// Most entries open or pending in all.
        max_entries: u32 = "5" in "1", "20", Less;
        /// Greatest notional of one order.
        trade_max: Money = "50000" in "0.00000001", "50000", Less;
        /// Greatest worst-case notional of one instrument.
        position_max: Money = "10000" in "0.00000001", "50000", Less;
        /// Whether an entry may stand against the open position.
        allow_flip: bool = "false" in "false", "true", Less;
        /// Whether what could still be lost counts toward the loss limits.
        project_losses: bool = "true" in "false", "true", More;
        /// How long an identical intent is denied.
        duplicate_window: Span = "10s" in "1s", "600s", More;
    }
    /// Requests nobody meant.
    sanity: Sanity {
        /// Greatest request as a multiple of equity.
        equity_multiple: Number = "1" in "0.1", "1", Less;
        /// Greatest request as a multiple of the desk's median entry.
        median_multiple: Number = "10" in "2", "20", Less;
        /// Size denials within a minute that trip the throttle.
        trip_after: u32 = "3" in "1", "10", Less;
    }
    /// The repeated-execution throttle.
    throttle: Throttle {
        /// Most entries in the window.
        max_entries: u32 = "5" in "1", "50", Less;
        /// The window.
        window: Span = "60s" in "1s", "600s", More;
        /// Most entries in a day.
        max_per_day: u32 = "50" in "1", "50000", Less;
    }
    /// Where an entry would be given up.
    stop: Stop {
        /// Whether an entry must name a stop.
        required: bool = "true" in "true", "true", More;
        /// Least distance.
        min: Rate = "0.5%" in "0.1%", "5%", More;
        /// Greatest distance.
        max: Rate = "5%" in "0.5%", "10%", Less;
        /// Least reward to risk, where a target is named.
        min_reward_risk: Number = "1.5" in "1", "10", More;
    }
    /// How sure a desk must be.
    confidence: Confidence {
        /// Least confidence whatever the regime.
        floor: Number = "0.60" in "0.5", "1", More;
        /// More or less than the regime's minimum.
        strictness: Strictness = "normal" in "relaxed", "very_strict", More;
        /// Asked for in addition from three losses in a row on.
        after_losses3 "after_losses.3": Number = "0.10" in "0", "0.4", More;
        /// Asked for in addition from five losses in a row on.
        after_losses5 "after_losses.5": Number = "0.20" in "0", "0.4", More;
    }
    /// What a regime allows (§2.5).
    regime: Regimes {
        /// Least confidence, trending bull.
        trending_bull_confidence "trending_bull.confidence": Number = "0.60" in "0.5", "1", More;
        /// Factor on size, trending bull.
        trending_bull_size "trending_bull.size": Number = "1" in "0", "1", Less;
        /// Greatest leverage, trending bull.
        trending_bull_leverage "trending_bull.leverage": u32 = "5" in "1", "5", Less;
        /// Least confidence, trending bear.
        trending_bear_confidence "trending_bear.confidence": Number = "0.60" in "0.5", "1", More;
        /// Factor on size, trending bear.
        trending_bear_size "trending_bear.size": Number = "0.8" in "0", "1", Less;
        /// Greatest leverage, trending bear.
        trending_bear_leverage "trending_bear.leverage": u32 = "3" in "1", "5", Less;
        /// Least confidence, ranging.
        ranging_confidence "ranging.confidence": Number = "0.60" in "0.5", "1", More;
        /// Factor on size, ranging.
        ranging_size "ranging.size": Number = "0.6" in "0", "1", Less;
        /// Greatest leverage, ranging.
        ranging_leverage "ranging.leverage": u32 = "2" in "1", "5", Less;
        /// Least confidence, breakout potential.
        breakout_potential_confidence "breakout_potential.confidence": Number = "0.60" in "0.5", "1", More;
        /// Factor on size, breakout potential.
        breakout_potential_size "breakout_potential.size": Number = "0.75" in "0", "1", Less;
        /// Greatest leverage, breakout potential.
        breakout_potential_leverage "breakout_potential.leverage": u32 = "3" in "1", "5", Less;
        /// Least confidence, volatile bull.
        volatile_bull_confidence "volatile_bull.confidence": Number = "0.65" in "0.5", "1", More;
        /// Factor on size, volatile bull.
        volatile_bull_size "volatile_bull.size": Number = "0.4" in "0", "1", Less;
        /// Greatest leverage, volatile bull.
        volatile_bull_leverage "volatile_bull.leverage": u32 = "2" in "1", "5", Less;
        /// Least confidence, volatile bear.
        volatile_bear_confidence "volatile_bear.confidence": Number = "0.65" in "0.5", "1", More;
        /// Factor on size, volatile bear.
        volatile_bear_size "volatile_bear.size": Number = "0.4" in "0", "1", Less;
        /// Greatest leverage, volatile bear.
        volatile_bear_leverage "volatile_bear.leverage": u32 = "2" in "1", "5", Less;
        /// Least confidence, choppy.
        choppy_confidence "choppy.confidence": Number = "0.75" in "0.5", "1", More;
        /// Factor on size, choppy.
        choppy_size "choppy.size": Number = "0.25" in "0", "1", Less;
        /// Greatest leverage, choppy.
        choppy_leverage "choppy.leverage": u32 = "1" in "1", "5", Less;
        /// Least confidence, unknown.
        unknown_confidence "unknown.confidence": Number = "0.70" in "0.5", "1", More;
        /// Factor on size, unknown.
        unknown_size "unknown.size": Number = "0.5" in "0", "1", Less;
        /// Greatest leverage, unknown.
        unknown_leverage "unknown.leverage": u32 = "1" in "1", "5", Less;
    }
    /// What a confidence allows, by hundredths (§2.5).
    tier: Tier {
        /// Factor on size, confidence 0.85 and more.
        size85 "85.size": Number = "1" in "0", "1", Less;
        /// Greatest leverage, confidence 0.85 and more.
        leverage85 "85.leverage": u32 = "5" in "1", "5", Less;
        /// Factor on size, confidence 0.75 and more.
        size75 "75.size": Number = "0.75" in "0", "1", Less;
        /// Greatest leverage, confidence 0.75 and more.
        leverage75 "75.leverage": u32 = "4" in "1", "5", Less;
        /// Factor on size, confidence 0.65 and more.
        size65 "65.size": Number = "0.5" in "0", "1", Less;
        /// Greatest leverage, confidence 0.65 and more.
        leverage65 "65.leverage": u32 = "3" in "1", "5", Less;
        /// Factor on size, confidence 0.60 and more.
        size60 "60.size": Number = "0.25" in "0", "1", Less;
        /// Greatest leverage, confidence 0.60 and more.
        leverage60 "60.leverage": u32 = "2" in "1", "5", Less;
    }
    /// Greatest leverage by drawdown, in percent of peak equity (§2.5).
    drawdown_leverage: DrawdownLeverage {
        /// From a drawdown of 5 % on.
        from5 "5": u32 = "3" in "1", "5", Less;
        /// From a drawdown of 10 % on.
        from10 "10": u32 = "2" in "1", "5", Less;
        /// From a drawdown of 15 % on.
        from15 "15": u32 = "1" in "1", "5", Less;
    }
    /// Greatest leverage by losses in a row (§2.5).
    loss_leverage: LossLeverage {
        /// From three losses on.
        from3 "3": u32 = "2" in "1", "5", Less;
        /// From five losses on.
        from5 "5": u32 = "1" in "1", "5", Less;
    }
    /// Breakers (§2.6).
    breaker: Breakers {
        /// Loss of a day that trips BK-1.
        daily: Rate = "5%" in "0.5%", "5%", Less;
        /// Loss of a week that trips BK-2.
        weekly: Rate = "10%" in "1%", "10%", Less;
        /// Loss against peak equity that trips BK-3.
        drawdown: Rate = "20%" in "2%", "20%", Less;
        /// Part of each position that BK-2 sheds.
        weekly_reduce: Rate = "50%" in "10%", "100%", More;
        /// Loss of a day that raises a warning.
        daily_warn: Rate = "3%" in "0.1%", "5%", Less;
        /// Share of the daily limit that raises a warning and asks for more confidence.
        near: Rate = "90%" in "10%", "99%", Less;
        /// Intents in a row ending in an error that trip BK-5.
        errors: u32 = "3" in "1", "10", Less;
        /// How long BK-5 lasts.
        errors_pause: Span = "15min" in "1min", "240min", More;
    }
    /// Pauses between entries (§2.6).
    cooldown: Cooldown {
        /// After any close.
        close: Span = "5min" in "0", "24h", More;
        /// After a loss.
        loss: Span = "10min" in "0", "24h", More;
        /// After the third loss in a row.
        losses3: Span = "30min" in "0", "24h", More;
        /// After the fifth loss in a row.
        losses5: Span = "60min" in "0", "24h", More;
        /// After the start of a volatility spike.
        spike: Span = "15min" in "0", "24h", More;
    }
    /// Volatility spikes (§2.6): the average range of 14 one-hour bars against its mean of 20.
    volatility: Volatility {
        /// Multiple of the mean that is a spike.
        spike: Number = "3" in "1.5", "10", Less;
        /// Factor on size while it lasts.
        size_factor: Number = "0.5" in "0", "1", Less;
    }
    /// Alerts by threshold (§4.14).
    alerts: Alerts {
        /// Exposure as a share of equity.
        exposure: Rate = "70%" in "0%", "100%", Less;
        /// Margin as a share of equity.
        margin: Rate = "40%" in "0%", "100%", Less;
        /// Loss of one position as a share of equity.
        position_loss: Rate = "2%" in "0%", "100%", Less;
        /// Distance of the market from a stop.
        stop_near: Rate = "0.5%" in "0%", "100%", More;
        /// Profit of a day as a share of its first equity.
        daily_profit: Rate = "5%" in "0%", "100%", Less;
        /// Correlated exposure as a share of its limit.
        correlated: Rate = "80%" in "0%", "100%", Less;
    }
}
