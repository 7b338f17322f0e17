//! The first steps, and help in short.

use crate::render::block_kit;
use slack_morphism::prelude::SlackBlock;

/// Three steps, for a workspace without any subscription.
pub(super) fn steps() -> Vec<SlackBlock> {
    [
        "*Get news about your datasets in a channel, in three steps*",
        "*1.* Go to a channel. If it's private, invite me: type `/invite` and this app's name.",
        "*2.* Type `/segments subscribe jane/flowers` with the owner and the name of your dataset, \
         or paste the link to its page.",
        "*3.* Type `/segments test` to see a sample message.",
    ]
    .map(block_kit::section)
    .into()
}

/// Three examples, and where the rest is.
pub(super) fn help() -> Vec<SlackBlock> {
    let examples = [
        "*What you can type in a channel*",
        "`/segments subscribe jane/flowers sample.*` posts events of a dataset's samples",
        "`/segments subscribe jane/* label.rejected style:line` posts one line for each rejected label in jane's datasets",
        "`/segments mute 2h` holds messages back for two hours",
        "`/segments help` explains the other commands",
    ];
    vec![block_kit::section(&examples.join("\n"))]
}
