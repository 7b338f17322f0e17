//! News of an issue: what happened now, with the words that belong to it.

use super::format::{count, decimal, known, person, span};
use super::mrkdwn::{cut, date, link, quote};
use super::names::NameStyle;
use super::story::{LinkedName, Sentence, Story};
use super::urls::UrlBuilder;
use super::{Color, block_kit, changes, sample};
use crate::model::event::KnownType;
use crate::model::object::{Comment, Issue, IssueLocation};
use crate::model::{Derived, News, Object};
use slack_morphism::prelude::SlackBlock;
use url::Url;

/// What is quoted of a description or a comment.
pub(super) const QUOTE: usize = 500;
/// What is said of a description below a comment.
const REMINDER: usize = 150;
/// More new comments than this are counted.
const COMMENTS: usize = 3;
/// More tags than this are counted.
const TAGS: usize = 10;
/// The longest shown tag, sensor or attribute.
const WORD: usize = 60;

pub(super) fn story(event_type: KnownType, news: &News, urls: &UrlBuilder, names: NameStyle) -> Story {
    let nothing = Issue::default();
    let issue = match &news.event.object {
        Object::Issue(issue) => issue,
        _ => &nothing,
    };
    let subject = subject(issue, news, urls);
    let page = subject.as_ref().and_then(|subject| subject.url.clone());
    let derived = news.derived.filter(|_| event_type == KnownType::IssueUpdated);
    let opened = event_type == KnownType::IssueCreated;
    let (emoji, color) = looks(issue, derived, opened);
    let (what, actor) = happened(news, issue, derived, opened, names);
    let said = new_comments(news, issue, derived);
    let description = known(issue.description.as_deref(), QUOTE);
    let heard = said.last().filter(|_| news.new_comments > 0 || derived == Some(Derived::IssueReplied));
    let gist = heard.and_then(|comment| known(Some(&comment.text), QUOTE)).or_else(|| description.clone());
    let mut details = Vec::new();
    let body = if said.is_empty() {
        let (rewritten, edits): (Vec<_>, _) =
            news.changes.iter().cloned().partition(|change| change.field == "description");
        let before = rewritten.first().and_then(|change| known(Some(&change.before), REMINDER));
        details.extend(before.map(|before| format!("before: {before}")));
        let quoted = words(None, issue.description.as_deref().unwrap_or_default(), page.as_ref());
        changes::list(&edits).filter(|_| derived == Some(Derived::IssueEdited)).into_iter().chain(quoted).collect()
    } else {
        details.extend(description.map(|text| format!("issue: {}", cut(&text, REMINDER))));
        comments(news, &said, actor, page.as_ref())
    };
    details.extend(tags(&issue.tags));
    details.extend(issue.anchor.as_ref().map(place).unwrap_or_default());
    if !opened {
        let who = names.by(issue.created_by.as_deref());
        details.extend(issue.created_at.map(|at| format!("opened{who} {}", date(at))));
        let replies = u64::from(issue.comments_count);
        details.extend((replies > 0).then(|| count(replies, "reply", "replies")));
    }
    let sentence = sentence(subject, &what);
    Story { emoji, sentence, gist, color: Some(color), body, details, page, ..Story::default() }
}

/// The sample that an issue is on.
pub(super) fn subject(issue: &Issue, news: &News, urls: &UrlBuilder) -> Option<LinkedName> {
    let name = issue.sample_name.as_deref().or(news.sample_name.as_deref());
    sample::subject(name, issue.sample_uuid.as_deref(), None, news.event.dataset.as_ref(), urls)
}

/// What happened, to a sample where it is known.
pub(super) fn sentence(subject: Option<LinkedName>, what: &str) -> Sentence {
    if subject.is_some() {
        return Sentence { before: String::new(), subject, after: format!("— {what}") };
    }
    let rest = what.strip_prefix('i');
    let before = rest.map_or_else(|| what.to_owned(), |rest| format!("I{rest}"));
    Sentence { before, ..Sentence::default() }
}

/// The state's emoji and colour; what is said does not change the state and has an emoji of its own.
pub(super) fn looks(issue: &Issue, derived: Option<Derived>, opened: bool) -> (&'static str, Color) {
    let (emoji, color) = match (issue.status.as_deref(), derived) {
        (_, Some(Derived::IssueClosed)) | (Some("CLOSED"), _) => ("🟢", Color::Green),
        (Some("OPEN"), _) | (_, Some(Derived::IssueReopened)) => ("🔴", Color::Red),
        (None, _) if opened => ("🔴", Color::Red),
        _ => ("🔵", Color::Blue),
    };
    match derived {
        Some(Derived::IssueReplied) => ("💬", color),
        Some(Derived::IssueEdited) => ("✏️", color),
        _ => (emoji, color),
    }
}

/// What happened, and who did it.
fn happened<'a>(
    news: &News,
    issue: &'a Issue,
    derived: Option<Derived>,
    opened: bool,
    names: NameStyle,
) -> (String, Option<&'a str>) {
    let last = issue.recent_comments.last().and_then(|comment| comment.created_by.as_deref());
    let updater = issue.updated_by.as_deref();
    let (verb, actor) = match derived {
        _ if opened => ("opened", issue.created_by.as_deref().or(updater)),
        Some(Derived::IssueReplied) => ("reply", last.or(updater)),
        Some(Derived::IssueClosed) => ("resolved", updater),
        Some(Derived::IssueReopened) => ("reopened", updater),
        Some(Derived::IssueEdited) => ("edited", updater),
        _ => ("updated", updater),
    };
    let what = if verb == "reply" && news.new_comments > 1 {
        let last = names.person(actor).map(|last| format!(", last by {last}")).unwrap_or_default();
        format!("{}{last}", count(news.new_comments.into(), "issue reply", "issue replies"))
    } else {
        let age = issue.created_at.filter(|_| verb == "resolved").and_then(|at| span(at, news.event.created_at));
        let age = age.map(|age| format!(" after {age}")).unwrap_or_default();
        format!("issue {verb}{}{age}", names.asked(news.asked_by.as_ref(), actor))
    };
    (what, actor)
}

/// The comments that belong to the news: those that are new, and the last one where a state needs its reason.
fn new_comments<'a>(news: &News, issue: &'a Issue, derived: Option<Derived>) -> Vec<&'a Comment> {
    let at_least = match derived {
        Some(Derived::IssueReplied | Derived::IssueClosed | Derived::IssueReopened) => 1,
        _ => 0,
    };
    let wanted = usize::try_from(news.new_comments).unwrap_or(COMMENTS).clamp(at_least, COMMENTS);
    let skipped = issue.recent_comments.len().saturating_sub(wanted);
    issue.recent_comments[skipped..].iter().filter(|comment| known(Some(&comment.text), QUOTE).is_some()).collect()
}

/// Whether any comment belongs to the news.
pub(super) fn says_something(news: &News) -> bool {
    let Object::Issue(issue) = &news.event.object else { return false };
    !new_comments(news, issue, news.derived).is_empty()
}

/// Comments as quotes; a single one by the actor, whom the title names, goes without a name.
fn comments(news: &News, said: &[&Comment], actor: Option<&str>, page: Option<&Url>) -> Vec<SlackBlock> {
    let earlier = usize::try_from(news.new_comments).unwrap_or(0).saturating_sub(said.len());
    let earlier = u64::try_from(earlier).unwrap_or(0);
    let earlier = (earlier > 0).then(|| block_kit::context([count(earlier, "earlier reply", "earlier replies")]));
    let quoted = said.iter().filter_map(|comment| {
        let who = comment.created_by.as_deref().filter(|who| said.len() > 1 || Some(*who) != actor);
        words(who, &comment.text, page)
    });
    earlier.into_iter().chain(quoted).collect()
}

/// Somebody's words as a quote, with a link to the rest if there is more.
pub(super) fn words(who: Option<&str>, text: &str, page: Option<&Url>) -> Option<SlackBlock> {
    let quoted = quote(text, QUOTE);
    if quoted.is_empty() {
        return None;
    }
    let more = page.filter(|_| quoted.ends_with('…')).map(|url| link(url.as_str(), "Read on in Segments.ai"));
    let who = person(who).map(|who| format!("*{who}*"));
    Some(block_kit::section(&[who, Some(quoted), more].into_iter().flatten().collect::<Vec<_>>().join("\n")))
}

pub(super) fn tags(tags: &[String]) -> Option<String> {
    let mut shown: Vec<String> = tags.iter().take(TAGS).filter_map(|tag| known(Some(tag), WORD)).collect();
    if tags.len() > TAGS {
        shown.push(format!("{} more", tags.len() - TAGS));
    }
    (!shown.is_empty()).then(|| format!("tags: {}", shown.join(", ")))
}

/// What an issue points at. The frame is shown as it was sent, and called an index: the editor counts from 1.
pub(super) fn place(anchor: &IssueLocation) -> Vec<String> {
    let location: Vec<String> = anchor.location.iter().take(3).copied().map(decimal).collect();
    let parts = [
        known(anchor.sensor.as_deref(), WORD).map(|sensor| format!("sensor {sensor}")),
        anchor.frame.map(|frame| format!("frame index {frame}")),
        anchor.track.map(|track| format!("track {track}")),
        known(anchor.track_attribute.as_deref(), WORD).map(|attribute| format!("attribute {attribute}")),
        known(anchor.scene_attribute.as_deref(), WORD).map(|attribute| format!("scene attribute {attribute}")),
        (!location.is_empty()).then(|| format!("at {}", location.join(", "))),
    ];
    parts.into_iter().flatten().collect()
}
