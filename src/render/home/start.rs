//! The first steps, and help in short.

use crate::render::block_kit;
use slack_morphism::prelude::SlackBlock;

/// Three steps, for a workspace without any subscription.
pub(super) fn steps() -> Vec<SlackBlock> {
    [
        "*Three steps, and a channel knows what happens in your datasets.*",
        "*1.* Go to a channel, and invite me if it is private: `/invite` and this app's name.",
        "*2.* Type `/segments subscribe jane/flowers`, with a dataset of yours: owner, slash, name. \
         Or paste the address of its page.",
        "*3.* Type `/segments test`, and a sample message shows what the channel will get.",
    ]
    .map(block_kit::section)
    .into()
}

/// Three examples, and where the rest is.
pub(super) fn help() -> Vec<SlackBlock> {
    let examples = [
        "*What you can type in a channel*",
        "`/segments subscribe jane/flowers sample.*` posts what happens to the samples of a dataset",
        "`/segments subscribe jane/* label.rejected style:line` posts a line for each rejected label of jane's datasets",
        "`/segments mute 2h` holds messages back for two hours",
        "`/segments help` explains everything else.",
    ];
    vec![block_kit::section(&examples.join("\n"))]
}
