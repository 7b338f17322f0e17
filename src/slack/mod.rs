//! Slack as seen from here: what it sends us (signed), what people typed and clicked, and the calls we make.

pub mod accounts;
pub mod acts;
pub mod api;
pub mod command;
pub mod error;
pub mod events;
pub mod form;
pub mod interaction;
pub mod look;
pub mod oauth;
pub mod request;
pub mod respond;
pub mod slash;
pub mod socket_mode;
pub mod view;
