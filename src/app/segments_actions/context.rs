//! The context of a submitted form: the person, the key they act with, and what they filled in.

use crate::app::App;
use crate::app::answer::Asker;
use crate::app::forms::FormResult;
use crate::app::segments_actions::status_change::Access;
use crate::model::{UserId, WorkspaceId};
use crate::render::{Message, modal};
use crate::slack::acts::{Filled, Sheet};
use slack_morphism::prelude::SlackView;

/// The person who submitted a form, and what they act with.
pub(super) struct ActionContext<'a> {
    pub(super) app: &'a App,
    pub(super) asker: &'a Asker,
    pub(super) access: &'a Access,
    pub(super) sheet: &'a Sheet,
    pub(super) filled: &'a Filled,
}

impl ActionContext<'_> {
    /// Returns the form again, as it was filled in, with a message above it.
    pub(super) fn again(&self, sheet: &Sheet, said: &Message) -> FormResult {
        FormResult::Show(Box::new(shown(self.app, self.asker, sheet, self.filled, Some(said))))
    }
}

/// Renders a form with its values and the last message.
pub(super) fn shown(app: &App, asker: &Asker, sheet: &Sheet, filled: &Filled, last: Option<&Message>) -> SlackView {
    let seal = |words: &str| app.slack.state_signer.sign(&bound(&asker.channel_ref.workspace, &asker.user, words));
    modal::act(sheet, filled, &app.settings.app_url, last, sheet.metadata(seal))
}

/// Returns the text to sign, which is valid for one person in one workspace only.
pub(super) fn bound(workspace: &WorkspaceId, user: &UserId, words: &str) -> String {
    format!("act {workspace} {user} {words}")
}
