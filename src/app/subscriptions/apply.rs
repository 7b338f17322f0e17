//! The one place that edits a channel's subscriptions and mutes: read, plan, write, and plan again after a conflict.

use crate::app::App;
use crate::app::answer::Asker;
use crate::app::permission::Allowed;
use crate::app::subscriptions::changes::PlannedChange;
use crate::app::subscriptions::hold;
use crate::clock::{id_at, later};
use crate::model::subscription::{Digest, Quiet};
use crate::model::{AuditEntry, ChannelRef, Subscription};
use crate::render::{Message, reply};
use crate::store::{ChannelSubscriptions, EditResult, Store, StoreError, SubscriptionEdit};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// The time during which a change can be undone.
pub(in crate::app) const UNDO_PERIOD: Duration = Duration::from_mins(10);
/// The number of times that a change is planned again because someone else changed the channel.
const EDIT_CONFLICT_RETRIES: usize = 8;

/// The author of a change.
#[derive(Clone, Copy)]
enum Author<'a> {
    /// A person in the channel.
    Person(&'a Asker),
    /// The operator of the server, who imports a file.
    Operator,
}

/// A change of one channel, apart from its content. A person's change cannot be made without proof of their permission.
pub(in crate::app) struct ChannelEdit<'a> {
    store: &'a dyn Store,
    /// The running server, if there is one: its index and its held deliveries follow the change.
    live: Option<&'a App>,
    channel_ref: &'a ChannelRef,
    author: Author<'a>,
    /// The command that does the same, for the audit log.
    typed: &'a str,
    /// The earlier change that this one undoes.
    undoes: Option<Uuid>,
    /// The time of the change.
    at: Timestamp,
}

/// A change that was applied, or that had nothing to change.
pub(in crate::app) struct Applied {
    /// The planned change.
    pub(in crate::app) draft: PlannedChange,
    /// The id that undoes it; none if nothing was written or it cannot be undone.
    pub(in crate::app) undo: Option<Uuid>,
    /// True if the channel had no subscription before.
    pub(in crate::app) first: bool,
    /// The number of deliveries that are no longer held because of it.
    pub(in crate::app) released: u64,
}

/// A reason why a change was not applied. Nothing was written.
#[derive(Debug)]
pub(in crate::app) enum NotApplied<E> {
    /// The planner rejected it.
    Rejected(E),
    /// The same request was carried out before; these are the channel's subscriptions now.
    Repeated(Vec<Subscription>),
    /// Others changed the channel too many times.
    Conflict,
    /// The store failed.
    Store(StoreError),
}

impl<E> From<StoreError> for NotApplied<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl NotApplied<Message> {
    /// Returns the message for the person; `conflict` names the change that kept meeting others.
    pub(in crate::app) fn into_message(self, conflict: &str) -> Result<Message, StoreError> {
        match self {
            Self::Rejected(message) => Ok(message),
            Self::Repeated(subscriptions) => Ok(reply::list(&subscriptions, 0)),
            Self::Conflict => Ok(reply::unavailable(conflict)),
            Self::Store(error) => Err(error),
        }
    }
}

impl<'a> ChannelEdit<'a> {
    /// Creates a change by a person in the channel where they asked for it.
    pub(in crate::app) fn by(app: &'a App, asker: &'a Asker, _: &Allowed, typed: &'a str) -> Self {
        Self {
            store: &*app.store,
            live: Some(app),
            channel_ref: &asker.channel_ref,
            author: Author::Person(asker),
            typed,
            undoes: None,
            at: app.clock.now(),
        }
    }

    /// Creates a change by the operator of the server, who imports a file.
    pub(in crate::app) fn by_operator(
        store: &'a dyn Store,
        live: Option<&'a App>,
        channel_ref: &'a ChannelRef,
        typed: &'a str,
        at: Timestamp,
    ) -> Self {
        Self { store, live, channel_ref, author: Author::Operator, typed, undoes: None, at }
    }

    /// Marks it as the undo of an earlier change.
    pub(in crate::app) fn undoing(self, id: Uuid) -> Self {
        Self { undoes: Some(id), ..self }
    }

    /// Returns the time of the change.
    pub(in crate::app) fn at(&self) -> Timestamp {
        self.at
    }

    /// Writes the change that `plan` makes of the channel's subscriptions and mutes. Plans again if someone else changed
    /// them in between, at most [`EDIT_CONFLICT_RETRIES`] times.
    pub(in crate::app) async fn apply<E>(
        &self,
        mut plan: impl FnMut(&ChannelSubscriptions) -> Result<PlannedChange, E>,
    ) -> Result<Applied, NotApplied<E>> {
        for _ in 0..EDIT_CONFLICT_RETRIES {
            let book = self.store.channel_subscriptions(self.channel_ref).await?;
            let draft = plan(&book).map_err(NotApplied::Rejected)?;
            if draft.is_empty() {
                return Ok(Applied { draft, undo: None, first: false, released: 0 });
            }
            let edit = self.edit(&book, &draft);
            let undo = edit.undo.as_ref().map(|undo| undo.id);
            match self.store.edit_subscriptions(self.channel_ref, edit).await? {
                EditResult::Stored => {
                    let released = self.follow(&book, &draft).await?;
                    return Ok(Applied { draft, undo, first: book.subscriptions.is_empty(), released });
                }
                EditResult::Repeated => return Err(NotApplied::Repeated(book.subscriptions)),
                EditResult::Conflict => {}
            }
        }
        Err(NotApplied::Conflict)
    }

    fn edit(&self, book: &ChannelSubscriptions, draft: &PlannedChange) -> SubscriptionEdit {
        let at = self.at;
        let (cause, audit_entry, undo) = match self.author {
            Author::Person(asker) => {
                let can_undo = self.undoes.is_none() && draft.mutes.is_none();
                let undo = can_undo.then(|| draft.undo(book, id_at(at), asker, later(at, UNDO_PERIOD)));
                (Some(asker.cause.clone()), asker.audit_entry(at, self.typed), undo)
            }
            Author::Operator => {
                let typed = AuditEntry::shortened(self.typed);
                (None, AuditEntry { at, by: None, channel: Some(self.channel_ref.channel.clone()), typed }, None)
            }
        };
        SubscriptionEdit {
            revision: book.revision,
            put: draft.put.clone(),
            remove: draft.remove.clone(),
            mutes: draft.mutes.clone(),
            next_number: draft.next_number,
            cause,
            undo,
            undoes: self.undoes,
            audit_entry: Some(audit_entry),
            at,
        }
    }

    /// Updates the index, then the deliveries that are held: events that arrive from here on already follow the change.
    async fn follow(&self, book: &ChannelSubscriptions, draft: &PlannedChange) -> Result<u64, StoreError> {
        let Some(app) = self.live else { return Ok(0) };
        app.reindex(self.channel_ref).await?;
        let retimed = retimed(book, draft);
        if retimed.is_empty() && draft.mutes.is_none() {
            return Ok(0);
        }
        hold::release(app, self.channel_ref, &retimed).await
    }
}

/// Returns the numbers of the subscriptions whose times the draft changes.
fn retimed(book: &ChannelSubscriptions, draft: &PlannedChange) -> Vec<u32> {
    fn times(of: &Subscription) -> (&Option<Digest>, &Option<Quiet>, &Option<String>) {
        (&of.rule.options.digest, &of.rule.options.quiet, &of.time_zone)
    }
    let before = |number| book.subscriptions.iter().find(|one| one.number == number);
    let moved = |after: &&Subscription| before(after.number).is_some_and(|before| times(before) != times(after));
    draft.put.iter().filter(moved).map(|one| one.number).collect()
}
