//! What an admin sees of accounts, for the validator and as people read it.

use super::written;
use crate::rendered;
use crate::replies::looks::gallery;
use segments_slack::model::{AccountId, DatasetName, UserId};
use segments_slack::render::accounts::{Account, accounts, change, new, said};
use segments_slack::render::reply::{self, AccountStatus, KeyCheck, Stops};
use segments_slack::slack::accounts::Sheet;

fn account(number: usize, name: &str) -> Account {
    let id = AccountId::parse(format!("{number:032}")).unwrap();
    Account {
        address: format!("https://segments-slack.example.com/webhooks/segments/{id}"),
        id: Some(id),
        status: AccountStatus { name: name.to_owned(), last_event: None, last_test: None },
        has_key: false,
        rotating: false,
        by: UserId::parse("U1").ok(),
    }
}

#[test]
fn the_views() {
    let at = |text: &str| Some(text.parse().unwrap());
    let status = AccountStatus {
        name: "jane".to_owned(),
        last_event: at("2026-11-20T09:15:00Z"),
        last_test: at("2026-11-19T09:15:00Z"),
    };
    let jane = Account { status, has_key: true, rotating: true, ..account(1, "jane") };
    let address = "https://segments-slack.example.com/webhooks/segments".to_owned();
    let environment = Account { id: None, by: None, address, ..account(0, "environment") };
    let hostile = account(2, &"*<!here>`&".repeat(8));
    let many: Vec<Account> =
        std::iter::once(environment.clone()).chain((0..50).map(|number| account(number, &"x".repeat(80)))).collect();
    let sheet = Sheet::Change { account: jane.id.clone().unwrap(), seen: "f".repeat(32) };
    let fresh = Sheet::New { account: jane.id.clone().unwrap(), seed: "2026-11-20 0".to_owned() };
    let stops = Stops { subscriptions: 12, channels: 3, key: true };
    let question = reply::confirm_disconnect(&jane.id.clone().unwrap(), "jane", stops);
    let few = [environment, jane.clone(), hostile.clone()];
    let views = [
        ("none yet", accounts(&[], None)),
        ("three", accounts(&few, Some("✅ `jane`: it has a new name."))),
        ("new", new(&jane.address, &fresh)),
        ("change", change(&jane, &sheet)),
        ("change of one with less", change(&hostile, &sheet)),
        ("question", said(&question)),
    ];
    let values = views.map(|(name, view)| (name, serde_json::to_value(view).unwrap()));
    let shown: Vec<String> = values.iter().map(|(name, view)| format!("## {name}\n{}", written(view))).collect();
    let mut left: Vec<_> = values.into_iter().map(|(_, view)| view).collect();
    left.push(serde_json::to_value(accounts(&many, None)).unwrap());
    rendered::leave("accounts", &left);
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn the_messages() {
    let at = |text: &str| text.parse().unwrap();
    let (connected, came) = (at("2026-11-20T09:15:00Z"), at("2026-11-20T09:15:12Z"));
    let owner = |webhooks| KeyCheck::Owner { name: "jane".to_owned(), webhooks };
    let named = |number: usize| (account(number, "").id.unwrap(), format!("account {number}"));
    let named: Vec<_> = (0..12).map(named).collect();
    let dataset = DatasetName::parse("jane/flowers");
    let messages = [
        ("no admin", reply::admins_connect()),
        ("who knows", reply::unknown_whether_admin()),
        ("no address", reply::no_public_url()),
        ("no form", reply::connect_again()),
        ("outdated", reply::form_is_outdated()),
        ("connected", reply::connected("jane", &KeyCheck::NotGiven)),
        ("connected with a key", reply::connected("jane", &owner(Some(true)))),
        ("connected, webhooks off", reply::connected("jane", &owner(Some(false)))),
        ("connected, not checked", reply::connected("jane", &KeyCheck::Unchecked)),
        ("gone", reply::no_such_account()),
        ("changed meanwhile", reply::account_changed_since("jane")),
        ("connected before", reply::address_taken("jane")),
        ("too many", reply::too_many_accounts(50)),
        ("first message", reply::first_message("jane", connected, came, dataset.as_ref())),
        ("misfit", reply::signature_mismatch("jane", came)),
        ("environment", reply::environment_stays("environment")),
        ("none", reply::no_accounts()),
        ("which", reply::which_account("`x", &named)),
        ("question", reply::confirm_disconnect(&named[0].0, "jane", Stops::default())),
        ("disconnected", reply::disconnected("jane")),
    ];
    insta::assert_snapshot!(gallery(messages));
}
