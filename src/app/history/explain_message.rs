//! Explains a message: the events it covers, and the subscriptions that matched them.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::model::{DeliveryRecord, DeliveryResult, MessageTs, Subscription};
use crate::render::reply::{self, MatchReason, MatchedEvent};
use crate::routing::why::selecting;
use crate::store::StoreError;

/// Returns the events that a message covers, and the words of each subscription that matched.
pub(in crate::app) async fn explain_message(
    app: &App,
    asker: &Asker,
    message: Option<&MessageTs>,
) -> Result<Reply, StoreError> {
    let history = app.store.history(&asker.channel_ref, 0).await?;
    let subscriptions = app.store.channel_subscriptions(&asker.channel_ref).await?.subscriptions;
    let shown = |outcome: &&DeliveryRecord| message.is_some() && outcome.end.message() == message;
    let outcomes: Vec<&DeliveryRecord> = history.ended.iter().filter(shown).collect();
    if outcomes.is_empty() {
        return Ok(Reply::asker(reply::message_forgotten()));
    }
    let folded = outcomes.iter().map(|outcome| match &outcome.end {
        DeliveryResult::Folded { count, .. } => *count,
        _ => 0,
    });
    let count = folded.max().unwrap_or(0).max(outcomes.len() as u64);
    let events: Vec<MatchedEvent> = outcomes.iter().map(|outcome| told(outcome, &subscriptions)).collect();
    Ok(Reply::asker(reply::explain_message(&events, count)))
}

fn told<'a>(outcome: &DeliveryRecord, subscriptions: &'a [Subscription]) -> MatchedEvent<'a> {
    let (gist, number) = (outcome.gist.clone(), outcome.subscription);
    let wish = match subscriptions.iter().find(|subscription| subscription.number == number) {
        None => MatchReason::Removed,
        Some(one) => {
            selecting(&one.rule, &gist).map_or(MatchReason::Changed, |word| MatchReason::Selects(&one.rule, word))
        }
    };
    MatchedEvent { gist, number, wish }
}
