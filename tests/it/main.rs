//! The program from outside, as one binary.

#![expect(clippy::unwrap_used, reason = "what goes wrong in a test is meant to stop it")]

mod any_history;
mod backup;
mod browser;
mod cards;
mod cli;
mod command;
mod config;
mod crash;
mod dead_letters;
mod delivery;
mod digest_looks;
mod digests;
mod emulator;
mod fold_looks;
mod folding;
mod harness;
mod holding;
mod hostile_cards;
mod install;
mod interaction;
mod known_answers;
mod limits;
mod manifest;
mod outage;
mod overload;
mod pacing;
mod pausing;
mod payloads;
mod reach;
mod replies;
mod sandbox;
mod selecting;
mod slack_door;
mod store_contract;
mod stumble;
mod tenants;
mod thread_looks;
mod threads;
mod tidy;
mod webhook;
mod why;
