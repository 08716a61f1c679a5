//! A pass: what a verdict allows, for how long, and what it is bound to.

use serde::Serialize;

use super::verdict::{Bound, Class, Outcome, Verdict};
use crate::market::{Span, Timestamp};

/// A right to trade what was judged. Only [`super::Stored::pass`] makes one, from results that it judges anew; nothing
/// reads one in.
///
/// It is void when anything it is bound to differs, when it has expired, and for anything beyond its class. One from
/// self-consistent evidence allows paper, never live money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GatePass {
    class: Class,
    bound: Bound,
    valid_until: i64,
}

/// Why something is not allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoPass {
    /// The verdict is none.
    #[error("the verdict is not PASS")]
    NotPassed,
    /// The criteria were looser than the defaults.
    #[error("criteria looser than the defaults allow nothing")]
    Loosened,
    /// Live money asks for live evidence.
    #[error("evidence of this class allows no live trading")]
    Class,
    /// It has expired.
    #[error("the verdict has expired")]
    Expired,
    /// What would trade is not what was judged.
    #[error("build, scenarios, data, configuration or account differ from what was judged")]
    Other,
}

impl GatePass {
    /// The pass of a verdict that was made at an instant.
    ///
    /// # Errors
    /// Where it is no pass.
    pub(super) fn of(verdict: &Verdict, made: Timestamp) -> Result<Self, NoPass> {
        if verdict.outcome != Outcome::Pass {
            return Err(NoPass::NotPassed);
        }
        let days = i64::try_from(verdict.valid_days).unwrap_or(0);
        let valid_until = made.after(Span::from_hours(24).times(days)).0;
        Ok(Self { class: verdict.class, bound: verdict.bound.clone(), valid_until })
    }

    /// Whether paper trading of what this is bound to is allowed at an instant.
    ///
    /// # Errors
    /// Why it is not.
    pub fn allows_paper(&self, bound: &Bound, now: Timestamp) -> Result<(), NoPass> {
        if now.0 >= self.valid_until {
            return Err(NoPass::Expired);
        }
        if *bound != self.bound {
            return Err(NoPass::Other);
        }
        Ok(())
    }

    /// Whether live money is: never by self-consistent evidence or a test network.
    ///
    /// # Errors
    /// Why it is not.
    pub fn allows_live(&self, bound: &Bound, now: Timestamp) -> Result<(), NoPass> {
        if self.class < Class::ShadowLive {
            return Err(NoPass::Class);
        }
        self.allows_paper(bound, now)
    }
}
