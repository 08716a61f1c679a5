//! Commands per second through the matching engine, and messages per second through an order-by-order
//! book, at ten thousand live orders of a fixed seed, and on a day of Shanghai where it is present.
//!
//! `cargo bench --no-default-features --features simulator --bench matching`

#![allow(missing_docs, reason = "criterion's macros write public items")]

#[path = "../tests/venue_capture/mod.rs"]
mod venue_capture;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use seatrial::market::{OrderId, Price, Qty, Side, Timestamp};
use seatrial::venue::matching::{Arrival, Engine, Input, OrderBook, Output, Phase, Stay, Terms};

const LIVE: usize = 10_000;
const COMMANDS: usize = 200_000;

/// What a feed says of a book.
#[derive(Clone, Copy)]
enum Message {
    Add(OrderId, Side, Price, Qty),
    Execute(OrderId, Qty),
    Delete(OrderId),
}

/// What an engine's words are to a feed.
fn message(output: &Output) -> Option<Message> {
    match *output {
        Output::Rested { id, side, price, shown } => Some(Message::Add(id, side, price, shown)),
        Output::Traded(trade) => Some(Message::Execute(trade.maker(), trade.qty)),
        Output::Cancelled(id, ..) => Some(Message::Delete(id)),
        _ => None,
    }
}

#[inline(never)]
fn hear(book: &mut OrderBook, messages: &[Message]) {
    for message in messages {
        match *message {
            Message::Add(id, side, price, qty) => {
                black_box(book.add(id, side, price, qty));
            }
            Message::Execute(id, qty) => {
                black_box(book.execute(id, qty));
            }
            Message::Delete(id) => {
                black_box(book.delete(id));
            }
        }
    }
}

/// What is measured; out of line, as `hear`, so that callgrind finds it.
#[inline(never)]
fn tell(engine: &mut Engine, inputs: &[Input], out: &mut Vec<Output>) {
    for input in inputs {
        out.clear();
        engine.step(Timestamp(0), input, out);
        black_box(&out);
    }
}

/// A mixed flow: 45 in 100 add, 45 cancel any live order, 10 cross for about as much as the adds leave over.
struct Flow {
    chance: ChaCha8Rng,
    engine: Engine,
    live: Vec<OrderId>,
    next: u64,
    out: Vec<Output>,
}

impl Flow {
    fn new() -> Self {
        let engine = Engine::new(Terms::default());
        Self { chance: ChaCha8Rng::seed_from_u64(17), engine, live: Vec::new(), next: 1, out: Vec::new() }
    }

    fn below(&mut self, n: u32) -> i64 {
        i64::from(self.chance.next_u32() % n)
    }

    fn tell(&mut self, input: Input) -> Input {
        self.engine.step(Timestamp(0), &input, &mut self.out);
        input
    }

    fn new_id(&mut self) -> OrderId {
        self.next += 1;
        OrderId(self.next)
    }

    fn add(&mut self) -> Input {
        let side = if self.below(2) == 0 { Side::Buy } else { Side::Sell };
        // Most near the touch, a long tail behind it.
        let depth = 1 + self.below(30) * (1 + self.below(30)) / 4;
        let (price, qty, id) = (Price(60_000 - side.sign() * depth), Qty(1 + self.below(100)), self.new_id());
        self.live.push(id);
        self.tell(Input::New(Arrival::limit(id, side, price, qty)))
    }

    fn cancel(&mut self) -> Input {
        loop {
            let place = usize::try_from(self.below(u32::try_from(self.live.len()).expect("few"))).expect("few");
            let id = self.live.swap_remove(place);
            if self.engine.book().get(id).is_some() {
                return self.tell(Input::Cancel(id));
            }
        }
    }

    fn cross(&mut self) -> Input {
        let side = if self.below(2) == 0 { Side::Buy } else { Side::Sell };
        let (qty, id) = (Qty(1 + self.below(200)), self.new_id());
        let limit = Price(60_000 + side.sign() * 50);
        self.tell(Input::New(Arrival { stay: Stay::Ioc, ..Arrival::limit(id, side, limit, qty) }))
    }

    /// The engine at ten thousand live orders, and what follows; live orders stay as many.
    fn run(mut self) -> (Engine, Vec<Input>, Vec<Output>) {
        while self.engine.book().len() < LIVE {
            self.add();
        }
        let start = self.engine.clone();
        self.out.clear();
        let mut inputs = Vec::with_capacity(COMMANDS);
        for _ in 0..COMMANDS {
            let input = match self.below(100) {
                0..10 => self.cross(),
                _ if self.engine.book().len() < LIVE => self.add(),
                10..55 => self.add(),
                _ => self.cancel(),
            };
            inputs.push(input);
        }
        (start, inputs, self.out)
    }
}

/// The orders that rest in an engine, as a feed would have told of them.
fn recorded(engine: &Engine) -> OrderBook {
    let mut book = OrderBook::new();
    for side in [Side::Buy, Side::Sell] {
        for order in engine.book().queue(side) {
            book.add(order.id, side, order.price, order.open);
        }
    }
    book
}

fn mixed(criterion: &mut Criterion) {
    let (engine, inputs, outputs) = Flow::new().run();
    let (levels, trades) = (
        engine.book().levels(Side::Buy).count() + engine.book().levels(Side::Sell).count(),
        outputs.iter().filter(|output| matches!(output, Output::Traded(_))).count(),
    );
    println!("{} live orders at {levels} prices; {COMMANDS} commands, {trades} trades", engine.book().len());
    let mut group = criterion.benchmark_group("matching");
    group.sample_size(20).throughput(Throughput::Elements(COMMANDS as u64));
    group.bench_function("mixed_10k_live", |bencher| {
        let mut out = Vec::with_capacity(1 << 10);
        bencher.iter_batched_ref(|| engine.clone(), |engine| tell(engine, &inputs, &mut out), BatchSize::PerIteration);
    });
    let cancelled_at_once = |output: &Output| matches!(output, Output::Cancelled(_, _, why) if *why != seatrial::venue::matching::Ended::Requested);
    let messages: Vec<Message> =
        outputs.iter().filter(|output| !cancelled_at_once(output)).filter_map(message).collect();
    let book = recorded(&engine);
    group.throughput(Throughput::Elements(messages.len() as u64));
    group.bench_function("recorded_10k_live", |bencher| {
        bencher.iter_batched_ref(|| book.clone(), |book| hear(book, &messages), BatchSize::PerIteration);
    });
    group.finish();
}

/// The continuous trading of a Shanghai morning: its orders into the engine, its feed into a book.
fn shanghai(criterion: &mut Criterion) {
    let Some(lines) = venue_capture::lines("sse-l2/600519_2023-02-07_morning_orders.csv.gz") else { return };
    let mut engine = Engine::new(Terms { tick: Price(10), ..Terms::default() });
    let (mut inputs, mut out) = (Vec::new(), Vec::new());
    engine.step(Timestamp(0), &Input::Phase(Phase::Call), &mut out);
    for line in lines.skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let number = |k: usize| -> i64 { f[k].parse().expect("a whole number") };
        let id = OrderId(number(4).unsigned_abs());
        let side = if f[5] == "B" { Side::Buy } else { Side::Sell };
        let input = match f[3] {
            "cancel" => Input::Cancel(id),
            _ => Input::New(Arrival::limit(id, side, Price(number(6)), Qty(number(7)))),
        };
        if f[2] == "continuous" {
            inputs.push(input);
        } else {
            engine.step(Timestamp(0), &input, &mut out);
        }
    }
    engine.step(Timestamp(0), &Input::Phase(Phase::Continuous), &mut out);
    let mut feed = engine.clone();
    out.clear();
    for input in &inputs {
        feed.step(Timestamp(0), input, &mut out);
    }
    let messages: Vec<Message> = out.iter().filter_map(message).collect();
    let book = recorded(&engine);
    let mut group = criterion.benchmark_group("shanghai");
    group.sample_size(20).throughput(Throughput::Elements(inputs.len() as u64));
    group.bench_function("engine", |bencher| {
        bencher.iter_batched_ref(|| engine.clone(), |engine| tell(engine, &inputs, &mut out), BatchSize::PerIteration);
    });
    group.throughput(Throughput::Elements(messages.len() as u64));
    group.bench_function("recorded", |bencher| {
        bencher.iter_batched_ref(|| book.clone(), |book| hear(book, &messages), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, mixed, shanghai);
criterion_main!(benches);
