//! Pushes what changed to an open page, as server-sent events.

use super::{Desk, Parts, Place};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The shortest time between two updates of the page.
const MIN_UPDATE_INTERVAL: Duration = Duration::from_millis(250);

/// The parts of the page that changed since they were last sent, as HTML under the id of their element; all of them
/// at first, so that a page that was cut off catches up.
pub(super) fn events(desk: Arc<Desk>, place: Place) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (changes, segments) = (desk.page.emulator.changes(), desk.page.segments.changes());
    let outage = desk.outage.subscribe();
    let watching = Watching { desk, place, changes, segments, outage, sent: None, waiting: Vec::new() };
    let events = stream::unfold(watching, |mut watching| async move {
        let (name, html) = watching.next().await?;
        Some((Ok(Event::default().event(name).data(html)), watching))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// One open page.
struct Watching {
    desk: Arc<Desk>,
    place: Place,
    changes: watch::Receiver<u64>,
    segments: watch::Receiver<u64>,
    outage: watch::Receiver<bool>,
    sent: Option<Parts>,
    /// Changed parts that were not sent yet.
    waiting: Vec<(&'static str, String)>,
}

impl Watching {
    /// The next part to send; none once the sandbox ends.
    async fn next(&mut self) -> Option<(&'static str, String)> {
        while self.waiting.is_empty() {
            if self.sent.is_some() {
                let page = &self.desk.page;
                let changed = async {
                    page.clock.sleep(MIN_UPDATE_INTERVAL).await;
                    tokio::select! {
                        changed = self.changes.changed() => changed,
                        changed = self.segments.changed() => changed,
                        changed = self.outage.changed() => changed,
                    }
                };
                page.shutdown.run_until_cancelled(changed).await?.ok()?;
            }
            self.changes.mark_unchanged();
            self.segments.mark_unchanged();
            self.outage.mark_unchanged();
            let parts = self.desk.view(&self.place).map(|view| Parts::of(&view))?;
            self.waiting = parts.changed_since(self.sent.as_ref());
            self.sent = Some(parts);
        }
        self.waiting.pop()
    }
}
