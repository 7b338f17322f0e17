//! Slack's page that asks a person whether an app may come into their workspace.

use super::Emulator;
use super::args::Args;
use crate::model::{UserId, WorkspaceId};
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, html};
use url::Url;

impl Emulator {
    /// Lets a person who was sent to Slack's page agree there. Gives the address that Slack sends them back to; refuses
    /// what Slack's page refuses.
    pub fn agrees(&self, page: &Url, workspace: &WorkspaceId, user: &UserId) -> Result<Url, &'static str> {
        let mut back = self.way_back(page)?;
        let redirect = back.0.to_string();
        let code = self.consent(workspace, user, Some(redirect));
        back.0.query_pairs_mut().append_pair("code", &code).append_pair("state", &back.1);
        Ok(back.0)
    }

    /// Lets a person who was sent to Slack's page cancel there.
    pub fn cancels(&self, page: &Url) -> Result<Url, &'static str> {
        let (mut back, state) = self.way_back(page)?;
        back.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", &state);
        Ok(back)
    }

    /// The address that a person goes back to, and the state that goes with them.
    fn way_back(&self, page: &Url) -> Result<(Url, String), &'static str> {
        let world = self.world();
        if !page.as_str().starts_with(&format!("{}/oauth/v2/authorize?", world.base_url)) {
            return Err("not_found");
        }
        let args = Args::form(page.query().unwrap_or_default().as_bytes());
        let client = world.oauth_client.as_ref().map(|(id, _)| id.clone());
        if client.is_none() || args.word("client_id") != client {
            return Err("invalid_client_id");
        }
        if args.word("scope").unwrap_or_default().is_empty() {
            return Err("invalid_scope");
        }
        let redirect = args.word("redirect_uri").ok_or("bad_redirect_uri")?;
        let registered = world.app.as_ref().is_some_and(|app| redirect == format!("{}/slack/oauth", app.base_url));
        let back = Url::parse(&redirect).ok().filter(|_| registered).ok_or("bad_redirect_uri")?;
        Ok((back, args.word("state").unwrap_or_default()))
    }

    /// The page as it was asked for, on this emulator.
    fn page_at(&self, uri: &Uri) -> Option<Url> {
        let query = uri.query().unwrap_or_default();
        Url::parse(&format!("{}/oauth/v2/authorize?{query}", self.world().base_url)).ok()
    }
}

/// Asks: an administrator of each workspace may agree, and anybody may cancel.
pub(super) async fn ask(State(emulator): State<Emulator>, uri: Uri) -> Response {
    let page = emulator.page_at(&uri).ok_or("not_found");
    let cancel = match page.and_then(|page| emulator.cancels(&page)) {
        Ok(cancel) => cancel,
        Err(code) => return (StatusCode::OK, Html(format!("<p>Slack cannot show this page: {code}"))).into_response(),
    };
    let query = uri.query().unwrap_or_default();
    let people: Vec<_> = emulator
        .workspaces()
        .into_iter()
        .filter_map(|workspace| {
            let admin = emulator.users(&workspace.id).into_iter().find(|user| user.role != super::Role::Member)?;
            Some((workspace, admin))
        })
        .collect();
    let page = html! {
        (DOCTYPE)
        title { "Segments wants to come into a workspace" }
        @for (workspace, admin) in &people {
            p {
                a href=(format!("agree?workspace={}&user={}&{query}", workspace.id, admin.id)) {
                    "Allow in " (workspace.name) ", as " (admin.name)
                }
            }
        }
        p { a href=(cancel) { "Cancel" } }
    };
    Html(page.into_string()).into_response()
}

/// Somebody agreed: sends them back to the app with a code.
pub(super) async fn agree(State(emulator): State<Emulator>, uri: Uri) -> Response {
    let args = Args::form(uri.query().unwrap_or_default().as_bytes());
    let workspace = args.word("workspace").and_then(|id| WorkspaceId::parse(id).ok());
    let user = args.word("user").and_then(|id| UserId::parse(id).ok());
    let known = |id: &WorkspaceId| emulator.workspaces().iter().any(|workspace| workspace.id == *id);
    let (Some(workspace), Some(user)) = (workspace.filter(known), user) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let page = emulator.page_at(&uri).ok_or("not_found");
    match page.and_then(|page| emulator.agrees(&page, &workspace, &user)) {
        Ok(back) => (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response(),
        Err(code) => (StatusCode::OK, Html(format!("<p>Slack cannot show this page: {code}"))).into_response(),
    }
}
