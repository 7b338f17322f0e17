//! Subscriptions as commands: a channel's, written to be copied, and those that are pasted, carried out all or none.

use crate::app::answer::{Asker, Reply};
use crate::app::forms::{Person, Submitted, may_speak_for, open_view, says, seal};
use crate::app::subscriptions::changes::import;
use crate::app::subscriptions::changes::import::{Line, NotImported};
use crate::app::subscriptions::changes::{Draft, MOST_SUBSCRIPTIONS, Stamp};
use crate::app::subscriptions::hints::has_times;
use crate::app::subscriptions::subscribe::{Outcome, bring_in};
use crate::app::{App, notify};
use crate::model::{Mute, TriggerId};
use crate::render::reply::{self, Note};
use crate::render::{Message, modal as form};
use crate::slack::command::{Asked, Command, Pasted, read_lines};
use crate::slack::form::{LINES, Sheet};
use crate::slack::interaction::Doing;
use crate::slack::view::View;
use crate::store::{Book, StoreError};
use std::sync::Arc;

/// A page of the channel's subscriptions as commands, with what is muted, which is not among them.
pub(in crate::app) async fn as_commands(app: &App, asker: &Asker, page: usize) -> Result<Message, StoreError> {
    let Book { subscriptions, mutes, .. } = app.store.book(&asker.channel_ref).await?;
    Ok(reply::with_mutes(reply::exported(&subscriptions, page), &Mute::in_force(mutes, app.clock.now())))
}

/// `import`: of what was pasted with it, else of what is pasted into the modal.
pub(in crate::app) async fn paste(app: &App, asker: &Asker, lines: &str) -> Result<Option<Reply>, StoreError> {
    if !lines.is_empty() {
        return Ok(Some(bring_in_lines(app, asker, lines).await?.into()));
    }
    let channel = &asker.channel_ref.channel;
    if channel.as_str().starts_with('D') {
        return Ok(Some(Reply::asker(reply::not_a_channel())));
    }
    let person = Person::from(asker);
    let sheet = Sheet { channel: Some(channel.clone()), edits: None, seal: seal(app, &person, Some(channel)) };
    Ok(open_view(app, &person, &form::import(&sheet, "", None), reply::import_by_command()).await)
}

/// Does what pasted lines say, or says what is wrong with each.
async fn bring_in_lines(app: &App, asker: &Asker, text: &str) -> Result<Outcome, StoreError> {
    let pasted = match read_lines(text) {
        Ok(pasted) if pasted.is_empty() => return Ok(Outcome::Refused(reply::nothing_to_import())),
        Ok(pasted) => pasted,
        Err(why) => return Ok(Outcome::Refused(reply::not_imported(&why))),
    };
    let draft = |book: &Book, stamp: &Stamp| {
        let lines = pasted.iter().map(|Pasted { number, asked }| {
            let time_zone = stamp.time_zone.as_deref().filter(|_| has_times(&asked.options));
            Line { number: *number, asked, creator: &asker.user, time_zone }
        });
        let lines: Vec<Line<'_>> = lines.collect();
        import::import(book, &asker.channel_ref.channel, &lines, &stamp.state, stamp.at).map_err(|why| match why {
            NotImported::TooMany => reply::too_many_subscriptions(MOST_SUBSCRIPTIONS),
            NotImported::SelectNothing(lines) => reply::imported_lines_select_nothing(&lines),
        })
    };
    let told = |draft: &Draft, notes: &[Note], undo| {
        reply::imported(&asker.user, &draft.changes, draft.untouched.len(), notes, undo)
    };
    let typed: Vec<_> = pasted.iter().map(|line| line.asked.to_string()).collect();
    let typed = Command::Import(typed.join("\n")).to_string();
    bring_in(app, asker, &together(&pasted), &typed, draft, told).await
}

/// All that lines ask for, as far as anybody should know something about it.
fn together(pasted: &[Pasted]) -> Asked {
    let timed = pasted.iter().find(|line| has_times(&line.asked.options));
    Asked {
        datasets: pasted.iter().flat_map(|line| &line.asked.datasets).cloned().collect(),
        options: timed.map(|line| line.asked.options.clone()).unwrap_or_default(),
        ..Asked::default()
    }
}

/// Does what the submitted modal says; what is wrong is said above the lines, which stay.
pub(in crate::app) async fn submitted(app: &Arc<App>, done: &Doing<View>) -> Result<Submitted, StoreError> {
    let Doing { workspace, user, what: view, .. } = done;
    let sheet = Sheet::read(&view.private_metadata);
    let (Some(channel), Ok(cause)) = (&sheet.channel, TriggerId::parse(format!("view.{}", view.id))) else {
        return Ok(Submitted::Close);
    };
    let lines = view.text(LINES).unwrap_or_default();
    let wrong = |message: &Message| Submitted::Says(Box::new(form::import(&sheet, lines, Some(message))));
    let asker = Asker { channel_ref: App::channel_ref(workspace, channel), user: user.clone(), cause };
    if let Err(refusal) = may_speak_for(app, &asker, &sheet).await {
        return Ok(wrong(&refusal));
    }
    Ok(match bring_in_lines(app, &asker, lines).await? {
        Outcome::Changed(message) => {
            notify::channel(app, &asker.channel_ref, user, message);
            Submitted::Close
        }
        Outcome::Repeated(_) => Submitted::Close,
        Outcome::Refused(message) => wrong(&message),
        Outcome::Waits(message) | Outcome::Unchanged(message) => says(&message),
    })
}
