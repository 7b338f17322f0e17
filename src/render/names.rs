//! People of Segments.ai in messages: by name, by a mention where messages are few, and those who have to act.

use super::format::person;
use crate::model::options::mention_token;
use crate::model::{Derived, News, Object, People, UserId};

/// How people are named.
#[derive(Debug, Clone, Copy)]
pub(super) enum NameStyle<'a> {
    /// By their names in Segments.ai: in `text`, and where many messages would mention somebody for their own work.
    Plain,
    /// By a mention, if they have said who they are.
    Mentioned(&'a People),
}

impl NameStyle<'_> {
    /// A person, made safe; none if there is no name, or nothing visible in it.
    pub(super) fn person(self, name: Option<&str>) -> Option<String> {
        let known = match self {
            Self::Plain => None,
            Self::Mentioned(people) => name.and_then(|name| people.find(name)),
        };
        known.and_then(|user| mention_token(user.as_str())).or_else(|| person(name))
    }

    /// " by jane", or nothing.
    pub(super) fn by(self, name: Option<&str>) -> String {
        self.person(name).map(|name| format!(" by {name}")).unwrap_or_default()
    }

    /// The same, of what somebody may have asked for from Slack: Segments.ai knows the key's owner only.
    pub(super) fn asked(self, asked_by: Option<&UserId>, name: Option<&str>) -> String {
        match asked_by.and_then(|user| mention_token(user.as_str())) {
            Some(user) => {
                format!(" by {user}{}", self.person(name).map(|name| format!(", as {name}")).unwrap_or_default())
            }
            None => self.by(name),
        }
    }
}

/// The Slack ids of those who have to act on the news, or wait for it: nobody for what they did themselves.
pub(super) fn must_act(news: &News, people: &People) -> Vec<String> {
    let id = |name: &Option<String>| people.find(name.as_deref()?).map(|user| user.as_str().to_owned());
    let (concerned, actor) = match (news.derived, &news.event.object) {
        (Some(Derived::LabelRejected), Object::Label(label)) => {
            let rejecter = label.judge().map(str::to_owned);
            let overruled = label.reviewed_by.clone().filter(|_| label.reviewed_by != rejecter);
            (vec![id(&label.created_by), id(&overruled)], id(&rejecter))
        }
        (_, Object::Sample(sample)) if news.assigns() => {
            let changed = |field: &str| news.changes.iter().any(|change| change.field == field);
            let all = !changed("assigned_labeler") && !changed("assigned_reviewer");
            let labeler = id(&sample.assigned_labeler).filter(|_| all || changed("assigned_labeler"));
            let reviewer = id(&sample.assigned_reviewer).filter(|_| all || changed("assigned_reviewer"));
            (vec![labeler, reviewer], None)
        }
        (Some(Derived::IssueReplied), Object::Issue(issue)) => {
            let opener = id(&issue.created_by);
            let new = usize::try_from(news.new_comments).unwrap_or(usize::MAX).max(1);
            let said = issue.recent_comments.iter().rev().take(new);
            let mut authors: Vec<_> = said.map(|comment| comment.created_by.clone()).collect();
            if authors.is_empty() {
                authors.push(issue.updated_by.clone());
            }
            // Of several replies, one that the opener did not write is news to them.
            let own = authors.iter().all(|author| id(author).is_some_and(|author| Some(author) == opener));
            (vec![opener.filter(|_| !own)], None)
        }
        (Some(Derived::IssueClosed | Derived::IssueReopened), Object::Issue(issue)) => {
            (vec![id(&issue.created_by)], id(&issue.updated_by))
        }
        _ => (Vec::new(), None),
    };
    // Of what was asked for from Slack, the object names the key's owner.
    let actor = news.asked_by.as_ref().map(|user| user.as_str().to_owned()).or(actor);
    let mut ids: Vec<String> = Vec::new();
    for id in concerned.into_iter().flatten().filter(|id| Some(id) != actor.as_ref()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}
