//! Keeps other web pages away: whatever a browser has open besides this page may neither read nor drive it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// Only this page's own style, script and server; style attributes carry colours that were checked.
const POLICY: &str = "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; script-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets a request through if it was meant for this machine, and, where it changes something, came from this page.
pub(super) async fn own_page_only(request: Request, next: Next) -> Response {
    if let Err(reason) = admits(request.method(), request.headers()) {
        return (StatusCode::FORBIDDEN, reason).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A name that an attacker's DNS points at this machine is not one of ours; another page's `Origin` is not `Host`.
fn admits(method: &Method, headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text(HOST);
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(n, _)| n);
    if !["127.0.0.1", "localhost", "[::1]"].contains(&name) {
        return Err("This page answers only to 127.0.0.1 and localhost.");
    }
    let reads = method == Method::GET || method == Method::HEAD;
    if !reads && text(ORIGIN).strip_prefix("http://") != Some(host) {
        return Err("Only the page itself may do this.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &Method, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        admits(method, &headers).is_ok()
    }

    #[test]
    fn the_page_itself_may_read_and_change() {
        assert!(asked(&Method::GET, "127.0.0.1:3001", None));
        assert!(asked(&Method::GET, "[::1]", None));
        assert!(asked(&Method::POST, "localhost:3001", Some("http://localhost:3001")));
    }

    #[test]
    fn another_web_page_may_not_change_anything() {
        for origin in
            [None, Some("null"), Some("https://evil.test"), Some("http://127.0.0.1:9"), Some("https://127.0.0.1:3001")]
        {
            assert!(!asked(&Method::POST, "127.0.0.1:3001", origin), "{origin:?}");
        }
    }

    #[test]
    fn a_foreign_name_that_leads_here_reads_nothing() {
        for host in ["evil.test", "evil.test:3001", "127.0.0.1.evil.test", "127.0.0.1:x", ""] {
            assert!(!asked(&Method::GET, host, None), "{host}");
        }
    }
}
