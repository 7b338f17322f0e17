//! Handles a person's actions on the page: they type, click, act in Segments.ai, and break things.

use super::{BURST, Desk, FORGED, Page, Place, REPLAY, View, Webhook};
use crate::model::MessageTs;
use crate::sandbox::segments::{SendError, Sent};
use crate::sandbox::slack::{self, Fault, Mistake};
use crate::segments::sample;
use axum::extract::{Form, State};
use futures_util::stream::{self, StreamExt};
use http::StatusCode;
use serde::Deserialize;
use std::future;
use std::sync::Arc;

/// Webhooks of a burst.
const BURST_SIZE: usize = 10_000;

/// Webhooks of a burst that wait for their answer at the same time.
const AT_ONCE: usize = 64;

/// One line for the person: what came of it, or what went wrong.
pub(super) type Answer = Result<String, (StatusCode, String)>;

/// A text in the message box.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(flatten)]
    place: Place,
    text: String,
}

/// Sends a message or a slash command as the viewer. What the app answers to a command is shown in the channel.
pub(super) async fn type_text(State(desk): State<Arc<Desk>>, Form(typed): Form<Typed>) -> Answer {
    let View { viewer, channel, .. } = desk.view(&typed.place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    match typed.text.split_whitespace().next().unwrap_or_default() {
        "/segments" => drop(emulator.types(workspace, &viewer.id, &channel.id, &typed.text).await),
        "/invite" => drop(emulator.invite_bot(workspace, &channel.id, &viewer.id).await),
        "/remove" | "/kick" => drop(emulator.remove_bot(workspace, &channel.id, &viewer.id).await),
        command if command.starts_with('/') => {
            let known = "Here are /segments, /invite and /remove.";
            return Err((StatusCode::BAD_REQUEST, format!("{command} is not a command. {known}")));
        }
        _ => drop(emulator.shares(workspace, &viewer.id, &channel.id, &typed.text).await),
    }
    Ok(String::new())
}

/// A click on something in a message or a view.
#[derive(Deserialize)]
pub(super) struct Clicked {
    #[serde(flatten)]
    place: Place,
    /// The message; empty in a view.
    ts: String,
    /// `home` or `modal`; empty in a message.
    view: String,
    action: String,
    /// Of the option that was chosen; empty for a button.
    option: String,
}

/// Clicks as the viewer.
pub(super) async fn click(State(desk): State<Arc<Desk>>, Form(click): Form<Clicked>) -> Answer {
    let View { viewer, channel, .. } = desk.view(&click.place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    let option = Some(click.option.as_str()).filter(|option| !option.is_empty());
    let view = match click.view.as_str() {
        "home" => emulator.home(workspace, &viewer.id),
        "modal" => emulator.modal(workspace, &viewer.id),
        _ => None,
    };
    told(match (view, MessageTs::parse(click.ts)) {
        (Some(view), _) => emulator.clicks_in_view(workspace, &viewer.id, &view, &click.action, option).await,
        (None, Ok(ts)) => emulator.chooses(workspace, &viewer.id, &channel.id, &ts, &click.action, option).await,
        (None, Err(_)) => Err(Mistake::NoModal),
    })
}

/// Describes the app's answer to a person's action.
pub(super) fn told(told: Result<slack::Answer, Mistake>) -> Answer {
    match told {
        Ok(answer) if answer.status == Some(200) => Ok(String::new()),
        Ok(slack::Answer { status: Some(status), .. }) => {
            Err((StatusCode::BAD_GATEWAY, format!("The app answered with HTTP {status}.")))
        }
        Ok(_) => Err((StatusCode::BAD_GATEWAY, "The app did not answer in time.".to_owned())),
        Err(mistake) => Err((StatusCode::NOT_FOUND, mistake.to_string())),
    }
}

/// A button of the panel that plays Segments.ai.
#[derive(Deserialize)]
pub(super) struct Sending {
    event: String,
    dataset: String,
}

/// Sends one webhook; the line begins with the status that the server answered.
pub(super) async fn webhook(State(desk): State<Arc<Desk>>, Form(asked): Form<Sending>) -> Answer {
    let (sender, now) = (&desk.page.sender, desk.page.clock.now());
    let refusal = |text: &str| (StatusCode::BAD_REQUEST, text.to_owned());
    let (event, sent) = match asked.event.as_str() {
        REPLAY => {
            let last = desk.history().last.clone().ok_or_else(|| refusal("Nothing was sent yet."))?;
            let sent = sender.resend(&last.message_id, &last.body, now).await;
            (format!("{} again", last.event), sent)
        }
        BURST => return burst(&desk, &asked.dataset).await,
        FORGED => {
            let body = sample::body("sample.created", &asked.dataset, 1, now).unwrap_or_default();
            ("wrong signature".to_owned(), sender.send_with_wrong_signature(&body, now).await)
        }
        event => {
            let serial = desk.history().serial_for(event);
            let body = sample::body(event, &asked.dataset, serial, now);
            let body = body.ok_or_else(|| refusal("There is no such event."))?;
            // Before a card speaks of it.
            desk.page.segments.see(&body);
            let sent = sender.send(&body, now).await;
            if let Ok(Sent { message_id, .. }) = &sent {
                desk.history().last = Some(Webhook { event: event.to_owned(), body, message_id: message_id.clone() });
            }
            (event.to_owned(), sent)
        }
    };
    sent.map(|sent| format!("{} · {event}", sent.status))
        .map_err(|error: SendError| (StatusCode::BAD_GATEWAY, error.to_string()))
}

/// Sends many new samples as fast as the server takes them, as an upload of a whole dataset does.
async fn burst(desk: &Desk, dataset: &str) -> Answer {
    let Page { sender, segments, clock, .. } = &desk.page;
    let started = clock.now();
    let sent = stream::iter(0..BURST_SIZE).map(|_| async move {
        let serial = desk.history().serial_for("sample.created");
        let body = sample::body("sample.created", dataset, serial, clock.now()).unwrap_or_default();
        segments.see(&body);
        sender.send(&body, clock.now()).await.is_ok_and(|sent| sent.status.is_success())
    });
    let taken = sent.buffer_unordered(AT_ONCE).filter(|taken| future::ready(*taken)).count().await;
    let took = clock.now().duration_since(started).as_secs_f64();
    let status = if taken == BURST_SIZE { "2xx" } else { "not all" };
    Ok(format!("{status} · {taken} of {BURST_SIZE} webhooks taken in {took:.1} s"))
}

/// Something that goes wrong with Slack, at a click.
#[derive(Deserialize)]
pub(super) struct Switched {
    #[serde(flatten)]
    place: Place,
    switch: Switch,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Switch {
    Outage,
    LostAnswer,
    RateLimit,
    Bot,
    Archive,
}

/// Breaks or mends something.
pub(super) async fn switch(State(desk): State<Arc<Desk>>, Form(asked): Form<Switched>) -> Answer {
    let view = desk.view(&asked.place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    let (user, channel) = (&view.viewer.id, &view.channel.id);
    match asked.switch {
        Switch::Outage => {
            emulator.set_outage(!view.outage);
            desk.outage.send_replace(!view.outage);
        }
        Switch::LostAnswer => {
            emulator.fail_next(Fault::LoseAnswer);
            return Ok("The next message will be posted, but the app will not hear of it.".to_owned());
        }
        Switch::RateLimit => {
            emulator.fail_next(Fault::RateLimit { retry_after: 5 });
            return Ok("The next message will be refused with HTTP 429, to be tried again after 5 s.".to_owned());
        }
        Switch::Bot if view.has_bot() => drop(emulator.remove_bot(workspace, channel, user).await),
        Switch::Bot => drop(emulator.invite_bot(workspace, channel, user).await),
        Switch::Archive if view.channel.archived => drop(emulator.unarchive(workspace, channel, user).await),
        Switch::Archive => drop(emulator.archive(workspace, channel, user).await),
    }
    Ok(String::new())
}

pub(super) fn nowhere() -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, "This workspace has no people or no channels.".to_owned())
}
