//! `dead-letters`: lists, retries or drops deliveries that failed permanently.

use super::admin_client::StoreOrServer;
use super::export::channel;
use super::failure::Failure;
use super::flags::{Flags, StoreFlags};
use super::out;
use crate::app::operations::dead_letters::{DeadLetterAction, DeadLetterList, DeadLetterSelection};
use crate::model::{ChannelId, DeadLetterId};
use clap::Subcommand;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Longest text in a table cell, in characters.
const MAX_CELL_CHARS: usize = 100;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List dead letters, oldest first
    List(List),
    /// Put dead letters back into the queues of their channels, to be sent again
    Retry(Chosen),
    /// Delete dead letters permanently
    Drop(Chosen),
}

#[derive(clap::Args)]
struct List {
    /// List only the dead letters of this channel, such as `C0123`
    #[arg(long, value_name = "CHANNEL", value_parser = channel)]
    channel: Option<ChannelId>,
    /// Print the dead letters as a JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags<StoreFlags>,
}

#[derive(clap::Args)]
struct Chosen {
    /// IDs as shown by `list`, such as `C0123-17`
    #[arg(value_name = "ID", required_unless_present_any = ["all", "channel"])]
    ids: Vec<DeadLetterId>,
    /// Select all dead letters
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Select all dead letters of this channel, such as `C0123`
    #[arg(long, value_name = "CHANNEL", value_parser = channel, conflicts_with = "ids")]
    channel: Option<ChannelId>,
    #[command(flatten)]
    flags: Flags<StoreFlags>,
}

impl Chosen {
    fn which(&self) -> DeadLetterSelection {
        match &self.channel {
            Some(channel) => DeadLetterSelection::Channel(channel.clone()),
            None if self.all => DeadLetterSelection::All,
            None => DeadLetterSelection::These(self.ids.clone()),
        }
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.verb {
        Verb::List(list) => {
            let mut letters = StoreOrServer::find(list.flags).await?.dead_letters().await?;
            letters.retain(|letter| list.channel.as_ref().is_none_or(|channel| letter.channel == *channel));
            if list.json { out::print(&json(&letters)) } else { out::print(&table(&letters)) }
        }
        Verb::Retry(chosen) => act(DeadLetterAction::Retry, "queued for another attempt", chosen).await,
        Verb::Drop(chosen) => act(DeadLetterAction::Drop, "dropped", chosen).await,
    }
}

async fn act(what: DeadLetterAction, done: &str, chosen: Chosen) -> Result<(), Failure> {
    let which = chosen.which();
    let went = StoreOrServer::find(chosen.flags).await?.act(what, &which).await?;
    for id in &went {
        out::print(&format!("{id} {done}"))?;
    }
    let went: BTreeSet<_> = went.into_iter().collect();
    let missed: Vec<_> = chosen.ids.iter().filter(|id| !went.contains(id)).collect();
    for id in &missed {
        out::print(&format!("{id} is not a dead letter, or has lost its event"))?;
    }
    if missed.is_empty() && went.is_empty() {
        out::print("no dead letters")?;
    }
    if missed.is_empty() { Ok(()) } else { Err(Failure::SomeDeadLettersMissing) }
}

fn json(letters: &[DeadLetterList]) -> String {
    serde_json::to_string_pretty(letters).expect("a list of texts, numbers and times is JSON")
}

/// Formats dead letters as a table with a header line.
fn table(letters: &[DeadLetterList]) -> String {
    if letters.is_empty() {
        return "no dead letters".to_owned();
    }
    let mut rows = vec![["ID", "FAILED AT", "CHANNEL", "EVENT", "DATASET", "ATTEMPTS", "ERROR"].map(str::to_owned)];
    rows.extend(letters.iter().map(|letter| {
        [
            letter.id.to_string(),
            format!("{:.0}", letter.at),
            letter.channel.to_string(),
            out::plain(letter.event.as_deref().unwrap_or("?"), MAX_CELL_CHARS),
            out::plain(letter.dataset.as_ref().map_or("?", |dataset| dataset.as_str()), MAX_CELL_CHARS),
            letter.attempts.to_string(),
            out::plain(&letter.error, MAX_CELL_CHARS),
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..7).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DatasetName, WorkspaceId};
    use jiff::Timestamp;

    #[test]
    fn a_table_stands_in_columns_and_says_nothing_to_the_terminal() {
        let at: Timestamp = "2026-03-01T00:00:05.25Z".parse().unwrap();
        let letter = |id: &str, event: Option<&str>, error: &str| {
            let id: DeadLetterId = id.parse().unwrap();
            DeadLetterList {
                workspace: WorkspaceId::parse("T1").unwrap(),
                channel: id.channel.clone(),
                accepted_at: at,
                at,
                event: event.map(str::to_owned),
                dataset: DatasetName::parse("jane/flowers"),
                error: error.to_owned(),
                attempts: 5,
                id,
            }
        };
        let letters =
            [letter("C0123-17", Some("sample.created"), "no_text"), letter("C1-1", None, "\u{1b}[2Jx\u{202e}")];
        let expected = "\
ID        FAILED AT             CHANNEL  EVENT           DATASET       ATTEMPTS  ERROR
C0123-17  2026-03-01T00:00:05Z  C0123    sample.created  jane/flowers  5         no_text
C1-1      2026-03-01T00:00:05Z  C1       ?               jane/flowers  5         ·[2Jx·";
        assert_eq!(table(&letters), expected);
    }
}
