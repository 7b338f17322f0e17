//! Asks Slack about tokens and its clock.

use super::facts::{ConnectionFailure, SlackProbeError};
use super::probe::{HttpProber, RawResponse};
use crate::slack::look::{self, Look};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use url::Url;

/// Asks Slack who a bot token belongs to, and measures how far this machine's clock is ahead.
///
/// Without a token, it only checks that Slack responds.
pub(super) async fn slack(
    prober: &HttpProber,
    api_url: &Url,
    token: Option<&SecretString>,
) -> (Result<Look, SlackProbeError>, Option<SignedDuration>) {
    match looked(prober.send(api_url, |client| look::request(client, api_url, token)).await) {
        Ok((look, times)) => {
            let ahead = look.date.map(|date| ahead(times, date));
            (Ok(look), ahead)
        }
        Err(why) => (Err(why), None),
    }
}

/// Asks Slack whether an app token can open Socket Mode connections.
pub(super) async fn socket(prober: &HttpProber, api_url: &Url, token: &SecretString) -> Result<Look, SlackProbeError> {
    let answer = prober.send(api_url, |client| look::socket_request(client, api_url, token)).await;
    looked(answer).map(|(look, _)| look)
}

/// Reads the response of Slack, with the times of the request and of the response.
fn looked(answer: Result<RawResponse, ConnectionFailure>) -> Result<(Look, (Timestamp, Timestamp)), SlackProbeError> {
    let answer = answer.map_err(SlackProbeError::Connection)?;
    if answer.status != StatusCode::OK {
        return Err(SlackProbeError::Status(answer.status.as_u16()));
    }
    let look = look::read(&answer.headers, &answer.body).ok_or(SlackProbeError::Unreadable)?;
    Ok((look, answer.times))
}

/// Returns the smallest possible lead of this clock over another, whose time in whole seconds was read between two times.
fn ahead((asked, answered): (Timestamp, Timestamp), date: Timestamp) -> SignedDuration {
    let least = asked.duration_since(date) - SignedDuration::from_secs(1);
    let most = answered.duration_since(date);
    if least.is_positive() {
        least
    } else if most.is_negative() {
        most
    } else {
        SignedDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_only_as_far_off_as_is_certain() {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
        let far = |asked, answered, date| ahead((at(asked), at(answered)), at(date)).as_millis();
        assert_eq!(far(10_000, 10_900, 10_000), 0, "in time");
        assert_eq!(far(10_999, 11_100, 10_000), 0, "a header has whole seconds");
        assert_eq!(far(9_000, 16_000, 15_000), 0, "the answer took its time");
        assert_eq!(far(50_000, 50_100, 10_000), 39_000);
        assert_eq!(far(10_000, 10_100, 50_000), -39_900);
    }
}
