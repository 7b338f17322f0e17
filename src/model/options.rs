//! How options are written, read and added to one another.

use super::subscription::{Batch, Digest, Echo, LocalTime, Options, Quiet, Rule, Style};
use std::fmt;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const ECHOES: [(&str, Echo); 3] = [("none", Echo::None), ("state", Echo::State), ("all", Echo::All)];
const STYLES: [(&str, Style); 3] = [("line", Style::Line), ("card", Style::Card), ("full", Style::Full)];
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];

impl Options {
    /// Every option, with values that show its forms, in the order help lists them.
    pub const ALL: [(&'static str, &'static [&'static str]); 7] = [
        ("threads", &["on", "off"]),
        ("echo", &["none", "state", "all"]),
        ("style", &["line", "card", "full"]),
        ("batch", &["auto", "off", "5m"]),
        ("digest", &["hourly", "daily@09:00", "weekly@mon-09:00"]),
        ("mention", &["@user", "@group"]),
        ("quiet", &["19:00-08:00"]),
    ];

    /// Sets an option from its value as typed; `None` if there is no such option or it does not take that value.
    /// A mention is added to those there are.
    #[must_use = "nothing is set if the value does not fit"]
    pub fn set(&mut self, key: &str, value: &str) -> Option<()> {
        let word = value.to_ascii_lowercase();
        match key {
            "threads" => self.threads = Some(find(&SWITCH, &word)?),
            "echo" => self.echo = Some(find(&ECHOES, &word)?),
            "style" => self.style = Some(find(&STYLES, &word)?),
            "batch" => self.batch = Some(Batch::parse(&word)?),
            "digest" => self.digest = Some(Digest::parse(&word)?),
            "quiet" => self.quiet = Some(Quiet::parse(&word)?),
            "mention" => {
                let id = mentioned(value)?;
                if !self.mention.iter().any(|present| present == id) {
                    self.mention.push(id.to_owned());
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// These options with what `newer` names put over them; mentions are united.
    #[must_use]
    pub fn merged_with(&self, newer: &Self) -> Self {
        let mut mention = self.mention.clone();
        mention.extend(newer.mention.iter().filter(|id| !self.mention.contains(id)).cloned());
        Self {
            threads: newer.threads.or(self.threads),
            echo: newer.echo.or(self.echo),
            style: newer.style.or(self.style),
            batch: newer.batch.or(self.batch),
            digest: newer.digest.clone().or_else(|| self.digest.clone()),
            mention,
            quiet: newer.quiet.clone().or_else(|| self.quiet.clone()),
        }
    }
}

/// Prints `key:value` words with a space between them; what is `None` prints as nothing.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mentions: Vec<String> = self.mention.iter().filter_map(|id| mention_token(id)).collect();
        let words = [
            ("threads", self.threads.map(|on| name(&SWITCH, on).to_owned())),
            ("echo", self.echo.map(|echo| name(&ECHOES, echo).to_owned())),
            ("style", self.style.map(|style| name(&STYLES, style).to_owned())),
            ("batch", self.batch.map(|batch| batch.to_string())),
            ("digest", self.digest.as_ref().map(ToString::to_string)),
            ("mention", (!mentions.is_empty()).then(|| mentions.join(","))),
            ("quiet", self.quiet.as_ref().map(ToString::to_string)),
        ];
        let mut gap = "";
        for (key, value) in words {
            if let Some(value) = value {
                write!(f, "{gap}{key}:{value}")?;
                gap = " ";
            }
        }
        Ok(())
    }
}

/// Prints the rule as it is typed: dataset, events, filters, options.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filters = self.filters.iter().map(ToString::to_string);
        let words = [self.dataset.to_string(), self.events.to_string()].into_iter().chain(filters);
        let words: Vec<_> = words.chain([self.options.to_string()]).filter(|word| !word.is_empty()).collect();
        f.write_str(&words.join(" "))
    }
}

impl Batch {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "off" => Some(Self::Off),
            _ => number(text.strip_suffix('m')?, 60).filter(|minutes| *minutes > 0).map(Self::Minutes),
        }
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Off => f.write_str("off"),
            Self::Minutes(minutes) => write!(f, "{minutes}m"),
        }
    }
}

impl Digest {
    fn parse(text: &str) -> Option<Self> {
        if text == "hourly" {
            return Some(Self::Hourly);
        }
        if let Some(time) = text.strip_prefix("daily@") {
            return LocalTime::parse(time).map(Self::Daily);
        }
        let (day, time) = text.strip_prefix("weekly@")?.split_once('-')?;
        let day = (0..).zip(DAYS).find(|(_, name)| day.len() >= 3 && name.starts_with(day))?.0;
        LocalTime::parse(time).map(|time| Self::Weekly(day, time))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hourly => f.write_str("hourly"),
            Self::Daily(time) => write!(f, "daily@{time}"),
            Self::Weekly(day, time) => write!(f, "weekly@{}-{time}", &DAYS[usize::from(*day) % DAYS.len()][..3]),
        }
    }
}

impl Quiet {
    fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let (from, until) = (LocalTime::parse(from)?, LocalTime::parse(until)?);
        (from != until).then_some(Self { from, until })
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.until)
    }
}

impl LocalTime {
    /// Reads `19:00`, `9:05` or a bare hour.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
        let minute = if minute.len() == 2 { number(minute, 59)? } else { return None };
        Some(Self { hour: number(hour, 23)?, minute })
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// Reads one or two digits, at most `most`.
fn number(digits: &str, most: u8) -> Option<u8> {
    let fits = matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|number| fits && *number <= most)
}

/// The id in a mention as Slack writes it: `<@U…>`, `<@W…>` or `<!subteam^S…>`.
fn mentioned(token: &str) -> Option<&str> {
    let inside = token.strip_prefix('<')?.strip_suffix('>')?;
    let id = inside.strip_prefix("!subteam^").or_else(|| inside.strip_prefix('@'))?;
    (mention_token(id)? == token).then_some(id)
}

/// A mention as Slack writes it, of a user (`U…`, `W…`) or a user group (`S…`); none if the id is none.
pub fn mention_token(id: &str) -> Option<String> {
    let is_id = (2..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match id.bytes().next().filter(|_| is_id)? {
        b'U' | b'W' => Some(format!("<@{id}>")),
        b'S' => Some(format!("<!subteam^{id}>")),
        _ => None,
    }
}

fn find<T: Copy>(names: &[(&str, T)], text: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
}

fn name<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, named)| *named == value).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_every_option_prints_as_it_is_read() {
        for (key, value) in [
            ("threads", "off"),
            ("echo", "state"),
            ("style", "full"),
            ("batch", "auto"),
            ("batch", "off"),
            ("batch", "60m"),
            ("digest", "hourly"),
            ("digest", "daily@09:00"),
            ("digest", "weekly@sun-23:59"),
            ("mention", "<@U123>"),
            ("mention", "<!subteam^S1>"),
            ("quiet", "19:00-08:00"),
        ] {
            let mut options = Options::default();
            options.set(key, value).unwrap();
            assert_eq!(options.to_string(), format!("{key}:{value}"));
        }
    }

    #[test]
    fn a_value_that_an_option_does_not_take_changes_nothing() {
        for (key, value) in [
            ("threads", "maybe"),
            ("batch", "0m"),
            ("batch", "61m"),
            ("batch", "+5m"),
            ("digest", "daily"),
            ("digest", "daily@24:00"),
            ("digest", "weekly@-09:00"),
            ("mention", "@ann"),
            ("mention", "<@u1>"),
            ("mention", "<!here>"),
            ("quiet", "19:00"),
            ("quiet", "08:00-8:00"),
            ("colour", "red"),
        ] {
            let mut options = Options::default();
            assert_eq!(options.set(key, value), None, "{key}:{value}");
            assert_eq!(options, Options::default());
        }
    }

    #[test]
    fn newer_options_stand_over_older_ones_and_mentions_are_united() {
        let mut older = Options { style: Some(Style::Line), batch: Some(Batch::Off), ..Options::default() };
        older.mention = vec!["U1".to_owned()];
        let mut newer = Options { style: Some(Style::Full), ..Options::default() };
        newer.mention = vec!["U2".to_owned(), "U1".to_owned()];
        assert_eq!(older.merged_with(&newer).to_string(), "style:full batch:off mention:<@U1>,<@U2>");
    }
}
