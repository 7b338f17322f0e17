//! Reading a request's body: raw, up to a limit, within a time, and as long as there is room for it.

use crate::app::memory_budget::{Room, Share};
use crate::clock::Clock;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use std::time::Duration;

/// A sender that takes longer than this is too slow.
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// Over the limit, in bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// Not here in time.
    #[error("the body did not arrive within 10 seconds")]
    TooSlow,
    /// Too many others are being read.
    #[error("too much is arriving at once")]
    NoRoom,
    /// The connection broke.
    #[error("the body ended early")]
    Broken,
}

impl BodyError {
    /// What to answer with.
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    /// The word it is counted under.
    pub(super) const fn metric_label(self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::TooSlow => "too_slow",
            Self::NoRoom => "no_room",
            Self::Broken => "broken_body",
        }
    }
}

/// A body, and the room that it takes up until the last of its handles is dropped.
struct BufferedBody {
    bytes: BytesMut,
    share: Share,
}

impl AsRef<[u8]> for BufferedBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a request whole: its headers, and its bytes as they were sent.
pub(super) async fn read(
    request: Request<Body>,
    limit: usize,
    room: &Room,
    clock: &Clock,
) -> Result<(HeaderMap, Bytes), BodyError> {
    let (parts, body) = request.into_parts();
    match clock.timeout(BODY_READ_TIMEOUT, whole(body, limit, room)).await {
        Some(read) => read.map(|bytes| (parts.headers, bytes)),
        None => Err(BodyError::TooSlow),
    }
}

/// Reads a body. It takes up room as it arrives, whatever length it announces: a sender holds no more than it sent. What
/// is over the limit is read too, up to a point, and thrown away: a sender that is cut off while it writes never sees
/// the answer.
async fn whole(body: Body, limit: usize, room: &Room) -> Result<Bytes, BodyError> {
    let patience = limit.saturating_mul(4);
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let (mut pieces, mut length) = (body.into_data_stream(), 0);
    let mut kept = BufferedBody { bytes: BytesMut::new(), share: room.share() };
    while announced <= patience
        && length <= patience
        && let Some(piece) = pieces.next().await
    {
        let piece = piece.map_err(|_| BodyError::Broken)?;
        length += piece.len();
        if announced.max(length) > limit {
            kept = BufferedBody { bytes: BytesMut::new(), share: room.share() };
        } else if kept.share.grow(piece.len()) {
            kept.bytes.extend_from_slice(&piece);
        } else {
            return Err(BodyError::NoRoom);
        }
    }
    if announced.max(length) > limit { Err(BodyError::TooLarge(limit)) } else { Ok(Bytes::from_owner(kept)) }
}
