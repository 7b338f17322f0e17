//! Questions over the network: each answered in a few seconds, or with a reason why not.

use super::facts::{AddressScope, ConnectionFailure};
use crate::clock::Clock;
use crate::config::is_loopback;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use reqwest::{Client, RequestBuilder};
use rustls::CertificateError;
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use url::Url;

/// Nobody waits longer for one answer.
pub(super) const PROBE_TIMEOUT: Duration = Duration::from_secs(6);
/// More of an answer is not read, in bytes.
const MAX_PROBE_BODY_BYTES: usize = 64 * 1024;

/// Whoever asks.
pub(super) struct HttpProber {
    client: Option<Client>,
    clock: Clock,
}

/// What came back.
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Before and after.
    pub(super) times: (Timestamp, Timestamp),
}

impl HttpProber {
    pub(super) fn new(clock: Clock) -> Self {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // The server uses none either.
            .no_proxy()
            .user_agent(concat!("segments-slack-doctor/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { client: client.ok(), clock }
    }

    /// Asks at an address.
    pub(super) async fn ask(
        &self,
        url: &Url,
        request: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<RawResponse, ConnectionFailure> {
        let client = self.client.as_ref();
        let client =
            client.ok_or_else(|| ConnectionFailure::Tls("this system's certificates cannot be read".to_owned()))?;
        let asked = self.clock.now();
        let exchange = async {
            addresses(url).await.ok_or(ConnectionFailure::Name)?;
            let mut response = request(client).send().await.map_err(|error| trouble(&error))?;
            let mut body = Vec::new();
            while let Some(part) = response.chunk().await.map_err(|error| trouble(&error))? {
                body.extend_from_slice(&part);
                if body.len() > MAX_PROBE_BODY_BYTES {
                    break;
                }
            }
            let times = (asked, self.clock.now());
            Ok(RawResponse { status: response.status(), headers: std::mem::take(response.headers_mut()), body, times })
        };
        self.clock.timeout(PROBE_TIMEOUT, exchange).await.unwrap_or(Err(ConnectionFailure::TimedOut))
    }

    /// Where an address leads.
    pub(super) async fn place(&self, url: &Url) -> AddressScope {
        if is_loopback(url) {
            return AddressScope::Loopback;
        }
        let Some(Some(found)) = self.clock.timeout(PROBE_TIMEOUT, addresses(url)).await else {
            return AddressScope::Unknown;
        };
        match found.into_iter().find(|ip| !is_public(*ip)) {
            Some(ip) if ip.is_loopback() => AddressScope::Loopback,
            Some(ip) => AddressScope::Private(ip),
            None => AddressScope::Internet,
        }
    }
}

/// The addresses behind a name; none if nobody knows it.
async fn addresses(url: &Url) -> Option<Vec<IpAddr>> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((host, url.port_or_known_default()?)).await.ok()?;
    let found: Vec<_> = found.map(|address| address.ip().to_canonical()).collect();
    (!found.is_empty()).then_some(found)
}

/// Whether the internet leads there.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || is_shared)
        }
        IpAddr::V6(ip) => {
            !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local())
        }
    }
}

/// What a failed request died of.
fn trouble(error: &reqwest::Error) -> ConnectionFailure {
    if error.is_timeout() {
        return ConnectionFailure::TimedOut;
    }
    let is_connecting = error.is_connect();
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return ConnectionFailure::Tls(in_words(tls));
        }
        let io = error.downcast_ref::<io::Error>();
        match io.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => return ConnectionFailure::Refused,
            // The connection was there, and ended before anything could be asked.
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) if is_connecting => {
                return ConnectionFailure::Tls(
                    "the other side breaks it off; perhaps it does not speak https".to_owned(),
                );
            }
            _ => {}
        }
        // What is wrapped in one of these is not its source: its source is what that came from.
        cause = match io.and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    ConnectionFailure::Cut
}

/// Why https failed.
fn in_words(error: &rustls::Error) -> String {
    let words = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has run out",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet, or this machine's clock is wrong"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name"
            }
            CertificateError::UnknownIssuer => "its certificate is self-signed, or an intermediate one is missing",
            // What `openssl req -x509` makes; the verifier's own type is not to be had here.
            why if why.to_string().contains("CaUsedAsEndEntity") => "its certificate is self-signed",
            why => return format!("its certificate will not do: {why}"),
        },
        rustls::Error::InvalidMessage(_) => "what answers there does not speak https",
        error => return error.to_string(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::InvalidMessage;

    #[test]
    fn private_addresses_are_told_from_those_of_the_internet() {
        for private in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "127.0.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn what_is_wrong_with_https_is_said_in_words() {
        for (why, words) in [
            (CertificateError::Expired, "run out"),
            (CertificateError::NotValidYet, "clock"),
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::UnknownIssuer, "self-signed"),
            (CertificateError::Revoked, "will not do"),
        ] {
            assert!(in_words(&rustls::Error::InvalidCertificate(why)).contains(words), "{words}");
        }
        let plain = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert!(in_words(&plain).contains("does not speak https"));
    }
}
