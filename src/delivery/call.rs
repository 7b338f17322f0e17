//! One call to Slack: render, record the call, make it, and record the result.

use super::pace::Pace;
use super::plan::{Call, Planned};
use super::retry::{Step, UNKNOWN_ATTEMPTS, decide};
use super::{DeliveryWorkers, NextStep, pace, thread};
use crate::clock::id_at;
use crate::model::subscription::Style;
use crate::model::{
    AccountId, BatchMessage, ChannelRef, Delivery, DigestMessage, EndedMutes, Live, MessageTs, Pause, PauseReason,
    People,
};
use crate::render::{
    AllowedActions, CardContext, FallbackLevel, Message, batch, card, digest, in_thread, parent, reply,
};
use crate::slack::api::Posted;
use crate::slack::error::SlackError;
use crate::store::{CallResult, PendingCall, StoreError};
use jiff::Timestamp;
use tracing::{debug, error, info, warn};

/// The clocks of Slack and of this machine may differ by so many seconds; by more, and no request is believed.
const CLOCK_SKEW_SECONDS: i64 = 5 * 60;
/// What tells of ended mutes has no delivery that counts its refusals: it is asked for at this pace while Slack is away,
/// and given up at the first refusal that is not understood.
pub(super) const NOTICE_ATTEMPTS: u32 = UNKNOWN_ATTEMPTS;
/// A call is over so many seconds after its intent, however often its looks were refused.
const CALL_SECONDS: i64 = 2 * 60;

impl DeliveryWorkers {
    /// Shows what was planned, in the simplest form that Slack takes.
    pub(super) async fn deliver(&self, channel_ref: &ChannelRef, planned: Planned<'_>) -> Result<NextStep, StoreError> {
        let at = self.parts.clock.now();
        let Planned { call, covers, anchors, attempts, .. } = planned;
        let mut intent = PendingCall { anchors, ..PendingCall::new(id_at(at), covers, at) };
        let people = self.parts.people.of(&channel_ref.workspace);
        let message = match call {
            Call::Card { delivery, news, updates } => {
                card(&news, &self.showing(channel_ref, delivery, &people, updates, at))
            }
            Call::Reply { delivery, news, thread } => {
                intent.thread = thread;
                let broadcast = intent.thread.as_ref().is_some_and(|thread| thread.broadcast);
                let is_elsewhere = broadcast || intent.anchors.is_empty();
                in_thread(&news, &self.showing(channel_ref, delivery, &people, 1, at), is_elsewhere)
            }
            Call::EditParent(anchor) => {
                intent.edits.clone_from(&anchor.ts);
                parent(&anchor, &people, &self.parts.app_url, self.acts(channel_ref, anchor.account.as_ref()))
            }
            Call::OpenFold(shown) | Call::EditFold(shown) | Call::CloseFold(shown) => {
                intent.edits.clone_from(&shown.live.ts);
                batch(intent.fold.insert(shown), &self.parts.app_url)
            }
            Call::Digest(shown) => {
                intent.edits.clone_from(&shown.live.ts);
                let states = self.parts.lookup.states(&channel_ref.workspace, &shown).await?;
                digest(intent.digest.insert(shown), &states, &self.parts.app_url)
            }
        };
        self.call(channel_ref, &message, intent, attempts).await
    }

    /// Says that mutes are over and how many deliveries they held, which come next.
    pub(super) async fn report_ended_mutes(
        &self,
        channel_ref: &ChannelRef,
        ended: &EndedMutes,
        at: Timestamp,
    ) -> Result<NextStep, StoreError> {
        let intent = PendingCall { mutes_ended: Some(at), ..PendingCall::new(id_at(at), Vec::new(), at) };
        self.call(channel_ref, &reply::mutes_ended(ended), intent, NOTICE_ATTEMPTS).await
    }

    async fn call(
        &self,
        channel_ref: &ChannelRef,
        message: &Message,
        intent: PendingCall,
        attempts: u32,
    ) -> Result<NextStep, StoreError> {
        self.parts.store.begin_call(channel_ref, intent.clone()).await?;
        match self.show(channel_ref, message, &intent).await {
            Ok(posted) => self.done(channel_ref, intent, posted).await,
            Err(unclear) if decide(&unclear, 0, intent.at, 0.0) == Step::Reconcile => {
                warn!(channel = %channel_ref, "Slack did not confirm a message to {channel_ref} ({unclear}); checking the channel history");
                self.reconcile(channel_ref, intent, attempts, &unclear).await
            }
            Err(refused) => {
                let step = decide(&refused, attempts, self.parts.clock.now(), jitter());
                self.failed(channel_ref, intent, attempts, &refused, step).await
            }
        }
    }

    /// What can be changed of what comes from an endpoint.
    fn acts(&self, channel_ref: &ChannelRef, account: Option<&AccountId>) -> AllowedActions {
        account.map_or(AllowedActions::Nothing, |account| self.parts.keyed.acts(&channel_ref.workspace, account))
    }

    fn showing<'a>(
        &'a self,
        channel_ref: &ChannelRef,
        delivery: &'a Delivery,
        people: &'a People,
        updates: usize,
        now: Timestamp,
    ) -> CardContext<'a> {
        CardContext {
            subscription: delivery.subscription,
            style: delivery.options.style.unwrap_or(Style::Card),
            mention: &delivery.options.mention,
            people,
            app_url: &self.parts.app_url,
            now,
            test: false,
            updates,
            acts: self.acts(channel_ref, delivery.account.as_ref()),
        }
    }

    /// Posts or edits, going down the ladder of looks where Slack refuses them.
    async fn show(
        &self,
        channel_ref: &ChannelRef,
        message: &Message,
        intent: &PendingCall,
    ) -> Result<Posted, SlackError> {
        let mut rung = FallbackLevel::Whole;
        let answer = loop {
            let content = message.content(rung);
            let slack = &self.parts.slack;
            let in_channel = |ts: MessageTs| Posted { ts, thread: None };
            let answer = match (&intent.edits, &intent.thread) {
                (Some(ts), _) => slack.update(channel_ref, ts, content).await.map(|()| in_channel(ts.clone())),
                (None, Some(thread)) => match slack.reply(channel_ref, thread, content.clone(), intent.call).await {
                    // The message that it was done from is gone: it is said in the channel.
                    Err(gone) if intent.anchors.is_empty() && thread::takes_no_reply(&gone) => {
                        slack.post(channel_ref, content, intent.call).await.map(in_channel)
                    }
                    replied => replied,
                },
                (None, None) => slack.post(channel_ref, content, intent.call).await.map(in_channel),
            };
            self.parts.metrics.slack_calls.count(answer.as_ref().map_or_else(SlackError::word, |_| "ok"));
            match (&answer, rung.below()) {
                (Err(refused), Some(simpler)) if decide(refused, 0, intent.at, 0.0) == Step::Simpler => {
                    warn!(channel = %channel_ref, call = %intent.call, "Slack rejected the layout of a message to {channel_ref}: {refused}");
                    rung = simpler;
                }
                _ => break answer,
            }
        };
        if let Err(SlackError::Limited(wait)) = &answer {
            self.note_limit(if intent.edits.is_some() { Pace::Shared } else { Pace::Post }, channel_ref, *wait);
        }
        match rung {
            FallbackLevel::Whole => {}
            FallbackLevel::WithoutImages => self.parts.metrics.fallbacks.count("without_images"),
            FallbackLevel::TextOnly => self.parts.metrics.fallbacks.count("text_only"),
        }
        answer
    }

    /// A call was begun and its outcome is not known, for this reason. An edit is made again, since that changes nothing
    /// more; for a new message, looks in the channel whether it is there.
    pub(super) async fn reconcile(
        &self,
        channel_ref: &ChannelRef,
        intent: PendingCall,
        attempts: u32,
        why: &SlackError,
    ) -> Result<NextStep, StoreError> {
        if intent.edits.is_some() {
            return self.retry_call(channel_ref, intent, attempts, why).await;
        }
        let begun = intent.at.as_second();
        let times = begun - CLOCK_SKEW_SECONDS..begun + CALL_SECONDS + CLOCK_SKEW_SECONDS;
        let asked_at = self.parts.clock.now();
        if let Err(turn) = self.look_turn(channel_ref, asked_at) {
            return Ok(NextStep::At(turn));
        }
        match self.parts.slack.find_call(channel_ref, intent.thread.as_ref(), intent.call, times).await {
            Ok(Some(posted)) => self.done(channel_ref, intent, posted).await,
            Ok(None) => match pace::not_over_until(intent.at, asked_at).filter(|_| *why == SlackError::Lost) {
                Some(end) => Ok(NextStep::At(end)),
                None => self.retry_call(channel_ref, intent, attempts, why).await,
            },
            Err(refused) => {
                let now = self.parts.clock.now();
                if let SlackError::Limited(wait) = &refused {
                    self.note_limit(Pace::Shared, channel_ref, *wait);
                }
                let missing_scope = matches!(&refused, SlackError::Refused(code) if code == "missing_scope");
                match decide(&refused, UNKNOWN_ATTEMPTS - 1, now, 0.0) {
                    Step::PauseWorkspace if !missing_scope => {
                        self.reject_workspace(&channel_ref.workspace, PauseReason(refused.to_string()));
                        Ok(NextStep::Idle)
                    }
                    Step::Retry { at, counted: false } => Ok(NextStep::At(at)),
                    Step::Retry { .. } | Step::Reconcile => Ok(NextStep::At(pace::look_again(intent.at, now))),
                    Step::PauseWorkspace | Step::PauseChannel | Step::Simpler | Step::Dead => {
                        warn!(channel = %channel_ref, "could not read the history of {channel_ref} ({refused}); posting again, which may post a duplicate");
                        self.parts.metrics.deliveries.count("possible_duplicate");
                        self.retry_call(channel_ref, intent, attempts, why).await
                    }
                }
            }
        }
    }

    /// A call was not done, as far as can be known: it is made again like one that never reached Slack.
    async fn retry_call(
        &self,
        channel_ref: &ChannelRef,
        intent: PendingCall,
        attempts: u32,
        why: &SlackError,
    ) -> Result<NextStep, StoreError> {
        let step = decide(&SlackError::Unreachable, attempts, self.parts.clock.now(), jitter());
        self.failed(channel_ref, intent, attempts, why, step).await
    }

    async fn done(
        &self,
        channel_ref: &ChannelRef,
        intent: PendingCall,
        posted: Posted,
    ) -> Result<NextStep, StoreError> {
        let now = self.parts.clock.now();
        let anchors = thread::done(&intent, &posted);
        let (PendingCall { edits, covers, fold, digest, .. }, ts) = (intent, posted.ts);
        debug!(channel = %channel_ref, message.ts = %ts, "delivered {covers:?} to {channel_ref}");
        // Slack's limit of a message a second is one for new messages.
        let (next_at, outcome) = if edits.is_some() { (now, "edited") } else { (pace::next_call(now), "posted") };
        let fold = fold.map(|fold| Box::new(fold.posted_as(ts.clone())));
        let digest = digest.map(|digest| Box::new(digest.posted_as(ts.clone())));
        self.settle(channel_ref, CallResult::Done { covers, ts, fold, digest, anchors }, next_at).await?;
        self.parts.metrics.deliveries.count(outcome);
        Ok(NextStep::Immediately)
    }

    async fn failed(
        &self,
        channel_ref: &ChannelRef,
        intent: PendingCall,
        attempts: u32,
        why: &SlackError,
        step: Step,
    ) -> Result<NextStep, StoreError> {
        let now = self.parts.clock.now();
        if let Some((ts, anchors, next_at)) = thread::refused(&intent, attempts, why, step, now) {
            info!(channel = %channel_ref, message.ts = %ts, "the thread of message {ts} in {channel_ref} has changed: {why}");
            let done = CallResult::Done { covers: Vec::new(), ts, fold: None, digest: None, anchors };
            self.settle(channel_ref, done, next_at).await?;
            return Ok(NextStep::Immediately);
        }
        let PendingCall { edits, covers, fold, digest, .. } = intent;
        if let Some(ts) = edits
            && !matches!(step, Step::PauseChannel | Step::PauseWorkspace)
        {
            // What is not taken as an edit in the end becomes a message of its own.
            if thread::is_gone(why) || matches!(step, Step::Simpler | Step::Dead) {
                info!(channel = %channel_ref, message.ts = %ts, "message {ts} in {channel_ref} can no longer be edited: {why}");
                let (fold, digest) = (fold.map(|fold| fold.closed()), digest.map(|digest| digest.closed()));
                return self.reschedule_edit(channel_ref, ts, fold, digest, now).await;
            }
            if covers.is_empty() {
                let fold = fold.map(|fold| fold.retry_close(now));
                let digest = digest.map(|digest| digest.retry_close(now));
                return self.reschedule_edit(channel_ref, ts, fold, digest, now).await;
            }
        }
        self.apply_decision(channel_ref, covers, attempts, why, step).await
    }

    pub(super) async fn apply_decision(
        &self,
        channel_ref: &ChannelRef,
        covers: Vec<u64>,
        attempts: u32,
        why: &SlackError,
        step: Step,
    ) -> Result<NextStep, StoreError> {
        let now = self.parts.clock.now();
        let error = why.to_string();
        match step {
            // The intent stands: the next step looks for it.
            Step::Reconcile => {}
            Step::Retry { at, counted } => {
                info!(channel = %channel_ref, attempts, "could not post a message to {channel_ref}: {error}; retrying at {at}");
                self.parts.metrics.deliveries.count("retried");
                self.settle(channel_ref, CallResult::Retry { covers, not_before: at, counted, error }, at).await?;
            }
            Step::PauseChannel => {
                warn!(channel = %channel_ref, "Slack rejected {channel_ref} ({error}); its subscriptions are paused");
                self.parts.metrics.deliveries.count("paused");
                let pause = Pause { reason: PauseReason(error), since: now };
                self.settle(channel_ref, CallResult::Paused(pause), now).await?;
                self.pauses.send_replace(());
            }
            Step::PauseWorkspace => {
                self.settle(channel_ref, CallResult::Retry { covers, not_before: now, counted: false, error }, now)
                    .await?;
                self.reject_workspace(&channel_ref.workspace, PauseReason(why.to_string()));
            }
            Step::Simpler | Step::Dead => {
                error!(channel = %channel_ref, attempts, "moved a delivery to {channel_ref} to the dead letters: {error}");
                self.parts.metrics.deliveries.count("dead");
                self.settle(channel_ref, CallResult::Dead { covers, error }, pace::next_call(now)).await?;
            }
        }
        Ok(NextStep::Immediately)
    }

    /// Keeps what becomes of a fold or digest that could not be edited; the deliveries are planned anew.
    async fn reschedule_edit(
        &self,
        channel_ref: &ChannelRef,
        ts: MessageTs,
        fold: Option<BatchMessage>,
        digest: Option<DigestMessage>,
        now: Timestamp,
    ) -> Result<NextStep, StoreError> {
        let (fold, digest) = (fold.map(Box::new), digest.map(Box::new));
        let done = CallResult::Done { covers: Vec::new(), ts, fold, digest, anchors: Vec::new() };
        self.settle(channel_ref, done, now).await?;
        Ok(NextStep::Immediately)
    }

    async fn settle(&self, channel_ref: &ChannelRef, how: CallResult, next_at: Timestamp) -> Result<(), StoreError> {
        self.parts.store.record_call_result(channel_ref, how, self.parts.clock.now(), next_at).await
    }
}

/// A number from 0 to 1 from the random bits of an id.
pub(super) fn jitter() -> f64 {
    let byte = uuid::Uuid::new_v4().as_bytes()[0];
    f64::from(byte) / 255.0
}
