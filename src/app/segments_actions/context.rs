//! The context of a submitted form: the person, the key they act with, and what they filled in.

use crate::app::App;
use crate::app::answer::Asker;
use crate::app::forms::Submitted;
use crate::app::segments_actions::status_change::Access;
use crate::model::{UserId, WorkspaceId};
use crate::render::{Message, modal};
use crate::slack::acts::{Filled, Sheet};
use slack_morphism::prelude::SlackView;

/// Somebody who acts by a form, and what they may act with.
pub(super) struct By<'a> {
    pub(super) app: &'a App,
    pub(super) asker: &'a Asker,
    pub(super) access: &'a Access,
    pub(super) sheet: &'a Sheet,
    pub(super) filled: &'a Filled,
}

impl By<'_> {
    /// The form again, as it was filled in, below what came of it.
    pub(super) fn again(&self, sheet: &Sheet, said: &Message) -> Submitted {
        Submitted::Says(Box::new(shown(self.app, self.asker, sheet, self.filled, Some(said))))
    }
}

/// Renders the form of a sheet, filled in, with what was said last above it.
pub(super) fn shown(app: &App, asker: &Asker, sheet: &Sheet, filled: &Filled, last: Option<&Message>) -> SlackView {
    let seal = |words: &str| app.sealer.seal(&bound(&asker.channel_ref.workspace, &asker.user, words));
    modal::act(sheet, filled, &app.settings.app_url, last, sheet.metadata(seal))
}

/// What the seal on a sheet is over: it is of use to nobody else.
pub(super) fn bound(workspace: &WorkspaceId, user: &UserId, words: &str) -> String {
    format!("act {workspace} {user} {words}")
}
