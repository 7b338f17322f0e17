//! What can be typed, with an example for each; only what works in this version is promised.

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
            "`/segments subscribe jane/flowers sample.*`\nPosts these events of the dataset here. \
             Adds to what the channel gets already.",
            "`/segments set jane/flowers issue.*`\nReplaces what the channel gets of the dataset.",
            "`/segments unsubscribe #3`\nRemoves a subscription. With events, only those: \
             `/segments unsubscribe jane/flowers sample.deleted`.",
            "`/segments list`\nShows what the channel gets, with numbers.",
            "`/segments mute 2h`\nHolds back what would be posted here; `/segments unmute` ends that.",
            "`/segments test #3`\nShows what a message of subscription #3 looks like.",
            "`/segments why`\nSays what became of the last events: posted, held, not wanted, and why.",
            "`/segments status`\nShows whether events come in and go out.",
            "`/segments connect`\nShows admins the accounts whose webhooks come here, and connects another.",
            "`/segments me jane`\nTells me who you are in Segments.ai, so that I can mention you where you have to act.",
            "`/segments export`\nWrites what the channel gets as commands to copy; `/segments import` takes them in another.",
            "`/segments help events`\nExplains events; also `filters`, `options`, `datasets`, \
             and each command, as in `/segments help subscribe`.",
        ]
        .map(str::to_owned),
    )
}

fn verb(name: &str) -> Vec<String> {
    let lines: &[&str] = match name {
        "subscribe" => &[
            "`/segments subscribe dataset… [event…] [filter…] [option…]`\n\
             Posts events of the datasets here. If the channel has the dataset already, the events are added to it.",
            "`/segments subscribe jane/flowers` the default set: `dataset.*`, `issue.*`, `release.*`, `label.rejected`\n\
             `/segments subscribe jane/flowers label.rejected status:REJECTED mention:@jane`\n\
             `/segments subscribe * *` every event of every dataset",
            "Short forms: `sub`, `add`.",
        ],
        "set" => &[
            "`/segments set dataset [event…] [filter…] [option…]`\n\
             Replaces what the channel gets of this dataset.",
            "`/segments set jane/flowers sample.created`",
        ],
        "unsubscribe" => &[
            "`/segments unsubscribe #number or dataset or * [event…]`\n\
             Removes a subscription; with events, only those. `*` removes all of the channel's, and asks first.",
            "`/segments unsubscribe #3`\n\
             `/segments unsubscribe jane/flowers sample.deleted`\n\
             `/segments unsubscribe *`",
            "Short forms: `unsub`, `remove`.",
        ],
        "list" => &[
            "`/segments list`\nShows the channel's subscriptions: paused ones first, with the reason; and when digests come.",
            "`/segments list all`\nShows those of every channel that you are in. My Home has them too, with buttons.",
            "Short form: `ls`.",
        ],
        "mute" => &[
            "`/segments mute [dataset] 30m or 2h or 1d or until 14:00`\n\
             Holds back what would be posted here, of one dataset or of all, for at most 30 days. \
             When it ends, the channel is told how many events were held, and they come; many at a time as one message.",
            "`/segments mute 2h`\n`/segments mute jane/flowers until 14:00`",
            "Times of day are yours. To mute again sets another end.",
        ],
        "unmute" => &[
            "`/segments unmute [dataset]`\nEnds every mute of this channel, or that of a dataset. What was held comes at once.",
            "`/segments unmute`\n`/segments unmute jane/flowers`",
        ],
        "test" => &[
            "`/segments test [#number or dataset] [event]`\n\
             Posts a sample message, marked as a test: of the first subscription and one of its events if you name none.",
            "`/segments test #3`\n`/segments test jane/flowers issue.created`",
        ],
        "why" => &[
            "`/segments why [number]`\n\
             Says to you alone what became of the last events that this channel could have had (usual: 5, at most 20): \
             posted, held, given up, or not wanted, and by which subscription.",
            "`/segments why`\n`/segments why 20`",
        ],
        "status" => &[
            "`/segments status`\nShows when the last event came, what is waiting, what failed, and what to do about it.",
        ],
        "connect" => &[
            "`/segments connect`\n\
             Shows the Segments.ai accounts whose webhooks come to this workspace, and connects another: it gives the address \
             that Segments.ai is to send to, and takes the signing secret and, if people are to act from here, an API key. \
             Names, secrets and keys are changed there, too.",
            "For admins of this workspace. I write to whoever connected an account when its first message comes.",
        ],
        "disconnect" => &[
            "`/segments disconnect account`\n\
             Says which subscriptions get nothing any more without the account, asks, and takes it away with its secrets. \
             Subscriptions stay.",
            "`/segments disconnect jane`\n`/segments disconnect \"flower lab\"`",
            "For admins of this workspace.",
        ],
        "me" => &[
            "`/segments me [username]`\n\
             Tells me your username in Segments.ai. I mention you when a label of yours is rejected, a sample is assigned \
             to you, or something happens to an issue that you opened; never for what you did yourself.",
            "`/segments me` shows what I know of you\n`/segments me jane`\n`/segments me none` forgets it",
            "A username belongs to one person. Whoever claims another's is asked first, and the other is told.",
            "Admins may say it of members: `/segments me @ann as jane`, `/segments me @ann as none`. They are told.",
        ],
        "export" => &[
            "`/segments export`\n\
             Shows you this channel's subscriptions as commands, a line each, in blocks to copy. \
             Mutes are named, but are not among them: they end by themselves.",
            "Paste a line as it is to subscribe a channel to the same, or many at once with `/segments import`.",
        ],
        "import" => &[
            "`/segments import`\n\
             Opens a form for lines as `/segments export` writes them, at most 3,000 characters. More fits right after \
             the command: type `/segments import`, a new line, and paste.",
            "Each line adds to what the channel gets, as `/segments subscribe` does; the word `subscribe` may be left out. \
             Nothing is removed, and the same lines twice change nothing more. `#` begins a comment.",
            "If a line is wrong, all that are wrong are named, and nothing is changed. One *Undo* takes all of it back.",
        ],
        "edit" => &[
            "`/segments edit #number`\n\
             Opens the form with a subscription in it: its events, filters and options. *Save* replaces it.",
            "`/segments edit #3`",
        ],
        _ => &[
            "`/segments help [topic]`\n\
             Topics: `events`, `filters`, `options`, `datasets`, and each command.",
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
            let closely = if derived.is_empty() { String::new() } else { format!("\nseen closely: {derived}") };
            format!("*{noun}*\n{types}{closely}")
        })
        .into();
    lines.push(
        "The second rows are the same news seen closely: a `label.rejected` arrives as a `label.updated`, \
         and is posted once even if you ask for both."
            .to_owned(),
    );
    let default = EventSelection::DEFAULT.map(|name| format!("`{name}`")).join(" ");
    lines.push(format!(
        "Patterns work: `sample.*`, `*.deleted`, `*`. A noun is all of its events: `issue` is `issue.*`. \
         A `-` leaves out: `issue.* -issue.edited`.\n\
         Name events and you get exactly those. Name none and you get {default}."
    ));
    paragraphs("Events", lines)
}

fn filters() -> Message {
    let keys = FilterKey::ALL.map(|key| {
        let what = match key {
            FilterKey::By => "who did it; samples, labels, issues and datasets",
            FilterKey::Status => "the status of a label or an issue",
            FilterKey::Labelset => "the labelset of a label",
            FilterKey::Sample => "the name of the sample; samples, labels and issues",
            FilterKey::Task => "the task type; datasets and labels",
            FilterKey::Assignee => "labeler or reviewer of a sample",
            FilterKey::Text => "words in an issue, its replies or its tags",
        };
        format!("`{}` {what}", filter_example(key))
    });
    let lines = [
        keys.join("\n"),
        "`by:ann,john` is ann or john. Different filters must all hold. `-by:ann` leaves ann out. \
         `*` and `?` work as in `sample:img_*`; put a value with spaces in quotes: `text:\"not sharp\"`."
            .to_owned(),
        "An event that cannot have what a filter looks at does not match it: with `labelset:ground-truth`, no issue is posted; with `-labelset:ground-truth`, all are."
            .to_owned(),
        "The same dataset with other filters is another subscription, with its own number.".to_owned(),
    ];
    paragraphs("Filters", lines)
}

fn options() -> Message {
    let all = Options::ALL.iter().map(|(name, values)| {
        let what = match *name {
            "style" => "how much room a message takes: one line, a card (usual), or a card with picture and fields",
            "mention" => "who is mentioned with each message",
            "threads" => {
                "whether an issue is one message, kept up to date, with its story in a thread (usual), \
                     or each of its events a message of its own"
            }
            "echo" => {
                "what of an issue's thread the channel sees too: nothing (usual), that it was resolved or reopened, \
                     or everything"
            }
            "batch" => {
                "whether many events at a time become one message (usual: the first at once, then from four on), \
                     never do, or are always collected for some minutes"
            }
            "digest" => {
                "one summary in place of single messages: each full hour, or each day or week at a time of yours. \
                     `/segments list` shows when the next one comes"
            }
            _ => "when to hold messages back; what is held comes afterwards. Times are yours",
        };
        let values = values.iter().map(|value| format!("`{name}:{value}`")).collect::<Vec<_>>().join(" ");
        format!("{values}\n{what}")
    });
    let lines = [
        all.collect::<Vec<_>>().join("\n"),
        "For a dataset that the channel has already, `/segments subscribe jane/flowers style:line` changes only the option.".to_owned(),
    ];
    paragraphs("Options", lines)
}

fn datasets() -> Message {
    let lines = [
        "`jane/flowers` one dataset\n\
         `jane/*` every dataset of jane\n\
         `*/lidar-*` every dataset whose name starts with lidar-\n\
         `*` every dataset",
        "`*` stands for any characters and `?` for one, on each side of the `/`.",
        "A link to a dataset, or to a sample in it, works too: paste it from Segments.ai.",
        "A dataset that does not exist yet may be named: it applies as soon as it appears.",
    ];
    paragraphs("Datasets", lines.map(str::to_owned))
}
