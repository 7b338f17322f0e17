//! Handles a person's actions in a modal and in the App Home.

use super::drive::{Answer, nowhere, told};
use super::{Desk, Page, Place, View};
use axum::Json;
use axum::extract::{Form, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Something in an input of the modal.
#[derive(Deserialize)]
pub(super) struct Filled {
    #[serde(flatten)]
    place: Place,
    block: String,
    /// The input's value, as JSON.
    held: String,
}

/// Fills in an input as the viewer.
pub(super) async fn fill(State(desk): State<Arc<Desk>>, Form(filled): Form<Filled>) -> Answer {
    let View { viewer, .. } = desk.view(&filled.place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    let held = serde_json::from_str(&filled.held).unwrap_or(Value::Null);
    let held = if held == "" { Value::Null } else { held };
    match emulator.fills(workspace, &viewer.id, &filled.block, held).await {
        Ok(_) => Ok(String::new()),
        Err(mistake) => Err((StatusCode::NOT_FOUND, mistake.to_string())),
    }
}

/// Letters in a menu that asks for its entries.
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(flatten)]
    place: Place,
    block: String,
    typed: String,
}

/// The entries that the app offers, as `[text, value]`.
pub(super) async fn suggest(
    State(desk): State<Arc<Desk>>,
    Form(query): Form<Query>,
) -> Result<Json<Vec<(String, String)>>, (StatusCode, String)> {
    let View { viewer, .. } = desk.view(&query.place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    let entries = emulator.suggests(workspace, &viewer.id, &query.block, &query.typed).await;
    entries.map(Json).map_err(|mistake| (StatusCode::BAD_GATEWAY, mistake.to_string()))
}

/// Submits the modal.
pub(super) async fn submit(State(desk): State<Arc<Desk>>, Form(place): Form<Place>) -> Answer {
    let View { viewer, .. } = desk.view(&place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    told(emulator.submits(workspace, &viewer.id, json!({})).await)
}

/// Closes the modal.
pub(super) async fn close(State(desk): State<Arc<Desk>>, Form(place): Form<Place>) -> Answer {
    let View { viewer, .. } = desk.view(&place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    drop(emulator.closes(workspace, &viewer.id).await);
    Ok(String::new())
}

/// Uses the app's global shortcut.
pub(super) async fn shortcut(State(desk): State<Arc<Desk>>, Form(place): Form<Place>) -> Answer {
    let View { viewer, .. } = desk.view(&place).ok_or_else(nowhere)?;
    let Page { emulator, workspace, .. } = &desk.page;
    told(Ok(emulator.uses_shortcut(workspace, &viewer.id, "subscribe").await))
}
