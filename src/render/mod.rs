//! Every word and block that a person sees. Pure: values in, messages out.

pub mod accounts;
pub mod block_kit;
pub mod format;
pub mod modal;
pub mod mrkdwn;
pub mod reply;
pub mod urls;

mod action_buttons;
mod batch;
mod card;
mod changes;
mod dataset;
mod digest;
pub mod home;
mod issue;
mod label;
mod menu;
mod names;
mod release;
mod sample;
mod story;
mod thread;
pub mod unfurl;

pub use action_buttons::AllowedActions;
pub use batch::batch;
pub use block_kit::FallbackLevel;
pub use card::{CardContext, card};
pub use digest::digest;
pub use thread::{in_thread, parent};

use slack_morphism::prelude::SlackBlock;

/// A message as it is meant, before a level of the fall-back ladder turns it into what Slack is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// One line in words: what phones, screen readers and search show. Escaped.
    pub text: String,
    /// Mentions, which only notify outside the attachment. Mrkdwn, already safe.
    pub lead: Option<String>,
    /// The state's colour: with one, the blocks go into an attachment.
    pub color: Option<Color>,
    /// The blocks.
    pub blocks: Vec<SlackBlock>,
}

/// A colour that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Open issue, rejected label.
    Red,
    /// Closed issue, reviewed label, completion.
    Green,
    /// Deleted.
    Grey,
    /// News without a verdict.
    Blue,
}
