//! `sandbox`: runs everything on this machine, with nothing to configure.

use super::failure::Failure;
use super::{out, serve};
use crate::config::LogFormat;
use crate::sandbox::{Options, segments_variables, start};
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address and port of the sandbox page
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Folder that keeps the data for the next run; a temporary folder by default
    #[arg(long)]
    data: Option<PathBuf>,
    /// Use a server that is already running, such as `http://127.0.0.1:3001`, instead of starting one
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    app: Option<Url>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { listen, data, app } = arguments;
    serve::log(LogFormat::Pretty, "info");
    let shutdown = serve::stopped_by_signals().map_err(Failure::Runtime)?;
    let has_own_server = app.is_none();
    let sandbox = start(Options { listen, data, app }, shutdown).await.map_err(Failure::Server)?;
    out::print(&format!(
        "the sandbox is at {}, and its webhook endpoint is {}/webhooks/segments",
        sandbox.page_url, sandbox.server
    ))?;
    if !has_own_server {
        out::print(&format!(
            "to change things in its simulated Segments.ai, your server needs {}",
            segments_variables(&sandbox.page_url)
        ))?;
    }
    out::print("press Ctrl-C to stop")?;
    sandbox.ended().await;
    Ok(())
}
