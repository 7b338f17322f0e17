//! What an admin sees of webhook accounts: those that there are, the form of a new one, and that of one.

use super::Message;
use super::block_kit::{self, plain};
use super::mrkdwn::escape;
use super::reply::{ACCOUNT_PAGE, AccountStatus, came, named};
use crate::model::{AccountId, UserId};
use crate::segments::webhook::SecretError;
use crate::slack::accounts::{CALLBACK, LONGEST_NAME, LONGEST_SECRET, Sheet, Wrong, block, drop};
use crate::slack::interaction::{AccountAction, Action};
use slack_morphism::prelude::*;
use std::collections::BTreeMap;

/// The title of a modal, a button of it.
const TITLE: usize = 24;
/// The label of an input, a placeholder, an option.
const LABEL: usize = 75;
/// What stands below an input.
const HINT: usize = 300;

/// A webhook account as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id; none for the one that the environment gives, which cannot be changed here.
    pub id: Option<AccountId>,
    /// What people call it, and what came to it.
    pub status: AccountStatus,
    /// Where Segments.ai sends to.
    pub address: String,
    /// Whether it has an API key.
    pub has_key: bool,
    /// Whether an older signing secret is still valid.
    pub rotating: bool,
    /// Who connected it.
    pub by: Option<UserId>,
}

/// The accounts of a workspace; with what became of the last click, as safe mrkdwn.
pub fn accounts(accounts: &[Account], notice: Option<&str>) -> SlackView {
    let mut blocks: Vec<SlackBlock> = notice.map(block_kit::section).into_iter().collect();
    blocks.push(block_kit::section("*Accounts whose webhooks come to this workspace*"));
    blocks.extend(accounts.iter().map(row));
    if accounts.is_empty() {
        blocks.push(block_kit::section("None yet."));
    }
    let new = Action::Account(AccountAction::New);
    blocks.push(block_kit::actions(vec![block_kit::button(
        &new,
        "Connect an account",
        Some(SlackBlockButtonStyle::Primary),
    )]));
    view("Segments.ai accounts", blocks, None, &Sheet::Accounts)
}

/// What a message says, in place of the accounts.
pub fn said(message: &Message) -> SlackView {
    view("Segments.ai accounts", message.blocks.clone(), None, &Sheet::Accounts)
}

/// The form of a new account, whose webhooks go to this address.
pub fn new(address: &str, sheet: &Sheet) -> SlackView {
    let page = ACCOUNT_PAGE.parse().ok();
    let page = page.and_then(|page| block_kit::link_button("open_account", "Open Segments.ai", &page, true));
    let mut blocks = vec![
        block_kit::section("*1.* Copy this address:"),
        block_of_code(address),
        block_kit::section(
            "*2.* In Segments.ai, open your account page, then *Manage webhooks* and *Add endpoint*. Paste the address there. \
             For an organisation's datasets, begin on the organisation's page.",
        ),
    ];
    blocks.extend(page.map(|page| block_kit::actions(vec![page])));
    blocks.push(block_kit::section("*3.* Copy the endpoint's *signing secret*, and fill this in:"));
    blocks.push(secrets(
        "Signing secret",
        "Kept encrypted, and never shown again. While you rotate it, two fit with a comma between: the newest first.",
        false,
    ));
    blocks.push(name(None));
    blocks.push(key(
        "API key",
        "Lets people resolve issues and more from Slack, in the name of its owner. From your account page there.",
    ));
    blocks.push(block_kit::context(["If you close this, `/segments connect` shows you the same address again today."]));
    view("Connect Segments.ai", blocks, Some("Connect"), sheet)
}

/// The form of an account, as it looked when it was opened.
pub fn change(account: &Account, sheet: &Sheet) -> SlackView {
    let old = if account.rotating {
        "Two signing secrets are valid now. A new one takes the place of the older."
    } else {
        "Leave it empty to keep the one there is. After a new one, the old one stays valid, too, until you drop it."
    };
    let api_key = if account.has_key { "There is one. Leave it empty to keep it." } else { "There is none." };
    let mut drops = vec![(drop::OLD_SECRET, "Drop older signing secrets: only the newest stays valid")];
    drops.extend(account.has_key.then_some((drop::KEY, "Delete the API key")));
    let blocks = vec![
        block_kit::section("Its address in Segments.ai:"),
        block_of_code(&account.address),
        name(Some(&account.status.name)),
        secrets("New signing secret", old, true),
        key("New API key", api_key),
        boxes(&drops),
    ];
    view("Change an account", blocks, Some("Save"), sheet)
}

/// What is wrong, by the block of the input that it stands beside.
pub fn errors(wrong: &[Wrong]) -> BTreeMap<String, String> {
    wrong.iter().rev().map(|wrong| (place(*wrong).to_owned(), why(*wrong).to_owned())).collect()
}

fn row(account: &Account) -> SlackBlock {
    let name = named(&account.status.name);
    let came = came(&account.status);
    let api_key = if account.has_key { "API key: yes" } else { "API key: no" };
    let Some(id) = &account.id else {
        return block_kit::section(&format!(
            "{name} · {came} · {api_key}\nSet by whoever runs the server (`SEGMENTS_WEBHOOK_SECRET`), and changed there. \
             Its address: `{}`",
            escape(&account.address)
        ));
    };
    let by = account.by.as_ref().map(|by| format!(" · connected by <@{by}>")).unwrap_or_default();
    let rotating = if account.rotating { " · an older signing secret is still valid" } else { "" };
    let entries =
        [("Change…", AccountAction::Change(id.clone())), ("Disconnect…", AccountAction::Disconnect(id.clone()))];
    let entry = |(label, action): (&str, AccountAction)| SlackBlockChoiceItem::new(plain(label, LABEL), action.entry());
    let menu = SlackBlockOverflowElement::new(entries.map(entry).into());
    let menu = menu.with_action_id(AccountAction::menu_id(id).into());
    block_kit::section_beside(&format!("{name} · {came}\n{api_key}{rotating}{by}"), Some(menu))
}

/// On a line of its own, which a long press copies.
fn block_of_code(text: &str) -> SlackBlock {
    block_kit::section(&format!("```{}```", escape(text)))
}

fn name(now: Option<&str>) -> SlackBlock {
    let element = text(block::NAME, "jane", LONGEST_NAME).opt_initial_value(now.map(str::to_owned));
    input(
        block::NAME,
        "Name",
        element.into(),
        "What people here call the account: best the name of its user or organisation.",
        false,
    )
}

fn secrets(label: &str, hint: &str, optional: bool) -> SlackBlock {
    input(block::SECRETS, label, text(block::SECRETS, "whsec_…", LONGEST_SECRET).into(), hint, optional)
}

fn key(label: &str, hint: &str) -> SlackBlock {
    input(
        block::KEY,
        label,
        text(block::KEY, "for buttons that change things in Segments.ai", LONGEST_SECRET).into(),
        hint,
        true,
    )
}

fn text(id: &str, example: &str, longest: usize) -> SlackBlockPlainTextInputElement {
    SlackBlockPlainTextInputElement::new()
        .with_action_id(id.into())
        .with_placeholder(plain(example, LABEL))
        .with_max_length(longest as u64)
}

fn boxes(drops: &[(&str, &str)]) -> SlackBlock {
    let options = drops.iter().map(|(value, label)| {
        SlackBlockChoiceItem::new(SlackBlockPlainText::new((*label).to_owned()).into(), (*value).to_owned())
    });
    let element = SlackBlockCheckboxesElement::new(options.collect()).with_action_id(block::DROP.into());
    input(block::DROP, "What is to go", element.into(), "", true)
}

fn input(id: &str, label: &str, element: SlackInputBlockElement, hint: &str, optional: bool) -> SlackBlock {
    SlackInputBlock::new(plain(label, LABEL), element)
        .with_block_id(id.into())
        .with_optional(optional)
        .opt_hint((!hint.is_empty()).then(|| plain(hint, HINT)))
        .into()
}

fn view(title: &str, blocks: Vec<SlackBlock>, submit: Option<&str>, sheet: &Sheet) -> SlackView {
    let close = if submit.is_some() { "Cancel" } else { "Close" };
    let modal = SlackModalView::new(plain(title, TITLE), blocks)
        .opt_submit(submit.map(|label| plain(label, TITLE)))
        .with_close(plain(close, TITLE))
        .with_callback_id(CALLBACK.into())
        .with_private_metadata(sheet.metadata());
    SlackView::Modal(modal)
}

fn place(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::NoName | Wrong::NameReserved | Wrong::NameTaken => block::NAME,
        Wrong::NoSecret | Wrong::Secret(_) => block::SECRETS,
        Wrong::Key | Wrong::KeyBothWays => block::KEY,
    }
}

fn why(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::NoName => "Give it a name, such as that of its user in Segments.ai.",
        Wrong::NameReserved => "This name is that of the account which whoever runs the server set. Choose another.",
        Wrong::NameTaken => "Another account of this workspace has this name. Choose another.",
        Wrong::NoSecret => "Copy the signing secret of the endpoint from Segments.ai. It begins with whsec_.",
        Wrong::Secret(SecretError::Empty) => {
            "One of these is empty. Copy the whole signing secret from Segments.ai: whsec_ and what follows."
        }
        Wrong::Secret(SecretError::NotBase64) => {
            "This is no signing secret: one is whsec_ and then letters, digits, + and /. Copy it again, whole."
        }
        Wrong::Secret(SecretError::TooMany) => "At most two signing secrets: the new one and the old one.",
        Wrong::Key => {
            "Segments.ai does not take this API key. Copy it again from your account page, or leave this empty."
        }
        Wrong::KeyBothWays => "You gave a new API key and ticked that it is deleted. Do one of the two.",
    }
}
