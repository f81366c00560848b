//! Two links that talk through memory.

use crate::protocol::{Hello, Link, LinkEvent, Role};

pub(super) struct Pair {
    pub(super) client: Link,
    pub(super) server: Link,
}

impl Pair {
    /// Two links that have not exchanged anything.
    pub(super) fn closed(client: Hello, server: Hello) -> Pair {
        Pair {
            client: Link::new(Role::Client, client).unwrap(),
            server: Link::new(Role::Server, server).unwrap(),
        }
    }

    /// Two open links; the events of opening have been taken.
    pub(super) fn open(client: Hello, server: Hello) -> Pair {
        let mut pair = Pair::closed(client, server);
        pair.settle();
        assert!(matches!(
            pair.client.poll_event(),
            Some(LinkEvent::Opened(_))
        ));
        assert!(matches!(
            pair.server.poll_event(),
            Some(LinkEvent::Opened(_))
        ));
        pair
    }

    /// Moves everything in both directions until nothing is left to send.
    pub(super) fn settle(&mut self) {
        while self.client.has_output() || self.server.has_output() {
            let sent = carry(&mut self.client, &mut self.server)
                + carry(&mut self.server, &mut self.client);
            assert!(sent > 0, "a link has output but gives none");
        }
    }
}

/// Moves one chunk; returns its bytes.
pub(super) fn carry(from: &mut Link, to: &mut Link) -> usize {
    let bytes = from.output().to_vec();
    from.consume(bytes.len());
    to.receive(&bytes).unwrap();
    bytes.len()
}

pub(super) fn events(link: &mut Link) -> Vec<LinkEvent> {
    std::iter::from_fn(|| link.poll_event()).collect()
}

/// The one event that there is.
pub(super) fn event(link: &mut Link) -> LinkEvent {
    let mut all = events(link);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}
