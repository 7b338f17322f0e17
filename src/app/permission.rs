//! Permissions: checked before every change, with what Slack says about the person.

use crate::app::App;
use crate::app::answer::Asker;
use crate::clock::ageing::{AgeingCache, CacheLimits};
use crate::config::WhoMayChange;
use crate::model::{UserId, WorkspaceId};
use crate::render::Message;
use crate::render::reply::{self, NotAllowed, Permission};
use crate::slack::api::UserInfo;
use crate::slack::error::SlackError;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::time::Duration;
use tracing::warn;

/// The time that Slack has to describe a person, so that the answer still comes in time.
const SLACK_LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);
/// The time for which a person's role is cached: enough for a command and the clicks that follow.
const PERSON_CACHE_TTL: Duration = Duration::from_mins(1);
/// The number of people to cache.
const MAX_CACHED_PERSONS: usize = 10_000;

/// Proof that a person may change something. Nothing is written without one.
#[derive(Debug)]
pub(super) struct Allowed(());

/// The role of a person in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PersonKind {
    Admin,
    Member,
    /// A guest, who is invited to some channels only.
    Guest,
    /// A member of another workspace, in shared channels.
    Stranger,
    /// A deactivated account.
    Gone,
    /// A bot.
    Bot,
}

/// The cached roles of people.
#[derive(Debug)]
pub struct PersonCache(Mutex<AgeingCache<(WorkspaceId, UserId), PersonKind>>);

/// Checks that a person may change their channel's subscriptions and mutes; otherwise returns the message for them.
pub(super) async fn may_change(app: &App, asker: &Asker) -> Result<Allowed, Message> {
    may(app, asker, Permission::ManageSubscriptions).await
}

/// Returns true if a person could subscribe one of their channels, so they may see which datasets exist.
pub(super) async fn may_subscribe(app: &App, workspace: &WorkspaceId, user: &UserId) -> bool {
    decided(app, workspace, user, Permission::ManageSubscriptions).await.is_ok()
}

/// Checks that a person may change things at Segments.ai; otherwise returns the message for them.
pub(super) async fn may_act(app: &App, asker: &Asker) -> Result<Allowed, Message> {
    may(app, asker, Permission::ActInSegments).await
}

async fn may(app: &App, asker: &Asker, deed: Permission) -> Result<Allowed, Message> {
    let decided = decided(app, &asker.channel_ref.workspace, &asker.user, deed).await;
    decided.map_err(|why| reply::not_allowed(deed, why, named(who_may(app, deed)))).map(|()| Allowed(()))
}

/// Decides about a person with what Slack says about them.
async fn decided(app: &App, workspace: &WorkspaceId, user: &UserId, deed: Permission) -> Result<(), NotAllowed> {
    let person = person(app, workspace, user).await;
    // Actions with the account's key need a known person. In an organisation, a click does not always tell if a person
    // belongs to it.
    let trusts_unknown = deed == Permission::ManageSubscriptions && !workspace.is_organisation();
    decide(who_may(app, deed), user, person, trusts_unknown)
}

fn who_may(app: &App, deed: Permission) -> &WhoMayChange {
    match deed {
        Permission::ManageSubscriptions => &app.settings.who_may_change,
        Permission::ActInSegments => &app.settings.who_may_act,
    }
}

/// Checks that a person may change the workspace's accounts; otherwise returns the message for them.
pub(super) async fn may_connect(app: &App, workspace: &WorkspaceId, user: &UserId) -> Result<Allowed, Message> {
    match person(app, workspace, user).await {
        Some(PersonKind::Admin) => Ok(Allowed(())),
        Some(PersonKind::Stranger) => Err(reply::other_workspace()),
        Some(PersonKind::Gone | PersonKind::Bot | PersonKind::Guest | PersonKind::Member) => {
            Err(reply::admins_connect())
        }
        None => Err(reply::unknown_whether_admin()),
    }
}

/// Returns true if the person is known to be an admin of their workspace.
pub(super) async fn is_admin(app: &App, asker: &Asker) -> bool {
    person(app, &asker.channel_ref.workspace, &asker.user).await == Some(PersonKind::Admin)
}

fn named(who: &WhoMayChange) -> &[UserId] {
    if let WhoMayChange::These(people) = who { people } else { &[] }
}

/// Returns a person's role; none if Slack does not tell it in time.
pub(super) async fn person(app: &App, workspace: &WorkspaceId, user: &UserId) -> Option<PersonKind> {
    let now = app.clock.now();
    if let Some(person) = app.slack.person_cache.recall(workspace, user, now) {
        return Some(person);
    }
    let person = match app.clock.timeout(SLACK_LOOKUP_TIMEOUT, app.slack.api.user(workspace, user)).await? {
        // Slackbot is not marked as a bot.
        Ok(_) if user.as_str() == "USLACKBOT" => PersonKind::Bot,
        Ok(info) => PersonKind::of(&info, workspace),
        Err(SlackError::Refused(code)) if code == "user_not_found" || code == "user_not_visible" => {
            PersonKind::Stranger
        }
        Err(error) => {
            warn!(workspace.id = %workspace, user.id = %user, "could not look up {user} in Slack: {error}");
            return None;
        }
    };
    app.slack.person_cache.remember(workspace, user, person, now);
    Some(person)
}

/// Decides from the setting and the person's role. An unknown role (`None`) counts as allowed only if `trusts_unknown`.
fn decide(
    who: &WhoMayChange,
    user: &UserId,
    person: Option<PersonKind>,
    trusts_unknown: bool,
) -> Result<(), NotAllowed> {
    match person {
        Some(PersonKind::Stranger) => return Err(NotAllowed::Stranger),
        Some(PersonKind::Gone) => return Err(NotAllowed::Gone),
        _ => {}
    }
    let allowed = if person.is_some() || trusts_unknown { Ok(()) } else { Err(NotAllowed::Unknown) };
    match (who, person) {
        (WhoMayChange::These(people), _) if people.contains(user) => allowed,
        (WhoMayChange::These(_), _) => Err(NotAllowed::NotNamed),
        (WhoMayChange::Admins, Some(PersonKind::Admin)) => Ok(()),
        (WhoMayChange::Admins, Some(_)) => Err(NotAllowed::NoAdmin),
        (WhoMayChange::Admins, None) => Err(NotAllowed::Unknown),
        (WhoMayChange::Members, Some(PersonKind::Guest)) => Err(NotAllowed::Guest),
        // Slack lets no outsider use a workspace's command, and a click tells the person's workspace.
        (WhoMayChange::Members, _) => allowed,
    }
}

impl PersonKind {
    fn of(info: &UserInfo, workspace: &WorkspaceId) -> Self {
        let workspace = workspace.as_str();
        let organisation = info.enterprise_user.as_ref();
        let in_organisation =
            organisation.is_some_and(|one| one.enterprise_id == workspace || one.teams.iter().any(|t| t == workspace));
        let at_home = in_organisation || info.team_id.as_deref().is_none_or(|team| team == workspace);
        let admin = info.is_admin || info.is_owner || organisation.is_some_and(|one| one.is_admin || one.is_owner);
        match () {
            () if !at_home => Self::Stranger,
            () if info.deleted => Self::Gone,
            () if info.is_bot => Self::Bot,
            () if info.is_restricted => Self::Guest,
            () if admin => Self::Admin,
            () => Self::Member,
        }
    }
}

impl Default for PersonCache {
    fn default() -> Self {
        Self(Mutex::new(AgeingCache::new(CacheLimits { entries: MAX_CACHED_PERSONS, age: PERSON_CACHE_TTL })))
    }
}

impl PersonCache {
    fn recall(&self, workspace: &WorkspaceId, user: &UserId, now: Timestamp) -> Option<PersonKind> {
        self.0.lock().get(&(workspace.clone(), user.clone()), now).copied()
    }

    fn remember(&self, workspace: &WorkspaceId, user: &UserId, person: PersonKind, now: Timestamp) {
        self.0.lock().insert((workspace.clone(), user.clone()), person, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::later;
    use PersonKind::{Admin, Gone, Guest, Member, Stranger};

    fn workspace(id: &str) -> WorkspaceId {
        WorkspaceId::parse(id).unwrap()
    }

    #[test]
    fn each_setting_lets_in_whom_it_names_and_nobody_from_outside() {
        let (ann, john) = (UserId::parse("U1").unwrap(), UserId::parse("U2").unwrap());
        let these = WhoMayChange::These(vec![ann.clone()]);
        for (who, user, person, expected) in [
            (&WhoMayChange::Members, &ann, Some(Member), Ok(())),
            (&WhoMayChange::Members, &ann, None, Ok(())),
            (&WhoMayChange::Members, &ann, Some(Guest), Err(NotAllowed::Guest)),
            (&WhoMayChange::Admins, &ann, Some(Admin), Ok(())),
            (&WhoMayChange::Admins, &ann, Some(Member), Err(NotAllowed::NoAdmin)),
            (&WhoMayChange::Admins, &ann, None, Err(NotAllowed::Unknown)),
            (&these, &ann, Some(Guest), Ok(())),
            (&these, &ann, None, Ok(())),
            (&these, &john, Some(Admin), Err(NotAllowed::NotNamed)),
        ] {
            assert_eq!(decide(who, user, person, true), expected, "{who:?} {user} {person:?}");
            let strictly = if person.is_none() { Err(NotAllowed::Unknown) } else { expected };
            assert_eq!(decide(who, user, person, false), strictly, "{who:?} {user} {person:?}");
        }
        assert_eq!(decide(&these, &john, None, false), Err(NotAllowed::NotNamed));
        for who in [&WhoMayChange::Members, &WhoMayChange::Admins, &these] {
            assert_eq!(decide(who, &ann, Some(Stranger), true), Err(NotAllowed::Stranger));
            assert_eq!(decide(who, &ann, Some(Gone), true), Err(NotAllowed::Gone));
        }
    }

    #[test]
    fn workspace_and_organisation_members_are_not_strangers() {
        let person = |json: serde_json::Value, at: &str| {
            PersonKind::of(&serde_json::from_value::<UserInfo>(json).unwrap(), &workspace(at))
        };
        let organisation =
            serde_json::json!({"team_id": "T9", "enterprise_user": {"enterprise_id": "E1", "teams": ["T1"]}});
        assert_eq!(person(organisation.clone(), "T1"), Member);
        assert_eq!(person(organisation.clone(), "E1"), Member);
        assert_eq!(person(organisation, "T2"), Stranger);
        assert_eq!(person(serde_json::json!({"team_id": "T1", "is_owner": true}), "T1"), Admin);
        assert_eq!(person(serde_json::json!({"team_id": "T2", "is_admin": true}), "T1"), Stranger);
        assert_eq!(person(serde_json::json!({"team_id": "T1", "is_restricted": true}), "T1"), Guest);
        assert_eq!(person(serde_json::json!({"team_id": "T1", "deleted": true}), "T1"), Gone);
    }

    #[test]
    fn membership_is_cached_for_a_minute_in_bounded_memory() {
        let (persons, start) = (PersonCache::default(), Timestamp::UNIX_EPOCH);
        let home = workspace("T1");
        for number in 0..=MAX_CACHED_PERSONS {
            persons.remember(&home, &UserId::parse(format!("U{number}")).unwrap(), Member, start);
        }
        let (oldest, first) = (UserId::parse("U0").unwrap(), UserId::parse("U1").unwrap());
        assert_eq!(persons.0.lock().len(), MAX_CACHED_PERSONS);
        assert_eq!(persons.recall(&home, &oldest, start), None);
        assert_eq!(persons.recall(&home, &first, start), Some(Member));
        assert_eq!(persons.recall(&workspace("T2"), &first, start), None);
        let then = later(start, PERSON_CACHE_TTL);
        assert_eq!(persons.recall(&home, &first, then), None);
        persons.remember(&home, &first, Admin, then);
        assert_eq!(persons.0.lock().len(), 1);
    }
}
