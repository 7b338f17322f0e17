//! Who may change what a channel is subscribed to: looked at before every change, by what Slack says of the person.

use crate::app::App;
use crate::app::answer::Asker;
use crate::clock::later;
use crate::config::WhoMayChange;
use crate::model::{UserId, WorkspaceId};
use crate::render::Message;
use crate::render::reply::{self, Deed, NotAllowed};
use crate::slack::api::UserInfo;
use crate::slack::error::SlackError;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tracing::warn;

/// Slack may take so long to say who somebody is, so that the answer still comes in time.
const PATIENCE: Duration = Duration::from_secs(2);
/// What Slack said of somebody holds for so long: for a command and the clicks that follow it.
const FRESH: Duration = Duration::from_mins(1);
/// So many people are remembered.
const MOST: usize = 10_000;

/// That somebody may change something; nothing is written without one.
#[derive(Debug)]
pub(super) struct Allowed(());

/// What somebody is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    Admin,
    Member,
    /// Invited to some channels only.
    Guest,
    /// Of another workspace, in channels that are shared with it.
    Stranger,
    /// Their account was deactivated.
    Gone,
    /// Nobody.
    Bot,
}

/// Who the people are that changed something of late.
#[derive(Debug, Default)]
pub struct Persons(Mutex<HashMap<(WorkspaceId, UserId), (Person, Timestamp)>>);

/// Lets somebody change their channel's subscriptions and mutes, or says who can.
pub(super) async fn may_change(app: &App, asker: &Asker) -> Result<Allowed, Message> {
    may(app, asker, Deed::Subscribe).await
}

/// Whether somebody could subscribe a channel of theirs: they may know which datasets there are.
pub(super) async fn may_subscribe(app: &App, workspace: &WorkspaceId, user: &UserId) -> bool {
    decided(app, workspace, user, Deed::Subscribe).await.is_ok()
}

/// Lets somebody change things at Segments.ai, or says who can.
pub(super) async fn may_act(app: &App, asker: &Asker) -> Result<Allowed, Message> {
    may(app, asker, Deed::Act).await
}

async fn may(app: &App, asker: &Asker, deed: Deed) -> Result<Allowed, Message> {
    let decided = decided(app, &asker.channel_ref.workspace, &asker.user, deed).await;
    decided.map_err(|why| reply::not_allowed(deed, why, named(who_may(app, deed)))).map(|()| Allowed(()))
}

/// Whether somebody may do something, by what Slack says of them.
async fn decided(app: &App, workspace: &WorkspaceId, user: &UserId, deed: Deed) -> Result<(), NotAllowed> {
    let person = person(app, workspace, user).await;
    // What is done with the account's key is done for nobody unknown; and a click in an organisation does not always say
    // whether somebody belongs to it.
    let trusts_unknown = deed == Deed::Subscribe && !workspace.is_organisation();
    decide(who_may(app, deed), user, person, trusts_unknown)
}

fn who_may(app: &App, deed: Deed) -> &WhoMayChange {
    match deed {
        Deed::Subscribe => &app.settings.who_may_change,
        Deed::Act => &app.settings.who_may_act,
    }
}

/// Lets somebody change their workspace's accounts, or says who can.
pub(super) async fn may_connect(app: &App, workspace: &WorkspaceId, user: &UserId) -> Result<Allowed, Message> {
    match person(app, workspace, user).await {
        Some(Person::Admin) => Ok(Allowed(())),
        Some(Person::Stranger) => Err(reply::other_workspace()),
        Some(Person::Gone | Person::Bot | Person::Guest | Person::Member) => Err(reply::admins_connect()),
        None => Err(reply::unknown_whether_admin()),
    }
}

/// Whether somebody is known to be an admin of their workspace.
pub(super) async fn is_admin(app: &App, asker: &Asker) -> bool {
    person(app, &asker.channel_ref.workspace, &asker.user).await == Some(Person::Admin)
}

fn named(who: &WhoMayChange) -> &[UserId] {
    if let WhoMayChange::These(people) = who { people } else { &[] }
}

/// What somebody is, if Slack says so in time.
pub(super) async fn person(app: &App, workspace: &WorkspaceId, user: &UserId) -> Option<Person> {
    let now = app.clock.now();
    if let Some(person) = app.persons.recall(workspace, user, now) {
        return Some(person);
    }
    let person = match app.clock.timeout(PATIENCE, app.slack.user(workspace, user)).await? {
        // Slack's own does not say that it is one.
        Ok(_) if user.as_str() == "USLACKBOT" => Person::Bot,
        Ok(info) => Person::of(&info, workspace),
        Err(SlackError::Refused(code)) if code == "user_not_found" || code == "user_not_visible" => Person::Stranger,
        Err(error) => {
            warn!(workspace.id = %workspace, user.id = %user, "could not look up {user} in Slack: {error}");
            return None;
        }
    };
    app.persons.remember(workspace, user, person, now);
    Some(person)
}

/// Whether somebody may change something; `person` is none where Slack did not say who they are, which those who may
/// otherwise may be trusted in or not.
fn decide(who: &WhoMayChange, user: &UserId, person: Option<Person>, trusts_unknown: bool) -> Result<(), NotAllowed> {
    match person {
        Some(Person::Stranger) => return Err(NotAllowed::Stranger),
        Some(Person::Gone) => return Err(NotAllowed::Gone),
        _ => {}
    }
    let allowed = if person.is_some() || trusts_unknown { Ok(()) } else { Err(NotAllowed::Unknown) };
    match (who, person) {
        (WhoMayChange::These(people), _) if people.contains(user) => allowed,
        (WhoMayChange::These(_), _) => Err(NotAllowed::NotNamed),
        (WhoMayChange::Admins, Some(Person::Admin)) => Ok(()),
        (WhoMayChange::Admins, Some(_)) => Err(NotAllowed::NoAdmin),
        (WhoMayChange::Admins, None) => Err(NotAllowed::Unknown),
        (WhoMayChange::Members, Some(Person::Guest)) => Err(NotAllowed::Guest),
        // Slack lets nobody from outside use a workspace's command, and a click says whose it is.
        (WhoMayChange::Members, _) => allowed,
    }
}

impl Person {
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

impl Persons {
    fn recall(&self, workspace: &WorkspaceId, user: &UserId, now: Timestamp) -> Option<Person> {
        let known = self.0.lock();
        let (person, at) = known.get(&(workspace.clone(), user.clone()))?;
        (now < later(*at, FRESH)).then_some(*person)
    }

    fn remember(&self, workspace: &WorkspaceId, user: &UserId, person: Person, now: Timestamp) {
        let mut known = self.0.lock();
        if known.len() >= MOST {
            known.retain(|_, (_, at)| now < later(*at, FRESH));
        }
        if known.len() < MOST {
            known.insert((workspace.clone(), user.clone()), (person, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Person::{Admin, Gone, Guest, Member, Stranger};

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
            Person::of(&serde_json::from_value::<UserInfo>(json).unwrap(), &workspace(at))
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
        let (persons, start) = (Persons::default(), Timestamp::UNIX_EPOCH);
        let home = workspace("T1");
        for number in 0..=MOST {
            persons.remember(&home, &UserId::parse(format!("U{number}")).unwrap(), Member, start);
        }
        let first = UserId::parse("U0").unwrap();
        assert_eq!(persons.0.lock().len(), MOST);
        assert_eq!(persons.recall(&home, &first, start), Some(Member));
        assert_eq!(persons.recall(&workspace("T2"), &first, start), None);
        let then = later(start, FRESH);
        assert_eq!(persons.recall(&home, &first, then), None);
        persons.remember(&home, &first, Admin, then);
        assert_eq!(persons.0.lock().len(), 1);
    }
}
