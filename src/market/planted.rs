//! Bugs planted on purpose, one switch each, to prove that the catalogue and the swarm catch them.
//!
//! Without the feature `planted` every switch is a constant `false` and the compiler removes it; with
//! it, the crate does not compile in release. At most one bug is active in a thread. The list is
//! production-rules §7.2, last column: a bug that its scenario does not catch fails the build.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("planted bugs never reach a release binary: build with debug assertions");

macro_rules! bugs {
    ($($bug:ident $scenario:literal $what:literal;)*) => {
        /// A planted bug.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Bug { $(#[doc = $what] $bug,)* }

        impl Bug {
            /// Every bug.
            pub const ALL: &'static [Self] = &[$(Self::$bug,)*];

            /// The scenario of `scenarios/review/` that must catch it.
            #[must_use]
            pub const fn scenario(self) -> &'static str {
                match self { $(Self::$bug => $scenario,)* }
            }

            /// What is wrong.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$bug => $what,)* }
            }
        }
    };
}

bugs! {
    Critical1Minimum "critical-1-minimum" "no minimum check";
    Critical1Minimum2 "critical-1-minimum" "notional checked before rounding";
    Critical2Partial "critical-2-partial" "stop sized from ordered quantity";
    Critical2Permutations "critical-2-permutations" "second fill of an order opens a second position";
    Critical3ThinBook "critical-3-thin-book" "market order without limit";
    Critical3StaleReference "critical-3-stale-reference" "age measured at receipt, not at use";
    Critical4History "critical-4-history" "remove from open, insert in history one step later";
    Critical5PriceFields "critical-5-price-fields" "trigger and limit swapped in `*-limit`";
    Critical6Fees "critical-6-fees" "exit fee not deducted";
    Critical6Leverage "critical-6-leverage" "P&L × leverage";
    Critical7Precedence "critical-7-precedence" "target tested first";
    Critical7Precedence2 "critical-7-precedence" "both exits sent";
    Critical8Trailing "critical-8-trailing" "ratchet in both directions";
    Critical9Validation "critical-9-validation" "zero entry price accepted";
    Safety1Preflight "safety-1-preflight" "urgent orders skip the list";
    Safety1Preflight2 "safety-1-preflight" "reservation forgets the fee";
    Safety2Size "safety-2-size" "quote amount used as base quantity";
    Safety3WatchFailure "safety-3-watch-failure" "order archived when the watch gives up";
    GapModification "gap-modification" "cancel first, then place";
    GapExpiry "gap-expiry" "local timer ends the order without asking";
    GapPrecision "gap-precision" "collar rounded to nearest";
    GapAuditTrail "gap-audit-trail" "denials not journalled";
    Design1Budget "design-1-budget" "credit set to zero after a wait, wait credited again";
    Design2LongRest "design-2-long-rest" "dropped after one hour";
    Design4StaleMark "design-4-stale-mark" "entry price used as mark";
    Design5RiskExits "design-5-risk-exits" "breaker state not restored";
    OrderAmbiguousSubmit "order-ambiguous-submit" "resend under the same id";
    OrderVoidThenFill "order-void-then-fill" "fill of a void order dropped";
    OrderCancelOvertakes "order-cancel-overtakes" "unknown order treated as cancelled";
    OrderLateFill "order-late-fill" "terminal orders ignore fills";
    OrderOverfill "order-overfill" "excess clipped";
    OrderConflict "order-conflict" "last report wins";
    OrderPartialCancel "order-partial-cancel" "cancel denied for `Partial`";
    OrderCodes "order-codes" "reply classed by words in its text";
    OrderAbsent "order-absent" "absent means cancelled";
    OrderAbsent2 "order-absent" "last status overwrites";
    RiskPendingCounts "risk-pending-counts" "pending orders or sells not counted";
    RiskTrimOrder "risk-trim-order" "limits use the untrimmed size";
    RiskCooldown "risk-cooldown" "new cooldown overwrites";
    RiskCooldown2 "risk-cooldown" "gross P&L decides";
    RiskBreakerRace "risk-breaker-race" "breakers updated after the strategy";
    RiskThrottle "risk-throttle" "throttle re-arms itself with the window";
    RiskCloseIsClose "risk-close-is-close" "anything but buy becomes a sell";
    ProtectStopRefused "protect-stop-refused" "refusal only logged";
    ProtectSibling "protect-sibling" "sibling left live";
    ProtectOrphan "protect-orphan" "cancel only on our own closes";
    ProtectReservingVenue "protect-reserving-venue" "both legs sent at full size";
    ProtectLeverage "protect-leverage" "leverage and reduce-only omitted";
    ProtectDust "protect-dust" "dust rounded away";
    PositionDoubleClose "position-double-close" "close books twice";
    PositionHolding "position-holding" "age counted from restart";
    ExitNotStale "exit-not-stale" "queued exits sent on reconnect";
    ExitDeadButton "exit-dead-button" "new exit per time-out";
    RecoverRestart "recover-restart" "trailing and pins lost";
    RecoverRestart2 "recover-restart" "snapshot of fifty fills trusted as complete";
    VenueSessions "venue-sessions" "closed session treated as busy";
    ReconcileExternal "reconcile-external" "unknown order cancelled";
    ReconcileExternal2 "reconcile-external" "unknown position adopted into the strategy's desk";
    ReconcileExternal3 "reconcile-external" "deposit booked as P&L";
    ReconcileMismatch "reconcile-mismatch" "tolerance of 0.0001";
    KillAnytime "kill-anytime" "flag in memory only";
    KillAnytime2 "kill-anytime" "`CancelAll` under mode halt";
    LedgerBust "ledger-bust" "history edited in place";
}

#[cfg(feature = "planted")]
thread_local! {
    static ACTIVE: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Activates one bug in this thread, or none.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    ACTIVE.with(|active| active.set(bug));
}

/// Whether a bug is active.
#[cfg(feature = "planted")]
#[must_use]
pub fn planted(bug: Bug) -> bool {
    ACTIVE.with(|active| active.get() == Some(bug))
}

/// Whether a bug is active: never.
#[cfg(not(feature = "planted"))]
#[must_use]
#[inline]
pub const fn planted(_: Bug) -> bool {
    false
}
