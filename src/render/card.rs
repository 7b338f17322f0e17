//! One event as one message. Each kind of object tells its story; this puts it into a line, a card or a full card.
//!
//! The title says what happened, to what, and who did it; so the footer need not name anybody again: it has the
//! dataset (which more people can open than the sample), the subscription, and when it was.

use super::format::{count, known};
use super::menu::MenuContext;
use super::mrkdwn::{self, code, date};
use super::names::{NameStyle, must_act};
use super::story::{LinkStyle, LinkedName, Sentence, Story, dataset_subject};
use super::urls::UrlBuilder;
use super::{AllowedActions, Message, action_buttons, block_kit, dataset, issue, label, release, sample};
use crate::model::event::KnownType;
use crate::model::options::mention_token;
use crate::model::subscription::Style;
use crate::model::{EventType, News, People};
use jiff::{SignedDuration, Timestamp};
use slack_morphism::prelude::{SlackActionBlockElement, SlackBlock};

/// A card that comes later than this after its event says so.
pub(super) const LATE: SignedDuration = SignedDuration::from_mins(10);
/// What a line and `text` quote of longer words.
const GIST: usize = 150;
/// More mentions than this are left out.
const MENTIONS: usize = 30;
/// What is shown of the summary of an event that this version does not know.
const SUMMARY: usize = 500;

/// How and where an event is shown.
#[derive(Debug, Clone)]
pub struct CardContext<'a> {
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
    pub acts: AllowedActions,
}

impl CardContext<'_> {
    /// How people are named where they may be mentioned; a test mentions nobody.
    fn names(&self) -> NameStyle<'_> {
        if self.test { NameStyle::Plain } else { NameStyle::Mentioned(self.people) }
    }

    /// Who is mentioned outside the attachment: those who have to act, and those that were asked for.
    pub(super) fn lead(&self, news: &News) -> Option<String> {
        let concerned = if self.test { Vec::new() } else { must_act(news, self.people) };
        lead(&[&concerned, self.mention].concat())
    }

    /// What can be changed: nothing of what never happened.
    fn acts(&self) -> AllowedActions {
        if self.test { AllowedActions::Nothing } else { self.acts }
    }

    /// The buttons that change the object of the news.
    fn buttons(&self, news: &News) -> Vec<SlackActionBlockElement> {
        action_buttons::buttons(news, self.acts())
    }

    pub(super) fn about<'a>(&self, news: &'a News) -> MenuContext<'a> {
        MenuContext {
            dataset: news.event.dataset.as_ref(),
            subject: action_buttons::subject(news).filter(|_| self.acts() != AllowedActions::Nothing),
            subscription: Some(self.subscription),
            happened: !self.test,
        }
    }
}

/// Shows an event.
pub fn card(news: &News, showing: &CardContext) -> Message {
    let urls = UrlBuilder::new(showing.app_url);
    render_story(|names| story(news, &urls, names), news, showing, &urls)
}

pub(super) fn story(news: &News, urls: &UrlBuilder, names: NameStyle) -> Story {
    match &news.event.event_type {
        EventType::Known(known) => match known {
            KnownType::DatasetCreated | KnownType::DatasetUpdated | KnownType::DatasetDeleted => {
                dataset::story(*known, news, urls)
            }
            KnownType::SampleCreated | KnownType::SampleUpdated | KnownType::SampleDeleted => {
                sample::story(*known, news, urls)
            }
            KnownType::LabelUpdated | KnownType::LabelDeleted => label::story(*known, news, urls),
            KnownType::IssueCreated | KnownType::IssueUpdated => issue::story(*known, news, urls, names),
            KnownType::ReleaseCreated => release::story(news, urls),
        },
        EventType::Unknown(_) => unknown(news),
    }
}

/// A story with as much room as it gets; in `text`, people have their names.
pub(super) fn render_story(
    story: impl Fn(NameStyle) -> Story,
    news: &News,
    showing: &CardContext,
    urls: &UrlBuilder,
) -> Message {
    let (plain, story) = (story(NameStyle::Plain), story(showing.names()));
    let dataset =
        news.event.dataset.as_ref().filter(|_| !story.about_dataset).map(|dataset| dataset_subject(dataset, urls));
    let one_line = showing.style == Style::Line || (showing.style == Style::Card && story.brief);
    let mut message = Message {
        text: to_line(&plain, dataset.as_ref(), news, showing, LinkStyle::Plain),
        lead: showing.lead(news),
        color: story.color.filter(|_| !one_line),
        blocks: Vec::new(),
    };
    if one_line {
        let line = to_line(&story, dataset.as_ref(), news, showing, LinkStyle::Linked);
        message.blocks.push(block_kit::section_beside(&line, showing.about(news).menu()));
        let buttons = showing.buttons(news);
        if showing.style != Style::Line && action_buttons::call_for_decision(news) && !buttons.is_empty() {
            message.blocks.push(block_kit::actions(buttons));
        }
    } else {
        message.blocks = blocks(story, dataset.as_ref(), news, showing);
        block_kit::budget(&mut message);
    }
    message
}

/// The whole news on one line.
pub(super) fn to_line(
    story: &Story,
    dataset: Option<&LinkedName>,
    news: &News,
    showing: &CardContext,
    form: LinkStyle,
) -> String {
    let mut line = title(story, showing, form);
    if let Some(gist) = &story.gist {
        line.push_str(": ");
        line.push_str(&mrkdwn::cut(gist, GIST));
    }
    let rest = [
        dataset.map(|dataset| dataset.to_mrkdwn(form)),
        superseded(showing),
        is_late(news, showing).then(|| late(news)),
    ];
    joined([Some(line)].into_iter().chain(rest))
}

pub(super) fn title(story: &Story, showing: &CardContext, form: LinkStyle) -> String {
    let test = if showing.test { "🧪 Test · not a real event · " } else { "" };
    format!("{test}{} {}", story.emoji, story.sentence.to_mrkdwn(form))
}

fn blocks(story: Story, dataset: Option<&LinkedName>, news: &News, showing: &CardContext) -> Vec<SlackBlock> {
    let mut blocks = vec![block_kit::section(&title(&story, showing, LinkStyle::Linked))];
    blocks.extend(story.body);
    if showing.style == Style::Full {
        let known = story.fields.into_iter().filter_map(|(label, value)| Some((label, value?)));
        let known = known.filter(|(_, value)| !value.is_empty()).take(2);
        let fields: Vec<String> = known.map(|(label, value)| format!("*{label}*\n{value}")).collect();
        let image = story.image.as_ref();
        if fields.is_empty() {
            blocks.extend(image.and_then(|(url, shows)| block_kit::image(url, shows)));
        } else {
            blocks.push(block_kit::fields_beside(
                fields,
                image.and_then(|(url, shows)| block_kit::thumbnail(url, shows)),
            ));
        }
    }
    if !story.details.is_empty() {
        blocks.push(block_kit::context([story.details.join(" · ")]));
    }
    let overview = dataset.or(story.sentence.subject.as_ref().filter(|_| story.about_dataset));
    let overview = overview.and_then(|dataset| dataset.url.as_ref());
    let page = story.page.as_ref().and_then(|url| block_kit::link_button("open", "Open in Segments.ai", url, true));
    let overview = overview.and_then(|url| block_kit::link_button("open_dataset", "Open dataset", url, page.is_none()));
    let menu = showing.about(news).menu().map(Into::into);
    let elements: Vec<_> = page.into_iter().chain(showing.buttons(news)).chain(overview).chain(menu).collect();
    if !elements.is_empty() {
        blocks.push(block_kit::actions(elements));
    }
    let when = if is_late(news, showing) { late(news) } else { date(news.event.created_at) };
    let event_type = match &news.event.event_type {
        EventType::Known(_) => None,
        EventType::Unknown(text) => Some(code(text, EventType::LONGEST)).filter(|text| !text.is_empty()),
    };
    let dataset = dataset.map(|dataset| dataset.to_mrkdwn(LinkStyle::Linked));
    let number = format!("#{}", showing.subscription);
    let footer = joined([dataset, event_type, superseded(showing), Some(number), Some(when)]);
    blocks.push(block_kit::context([footer]));
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
fn superseded(showing: &CardContext) -> Option<String> {
    (showing.updates > 1).then(|| count(showing.updates as u64, "change", "changes"))
}

pub(super) fn is_late(news: &News, showing: &CardContext) -> bool {
    showing.now.duration_since(news.event.created_at) > LATE
}

pub(super) fn late(news: &News) -> String {
    format!("⏳ late: happened {}", date(news.event.created_at))
}
