//! Operating the server: health, status, backups, and dead letters.

pub mod backups;
pub mod dead_letters;
pub mod health;
pub mod status;
