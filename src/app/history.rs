//! Past events: why a channel received one or not, and which subscription a message belongs to.

pub mod explain_message;
pub mod recent;
pub mod why;
