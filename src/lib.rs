//! seatrial gives a trading system its sea trial: the production order manager, positions and
//! risk logic run **unchanged** inside a deterministic discrete-event simulator, and a journal
//! proves what happened.
//!
//! # The one idea: two state machines and a wire
//!
//! A [`trading::Trader`] and a [`venue::Venue`] never call each other and never import each other.
//! Each is handed the time and one input and returns outputs. Between them runs a wire that decides
//! when a message arrives. Everything that happened is in the [`journal`]; everything said about a
//! run is computed from it. [`replay`] proves that the trader alone, given the same events, does the
//! same things again.
//!
//! ```text
//!         feed ── at exchange time ──▶ Venue ── reports ──┐
//!          └── feed latency ──▶ wire ◀── order entry ┐ ◀──┘ report latency
//!                                ▼                   │
//!                          Trader.step ── actions ───┘ ──▶ journal ──▶ audit · metrics
//! ```
//!
//! # The rooms; imports run downward only, and `tests/tidy.rs` holds them to it
//!
//! | Room | What it is |
//! |---|---|
//! | `cli` (in the binary) | arguments, exit codes, files by name |
//! | `sweep` (feature `batch`) | thousands of runs: planned, on all cores, collected by number, stored as data frames |
//! | [`report`] | a verdict as one HTML page and as Markdown: pure functions of the verdict, nothing read and nothing written |
//! | [`gate`] | the go-live verdict over thousands of runs, each line with its evidence; the only maker of a [`gate::GatePass`] |
//! | [`regress`] | exact results kept as a baseline, and what differs from them |
//! | [`swarm`] | random cases under faults, judged, counted and shrunk |
//! | [`bound`] | one run under kind, named and harsh models, and where the difference comes from |
//! | [`scenario`] | TOML to checked types; the only place that knows TOML |
//! | [`sim`] · [`replay`] · [`strategies`] | the loop, queue, wire, feed and chance · a journal through a fresh trader · shipped strategies |
//! | [`trading`] | trader, desk, checks, order manager, booking; knows nothing of what is above or beside it |
//! | [`venue`] | replay book, queue position, fills, admission, fees, margin, and [`venue::matching`], orders against orders, in which ours meet agents'; does not read its client's mind |
//! | [`metrics`] · [`audit`] | the figures of a run, and its lots by any method · conservation laws over a journal, with sums of their own |
//! | [`adapters`] | venues' reply codes and order fields: closed tables, no sockets |
//! | [`data`] | market data in and out: importers, checks, generators, the tape |
//! | [`journal`] · [`ledger`] | the record: sequenced, digested, chained · double entry per asset |
//! | [`statistics`] | what evidence is worth: ratios, bounds, tests and resampling, as pure functions over slices; knows nothing of the house |
//! | [`market`] · [`bad_input`] | units, instruments, orders, events: the words everyone speaks · how a bad file is refused |
//!
//! Built without features the house is [`market`], [`ledger`] and [`trading`] alone; every other room,
//! and every dependency that only it needs, comes with the feature `simulator`.
//!
//! [`trading`] and [`venue`] stand side by side with no arrow between them; that empty space is the
//! design. To come: the live bridge.
//!
//! # Where to start reading
//!
//! [`sim::run`] is the loop. [`trading::Trader::step`] is the production code. [`trading::transitions`]
//! is the order state machine as one table. [`venue`]'s first page states every fill assumption to a
//! sceptic.
//!
//! # Numbers
//!
//! Price and quantity are integers, their product is exact, money is an exact decimal whose every
//! rounding is named. Floats exist in [`statistics`], in [`metrics`], in `data::synth`, and nowhere near a decision.

#[cfg(feature = "simulator")]
pub mod adapters;
#[cfg(feature = "simulator")]
pub mod audit;
#[cfg(feature = "simulator")]
pub mod bad_input;
#[cfg(feature = "simulator")]
pub mod bound;
#[cfg(feature = "simulator")]
pub mod data;
#[cfg(feature = "simulator")]
pub mod gate;
#[cfg(feature = "simulator")]
pub mod journal;
pub mod ledger;
pub mod market;
#[cfg(feature = "simulator")]
pub mod metrics;
#[cfg(feature = "simulator")]
pub mod regress;
#[cfg(feature = "simulator")]
pub mod replay;
#[cfg(feature = "simulator")]
pub mod report;
#[cfg(feature = "simulator")]
pub mod scenario;
#[cfg(feature = "simulator")]
pub mod sim;
#[cfg(feature = "simulator")]
pub mod statistics;
#[cfg(feature = "simulator")]
pub mod strategies;
#[cfg(feature = "simulator")]
pub mod swarm;
#[cfg(feature = "batch")]
pub mod sweep;
pub mod trading;
#[cfg(feature = "simulator")]
pub mod venue;
