//! Subscriptions as commands in Slack: `/segments export`, and importing pasted lines.

use crate::app::answer::{Asker, Reply};
use crate::app::forms::{FormResult, ModalUser, check_presence, open_view, show_message, sign_presence};
use crate::app::subscriptions::changes::import;
use crate::app::subscriptions::changes::import::{ImportLine, NotImported};
use crate::app::subscriptions::changes::{MAX_SUBSCRIPTIONS_PER_CHANNEL, NewSubscription, PlannedChange};
use crate::app::subscriptions::hints::has_times;
use crate::app::subscriptions::subscribe::{SubscribeResult, apply_request};
use crate::app::{App, notify};
use crate::model::{Mute, TriggerId};
use crate::render::reply::{self, Note};
use crate::render::{Message, modal as form};
use crate::slack::command::{Asked, Command, Pasted, read_lines};
use crate::slack::form::{LINES, Sheet};
use crate::slack::interaction::Doing;
use crate::slack::view::View;
use crate::store::{ChannelSubscriptions, StoreError};
use std::sync::Arc;

/// Returns a page of the channel's subscriptions as commands, with its mutes beside them.
pub(in crate::app) async fn export_page(app: &App, asker: &Asker, page: usize) -> Result<Message, StoreError> {
    let ChannelSubscriptions { subscriptions, mutes, .. } = app.store.channel_subscriptions(&asker.channel_ref).await?;
    Ok(reply::with_mutes(reply::exported(&subscriptions, page), &Mute::in_force(mutes, app.clock.now())))
}

/// Runs `import` with the pasted lines, or opens the modal to paste them.
pub(in crate::app) async fn paste(app: &App, asker: &Asker, lines: &str) -> Result<Option<Reply>, StoreError> {
    if !lines.is_empty() {
        return Ok(Some(import_lines(app, asker, lines).await?.into()));
    }
    let channel = &asker.channel_ref.channel;
    if channel.as_str().starts_with('D') {
        return Ok(Some(Reply::asker(reply::not_a_channel())));
    }
    let person = ModalUser::from(asker);
    let sheet = Sheet { channel: Some(channel.clone()), edits: None, seal: sign_presence(app, &person, Some(channel)) };
    Ok(open_view(app, &person, &form::import(&sheet, "", None), reply::import_by_command()).await)
}

/// Imports pasted lines all or none, or returns what is wrong with them.
async fn import_lines(app: &App, asker: &Asker, text: &str) -> Result<SubscribeResult, StoreError> {
    let pasted = match read_lines(text) {
        Ok(pasted) if pasted.is_empty() => return Ok(SubscribeResult::Refused(reply::nothing_to_import())),
        Ok(pasted) => pasted,
        Err(why) => return Ok(SubscribeResult::Refused(reply::not_imported(&why))),
    };
    let draft = |book: &ChannelSubscriptions, stamp: &NewSubscription| {
        let lines = pasted.iter().map(|Pasted { number, asked }| {
            let time_zone = stamp.time_zone.as_deref().filter(|_| has_times(&asked.options));
            ImportLine { number: *number, asked, creator: &asker.user, time_zone }
        });
        let lines: Vec<ImportLine<'_>> = lines.collect();
        import::import(book, &asker.channel_ref.channel, &lines, &stamp.state, stamp.at).map_err(|why| match why {
            NotImported::TooMany => reply::too_many_subscriptions(MAX_SUBSCRIPTIONS_PER_CHANNEL),
            NotImported::SelectNothing(lines) => reply::imported_lines_select_nothing(&lines),
        })
    };
    let told = |draft: &PlannedChange, notes: &[Note], undo| {
        reply::imported(&asker.user, &draft.changes, draft.untouched.len(), notes, undo)
    };
    let typed: Vec<_> = pasted.iter().map(|line| line.asked.to_string()).collect();
    let typed = Command::Import(typed.join("\n")).to_string();
    apply_request(app, asker, &together(&pasted), &typed, draft, told).await
}

/// Combines the lines into one request, as far as hints need it.
fn together(pasted: &[Pasted]) -> Asked {
    let timed = pasted.iter().find(|line| has_times(&line.asked.options));
    Asked {
        datasets: pasted.iter().flat_map(|line| &line.asked.datasets).cloned().collect(),
        options: timed.map(|line| line.asked.options.clone()).unwrap_or_default(),
        ..Asked::default()
    }
}

/// Applies the submitted import modal. Mistakes are shown above the lines, which stay.
pub(in crate::app) async fn submitted(app: &Arc<App>, done: &Doing<View>) -> Result<FormResult, StoreError> {
    let Doing { workspace, user, what: view, .. } = done;
    let sheet = Sheet::read(&view.private_metadata);
    let (Some(channel), Ok(cause)) = (&sheet.channel, TriggerId::parse(format!("view.{}", view.id))) else {
        return Ok(FormResult::Close);
    };
    let lines = view.text(LINES).unwrap_or_default();
    let wrong = |message: &Message| FormResult::Show(Box::new(form::import(&sheet, lines, Some(message))));
    let asker = Asker { channel_ref: App::channel_ref(workspace, channel), user: user.clone(), cause };
    if let Err(refusal) = check_presence(app, &asker, &sheet).await {
        return Ok(wrong(&refusal));
    }
    Ok(match import_lines(app, &asker, lines).await? {
        SubscribeResult::Changed(message) => {
            notify::channel(app, &asker.channel_ref, user, message);
            FormResult::Close
        }
        SubscribeResult::Repeated(_) => FormResult::Close,
        SubscribeResult::Refused(message) => wrong(&message),
        SubscribeResult::Waits(message) | SubscribeResult::Unchanged(message) => show_message(&message),
    })
}
