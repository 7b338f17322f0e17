//! Segments.ai as seen from here: what its webhooks prove and say, and the calls we make.

pub mod acted;
pub mod api;
pub mod cache;
pub mod decode;
mod lenient;
mod objects;
pub mod sample;
pub mod webhook;

pub use decode::{DecodeError, Decoded, decode};
pub use webhook::{SecretError, Secrets, SignedWebhook, WebhookRefusal};
