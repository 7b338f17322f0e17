//! Reads raw request bodies, with limits on size, time and memory.

use crate::app::memory_budget::{MemoryBudget, Reservation};
use crate::clock::Clock;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use std::time::Duration;

/// Longest time to receive a body.
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Reason why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// The body is over the limit, in bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The body took too long to arrive.
    #[error("the body did not arrive within 10 seconds")]
    TooSlow,
    /// The memory for bodies is in use by other requests.
    #[error("the server is reading too many requests")]
    NoRoom,
    /// The connection was closed early.
    #[error("the body ended early")]
    Broken,
}

impl BodyError {
    /// Returns the HTTP status of the response.
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the metric label.
    pub(super) const fn metric_label(self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::TooSlow => "too_slow",
            Self::NoRoom => "no_room",
            Self::Broken => "broken_body",
        }
    }
}

/// A body and the memory reserved for it, until the last handle is dropped.
struct BufferedBody {
    bytes: BytesMut,
    share: Reservation,
}

impl AsRef<[u8]> for BufferedBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a request and returns its headers and its unchanged body.
pub(super) async fn read(
    request: Request<Body>,
    limit: usize,
    room: &MemoryBudget,
    clock: &Clock,
) -> Result<(HeaderMap, Bytes), BodyError> {
    let (parts, body) = request.into_parts();
    match clock.timeout(BODY_READ_TIMEOUT, whole(body, limit, room)).await {
        Some(read) => read.map(|bytes| (parts.headers, bytes)),
        None => Err(BodyError::TooSlow),
    }
}

/// Reads a body and reserves memory for the bytes that arrive, not for the announced length.
///
/// A body over the limit is read up to four times the limit and discarded, because a client that is cut off while it
/// sends never sees the response.
async fn whole(body: Body, limit: usize, room: &MemoryBudget) -> Result<Bytes, BodyError> {
    let patience = limit.saturating_mul(4);
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let (mut pieces, mut length) = (body.into_data_stream(), 0);
    let mut kept = BufferedBody { bytes: BytesMut::new(), share: room.reserve() };
    while announced <= patience
        && length <= patience
        && let Some(piece) = pieces.next().await
    {
        let piece = piece.map_err(|_| BodyError::Broken)?;
        length += piece.len();
        if announced.max(length) > limit {
            kept = BufferedBody { bytes: BytesMut::new(), share: room.reserve() };
        } else if kept.share.grow(piece.len()) {
            kept.bytes.extend_from_slice(&piece);
        } else {
            return Err(BodyError::NoRoom);
        }
    }
    if announced.max(length) > limit { Err(BodyError::TooLarge(limit)) } else { Ok(Bytes::from_owner(kept)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_reads_like_this() {
        for (error, status, text) in [
            (BodyError::TooLarge(1024), 413, "the body is larger than 1024 bytes"),
            (BodyError::TooSlow, 408, "the body did not arrive within 10 seconds"),
            (BodyError::NoRoom, 503, "the server is reading too many requests"),
            (BodyError::Broken, 400, "the body ended early"),
        ] {
            assert_eq!((error.status().as_u16(), error.to_string().as_str()), (status, text));
        }
    }
}
