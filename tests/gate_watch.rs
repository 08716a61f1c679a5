//! What the gate reads off a journal: every drill's own line, by the smallest story that breaks it and the one beside it
//! that does not.
//!
//! To repeat: `cargo test --test gate_watch`.
#![cfg(feature = "simulator")]

use std::path::Path;
use std::sync::OnceLock;

use seatrial::gate::watch;
use seatrial::journal::{Body, Journal, Record};
use seatrial::market::{
    Breaker, Command, Control, ControlAct, Decision, DeskId, Event, HostEvent, InstrumentId, Link, LinkEvent, OrderId,
    OrderState, Purpose, Scope, SessionState, Span, Timestamp, TraderState, VenueMessage,
};
use seatrial::scenario::Scenario;
use seatrial::sim;
use seatrial::sim::drill::DRILLS;

/// What happens, and how many milliseconds after the beginning.
type Story = Vec<(i64, Body)>;

/// The first entry of a run: intended, and sent.
fn entry() -> &'static (Body, Body, OrderId) {
    static ENTRY: OnceLock<(Body, Body, OrderId)> = OnceLock::new();
    ENTRY.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/thirty-days.toml");
        let scenario = Scenario::read(&path).unwrap_or_else(|all| panic!("{all:?}"));
        let setup = scenario.setup(Path::new("data"), Path::new(""), None, 0).unwrap_or_else(|all| panic!("{all:?}"));
        let records = sim::run(&setup, Journal::recording()).expect("it ends").journal.into_records();
        let intended = |record: &Record| match &record.body {
            Body::Decision(Decision::Intended { order, purpose: Purpose::Entry, .. }) => {
                Some((record.body.clone(), order.id))
            }
            _ => None,
        };
        let (intended, id) = records.iter().find_map(intended).expect("it enters");
        let sent = |record: &Record| matches!(&record.body, Body::Command(Command::New(order)) if order.id == id);
        let sent = records.into_iter().find(sent).expect("it is sent").body;
        (intended, sent, id)
    })
}

/// What is broken by a story that ends with its last word.
fn told(story: Story) -> Vec<(&'static str, String)> {
    let end = story.last().expect("a story").0;
    told_until(end, story)
}

/// What is broken by a story of a run that ends so many milliseconds after the beginning.
fn told_until(end: i64, story: Story) -> Vec<(&'static str, String)> {
    let (intended, _, _) = entry();
    let begun = vec![(0, intended.clone()), (0, moved(OrderState::Intent, OrderState::Sent))];
    let at = |ms: i64| Timestamp(Span::from_secs(1_000_000).0).after(Span::from_millis(ms));
    let record = |(seq, (ms, body)): (u64, (i64, Body))| Record { seq, now: at(ms), cursor: 0, body };
    let records: Vec<Record> = (0..).zip(begun.into_iter().chain(story)).map(record).collect();
    let seen = watch(&records, at(end)).drills.into_iter().zip(DRILLS);
    seen.flat_map(|(seen, drill)| seen.broken.into_iter().map(move |text| (drill.id, text))).collect()
}

fn moved(from: OrderState, to: OrderState) -> Body {
    Body::Decision(Decision::Moved { order: entry().2, row: 1, from, to })
}

fn live() -> Body {
    moved(OrderState::Sent, OrderState::Live)
}

fn enters() -> Body {
    entry().1.clone()
}

fn fault(text: &str) -> Body {
    Body::Fault(text.replace("ORDER", &format!("order {}", entry().2.0)))
}

fn host(says: HostEvent) -> Body {
    Body::Event(Event::Host(says))
}

fn link(event: LinkEvent) -> Body {
    Body::Event(Event::Link(event))
}

fn person(act: ControlAct) -> Body {
    Body::Event(Event::Control(Control { author: "trader".to_owned(), reason: "drill".to_owned(), act }))
}

fn session(state: SessionState) -> Body {
    Body::Event(Event::Account(VenueMessage::Session { instrument: InstrumentId(0), state }))
}

fn rearm() -> Body {
    person(ControlAct::Rearm { confirmation: ControlAct::REARM.to_owned() })
}

fn became(to: TraderState) -> Body {
    Body::Decision(Decision::Became { from: TraderState::Reconciling, to, why: String::new() })
}

/// Something that concerns nobody: time goes on.
fn later() -> Body {
    person(ControlAct::ResetBreaker(Breaker::DailyLoss))
}

/// A story that breaks the line of one drill and no other, and one beside it that breaks none.
fn broken_by(drill: &str, breaks: Story, holds: Story) {
    let (text, beside) = (format!("{breaks:?}"), format!("{holds:?}"));
    let broken = told(breaks);
    assert!(!broken.is_empty() && broken.iter().all(|(id, _)| *id == drill), "{drill}: {text} told {broken:?}");
    assert_eq!(told(holds), [], "{drill}: {beside}");
}

#[test]
fn an_ack_that_was_lost_is_settled_in_time() {
    let story = |ms: i64| vec![(0, fault("report_lost what=ack ORDER")), (ms, live())];
    broken_by("D1", story(30_001), story(30_000));
    // Hidden by the venue, nobody can find it sooner.
    let hidden = vec![(0, fault("hidden lasts=60000000000ns ORDER"))];
    assert_eq!(told(hidden.into_iter().chain(story(30_001)).collect()), []);
    // With the venue away it counts from when it is back.
    let away = |ms: i64| {
        let (down, up) = (link(LinkEvent::Down(Link::Orders)), link(LinkEvent::Up(Link::Orders)));
        let lost = fault("report_lost what=ack ORDER");
        vec![(0, lost), (10, down), (60_000, up), (60_000 + ms, live())]
    };
    broken_by("D1", away(30_001), away(30_000));
}

#[test]
fn nothing_enters_while_the_venue_is_away() {
    let down = || link(LinkEvent::Down(Link::Orders));
    broken_by(
        "D4",
        vec![(0, down()), (1, enters())],
        vec![(0, down()), (1, link(LinkEvent::Up(Link::Orders))), (2, enters())],
    );
    let halted = || session(SessionState::Halted);
    broken_by(
        "D4",
        vec![(0, halted()), (1, enters())],
        vec![(0, halted()), (1, session(SessionState::Open)), (2, enters())],
    );
}

#[test]
fn trading_pauses_within_a_second_of_a_bad_clock_or_feed() {
    let off = || host(HostEvent::ClockOffset(Span::from_millis(1_001)));
    broken_by("D5", vec![(0, off()), (1_001, enters())], vec![(0, off()), (1_000, enters())]);
    let right = host(HostEvent::ClockOffset(Span::from_millis(1_000)));
    assert_eq!(told(vec![(0, off()), (500, right), (5_000, enters())]), []);
    for kind in ["feed_gap", "feed_crossed"] {
        let silent = |ms: i64| vec![(0, fault(&format!("{kind} lasts=180000000000ns"))), (ms, enters())];
        broken_by("D5", silent(61_001), silent(61_000));
        broken_by("D5", silent(179_999), silent(180_000));
    }
}

#[test]
fn refused_entries_are_no_storm() {
    let refused = |times: i64, every: i64| {
        (0..times).map(|nth| (nth * every, moved(OrderState::Sent, OrderState::Rejected))).collect()
    };
    broken_by("D7", refused(5, 2_500), refused(4, 1));
    assert_eq!(told(refused(20, 2_501)), []);
    let again = (0..9).map(|nth| (nth, moved(OrderState::Rejected, OrderState::Rejected)));
    assert_eq!(told(refused(4, 1).into_iter().chain(again).collect()), [], "one refusal told again");
}

#[test]
fn what_a_person_stops_is_cancelled_within_a_second() {
    let acts = [
        ControlAct::Cancel(entry().2),
        ControlAct::Flatten(Scope::Desk(DeskId(0))),
        ControlAct::Flatten(Scope::All),
        ControlAct::Halt,
    ];
    for act in acts {
        let stopped = || vec![(0, live()), (10, person(act.clone()))];
        let then = |more: Story| stopped().into_iter().chain(more).collect::<Story>();
        let cancel = || Body::Command(Command::Cancel(entry().2));
        broken_by("D8", then(vec![(1_011, later())]), then(vec![(1_010, cancel()), (5_000, later())]));
        broken_by(
            "D8",
            then(vec![(1_011, cancel())]),
            then(vec![(500, moved(OrderState::Live, OrderState::Filled)), (5_000, later())]),
        );
        // Nothing can leave on a link that is down.
        assert_eq!(told(then(vec![(20, link(LinkEvent::Down(Link::Orders))), (5_000, later())])), []);
    }
    // Another desk's orders are none of it.
    assert_eq!(
        told(vec![(0, live()), (10, person(ControlAct::Flatten(Scope::Desk(DeskId(1))))), (5_000, later())]),
        []
    );
}

#[test]
fn nothing_enters_between_a_kill_and_a_person() {
    for act in [ControlAct::Halt, ControlAct::Flatten(Scope::All)] {
        let killed = || person(act.clone());
        let after = |last: Body| vec![(0, killed()), (1, last), (86_400_000, enters())];
        broken_by("D8", after(later()), after(rearm()));
        let wrong = ControlAct::Rearm { confirmation: "yes".to_owned() };
        assert_eq!(told(after(person(wrong))).len(), 1, "only who confirms it re-arms");
    }
}

#[test]
fn a_process_that_came_back_knows_where_it_stands_within_a_minute() {
    let back = |ms: i64| vec![(0, host(HostEvent::Restarted)), (ms, became(TraderState::Armed))];
    broken_by("D10", back(60_001), back(60_000));
    // A halted one comes back halted; it has looked all the same.
    let clean = Body::Decision(Decision::Reconciled { clean: true, text: String::new() });
    assert_eq!(told(vec![(0, host(HostEvent::Restarted)), (60_000, clean), (90_000, became(TraderState::Halted))]), []);
    // What it cannot see it cannot know.
    let up = || link(LinkEvent::Up(Link::Reports));
    let seen =
        |ms: i64| vec![(0, host(HostEvent::Restarted)), (50_000, up()), (50_000 + ms, became(TraderState::Armed))];
    broken_by("D10", seen(60_001), seen(60_000));
}

#[test]
fn nothing_enters_that_cannot_be_written_or_may_not_be_traded() {
    let full = || host(HostEvent::JournalSpace(false));
    broken_by(
        "D11",
        vec![(0, full()), (1, enters())],
        vec![(0, full()), (1, host(HostEvent::JournalSpace(true))), (2, enters())],
    );
    let failed = || host(HostEvent::JournalFailed);
    broken_by(
        "D11",
        vec![(0, failed()), (1, host(HostEvent::JournalSpace(true))), (2, enters())],
        vec![(0, failed()), (1, rearm()), (2, enters())],
    );
    let key = |trade| host(HostEvent::Permission { trade, withdraw: false });
    broken_by("D12", vec![(0, key(false)), (1, enters())], vec![(0, key(false)), (1, key(true)), (2, enters())]);
}

/// What nothing ended is judged when the run ends; not while the venue, or a link to it, is away.
#[test]
fn what_is_open_at_the_end_is_judged_there() {
    let lost = || vec![(0, fault("report_lost what=ack ORDER"))];
    let stopped = || vec![(0, live()), (10, person(ControlAct::Halt))];
    let back = || vec![(0, host(HostEvent::Restarted))];
    let cases: [(&str, &dyn Fn() -> Story, i64); 3] =
        [("D1", &lost, 30_000), ("D8", &stopped, 1_010), ("D10", &back, 60_000)];
    for (drill, story, until) in cases {
        assert_eq!(told_until(until, story()), [], "{drill}");
        let late = told_until(until + 1, story());
        assert!(late.len() == 1 && late[0].0 == drill, "{drill}: {late:?}");
        let away = story().into_iter().chain([(20, link(LinkEvent::Down(Link::Orders)))]).collect();
        assert_eq!(told_until(10 * until, away), [], "{drill}: nothing can leave or be learned");
    }
    for unheard in [&lost as &dyn Fn() -> Story, &back] {
        let down = || unheard().into_iter().chain([(20, link(LinkEvent::Down(Link::Reports)))]);
        assert_eq!(told_until(600_000, down().collect()), [], "what cannot be heard cannot be known");
        let up = down().chain([(500_000, link(LinkEvent::Up(Link::Reports)))]).collect();
        assert_eq!(told_until(600_000, up).len(), 1, "back for longer than it takes");
    }
    let hidden = vec![(0, fault("hidden lasts=60000000000ns ORDER"))];
    assert_eq!(told_until(600_000, hidden.into_iter().chain(lost()).collect()), []);
}
