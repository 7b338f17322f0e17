//! The nouns of the program: values that are parsed once, compared and printed. No I/O, no time asked.

pub mod anchor;
pub mod delivery;
pub mod digest;
pub mod echo;
pub mod event;
pub mod fate;
pub mod filter;
pub mod fold;
pub mod hold;
pub mod mute;
pub mod object;
pub mod options;
pub mod outcome;
pub mod schedule;
pub mod selection;
pub mod selector;
pub mod subscription;
pub mod word;
pub mod workspace;

pub use anchor::{Anchor, Thread};
pub use delivery::{Delivery, DigestTimes, EventId, Lane};
pub use digest::DigestMessage;
pub use echo::OwnChange;
pub use event::{Derived, Event, EventType, News};
pub use fate::{Fate, Refusal};
pub use filter::{Filter, FilterKey};
pub use fold::{Fold, FoldKey};
pub use hold::Hold;
pub use mute::{EndedMutes, Mute};
pub use object::{DatasetName, Object, ObjectKey, ObjectState};
pub use outcome::{End, Gist, Outcome};
pub use selection::{EventSelection, Expanded};
pub use selector::{DatasetPattern, EventSelector, Glob};
pub use subscription::{Options, Pause, PauseReason, Rule, Subscription, SubscriptionState};
pub use workspace::{AccountId, ChannelId, MessageId, MessageTs, TriggerId, UserId, WorkspaceId};
