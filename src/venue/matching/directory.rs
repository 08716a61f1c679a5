//! Where an order is kept, by its id.
//!
//! A table of pages: the high part of an id names the page, the low part the place in it. Ids that
//! are handed out one after another, as venues do, find their order with two reads; pages that empty
//! are used again, so a steady state allocates nothing. Ids far from all others are found through an
//! ordered map of pages: slower, and just as right.
//!
//! It hashes nothing and iterates over nothing.

use std::collections::BTreeMap;

use crate::market::OrderId;

/// Bits of an id that are its place in a page.
const PAGE_BITS: u32 = 8;
/// Places in a page.
const PAGE: usize = 1 << PAGE_BITS;
/// Pages below the first id seen that the table has room for.
const BELOW: u64 = 1 << 10;
/// Most pages in the table: a thousand million ids.
const PAGES_MAX: u64 = 1 << 22;

/// Ids to places in the slab; zero is nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    /// The page that stands first in the table, once there is one.
    first: Option<u64>,
    /// Block of a page, plus one.
    table: Vec<u32>,
    far: BTreeMap<u64, u32>,
    blocks: Vec<[u32; PAGE]>,
    /// Entries in use, by block.
    used: Vec<u16>,
    /// Blocks nobody uses.
    free: Vec<u32>,
}

impl Directory {
    /// Where an id's order is; zero if nowhere.
    #[inline]
    pub fn find(&self, id: OrderId) -> u32 {
        match self.block(id.0 >> PAGE_BITS) {
            Some(block) => self.blocks[block][low(id)],
            None => 0,
        }
    }

    /// Writes down where an id's order is. Nothing may stand there.
    #[inline]
    pub fn insert(&mut self, id: OrderId, at: u32) {
        let page = id.0 >> PAGE_BITS;
        let block = match self.block(page) {
            Some(block) => block,
            None => self.open(page),
        };
        let entry = &mut self.blocks[block][low(id)];
        assert_eq!(*entry, 0, "order {} is in the book twice", id.0);
        *entry = at;
        self.used[block] += 1;
    }

    /// Forgets an id.
    #[inline]
    pub fn remove(&mut self, id: OrderId) {
        let page = id.0 >> PAGE_BITS;
        let block = self.block(page).expect("an order in the book is in the directory");
        self.blocks[block][low(id)] = 0;
        self.used[block] -= 1;
        if self.used[block] == 0 {
            self.close(page, block);
        }
    }

    #[inline]
    fn block(&self, page: u64) -> Option<usize> {
        let block = match self.near(page) {
            Some(place) => self.table.get(place).copied()?,
            None => self.far.get(&page).copied()?,
        };
        (block as usize).checked_sub(1)
    }

    /// A page's place in the table, if the table may ever hold it.
    #[inline]
    fn near(&self, page: u64) -> Option<usize> {
        let place = page.checked_sub(self.first?)?;
        if place < PAGES_MAX { usize::try_from(place).ok() } else { None }
    }

    #[cold]
    fn open(&mut self, page: u64) -> usize {
        if self.first.is_none() {
            self.first = Some(page.saturating_sub(BELOW));
        }
        let block = self.free.pop().unwrap_or_else(|| {
            self.blocks.push([0; PAGE]);
            self.used.push(0);
            u32::try_from(self.blocks.len()).expect("fewer pages than orders")
        });
        match self.near(page) {
            Some(place) => {
                if place >= self.table.len() {
                    self.table.resize(place + 1, 0);
                }
                self.table[place] = block;
            }
            None => {
                self.far.insert(page, block);
            }
        }
        block as usize - 1
    }

    #[cold]
    fn close(&mut self, page: u64, block: usize) {
        match self.near(page) {
            Some(place) => self.table[place] = 0,
            None => {
                self.far.remove(&page);
            }
        }
        self.free.push(u32::try_from(block + 1).expect("fewer pages than orders"));
    }
}

/// An id's place in its page.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
const fn low(id: OrderId) -> usize {
    id.0 as usize & (PAGE - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_an_ordered_map(
            ids in prop::collection::vec(prop_oneof![0_u64..2_000, 1_000_000_u64..1_000_400, any::<u64>()], 1..200)
        ) {
            let (mut directory, mut oracle) = (Directory::default(), BTreeMap::new());
            for (at, id) in (1_u32..).zip(ids) {
                if oracle.remove(&id).is_some() {
                    directory.remove(OrderId(id));
                } else {
                    oracle.insert(id, at);
                    directory.insert(OrderId(id), at);
                }
                prop_assert_eq!(directory.find(OrderId(id)), oracle.get(&id).copied().unwrap_or(0));
                for (id, at) in &oracle {
                    prop_assert_eq!(directory.find(OrderId(*id)), *at);
                }
            }
        }
    }
}
