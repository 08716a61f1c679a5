//! The obvious matching book: one `Vec`, linear scans, no cleverness. Written from the rules on the
//! first page of `venue::matching`; of the engine it knows the words alone.

use seatrial::market::{OrderId, OrderKind, Price, Qty, Side, Timestamp};
use seatrial::venue::matching::{
    Arrival, Band, Display, Ended, Input, Match, Output, Owner, Phase, Refusal, SelfTrade, Stay, Terms, Tie,
};

/// A live order: total quantity and present kind are in its terms.
#[derive(Clone, Copy)]
struct Live {
    terms: Arrival,
    open: i64,
    shown: i64,
    /// Place in the queue of its price.
    ticket: u64,
    /// Order of arrival.
    arrived: u64,
    waits: bool,
}

impl Live {
    fn price(&self) -> i64 {
        let any = if self.terms.side == Side::Buy { i64::MAX } else { i64::MIN };
        self.terms.kind.limit().map_or(any, |limit| limit.0)
    }

    fn hidden(&self) -> bool {
        self.terms.display == Display::Hidden || self.terms.kind == OrderKind::Market
    }

    fn ready(&self) -> i64 {
        if self.hidden() { self.open } else { self.shown }
    }

    fn peak(&self) -> i64 {
        match self.terms.display {
            Display::Full => i64::MAX,
            Display::Peak(peak) => peak.0,
            Display::Hidden => 0,
        }
    }

    fn rises(&self) -> bool {
        let stop = matches!(self.terms.kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. });
        stop == (self.terms.side == Side::Buy)
    }
}

/// What is compared: id, owner, side, price, open, shown.
pub type Row = (u64, u32, Side, i64, i64, i64);

pub struct Naive {
    terms: Terms,
    band: Option<Band>,
    phase: Phase,
    live: Vec<Live>,
    last: Option<i64>,
    seen: Vec<i64>,
    touched: Vec<Arrival>,
    positions: Vec<(Owner, i64)>,
    counter: u64,
    out: Vec<Output>,
}

/// Orders of one side that reach a price of the other, and how much.
fn reaches(side: Side, limit: i64, price: i64) -> bool {
    if side == Side::Buy { limit >= price } else { limit <= price }
}

impl Naive {
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            band: None,
            phase: Phase::Continuous,
            live: Vec::new(),
            last: None,
            seen: Vec::new(),
            touched: Vec::new(),
            positions: Vec::new(),
            counter: 0,
            out: Vec::new(),
        }
    }

    pub fn step(&mut self, now: Timestamp, input: &Input) -> Vec<Output> {
        self.expire(now);
        match *input {
            Input::New(order) => self.new_order(now, order),
            Input::Amend { id, qty, kind } => self.amend(id, qty.0, kind),
            Input::Cancel(id) => match self.find(id) {
                Some(index) => self.end(index, Ended::Requested),
                None => self.out.push(Output::CancelRejected(id)),
            },
            Input::CancelAll(owner) => {
                self.end_where(Ended::Requested, |live| owner.is_none() || owner == Some(live.terms.owner));
            }
            Input::Phase(phase) => self.change_phase(phase),
            Input::Uncross(reference) => {
                if self.phase == Phase::Call {
                    self.uncross(reference);
                }
            }
            Input::Band(band) => {
                self.band = band;
                if let Some(band) = band {
                    let crossing = |side, limit: Price| match side {
                        Side::Buy => limit > band.high,
                        Side::Sell => limit < band.low,
                    };
                    self.end_where(Ended::Band, |live| {
                        !live.waits && live.terms.kind.limit().is_some_and(|limit| crossing(live.terms.side, limit))
                    });
                }
            }
            Input::Position(owner, qty) => {
                if owner != Owner::ANYBODY {
                    self.positions.retain(|(other, _)| *other != owner);
                    self.positions.push((owner, qty.0));
                }
            }
        }
        self.fire();
        let positions = self.positions.clone();
        self.end_where(Ended::NothingToReduce, |live| {
            live.terms.reduce_only && left_to_reduce(&positions, live.terms.owner, live.terms.side) == 0
        });
        std::mem::take(&mut self.out)
    }

    /// Everything that stands, in order: bids, asks, triggers above, triggers below; then the rest of the state.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            rows.extend(self.ranked(side).into_iter().map(|index| self.row(index)));
        }
        for rises in [true, false] {
            let mut waiting: Vec<usize> = (0..self.live.len()).collect();
            waiting.retain(|index| self.live[*index].waits && self.live[*index].rises() == rises);
            waiting.sort_by_key(|index| {
                let trigger = self.live[*index].terms.kind.trigger().expect("waits").0;
                (if rises { trigger } else { -trigger }, self.live[*index].arrived)
            });
            rows.extend(waiting.into_iter().map(|index| self.row(index)));
        }
        rows
    }

    pub fn last(&self) -> Option<Price> {
        self.last.map(Price)
    }

    pub fn position(&self, owner: Owner) -> Option<Qty> {
        self.positions.iter().find(|(other, _)| *other == owner).map(|(_, qty)| Qty(*qty))
    }

    fn row(&self, index: usize) -> Row {
        let live = &self.live[index];
        let price = if live.waits { live.terms.kind.trigger().expect("waits").0 } else { live.price() };
        (live.terms.id.0, live.terms.owner.0, live.terms.side, price, live.open, live.shown)
    }

    /// Orders of a side that rest, as they would trade.
    fn ranked(&self, side: Side) -> Vec<usize> {
        let mut ranked: Vec<usize> = (0..self.live.len()).collect();
        ranked.retain(|index| !self.live[*index].waits && self.live[*index].terms.side == side);
        ranked.sort_by_key(|index| {
            let live = &self.live[*index];
            let price = i128::from(live.price());
            (if side == Side::Buy { -price } else { price }, live.hidden(), live.ticket)
        });
        ranked
    }

    fn find(&self, id: OrderId) -> Option<usize> {
        self.live.iter().position(|live| live.terms.id == id)
    }

    fn end(&mut self, index: usize, why: Ended) {
        let live = self.live.remove(index);
        self.out.push(Output::Cancelled(live.terms.id, Qty(live.open), why));
    }

    fn end_where(&mut self, why: Ended, which: impl Fn(&Live) -> bool) {
        while let Some(next) = self.live.iter().filter(|live| which(live)).min_by_key(|live| live.arrived) {
            let index = self.find(next.terms.id).expect("just found");
            self.end(index, why);
        }
    }

    fn expire(&mut self, now: Timestamp) {
        let until = |live: &Live| match live.terms.stay {
            Stay::Gtd(until) => until,
            _ => Timestamp::MAX,
        };
        while let Some(next) =
            self.live.iter().filter(|live| until(live) <= now).min_by_key(|live| (until(live), live.arrived))
        {
            let index = self.find(next.terms.id).expect("just found");
            self.end(index, Ended::Expired);
        }
    }

    fn new_order(&mut self, now: Timestamp, order: Arrival) {
        if let Some(refusal) = self.refusal(now, &order) {
            self.out.push(Output::Rejected(order.id, refusal));
            return;
        }
        self.out.push(Output::Accepted(order.id));
        if order.kind.trigger().is_some() {
            self.stand(order, order.qty.0, true);
        } else {
            self.market(order, order.qty.0);
        }
    }

    fn refusal(&self, now: Timestamp, order: &Arrival) -> Option<Refusal> {
        let at_once = order.stay == Stay::Ioc || order.stay == Stay::Fok;
        let unresting = at_once || order.kind.limit().is_none();
        let waits = order.kind.trigger().is_some();
        let past = matches!(order.stay, Stay::Gtd(until) if until <= now);
        if self.phase == Phase::Halted || self.phase == Phase::Closed {
            return Some(Refusal::Phase);
        }
        if self.find(order.id).is_some() {
            return Some(Refusal::DuplicateId);
        }
        if unresting && (order.post_only || order.display != Display::Full) || past {
            return Some(Refusal::Contradiction);
        }
        if self.phase == Phase::Call && !waits && (at_once || order.reduce_only) {
            return Some(Refusal::Phase);
        }
        let peak = match order.display {
            Display::Peak(peak) => self.bad_size(peak.0).or((peak > order.qty).then_some(Refusal::Size)),
            Display::Full | Display::Hidden => None,
        };
        let refusal = self.bad_size(order.qty.0).or(peak).or(self.bad_price(order.kind));
        if refusal.is_some() {
            return refusal;
        }
        if waits && self.last.is_some_and(|last| touches(order.side, order.kind, last)) {
            return Some(Refusal::Touched);
        }
        if order.reduce_only && left_to_reduce(&self.positions, order.owner, order.side) == 0 {
            return Some(Refusal::NothingToReduce);
        }
        if self.live.len() >= self.terms.orders_max {
            return Some(Refusal::TooMany);
        }
        (order.post_only && !waits && self.would_take(order)).then_some(Refusal::WouldTake)
    }

    fn bad_size(&self, qty: i64) -> Option<Refusal> {
        if qty <= 0 || qty % self.terms.lot.0 != 0 {
            return Some(Refusal::Lot);
        }
        (qty < self.terms.least.0 || qty > self.terms.most.0).then_some(Refusal::Size)
    }

    fn bad_price(&self, kind: OrderKind) -> Option<Refusal> {
        if [kind.limit(), kind.trigger()].into_iter().flatten().any(|price| price.0 % self.terms.tick.0 != 0) {
            return Some(Refusal::Tick);
        }
        self.outside(kind).then_some(Refusal::Band)
    }

    fn outside(&self, kind: OrderKind) -> bool {
        let (Some(limit), Some(band)) = (kind.limit(), self.band) else { return false };
        limit < band.low || limit > band.high
    }

    fn would_take(&self, order: &Arrival) -> bool {
        let limit = order.kind.limit().expect("post-only orders have one").0;
        let meets =
            |live: &Live| !live.waits && live.terms.side != order.side && reaches(order.side, limit, live.price());
        self.phase == Phase::Continuous && self.live.iter().any(meets)
    }

    fn stand(&mut self, terms: Arrival, open: i64, waits: bool) -> i64 {
        self.counter += 1;
        let mut live = Live { terms, open, shown: 0, ticket: self.counter, arrived: self.counter, waits };
        if !waits && !live.hidden() {
            live.shown = live.peak().min(open);
        }
        self.live.push(live);
        live.shown
    }

    fn rest(&mut self, terms: Arrival, open: i64) {
        let shown = Qty(self.stand(terms, open, false));
        let price = Price(self.live.last().expect("stands").price());
        self.out.push(Output::Rested { id: terms.id, side: terms.side, price, shown });
    }

    fn market(&mut self, mut terms: Arrival, mut left: i64) {
        if self.phase != Phase::Continuous {
            self.rest(terms, left);
            return;
        }
        let limit = match (terms.kind.limit(), self.band, terms.side) {
            (Some(limit), ..) => limit.0,
            (None, Some(band), Side::Buy) => band.high.0,
            (None, Some(band), Side::Sell) => band.low.0,
            (None, None, Side::Buy) => i64::MAX,
            (None, None, Side::Sell) => i64::MIN,
        };
        if terms.post_only && self.would_take(&terms) {
            self.out.push(Output::Cancelled(terms.id, Qty(left), Ended::WouldTake));
            return;
        }
        if terms.stay == Stay::Fok && !self.whole(&terms, left, limit) {
            self.out.push(Output::Cancelled(terms.id, Qty(left), Ended::FillOrKill));
            return;
        }
        let why = self.take(&mut terms, &mut left, limit);
        if left == 0 {
            return;
        }
        let others = !self.ranked(terms.side.opposite()).is_empty();
        let why = why.or(match terms.kind {
            OrderKind::Market if others => Some(Ended::Band),
            OrderKind::Market => Some(Ended::Remainder),
            _ if terms.stay == Stay::Ioc || terms.stay == Stay::Fok => Some(Ended::Remainder),
            _ => None,
        });
        match why {
            Some(why) => self.out.push(Output::Cancelled(terms.id, Qty(left), why)),
            None => self.rest(terms, left),
        }
    }

    fn is_own(terms: &Arrival, maker: &Live) -> bool {
        let own = terms.owner == maker.terms.owner && terms.owner != Owner::ANYBODY;
        own && terms.self_trade != SelfTrade::Allow
    }

    fn whole(&self, terms: &Arrival, left: i64, limit: i64) -> bool {
        if terms.reduce_only && left_to_reduce(&self.positions, terms.owner, terms.side) < left {
            return false;
        }
        // The makers as they would come: an iceberg's reserve comes after all that its price displays.
        let mut slices = Vec::new();
        for index in self.ranked(terms.side.opposite()) {
            let maker = self.live[index];
            if reaches(terms.side, limit, maker.price()) {
                let key = if terms.side == Side::Buy { maker.price() } else { -maker.price() };
                slices.push(((key, if maker.hidden() { 2 } else { 0 }), maker.ready(), maker));
                slices.push(((key, 1), maker.open - maker.ready(), maker));
            }
        }
        slices.sort_by_key(|(key, ..)| *key);
        let mut found = 0;
        for (_, qty, maker) in slices.iter().filter(|(_, qty, _)| *qty > 0) {
            let own = Self::is_own(terms, maker);
            if own && terms.self_trade != SelfTrade::CancelOldest {
                break;
            }
            if !own && !maker.terms.reduce_only {
                found += qty;
            }
            if found >= left {
                break;
            }
        }
        found >= left
    }

    fn take(&mut self, terms: &mut Arrival, left: &mut i64, limit: i64) -> Option<Ended> {
        while *left > 0 {
            let index = self.ranked(terms.side.opposite()).first().copied()?;
            let maker = self.live[index];
            if !reaches(terms.side, limit, maker.price()) {
                return None;
            }
            let own =
                if terms.reduce_only { left_to_reduce(&self.positions, terms.owner, terms.side) } else { i64::MAX };
            if own == 0 {
                return Some(Ended::NothingToReduce);
            }
            if Self::is_own(terms, &maker) {
                match terms.self_trade {
                    SelfTrade::Allow => unreachable!("is_own says no"),
                    SelfTrade::CancelNewest => return Some(Ended::SelfTrade),
                    SelfTrade::CancelOldest => self.end(index, Ended::SelfTrade),
                    SelfTrade::CancelBoth => {
                        self.end(index, Ended::SelfTrade);
                        return Some(Ended::SelfTrade);
                    }
                    SelfTrade::Decrement => self.decrement(terms, left, index),
                }
                continue;
            }
            let theirs = if maker.terms.reduce_only {
                left_to_reduce(&self.positions, maker.terms.owner, maker.terms.side)
            } else {
                i64::MAX
            };
            if theirs == 0 {
                self.end(index, Ended::NothingToReduce);
                continue;
            }
            let qty = (*left).min(own).min(theirs).min(maker.ready());
            *left -= qty;
            let taken = (terms.id, terms.owner);
            let (buyer, seller) = match terms.side {
                Side::Buy => (taken, (maker.terms.id, maker.terms.owner)),
                Side::Sell => ((maker.terms.id, maker.terms.owner), taken),
            };
            self.trade(buyer, seller, Some(terms.side), maker.price(), qty);
            self.fill(maker.terms.id, qty);
        }
        None
    }

    fn decrement(&mut self, terms: &mut Arrival, left: &mut i64, index: usize) {
        let maker = self.live[index];
        let qty = maker.open.min(*left);
        if qty == maker.open {
            self.end(index, Ended::SelfTrade);
        } else {
            let maker = &mut self.live[index];
            maker.open -= qty;
            maker.shown = maker.shown.min(maker.open);
            maker.terms.qty -= Qty(qty);
            self.out.push(Output::Decremented(maker.terms.id, Qty(maker.open)));
        }
        *left -= qty;
        terms.qty -= Qty(qty);
        self.out.push(if *left == 0 {
            Output::Cancelled(terms.id, Qty(qty), Ended::SelfTrade)
        } else {
            Output::Decremented(terms.id, Qty(*left))
        });
    }

    fn trade(&mut self, buyer: (OrderId, Owner), seller: (OrderId, Owner), taker: Option<Side>, price: i64, qty: i64) {
        let told = Match { buyer: buyer.0, seller: seller.0, taker, price: Price(price), qty: Qty(qty) };
        self.out.push(Output::Traded(told));
        self.last = Some(price);
        if self.phase == Phase::Continuous {
            self.seen.push(price);
        }
        for (owner, position) in &mut self.positions {
            *position += if *owner == buyer.1 { qty } else { 0 };
            *position -= if *owner == seller.1 { qty } else { 0 };
        }
    }

    fn fill(&mut self, id: OrderId, qty: i64) {
        let index = self.find(id).expect("the maker lives");
        let live = &mut self.live[index];
        live.open -= qty;
        if !live.hidden() {
            live.shown -= qty;
        }
        if live.open == 0 {
            self.live.remove(index);
        } else if live.shown == 0 && !live.hidden() {
            self.counter += 1;
            live.shown = live.peak().min(live.open);
            live.ticket = self.counter;
            self.out.push(Output::Refilled(id, Qty(live.shown)));
        }
    }

    fn fire(&mut self) {
        loop {
            let seen = std::mem::take(&mut self.seen);
            let mut fired: Vec<Live> = self.live.iter().filter(|live| live.waits).copied().collect();
            fired.retain(|live| seen.iter().any(|price| touches(live.terms.side, live.terms.kind, *price)));
            fired.sort_by_key(|live| live.arrived);
            self.live.retain(|live| fired.iter().all(|other| other.terms.id != live.terms.id));
            self.touched.extend(fired.iter().map(|live| live.terms));
            if self.touched.is_empty() {
                return;
            }
            let mut next = self.touched.remove(0);
            self.out.push(Output::Triggered(next.id));
            next.kind = match next.kind.limit() {
                Some(limit) => OrderKind::Limit { limit },
                None => OrderKind::Market,
            };
            if self.outside(next.kind) {
                self.out.push(Output::Cancelled(next.id, next.qty, Ended::Band));
            } else {
                self.market(next, next.qty.0);
            }
        }
    }

    fn amend(&mut self, id: OrderId, qty: i64, kind: OrderKind) {
        if self.phase == Phase::Halted || self.phase == Phase::Closed {
            self.out.push(Output::AmendRejected(id, Refusal::Phase));
            return;
        }
        let Some(index) = self.find(id) else {
            self.out.push(Output::AmendRejected(id, Refusal::UnknownId));
            return;
        };
        let live = self.live[index];
        let same_kind = std::mem::discriminant(&kind) == std::mem::discriminant(&live.terms.kind);
        let anew = Arrival { kind, qty: Qty(qty), ..live.terms };
        let touched = live.waits && self.last.is_some_and(|last| touches(live.terms.side, kind, last));
        let refusal = (!same_kind).then_some(Refusal::Contradiction);
        let refusal = refusal.or(self.bad_size(qty)).or(self.bad_price(kind)).or(touched.then_some(Refusal::Touched));
        let crosses = || (live.terms.post_only && !live.waits && self.would_take(&anew)).then_some(Refusal::WouldTake);
        if let Some(refusal) = refusal.or_else(crosses) {
            self.out.push(Output::AmendRejected(id, refusal));
            return;
        }
        let open = qty - (live.terms.qty.0 - live.open);
        if open <= 0 {
            self.end(index, Ended::Amended);
            return;
        }
        let kept = kind == live.terms.kind && open <= live.open;
        self.out.push(Output::Amended { id, open: Qty(open), kept });
        if kept {
            let live = &mut self.live[index];
            live.terms.qty = Qty(qty);
            live.open = open;
            live.shown = live.shown.min(open);
            return;
        }
        self.live.remove(index);
        if live.waits {
            self.stand(anew, open, true);
        } else {
            self.market(anew, open);
        }
    }

    fn change_phase(&mut self, phase: Phase) {
        if phase == self.phase {
            return;
        }
        self.phase = phase;
        match phase {
            Phase::Continuous => {
                self.phase = Phase::Call;
                self.uncross(None);
                self.phase = Phase::Continuous;
                self.seen = self.last.into_iter().collect();
            }
            Phase::Call => self.end_where(Ended::Auction, |live| live.terms.reduce_only && !live.waits),
            Phase::Halted => {}
            Phase::Closed => self.end_where(Ended::Expired, |live| live.terms.stay == Stay::Day),
        }
    }

    fn uncross(&mut self, reference: Option<Price>) {
        if let Some((price, volume)) = self.auction(reference) {
            self.out.push(Output::Uncrossed(Price(price), Qty(volume)));
            let mut left = volume;
            while left > 0 {
                let buyer = self.live[self.ranked(Side::Buy)[0]];
                let seller = self.live[self.ranked(Side::Sell)[0]];
                let qty = left.min(buyer.ready()).min(seller.ready());
                left -= qty;
                let name = |live: Live| (live.terms.id, live.terms.owner);
                self.trade(name(buyer), name(seller), None, price, qty);
                self.fill(buyer.terms.id, qty);
                self.fill(seller.terms.id, qty);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            while let Some(index) = self.ranked(side).first().copied()
                && self.live[index].terms.kind == OrderKind::Market
            {
                self.end(index, Ended::Auction);
            }
        }
    }

    /// What would trade at a price: buyers and sellers who reach it.
    fn at(&self, price: i64) -> (i64, i64) {
        let sum = |side| {
            let on = self.live.iter().filter(|live| !live.waits && live.terms.side == side);
            on.filter(|live| reaches(side, live.price(), price)).map(|live| live.open).sum()
        };
        (sum(Side::Buy), sum(Side::Sell))
    }

    /// Tries every price on the grid.
    fn auction(&self, reference: Option<Price>) -> Option<(i64, i64)> {
        let (bids, asks) = (self.ranked(Side::Buy), self.ranked(Side::Sell));
        let (bid, ask) = (self.live[*bids.first()?].price(), self.live[*asks.first()?].price());
        if bid < ask {
            return None;
        }
        let crossing = bids.iter().map(|index| self.live[*index].price()).filter(|price| *price >= ask);
        let crossing = crossing.chain(asks.iter().map(|index| self.live[*index].price()).filter(|price| *price <= bid));
        let inside = |price: i64| self.band.is_none_or(|band| (band.low.0..=band.high.0).contains(&price));
        let named = |price: &i64| ![i64::MAX, i64::MIN].contains(price);
        let limits: Vec<i64> = crossing.filter(named).filter(|price| inside(*price)).collect();
        let reference = reference.map(|price| price.0).or(self.last);
        let (Some(low), Some(high)) = (limits.iter().copied().min(), limits.iter().copied().max()) else {
            let price = reference?;
            let price = self.band.map_or(price, |band| price.max(band.low.0).min(band.high.0));
            let market = |side| -> i64 {
                let on = self.ranked(side).into_iter().map(|index| self.live[index]);
                on.filter(|live| live.terms.kind == OrderKind::Market).map(|live| live.open).sum()
            };
            let volume = market(Side::Buy).min(market(Side::Sell));
            return (volume > 0).then_some((price, volume));
        };
        let tick = self.terms.tick.0;
        let mut prices: Vec<i64> = (low..=high).step_by(usize::try_from(tick).expect("small")).collect();
        let volume = |price: i64| self.at(price).0.min(self.at(price).1);
        if self.terms.tie == Tie::Middle {
            prices.retain(|price| limits.contains(price));
            // Who bids more and who asks less trades in full.
            let named = |side, bound: i64| -> i64 {
                let on = self.live.iter().filter(|live| !live.waits && live.terms.side == side);
                let on = on.filter(|live| live.terms.kind != OrderKind::Market && reaches(side, live.price(), bound));
                on.map(|live| live.open).sum()
            };
            prices.retain(|price| named(Side::Buy, price + 1).max(named(Side::Sell, price - 1)) <= volume(*price));
        }
        let surplus = |price: i64| self.at(price).0 - self.at(price).1;
        let rank = |price: i64| (volume(price), -surplus(price).abs());
        let best = prices.iter().map(|price| rank(*price)).max().expect("not empty");
        prices.retain(|price| rank(*price) == best);
        let (low, high) = (prices[0], prices[prices.len() - 1]);
        let (twice, mut middle) = (low + high, low);
        while 2 * (middle + tick) <= twice + tick {
            middle += tick;
        }
        let price = if self.terms.tie == Tie::Middle {
            middle
        } else if prices.iter().all(|price| surplus(*price) > 0) {
            high
        } else if prices.iter().all(|price| surplus(*price) < 0) {
            low
        } else {
            let wanted = reference.unwrap_or(middle);
            prices.into_iter().min_by_key(|price| (price - wanted).abs()).expect("not empty")
        };
        Some((price, volume(price)))
    }
}

fn touches(side: Side, kind: OrderKind, last: i64) -> bool {
    let (trigger, up) = match kind {
        OrderKind::StopMarket { trigger } | OrderKind::StopLimit { trigger, .. } => (trigger, side == Side::Buy),
        OrderKind::TargetMarket { trigger } | OrderKind::TargetLimit { trigger, .. } => (trigger, side == Side::Sell),
        OrderKind::Market | OrderKind::Limit { .. } => return false,
    };
    if up { last >= trigger.0 } else { last <= trigger.0 }
}

fn left_to_reduce(positions: &[(Owner, i64)], owner: Owner, side: Side) -> i64 {
    let held = positions.iter().find(|(other, _)| *other == owner).map_or(0, |(_, qty)| *qty);
    if side == Side::Buy { (-held).max(0) } else { held.max(0) }
}
