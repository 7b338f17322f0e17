//! An issue in a channel: its parent, which shows how it stands, and what is said in the thread below.

use super::card::{CardContext, is_late, late, render_story, title, to_line};
use super::format::{count, known, span};
use super::issue::{self, QUOTE};
use super::mrkdwn::date;
use super::names::NameStyle;
use super::story::{LinkStyle, Story, dataset_subject};
use super::urls::UrlBuilder;
use super::{AllowedActions, Message, block_kit, card};
use crate::model::event::KnownType;
use crate::model::issue_thread::StatusTurn;
use crate::model::object::Issue;
use crate::model::subscription::Style;
use crate::model::{Derived, IssueThread, News, Object, People};

/// Shows an issue as it stands now, in the place of the card that opened it.
pub fn parent(anchor: &IssueThread, people: &People, app_url: &str, acts: AllowedActions) -> Message {
    let urls = UrlBuilder::new(app_url);
    let nothing = Issue::default();
    let issue = match &anchor.news.event.object {
        Object::Issue(issue) => issue,
        _ => &nothing,
    };
    let turn = anchor.turn.as_ref().filter(|turn| turn.closed == is_closed(issue));
    // Whoever has to act on what is new is mentioned where it is said: in the thread.
    let mut news = News { derived: None, ..anchor.news.clone() };
    news.event.created_at = turn.map(|turn| turn.at).or(issue.created_at).unwrap_or(news.event.created_at);
    let options = &anchor.options;
    let showing = CardContext {
        subscription: anchor.subscription,
        style: options.style.unwrap_or(Style::Card),
        mention: &options.mention,
        people,
        app_url,
        // What is brought up to date is not late.
        now: news.event.created_at,
        test: false,
        updates: 1,
        acts,
    };
    render_story(|names| story(anchor, issue, turn, &urls, names), &news, &showing, &urls)
}

fn story(anchor: &IssueThread, issue: &Issue, turn: Option<&StatusTurn>, urls: &UrlBuilder, names: NameStyle) -> Story {
    let closed = is_closed(issue);
    let what = match turn {
        Some(turn) if closed => {
            let age = issue.created_at.and_then(|at| span(at, turn.at)).map(|age| format!(" after {age}"));
            format!("issue resolved{}{}", turned(turn, names), age.unwrap_or_default())
        }
        Some(turn) => format!("issue reopened{}", turned(turn, names)),
        None if closed => "issue resolved".to_owned(),
        None => format!("issue opened{}", names.by(issue.created_by.as_deref())),
    };
    let subject = issue::subject(issue, &anchor.news, urls);
    let page = subject.as_ref().and_then(|subject| subject.url.clone());
    let mut details: Vec<String> = issue::tags(&issue.tags).into_iter().collect();
    details.extend(issue.anchor.as_ref().map(issue::place).unwrap_or_default());
    if turn.is_some() || closed {
        let who = names.by(issue.created_by.as_deref());
        details.extend(issue.created_at.map(|at| format!("opened{who} {}", date(at))));
    }
    if anchor.replies > 0 {
        let last = names.person(anchor.last_reply_by.as_deref()).map(|last| format!(", last by {last}"));
        details.push(count(anchor.replies.into(), "reply", "replies") + &last.unwrap_or_default());
    }
    let (emoji, color) = issue::looks(issue, None, true);
    Story {
        emoji,
        sentence: issue::sentence(subject, &what),
        gist: known(issue.description.as_deref(), QUOTE),
        color: Some(color),
        body: issue::words(None, issue.description.as_deref().unwrap_or_default(), page.as_ref()).into_iter().collect(),
        details,
        page,
        ..Story::default()
    }
}

/// Who resolved an issue or opened it again.
fn turned(turn: &StatusTurn, names: NameStyle) -> String {
    names.asked(turn.asked_by.as_ref(), turn.by.as_deref())
}

fn is_closed(issue: &Issue) -> bool {
    issue.status.as_deref() == Some("CLOSED")
}

/// Says in a thread what happened to its issue, or from its message: one line, and the words that belong to it. The line names the sample where the
/// channel sees it too. Whoever did it is not mentioned for that.
pub fn in_thread(news: &News, showing: &CardContext, broadcast: bool) -> Message {
    let urls = UrlBuilder::new(showing.app_url);
    let mut story = match news.event.object {
        Object::Issue(_) => issue::story(KnownType::IssueUpdated, news, &urls, NameStyle::Plain),
        _ => card::story(news, &urls, NameStyle::Plain),
    };
    let dataset = news.event.dataset.as_ref().map(|dataset| dataset_subject(dataset, &urls));
    let text = to_line(&story, dataset.as_ref(), news, showing, LinkStyle::Plain);
    if !broadcast && matches!(news.event.object, Object::Issue(_)) && story.sentence.subject.is_some() {
        story.sentence = issue::sentence(None, story.sentence.after.trim_start_matches("— "));
    }
    let mut blocks =
        vec![block_kit::section_beside(&title(&story, showing, LinkStyle::Linked), showing.about(news).menu())];
    // What was said before stands in the thread already.
    let is_new = news.new_comments > 0 && issue::says_something(news);
    if is_new || news.derived == Some(Derived::IssueEdited) {
        blocks.extend(story.body);
    }
    blocks.extend(is_late(news, showing).then(|| block_kit::context([late(news)])));
    let mut message = Message { text, lead: showing.lead(news), color: None, blocks };
    block_kit::budget(&mut message);
    message
}
