//! Records that cannot be read: reported once with their key, moved out of the way, and what counts them put right.

use super::keys::{RecordKey, RecordKind};
use super::queues::QueueRecord;
use super::view::StoreView;
use crate::store::StoreError;

/// Sets aside the records of these keys.
pub(super) fn set_aside(view: &mut StoreView, keys: Vec<RecordKey>) -> Result<(), StoreError> {
    for key in keys {
        if !view.move_aside(&key)? {
            continue;
        }
        let workspace = key.workspace();
        let workspace = workspace.as_ref().map_or("", |workspace| workspace.as_str());
        tracing::error!(workspace.id = workspace, record.key = %key, "quarantined record `{key}`, which cannot be read");
        let Some(channel_ref) = key.channel_ref() else { continue };
        if key.is(RecordKind::Ready) || key.is(RecordKind::Held) {
            let mut record = QueueRecord::read(view, &channel_ref)?;
            record.leave();
            record.write(view, &channel_ref)?;
        } else if key.is(RecordKind::Queue) {
            QueueRecord::read(view, &channel_ref)?.write(view, &channel_ref)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::model::{AccountId, ChannelId, Event, EventId, EventType, MessageId, News, Object, Options};
    use crate::model::{ChannelRef, DeadLetterId, WorkspaceId};
    use crate::store::sled::SledStore;
    use crate::store::sled::keys::{RecordKey, RecordKind};
    use crate::store::{CallResult, Durability, IncomingEvent, NewDelivery, RoutingDecision, Store};
    use jiff::Timestamp;
    use std::sync::Arc;
    use tempfile::TempDir;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn channel_ref() -> ChannelRef {
        ChannelRef { workspace: WorkspaceId::parse("T1").unwrap(), channel: ChannelId::parse("C1").unwrap() }
    }

    /// A store with three deliveries in a channel, the last one held.
    async fn store() -> (TempDir, SledStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), Durability::Process).unwrap();
        for number in 0..3 {
            let arrival = IncomingEvent {
                account: AccountId::parse("acc").unwrap(),
                message: MessageId::parse(format!("m{number}")).unwrap(),
                received_at: NOW,
                dataset: None,
                object: None,
                sample: None,
            };
            let not_before = if number == 2 { Timestamp::from_second(9).unwrap() } else { NOW };
            let channel = channel_ref().channel;
            let delivery = NewDelivery {
                channel,
                subscription: 1,
                options: Options::default(),
                not_before,
                reason: crate::model::DeliveryReason::Subscribed,
                digest: None,
            };
            let event = Event {
                event_type: EventType::parse("sample.created"),
                created_at: NOW,
                dataset: None,
                object: Object::Unknown,
                text: None,
            };
            let news =
                News { event, derived: None, changes: Vec::new(), new_comments: 0, sample_name: None, asked_by: None };
            let event = EventId(Uuid::from_u128(number));
            let verdict = RoutingDecision {
                state: None,
                news: Arc::new(news),
                event,
                deliveries: vec![delivery],
                is_stale: false,
            };
            store.accept(&channel_ref().workspace, arrival, Box::new(|_| verdict)).await.unwrap();
        }
        (folder, store)
    }

    fn spoil(store: &SledStore, key: &RecordKey) {
        let db = store.shared.read();
        assert!(db.as_ref().unwrap().insert(key.bytes(), b"1{rubbish").unwrap().is_some());
    }

    async fn due(store: &SledStore, second: i64) -> Vec<u64> {
        let claim = store.pending_work(&channel_ref(), Timestamp::from_second(second).unwrap(), 9).await.unwrap();
        claim.due.iter().map(|(delivery, _)| delivery.sequence).collect()
    }

    #[tokio::test]
    async fn an_unreadable_delivery_blocks_no_other_and_is_not_counted() {
        let (_folder, store) = store().await;
        let ready = RecordKey::numbered(&channel_ref(), RecordKind::Ready, 0);
        spoil(&store, &ready);
        spoil(&store, &RecordKey::numbered(&channel_ref(), RecordKind::Held, 2));
        assert_eq!(due(&store, 9).await, [1]);
        assert_eq!(store.backlog(&channel_ref().workspace).await.unwrap().pending, 1);
        let db = store.shared.read();
        let aside = db.as_ref().unwrap().get(ready.set_aside().bytes()).unwrap();
        assert_eq!(aside.as_deref(), Some(&b"1{rubbish"[..]));
    }

    #[tokio::test]
    async fn a_delivery_whose_event_is_unreadable_becomes_a_dead_letter() {
        let (_folder, store) = store().await;
        spoil(&store, &RecordKey::event(&channel_ref().workspace, NOW, EventId(Uuid::from_u128(0))));
        assert_eq!(due(&store, 0).await, [1]);
        let letters = store.dead_letters(&channel_ref().workspace, 9).await.unwrap();
        assert_eq!(letters.iter().map(|letter| letter.delivery.sequence).collect::<Vec<_>>(), [0]);
        assert_eq!(store.backlog(&channel_ref().workspace).await.unwrap().pending, 2);
    }

    #[tokio::test]
    async fn an_unreadable_lane_gives_no_sequence_of_a_dead_letter_again() {
        let (_folder, store) = store().await;
        let dead = CallResult::Dead { covers: vec![2], error: "no_text".to_owned() };
        store.record_call_result(&channel_ref(), dead, NOW, NOW).await.unwrap();
        spoil(&store, &RecordKey::of(&channel_ref(), RecordKind::Queue));
        let letter = [DeadLetterId { channel: channel_ref().channel, sequence: 2 }];
        assert_eq!(store.retry_dead_letters(&channel_ref().workspace, &letter, NOW).await.unwrap(), letter);
        assert_eq!(due(&store, 0).await, [0, 1, 3]);
    }

    #[tokio::test]
    async fn a_dead_letter_whose_event_is_unreadable_stays() {
        let (_folder, store) = store().await;
        let dead = CallResult::Dead { covers: vec![0], error: "no_text".to_owned() };
        store.record_call_result(&channel_ref(), dead, NOW, NOW).await.unwrap();
        spoil(&store, &RecordKey::event(&channel_ref().workspace, NOW, EventId(Uuid::from_u128(0))));
        let letter = [DeadLetterId { channel: channel_ref().channel, sequence: 0 }];
        assert_eq!(store.retry_dead_letters(&channel_ref().workspace, &letter, NOW).await.unwrap(), []);
        assert_eq!(store.dead_letters(&channel_ref().workspace, 9).await.unwrap().len(), 1);
        assert_eq!(store.drop_dead_letters(&channel_ref().workspace, &letter).await.unwrap(), letter);
    }

    #[tokio::test]
    async fn an_unreadable_lane_is_made_again_from_its_deliveries() {
        let (_folder, store) = store().await;
        spoil(&store, &RecordKey::of(&channel_ref(), RecordKind::Queue));
        assert_eq!(store.channels_with_work(&channel_ref().workspace).await.unwrap(), [channel_ref()]);
        assert_eq!(store.backlog(&channel_ref().workspace).await.unwrap().pending, 3);
        assert_eq!(due(&store, 9).await, [0, 1, 2]);
    }

    #[tokio::test]
    async fn outcomes_stay_in_order_after_their_channel_was_unreadable() {
        let (_folder, store) = store().await;
        for sequence in 0..3 {
            let dead = CallResult::Dead { covers: vec![sequence], error: sequence.to_string() };
            store.record_call_result(&channel_ref(), dead, NOW, NOW).await.unwrap();
            spoil(&store, &RecordKey::of(&channel_ref(), RecordKind::Queue));
        }
        let ended = store.history(&channel_ref(), 9).await.unwrap().ended;
        let events = ended.iter().map(|outcome| outcome.event.0.as_u128());
        assert_eq!(events.collect::<Vec<_>>(), [2, 1, 0]);
    }
}
