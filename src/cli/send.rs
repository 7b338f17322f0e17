//! `send`: one signed test webhook to a running server.

use super::failure::Failure;
use super::flags::Flags;
use super::out;
use crate::clock::Clock;
use crate::config::public_url;
use crate::http::key::reachable;
use crate::sandbox::segments::Sender;
use crate::segments::sample::{body, event_names};
use clap::builder::PossibleValuesParser;
use std::net::SocketAddr;
use url::Url;

/// Where a server takes the webhooks of the account that its configuration gives.
const WEBHOOK_PATH: &str = "/webhooks/segments";

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Type of the event, such as `sample.created`, or a derived one, such as `issue.closed`
    #[arg(value_name = "TYPE", value_parser = PossibleValuesParser::new(event_names()))]
    event: String,
    /// Dataset that the event speaks of
    #[arg(long, default_value = "jane/flowers", value_name = "OWNER/NAME")]
    dataset: String,
    /// Number of the sample, label and issue: webhooks of one number make one history
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    serial: u64,
    /// Server or endpoint to send to; the server of this configuration on this machine if not given
    #[arg(long, value_parser = public_url)]
    url: Option<Url>,
    #[command(flatten)]
    flags: Flags,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { event, dataset, serial, url, flags } = arguments;
    let now = Clock::system().now();
    let body = body(&event, &dataset, serial, now).expect("the parser of the command line knows the names");
    let (listen, secrets) = flags.gather().webhook_target()?;
    let mut endpoint = url.unwrap_or_else(|| server_at(listen));
    if endpoint.path() == "/" {
        endpoint.set_path(WEBHOOK_PATH);
    }
    let origin = endpoint.origin().ascii_serialization();
    let failed = |source| Failure::Send { origin, source };
    // During a rotation the server believes both secrets.
    let secret = secrets.first().expect("a checked setting holds one secret or two");
    let sent = match Sender::new(endpoint, secret) {
        Ok(sender) => sender.send(&body, now).await.map_err(failed)?,
        Err(error) => return Err(failed(error)),
    };
    out::print(&format!("{event} {} {}", sent.status, sent.message_id))?;
    if sent.status.is_success() { Ok(()) } else { Err(Failure::Refused(sent.status)) }
}

/// A server that listens here, even if it listens everywhere.
fn server_at(listen: SocketAddr) -> Url {
    format!("http://{}", reachable(listen)).parse().expect("an address and a port make a web address")
}
