//! HTTP requests with a short time limit, which return a response or the reason for the failure.

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

/// Longest wait for one response.
pub(super) const PROBE_TIMEOUT: Duration = Duration::from_secs(6);
/// Longest part of a response body that is read, in bytes.
const MAX_PROBE_BODY_BYTES: usize = 64 * 1024;

/// An HTTP client that measures the time of each exchange.
pub(super) struct HttpProber {
    client: Option<Client>,
    clock: Clock,
}

/// A response, with the start of its body.
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The times of the request and of the response.
    pub(super) times: (Timestamp, Timestamp),
}

impl HttpProber {
    pub(super) fn new(clock: Clock) -> Self {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // The server does not use a proxy either.
            .no_proxy()
            .user_agent(concat!("segments-slack-doctor/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { client: client.ok(), clock }
    }

    /// Resolves the host of `url`, sends a request and reads the response.
    pub(super) async fn send(
        &self,
        url: &Url,
        request: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<RawResponse, ConnectionFailure> {
        let client = self.client.as_ref();
        let client = client
            .ok_or_else(|| ConnectionFailure::Tls("this system's root certificates could not be loaded".to_owned()))?;
        let asked = self.clock.now();
        let exchange = async {
            addresses(url).await.ok_or(ConnectionFailure::Name)?;
            let mut response = request(client).send().await.map_err(|error| classify(&error))?;
            let mut body = Vec::new();
            while let Some(part) = response.chunk().await.map_err(|error| classify(&error))? {
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

    /// Resolves where an address leads to.
    pub(super) async fn scope(&self, url: &Url) -> AddressScope {
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

/// Resolves the host of a URL to IP addresses; `None` if it cannot be resolved.
async fn addresses(url: &Url) -> Option<Vec<IpAddr>> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((host, url.port_or_known_default()?)).await.ok()?;
    let found: Vec<_> = found.map(|address| address.ip().to_canonical()).collect();
    (!found.is_empty()).then_some(found)
}

/// Reports whether an IP address can be reached from the internet.
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

/// Classifies a failed request.
fn classify(error: &reqwest::Error) -> ConnectionFailure {
    if error.is_timeout() {
        return ConnectionFailure::TimedOut;
    }
    let is_connecting = error.is_connect();
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return ConnectionFailure::Tls(describe(tls));
        }
        let io = error.downcast_ref::<io::Error>();
        match io.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => return ConnectionFailure::Refused,
            // The connection was closed before the request could be sent.
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) if is_connecting => {
                return ConnectionFailure::Tls(
                    "the connection was closed during the handshake; the other side may not speak https".to_owned(),
                );
            }
            _ => {}
        }
        // `io::Error::source` skips the wrapped error and returns the source of that error.
        cause = match io.and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    ConnectionFailure::Cut
}

/// Describes a TLS error.
fn describe(error: &rustls::Error) -> String {
    let words = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet, or this machine's clock is wrong"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another host name"
            }
            CertificateError::UnknownIssuer => "its certificate is self-signed, or an intermediate one is missing",
            // `openssl req -x509` creates such certificates; the error type of the verifier is not public.
            why if why.to_string().contains("CaUsedAsEndEntity") => "its certificate is self-signed",
            why => return format!("its certificate was rejected: {why}"),
        },
        rustls::Error::InvalidMessage(_) => "the server there does not speak https",
        error => return error.to_string(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::InvalidMessage;

    #[test]
    fn private_addresses_are_not_public() {
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
    fn tls_errors_are_described() {
        for (why, words) in [
            (CertificateError::Expired, "expired"),
            (CertificateError::NotValidYet, "clock"),
            (CertificateError::NotValidForName, "another host name"),
            (CertificateError::UnknownIssuer, "self-signed"),
            (CertificateError::Revoked, "rejected"),
        ] {
            assert!(describe(&rustls::Error::InvalidCertificate(why)).contains(words), "{words}");
        }
        let plain = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert!(describe(&plain).contains("does not speak https"));
    }
}
