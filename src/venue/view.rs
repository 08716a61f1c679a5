//! What can be seen of a venue without a command to it: prices, balances, positions, and what it assumes.

use super::resting::place;
use super::{FillProfile, Guards, QueueModel, Venue};
use crate::market::{Balance, InstrumentId, OrderId, Price, Quote, Timestamp, TriggerSource, VenuePosition};

impl Venue {
    /// How full the account's penalty counter is, in units of so many, and when the next of them is gone;
    /// none where messages are not counted. Where instruments are counted apart it is the fullest counter, and when
    /// a unit of any is gone.
    #[must_use]
    pub fn penalty(&self, now: Timestamp) -> Option<(i64, u32, Option<Timestamp>)> {
        let own = self.config.own_rate_limits.iter().map(Option::as_ref).zip(&self.own_meters);
        let counters = std::iter::once((self.config.rate_limit.as_ref(), &self.meter)).chain(own);
        let each = counters.filter_map(|(limit, meter)| {
            let (units, next) = meter.used(limit?, now);
            Some((units, limit?.most, next))
        });
        each.reduce(|one, other| {
            let fuller = i128::from(other.0) * i128::from(one.1) > i128::from(one.0) * i128::from(other.1);
            let (units, most, _) = if fuller { other } else { one };
            (units, most, one.2.into_iter().chain(other.2).min())
        })
    }

    /// The public best bid and ask. Of a recorded market our own orders, and what we took, are not in it.
    #[must_use]
    pub fn touch(&self, instrument: InstrumentId) -> Quote {
        self.markets[place(instrument)].touch(instrument)
    }

    /// The price that triggers of a source look at, if there is one by itself.
    #[must_use]
    pub fn reference(&self, instrument: InstrumentId, source: TriggerSource) -> Option<Price> {
        let market = &self.markets[place(instrument)];
        match source {
            TriggerSource::Last => market.last_trade,
            TriggerSource::Mark => market.mark.price().or(market.last_trade),
            TriggerSource::Index => market.index.price().or(market.last_trade),
            TriggerSource::Touch => None,
        }
    }

    /// Whether an order of this id is on record.
    #[must_use]
    pub fn knows(&self, id: OrderId) -> bool {
        self.orders.find(id).is_some()
    }

    /// Which market events can concern an order of ours in an instrument.
    #[must_use]
    pub fn guards(&self, instrument: InstrumentId) -> Guards {
        self.markets[place(instrument)].guards
    }

    /// Every asset's cash, held or not.
    #[must_use]
    pub fn balances(&self) -> Vec<Balance> {
        self.account.balances()
    }

    /// What open orders hold, by asset.
    #[must_use]
    pub fn holds(&self) -> Vec<Balance> {
        self.account.holds()
    }

    /// What those who traded against us, and the venue's till, gained, by asset.
    #[must_use]
    pub fn counterparties(&self) -> Vec<Balance> {
        self.account.counterparties()
    }

    /// Every margin instrument's position.
    #[must_use]
    pub fn positions(&self) -> Vec<VenuePosition> {
        self.account.positions(&self.config.instruments)
    }

    /// Who is assumed to cancel in the queues before our orders, in an instrument without models of its own.
    #[must_use]
    pub const fn queue(&self) -> &QueueModel {
        &self.config.queue
    }

    /// The fill profile in force, in an instrument without models of its own.
    #[must_use]
    pub const fn profile(&self) -> FillProfile {
        self.config.profile
    }
}
