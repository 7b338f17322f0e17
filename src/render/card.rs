//! One event as one message. Each kind of object tells its story; this puts it into a line, a card or a full card.
//!
//! The title says what happened, to what, and who did it; so the footer need not name anybody again: it has the
//! dataset (which more people can open than the sample), the subscription, and when it was.

use super::links::Links;
use super::menu::About;
use super::mrkdwn::{self, code, date, name};
use super::names::{Names, must_act};
use super::words::{count, known};
use super::{Acts, Color, Message, acts, dataset, issue, kit, label, release, sample};
use crate::model::event::KnownType;
use crate::model::options::mention_token;
use crate::model::subscription::Style;
use crate::model::{DatasetName, EventType, News, People};
use jiff::{SignedDuration, Timestamp};
use slack_morphism::prelude::{SlackActionBlockElement, SlackBlock};
use url::Url;

/// A card that comes later than this after its event says so.
pub(super) const LATE: SignedDuration = SignedDuration::from_mins(10);
/// The longest shown name of a dataset.
const DATASET: usize = 150;
/// What a line and `text` quote of longer words.
const GIST: usize = 150;
/// More mentions than this are left out.
const MENTIONS: usize = 30;
/// What is shown of the summary of an event that this version does not know.
const SUMMARY: usize = 500;

/// How and where an event is shown.
#[derive(Debug, Clone)]
pub struct Showing<'a> {
    /// The number of the subscription that asked for it.
    pub subscription: u32,
    /// How much room it takes.
    pub style: Style,
    /// Who is mentioned: Slack ids of users (`U…`, `W…`) and user groups (`S…`).
    pub mention: &'a [String],
    /// Who is who in the workspace.
    pub people: &'a People,
    /// The web app's address, such as `https://app.segments.ai`.
    pub app_url: &'a str,
    /// The time.
    pub now: Timestamp,
    /// Whether it never happened: a sample that somebody asked for.
    pub test: bool,
    /// How many updates of the object this one stands for.
    pub updates: usize,
    /// What can be changed from it.
    pub acts: Acts,
}

impl Showing<'_> {
    /// How people are named where they may be mentioned; a test mentions nobody.
    fn names(&self) -> Names<'_> {
        if self.test { Names::Plain } else { Names::Mentioned(self.people) }
    }

    /// Who is mentioned outside the attachment: those who have to act, and those that were asked for.
    pub(super) fn lead(&self, news: &News) -> Option<String> {
        let concerned = if self.test { Vec::new() } else { must_act(news, self.people) };
        lead(&[&concerned, self.mention].concat())
    }

    /// What can be changed: nothing of what never happened.
    fn acts(&self) -> Acts {
        if self.test { Acts::Nothing } else { self.acts }
    }

    /// The buttons that change the object of the news.
    fn buttons(&self, news: &News) -> Vec<SlackActionBlockElement> {
        acts::buttons(news, self.acts())
    }

    pub(super) fn about<'a>(&self, news: &'a News) -> About<'a> {
        About {
            dataset: news.event.dataset.as_ref(),
            subject: acts::subject(news).filter(|_| self.acts() != Acts::Nothing),
            subscription: Some(self.subscription),
            happened: !self.test,
        }
    }
}

/// What there is to tell of an event, before it is known how much room it gets. All words are safe mrkdwn.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) emoji: &'static str,
    pub(super) sentence: Sentence,
    /// The words of a person that the news is about, on one line.
    pub(super) gist: Option<String>,
    pub(super) color: Option<Color>,
    /// Whether one line is enough, unless the subscription wants it in full.
    pub(super) brief: bool,
    pub(super) body: Vec<SlackBlock>,
    /// For full cards, most wanted first; two are shown.
    pub(super) fields: Vec<(&'static str, Option<String>)>,
    /// For full cards: an image that anybody can fetch, and what it shows.
    pub(super) image: Option<(Url, String)>,
    /// Small print below the body.
    pub(super) details: Vec<String>,
    /// The page of the object itself.
    pub(super) page: Option<Url>,
    /// Whether the subject is the dataset, so that nothing else needs to name it.
    pub(super) about_dataset: bool,
}

/// `before *subject* after`.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    pub(super) before: String,
    pub(super) subject: Option<Subject>,
    pub(super) after: String,
}

/// What a sentence is about, and its page.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) label: String,
    pub(super) url: Option<Url>,
}

/// Whether names are links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Linked,
}

impl Subject {
    pub(super) fn told(&self, form: Form) -> String {
        match &self.url {
            Some(url) if form == Form::Linked => mrkdwn::link(url.as_str(), &self.label),
            _ => self.label.clone(),
        }
    }
}

impl Sentence {
    fn told(&self, form: Form) -> String {
        let subject = self.subject.as_ref().map(|subject| match form {
            Form::Plain => subject.told(form),
            Form::Linked => format!("*{}*", subject.told(form)),
        });
        let words = [self.before.as_str(), subject.as_deref().unwrap_or_default(), self.after.as_str()];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Shows an event.
pub fn card(news: &News, showing: &Showing) -> Message {
    let links = Links::new(showing.app_url);
    told(|names| story(news, &links, names), news, showing, &links)
}

pub(super) fn story(news: &News, links: &Links, names: Names) -> Story {
    match &news.event.event_type {
        EventType::Known(known) => match known {
            KnownType::DatasetCreated | KnownType::DatasetUpdated | KnownType::DatasetDeleted => {
                dataset::story(*known, news, links)
            }
            KnownType::SampleCreated | KnownType::SampleUpdated | KnownType::SampleDeleted => {
                sample::story(*known, news, links)
            }
            KnownType::LabelUpdated | KnownType::LabelDeleted => label::story(*known, news, links),
            KnownType::IssueCreated | KnownType::IssueUpdated => issue::story(*known, news, links, names),
            KnownType::ReleaseCreated => release::story(news, links),
        },
        EventType::Unknown(_) => unknown(news),
    }
}

/// A story with as much room as it gets; in `text`, people have their names.
pub(super) fn told(story: impl Fn(Names) -> Story, news: &News, showing: &Showing, links: &Links) -> Message {
    let (plain, story) = (story(Names::Plain), story(showing.names()));
    let dataset =
        news.event.dataset.as_ref().filter(|_| !story.about_dataset).map(|dataset| dataset_subject(dataset, links));
    let one_line = showing.style == Style::Line || (showing.style == Style::Card && story.brief);
    let mut message = Message {
        text: line(&plain, dataset.as_ref(), news, showing, Form::Plain),
        lead: showing.lead(news),
        color: story.color.filter(|_| !one_line),
        blocks: Vec::new(),
    };
    if one_line {
        let line = line(&story, dataset.as_ref(), news, showing, Form::Linked);
        message.blocks.push(kit::section_beside(&line, showing.about(news).menu()));
        let buttons = showing.buttons(news);
        if showing.style != Style::Line && acts::call_for_decision(news) && !buttons.is_empty() {
            message.blocks.push(kit::actions(buttons));
        }
    } else {
        message.blocks = blocks(story, dataset.as_ref(), news, showing);
        kit::budget(&mut message);
    }
    message
}

/// A dataset by name, with its overview.
pub(super) fn dataset_subject(dataset: &DatasetName, links: &Links) -> Subject {
    Subject { label: name(dataset.as_str(), DATASET), url: links.dataset(dataset) }
}

/// The whole news on one line.
pub(super) fn line(story: &Story, dataset: Option<&Subject>, news: &News, showing: &Showing, form: Form) -> String {
    let mut line = title(story, showing, form);
    if let Some(gist) = &story.gist {
        line.push_str(": ");
        line.push_str(&mrkdwn::cut(gist, GIST));
    }
    let rest =
        [dataset.map(|dataset| dataset.told(form)), superseded(showing), is_late(news, showing).then(|| late(news))];
    joined([Some(line)].into_iter().chain(rest))
}

pub(super) fn title(story: &Story, showing: &Showing, form: Form) -> String {
    let test = if showing.test { "🧪 Test · not a real event · " } else { "" };
    format!("{test}{} {}", story.emoji, story.sentence.told(form))
}

fn blocks(story: Story, dataset: Option<&Subject>, news: &News, showing: &Showing) -> Vec<SlackBlock> {
    let mut blocks = vec![kit::section(&title(&story, showing, Form::Linked))];
    blocks.extend(story.body);
    if showing.style == Style::Full {
        let known = story.fields.into_iter().filter_map(|(label, value)| Some((label, value?)));
        let known = known.filter(|(_, value)| !value.is_empty()).take(2);
        let fields: Vec<String> = known.map(|(label, value)| format!("*{label}*\n{value}")).collect();
        let image = story.image.as_ref();
        if fields.is_empty() {
            blocks.extend(image.and_then(|(url, shows)| kit::image(url, shows)));
        } else {
            blocks.push(kit::fields_beside(fields, image.and_then(|(url, shows)| kit::thumbnail(url, shows))));
        }
    }
    if !story.details.is_empty() {
        blocks.push(kit::context([story.details.join(" · ")]));
    }
    let overview = dataset.or(story.sentence.subject.as_ref().filter(|_| story.about_dataset));
    let overview = overview.and_then(|dataset| dataset.url.as_ref());
    let page = story.page.as_ref().and_then(|url| kit::link_button("open", "Open in Segments.ai", url, true));
    let overview = overview.and_then(|url| kit::link_button("open_dataset", "Open dataset", url, page.is_none()));
    let menu = showing.about(news).menu().map(Into::into);
    let elements: Vec<_> = page.into_iter().chain(showing.buttons(news)).chain(overview).chain(menu).collect();
    if !elements.is_empty() {
        blocks.push(kit::actions(elements));
    }
    let when = if is_late(news, showing) { late(news) } else { date(news.event.created_at) };
    let event_type = match &news.event.event_type {
        EventType::Known(_) => None,
        EventType::Unknown(text) => Some(code(text, EventType::LONGEST)).filter(|text| !text.is_empty()),
    };
    let dataset = dataset.map(|dataset| dataset.told(Form::Linked));
    let number = format!("#{}", showing.subscription);
    let footer = joined([dataset, event_type, superseded(showing), Some(number), Some(when)]);
    blocks.push(kit::context([footer]));
    blocks
}

/// An event of a type that this version does not know: the sender's own words.
fn unknown(news: &News) -> Story {
    let said = known(news.event.text.as_deref(), SUMMARY);
    let event_type = || format!("Something new happened: {}", code(news.event.event_type.as_str(), EventType::LONGEST));
    let sentence = Sentence { before: said.unwrap_or_else(event_type), ..Sentence::default() };
    Story { emoji: "🔔", sentence, ..Story::default() }
}

/// Mentions of users and user groups; anything that is no id is left out.
pub(super) fn lead(mention: &[String]) -> Option<String> {
    let mut tokens: Vec<String> = Vec::new();
    for token in mention.iter().filter_map(|id| mention_token(id)) {
        if !tokens.contains(&token) {
            tokens.push(token);
        }
        if tokens.len() == MENTIONS {
            break;
        }
    }
    (!tokens.is_empty()).then(|| tokens.join(" "))
}

pub(super) fn joined(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// "3 changes", of which only the last is shown.
fn superseded(showing: &Showing) -> Option<String> {
    (showing.updates > 1).then(|| count(showing.updates as u64, "change", "changes"))
}

pub(super) fn is_late(news: &News, showing: &Showing) -> bool {
    showing.now.duration_since(news.event.created_at) > LATE
}

pub(super) fn late(news: &News) -> String {
    format!("⏳ late: happened {}", date(news.event.created_at))
}
