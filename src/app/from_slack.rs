//! Requests from Slack: commands, clicks, submitted forms, and events, over HTTP and Socket Mode.

pub mod command;
pub mod dispatch;
pub mod events;
pub mod interaction;
pub mod socket_mode;
pub mod submission;
