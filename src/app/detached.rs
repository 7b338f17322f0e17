//! Work in a task of its own: it continues when the request that started it ends or times out.

use crate::app::App;
use std::sync::Arc;
use std::time::Duration;

/// A reason why detached work has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfinished {
    /// It takes longer than the caller waits. It continues and may still succeed.
    #[error("it takes too long")]
    TimedOut,
    /// It panicked.
    #[error("internal error")]
    Panicked,
}

impl App {
    /// Runs work in a task of its own and waits for the result for at most `limit`. A caller that goes away, for example a
    /// closed connection, does not stop the work. The server waits for it when it shuts down.
    pub async fn detached<T, Work>(
        self: &Arc<Self>,
        limit: Duration,
        work: impl FnOnce(Arc<Self>) -> Work,
    ) -> Result<T, Unfinished>
    where
        T: Send + 'static,
        Work: Future<Output = T> + Send + 'static,
    {
        let task = self.tasks.spawn(work(Arc::clone(self)));
        let done = self.clock.timeout(limit, task).await.ok_or(Unfinished::TimedOut)?;
        done.map_err(|_| Unfinished::Panicked)
    }

    /// Runs work in a task of its own, like [`detached`](Self::detached), and waits until it ends.
    pub async fn detached_to_end<T, Work>(
        self: &Arc<Self>,
        work: impl FnOnce(Arc<Self>) -> Work,
    ) -> Result<T, Unfinished>
    where
        T: Send + 'static,
        Work: Future<Output = T> + Send + 'static,
    {
        self.tasks.spawn(work(Arc::clone(self))).await.map_err(|_| Unfinished::Panicked)
    }
}
