//! Slash commands that people type, and the answers that Slack shows at once.

use super::Emulator;
use super::args::Args;
use super::dispatch::Answer;
use super::message::{Author, Shown};
use super::refusal::Refusal;
use super::world::{APP_ID, ResponseUrl, Workspace, World};
use crate::model::{ChannelId, UserId, WorkspaceId};
use jiff::Timestamp;

impl Emulator {
    /// Lets a person type into a channel. `/command …` goes to the app, and its immediate answer is shown as Slack
    /// does; anything else is said in the channel.
    ///
    /// As with `should_escape`, `@name` and `#name` of people and channels that are there arrive as `<@U…|name>` and
    /// `<#C…|name>`.
    pub async fn types(&self, workspace: &WorkspaceId, user: &UserId, channel: &ChannelId, text: &str) -> Answer {
        if !text.starts_with('/') {
            self.says(workspace, user, channel, text);
            return Answer { status: Some(200), ..Answer::default() };
        }
        if self.world().workspace(workspace).is_stranger(user) {
            // The app is not installed where they are.
            self.tells(workspace, user, channel, &format!("{text} is not a valid command."));
            return Answer::default();
        }
        let fields = self.command_fields(workspace, user, channel, text);
        let answer = self.command(&fields).await;
        self.show_answer(workspace, user, channel, text, &answer);
        answer
    }

    fn command_fields(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        channel: &ChannelId,
        text: &str,
    ) -> [(&'static str, String); 13] {
        let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let now = self.0.clock.now();
        let mut world = self.world();
        let trigger_id = world.trigger(workspace, user, now);
        let response_url = world.response_url(ResponseUrl {
            workspace: workspace.clone(),
            channel: channel.clone(),
            user: user.clone(),
            original: None,
            made_at: now,
            uses: 0,
        });
        let state = world.workspace(workspace);
        let user_name = state.users.get(user).map(|user| user.name.clone()).unwrap_or_default();
        [
            ("token", "verification-token".to_owned()),
            ("team_id", workspace.to_string()),
            ("team_domain", state.domain()),
            ("channel_id", channel.to_string()),
            ("channel_name", state.channel(channel).name_for_apps()),
            ("user_id", user.to_string()),
            ("user_name", user_name),
            ("command", command.to_owned()),
            ("text", state.escape(rest.trim())),
            ("api_app_id", APP_ID.to_owned()),
            ("is_enterprise_install", "false".to_owned()),
            ("response_url", response_url),
            ("trigger_id", trigger_id),
        ]
    }

    fn show_answer(&self, workspace: &WorkspaceId, user: &UserId, channel: &ChannelId, typed: &str, answer: &Answer) {
        let command = typed.split_whitespace().next().unwrap_or_default();
        let failed = |code: &str| format!("{command} failed with the error \"{code}\"");
        let now = self.0.clock.now();
        let mut world = self.world();
        let problem = match answer.status {
            None if answer.timed_out => Some(failed("operation_timeout")),
            None => Some(failed("dispatch_failed")),
            Some(_) if !answer.is_success() => Some(failed(&format!("http_status_{}", answer.status.unwrap_or(0)))),
            Some(_) if answer.body.trim().is_empty() => None,
            Some(_) => {
                let failed = failed("invalid_command_response");
                let args = if answer.is_json {
                    Args::json(answer.body.as_bytes()).ok()
                } else {
                    Some(Args::text(&answer.body))
                };
                match args {
                    Some(args) => world.show_answer(workspace, user, channel, typed, &args, now).err().map(|_| failed),
                    None => Some(failed),
                }
            }
        };
        drop(world);
        match problem {
            Some(problem) => self.tells(workspace, user, channel, &problem),
            None => self.changed(),
        }
    }

    /// Lets Slack itself say something that only one person sees.
    fn tells(&self, workspace: &WorkspaceId, user: &UserId, channel: &ChannelId, text: &str) {
        let notice = Shown { ephemeral_to: Some(user.clone()), ..Shown::plain(Author::Slack, text) };
        self.world().workspace(workspace).write(channel, self.0.clock.now(), true, notice);
        self.changed();
    }
}

impl World {
    /// Shows an answer; with one for all to see, what was typed is shown as well.
    fn show_answer(
        &mut self,
        workspace: &WorkspaceId,
        user: &UserId,
        channel: &ChannelId,
        typed: &str,
        args: &Args,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if args.word("response_type").as_deref() == Some("in_channel") {
            let said = Shown::plain(Author::User(user.clone()), typed);
            self.workspace(workspace).write(channel, now, false, said);
        }
        self.speak(workspace, channel, user, args, now)
    }
}

impl Workspace {
    /// Escapes what was typed, and turns the names of people and channels into their ids.
    fn escape(&self, typed: &str) -> String {
        let words = typed.split(' ').map(|word| {
            let person = word.strip_prefix('@').and_then(|name| self.users.values().find(|user| user.name == name));
            if let Some(person) = person {
                return format!("<@{}|{}>", person.id, person.name);
            }
            let named = |name| self.channels.values().find(|channel| channel.info.name == name);
            match word.strip_prefix('#').and_then(named) {
                Some(channel) => format!("<#{}|{}>", channel.info.id, channel.info.name),
                None => word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}
