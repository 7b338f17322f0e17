//! What is kept of a workspace that installed the app, and of the accounts whose webhooks it takes.

use super::StoreError;
use crate::model::{AccountId, AuditEntry, DatasetName, Sealed, UserId, WorkspaceId};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A workspace has at most so many accounts.
pub const MAX_ACCOUNTS_PER_WORKSPACE: usize = 50;

/// A workspace that the app was installed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceRecord {
    /// Its name; of the organisation for an organisation-wide install.
    pub name: String,
    /// What it is.
    pub kind: WorkspaceKind,
    /// What calls to Slack are made with.
    pub bot_token: Sealed,
    /// How the bot token is renewed; none for one that lasts.
    pub renewal: Option<TokenRenewal>,
    /// The bot's user.
    pub bot: UserId,
    /// What the app may do there.
    pub scopes: Vec<String>,
    /// Who installed it last, where Slack said so.
    pub installed_by: Option<UserId>,
    /// When that was.
    pub installed_at: Timestamp,
    /// Whether it still is.
    #[serde(rename = "standing")]
    pub state: InstallationState,
}

/// A single workspace, or all of an organisation's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceKind {
    /// One workspace; with the organisation's id if it belongs to one.
    Team {
        /// The organisation (`E…`).
        enterprise: Option<String>,
    },
    /// All workspaces of an organisation.
    Organisation,
}

/// What buys the next bot token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRenewal {
    /// The refresh token.
    pub token: Sealed,
    /// When the bot token ends.
    pub expires_at: Timestamp,
}

/// Whether the app is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstallationState {
    /// It is.
    Installed,
    /// It was, until then. What is kept stays, for an installation to come.
    Uninstalled {
        /// When Slack said so.
        at: Timestamp,
    },
}

impl WorkspaceRecord {
    /// Whether the app is installed there.
    pub fn is_installed(&self) -> bool {
        self.state == InstallationState::Installed
    }
}

/// What is known of an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountRecord {
    /// When the last event came.
    pub last_event: Option<Timestamp>,
    /// When the last correctly signed message came that is no event.
    pub last_test: Option<Timestamp>,
    /// How it was set up; none for the one that the environment gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<AccountSetup>,
    /// What whoever set it up is told of what comes to it.
    #[serde(rename = "watch")]
    pub notifications: NotificationStates,
}

/// What whoever set an account up is told of what comes to it, each at most once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotificationStates {
    /// Of the first message that its signing secret fits.
    #[serde(rename = "first")]
    pub first_message: NotificationState,
    /// Of the first one that it does not fit, where none came yet that it fits.
    #[serde(rename = "misfit")]
    pub signature_mismatch: NotificationState,
}

/// How far the telling of one thing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationState {
    /// It is told, or nobody waits for it.
    #[default]
    #[serde(rename = "over")]
    Done,
    /// It has not happened yet.
    #[serde(rename = "awaited")]
    Waiting,
    /// It is still to be told.
    Due {
        /// When it happened.
        at: Timestamp,
        /// Not before.
        not_before: Timestamp,
        /// How often that was tried.
        tries: u32,
    },
}

impl NotificationStates {
    /// For an account that was just set up.
    pub const NEW: Self =
        Self { first_message: NotificationState::Waiting, signature_mismatch: NotificationState::Waiting };

    /// After a message came that the signing secret fits.
    #[must_use]
    pub fn after_valid_message(self, at: Timestamp) -> Self {
        if self.first_message != NotificationState::Waiting {
            return self;
        }
        Self { first_message: NotificationState::due(at), signature_mismatch: NotificationState::Done }
    }

    /// After a message came that it does not fit.
    #[must_use]
    pub fn after_signature_mismatch(self, at: Timestamp) -> Self {
        if self != Self::NEW {
            return self;
        }
        Self { signature_mismatch: NotificationState::due(at), ..self }
    }
}

impl NotificationState {
    fn due(at: Timestamp) -> Self {
        Self::Due { at, not_before: at, tries: 0 }
    }
}

/// An endpoint as somebody set it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSetup {
    /// What people call it.
    pub name: String,
    /// What its webhooks are signed with: one, or two during a rotation.
    pub signing_secrets: Vec<Sealed>,
    /// What calls to Segments.ai are made with.
    pub api_key: Option<Sealed>,
    /// Who set it up.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// What became of a change of an account's setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpResult {
    /// It is stored.
    Stored,
    /// Somebody else changed it meanwhile, or the id is taken; nothing was written.
    Changed,
    /// Another account of the workspace has the name, whatever its case; nothing was written.
    NameTaken,
    /// The workspace has [`MAX_ACCOUNTS_PER_WORKSPACE`] already; nothing was written.
    TooMany,
}

/// What is kept of installations and of accounts that were set up: a part of the store's contract.
#[async_trait]
pub trait Installations: Send + Sync {
    /// Finds an account that was set up, and whose it is. Without a workspace, since a webhook names its account only;
    /// whatever is done for it afterwards names the workspace that this found.
    async fn find_account(&self, account: &AccountId) -> Result<Option<(WorkspaceId, AccountRecord)>, StoreError>;

    /// What is known of a workspace's installation; none if the app was never installed there by its own page.
    async fn installation(&self, workspace: &WorkspaceId) -> Result<Option<WorkspaceRecord>, StoreError>;

    /// Replaces what is known of an installation, if it still is what it was before; whether it was.
    async fn replace_installation(
        &self,
        workspace: &WorkspaceId,
        before: Option<WorkspaceRecord>,
        after: WorkspaceRecord,
    ) -> Result<bool, StoreError>;

    /// By what mark the environment's token was known when Slack last said that it is this workspace's; none if it never
    /// did.
    async fn environment_token_mark(&self, workspace: &WorkspaceId) -> Result<Option<String>, StoreError>;

    /// Notes the mark of a token that Slack says is this workspace's.
    async fn note_environment_token_mark(&self, workspace: &WorkspaceId, mark: String) -> Result<(), StoreError>;

    /// Sets an account up (`before` is none then) or changes how it is set up, if it still is as before; keeps the entry
    /// with it, if somebody did it.
    async fn set_up_account(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        before: Option<AccountSetup>,
        after: AccountSetup,
        entry: Option<AuditEntry>,
    ) -> Result<SetUpResult, StoreError>;

    /// Forgets an account that was set up, and keeps the entry; whether the workspace had it.
    async fn remove_account(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// Replaces what is to be told of an account, if it still is what it was before; whether it was.
    async fn replace_notifications(
        &self,
        workspace: &WorkspaceId,
        account: &AccountId,
        before: NotificationStates,
        after: NotificationStates,
    ) -> Result<bool, StoreError>;

    /// The datasets whose events came to this account and to no other that there is.
    async fn datasets_of(&self, workspace: &WorkspaceId, account: &AccountId) -> Result<Vec<DatasetName>, StoreError>;
}
