//! Faults that happen at a moment, laid out in time before a run begins: links that go down and come
//! back, sessions, what the venue and other hands do.

use rust_decimal::Decimal;

use super::fault::{Coin, Fault, FaultKind, HandFault, LinkFault, Links, Sends, VenueFault, When};
use super::rng::{Component, Stream};
use super::setup::Setup;
use crate::market::{Contract, Instrument, InstrumentId, Link, Money, OrderId, SessionState, Span, Timestamp};
use crate::venue::{Act, LAG_MIN};

/// The most moments of one fault in a run.
const MOMENTS_MAX: usize = 10_000;
/// From one funding to the next.
const FUNDING_EVERY: Span = Span::from_hours(8);
/// The most times a link flaps.
const FLAPS_MAX: i64 = 100;
/// The order in which links go down one after another, and the one in which they come back.
const SWIZZLE: [[Link; 4]; 2] = [
    [Link::Market, Link::Reports, Link::Orders, Link::Queries],
    [Link::Orders, Link::Market, Link::Queries, Link::Reports],
];

/// Something that goes wrong at an instant, or right again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// A fault of the setup, by its place in the list, begins.
    Begins(usize),
    /// Links go down.
    Down(Links, Sends),
    /// The trader is told so.
    Told(Links),
    /// Links are up again.
    Up(Links),
    /// The venue acts, in an instrument if one is named.
    Act(Act, Option<InstrumentId>),
    /// The venue acts, and says so twice.
    Twice(Act, Option<InstrumentId>),
    /// An order that was held up goes on to the venue.
    Release(OrderId),
    /// The process is back.
    Restart,
}

impl Moment {
    /// Whether a run waits for it, so that it does not end with a link down or a process dead.
    #[must_use]
    pub const fn mends(&self) -> bool {
        match self {
            Self::Up(_) | Self::Release(_) | Self::Restart => true,
            Self::Begins(_) | Self::Down(..) | Self::Told(_) | Self::Act(..) | Self::Twice(..) => false,
        }
    }
}

/// Everything that goes wrong at a moment in a run from `start` to `end`, in no order.
pub fn lay_out(setup: &Setup, start: Timestamp, end: Timestamp) -> Vec<(Timestamp, Moment)> {
    let mut all = Vec::new();
    if setup.funding_against_ppm != 0 {
        let act = Moment::Act(Act::FundingAgainst(setup.funding_against_ppm), None);
        all.extend(funding_times(start, end).map(|at| (at, act)));
    }
    for (place, fault) in setup.faults.iter().enumerate().filter(|(_, fault)| fault.kind.is_of_a_moment()) {
        for at in instants(fault, setup, start, end) {
            all.push((at, Moment::Begins(place)));
            match fault.kind {
                FaultKind::Link(fault) => link_steps(fault, at, &mut all),
                FaultKind::Venue(kind) => venue_steps(kind, fault.instrument, at, &mut all),
                FaultKind::Hand(kind) => {
                    let of = setup.instruments.get(fault.instrument.map_or(0, |named| usize::from(named.0)));
                    all.extend(of.map(|of| (at, Moment::Act(hand_act(kind, of), fault.instrument))));
                }
                // The feed lays out its own, and the rest is of no moment.
                FaultKind::Feed(_)
                | FaultKind::Request(_)
                | FaultKind::Message(_)
                | FaultKind::Order(_)
                | FaultKind::Process(_) => {}
            }
        }
    }
    all
}

/// When funding is charged: three times a day, from the first instant to the last.
fn funding_times(start: Timestamp, end: Timestamp) -> impl Iterator<Item = Timestamp> {
    let every = FUNDING_EVERY.0;
    let first = start.0.div_euclid(every) + i64::from(start.0.rem_euclid(every) > 0);
    (first..).map(move |number| Timestamp(number.saturating_mul(every))).take_while(move |at| *at <= end)
}

/// When a fault of a moment begins.
pub fn instants(fault: &Fault, setup: &Setup, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let from = fault.from.max(start);
    let until = fault.until.min(Timestamp(end.0.saturating_add(1)));
    let second = |number: u64| from.after(Span::from_secs(i64::try_from(number).unwrap_or(i64::MAX / 1_000_000_000)));
    let whole = u64::try_from(until.since(from).0 / Span::from_secs(1).0).unwrap_or_default();
    let found: Vec<Timestamp> = match fault.when {
        When::Always => vec![from],
        When::Nth(number) => vec![second(number)],
        When::Every(number) => (1..=whole / number.max(1)).map(|times| second(number * times)).collect(),
        When::Ppm(share) => {
            let mut chance = Stream::part(setup.seed, setup.run, Component::Faults, fault.number);
            (1..=whole).map(second).filter(|_| chance.ppm(share)).take(MOMENTS_MAX).collect()
        }
    };
    found.into_iter().filter(|at| *at < until).take(MOMENTS_MAX).collect()
}

/// The moments of links that go down and come back.
pub(super) fn link_steps(fault: LinkFault, at: Timestamp, all: &mut Vec<(Timestamp, Moment)>) {
    let mut outage = |links: Links, at: Timestamp, lasts: Span, detect: Span, sends: Sends| {
        all.push((at, Moment::Down(links, sends)));
        if detect < lasts {
            all.push((at.after(detect), Moment::Told(links)));
        }
        all.push((at.after(lasts), Moment::Up(links)));
    };
    match fault {
        LinkFault::Outage { links, lasts, detect, sends } => outage(links, at, lasts, detect, sends),
        LinkFault::Flapping { links, times, lasts, pause, detect, sends } => {
            for flap in 0..times.clamp(1, FLAPS_MAX) {
                let begins = at.after(Span((lasts.0 + pause.0).saturating_mul(flap)));
                outage(links, begins, lasts, detect, sends);
            }
        }
        LinkFault::Swizzle { step, detect, sends } => {
            for (place, link) in (0..).zip(SWIZZLE[0]) {
                let back = SWIZZLE[1].iter().position(|other| *other == link).unwrap_or_default();
                let lasts = 4 + i64::try_from(back).expect("one of four") - place;
                outage(Links::of(&[link]), at.after(step.times(place)), step.times(lasts), detect, sends);
            }
        }
    }
}

fn venue_steps(fault: VenueFault, on: Option<InstrumentId>, at: Timestamp, all: &mut Vec<(Timestamp, Moment)>) {
    let mut act = |after: Span, act: Act| all.push((at.after(after), Moment::Act(act, on)));
    match fault {
        VenueFault::Session { state, lasts } => {
            act(Span::ZERO, Act::Session(state));
            act(lasts, Act::Session(SessionState::Open));
        }
        VenueFault::Maintenance { lasts, step } => {
            act(Span::ZERO, Act::Session(SessionState::Maintenance));
            act(lasts, Act::Session(SessionState::CancelOnly));
            act(Span(lasts.0 + step.0), Act::Session(SessionState::PostOnly));
            act(Span(lasts.0 + 2 * step.0), Act::Session(SessionState::Open));
        }
        VenueFault::DeadMan {} => act(Span::ZERO, Act::FireDeadMan),
        VenueFault::Reset {} => act(Span::ZERO, Act::Reset),
        VenueFault::Lag { lag, lasts } => {
            let every = lag.max(LAG_MIN);
            for times in (0..).take_while(|times| every.times(*times) < lasts).take(MOMENTS_MAX) {
                act(every.times(times), Act::Remember);
            }
            act(lasts, Act::Forget);
        }
        VenueFault::MarkOff { by_ppm, lasts } => {
            act(Span::ZERO, Act::MarkOff(by_ppm));
            act(lasts, Act::MarkOff(0));
        }
        VenueFault::IndexOff { by_ppm, lasts } => {
            act(Span::ZERO, Act::IndexOff(by_ppm));
            act(lasts, Act::IndexOff(0));
        }
        VenueFault::Funding { by_ppm, twice: false } => act(Span::ZERO, Act::Funding(by_ppm)),
        VenueFault::Funding { by_ppm, twice: true } => all.push((at, Moment::Twice(Act::Funding(by_ppm), on))),
    }
}

/// What other hands do; coins are those of an instrument.
fn hand_act(fault: HandFault, of: &Instrument) -> Act {
    match fault {
        HandFault::Order { side, times, rests } => Act::HandOrder { side, times, rests },
        HandFault::Cancel {} => Act::HandCancel,
        HandFault::Close {} => Act::HandClose,
        HandFault::Transfer { coin: Coin::Quote, amount } => Act::Transfer(of.quote, Money::new(amount.into())),
        HandFault::Transfer { coin: Coin::Base, amount } => {
            // What an inverse contract settles in moves in whole coins, as quote does.
            let least = match of.contract {
                Contract::Spot | Contract::Linear => of.qty(of.rules(Timestamp::MIN).min_qty),
                Contract::Inverse => Decimal::ONE,
            };
            Act::Transfer(of.base, Money::new(least).times(amount.into()))
        }
        HandFault::Liquidation {} => Act::Liquidate,
        HandFault::Off { units } => Act::Off(of.settles_in(), Money::new(Decimal::new(units, of.settle_scale()))),
    }
}
