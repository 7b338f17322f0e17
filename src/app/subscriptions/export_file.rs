//! The export file: people and each channel's subscriptions as commands. Written by `segments-slack export`, read by
//! `import`. Pure.
//! Pure.

use crate::app::subscriptions::hints::has_times;
use crate::model::{ChannelId, DatasetPattern, Mute, Subscription, UserId, UserMapping, Username, WorkspaceId};
use crate::render::reply::in_plain_words;
use crate::slack::command::{Asked, line, lines, read_line};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt::{Display, Write};

/// The first line of a file.
const HEAD: &str = "segments-slack export, version 1";
const ABOUT: &str = "# `segments-slack import` reads this. A line adds to what its channel gets; nothing is removed.";
/// The number of mistakes to report.
const MOST_MISTAKES: usize = 100;

/// A mistake in a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The line number, from 1.
    pub line: usize,
    /// The description of the mistake.
    pub what: String,
}

/// The mistakes in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistakes {
    /// The first mistakes.
    pub first: Vec<Mistake>,
    /// The number of further mistakes.
    pub more: usize,
}

impl Mistakes {
    pub(super) fn add(&mut self, line: usize, what: impl Display) {
        if self.first.len() < MOST_MISTAKES {
            self.first.push(Mistake { line, what: what.to_string() });
        } else {
            self.more += 1;
        }
    }
}

/// The section of a workspace.
#[derive(Debug)]
pub(super) struct WorkspacePart {
    /// The line where it begins.
    pub(super) line: usize,
    pub(super) workspace: WorkspaceId,
    pub(super) people: Vec<PersonLine>,
    pub(super) channels: Vec<ChannelPart>,
}

/// A line that links a Slack user to a username.
#[derive(Debug)]
pub(super) struct PersonLine {
    pub(super) line: usize,
    pub(super) user: UserId,
    pub(super) username: Username,
}

/// The section of a channel.
#[derive(Debug)]
pub(super) struct ChannelPart {
    /// Where it begins.
    pub(super) line: usize,
    pub(super) id: ChannelId,
    pub(super) entries: Vec<ImportEntry>,
}

/// A line that asks for subscriptions.
#[derive(Debug)]
pub(super) struct ImportEntry {
    pub(super) line: usize,
    pub(super) asked: Asked,
    pub(super) creator: UserId,
    pub(super) time_zone: Option<String>,
}

/// A file that is being written.
pub(super) struct ExportWriter {
    text: String,
    /// The number of subscriptions that fit no line.
    pub(super) left_out: usize,
}

impl ExportWriter {
    pub(super) fn new() -> Self {
        Self { text: format!("{HEAD}\n{ABOUT}\n"), left_out: 0 }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    pub(super) fn workspace(&mut self, workspace: &WorkspaceId) {
        self.line(format_args!("\nworkspace {workspace}"));
    }

    pub(super) fn people(&mut self, mut links: Vec<UserMapping>) {
        links.sort_unstable_by(|a, b| a.user.cmp(&b.user));
        for (place, UserMapping { user, username, .. }) in links.iter().enumerate() {
            let gap = if place == 0 { "\n" } else { "" };
            self.line(format_args!("{gap}person {user} is {username}"));
        }
    }

    /// Writes a channel's subscriptions in order, and its mutes as comments.
    pub(super) fn channel(&mut self, channel: &ChannelId, subscriptions: &[Subscription], mutes: &[Mute]) {
        self.line(format_args!("\nchannel {channel}"));
        // Each channel section is complete, so that it can be copied into another file.
        let (mut creator, mut zone) = (None, None);
        for subscription in subscriptions {
            let Subscription { number, rule, .. } = subscription;
            let Some(line) = line(rule) else {
                self.left_out += 1;
                self.line(format_args!("# left out, since no line can hold it: #{number}"));
                continue;
            };
            if creator.replace(&subscription.creator) != Some(&subscription.creator) {
                self.line(format_args!("creator {}", subscription.creator));
            }
            let own = subscription.time_zone.as_deref();
            if has_times(&rule.options) && zone.replace(own) != Some(own) {
                self.line(format_args!("zone {}", own.unwrap_or("none")));
            }
            self.line(line);
        }
        for Mute { dataset, until, by } in mutes {
            let what = if *dataset == DatasetPattern::everything() { "*".to_owned() } else { dataset.to_string() };
            self.line(format_args!("# muted until {until:.0} by {by}: {what}"));
        }
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}

/// Checks the syntax of a file. Returns the number of its channels, or its mistakes.
pub fn check(text: &str) -> Result<usize, Mistakes> {
    read(text).map(|parts| parts.iter().map(|part| part.channels.len()).sum())
}

/// Reads a file, or returns its mistakes. Time and memory grow with its length.
pub(super) fn read(text: &str) -> Result<Vec<WorkspacePart>, Mistakes> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = lines(text).map(|(number, line)| (number, line.trim()));
    let lines = lines.by_ref().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let mut reader = Reader::default();
    for (place, (number, line)) in lines.enumerate() {
        if place > 0 {
            reader.read(number, line);
        } else if line != HEAD {
            let newer = line.starts_with("segments-slack export, version");
            let what = if newer { "this file was written by a newer version" } else { "this is not an export file" };
            reader.mistakes.add(number, format_args!("{what}: `{HEAD}` is expected first"));
            break;
        }
    }
    if reader.mistakes.first.is_empty() { Ok(reader.parts) } else { Err(reader.mistakes) }
}

#[derive(Default)]
struct Reader {
    parts: Vec<WorkspacePart>,
    workspaces: HashSet<WorkspaceId>,
    /// The ids of the channels of the last workspace.
    channels: HashSet<ChannelId>,
    creator: Option<UserId>,
    zone: Option<String>,
    mistakes: Mistakes,
}

impl Reader {
    /// Reads a line. If a section header is wrong, a placeholder stands in for it, so that it is reported once.
    fn read(&mut self, number: usize, line: &str) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "workspace" => self.workspace(number, rest),
            "person" => self.person(number, rest),
            "channel" => self.channel(number, rest),
            "creator" => self.creator = Some(self.user(number, rest)),
            "zone" => {
                self.zone = (rest != "none").then(|| rest.to_owned());
                if self.zone.is_some() && TimeZone::get(rest).is_err() {
                    self.wrong(number, rest, "is not a time zone; expected one such as `Europe/Brussels`, or `none`");
                }
            }
            _ => self.entry(number, line),
        }
    }

    fn workspace(&mut self, line: usize, id: &str) {
        let workspace = WorkspaceId::parse(id).unwrap_or_else(|_| {
            self.wrong(line, id, "is not a workspace ID; expected one such as `T0123`");
            WorkspaceId::parse(format!("T{line}")).expect("a letter and digits are an id")
        });
        if !self.workspaces.insert(workspace.clone()) {
            self.wrong(line, id, "has a section already");
        }
        (self.channels, self.creator, self.zone) = (HashSet::new(), None, None);
        self.parts.push(WorkspacePart { line, workspace, people: Vec::new(), channels: Vec::new() });
    }

    fn person(&mut self, line: usize, rest: &str) {
        let (id, name) = rest.split_once(" is ").unwrap_or((rest, ""));
        let user = self.user(line, id.trim());
        let Some(username) = Username::parse(name.trim()) else {
            return self.wrong(line, name, "is not a username; expected `person U0123 is jane`");
        };
        self.part(line).people.push(PersonLine { line, user, username });
    }

    fn channel(&mut self, line: usize, id: &str) {
        let parsed = ChannelId::parse(id).ok().filter(|_| id.starts_with(['C', 'G']));
        let channel = parsed.unwrap_or_else(|| {
            self.wrong(line, id, "is not a channel ID; expected one such as `C0123`");
            ChannelId::parse(format!("C{line}")).expect("a letter and digits are an id")
        });
        if !self.channels.insert(channel.clone()) {
            self.wrong(line, id, "has a section of this workspace already");
        }
        self.part(line).channels.push(ChannelPart { line, id: channel, entries: Vec::new() });
    }

    fn entry(&mut self, line: usize, text: &str) {
        let asked = match read_line(text) {
            Ok(Some(asked)) => asked,
            Ok(None) => return,
            Err(error) => return self.mistakes.add(line, in_plain_words(&error)),
        };
        if self.part(line).channels.is_empty() {
            self.mistakes.add(line, "this line must follow a `channel C…` line");
            self.channel(line, &format!("C{line}"));
        }
        if self.creator.is_none() {
            self.mistakes
                .add(line, "this line must follow a `creator U…` line, which names the person to notify if Slack rejects the channel");
        }
        let creator = self.creator.get_or_insert_with(|| stand_in(line)).clone();
        let time_zone = self.zone.clone().filter(|_| has_times(&asked.options));
        let entry = ImportEntry { line, asked, creator, time_zone };
        self.part(line).channels.last_mut().expect("one was put there").entries.push(entry);
    }

    /// Returns the section that a line belongs to.
    fn part(&mut self, line: usize) -> &mut WorkspacePart {
        if self.parts.is_empty() {
            self.mistakes.add(line, "this line must follow a `workspace T…` line");
            self.workspace(line, &format!("T{line}"));
        }
        self.parts.last_mut().expect("one was put there")
    }

    fn user(&mut self, line: usize, id: &str) -> UserId {
        let parsed = UserId::parse(id).ok().filter(|_| id.starts_with(['U', 'W']));
        parsed.unwrap_or_else(|| {
            self.wrong(line, id, "is not a user ID; expected one such as `U0123`");
            stand_in(line)
        })
    }

    fn wrong(&mut self, line: usize, word: &str, what: &str) {
        let word: String = word.chars().take(100).collect();
        self.mistakes.add(line, format_args!("`{word}` {what}"));
    }
}

fn stand_in(line: usize) -> UserId {
    UserId::parse(format!("U{line}")).expect("a letter and digits are an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(lines: &str) -> Vec<String> {
        let mistakes = read(&format!("{HEAD}\n{lines}")).unwrap_err();
        mistakes.first.into_iter().map(|Mistake { line, what }| format!("{line}: {what}")).collect()
    }

    #[test]
    fn a_file_is_read_with_who_and_where() {
        let text = format!(
            "\u{feff}# mine\r\n{HEAD}\r\n workspace T1\r\nperson U1 is Jane\nchannel C1\ncreator U1\njane/flowers\n\
             zone Europe/Brussels\n/segments sub jane/* quiet:19:00-08:00\nchannel G2\ncreator W2\n* * digest:hourly\n\
             zone none\na/b digest:hourly\nworkspace T2"
        );
        let parts = read(&text).unwrap();
        assert_eq!(parts.iter().map(|part| part.workspace.as_str()).collect::<Vec<_>>(), ["T1", "T2"]);
        let WorkspacePart { people, channels, .. } = &parts[0];
        assert_eq!((people[0].user.as_str(), people[0].username.as_str()), ("U1", "Jane"));
        let entry = |entry: &ImportEntry| format!("{} {} {:?}", entry.creator, entry.asked, entry.time_zone);
        let read: Vec<Vec<_>> = channels.iter().map(|channel| channel.entries.iter().map(entry).collect()).collect();
        assert_eq!(
            read,
            [
                ["U1 jane/flowers None", "U1 jane/* quiet:19:00-08:00 Some(\"Europe/Brussels\")"],
                ["W2 * * digest:hourly Some(\"Europe/Brussels\")", "W2 a/b digest:hourly None"],
            ]
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_once() {
        assert_eq!(
            mistakes("subscribe a/b\nc/d"),
            [
                "2: this line must follow a `workspace T…` line",
                "2: this line must follow a `channel C…` line",
                "2: this line must follow a `creator U…` line, which names the person to notify if Slack rejects the channel",
            ]
        );
        assert_eq!(
            mistakes(
                "workspace T/1\nperson X1 is jane\nperson U1 is <@U2>\nperson U1\nchannel D1\ncreator ann\nzone Mars\n\
                 a/b sampel.created\nmute 2h\nworkspace T1\nchannel C1\nchannel C1\nworkspace T1"
            ),
            [
                "2: `T/1` is not a workspace ID; expected one such as `T0123`",
                "3: `X1` is not a user ID; expected one such as `U0123`",
                "4: `<@U2>` is not a username; expected `person U0123 is jane`",
                "5: `` is not a username; expected `person U0123 is jane`",
                "6: `D1` is not a channel ID; expected one such as `C0123`",
                "7: `ann` is not a user ID; expected one such as `U0123`",
                "8: `Mars` is not a time zone; expected one such as `Europe/Brussels`, or `none`",
                "9: `sampel.created` is not an event. Did you mean `/segments subscribe a/b sample.created`?",
                "10: `mute 2h` subscribes to nothing. Write `subscribe` and a dataset, for example \
                 `subscribe jane/flowers sample.*`, or `#` for a comment.",
                "13: `C1` has a section of this workspace already",
                "14: `T1` has a section already",
            ]
        );
    }

    #[test]
    fn a_foreign_or_newer_file_is_refused_unread() {
        let told = |text: &str| read(text).unwrap_err().first[0].what.clone();
        assert_eq!(told("hello\nworkspace ?"), format!("this is not an export file: `{HEAD}` is expected first"));
        assert!(told("segments-slack export, version 2").starts_with("this file was written by a newer version"));
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn many_mistakes_are_listed_up_to_a_limit_and_counted() {
        let mistakes = read(&format!("{HEAD}\n{}", "channel ?\n".repeat(100_000))).unwrap_err();
        // The first line also lacks a workspace.
        assert_eq!((mistakes.first.len(), mistakes.more), (100, 99_901));
    }
}
