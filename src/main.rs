//! The command line of seatrial.

fn main() {}
