//! Who changed what of late, below a status.

use super::format;
use super::layout::section;
use super::typed::code;
use crate::model::AuditEntry;
use crate::render::Message;

/// Room for a command, so that ten lines fit one section.
const COMMAND: usize = 180;

/// A status with the last deeds, the newest first.
pub fn with_audit_entries(mut said: Message, deeds: &[AuditEntry]) -> Message {
    if !deeds.is_empty() {
        let lines: Vec<String> = deeds.iter().map(line).collect();
        said.blocks.push(section(&format!("*Last changes* (only admins see these)\n{}", lines.join("\n"))));
    }
    said
}

fn line(deed: &AuditEntry) -> String {
    let by = deed.by.as_ref().map_or_else(|| "whoever runs the server".to_owned(), format::user);
    let place = deed.channel.as_ref().map(|channel| format!(" in <#{channel}>")).unwrap_or_default();
    format!("{} {by}{place}: {}", format::time(deed.at), code(&deed.typed, COMMAND))
}
