//! The routes for installing the app, and the pages that people see.

use crate::app::App;
use crate::app::workspaces::install::{BadState, InstallResult, OauthReturn, STATE_LIFETIME, finish_install};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use std::sync::Arc;

/// Name of the cookie that binds an installation to a browser.
const INSTALL_COOKIE: &str = "segments_slack_install";
/// Headers that keep browsers from caching pages, sending their URLs (which contain a code), and loading or running content.
const PAGE_HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Handles `/slack/install`: redirects to the consent page of Slack.
pub(super) async fn start(State(app): State<Arc<App>>) -> Response {
    let Some(oauth) = &app.installations.oauth else { return installation_off() };
    let ticket = app.installations.oauth_states.issue(app.clock.now());
    let to = oauth.consent_url(&ticket.state).to_string();
    let cookie = cookie(&app, &ticket.cookie, STATE_LIFETIME.as_secs());
    (StatusCode::SEE_OTHER, PAGE_HEADERS, [(header::LOCATION, to), (header::SET_COOKIE, cookie)]).into_response()
}

/// Handles `/slack/oauth`: finishes an installation when Slack redirects back.
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    back: Result<Query<OauthReturn>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if app.installations.oauth.is_none() {
        return installation_off();
    }
    let back = back.map(|Query(back)| back).unwrap_or_default();
    let landed = finish_install(&app, back, cookie_value(&headers)).await;
    let (status, page) = result_page(&landed);
    (status, PAGE_HEADERS, [(header::SET_COOKIE, cookie(&app, "", 0))], Html(page.into_string())).into_response()
}

/// Returns the value of the installation cookie, or an empty text.
fn cookie_value(headers: &HeaderMap) -> &str {
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

fn installation_off() -> Response {
    let body = html! {
        p { "This server works with one configured workspace. You can't install the app in other workspaces from here." }
        p { "The person who runs this server can turn on installation with SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SEGMENTS_SLACK_PUBLIC_URL." }
    };
    (StatusCode::NOT_FOUND, PAGE_HEADERS, Html(page("Installation is turned off", &body).into_string())).into_response()
}

/// Describes the result of an installation: what happened, and what to do next.
fn result_page(landed: &InstallResult) -> (StatusCode, Markup) {
    let again = html! { p { a href="install" { "Start again" } } };
    let (status, title, body) = match landed {
        InstallResult::Installed { name, again } => (
            StatusCode::OK,
            "Segments is installed",
            html! {
                @if *again { p { "The app in " strong { (name) } " has a new token. Messages that were waiting are sent now." } }
                @else { p { "The app is installed in " strong { (name) } "." } }
                p { "Next, open a channel in Slack and type " code { "/segments help" } "." }
                p {
                    "To get the webhook URL for your Segments.ai account, type "
                    code { "/segments connect" } "."
                }
            },
        ),
        InstallResult::BadState(BadState::Foreign) => (
            StatusCode::BAD_REQUEST,
            "This installation was started somewhere else",
            html! {
                p { "Start and finish the installation in the same browser, with cookies turned on. Nothing was installed." }
                (again)
            },
        ),
        InstallResult::BadState(BadState::Expired) => (
            StatusCode::BAD_REQUEST,
            "The installation timed out",
            html! { p { "An installation must be finished within ten minutes. Nothing was installed." } (again) },
        ),
        InstallResult::BadState(BadState::Reused) => (
            StatusCode::BAD_REQUEST,
            "This page was already used",
            html! {
                p { "You opened this page a second time, so nothing was changed. If the first time worked, the app is installed." }
                (again)
            },
        ),
        InstallResult::Cancelled => (
            StatusCode::OK,
            "Nothing was installed",
            html! { p { "You cancelled the installation in Slack. Nothing was changed." } (again) },
        ),
        InstallResult::NoCode(why) | InstallResult::Refused(why) => (
            StatusCode::BAD_REQUEST,
            "Slack rejected the installation",
            html! {
                p { "Slack returned the error " code { (short(why)) } ". Nothing was installed." }
                p { "If this happens again, contact the person who runs this app." }
                (again)
            },
        ),
        InstallResult::Away => (
            StatusCode::BAD_GATEWAY,
            "Slack is not responding",
            html! { p { "Nothing was installed. Try again in a minute." } (again) },
        ),
        InstallResult::NotKept => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The app was authorized, but saving the installation failed",
            html! {
                p { "Slack shows the app as installed, but it won't work yet. Start again in a minute." }
                (again)
            },
        ),
    };
    (status, page(title, &body))
}

/// Makes an error code from the URL printable; it may be any text.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_of_an_installation_reads_like_this() {
        let name = || "Flower Lab".to_owned();
        let code = || "invalid_code".to_owned();
        let results = [
            InstallResult::Installed { name: name(), again: false },
            InstallResult::Installed { name: name(), again: true },
            InstallResult::BadState(BadState::Foreign),
            InstallResult::BadState(BadState::Expired),
            InstallResult::BadState(BadState::Reused),
            InstallResult::Cancelled,
            InstallResult::NoCode(code()),
            InstallResult::Refused(code()),
            InstallResult::Away,
            InstallResult::NotKept,
        ];
        let pages = results.iter().map(result_page);
        let texts: Vec<_> = pages
            .map(|(status, page)| {
                let page = page.into_string();
                let body = page.split("<body>").nth(1).and_then(|body| body.split("</body>").next()).unwrap();
                format!("{status}\n{}\n", body.replace("</h1>", "</h1>\n").replace("</p>", "</p>\n"))
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }
}
