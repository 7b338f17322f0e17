//! Slack workspaces: installing the app, keeping each installation connected, and the keys that seal its secrets.

pub mod install;
pub mod keys;
pub mod lifecycle;
pub mod registry;
pub mod startup;
