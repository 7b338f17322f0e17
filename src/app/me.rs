//! `/segments me`: links a Slack user to a Segments.ai username, takes one over, or removes the link.

use crate::app::App;
use crate::app::answer::{Asker, Reply};
use crate::app::permission::{PersonKind, is_admin, person};
use crate::model::{UserId, UserMapping, Username, WorkspaceId};
use crate::render::reply::{self, NotLinkable};
use crate::render::{FallbackLevel, Message};
use crate::slack::command::{Command, Me};
use crate::store::{MAX_USER_MAPPINGS_PER_WORKSPACE, MappingResult, StoreError};
use tracing::warn;

/// Runs `/segments me`.
pub(super) async fn me(app: &App, asker: &Asker, me: Me) -> Result<Reply, StoreError> {
    let me = match me {
        Me::Other(user, username) if user == asker.user => username.map_or(Me::Forget, Me::Claim),
        me => me,
    };
    match me {
        Me::Show => {
            let links = app.store.user_mappings(&asker.channel_ref.workspace).await?;
            let own = links.into_iter().find(|link| link.user == asker.user);
            Ok(Reply::asker(reply::linked_username(own.as_ref())))
        }
        Me::Forget => {
            let forgotten = app.store.unmap_user(&asker.channel_ref.workspace, &asker.user).await?;
            reload_mappings(app, &asker.channel_ref.workspace).await?;
            Ok(Reply::asker(reply::username_unlinked(forgotten.as_ref())))
        }
        Me::Claim(username) => claim(app, asker, username, None).await,
        Me::Other(user, username) => Ok(Reply::asker(match may_name(app, asker, &user, username.is_some()).await {
            Err(refusal) => refusal,
            Ok(()) => match username {
                Some(username) => give(app, asker, user, username).await?,
                None => take(app, asker, &user).await?,
            },
        })),
    }
}

/// Links the person to a username. A username of another user is taken over only from `from`, who is notified.
pub(super) async fn claim(
    app: &App,
    asker: &Asker,
    username: Username,
    replaces: Option<&UserId>,
) -> Result<Reply, StoreError> {
    let workspace = &asker.channel_ref.workspace;
    let link = UserMapping { username: username.clone(), user: asker.user.clone(), at: app.clock.now() };
    Ok(Reply::asker(match app.store.map_user(workspace, link, replaces).await? {
        MappingResult::Stored { before, taken_from } => {
            reload_mappings(app, workspace).await?;
            if let Some(user) = &taken_from {
                tell(app, workspace, user, &reply::username_was_taken_over(&asker.user, &username)).await;
            }
            reply::username_linked(&username, before.as_ref(), taken_from.as_ref())
        }
        MappingResult::Taken(holder) => reply::username_taken(&username, &holder),
        MappingResult::Full => reply::too_many_usernames(MAX_USER_MAPPINGS_PER_WORKSPACE),
    }))
}

/// Checks that the person may link someone else, and that the other user can be mentioned.
async fn may_name(app: &App, asker: &Asker, user: &UserId, name: bool) -> Result<(), Message> {
    let not_named = |why| Err(reply::not_linkable(user, why));
    if !is_admin(app, asker).await {
        return not_named(NotLinkable::NoAdmin);
    }
    if !name {
        return Ok(());
    }
    match person(app, &asker.channel_ref.workspace, user).await {
        Some(PersonKind::Admin | PersonKind::Member) => Ok(()),
        Some(PersonKind::Guest) => not_named(NotLinkable::Guest),
        Some(PersonKind::Stranger) => not_named(NotLinkable::Stranger),
        Some(PersonKind::Gone) => not_named(NotLinkable::Gone),
        Some(PersonKind::Bot) => not_named(NotLinkable::Bot),
        None => Err(reply::unavailable("ask Slack who that is")),
    }
}

/// Links someone else to a free username, and notifies them once.
async fn give(app: &App, asker: &Asker, user: UserId, username: Username) -> Result<Message, StoreError> {
    let (workspace, at) = (&asker.channel_ref.workspace, app.clock.now());
    let link = UserMapping { username: username.clone(), user: user.clone(), at };
    Ok(match app.store.map_user(workspace, link, None).await? {
        MappingResult::Stored { before, .. } => {
            reload_mappings(app, workspace).await?;
            let told = before.as_ref() == Some(&username) || {
                note(app, asker, &user, Some(username.clone())).await?;
                tell(app, workspace, &user, &reply::username_was_linked_by(&asker.user, &username)).await
            };
            reply::username_linked_for(&user, &username, before.as_ref(), told)
        }
        MappingResult::Taken(holder) => reply::username_taken_by_other(&username, &holder),
        MappingResult::Full => reply::too_many_usernames(MAX_USER_MAPPINGS_PER_WORKSPACE),
    })
}

/// Removes the link of someone else, and notifies them.
async fn take(app: &App, asker: &Asker, user: &UserId) -> Result<Message, StoreError> {
    let workspace = &asker.channel_ref.workspace;
    let forgotten = app.store.unmap_user(workspace, user).await?;
    reload_mappings(app, workspace).await?;
    let Some(link) = &forgotten else { return Ok(reply::username_unlinked_for(user, None, false)) };
    note(app, asker, user, None).await?;
    let told = tell(app, workspace, user, &reply::username_was_unlinked_by(&asker.user, &link.username)).await;
    Ok(reply::username_unlinked_for(user, Some(link), told))
}

/// Stores the audit entry of an admin who linked someone else.
async fn note(app: &App, asker: &Asker, user: &UserId, username: Option<Username>) -> Result<(), StoreError> {
    let typed = Command::Me(Me::Other(user.clone(), username)).to_string();
    app.store.append_audit_entry(&asker.channel_ref.workspace, asker.audit_entry(app.clock.now(), &typed)).await
}

/// Sends a direct message about a stored change. Returns false if Slack did not accept it.
async fn tell(app: &App, workspace: &WorkspaceId, user: &UserId, message: &Message) -> bool {
    let told = app.slack.api.write_to(workspace, user, message.content(FallbackLevel::Whole)).await;
    if let Err(error) = &told {
        warn!(user.id = %user, "could not notify {user} about their username: {error}");
    }
    told.is_ok()
}

/// Updates the user mappings in memory from the store. Two calls at once may write in another order than they read, so
/// each reads again until the store agrees with what it wrote.
pub(super) async fn reload_mappings(app: &App, workspace: &WorkspaceId) -> Result<(), StoreError> {
    let mut links = app.store.user_mappings(workspace).await?;
    loop {
        app.people.replace(workspace, links.clone());
        let now = app.store.user_mappings(workspace).await?;
        if now == links {
            return Ok(());
        }
        links = now;
    }
}
