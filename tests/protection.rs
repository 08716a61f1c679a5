//! Protection through a whole trader (production-rules §3.3, §4.4 to §4.7, §4.12): golden vectors, one
//! table or example per rule, and laws over random walks against a small venue.
//!
//! To repeat: `cargo test --no-default-features --test protection`.

#[path = "vectors/bench.rs"]
mod bench;
#[path = "protection/exits.rs"]
mod exits;
#[path = "protection/floor.rs"]
mod floor;
#[path = "protection/legs.rs"]
mod legs;
#[path = "protection/trailing.rs"]
mod trailing;
#[path = "protection/walks.rs"]
mod walks;
