//! Which links are up, and what the trader was told of it.
//!
//! A message is lost if its link was down at any time from its sending to its arrival. Outages of a
//! link may overlap: it is up once the last of them is over.

use super::fault::{Links, Sends};
use crate::market::{Link, LinkEvent, Timestamp};

/// One link.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Outages under way.
    outages: u32,
    /// Whether the trader knows that it is down.
    told: bool,
    /// Since when it is up, if it is.
    since: Timestamp,
    /// Since when the trader's process is at its end of it.
    heard_since: Timestamp,
    /// What becomes of what is sent meanwhile.
    sends: Sends,
}

/// Every link.
#[derive(Clone, Debug)]
pub struct LinkStates([State; 4]);

impl Default for LinkStates {
    fn default() -> Self {
        Self(
            [State { outages: 0, told: false, since: Timestamp::MIN, heard_since: Timestamp::MIN, sends: Sends::Lost };
                4],
        )
    }
}

impl LinkStates {
    /// Whether a command sent on a link at `sent` arrives at the venue now.
    #[must_use]
    pub const fn carries_out(&self, link: Link, sent: Timestamp) -> bool {
        let state = &self.0[link as usize];
        state.outages == 0 && sent.0 >= state.since.0
    }

    /// Whether a message sent on a link at `sent` arrives at the trader now.
    #[must_use]
    pub const fn carries_in(&self, link: Link, sent: Timestamp) -> bool {
        self.carries_out(link, sent) && sent.0 >= self.0[link as usize].heard_since.0
    }

    /// What becomes of what is sent on a link while it is down, and whether the trader knows that it
    /// is; none while it is up.
    #[must_use]
    pub fn down(&self, link: Link) -> Option<(Sends, bool)> {
        let state = &self.0[link as usize];
        (state.outages > 0).then_some((state.sends, state.told))
    }

    /// Links go down.
    pub fn take_down(&mut self, links: Links, sends: Sends) {
        for link in links.each() {
            let state = &mut self.0[link as usize];
            state.outages += 1;
            state.sends = sends;
        }
    }

    /// What the trader is told of links that are down, once.
    pub fn tell(&mut self, links: Links) -> Vec<LinkEvent> {
        let news = links.each().filter(|link| {
            let state = &mut self.0[*link as usize];
            state.outages > 0 && !std::mem::replace(&mut state.told, true)
        });
        news.map(LinkEvent::Down).collect()
    }

    /// Ends one outage of each link; what the trader is told of those that are up again.
    pub fn bring_up(&mut self, links: Links, now: Timestamp) -> Vec<LinkEvent> {
        let mut told = Vec::new();
        for link in links.each() {
            let state = &mut self.0[link as usize];
            state.outages = state.outages.saturating_sub(1);
            if state.outages > 0 {
                continue;
            }
            state.since = now;
            if !std::mem::replace(&mut state.told, false) {
                told.push(LinkEvent::Down(link));
            }
            told.push(LinkEvent::Up(link));
        }
        told
    }

    /// A link that is up begins anew: nothing sent on it before arrives. False if it is down.
    pub fn renew(&mut self, link: Link, at: Timestamp) -> bool {
        let state = &mut self.0[link as usize];
        let up = state.outages == 0;
        if up {
            state.since = at;
        }
        up
    }

    /// A process comes up that believed these links down: what it is told. It connects anew, so that
    /// nothing sent before reaches it.
    pub fn reconnect(&mut self, believed_down: &[Link], now: Timestamp) -> Vec<LinkEvent> {
        let mut told = Vec::new();
        for link in Link::ALL {
            let state = &mut self.0[link as usize];
            state.told = state.outages > 0;
            // What was sent to the venue goes on to it, whatever becomes of who sent it.
            state.heard_since = now;
            if state.told {
                told.push(LinkEvent::Down(link));
            } else {
                told.extend(believed_down.contains(&link).then_some(LinkEvent::Up(link)));
            }
        }
        told
    }

    /// The links the trader believes to be down.
    #[must_use]
    pub fn believed_down(&self) -> Vec<Link> {
        Link::ALL.into_iter().filter(|link| self.0[*link as usize].told).collect()
    }
}
