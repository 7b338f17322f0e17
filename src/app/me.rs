//! Who somebody is in Segments.ai: claiming a username, taking one over, and forgetting it.

use super::{App, Asker, Reply};
use crate::model::{Link, UserId, Username, WorkspaceId};
use crate::render::{Rung, reply};
use crate::slack::command::Me;
use crate::store::{Linked, MOST_LINKS, StoreError};
use tracing::warn;

/// `me`.
pub(super) async fn me(app: &App, asker: &Asker, me: Me) -> Result<Reply, StoreError> {
    match me {
        Me::Show => {
            let links = app.store.links(&asker.lane.workspace).await?;
            let own = links.into_iter().find(|link| link.user == asker.user);
            Ok(Reply::asker(reply::who_you_are(own.as_ref())))
        }
        Me::Forget => {
            let forgotten = app.store.unlink(&asker.lane.workspace, &asker.user).await?;
            recall(app, &asker.lane.workspace).await?;
            Ok(Reply::asker(reply::name_forgotten(forgotten.as_ref())))
        }
        Me::Claim(username) => claim(app, asker, username, None).await,
    }
}

/// Claims a username; one that another has claimed only if that is whom the claim replaces, who is then told.
pub(super) async fn claim(
    app: &App,
    asker: &Asker,
    username: Username,
    replaces: Option<&UserId>,
) -> Result<Reply, StoreError> {
    let workspace = &asker.lane.workspace;
    let link = Link { username: username.clone(), user: asker.user.clone(), at: app.clock.now() };
    Ok(Reply::asker(match app.store.link(workspace, link, replaces).await? {
        Linked::Stored { before, taken_from } => {
            recall(app, workspace).await?;
            if let Some(user) = &taken_from {
                let notice = reply::name_was_taken(&asker.user, &username).content(Rung::Whole);
                if let Err(error) = app.slack.write_to(workspace, user, notice).await {
                    warn!(user.id = %user, "could not tell {user} that a username was taken over: {error}");
                }
            }
            reply::name_claimed(&username, before.as_ref(), taken_from.as_ref())
        }
        Linked::Taken(holder) => reply::name_taken(&username, &holder),
        Linked::Full => reply::too_many_names(MOST_LINKS),
    }))
}

/// Brings the memory of who is who up to what the store says. Two who do so at once may write in another order than they
/// read, so each looks again whether what it wrote still holds.
pub(super) async fn recall(app: &App, workspace: &WorkspaceId) -> Result<(), StoreError> {
    let mut links = app.store.links(workspace).await?;
    loop {
        app.people.replace(workspace, links.clone());
        let now = app.store.links(workspace).await?;
        if now == links {
            return Ok(());
        }
        links = now;
    }
}
