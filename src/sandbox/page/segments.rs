//! The part of the page that shows what is in Segments.ai, where somebody works on it as in its web app.

use super::blocks::string;
use super::drive::{Answer, nowhere};
use super::{Desk, Place, View};
use crate::sandbox::segments_ai::{Fault, Touched};
use crate::segments::api::IssueStatus;
use axum::extract::{Form, State};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The faults that every call to Segments.ai can meet: name, button text, and fault.
const FAULTS: [(&str, &str, Fault); 4] = [
    ("forbidden", "answers 403", Fault::Status(403)),
    ("not_found", "answers 404", Fault::Status(404)),
    ("throttled", "answers 429", Fault::Throttle { retry_after: Some(30), told: Some(30) }),
    ("silent", "does not answer", Fault::Hang),
];

/// The statuses that a label can get, each with its button text.
const STATUSES: [(&str, &str); 4] =
    [("LABELED", "labeled"), ("REVIEWED", "reviewed"), ("REJECTED", "rejected"), ("SKIPPED", "skipped")];

/// Something that is done in Segments.ai, or to it.
#[derive(Deserialize)]
pub(super) struct Work {
    #[serde(flatten)]
    place: Place,
    deed: Deed,
    /// The issue, the sample of the label, or the name of the fault.
    id: String,
    /// Of the label.
    labelset: String,
    /// The reply, or the label's status.
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Resolve,
    Reopen,
    Reply,
    Label,
    Fail,
}

/// Works in Segments.ai under the viewer's name; the webhook of it goes to the server.
pub(super) async fn work(State(desk): State<Arc<Desk>>, Form(work): Form<Work>) -> Answer {
    let View { viewer, .. } = desk.view(&work.place).ok_or_else(nowhere)?;
    let (segments, user) = (&desk.page.segments, viewer.name.as_str());
    let Work { deed, id, labelset, text, .. } = work;
    let there = match deed {
        Deed::Fail => FAULTS.iter().any(|(name, ..)| *name == id),
        Deed::Label => !segments.sample(&id).is_null() && STATUSES.iter().any(|(status, _)| *status == text),
        Deed::Resolve | Deed::Reopen | Deed::Reply => !segments.issue(&id).is_null(),
    };
    if !there {
        return Err((StatusCode::NOT_FOUND, "That is not there any more.".to_owned()));
    }
    match deed {
        Deed::Resolve => segments.resolves(user, &id, IssueStatus::Closed),
        Deed::Reopen => segments.resolves(user, &id, IssueStatus::Open),
        Deed::Reply if text.trim().is_empty() => {
            return Err((StatusCode::BAD_REQUEST, "A reply has to say something.".to_owned()));
        }
        Deed::Reply => segments.replies(user, &id, text.trim()),
        Deed::Label => segments.labels(user, &id, &labelset, &text),
        Deed::Fail => {
            let fault = FAULTS.into_iter().find(|(name, ..)| *name == id).map(|(.., fault)| fault);
            segments.fail_always(fault.filter(|fault| segments.always_failing().as_ref() != Some(fault)));
        }
    }
    Ok(String::new())
}

/// What there is to do, and what can go wrong. Each part has an id, so that a change of one leaves the others alone.
pub(super) fn world(view: &View) -> Markup {
    html! {
        p #segments-calls { "When the app calls it, it" }
        div.row #segments-faults {
            @for (name, label, fault) in &FAULTS {
                button.button #{ "fault-" (name) } type="button" data-deed="fail" data-id=(name)
                    aria-pressed=(view.segments_fault.as_ref() == Some(fault)) { (label) }
            }
        }
        @if let Some(needed) = &view.asks_for {
            p #asks-for { "Your server has not asked this Segments.ai for anything yet. To act on it, it needs " code { (needed) } "." }
        }
        @if view.touched.is_empty() {
            p #nothing-to-do { "Nothing to do yet: send an issue or a label." }
        }
        @for touched in &view.touched { (sample(touched)) }
    }
}

fn sample(touched: &Touched) -> Markup {
    let Touched { dataset, sample, labels, issues } = touched;
    html! {
        section.work #{ "work-" (string(sample, "uuid")) } aria-label=(string(sample, "name")) {
            h3 { (string(sample, "name")) }
            p { (dataset) }
            @for (field, what) in [("assigned_labeler", "labels it"), ("assigned_reviewer", "reviews it")] {
                @if let Some(name) = sample[field].as_str() { p { (name) " " (what) } }
            }
            @for label in labels { (self::label(label)) }
            @for issue in issues { (self::issue(issue)) }
        }
    }
}

fn label(label: &Value) -> Markup {
    let (sample, labelset, status) =
        (string(label, "sample_uuid"), string(label, "labelset"), string(label, "label_status"));
    html! {
        p { (labelset) ": " b { (status) } }
        div.row {
            @for (value, name) in STATUSES {
                button.button #{ (value) "-" (labelset) "-" (sample) } type="button" data-deed="label" data-id=(sample)
                    data-labelset=(labelset) data-text=(value) aria-pressed=(status == value) { (name) }
            }
        }
    }
}

fn issue(issue: &Value) -> Markup {
    let (id, is_open) = (string(issue, "uuid"), string(issue, "status") == "OPEN");
    let replies = issue["comments"].as_array().map_or(0, Vec::len);
    html! {
        blockquote { (string(issue, "description")) }
        p {
            b { @if is_open { "open" } @else { "resolved" } }
            " · " (replies) @if replies == 1 { " reply" } @else { " replies" }
        }
        div.row {
            button.button #{ "status-" (id) } type="button" data-deed=(if is_open { "resolve" } else { "reopen" }) data-id=(id) {
                @if is_open { "resolve" } @else { "reopen" }
            }
            button.button #{ "reply-" (id) } type="button" data-deed="reply" data-id=(id) { "reply" }
        }
    }
}
