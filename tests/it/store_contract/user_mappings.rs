//! Claims to usernames: one person each, one username a person.

use super::bench::{Bench, at, workspace};
use segments_slack::model::{UserId, UserMapping, Username, WorkspaceId};
use segments_slack::store::{MAX_USER_MAPPINGS_PER_WORKSPACE, MappingResult, Record};

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn name(name: &str) -> Username {
    Username::parse(name).unwrap()
}

pub(super) fn claim(username: &str, id: &str) -> UserMapping {
    UserMapping { username: name(username), user: user(id), at: at(1) }
}

async fn link(bench: &Bench, username: &str, id: &str, replaces: Option<&str>) -> MappingResult {
    bench.store().map_user(&workspace(), claim(username, id), replaces.map(user).as_ref()).await.unwrap()
}

fn stored(before: Option<&str>, taken_from: Option<&str>) -> MappingResult {
    MappingResult::Stored { before: before.map(name), taken_from: taken_from.map(user) }
}

async fn all(bench: &Bench) -> Vec<String> {
    let links = bench.store().user_mappings(&workspace()).await.unwrap();
    links.iter().map(|link| format!("{} {}", link.username, link.user)).collect()
}

pub(super) async fn a_person_has_one_username_and_a_username_one_person(mut bench: Bench) {
    let long = "x".repeat(Username::LONGEST);
    assert_eq!(link(&bench, "Jane", "U1", None).await, stored(None, None));
    assert_eq!(link(&bench, &long, "U2", None).await, stored(None, None));
    assert_eq!(link(&bench, "jane", "U1", None).await, stored(Some("Jane"), None));
    assert_eq!(link(&bench, "ann", "U1", None).await, stored(Some("jane"), None));
    bench.restart();
    assert_eq!(all(&bench).await, [format!("{long} U2"), "ann U1".to_owned()]);
    let other = WorkspaceId::parse("T2").unwrap();
    assert!(bench.store().user_mappings(&other).await.unwrap().is_empty());
}

pub(super) async fn anothers_username_is_taken_only_from_whom_the_claim_replaces(mut bench: Bench) {
    link(&bench, "jane", "U1", None).await;
    link(&bench, "john", "U2", None).await;
    for replaces in [None, Some("U2"), Some("U3")] {
        assert_eq!(link(&bench, "JANE", "U2", replaces).await, MappingResult::Taken(claim("jane", "U1")));
    }
    assert_eq!(link(&bench, "JANE", "U2", Some("U1")).await, stored(Some("john"), Some("U1")));
    assert_eq!(link(&bench, "JANE", "U2", Some("U1")).await, stored(Some("JANE"), None));
    bench.restart();
    assert_eq!(all(&bench).await, ["JANE U2"]);
    assert_eq!(link(&bench, "ann", "U1", None).await, stored(None, None));
}

pub(super) async fn a_forgotten_username_is_free_again(bench: Bench) {
    link(&bench, "jane", "U1", None).await;
    assert_eq!(bench.store().unmap_user(&workspace(), &user("U1")).await.unwrap(), Some(claim("jane", "U1")));
    assert_eq!(bench.store().unmap_user(&workspace(), &user("U1")).await.unwrap(), None);
    assert_eq!(link(&bench, "jane", "U2", None).await, stored(None, None));
    assert_eq!(bench.store().unmap_user(&workspace(), &user("U1")).await.unwrap(), None);
    assert_eq!(all(&bench).await, ["jane U2"]);
}

pub(super) async fn a_workspace_has_no_more_usernames_than_are_kept(bench: Bench) {
    let records = (0..MAX_USER_MAPPINGS_PER_WORKSPACE).map(|number| Record::UserMapping {
        workspace: workspace(),
        mapping: claim(&format!("n{number}"), &format!("U{number}")),
    });
    bench.store().import(records.collect()).await.unwrap();
    assert_eq!(link(&bench, "one-more", "W1", None).await, MappingResult::Full);
    assert_eq!(link(&bench, "changed", "U1", None).await, stored(Some("n1"), None));
    assert_eq!(link(&bench, "n2", "W1", Some("U2")).await, stored(None, Some("U2")));
    assert_eq!(bench.store().user_mappings(&workspace()).await.unwrap().len(), MAX_USER_MAPPINGS_PER_WORKSPACE);
}
