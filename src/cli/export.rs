//! `export`: prints all subscriptions as commands, and all user mappings.

use super::admin_client::StoreOrServer;
use super::failure::Failure;
use super::flags::{Flags, StoreFlags};
use super::out;
use crate::app::subscriptions::import_export::ExportScope;
use crate::model::{ChannelId, WorkspaceId};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Export only this workspace, such as `T0123`; can be repeated
    #[arg(long = "workspace", value_name = "WORKSPACE", value_parser = workspace)]
    workspaces: Vec<WorkspaceId>,
    /// Export only this channel, such as `C0123`, and no user mappings; can be repeated
    #[arg(long = "channel", value_name = "CHANNEL", value_parser = channel)]
    channels: Vec<ChannelId>,
    #[command(flatten)]
    flags: Flags<StoreFlags>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { workspaces, channels, flags } = arguments;
    let exported = StoreOrServer::find(flags).await?.export(&ExportScope { workspaces, channels }).await?;
    out::print(exported.text.trim_end())?;
    if exported.left_out == 0 { Ok(()) } else { Err(Failure::NotExpressible(exported.left_out)) }
}

fn workspace(text: &str) -> Result<WorkspaceId, String> {
    WorkspaceId::parse(text).map_err(|error| format!("{error}; expected an ID such as `T0123`"))
}

pub(super) fn channel(text: &str) -> Result<ChannelId, String> {
    ChannelId::parse(text).map_err(|error| format!("{error}; expected an ID such as `C0123`"))
}
