//! `export`: every subscription as a command, and who is who, in a file for people.

use super::admin_client::StoreOrServer;
use super::failure::Failure;
use super::flags::Flags;
use super::out;
use crate::app::subscriptions::import_export::Which;
use crate::model::{ChannelId, WorkspaceId};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only this workspace, such as `T0123`; may be given several times
    #[arg(long = "workspace", value_name = "WORKSPACE", value_parser = workspace)]
    workspaces: Vec<WorkspaceId>,
    /// Only this channel, such as `C0123`, and no people; may be given several times
    #[arg(long = "channel", value_name = "CHANNEL", value_parser = channel)]
    channels: Vec<ChannelId>,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { workspaces, channels, flags } = arguments;
    let exported = StoreOrServer::find(flags).await?.export(&Which { workspaces, channels }).await?;
    out::print(exported.text.trim_end())?;
    if exported.left_out == 0 { Ok(()) } else { Err(Failure::LeftOut(exported.left_out)) }
}

fn workspace(text: &str) -> Result<WorkspaceId, String> {
    WorkspaceId::parse(text).map_err(|error| format!("{error}; expected one such as `T0123`"))
}

pub(super) fn channel(text: &str) -> Result<ChannelId, String> {
    ChannelId::parse(text).map_err(|error| format!("{error}; expected one such as `C0123`"))
}
