//! The lines of decisions: what the trader thought, in words.

use super::render::{Renderer, time};
use super::words::{self, listed, plain, words};
use crate::market::{Cause, Decision, InstrumentId, Intention, Measure, Posting, Pricing, Proposal, Size, Transaction};

impl Renderer<'_> {
    pub(super) fn decision(&mut self, decision: &Decision) -> (&'static str, String) {
        match decision {
            Decision::Proposed(proposal) => ("proposed", self.proposal(proposal)),
            Decision::Checked(proposal, measures) => {
                let one = |m: &Measure| format!("{} {} against {}", m.check, m.measured, m.limit);
                ("checked", format!("{}{}", proposal.0, listed(&measures.iter().map(one).collect::<Vec<_>>())))
            }
            Decision::Trimmed { proposal, by, from, to } => {
                ("trimmed", format!("{} by {}: {from} to {to}", proposal.0, words(by)))
            }
            Decision::Denied(denied) => {
                let proposal =
                    denied.proposal.map_or_else(|| "a command".to_owned(), |proposal| proposal.0.to_string());
                ("denied", format!("{proposal} of {}: {}", words::desk(denied.desk), plain(&denied.text)))
            }
            Decision::Intended { intent, proposal, purpose, desk, pass, order, twice_reference } => {
                self.remember(order.id, order.instrument);
                let origin = proposal.map_or_else(|| words(purpose), |proposal| format!("proposal {}", proposal.0));
                let by = format!("{origin} intent {} pass {} {}", intent.0, pass.0, words::desk(*desk));
                let reference = self.half(order.instrument, *twice_reference);
                ("intended", format!("{} ({by}, reference {reference})", self.order(order)))
            }
            Decision::Moved { order, row, from, to } => {
                ("moved", format!("order {} by TR-{row:02}: {} to {}", order.0, words(from), words(to)))
            }
            Decision::Anomaly { order, text } => {
                let order = order.map_or_else(String::new, |id| format!("order {}: ", id.0));
                ("anomaly", format!("{order}{}", plain(text)))
            }
            Decision::Booked { order, execution, position, cost, gross, net } => {
                let id = self.instrument_of(*order);
                let (position, cost, gross) = (self.qty(id, *position), self.value(id, *cost), self.value(id, *gross));
                let symbol = self.symbol(id);
                let text = format!("order {} {execution}: {symbol} {position} at a cost of {cost}, ", order.0);
                ("booked", format!("{text}gross {gross}, net {net}"))
            }
            Decision::Posted(transaction) => ("posted", self.transaction(transaction)),
            Decision::Became { from, to, why } => {
                ("became", format!("{} from {}: {}", words(to), words(from), plain(why)))
            }
            Decision::CoolingDown { instrument, cause, until } => {
                let symbol = self.symbol(*instrument);
                ("cooling", format!("{symbol} until {} after {}", time(*until), words(cause)))
            }
            Decision::Tripped { desk, instrument, check } => {
                ("tripped", format!("{check} of {} in {}", words::desk(*desk), self.symbol(*instrument)))
            }
            Decision::ReduceOnly { instrument, why } => {
                ("reduces", format!("{} only: {}", self.symbol(*instrument), plain(why)))
            }
            Decision::Operator(control) => {
                let who = plain(&control.author);
                ("operator", format!("{who}: {} ({})", self.act(&control.act), plain(&control.reason)))
            }
            _ => self.upkeep(decision),
        }
    }

    fn proposal(&self, proposal: &Proposal) -> String {
        let id = proposal.instrument;
        let action = match proposal.intention {
            Intention::Reduce(qty) => format!("reduce by {}", self.qty(id, qty)),
            intention @ (Intention::OpenLong | Intention::OpenShort | Intention::Close) => words(&intention),
        };
        let size = match proposal.size {
            Size::RiskBased => "by risk".to_owned(),
            Size::Notional(amount) => format!("for {amount}"),
            Size::Quantity(qty) => self.qty(id, qty),
        };
        let price = match proposal.pricing {
            Pricing::Market => "at market".to_owned(),
            Pricing::Limit(price) => format!("limit {price}"),
        };
        let stop = proposal.stop.map_or_else(String::new, |price| format!(", stop {price}"));
        let target = proposal.target.map_or_else(String::new, |price| format!(", target {price}"));
        let (number, desk, symbol) = (proposal.id.0, words::desk(proposal.desk), self.symbol(id));
        format!("{number} by {desk}: {action} {symbol} {size} {price}{stop}{target}")
    }

    fn transaction(&self, transaction: &Transaction) -> String {
        let cause = match transaction.cause {
            Cause::Fill(execution) => format!("fill {execution}"),
            Cause::Fee(execution) => format!("fee of {execution}"),
            Cause::Settlement(execution) => format!("settlement of {execution}"),
            Cause::Funding(id, at) => format!("funding of {} at {}", self.symbol(id), time(at)),
            Cause::Interest(id, at) => format!("interest on {} at {}", self.symbol(id), time(at)),
            Cause::Reversal(of) => format!("reversal of {}", of.0),
            cause @ (Cause::Opening | Cause::Transfer | Cause::Difference) => words(&cause),
        };
        let desk = transaction.desk.map_or_else(String::new, |desk| format!(" {}", words::desk(desk)));
        let one = |p: &Posting| format!("{} {}", words(&p.account), self.amount(p.asset, p.amount));
        let postings = listed(&transaction.postings.iter().map(one).collect::<Vec<_>>());
        format!("{} {cause}{desk}{postings}", transaction.id.0)
    }

    /// Half of a doubled price, exactly.
    fn half(&self, id: InstrumentId, twice: i64) -> String {
        let half = self.header_card(id).and_then(|card| {
            let unit = card.price(crate::market::Price(twice)).ok()?;
            unit.times(super::exact::Exact::new(5, 1)).ok()
        });
        half.map_or_else(|| format!("{twice} half ticks"), |half| half.to_string())
    }
}
