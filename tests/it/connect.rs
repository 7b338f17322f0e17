//! `/segments connect`, from the address that an admin copies to the first message that comes to it.

mod change;
mod leave;
mod looks;
mod tidings;

use crate::harness::home::clickable;
use crate::harness::installing::OTHER_SECRET;
use crate::harness::{API_KEY, Bench, Serves, fixture, user, workspace};
use segments_slack::model::{AccountId, ChannelId};
use segments_slack::sandbox::segments_ai::Fault as AiFault;
use segments_slack::sandbox::slack::{Fault, Mistake};
use segments_slack::store::AccountRecord;
use serde_json::{Value, json};

impl Bench {
    /// Lets ann type `/segments connect`, which opens a modal.
    async fn opens_accounts(&self) -> Value {
        let answer = self.user("U1").types("/segments connect").in_channel("C1").await;
        assert_eq!((answer.status, answer.body.as_str()), (Some(200), ""), "the modal is the answer");
        self.assert_nothing_unread("C1");
        self.modal()
    }

    /// Lets ann click in the modal before her; gives what it shows then.
    async fn clicks_in_modal(&self, action_id: &str, value: Option<&str>) -> Value {
        let view = self.modal();
        let answer = self.slack.clicks_in_view(&workspace(), &user("U1"), &view, action_id, value).await;
        assert!(answer.unwrap_or_else(|error| panic!("{error}: {}", written(&view))).is_success());
        self.settle().await;
        self.modal()
    }

    /// Opens the form of a new account; gives the account of its address.
    async fn opens_new(&self) -> AccountId {
        self.opens_accounts().await;
        account_of(&self.clicks_in_modal("account_new", None).await)
    }

    async fn fills_in(&self, name: &str, secrets: &str, key: Option<&str>) {
        self.fill("account_name", json!(name)).await;
        self.fill("signing_secret", json!(secrets)).await;
        if let Some(key) = key {
            self.fill("api_key", json!(key)).await;
        }
    }

    /// Connects an account, and closes what is shown then.
    async fn connects(&self, name: &str, secrets: &str, key: Option<&str>) -> AccountId {
        let account = self.opens_new().await;
        self.fills_in(name, secrets, key).await;
        self.submit().await.unwrap();
        assert!(self.shows().contains("is connected"), "{}", self.shows());
        self.slack.closes(&workspace(), &user("U1")).await.unwrap();
        account
    }

    /// Opens the form of an account.
    async fn opens_change(&self, account: &AccountId) -> Value {
        self.opens_accounts().await;
        self.clicks_in_modal(&format!("account_menu_{account}"), Some(&format!("change {account}"))).await
    }

    /// What the modal before ann says.
    fn shows(&self) -> String {
        written(&self.modal())
    }

    async fn record(&self, account: &AccountId) -> Option<AccountRecord> {
        self.app().store.find_account(account).await.unwrap().map(|(_, record)| record)
    }

    /// Sends the test message of Segments.ai's portal to an account; gives the status.
    async fn portal_test(&self, account: &AccountId, secret: &str, id: &str) -> u16 {
        self.webhook_to(account, secret, id, &fixture("envelope.portal-test-message")).await
    }

    async fn accounts(&self) -> Vec<String> {
        let accounts = self.app().store.accounts(&workspace()).await.unwrap();
        accounts.into_iter().filter_map(|(_, record)| Some(record.setup?.name)).collect()
    }
}

/// A modal as people read it, one line for each text, with what can be clicked or filled in.
pub(crate) fn written(view: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
    let line = |block: &Value| {
        let elements = block["elements"].as_array().into_iter().flatten();
        match block["type"].as_str().unwrap_or_default() {
            "section" => {
                let beside = block.get("accessory").map(clickable);
                [Some(text(&block["text"])), beside].into_iter().flatten().collect::<Vec<_>>().join(" ")
            }
            "context" => elements.map(|one| format!("~ {}", text(one))).collect::<Vec<_>>().join(" "),
            "actions" => elements.map(clickable).collect::<Vec<_>>().join(" "),
            "input" => {
                let label = text(&block["label"]);
                let optional = if block["optional"] == true { " (optional)" } else { "" };
                let initial = block["element"]["initial_value"].as_str().unwrap_or_default();
                let options = block["element"]["options"].as_array().into_iter().flatten();
                let options: Vec<String> = options.map(|option| text(&option["text"])).collect();
                let holds = [initial.to_owned(), options.join(" | "), text(&block["hint"])];
                let holds: Vec<String> = holds.into_iter().filter(|part| !part.is_empty()).collect();
                format!("[{}] {label}{optional}: {}", block["block_id"].as_str().unwrap(), holds.join(" · "))
            }
            other => panic!("a modal of accounts has no {other}"),
        }
    };
    let blocks = view["blocks"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n");
    let submit = view["submit"]["text"].as_str().map(|submit| format!("\n<{submit}>")).unwrap_or_default();
    format!("# {}\n{blocks}{submit}", view["title"]["text"].as_str().unwrap())
}

/// The account whose address a form shows, on a line of its own.
fn account_of(view: &Value) -> AccountId {
    let text = written(view);
    let address = text.split("```").nth(1).unwrap_or_else(|| panic!("there is no address in {text}"));
    AccountId::parse(address.rsplit_once("/webhooks/segments/").unwrap().1).unwrap()
}

#[tokio::test]
async fn an_admin_connects_an_account_with_the_address_in_the_form() {
    let bench = Bench::start().await;
    bench.ai.add_user("jane", API_KEY);
    let account = bench.opens_new().await;
    assert!(account.as_str().len() >= 32, "{account}");
    assert!(bench.shows().contains(&format!("```https://segments-slack.example.com/webhooks/segments/{account}```")));
    // Before it is connected, its address takes nothing.
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_0").await, 404);
    bench.fills_in("Flower Lab", OTHER_SECRET, Some(API_KEY)).await;
    bench.submit().await.unwrap();
    let said = bench.shows();
    assert!(said.contains("`Flower Lab` is connected") && said.contains("belongs to `jane`"), "{said}");
    // The endpoint of the emulator's jane is not set.
    assert!(said.contains("webhooks Segments.ai says are off"), "{said}");
    assert!(!said.contains(OTHER_SECRET) && !said.contains(API_KEY));
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_1").await, 204);
    assert!(bench.app().segments.keyed.has(&workspace(), &account));
    let entries = bench.app().store.audit_entries(&workspace(), 9).await.unwrap();
    assert_eq!(
        entries.iter().map(|audit_entry| audit_entry.typed.as_str()).collect::<Vec<_>>(),
        ["connect Flower Lab with an API key"]
    );
    let status = bench.user("U1").types("/segments status").in_channel("C1").await;
    assert!(status.is_success());
    let status = bench.read("C1").blocks.to_string();
    assert!(status.contains("Flower Lab") && !status.contains(account.as_str()), "{status}");
}

#[tokio::test]
async fn the_first_account_opens_the_form_and_its_secrets_stay_sealed() {
    let mut bench = Bench::start_serving(Serves::Many).await;
    bench.installs(&workspace(), "U1").await;
    bench.ai.add_user("jane", API_KEY);
    let account = account_of(&bench.opens_accounts().await);
    bench.fills_in("jane", OTHER_SECRET, Some(API_KEY)).await;
    bench.submit().await.unwrap();
    assert_eq!(bench.portal_test(&account, OTHER_SECRET, "msg_1").await, 204);
    bench.restart().await;
    assert!(bench.app().segments.keyed.has(&workspace(), &account), "the key is remembered");
    bench.stop().await;
    let secrets = [OTHER_SECRET.trim_start_matches("whsec_"), API_KEY].map(str::to_owned);
    assert!(bench.assert_not_on_disk(&secrets) >= 3);
    bench.boot_again().await;
}

#[tokio::test]
async fn only_admins_see_accounts_and_others_learn_whom_to_ask() {
    let bench = Bench::start().await;
    for text in ["connect", "disconnect jane"] {
        bench.user("U2").types(&format!("/segments {text}")).in_channel("C1").await;
        let said = bench.read("C1");
        assert_eq!(said.ephemeral_to, Some(user("U2")));
        assert!(said.text.contains("Only admins and owners of this workspace"), "{}", said.text);
    }
    assert!(bench.slack.modal(&workspace(), &user("U2")).is_none());
    bench.after(crate::harness::seconds(120)).await;
    bench.slack.fail_next_of("users.info", Fault::Status(503));
    bench.user("U1").types("/segments connect").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("does not say whether you are an admin"));
    assert!(!bench.has_modal());
}

#[tokio::test]
async fn a_server_that_does_not_know_its_address_makes_none_up() {
    let mut bench = Bench::start().await;
    bench.has_address = false;
    bench.restart().await;
    bench.user("U1").types("/segments connect").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("`SEGMENTS_SLACK_PUBLIC_URL`"));
    assert!(!bench.has_modal());
}

#[tokio::test]
async fn a_form_that_does_not_open_is_asked_for_again() {
    let bench = Bench::start().await;
    bench.slack.fail_next_of("views.open", Fault::Code("expired_trigger_id".to_owned()));
    bench.user("U1").types("/segments connect").in_channel("C1").await;
    assert!(bench.read("C1").text.contains("type `/segments connect` again"));
}

#[tokio::test]
async fn each_mistake_stands_beside_its_input_and_nothing_is_stored() {
    let bench = Bench::start().await;
    bench.ai.add_user("jane", API_KEY);
    bench.opens_new().await;
    assert_eq!(bench.submit().await, Err(Mistake::Unfilled("signing_secret".to_owned())));
    bench.fills_in("Environment", "hello you", Some("no-such-key")).await;
    bench.submit().await.unwrap();
    assert!(bench.error("signing_secret").contains("no signing secret"), "{}", bench.error("signing_secret"));
    assert!(bench.error("account_name").contains("whoever runs the server"), "{}", bench.error("account_name"));
    bench.fills_in("jane", OTHER_SECRET, None).await;
    bench.submit().await.unwrap();
    assert!(bench.error("api_key").contains("does not take this API key"), "{}", bench.error("api_key"));
    assert_eq!(bench.accounts().await, [""; 0]);
    bench.fill("signing_secret", json!(format!("{OTHER_SECRET},"))).await;
    bench.submit().await.unwrap();
    assert!(bench.error("signing_secret").contains("empty"), "{}", bench.error("signing_secret"));
    bench.fill("signing_secret", json!(format!("{OTHER_SECRET}, YWE=, YmI="))).await;
    bench.submit().await.unwrap();
    assert!(bench.error("signing_secret").contains("At most two"), "{}", bench.error("signing_secret"));
    assert_eq!(bench.accounts().await, [""; 0]);
    bench.fills_in("jane", OTHER_SECRET, Some(API_KEY)).await;
    bench.submit().await.unwrap();
    assert_eq!(bench.accounts().await, ["jane"]);
    // Its name is taken, whatever the case.
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    bench.opens_new().await;
    bench.fills_in("JANE", OTHER_SECRET, None).await;
    bench.submit().await.unwrap();
    assert!(bench.error("account_name").contains("has this name"), "{}", bench.error("account_name"));
}

#[tokio::test]
async fn a_key_not_checked_in_time_is_saved_and_marked_unchecked() {
    let bench = Bench::start().await;
    bench.ai.add_user("jane", API_KEY);
    bench.opens_new().await;
    bench.fills_in("jane", OTHER_SECRET, Some(API_KEY)).await;
    bench.ai.set_outage(true);
    bench.submit().await.unwrap();
    bench.ai.set_outage(false);
    assert!(bench.shows().contains("saved without a check"), "{}", bench.shows());
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    let account = bench.opens_new().await;
    bench.fills_in("ann", OTHER_SECRET, Some(API_KEY)).await;
    bench.ai.fail_next_of("GET /user", AiFault::Hang);
    let submitted = async { bench.slack.submits(&workspace(), &user("U1"), json!({})).await.unwrap() };
    let hangs = async {
        bench.ai.hanging().wait_for(|calls| *calls == 1).await.unwrap();
        bench.clock.set(segments_slack::clock::later(bench.clock.now(), crate::harness::seconds(2)));
    };
    tokio::join!(submitted, hangs);
    assert!(bench.shows().contains("saved without a check"), "{}", bench.shows());
    assert!(bench.app().segments.keyed.has(&workspace(), &account));
}

#[tokio::test]
async fn a_submission_that_comes_twice_makes_one_account() {
    let bench = Bench::start().await;
    let account = bench.opens_new().await;
    bench.fills_in("jane", OTHER_SECRET, None).await;
    let view = bench.modal();
    bench.submit().await.unwrap();
    let again = async |view: &Value| {
        let payload = json!({
            "type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
            "trigger_id": "77.again", "view": view,
        });
        let form = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap();
        let (status, body) = bench.slack_sends("interactions", form).await;
        assert_eq!(status, 200);
        body
    };
    assert!(again(&view).await.contains("is connected"));
    assert_eq!(bench.accounts().await, ["jane"]);
    assert_eq!(bench.app().store.audit_entries(&workspace(), 9).await.unwrap().len(), 1);
    // The same form with something else in it is not what was saved.
    let mut other = view;
    other["state"]["values"]["account_name"]["account_name"]["value"] = json!("john");
    assert!(again(&other).await.contains("connected already, as `jane`"));
    // Nor is it with a key, which was not saved: it must not be said to be of any use.
    bench.ai.add_user("jane", API_KEY);
    other["state"]["values"]["account_name"]["account_name"]["value"] = json!("jane");
    other["state"]["values"]["api_key"]["api_key"]["value"] = json!(API_KEY);
    let said = again(&other).await;
    assert!(said.contains("connected already, as `jane`") && !said.contains("belongs to"), "{said}");
    assert_eq!(bench.record(&account).await.unwrap().setup.unwrap().api_key, None);
    // Somebody else's form is about another address.
    let seed = other["private_metadata"].clone();
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    assert_ne!(bench.opens_new().await, account);
    assert_ne!(bench.modal()["private_metadata"], seed);
}

#[tokio::test]
async fn a_closed_form_shows_the_same_address_again() {
    let bench = Bench::start().await;
    let first = bench.opens_new().await;
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    assert_eq!(bench.opens_new().await, first);
    bench.slack.closes(&workspace(), &user("U1")).await.unwrap();
    // Another admin has another one.
    bench.slack.add_user(&workspace(), &user("U3"), "eve", segments_slack::sandbox::slack::Role::Owner, "Europe/Paris");
    bench.slack.types(&workspace(), &user("U3"), &ChannelId::parse("C2").unwrap(), "/segments connect").await;
    bench.settle().await;
    let view = bench.slack.modal(&workspace(), &user("U3")).unwrap();
    bench.slack.clicks_in_view(&workspace(), &user("U3"), &view, "account_new", None).await.unwrap();
    bench.settle().await;
    assert_ne!(account_of(&bench.slack.modal(&workspace(), &user("U3")).unwrap()), first);
}

#[tokio::test]
async fn the_environments_account_is_shown_and_not_changed_here() {
    let bench = Bench::start().await;
    let shown = written(&bench.opens_accounts().await);
    assert!(shown.contains("`environment` · no event yet") && shown.contains("`SEGMENTS_WEBHOOK_SECRET`"), "{shown}");
    assert!(shown.contains("`https://segments-slack.example.com/webhooks/segments`"), "{shown}");
    assert!(!shown.contains("account_menu_"), "{shown}");
    let shown = written(&bench.clicks_in_modal("account_new", None).await);
    assert!(shown.contains("*1.* Copy this address:"), "{shown}");
}

#[tokio::test]
async fn a_workspace_has_at_most_fifty_accounts() {
    let bench = Bench::start().await;
    let first = bench.connects("account 0", OTHER_SECRET, None).await;
    let setup = bench.record(&first).await.unwrap().setup.unwrap();
    for number in 1..50 {
        let id = AccountId::parse(format!("made-{number}")).unwrap();
        let setup = segments_slack::store::AccountSetup { name: format!("account {number}"), ..setup.clone() };
        bench.app().store.set_up_account(&workspace(), &id, None, setup, None).await.unwrap();
    }
    bench.opens_new().await;
    bench.fills_in("one more", OTHER_SECRET, None).await;
    bench.submit().await.unwrap();
    assert!(bench.shows().contains("50 accounts at most"), "{}", bench.shows());
}
