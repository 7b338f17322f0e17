//! A modal as HTML: its inputs with what they hold, and what is wrong beside them.

use super::blocks::{self, items, string, text};
use super::{View, names::Names};
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// The modal before the viewer; without one a remark, since an event without data is not told to the page. The script shows it over the page, and keeps what is being typed.
pub(super) fn modal(view: &View) -> Markup {
    let Some(modal) = &view.modal else { return PreEscaped("<!-- no modal -->".to_owned()) };
    let errors = view.modal_errors.as_ref().unwrap_or(&Value::Null);
    html! {
        form.modal #{ "view-" (string(modal, "id")) } data-view="modal" aria-labelledby="modal-title" {
            header {
                h2 #modal-title { (text(&modal["title"], &view.names)) }
                button.close type="button" data-close="" aria-label="Close" { "✕" }
            }
            div.blocks {
                @for block in items(&modal["blocks"]) {
                    @if string(block, "type") == "input" { (input(block, modal, errors, view)) }
                    @else { (blocks::block(block, &view.names)) }
                }
            }
            footer.actions {
                button.button type="button" data-close="" {
                    @if modal["close"].is_null() { "Close" } @else { (text(&modal["close"], &view.names)) }
                }
                @if !modal["submit"].is_null() {
                    button.button.primary type="submit" { (text(&modal["submit"], &view.names)) }
                }
            }
        }
    }
}

fn input(block: &Value, modal: &Value, errors: &Value, view: &View) -> Markup {
    let id = string(block, "block_id");
    let element = &block["element"];
    let held = &modal["state"]["values"][id][string(element, "action_id")];
    let error = errors[id].as_str();
    let names = &view.names;
    let several = matches!(string(element, "type"), "checkboxes" | "radio_buttons" | "multi_users_select");
    let field = html! {
        (field(id, element, held, view))
        @if !block["hint"].is_null() { p.hint #{ "hint-" (id) } { (text(&block["hint"], names)) } }
        @if let Some(error) = error { p.error #{ "error-" (id) } role="alert" { (error) } }
    };
    let optional = html! { @if block["optional"] == true { span.optional { " (optional)" } } };
    html! {
        @if several {
            fieldset.input.wrong[error.is_some()] #{ "block-" (id) } data-block=(id) { legend { (text(&block["label"], names)) (optional) } (field) }
        } @else {
            div.input.wrong[error.is_some()] #{ "block-" (id) } data-block=(id) {
                label for={ "in-" (id) } { (text(&block["label"], names)) (optional) }
                (field)
            }
        }
    }
}

/// The field itself; `data-fill` says how the script reads it.
fn field(id: &str, element: &Value, held: &Value, view: &View) -> Markup {
    let at = format!("in-{id}");
    let placeholder = element["placeholder"]["text"].as_str().unwrap_or_default();
    let names = &view.names;
    let chosen = string(&held["selected_option"], "value");
    match string(element, "type") {
        "plain_text_input" if element["multiline"] == true => html! {
            textarea #(at) data-fill="text" placeholder=(placeholder) aria-describedby={ "hint-" (id) } { (string(held, "value")) }
        },
        "plain_text_input" => html! {
            input #(at) type="text" data-fill="text" placeholder=(placeholder) value=(string(held, "value"))
                autocomplete="off" spellcheck="false" aria-describedby={ "hint-" (id) };
        },
        "static_select" => html! {
            select #(at) data-fill="one" {
                @if chosen.is_empty() { option value="" { (placeholder) } }
                @for option in items(&element["options"]) {
                    option value=(string(option, "value")) selected[string(option, "value") == chosen] { (text(&option["text"], names)) }
                }
            }
        },
        "external_select" => {
            let shown = string(&held["selected_option"]["text"], "text");
            html! {
                div.combobox {
                    input #(at) type="text" role="combobox" data-fill="external" data-chosen=(chosen) value=(shown) placeholder=(placeholder)
                        aria-expanded="false" aria-controls={ "list-" (id) } aria-autocomplete="list" autocomplete="off" spellcheck="false";
                    ul #{ "list-" (id) } role="listbox" hidden {}
                }
            }
        }
        "conversations_select" => {
            let chosen = string(held, "selected_conversation");
            html! {
                select #(at) data-fill="one" {
                    option value="" { "Choose a channel" }
                    @for channel in &view.channels {
                        option value=(channel.id) selected[channel.id.as_str() == chosen] { "# " (channel.name) }
                    }
                }
            }
        }
        "users_select" => {
            let chosen = string(held, "selected_user");
            html! {
                select #(at) data-fill="one" {
                    option value="" { "Choose a person" }
                    @for user in &view.users { option value=(user.id) selected[user.id.as_str() == chosen] { (user.name) } }
                }
            }
        }
        "multi_users_select" => html! {
            div.choices { @for user in &view.users {
                @let ticked = items(&held["selected_users"]).iter().any(|one| one == user.id.as_str());
                (choice(id, "many", user.id.as_str(), ticked, &html! { (user.name) }, None))
            } }
        },
        kind @ ("checkboxes" | "radio_buttons") => html! {
            div.choices { @for option in items(&element["options"]) {
                @let value = string(option, "value");
                @let ticked = value == chosen || items(&held["selected_options"]).iter().any(|one| one["value"] == value);
                @let fill = if kind == "checkboxes" { "many" } else { "radio" };
                (choice(id, fill, value, ticked, &text(&option["text"], names), description(option, names)))
            } }
        },
        "timepicker" => html! { input #(at) type="time" data-fill="time" value=(string(held, "selected_time")); },
        other => blocks::unknown("input", other),
    }
}

fn description(option: &Value, names: &Names) -> Option<Markup> {
    (!option["description"].is_null()).then(|| text(&option["description"], names))
}

fn choice(id: &str, fill: &str, value: &str, ticked: bool, label: &Markup, description: Option<Markup>) -> Markup {
    let kind = if fill == "radio" { "radio" } else { "checkbox" };
    html! {
        label.choice {
            input type=(kind) name={ "in-" (id) } id={ "in-" (id) "-" (value) } data-fill=(fill) value=(value) checked[ticked];
            span { (label) @if let Some(description) = description { small { (description) } } }
        }
    }
}
