//! `send`: sends one signed test webhook to a running server.

use super::failure::Failure;
use super::flags::{Flags, WebhookTargetFlags};
use super::out;
use crate::clock::Clock;
use crate::config::public_url;
use crate::http::key::reachable;
use crate::sandbox::segments::Sender;
use crate::segments::sample::{body, event_names};
use clap::builder::PossibleValuesParser;
use std::net::SocketAddr;
use url::Url;

/// Webhook path of the account that is configured in the environment.
const WEBHOOK_PATH: &str = "/webhooks/segments";

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Event type, such as `sample.created`, or a derived event, such as `issue.closed`
    #[arg(value_name = "TYPE", value_parser = PossibleValuesParser::new(event_names()))]
    event: String,
    /// Dataset of the event
    #[arg(long, default_value = "jane/flowers", value_name = "OWNER/NAME")]
    dataset: String,
    /// Number of the sample, label and issue; webhooks with the same number are about the same objects
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    serial: u64,
    /// Server or endpoint to send to [default: the configured server on this machine]
    #[arg(long, value_parser = public_url)]
    url: Option<Url>,
    #[command(flatten)]
    flags: Flags<WebhookTargetFlags>,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { event, dataset, serial, url, flags } = arguments;
    let now = Clock::system().now();
    let body = body(&event, &dataset, serial, now).expect("the command line accepts known events only");
    let (listen, secrets) = flags.gather().webhook_target()?;
    let mut endpoint = url.unwrap_or_else(|| server_at(listen));
    if endpoint.path() == "/" {
        endpoint.set_path(WEBHOOK_PATH);
    }
    let origin = endpoint.origin().ascii_serialization();
    let failed = |source| Failure::Send { origin, source };
    // During a rotation the server accepts both secrets.
    let secret = secrets.first().expect("a checked setting contains one or two secrets");
    let sent = match Sender::new(endpoint, secret) {
        Ok(sender) => sender.send(&body, now).await.map_err(failed)?,
        Err(error) => return Err(failed(error)),
    };
    out::print(&format!("{event} {} {}", sent.status, sent.message_id))?;
    if sent.status.is_success() { Ok(()) } else { Err(Failure::WebhookRejected(sent.status)) }
}

/// Returns the loopback address of a server that listens on all interfaces, else the address itself.
fn server_at(listen: SocketAddr) -> Url {
    format!("http://{}", reachable(listen)).parse().expect("an address and a port make a URL")
}
