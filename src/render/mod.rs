//! Every word and block that a person sees. Pure: values in, messages out.

pub mod accounts;
pub mod kit;
pub mod links;
pub mod modal;
pub mod mrkdwn;
pub mod reply;
pub mod words;

mod acts;
mod card;
mod changes;
mod dataset;
mod digest;
mod fold;
pub mod home;
mod issue;
mod label;
mod menu;
mod names;
mod release;
mod sample;
mod thread;
pub mod unfurl;

pub use acts::Acts;
pub use card::{Showing, card};
pub use digest::digest;
pub use fold::fold;
pub use kit::Rung;
pub use thread::{in_thread, parent};

use slack_morphism::prelude::SlackBlock;

/// A message as it is meant, before a rung of the fall-back ladder turns it into what Slack is sent.
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
