//! The App Home as a person sees it: opened, clicked in, and written down in a compact form.

use super::{Bench, channel, user, workspace};
use segments_slack::model::{
    ChannelRef, DatasetPattern, EventSelection, Glob, Options, Rule, Subscription, SubscriptionState,
};
use segments_slack::store::{EditResult, SubscriptionEdit};
use serde_json::Value;

impl Bench {
    /// Lets somebody open the App Home; gives what it shows.
    pub(crate) async fn opens_home(&self, id: &str) -> Value {
        let answer = self.slack.opens_home(&workspace(), &user(id)).await;
        assert!(answer.is_success());
        self.settle().await;
        self.home(id)
    }

    /// What somebody's Home shows.
    pub(crate) fn home(&self, id: &str) -> Value {
        self.slack.home(&workspace(), &user(id)).expect("a Home was published")
    }

    /// Lets somebody click a button, or choose a menu's entry, in their Home; gives what it shows then.
    pub(crate) async fn clicks_in_home(&self, id: &str, action_id: &str, value: Option<&str>) -> Value {
        let view = self.home(id);
        let answer = self.slack.clicks_in_view(&workspace(), &user(id), &view, action_id, value).await;
        assert!(answer.expect("it is there").is_success());
        self.settle().await;
        self.home(id)
    }

    /// Puts subscriptions of these datasets into a channel's book, as if somebody had typed them.
    pub(crate) async fn has_subscriptions(&self, channel_id: &str, creator: &str, datasets: &[String]) {
        let put = (1_u32..).zip(datasets).map(|(number, dataset)| Subscription {
            channel: channel(channel_id),
            number,
            rule: Rule {
                dataset: DatasetPattern::parse(dataset).unwrap(),
                events: EventSelection { include: vec![Glob::new("sample.*")], exclude: Vec::new() },
                filters: Vec::new(),
                options: Options::default(),
            },
            creator: user(creator),
            created_at: self.clock.now(),
            time_zone: None,
            state: SubscriptionState::Active,
        });
        let edit = SubscriptionEdit {
            revision: 0,
            put: put.collect(),
            remove: Vec::new(),
            mutes: None,
            next_number: u32::try_from(datasets.len()).unwrap() + 1,
            cause: None,
            undo: None,
            undoes: None,
            audit_entry: None,
            at: self.clock.now(),
        };
        let channel_ref = ChannelRef { workspace: workspace(), channel: channel(channel_id) };
        assert_eq!(self.app().store.edit_subscriptions(&channel_ref, edit).await.unwrap(), EditResult::Stored);
        self.app().reindex(&channel_ref).await.unwrap();
    }
}

/// A view, one line for each text, with what can be clicked beside it.
pub(crate) fn written(view: &Value) -> String {
    let blocks = view["blocks"].as_array().unwrap();
    blocks.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn block(block: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
    let elements = || block["elements"].as_array().into_iter().flatten();
    match block["type"].as_str().unwrap() {
        "header" => format!("# {}", text(&block["text"])),
        "divider" => "---".to_owned(),
        "section" => {
            let beside = block.get("accessory").map(clickable);
            [Some(text(&block["text"])), beside].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        "context" => format!("~ {}", elements().map(text).collect::<Vec<_>>().join(" | ")),
        "actions" => elements().map(clickable).collect::<Vec<_>>().join(" "),
        other => panic!("a Home has no {other}"),
    }
}

/// What can be clicked, with its id.
pub(crate) fn clickable(element: &Value) -> String {
    let id = element["action_id"].as_str().unwrap();
    if element["type"] == "overflow" {
        let options = element["options"].as_array().unwrap().iter();
        let options: Vec<&str> = options.map(|option| option["value"].as_str().unwrap()).collect();
        return format!("[…]({id}: {})", options.join(" | "));
    }
    let value = element["value"].as_str().unwrap_or_default();
    format!("[{}]({})", element["text"]["text"].as_str().unwrap(), format!("{id} {value}").trim())
}
