//! Prints commands and their parts so that they are read back as they are.

use super::{Asked, Command, Me, MuteLength, Target, Topic};
use crate::model::word::Written;
use crate::model::{DatasetPattern, Username};
use std::fmt::{self, Display};

/// Prints the command without `/segments`, with full verbs.
impl Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overview => Ok(()),
            Self::Subscribe(asked) => write!(f, "subscribe {asked}"),
            Self::SubscribeModal => f.write_str("subscribe"),
            Self::Set(asked) => write!(f, "set {asked}"),
            Self::Unsubscribe { target, events } => {
                write!(f, "unsubscribe {target}")?;
                events.iter().try_for_each(|event| write!(f, " {event}"))
            }
            Self::List { all } => f.write_str(if *all { "list all" } else { "list" }),
            Self::Edit(number) => write!(f, "edit #{number}"),
            Self::Mute { dataset, length } => {
                f.write_str("mute")?;
                option(f, dataset.as_ref())?;
                write!(f, " {length}")
            }
            Self::Unmute { dataset } => {
                f.write_str("unmute")?;
                option(f, dataset.as_ref())
            }
            Self::Test { target, event } => {
                f.write_str("test")?;
                option(f, target.as_ref())?;
                option(f, event.as_ref())
            }
            Self::Why { count } => write!(f, "why {count}"),
            Self::Status => f.write_str("status"),
            Self::Connect => f.write_str("connect"),
            Self::Disconnect(account) => write!(f, "disconnect {}", Written(account)),
            Self::Me(Me::Show) => f.write_str("me"),
            Self::Me(Me::Forget) => f.write_str("me none"),
            Self::Me(Me::Claim(name)) => write!(f, "me {}", username(name)),
            Self::Me(Me::Other(user, None)) => write!(f, "me <@{user}> as none"),
            Self::Me(Me::Other(user, Some(name))) => write!(f, "me <@{user}> as {}", username(name)),
            Self::Export => f.write_str("export"),
            Self::Import(lines) if lines.is_empty() => f.write_str("import"),
            Self::Import(lines) => write!(f, "import\n{lines}"),
            Self::Help(topic) => {
                f.write_str("help")?;
                option(f, topic.as_ref())
            }
        }
    }
}

impl Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let datasets = self.datasets.iter().enumerate().map(|(place, dataset)| {
            // After another dataset, a bare `*` would be an event.
            if place > 0 && *dataset == DatasetPattern::everything() { "*/*".to_owned() } else { dataset.to_string() }
        });
        let include = self.include.iter().map(ToString::to_string);
        let exclude = self.exclude.iter().map(|event| format!("-{event}"));
        let filters = self.filters.iter().map(ToString::to_string);
        let mut words: Vec<_> = datasets.chain(include).chain(exclude).chain(filters).collect();
        words.extend(Some(self.options.to_string()).filter(|options| !options.is_empty()));
        f.write_str(&words.join(" "))
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "#{number}"),
            Self::Dataset(dataset) if *dataset == DatasetPattern::everything() => f.write_str("*/*"),
            Self::Dataset(dataset) => dataset.fmt(f),
            Self::All => f.write_str("*"),
        }
    }
}

impl Display for MuteLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) if minutes % (24 * 60) == 0 => write!(f, "{}d", minutes / (24 * 60)),
            Self::Minutes(minutes) if minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            Self::Minutes(minutes) => write!(f, "{minutes}m"),
            Self::Until(time) => write!(f, "until {}", time.strftime("%H:%M")),
        }
    }
}

impl Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Events => "events",
            Self::Filters => "filters",
            Self::Options => "options",
            Self::Datasets => "datasets",
            Self::Verb(verb) => verb,
        })
    }
}

/// A name that says `none` needs its quotes.
fn username(name: &Username) -> String {
    if name.key() == "none" { format!("\"{name}\"") } else { Written(name.as_str()).to_string() }
}

fn option(f: &mut fmt::Formatter<'_>, part: Option<&impl Display>) -> fmt::Result {
    part.map_or(Ok(()), |part| write!(f, " {part}"))
}
