//! `/segments test`: posts a sample card through the normal delivery.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::clock::id_at;
use crate::model::event::KnownType;
use crate::model::subscription::Style;
use crate::model::{DatasetName, Derived, News, Rule, Subscription};
use crate::render::{AllowedActions, CardContext, FallbackLevel, card, reply};
use crate::routing::derive;
use crate::segments::decode::{Decoded, decode};
use crate::segments::sample;
use crate::slack::command::Target;
use crate::slack::error::SlackError;
use crate::store::StoreError;
use jiff::Timestamp;
use tracing::warn;

/// The dataset of sample events if the pattern names none.
const EXAMPLE_DATASET: &str = "jane/flowers";

/// Posts a sample card for a subscription: of the named event, or of one that it selects.
pub(in crate::app) async fn post(
    app: &App,
    asker: &Asker,
    target: Option<&Target>,
    event: Option<&str>,
) -> Result<Reply, StoreError> {
    let subscriptions = app.store.channel_subscriptions(&asker.channel_ref).await?.subscriptions;
    let meant = |subscription: &&Subscription| match target {
        Some(Target::Number(number)) => subscription.number == *number,
        Some(Target::Dataset(dataset)) => subscription.rule.dataset == *dataset,
        Some(Target::All) | None => true,
    };
    let Some(subscription) = subscriptions.iter().find(meant) else {
        return Ok(Reply::asker(match target {
            Some(target) if !subscriptions.is_empty() => {
                reply::no_such_subscription(&target.to_string(), &subscriptions)
            }
            _ => reply::test_nothing_to_show(),
        }));
    };
    let rule = &subscription.rule;
    let event = match event {
        Some(event) if !selects(rule, event) => {
            return Ok(Reply::asker(reply::test_event_not_selected(event, subscription.number, rule)));
        }
        Some(event) => event,
        None => first_selected(rule),
    };
    let now = app.clock.now();
    let Some(news) = sample_news(event, &dataset(app, asker, rule), now) else {
        return Ok(Reply::asker(reply::test_nothing_to_show()));
    };
    let options = &rule.options;
    let showing = CardContext {
        subscription: subscription.number,
        style: options.style.unwrap_or(Style::Card),
        mention: &options.mention,
        people: &app.people.of(&asker.channel_ref.workspace),
        app_url: &app.settings.app_url,
        now,
        test: true,
        updates: 1,
        acts: AllowedActions::Nothing,
    };
    let content = card(&news, &showing).content(FallbackLevel::Whole);
    let posted = reply::test_posted(subscription.number, true);
    // Slack repeats a command whose acknowledgement was lost.
    if !app.store.note_trigger(&asker.channel_ref, &asker.cause, now).await? {
        return Ok(Reply::asker(posted));
    }
    Ok(Reply::asker(match app.slack.api.post(&asker.channel_ref, content, id_at(now)).await {
        Ok(_) => posted,
        Err(SlackError::Refused(code)) => reply::still_rejected(&code),
        Err(error) => {
            warn!(channel_ref = %asker.channel_ref, "could not post a sample card to {}: {error}", asker.channel_ref);
            reply::unavailable("post a sample card")
        }
    }))
}

fn selects(rule: &Rule, event: &str) -> bool {
    match Derived::parse(event) {
        Some(derived) => rule.events.admits(derived.parent().as_str(), Some(derived.as_str())),
        None => rule.events.admits(event, None),
    }
}

/// Returns an event that a rule selects; an unknown derived event falls back to a plain one.
fn first_selected(rule: &Rule) -> &'static str {
    let known = KnownType::ALL.iter().map(|known| known.as_str());
    let derived = Derived::ALL.iter().map(|derived| derived.as_str());
    known.chain(derived).find(|event| selects(rule, event)).unwrap_or(KnownType::SampleCreated.as_str())
}

fn dataset(app: &App, asker: &Asker, rule: &Rule) -> String {
    let pattern = &rule.dataset;
    if pattern.owner.is_literal() && pattern.name.is_literal() {
        return pattern.to_string();
    }
    let index = app.index.read();
    let seen = index.datasets(&asker.channel_ref.workspace).find(|dataset| pattern.matches(Some(dataset)));
    seen.map_or_else(|| EXAMPLE_DATASET.to_owned(), DatasetName::to_string)
}

/// Builds the event of a made-up webhook in the same way as a real one.
fn sample_news(event: &str, dataset: &str, now: Timestamp) -> Option<News> {
    let body = sample::body(event, dataset, 42, now)?.to_string();
    let Ok(Decoded::Event(decoded)) = decode(body.as_bytes(), now) else { return None };
    let (mut news, _) = derive(*decoded, None, None);
    news.derived = Derived::parse(event).or(news.derived);
    Some(news)
}
