//! `dead-letters` as people run it, beside a server and without one.

use crate::harness::HANG_GUARD;
use crate::harness::process::{Outside, Running};
use segments_slack::sandbox::slack::Fault;
use serde_json::Value;
use std::fs;

/// A server whose channel C1 has lost two events to Slack's refusals.
async fn given_up(outside: &Outside) -> Running {
    let server = outside.boot_ready().await;
    outside.types("/segments subscribe jane/flowers sample.* batch:off", "C1").await;
    for name in ["first.png", "second.png"] {
        let before = letters(outside).await.len();
        // Once for each form of a message.
        for _ in 0..3 {
            outside.slack.fail_next(Fault::Code("no_text".to_owned()));
        }
        server.sample_created("jane/flowers", name).await;
        let given_up = async { while letters(outside).await.len() == before {} };
        tokio::time::timeout(HANG_GUARD, given_up).await.expect("the delivery is given up");
    }
    server
}

async fn letters(outside: &Outside) -> Vec<Value> {
    let (code, text, errors) = outside.command(&["dead-letters", "list", "--json"]).await;
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_retried_and_dropped_on_a_live_server() {
    let outside = Outside::start(1).await;
    let server = given_up(&outside).await;
    let (_, table, _) = outside.command(&["dead-letters", "list", "--channel", "C1"]).await;
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("ID    FAILED AT"), "{table}");
    assert!(lines[1].starts_with("C1-0") && lines[1].ends_with("no_text"), "{table}");
    assert!(lines[1].contains("sample.created  jane/flowers"), "{table}");
    let (_, none, _) = outside.command(&["dead-letters", "list", "--channel", "C2"]).await;
    assert_eq!(none, "no dead letters\n");

    let again = outside.command(&["dead-letters", "retry", "C1-0"]).await;
    assert_eq!(again, (0, "C1-0 queued for another attempt\n".to_owned(), String::new()));
    outside.until("the first card", || outside.saying("C1", "first.png").len() == 1).await;

    let dropped = outside.command(&["dead-letters", "drop", "--channel", "C1"]).await;
    assert_eq!(dropped, (0, "C1-1 dropped\n".to_owned(), String::new()));
    let (code, told, errors) = outside.command(&["dead-letters", "drop", "C1-1"]).await;
    assert_eq!((code, told.as_str()), (1, "C1-1 is not a dead letter, or has lost its event\n"), "{errors}");
    assert!(letters(&outside).await.is_empty());
    let (_, log) = server.stop().await;
    assert!(log.iter().any(|line| line.contains("dropped dead letter C1-1")), "{log:#?}");
    assert!(outside.saying("C1", "second.png").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_retried_offline_go_out_with_the_next_server() {
    let outside = Outside::start(1).await;
    given_up(&outside).await.stop().await;
    assert_eq!(letters(&outside).await.len(), 2);
    let (code, told, errors) = outside.command(&["dead-letters", "retry", "--all"]).await;
    assert_eq!((code, told.lines().count()), (0, 2), "{errors}");
    let server = outside.boot_ready().await;
    let shown = || ["first.png", "second.png"].map(|name| outside.saying("C1", name).len());
    outside.until("both cards", || shown() == [1, 1]).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_a_store_is_refused_and_stays_as_it_is() {
    let outside = Outside::start(1).await;
    for folder in ["missing", "empty"] {
        if folder == "empty" {
            fs::create_dir(outside.data()).unwrap();
        }
        let (code, told, errors) = outside.command(&["dead-letters", "list"]).await;
        assert_eq!((code, told.as_str()), (1, ""));
        assert!(errors.contains("there is no store in `") && errors.contains("--store"), "{errors}");
        assert_eq!(outside.data().exists(), folder == "empty");
    }
    assert_eq!(fs::read_dir(outside.data()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_asked_is_named() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    let key = outside.data().join("admin");
    let mut spoiled: Value = serde_json::from_slice(&fs::read(&key).unwrap()).unwrap();
    spoiled["word"] = "guessed".into();
    fs::write(&key, spoiled.to_string()).unwrap();
    let (code, _, errors) = outside.command(&["dead-letters", "list"]).await;
    assert!(code == 1 && errors.contains("401") && errors.contains("the key is missing or wrong"), "{errors}");
    fs::remove_file(key).unwrap();
    let (code, _, errors) = outside.command(&["dead-letters", "list"]).await;
    assert!(code == 1 && errors.contains("is in use") && errors.contains("--admin-listen"), "{errors}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_address_shows_counts_but_no_letters_to_web_pages() {
    let outside = Outside::start(1).await;
    let server = outside.boot_ready().await;
    let key: Value = serde_json::from_slice(&fs::read(outside.data().join("admin")).unwrap()).unwrap();
    let (url, word) = (key["url"].as_str().unwrap(), key["word"].as_str().unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    let letters = || client.get(format!("{url}/dead-letters"));
    assert_eq!(status(client.get(format!("{url}/metrics"))).await, 200);
    assert_eq!(status(letters()).await, 401);
    assert_eq!(status(letters().bearer_auth(word)).await, 200);
    assert_eq!(status(letters().bearer_auth(word).header("origin", "https://evil.test")).await, 403);
    assert_eq!(status(letters().bearer_auth(word).header("host", "evil.test")).await, 403);
    let drop = || client.post(format!("{url}/dead-letters/drop")).bearer_auth(word);
    assert_eq!(status(drop().body("\"all\"")).await, 200);
    assert_eq!(status(drop().body("\"everything\"")).await, 400);
    assert_eq!(status(drop().body(" ".repeat(2 * 1024 * 1024))).await, 413);
    server.stop().await;
    assert!(!outside.data().join("admin").exists(), "a server that ends takes its key along");
}
