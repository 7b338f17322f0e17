//! The page as a whole: side bar, channel, and the panel that plays Segments.ai.

use super::View;
use super::messages::{self, avatar};
use crate::sandbox::slack::{ChannelKind, Role};
use crate::segments::sample;
use maud::{DOCTYPE, Markup, html};

/// The command that the page suggests first.
const FIRST_COMMAND: &str = "/segments subscribe jane/flowers sample.*";

/// Commands that a newcomer may want next; a click puts them into the box.
const COMMANDS: [&str; 6] = [
    FIRST_COMMAND,
    "/segments subscribe jane/* issue label.rejected",
    "/segments list",
    "/segments why",
    "/segments status",
    "/segments help",
];

/// The `<head>` of every page of the sandbox.
pub(super) fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title { (title) " · segments-slack sandbox" }
        link rel="stylesheet" href="/style.css";
        link rel="icon" href="data:,";
    }
}

/// The whole document.
pub(super) fn page(view: &View) -> Markup {
    let channel = &view.channel.name;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                (head(&format!("#{channel}")))
                script src="/script.js" defer {}
                script src="/modal.js" defer {}
            }
            body.home[view.at_home] data-user=(view.viewer.id) data-channel=(if view.at_home { super::HOME } else { view.channel.id.as_str() }) {
                a.skip.unseen href="#text" { "Skip to the message box" }
                nav aria-label="Workspace" {
                    h1 { (view.workspace.name) }
                    p.about { "segments-slack sandbox · " a href="/gallery" { "gallery" } }
                    div #side { (side(view)) }
                }
                main {
                    header {
                        h2 { @if view.at_home { "◆ Segments · Home" } @else { (sign(view.channel.kind)) " " (channel) } }
                        div #members { (members(view)) }
                        button #tools .button type="button" aria-expanded="false" { "Segments.ai" }
                    }
                    div #log role="log" aria-live="polite" aria-label={ "Messages in " (channel) } tabindex="0" { (log(view)) }
                    p #notice role="alert" {}
                    @if !view.at_home { (composer(channel)) }
                }
                (panel(view))
                dialog #question { form method="dialog" {} }
                dialog #modal { (super::modal::modal(view)) }
            }
        }
    }
}

fn composer(channel: &str) -> Markup {
    html! {
        form #composer {
            label.unseen for="text" { "Message to " (channel) }
            textarea #text rows="1" autocomplete="off" spellcheck="false" autofocus
                placeholder={ "Message #" (channel) ", or type /segments" } {}
            button.shortcut type="button" data-shortcut="" title="Shortcut: Subscribe a channel" aria-label="Shortcut: Subscribe a channel" { "⚡" }
            button type="submit" aria-label="Send" { "➤" }
        }
        p.hint { kbd { "Enter" } " sends · " kbd { "↑" } " brings back what you typed · start with " kbd { "/segments help" } }
    }
}

/// The part of the side bar that changes: channels, people, and the bot's place in this channel.
pub(super) fn side(view: &View) -> Markup {
    let address = |user: &str, channel: &str| format!("/?user={user}&channel={channel}");
    html! {
        section #channels aria-label="Channels" {
            h2 { "Channels" }
            ul {
                @for channel in &view.channels {
                    li {
                        a #{ "go-" (channel.id) } href=(address(view.viewer.id.as_str(), channel.id.as_str()))
                            aria-current=[(channel.id == view.channel.id && !view.at_home).then_some("page")] {
                            span.mark { (sign(channel.kind)) } (channel.name)
                            @if channel.archived { span.role { "archived" } }
                        }
                    }
                }
            }
        }
        section #apps aria-label="Apps" {
            h2 { "Apps" }
            ul { li {
                a #go-home href=(address(view.viewer.id.as_str(), super::HOME)) aria-current=[view.at_home.then_some("page")] {
                    span.mark { "◆" } "Segments"
                }
            } }
        }
        section #people aria-label="Acting as" {
            h2 { "Acting as" }
            ul {
                @for user in &view.users {
                    li {
                        a #{ "as-" (user.id) } href=(address(user.id.as_str(), if view.at_home { super::HOME } else { view.channel.id.as_str() }))
                            aria-current=[(user.id == view.viewer.id).then_some("true")] {
                            (avatar(user.id.as_str(), &user.name)) (user.name)
                            @if user.role != Role::Member { span.role { "admin" } }
                        }
                    }
                }
            }
        }
    }
}

/// The part of the header that changes: who is in the channel.
pub(super) fn members(view: &View) -> Markup {
    html! {
        p #bot .present[view.has_bot()] {
            (view.channel.members.len()) " members · "
            @if view.channel.archived { "archived" }
            @else if view.has_bot() { "the bot is here" }
            @else { "the bot is not here" }
        }
    }
}

/// The list of messages with the welcome above it.
pub(super) fn log(view: &View) -> Markup {
    if view.at_home {
        return home(view);
    }
    html! {
        section.welcome #welcome {
            h3 { (sign(view.channel.kind)) " " (view.channel.name) }
            p { "Try segments-slack in three steps. The server behind this page is the real one. Only Slack and Segments.ai are simulated." }
            ol {
                li {
                    span { "Subscribe this channel to a dataset, then press Enter." }
                    button.button.primary type="button" data-fill=(FIRST_COMMAND) { "Fill in the command" }
                }
                li {
                    span { "Let Segments.ai report a new sample." }
                    button.button.primary type="button" data-send="sample.created" { "Send sample.created" }
                }
                li { span { "Changed your mind? Click " b { "Undo" } " on the bot's answer." } }
            }
        }
        (messages::messages(&view.messages, &view.names))
    }
}

/// The App Home as it was published last.
fn home(view: &View) -> Markup {
    html! {
        div.app-home #home data-view="home" {
            @match &view.home {
                Some(home) => (super::blocks::blocks(&home["blocks"], &view.names)),
                None => p { "The app has not shown anything here yet." },
            }
        }
    }
}

/// The panel at the right. What it does is in the script, by the `data-` attributes of its buttons.
fn panel(view: &View) -> Markup {
    let button = |event: &str, label: &str| html! { button.button type="button" data-send=(event) { (label) } };
    html! {
        aside aria-label="Segments.ai" {
            h2 { "Segments.ai" }
            p { "Each button sends a signed webhook to the real endpoint." }
            p { label for="dataset" { "Dataset" } input #dataset value="jane/flowers" spellcheck="false" autocomplete="off"; }
            @for noun in ["sample", "label", "issue", "dataset", "release"] {
                div.kind {
                    h3 { (noun) }
                    div.row {
                        @for name in sample::event_names() {
                            @if let Some(verb) = name.strip_prefix(noun).and_then(|rest| rest.strip_prefix('.')) { (button(name, verb)) }
                        }
                    }
                }
            }
            div.kind {
                h3 { "trouble" }
                div.row {
                    (button(super::REPLAY, "same again"))
                    (button(super::FORGED, "forged"))
                    (button(sample::UNKNOWN_EVENT, "unknown type"))
                    (button(super::BURST, "10,000"))
                }
            }
            ul #outcomes role="status" aria-label="What the server answered" {}
            h2 { "Work in Segments.ai" }
            p { "As " (view.viewer.name) ", in the web app. Cards follow by webhook." }
            p { label for="reply" { "A reply says" } input #reply value="Done, please look again." autocomplete="off"; }
            div #world { (super::segments::world(view)) }
            h2 { "Slack" }
            div #switches { (switches(view)) }
            h2 { "Commands to try" }
            div.row {
                @for command in COMMANDS { button.button type="button" data-fill=(command) { (command.trim_start_matches("/segments ")) } }
            }
        }
    }
}

/// The part of the panel that changes: what can go wrong with Slack.
pub(super) fn switches(view: &View) -> Markup {
    let button = |name: &str, label: &str| html! { button.button type="button" data-switch=(name) { (label) } };
    html! {
            div.row #faults {
                button.button #outage type="button" data-switch="outage" aria-pressed=(view.outage) { "Slack is down" }
                (button("lost_answer", "lose an answer"))
                (button("rate_limit", "rate limit"))
    (button("bot", if view.has_bot() { "remove the bot" } else { "invite the bot" }))
                (button("archive", if view.channel.archived { "unarchive" } else { "archive" }))
            }
        }
}

/// The sign before a channel's name.
fn sign(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Public => "#",
        ChannelKind::Private => "🔒",
        ChannelKind::Direct => "◆",
    }
}
