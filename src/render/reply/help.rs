//! Help on commands, events, filters, options and datasets, with examples.

use super::layout::paragraphs;
use crate::model::event::KnownType;
use crate::model::{Derived, EventSelection, FilterKey, Options};
use crate::render::Message;
use crate::slack::command::Topic;

/// Help on everything, or on one topic.
pub fn help(topic: Option<Topic>) -> Message {
    match topic {
        None => overview(),
        Some(Topic::Events) => events(),
        Some(Topic::Filters) => filters(),
        Some(Topic::Options) => options(),
        Some(Topic::Datasets) => datasets(),
        Some(Topic::Verb(name)) => paragraphs(name, verb(name)),
    }
}

/// A filter with this key, as an example.
pub(super) fn filter_example(key: FilterKey) -> &'static str {
    match key {
        FilterKey::By => "by:ann",
        FilterKey::Status => "status:REJECTED",
        FilterKey::Labelset => "labelset:ground-truth",
        FilterKey::Sample => "sample:*_left.png",
        FilterKey::Task => "task:vector",
        FilterKey::Assignee => "assignee:ann",
        FilterKey::Text => "text:blurry",
    }
}

fn overview() -> Message {
    paragraphs(
        "What you can type in a channel",
        [
            "`/segments subscribe jane/flowers sample.*`\nPosts these events of the dataset here, \
             in addition to what the channel already gets.",
            "`/segments set jane/flowers issue.*`\nReplaces what the channel gets of the dataset.",
            "`/segments unsubscribe #3`\nRemoves a subscription. Name events to remove only those: \
             `/segments unsubscribe jane/flowers sample.deleted`.",
            "`/segments list`\nShows the channel's subscriptions and their numbers.",
            "`/segments mute 2h`\nHolds messages back for two hours. `/segments unmute` posts them now.",
            "`/segments test #3`\nPosts a sample message of subscription #3.",
            "`/segments why`\nShows what happened to recent events, and why.",
            "`/segments status`\nShows whether events arrive and are posted.",
            "`/segments connect`\nLets admins connect and change Segments.ai accounts.",
            "`/segments me jane`\nLinks your Segments.ai username so I can mention you when something needs your attention.",
            "`/segments export`\nShows the channel's subscriptions as commands to copy. \
             Paste them in another channel with `/segments import`.",
            "`/segments help events`\nExplains events. Other topics are `filters`, `options`, `datasets`, \
             and each command, such as `/segments help subscribe`.",
        ]
        .map(str::to_owned),
    )
}

fn verb(name: &str) -> Vec<String> {
    let lines: &[&str] = match name {
        "subscribe" => &[
            "`/segments subscribe dataset… [event…] [filter…] [option…]`\n\
             Posts events of the datasets here. If the channel already has the dataset, the events are added.",
            "`/segments subscribe jane/flowers` posts the default set: `dataset.*`, `issue.*`, `release.*`, `label.rejected`\n\
             `/segments subscribe jane/flowers label.rejected status:REJECTED mention:@jane`\n\
             `/segments subscribe * *` posts every event of every dataset",
            "Short forms: `sub`, `add`.",
        ],
        "set" => &[
            "`/segments set dataset [event…] [filter…] [option…]`\n\
             Replaces what the channel gets of this dataset.",
            "`/segments set jane/flowers sample.created`",
        ],
        "unsubscribe" => &[
            "`/segments unsubscribe #number or dataset or * [event…]`\n\
             Removes a subscription, or only the events that you name. `*` removes all subscriptions of the channel, after asking.",
            "`/segments unsubscribe #3`\n\
             `/segments unsubscribe jane/flowers sample.deleted`\n\
             `/segments unsubscribe *`",
            "Short forms: `unsub`, `remove`.",
        ],
        "list" => &[
            "`/segments list`\nShows the channel's subscriptions and the times of the next digests. \
             Paused subscriptions come first, with the reason.",
            "`/segments list all`\nShows the subscriptions of all your channels. The Home tab of this app shows them too, with buttons.",
            "Short form: `ls`.",
        ],
        "mute" => &[
            "`/segments mute [dataset] 30m or 2h or 1d or until 14:00`\n\
             Holds messages back, for one dataset or the whole channel, for at most 30 days. \
             When the mute ends, I post the held events and say how many there were. Many events become one message.",
            "`/segments mute 2h`\n`/segments mute jane/flowers until 14:00`",
            "Times of day use your time zone. Mute again to change the end.",
        ],
        "unmute" => &[
            "`/segments unmute [dataset]`\nEnds all mutes of this channel, or the mute of one dataset. Held events are posted at once.",
            "`/segments unmute`\n`/segments unmute jane/flowers`",
        ],
        "test" => &[
            "`/segments test [#number or dataset] [event]`\n\
             Posts a sample message, marked as a test. By default, it uses the first subscription and one of its events.",
            "`/segments test #3`\n`/segments test jane/flowers issue.created`",
        ],
        "why" => &[
            "`/segments why [number]`\n\
             Shows you what happened to recent events: posted, held, failed or not matched (default 5, maximum 20).",
            "`/segments why`\n`/segments why 20`",
        ],
        "status" => &[
            "`/segments status`\nShows when the last event arrived, what is waiting, what failed, and what to do about it.",
        ],
        "connect" => &[
            "`/segments connect`\n\
             Shows the Segments.ai accounts that are connected to this workspace, and connects another. \
             It shows the webhook URL to enter in Segments.ai, and asks for the signing secret. \
             Add an API key to let people act in Segments.ai from Slack. You can change names, secrets and keys there too.",
            "For admins of this workspace. When the first webhook of an account arrives, I message the person who connected it.",
        ],
        "disconnect" => &[
            "`/segments disconnect account`\n\
             Lists the subscriptions that will stop receiving events, asks for confirmation, then deletes the account and its secrets. \
             Subscriptions are kept.",
            "`/segments disconnect jane`\n`/segments disconnect \"flower lab\"`",
            "For admins of this workspace.",
        ],
        "me" => &[
            "`/segments me [username]`\n\
             Links your Segments.ai username. I'll mention you when your label is rejected, a sample is assigned to you, \
             or an issue that you opened changes. I never mention you for your own actions.",
            "`/segments me` shows your linked username\n`/segments me jane` links jane\n`/segments me none` unlinks it",
            "A username belongs to one person. If someone else has it, I ask you first and then tell them.",
            "Admins can link other members: `/segments me @ann as jane`, `/segments me @ann as none`. I tell the members.",
        ],
        "export" => &[
            "`/segments export`\n\
             Shows you this channel's subscriptions as commands to copy, one per line. \
             Mutes are not included because they end on their own.",
            "Paste one line as a command in another channel, or paste many at once with `/segments import`.",
        ],
        "import" => &[
            "`/segments import`\n\
             Opens a form for lines from `/segments export`, up to 3,000 characters. \
             For more, type `/segments import`, start a new line, and paste the lines there.",
            "Each line adds a subscription, like `/segments subscribe`; you can leave out the word `subscribe`. \
             Nothing is removed, and importing the same lines twice changes nothing. `#` starts a comment.",
            "If any line is wrong, nothing is changed and I list the wrong lines. *Undo* reverts the whole import.",
        ],
        "edit" => &[
            "`/segments edit #number`\n\
             Opens a form with the subscription's events, filters and options. *Save* replaces the subscription.",
            "`/segments edit #3`",
        ],
        _ => &[
            "`/segments help [topic]`\n\
             Explains a topic: `events`, `filters`, `options`, `datasets`, or a command.",
            "Short form: `?`.",
        ],
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn events() -> Message {
    let mut lines: Vec<String> = ["dataset", "sample", "label", "issue", "release"]
        .map(|noun| {
            let of = |names: Vec<&'static str>| -> String {
                let names = names.into_iter().filter(|name| name.split('.').next() == Some(noun));
                names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
            };
            let types = of(KnownType::ALL.iter().map(|known| known.as_str()).collect());
            let derived = of(Derived::ALL.iter().map(|derived| derived.as_str()).collect());
            let closely = if derived.is_empty() { String::new() } else { format!("\nmore specific: {derived}") };
            format!("*{noun}*\n{types}{closely}")
        })
        .into();
    lines.push(
        "The second row lists more specific versions of the same event. For example, a `label.rejected` is also a \
         `label.updated`, and is posted only once even if you select both."
            .to_owned(),
    );
    let default = EventSelection::DEFAULT.map(|name| format!("`{name}`")).join(" ");
    lines.push(format!(
        "You can use patterns: `sample.*`, `*.deleted`, `*`. A noun alone means all its events: `issue` is `issue.*`. \
         A `-` excludes an event: `issue.* -issue.edited`.\n\
         If you name events, you get exactly those. If you name none, you get {default}."
    ));
    paragraphs("Events", lines)
}

fn filters() -> Message {
    let keys = FilterKey::ALL.map(|key| {
        let what = match key {
            FilterKey::By => "who did it (samples, labels, issues and datasets)",
            FilterKey::Status => "the status of a label or an issue",
            FilterKey::Labelset => "the labelset of a label",
            FilterKey::Sample => "the name of the sample (samples, labels and issues)",
            FilterKey::Task => "the task type (datasets and labels)",
            FilterKey::Assignee => "the labeler or reviewer of a sample",
            FilterKey::Text => "words in an issue, its replies or its tags",
        };
        format!("`{}` {what}", filter_example(key))
    });
    let lines = [
        keys.join("\n"),
        "`by:ann,john` matches ann or john. An event must match all filters. `-by:ann` excludes ann. \
         You can use `*` and `?`, as in `sample:img_*`. Put values with spaces in quotes: `text:\"not sharp\"`."
            .to_owned(),
        "A filter never matches an event without that property. For example, issues have no labelset: \
         `labelset:ground-truth` matches no issues, and `-labelset:ground-truth` matches all of them."
            .to_owned(),
        "The same dataset with different filters is a separate subscription with its own number.".to_owned(),
    ];
    paragraphs("Filters", lines)
}

fn options() -> Message {
    let all = Options::ALL.iter().map(|(name, values)| {
        let what = match *name {
            "style" => "the size of a message: one line, a card (default), or a card with an image and fields",
            "mention" => "the people to mention in each message",
            "threads" => {
                "one message per issue with updates in its thread (default), or one message per event"
            }
            "echo" => {
                "what is also posted from an issue's thread to the channel: nothing (default), status changes, or everything"
            }
            "batch" => {
                "how events are combined into one message: from the fourth event in a row (default), never, \
                     or always for some minutes"
            }
            "digest" => {
                "one summary instead of single messages, every hour, day or week. Times use your time zone. \
                     `/segments list` shows when the next one is due"
            }
            _ => "when to hold messages back. They are posted afterwards. Times use your time zone",
        };
        let values = values.iter().map(|value| format!("`{name}:{value}`")).collect::<Vec<_>>().join(" ");
        format!("{values}\n{what}")
    });
    let lines = [
        all.collect::<Vec<_>>().join("\n"),
        "If the channel already has the dataset, `/segments subscribe jane/flowers style:line` changes only the option.".to_owned(),
    ];
    paragraphs("Options", lines)
}

fn datasets() -> Message {
    let lines = [
        "`jane/flowers` one dataset\n\
         `jane/*` every dataset of jane\n\
         `*/lidar-*` every dataset whose name starts with lidar-\n\
         `*` every dataset",
        "`*` matches any characters and `?` matches one, on each side of the `/`.",
        "You can also paste a link to a dataset, or to one of its samples, from Segments.ai.",
        "You can name a dataset that doesn't exist yet. The subscription applies as soon as it appears.",
    ];
    paragraphs("Datasets", lines.map(str::to_owned))
}
