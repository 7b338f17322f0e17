//! Signatures that others published, and what must never pass for one.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use segments_slack::segments::{Secrets, SignedWebhook, WebhookRefusal};
use serde_json::Value;
use svix::webhooks::Webhook;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT_AT: i64 = 1_614_265_330;
const BODY: &str = r#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn known_answers() -> Value {
    serde_json::from_str(include_str!("../fixtures/known-answers.json")).unwrap()
}

fn headers(family: &str, id: &str, timestamp: &str, signature: &str) -> HeaderMap {
    [("id", id), ("timestamp", timestamp), ("signature", signature)]
        .map(|(name, value)| {
            (HeaderName::try_from(format!("{family}-{name}")).unwrap(), HeaderValue::try_from(value).unwrap())
        })
        .into_iter()
        .collect()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Checks the published message with one thing changed by the caller.
fn verify(timestamp: &str, signature: &str, now: i64) -> Result<SignedWebhook, WebhookRefusal> {
    let headers = headers("svix", ID, timestamp, signature);
    SignedWebhook::verify(&headers, Bytes::from_static(BODY.as_bytes()), &Secrets::parse(SECRET).unwrap(), at(now))
}

fn sign(id: &str, timestamp: i64, body: &str) -> String {
    Webhook::new(SECRET).unwrap().sign(id, timestamp, body.as_bytes()).unwrap()
}

/// Base64 without a dependency for it: the fixtures are small.
fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.bytes().filter(|digit| *digit != b'=') {
        let value = DIGITS.iter().position(|known| *known == digit).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn published_signatures_verify_with_each_secret_and_header() {
    let answers = known_answers();
    for answer in answers["svix_v1"].as_array().unwrap() {
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let secrets: Vec<_> = match answer["secrets"].as_array() {
            Some(secrets) => secrets.iter().map(|secret| secret.as_str().unwrap().to_owned()).collect(),
            None => vec![text("secret").unwrap()],
        };
        let body = text("body").map_or_else(|| from_base64(&text("body_b64").unwrap()), String::into_bytes);
        let sent_at = answer["timestamp"].as_i64().unwrap();
        let (id, signature) = (text("id").unwrap(), text("signature").unwrap());
        let bare: Vec<_> = secrets.iter().map(|secret| secret.trim_start_matches("whsec_").to_owned()).collect();
        for secret in secrets.iter().chain(&bare).chain([&secrets.join(","), &secrets.join(" , ")]) {
            for family in ["svix", "webhook"] {
                let headers = headers(family, &id, &sent_at.to_string(), &signature);
                let secrets = Secrets::parse(secret).unwrap();
                let signed = SignedWebhook::verify(&headers, body.clone().into(), &secrets, at(sent_at)).unwrap();
                assert_eq!((signed.message().as_str(), &signed.body()[..]), (id.as_str(), &body[..]));
            }
        }
    }
}

#[test]
fn a_right_signature_counts_wherever_it_stands_in_the_list() {
    let wrong = "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=";
    let v2 = SIGNATURE.replace("v1,", "v2,");
    for list in [
        format!("{SIGNATURE} {wrong} {v2}"),
        format!("{wrong} {SIGNATURE} {v2}"),
        format!("{v2} {wrong} {SIGNATURE}"),
        format!("rubbish  {SIGNATURE}"),
    ] {
        assert!(verify(&SENT_AT.to_string(), &list, SENT_AT).is_ok(), "{list}");
    }
}

#[test]
fn an_empty_body_may_be_signed() {
    let headers = headers("svix", ID, &SENT_AT.to_string(), &sign(ID, SENT_AT, ""));
    assert!(SignedWebhook::verify(&headers, Bytes::new(), &Secrets::parse(SECRET).unwrap(), at(SENT_AT)).is_ok());
}

#[test]
fn a_signature_that_is_not_right_and_whole_is_refused() {
    let v2 = SIGNATURE.replace("v1,", "v2,");
    let asymmetric = known_answers()["svix_v1a_ed25519"][0]["signature"].as_str().unwrap().to_owned();
    for signature in [
        "",
        "v1",
        "v1,",
        &SIGNATURE[..8],
        &SIGNATURE[3..],
        "v1,dawfeoifkpqwoekfpqoekf",
        "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=",
        "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ= v1,Mm7xgUVICxZfQ3bgf0h0Dof65L/IFx+PnZvnDWPCX6Q= \
         v1,9DfC1c3eeOrXB6w/5dIDydLNQaEyww5KalE5jLBZucE=",
        &v2,
        &asymmetric,
    ] {
        assert_eq!(
            verify(&SENT_AT.to_string(), signature, SENT_AT).unwrap_err(),
            WebhookRefusal::Signature,
            "{signature}"
        );
    }
    assert_eq!(verify(&(SENT_AT + 1).to_string(), SIGNATURE, SENT_AT).unwrap_err(), WebhookRefusal::Signature);
    assert_eq!(WebhookRefusal::Signature.status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn another_body_or_id_is_not_what_was_signed() {
    let secrets = Secrets::parse(SECRET).unwrap();
    let timestamp = SENT_AT.to_string();
    let headers_of = |id| headers("svix", id, &timestamp, SIGNATURE);
    for (id, body) in [(ID, "{\"test\": 2432232315}"), ("msg_other", BODY)] {
        let refusal = SignedWebhook::verify(&headers_of(id), body.into(), &secrets, at(SENT_AT)).unwrap_err();
        assert_eq!(refusal, WebhookRefusal::Signature);
    }
}

#[test]
fn a_message_is_accepted_for_five_minutes_either_way() {
    let timestamp = SENT_AT.to_string();
    for now in [SENT_AT - 300, SENT_AT, SENT_AT + 300] {
        assert!(verify(&timestamp, SIGNATURE, now).is_ok(), "{now}");
    }
    for now in [SENT_AT - 301, SENT_AT + 301] {
        assert_eq!(verify(&timestamp, SIGNATURE, now).unwrap_err(), WebhookRefusal::Timestamp, "{now}");
    }
    for timestamp in ["hello", "", "-1614265330", "1614265330.5", "99999999999999999999", "-9223372036854775808"] {
        assert_eq!(verify(timestamp, SIGNATURE, SENT_AT).unwrap_err(), WebhookRefusal::Timestamp, "{timestamp}");
    }
    assert_eq!(WebhookRefusal::Timestamp.status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn a_missing_header_is_a_bad_request() {
    for (missing, name) in [("svix-id", "id"), ("svix-timestamp", "timestamp"), ("svix-signature", "signature")] {
        let mut headers = headers("svix", ID, &SENT_AT.to_string(), SIGNATURE);
        headers.remove(missing);
        let refusal =
            SignedWebhook::verify(&headers, BODY.into(), &Secrets::parse(SECRET).unwrap(), at(SENT_AT)).unwrap_err();
        assert_eq!(refusal, WebhookRefusal::MissingHeader(name));
        assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
        assert!(refusal.to_string().contains(missing));
    }
}

#[test]
fn an_id_that_no_sender_makes_is_a_bad_request() {
    for id in [String::new(), "a b".to_owned(), "x".repeat(257)] {
        let headers = headers("svix", &id, &SENT_AT.to_string(), &sign(&id, SENT_AT, BODY));
        let refusal = SignedWebhook::verify(&headers, BODY.into(), &Secrets::parse(SECRET).unwrap(), at(SENT_AT));
        assert_eq!(refusal.unwrap_err(), WebhookRefusal::BadHeader("id"));
    }
}

#[test]
fn of_a_mixture_of_families_the_id_given_out_is_the_id_signed() {
    let secrets = Secrets::parse(SECRET).unwrap();
    let other = "msg_other";
    let mut mixture = headers("svix", ID, &SENT_AT.to_string(), SIGNATURE);
    mixture.extend(headers("webhook", other, &SENT_AT.to_string(), SIGNATURE));
    let signed = SignedWebhook::verify(&mixture, BODY.into(), &secrets, at(SENT_AT)).unwrap();
    assert_eq!(signed.message().as_str(), ID);
    mixture.insert("svix-id", HeaderValue::from_static(other));
    mixture.insert("webhook-id", HeaderValue::from_static(ID));
    assert_eq!(
        SignedWebhook::verify(&mixture, BODY.into(), &secrets, at(SENT_AT)).unwrap_err(),
        WebhookRefusal::Signature
    );
    mixture.remove("svix-id");
    mixture.append("webhook-id", HeaderValue::from_static(other));
    let signed = SignedWebhook::verify(&mixture, BODY.into(), &secrets, at(SENT_AT)).unwrap();
    assert_eq!(signed.message().as_str(), ID);
}

#[test]
fn a_body_that_is_not_text_is_a_bad_request() {
    let headers = headers("svix", ID, &SENT_AT.to_string(), SIGNATURE);
    let body = Bytes::from_static(b"\xff");
    let refusal = SignedWebhook::verify(&headers, body, &Secrets::parse(SECRET).unwrap(), at(SENT_AT)).unwrap_err();
    assert_eq!((refusal, refusal.status()), (WebhookRefusal::NotText, StatusCode::BAD_REQUEST));
}
