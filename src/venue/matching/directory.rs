//! Where an order is kept, by its id.
//!
//! A table of pages: the high part of an id names the page, the low part the place in it. Ids that
//! are handed out one after another, as venues do, find their order with two reads; pages that empty
//! are used again, so a steady state allocates nothing. Ids far from all others are found through an
//! ordered map of pages: slower, and just as right.
//!
//! It hashes nothing and iterates over nothing.

#![expect(clippy::inline_always, reason = "steps of one path: a call between them costs as much as they do")]

use std::collections::BTreeMap;

use crate::market::OrderId;

/// Bits of an id that are its place in a page.
const PAGE_BITS: u32 = 8;
/// Places in a page.
const PAGE: usize = 1 << PAGE_BITS;
/// Pages below the first id seen that the table has room for.
const BELOW: u64 = 1 << 10;
/// Most pages in the table: a thousand million ids.
const PAGES_MAX: usize = 1 << 22;

/// Ids to places in the slab; zero is nothing.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// The page that stands first in the table.
    first: u64,
    /// Blocks of pages.
    table: Vec<u32>,
    far: BTreeMap<u64, u32>,
    /// Block zero is that of all pages without one, and stays empty.
    blocks: Vec<Block>,
    /// Blocks nobody uses.
    free: Vec<u32>,
}

/// What a page holds.
#[derive(Clone, Copy, Debug)]
struct Block {
    places: [u32; PAGE],
    /// Entries in use.
    used: u32,
}

const EMPTY: Block = Block { places: [0; PAGE], used: 0 };

impl Default for Directory {
    fn default() -> Self {
        Self { first: 0, table: Vec::new(), far: BTreeMap::new(), blocks: vec![EMPTY], free: Vec::new() }
    }
}

impl Directory {
    /// Where an id's order is; zero if nowhere.
    #[inline(always)]
    pub fn find(&self, id: OrderId) -> u32 {
        self.blocks[self.block(id.0 >> PAGE_BITS)].places[low(id)]
    }

    /// Writes down where an id's order is. Nothing may stand there.
    #[inline(always)]
    pub fn insert(&mut self, id: OrderId, at: u32) {
        let page = id.0 >> PAGE_BITS;
        let block = match self.block(page) {
            0 => self.open(page),
            block => block,
        };
        let block = &mut self.blocks[block];
        let entry = &mut block.places[low(id)];
        assert!(*entry == 0, "order {} is in the book twice", id.0);
        *entry = at;
        block.used += 1;
    }

    /// Forgets an id.
    #[inline(always)]
    pub fn remove(&mut self, id: OrderId) {
        let page = id.0 >> PAGE_BITS;
        let index = self.block(page);
        let block = &mut self.blocks[index];
        block.places[low(id)] = 0;
        block.used -= 1;
        if block.used == 0 {
            self.close(page, index);
        }
    }

    /// Block of a page; zero if it has none.
    #[inline(always)]
    fn block(&self, page: u64) -> usize {
        match self.table.get(self.near(page)) {
            Some(block) => *block as usize,
            None => self.beyond(page),
        }
    }

    #[cold]
    fn beyond(&self, page: u64) -> usize {
        self.far.get(&page).map_or(0, |block| *block as usize)
    }

    /// A page's place in the table, which may end before it.
    #[inline(always)]
    fn near(&self, page: u64) -> usize {
        usize::try_from(page.wrapping_sub(self.first)).unwrap_or(usize::MAX)
    }

    #[cold]
    fn open(&mut self, page: u64) -> usize {
        if self.blocks.len() == 1 {
            self.first = page.saturating_sub(BELOW);
        }
        let block = self.free.pop().unwrap_or_else(|| {
            self.blocks.push(EMPTY);
            u32::try_from(self.blocks.len() - 1).expect("fewer pages than orders")
        });
        let place = self.near(page);
        if place >= PAGES_MAX {
            self.far.insert(page, block);
        } else {
            if place >= self.table.len() {
                self.table.resize(place + 1, 0);
            }
            self.table[place] = block;
        }
        block as usize
    }

    #[cold]
    fn close(&mut self, page: u64, block: usize) {
        let place = self.near(page);
        match self.table.get_mut(place) {
            Some(near) => *near = 0,
            None => {
                self.far.remove(&page);
            }
        }
        self.free.push(u32::try_from(block).expect("fewer pages than orders"));
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
