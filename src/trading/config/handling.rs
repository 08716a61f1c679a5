//! What is done with orders, positions and the account, and when: the keys of production-rules §6
//! that are no limits.

use super::{Key, KeyError, Tighter, within};
use crate::market::{Rate, Span, TriggerSource};
use crate::trading::setting::{Collars, Flow, LeastPrint, Setting, Written};
use crate::trading::words::{
    Ceilings, DefaultKind, DefaultTif, DmsPolicy, ExternalPolicy, HoldingAction, KillMode, StopKind, TargetKind,
};

keys! {
    /// Order handling.
    orders: Orders {
        /// Kind where a proposal names none.
        default_kind: DefaultKind = "limit" in "limit", "market", Neither;
        /// Time in force where a proposal names none.
        default_tif: DefaultTif = "gtc" in "gtc", "fok", Neither;
        /// How far from the reference a market-like order may trade.
        entry_collar: Rate = "0.5%" in "0.05%", "2%", Less;
        /// How far behind the reference a limit may rest.
        limit_max_distance: Rate = "10%" in "1%", "50%", Less;
        /// How long a resting entry works; zero is for ever.
        limit_expiry: Span = "24h" in "0", "30d", LessButZero;
        /// How long after its expiry an order is asked after.
        expiry_grace: Span = "5s" in "1s", "60s", Less;
        /// The engine refuses an order that arrives later than this after its release.
        deadline: Span = "5s" in "0.5s", "60s", Neither;
        /// How far our clock and the venue's may differ.
        skew_margin: Span = "2s" in "0.5s", "10s", Neither;
        /// Silence after a submission that makes its outcome unknown.
        ack_timeout: Span = "2s" in "0.2s", "30s", Neither;
        /// Silence after a cancel that makes its outcome unknown.
        cancel_timeout: Span = "2s" in "0.2s", "30s", Neither;
        /// Silence after an amend that makes its outcome unknown.
        amend_timeout: Span = "2s" in "0.2s", "30s", Neither;
        /// Time without news after which a resting order is asked after.
        silence: Span = "60s" in "5s", "600s", Less;
        /// Most further attempts of a refused entry.
        max_retries: u32 = "3" in "0", "5", Less;
        /// Wait before the first of them; it doubles.
        retry_delay: Span = "5s" in "1s", "60s", More;
        /// Age at which an intent is no longer tried.
        intent_max_age: Span = "60s" in "5s", "600s", Less;
        /// Most orders per instrument that may be live or unknown.
        max_open: u32 = "60" in "2", "225", Less;
        /// Slots of them kept free for each position's stops.
        stop_slots: u32 = "2" in "2", "4", More;
        /// Most ended orders kept in memory.
        history_max: u32 = "1000" in "100", "100000", Fixed;
        /// How long an order that left the history may still fill.
        late_fill_window: Span = "7d" in "1d", "90d", More;
    }
    /// The resolution ladder (§1.6).
    resolve: Resolve {
        /// Between the first and the second full query.
        gap: Span = "5s" in "1s", "600s", More;
        /// Age at which an unknown order restricts its instrument.
        give_up: Span = "60s" in "1s", "600s", Less;
        /// Between queries from then on.
        retry_every: Span = "30s" in "1s", "600s", Less;
        /// Wait before the first full query where the venue knows no deadline.
        no_deadline_wait: Span = "60s" in "1s", "600s", More;
    }
    /// Token buckets (§2.7).
    budget: Budget {
        /// Entries, their amends and a desk's own cancels.
        entry: Flow = "30/min 5" in "100/s 1", "1/h 1000", Fixed;
        /// Protection, exits and cancels.
        safety: Flow = "30/min 10" in "100/s 1", "1/h 1000", Fixed;
        /// Queries and reconciliation.
        query: Flow = "60/min 10" in "100/s 1", "1/h 1000", Fixed;
        /// Share of the venue's penalty threshold above which entries stop.
        venue_counter_share: Rate = "70%" in "10%", "90%", Less;
    }
    /// When the book may be decided on.
    reference: Reference {
        /// Greatest age of the last word of the feed.
        max_age: Span = "5s" in "0.1s", "60s", Less;
        /// Greatest spread as a share of the mid.
        max_spread: Rate = "1%" in "0.01%", "5%", Less;
        /// Greatest move against the last good mid.
        band: Rate = "10%" in "1%", "25%", Less;
    }
    /// When a position may be valued (§4.8).
    mark: Mark {
        /// Greatest age of a mark.
        max_age: Span = "60s" in "1s", "300s", Less;
    }
    /// Stops and targets (§4.5, §4.6).
    protection: Protection {
        /// Kind of the stop.
        stop_kind: StopKind = "stop_market" in "stop_market", "stop_limit", Neither;
        /// Kind of the target.
        target_kind: TargetKind = "limit" in "limit", "trigger_limit", Neither;
        /// What sets off a trigger.
        trigger_source: TriggerSource = "last" in "last", "touch", Neither;
        /// How far beyond its trigger a stop-limit may trade.
        stop_limit_offset: Rate = "5%" in "0.5%", "10%", Less;
        /// Time in which a fill is to be covered.
        place_within: Span = "500ms" in "1ms", "2s", Less;
        /// Time without cover after which the position is exited.
        naked_max: Span = "5s" in "1ms", "10s", Less;
        /// Least time between two resizes.
        debounce: Span = "250ms" in "0", "1s", Neither;
        /// Longest gap where one order is swapped for another.
        swap_gap: Span = "1s" in "1ms", "5s", Less;
        /// Silence of a touched stop after which it is asked after.
        stop_grace: Span = "2s" in "1ms", "10s", Less;
        /// Time after a restart in which everything is covered.
        restart_max: Span = "10s" in "1ms", "60s", Less;
    }
    /// The exit ladder (§3.3).
    exit: Exit {
        /// Collars, step by step; the last is repeated.
        collars: Collars = "0.5%, 1%, 2%, 5%" in "0.01%", "10%", Less;
        /// Least time between two steps.
        step_every: Span = "1s" in "0.2s", "60s", Neither;
        /// Time between repeats of the last step.
        repeat_every: Span = "5s" in "0.2s", "60s", Neither;
        /// Age at which a wish to exit is worked out again.
        max_age: Span = "5s" in "0.2s", "60s", Less;
    }
    /// The trailing stop (§4.7).
    trailing: Trailing {
        /// Whether any stop may trail.
        enabled: bool = "false" in "false", "true", Neither;
        /// Profit from which it trails.
        activation: Rate = "1%" in "0.1%", "20%", Neither;
        /// Distance from the extreme.
        distance: Rate = "1.5%" in "0.1%", "20%", Neither;
        /// Least improvement that is sent at once.
        min_step: Rate = "0.1%" in "0%", "5%", Neither;
        /// Time after which any improvement is sent.
        update_every: Span = "10s" in "1s", "60s", Neither;
        /// Least printed quantity that moves it.
        min_print: LeastPrint = "min_qty" in "min_qty", "1000000000000", Neither;
        /// Whether it may tighten a stop that an operator set.
        may_tighten_pinned: bool = "false" in "false", "true", Less;
    }
    /// The break-even rule (§4.7).
    break_even: BreakEven {
        /// Whether it holds.
        enabled: bool = "false" in "false", "true", Neither;
        /// Profit from which it holds.
        activation: Rate = "1%" in "0.1%", "20%", Neither;
        /// How far beyond the average price the stop moves.
        buffer: Rate = "0.1%" in "0%", "2%", Neither;
    }
    /// How long a position may be held (§4.7).
    holding: Holding {
        /// Greatest age; zero is without limit.
        max: Span = "48h" in "0", "30d", LessButZero;
        /// What happens then.
        action: HoldingAction = "exit" in "exit", "alert", Less;
    }
    /// Fills at the boundary (§4.1).
    fills: Fills {
        /// How long execution ids are remembered.
        dedupe_window: Span = "90d" in "30d", "3650d", More;
        /// Distance of a fill from its order's reference that raises a warning.
        price_alarm: Rate = "10%" in "1%", "50%", Less;
    }
    /// What is remembered of positions (§4.8, §4.9).
    positions: Positions {
        /// Time between snapshots.
        snapshot_every: Span = "60s" in "1s", "3600s", Neither;
        /// Most snapshots kept.
        max_snapshots: u32 = "10000" in "100", "1000000", Neither;
        /// Most closed positions kept.
        history_max: u32 = "1000" in "100", "100000", Neither;
    }
    /// Reconciliation with the venue (§4.10).
    reconcile: Reconcile {
        /// Time between passes.
        every: Span = "30s" in "5s", "300s", Less;
        /// Time after which a difference is read again.
        recheck: Span = "5s" in "1s", "30s", Less;
        /// Time after which a difference is posted as unexplained.
        explain_within: Span = "60s" in "10s", "300s", Neither;
    }
    /// What is not ours (§4.11).
    external: External {
        /// What becomes of it.
        policy: ExternalPolicy = "adopt" in "adopt", "adopt_and_exit", Neither;
    }
    /// The kill (§4.13).
    kill: Kill {
        /// What it does.
        mode: KillMode = "halt" in "halt", "flatten", Neither;
    }
    /// The venue's dead-man timer (OP-6).
    dms: Dms {
        /// When it is armed.
        policy: DmsPolicy = "flat_only" in "off", "flatten", Neither;
    }
    /// Our clock.
    clock: Clock {
        /// Greatest difference from the venue's at which entries go on.
        max_offset: Span = "1s" in "1ms", "5s", Less;
    }
}
