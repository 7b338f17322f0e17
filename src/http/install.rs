//! The doors for installing the app, and the small pages that people see behind them.

use crate::app::App;
use crate::app::workspaces::install::{BadState, Landed, Return, STATE_LIFE, land};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use std::sync::Arc;

/// The cookie that keeps the browser's half of a state.
const INSTALL_COOKIE: &str = "segments_slack_install";
/// What no browser is to do with these pages: keep them, tell their addresses (a code stands in one), run or load a thing.
const PAGE_HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// `/slack/install`: sends a browser to Slack, which shows what is asked for.
pub(super) async fn start(State(app): State<Arc<App>>) -> Response {
    let Some(oauth) = &app.oauth else { return not_here() };
    let ticket = app.states.issue(app.clock.now());
    let to = oauth.consent_url(&ticket.state).to_string();
    let cookie = cookie(&app, &ticket.cookie, STATE_LIFE.as_secs());
    (StatusCode::SEE_OTHER, PAGE_HEADERS, [(header::LOCATION, to), (header::SET_COOKIE, cookie)]).into_response()
}

/// `/slack/oauth`: where Slack sends the browser back to.
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    back: Result<Query<Return>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if app.oauth.is_none() {
        return not_here();
    }
    let back = back.map(|Query(back)| back).unwrap_or_default();
    let landed = land(&app, back, held(&headers)).await;
    let (status, page) = told(&landed);
    (status, PAGE_HEADERS, [(header::SET_COOKIE, cookie(&app, "", 0))], Html(page.into_string())).into_response()
}

/// The browser's half, as it sent it.
fn held(headers: &HeaderMap) -> &str {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == INSTALL_COOKIE).map_or("", |(_, value)| value)
}

fn cookie(app: &App, value: &str, seconds: u64) -> String {
    let (path, secure) = match &app.settings.public_url {
        Some(url) => (url.path().trim_end_matches('/'), if url.scheme() == "https" { "; Secure" } else { "" }),
        None => ("", ""),
    };
    format!("{INSTALL_COOKIE}={value}; Path={path}/slack/oauth; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn not_here() -> Response {
    let body = html! {
        p { "This server serves the workspace that it was configured for. Others cannot install the app from here." }
        p { "Whoever runs it can allow that with SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SEGMENTS_SLACK_PUBLIC_URL." }
    };
    (StatusCode::NOT_FOUND, PAGE_HEADERS, Html(page("Installing is turned off", &body).into_string())).into_response()
}

/// What became of an installation, in words: what happened, and what to do next.
fn told(landed: &Landed) -> (StatusCode, Markup) {
    let again = html! { p { a href="install" { "Start again" } } };
    let (status, title, body) = match landed {
        Landed::Installed { name, again } => (
            StatusCode::OK,
            "Segments is installed",
            html! {
                @if *again { p { "Segments works in " strong { (name) } " with its new token. What waited goes on now." } }
                @else { p { "Segments is in " strong { (name) } " now." } }
                p { "Next: open a channel in Slack and type " code { "/segments help" } "." }
                p {
                    "Segments.ai's webhooks go to an address of your workspace's own: "
                    code { "/segments connect" } " says which."
                }
            },
        ),
        Landed::BadState(BadState::Foreign) => (
            StatusCode::BAD_REQUEST,
            "This installation was not started here",
            html! {
                p { "It has to begin and end in the same browser, with cookies allowed. Nothing was installed." }
                (again)
            },
        ),
        Landed::BadState(BadState::Expired) => (
            StatusCode::BAD_REQUEST,
            "This took too long",
            html! { p { "An installation has ten minutes. Nothing was installed." } (again) },
        ),
        Landed::BadState(BadState::Reused) => (
            StatusCode::BAD_REQUEST,
            "This was done before",
            html! {
                p { "This page was opened a second time, and nothing was done again. If the first time went well, the app is installed." }
                (again)
            },
        ),
        Landed::Cancelled => (
            StatusCode::OK,
            "Nothing was installed",
            html! { p { "You cancelled at Slack, so nothing has changed." } (again) },
        ),
        Landed::NoCode(why) | Landed::Refused(why) => (
            StatusCode::BAD_REQUEST,
            "Slack did not agree",
            html! {
                p { "Slack said " code { (short(why)) } ". Nothing was installed." }
                p { "If it says so again, tell whoever runs this app." }
                (again)
            },
        ),
        Landed::Away => (
            StatusCode::BAD_GATEWAY,
            "Slack does not answer",
            html! { p { "Nothing is stored here. Please try again in a minute." } (again) },
        ),
        Landed::NotKept => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Slack agreed, and this server could not keep it",
            html! {
                p { "Slack shows the app as installed, and it does nothing yet. Please start again in a minute." }
                (again)
            },
        ),
    };
    (status, page(title, &body))
}

/// Slack's code, or what somebody wrote in its place.
fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(60).collect()
}

fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width"; title { (title) } }
            body { h1 { (title) } (body) }
        }
    }
}
