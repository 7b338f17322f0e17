//! Checks interactive elements: their kinds, options and limits.

use super::check::{Check, Kind};
use serde_json::{Map, Value};

/// Elements that may stand beside a section. <https://docs.slack.dev/reference/block-kit/block-elements>
pub(super) const OF_SECTION: &[&str] = &[
    "image",
    "button",
    "overflow",
    "static_select",
    "external_select",
    "multi_static_select",
    "multi_external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "timepicker",
];
/// Elements that may stand in a row of actions.
pub(super) const OF_ACTIONS: &[&str] = &[
    "button",
    "overflow",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "timepicker",
];
/// Elements that may be filled in.
pub(super) const OF_INPUT: &[&str] = &[
    "plain_text_input",
    "number_input",
    "url_text_input",
    "email_text_input",
    "static_select",
    "external_select",
    "multi_static_select",
    "multi_external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "timepicker",
];

impl Check {
    /// An element that is one of those that are allowed in its place.
    pub(super) fn element(&mut self, value: &Value, at: &str, allowed: &[&str]) {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        if !allowed.contains(&kind) {
            let kind: String = kind.chars().take(50).collect();
            return self.problem(format!("unsupported type: {kind}"), &format!("{at}/type"));
        }
        match kind {
            "image" => self.image(value, at, &[]),
            "button" => self.button(value, at),
            "overflow" => self.choice(value, at, &["options"], &[], 5),
            "radio_buttons" => self.choice(value, at, &["options"], &["initial_option", "focus_on_load"], 10),
            "checkboxes" => self.choice(value, at, &["options"], &["initial_options", "focus_on_load"], 10),
            "static_select" => {
                let optional = ["placeholder", "options", "option_groups", "initial_option", "focus_on_load"];
                self.choice(value, at, &[], &optional, 100);
            }
            "multi_static_select" => {
                let optional = [
                    "placeholder",
                    "options",
                    "option_groups",
                    "initial_options",
                    "max_selected_items",
                    "focus_on_load",
                ];
                self.choice(value, at, &[], &optional, 100);
            }
            "external_select" | "multi_external_select" => {
                let optional = [
                    "placeholder",
                    "initial_option",
                    "initial_options",
                    "min_query_length",
                    "max_selected_items",
                    "focus_on_load",
                ];
                self.external(value, at, &optional);
            }
            "datepicker" => self.choice(value, at, &[], &["placeholder", "initial_date", "focus_on_load"], 0),
            "timepicker" => {
                self.choice(value, at, &[], &["placeholder", "initial_time", "focus_on_load", "timezone"], 0);
            }
            "plain_text_input" | "number_input" | "url_text_input" | "email_text_input" => self.field(value, at, kind),
            _ => self.directory(value, at, kind),
        }
    }

    /// An image, which has to be reachable; nothing is fetched, but a host that ends in `.invalid` never is.
    pub(super) fn image(&mut self, value: &Value, at: &str, of_block: &[&str]) {
        let Some(map) = self.object(value, at, &["image_url", "alt_text"], of_block) else { return };
        self.url(map, "image_url", at);
        self.string(map, "alt_text", at, 2_000);
        let address = map.get("image_url").and_then(Value::as_str).and_then(|url| url::Url::parse(url).ok());
        if address.as_ref().and_then(url::Url::host_str).is_some_and(|host| host.ends_with(".invalid")) {
            self.problem("downloading image failed", &format!("{at}/image_url"));
        }
    }

    fn button(&mut self, value: &Value, at: &str) {
        let optional = ["action_id", "url", "value", "style", "confirm", "accessibility_label"];
        let Some(map) = self.object(value, at, &["text"], &optional) else { return };
        self.text(map, "text", at, Kind::Plain, 75);
        self.unique(map, "action_id", at);
        self.url(map, "url", at);
        self.string(map, "value", at, 2_000);
        self.string(map, "accessibility_label", at, 75);
        self.style(map, at);
        self.confirm(map, at);
    }

    fn style(&mut self, map: &Map<String, Value>, at: &str) {
        if map.get("style").is_some_and(|style| style != "primary" && style != "danger") {
            self.problem("must be one of: primary, danger", &format!("{at}/style"));
        }
    }

    fn confirm(&mut self, map: &Map<String, Value>, at: &str) {
        let Some(value) = map.get("confirm") else { return };
        let at = format!("{at}/confirm");
        let Some(map) = self.object(value, &at, &["title", "text", "confirm", "deny"], &["style"]) else { return };
        self.text(map, "title", &at, Kind::Plain, 100);
        self.text(map, "text", &at, Kind::Any, 300);
        self.text(map, "confirm", &at, Kind::Plain, 30);
        self.text(map, "deny", &at, Kind::Plain, 30);
        self.style(map, &at);
    }

    /// An element with options, or with nothing but an initial value.
    fn choice(&mut self, value: &Value, at: &str, required: &[&str], optional: &[&str], most: usize) {
        let optional = [optional, &["action_id", "confirm"]].concat();
        let Some(map) = self.object(value, at, required, &optional) else { return };
        let kind = map.get("type").and_then(Value::as_str).unwrap_or_default();
        self.unique(map, "action_id", at);
        self.confirm(map, at);
        self.text(map, "placeholder", at, Kind::Plain, 150);
        self.boolean(map, &["focus_on_load"], at);
        let options: Vec<_> = self.list(map, "options", at, most).collect();
        for (at, option) in &options {
            self.option(option, at, kind);
        }
        let groups: Vec<_> = self.list(map, "option_groups", at, most).collect();
        let mut offered: Vec<&Value> = options.into_iter().map(|(_, option)| option).collect();
        for (at, group) in groups {
            let Some(group) = self.object(group, &at, &["label", "options"], &[]) else { continue };
            self.text(group, "label", &at, Kind::Plain, 75);
            for (at, option) in self.list(group, "options", &at, most).collect::<Vec<_>>() {
                self.option(option, &at, kind);
                offered.push(option);
            }
        }
        if kind.ends_with("static_select") && map.contains_key("options") == map.contains_key("option_groups") {
            self.problem("must define either `options` or `option_groups`", at);
        }
        let several = map.get("initial_options").and_then(Value::as_array).into_iter().flatten();
        for chosen in map.get("initial_option").into_iter().chain(several) {
            if !offered.contains(&chosen) {
                self.problem("the initial option is none of the options", at);
            }
        }
    }

    /// A menu whose entries the app gives while somebody types.
    fn external(&mut self, value: &Value, at: &str, optional: &[&str]) {
        let optional = [optional, &["action_id", "confirm"]].concat();
        let Some(map) = self.object(value, at, &[], &optional) else { return };
        let kind = map.get("type").and_then(Value::as_str).unwrap_or_default();
        self.unique(map, "action_id", at);
        self.confirm(map, at);
        self.text(map, "placeholder", at, Kind::Plain, 150);
        self.boolean(map, &["focus_on_load"], at);
        if map.get("min_query_length").is_some_and(|least| !least.is_u64()) {
            self.problem("must be an integer", &format!("{at}/min_query_length"));
        }
        let several = map.get("initial_options").and_then(Value::as_array).into_iter().flatten();
        for chosen in map.get("initial_option").into_iter().chain(several) {
            self.option(chosen, &format!("{at}/initial_option"), kind);
        }
    }

    fn option(&mut self, value: &Value, at: &str, of: &str) {
        let url: &[&str] = if of == "overflow" { &["url"] } else { &[] };
        let Some(map) = self.object(value, at, &["text", "value"], &[&["description"], url].concat()) else { return };
        let kind = if matches!(of, "radio_buttons" | "checkboxes") { Kind::Any } else { Kind::Plain };
        self.text(map, "text", at, kind, 75);
        self.text(map, "description", at, kind, 75);
        self.string(map, "value", at, 150);
        self.url(map, "url", at);
    }

    fn field(&mut self, value: &Value, at: &str, kind: &str) {
        let own: &[&str] = match kind {
            "plain_text_input" => &["multiline", "min_length", "max_length"],
            "number_input" => &["is_decimal_allowed", "min_value", "max_value"],
            _ => &[],
        };
        let common = ["action_id", "initial_value", "placeholder", "dispatch_action_config", "focus_on_load"];
        let required: &[&str] = if kind == "number_input" { &["is_decimal_allowed"] } else { &[] };
        let Some(map) = self.object(value, at, required, &[own, &common].concat()) else { return };
        self.unique(map, "action_id", at);
        self.text(map, "placeholder", at, Kind::Plain, 150);
        self.boolean(map, &["multiline", "is_decimal_allowed", "focus_on_load"], at);
        for name in ["min_length", "max_length"] {
            let fits = |value: &Value| value.as_u64().is_some_and(|length| length <= 3_000);
            if map.get(name).is_some_and(|value| !fits(value)) {
                self.problem("must be an integer of at most 3000", &format!("{at}/{name}"));
            }
        }
        if map.contains_key("initial_value") {
            self.string(map, "initial_value", at, 3_000);
        }
    }

    /// A choice among people or channels.
    fn directory(&mut self, value: &Value, at: &str, kind: &str) {
        let what = kind.trim_start_matches("multi_").trim_end_matches("s_select");
        let initial = if kind.starts_with("multi_") { format!("initial_{what}s") } else { format!("initial_{what}") };
        let optional = [
            "action_id",
            "placeholder",
            "confirm",
            "focus_on_load",
            "max_selected_items",
            "response_url_enabled",
            "default_to_current_conversation",
            "filter",
            initial.as_str(),
        ];
        let Some(map) = self.object(value, at, &[], &optional) else { return };
        self.unique(map, "action_id", at);
        self.text(map, "placeholder", at, Kind::Plain, 150);
        self.confirm(map, at);
    }
}
