//! A bench whose server can die in the middle of anything: each of its lives is a runtime of its own, and when that is
//! dropped, every task in it ends where it awaits.

use super::failing::{Failing, Strikes};
use super::socket::Door;
use super::{Bench, WEBHOOK_MEMORY, workspace};
use segments_slack::app::App;
use segments_slack::clock::later;
use segments_slack::store::{Durability, sled::SledStore};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;

pub(crate) struct Mortal {
    pub(crate) bench: Bench,
    pub(crate) strikes: Strikes,
    life: Option<Life>,
    /// Whether the server is to die over the next call that Slack does not answer.
    dies_in_call: bool,
    /// How often a message was posted again because the channel could not be looked into, in all lives.
    possible_duplicates: u64,
}

struct Life {
    app: Arc<App>,
    url: String,
    runtime: Handle,
    stop: CancellationToken,
    kill: CancellationToken,
    thread: JoinHandle<()>,
}

impl Mortal {
    /// The bench's world, and a server that is connected.
    pub(crate) async fn start() -> Self {
        let (mut bench, strikes) = (Bench::without_server(WEBHOOK_MEMORY).await, Strikes::default());
        // What may die at any moment is told by requests, each of which ends with it.
        bench.door = Door::Http;
        let mut mortal = Self { bench, strikes, life: None, dies_in_call: false, possible_duplicates: 0 };
        mortal.boot().await;
        mortal.settle().await;
        mortal
    }

    fn life(&self) -> &Life {
        self.life.as_ref().expect("a server is alive")
    }

    pub(crate) fn app(&self) -> &App {
        &self.life().app
    }

    pub(crate) fn possible_duplicates(&self) -> u64 {
        self.possible_duplicates + self.app().metrics.deliveries.get("possible_duplicate")
    }

    /// Starts a server, again and again if the store does not let it; waits until it knows its workspace where nothing
    /// is in the way of that.
    async fn boot(&mut self) {
        let life = loop {
            if let Some(life) = self.try_boot().await {
                break self.life.insert(life);
            }
            self.strikes.forget_death();
        };
        self.bench.knows_app_at(&life.url);
        let struck = self.strikes.struck();
        let asked = |slack: &segments_slack::sandbox::slack::Emulator| {
            slack.calls().iter().rev().find(|call| call.method == "auth.test").map(|call| call.result.clone())
        };
        while !life.app.environment_workspace().connected && self.strikes.struck() == struck && !self.strikes.died() {
            tokio::task::yield_now().await;
            if asked(&self.bench.slack).is_some_and(|result| result != "ok") {
                return;
            }
        }
    }

    async fn try_boot(&self) -> Option<Life> {
        let (config, clock, folder) = (self.bench.config(), self.bench.clock.clone(), self.bench.data());
        let (strikes, logged) = (self.strikes.clone(), self.bench.logged.clone());
        let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
        let (ready, started) = oneshot::channel::<(Arc<App>, SocketAddr, Handle)>();
        let (stopped, killed) = (stop.clone(), kill.clone());
        let thread = std::thread::spawn(move || {
            let _logs = tracing::subscriber::set_default(tracing_subscriber::registry().with(logged));
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let living = async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let store = SledStore::open(&folder, Durability::Process).unwrap();
                let store = Arc::new(Failing(store, strikes));
                let Ok(app) = segments_slack::assemble_over(store, &config, clock, stopped.clone()).await else {
                    return;
                };
                let address = listener.local_addr().unwrap();
                if ready.send((Arc::clone(&app), address, Handle::current())).is_ok() {
                    segments_slack::serve(app, listener, None, stopped).await;
                }
            };
            runtime.block_on(killed.run_until_cancelled(living));
        });
        let born = async {
            tokio::select! {
                started = started => started.ok(),
                () = self.strikes.dies() => None,
            }
        };
        let Some((app, address, runtime)) = born.await else {
            kill.cancel();
            tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
            return None;
        };
        Some(Life { app, url: format!("http://{address}"), runtime, stop, kill, thread })
    }

    /// Ends the server as a power switch does, and starts another on its files.
    pub(crate) async fn die(&mut self) {
        self.end(|life| life.kill.cancel()).await;
        self.boot().await;
    }

    /// Ends the server in order (if no call stands in its way), and starts another on its files.
    pub(crate) async fn restart(&mut self) {
        let held = *self.bench.slack.hanging().borrow() > 0;
        self.end(|life| if held { life.kill.cancel() } else { life.stop.cancel() }).await;
        self.boot().await;
    }

    async fn end(&mut self, how: impl FnOnce(&Life)) {
        let Some(life) = self.life.take() else { return };
        self.possible_duplicates += life.app.metrics.deliveries.get("possible_duplicate");
        how(&life);
        let Life { app, kill, thread, .. } = life;
        drop(app);
        let mut ended = pin!(tokio::task::spawn_blocking(|| thread.join().unwrap()));
        tokio::select! {
            done = &mut ended => done.unwrap(),
            () = self.strikes.dies() => {
                kill.cancel();
                ended.await.unwrap();
            }
        }
        self.strikes.forget_death();
        self.dies_in_call = false;
        // Slack notices that its callers are gone.
        while *self.bench.slack.hanging().borrow() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Has the server die over the next call that hangs.
    pub(crate) fn dies_in_next_hanging_call(&mut self) {
        self.dies_in_call = true;
    }

    /// Does something with the server, which may die over it and be started again.
    pub(crate) async fn during<T>(&mut self, what: impl AsyncFnOnce(&Bench, String) -> T) -> T {
        let url = self.life().url.clone();
        let strikes = self.strikes.clone();
        let life = self.life().kill.clone();
        let done = {
            let mut work = pin!(what(&self.bench, url));
            tokio::select! {
                done = &mut work => done,
                () = strikes.dies() => {
                    life.cancel();
                    work.await
                }
            }
        };
        self.settle().await;
        done
    }

    /// Sends webhooks at once, each under its id, until each is accepted; the server may be made to die when so many are.
    pub(crate) async fn sends(&mut self, messages: &[(String, String)], dies_after: Option<usize>) {
        let mut waiting: Vec<&(String, String)> = messages.iter().collect();
        let mut dies_after = dies_after;
        for _ in 0..100 {
            let url = format!("{}/webhooks/segments", self.life().url);
            let mut sending = JoinSet::new();
            for (id, body) in &waiting {
                let (id, request) = (id.clone(), self.bench.signed_for(url.clone(), id, body));
                sending.spawn(async move { (id, request.send().await.map(|response| response.status().as_u16())) });
            }
            let mut accepted = 0;
            loop {
                let sent = tokio::select! {
                    sent = sending.join_next() => sent,
                    () = self.strikes.dies() => {
                        self.life().kill.cancel();
                        sending.join_next().await
                    }
                };
                let Some(sent) = sent else { break };
                let (id, status) = sent.unwrap();
                match status {
                    Ok(200..=299) => {
                        waiting.retain(|(waiting, _)| *waiting != id);
                        accepted += 1;
                    }
                    Ok(503) | Err(_) => {}
                    Ok(other) => panic!("message {id} was answered with {other}"),
                }
                if dies_after == Some(accepted) {
                    dies_after = None;
                    self.life().kill.cancel();
                }
            }
            self.settle().await;
            if waiting.is_empty() {
                return;
            }
        }
        panic!("messages were never accepted: {waiting:?}");
    }

    /// Waits until nothing moves any more unless time does; a server that died on the way is started again.
    pub(crate) async fn settle(&mut self) {
        loop {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let dies = self.dies_in_call && *self.bench.slack.hanging().borrow() > 0;
            if dies || self.strikes.died() || self.life().kill.is_cancelled() {
                self.die().await;
            } else if self.is_quiet().await {
                return;
            }
        }
    }

    /// Asked within the server's runtime, so that none of its tasks is at work meanwhile.
    async fn is_quiet(&self) -> bool {
        let (clock, hanging) = (self.bench.clock.clone(), self.bench.slack.hanging());
        let (busy, strikes) = (self.app().workers.busy(), self.strikes.clone());
        let look = self.life().runtime.spawn(async move {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let due = clock.next_deadline().is_some_and(|deadline| deadline <= clock.now());
            let hanging = *hanging.borrow();
            *busy.borrow() <= hanging && clock.unanswered() <= hanging && strikes.begun() == 0 && !due
        });
        look.await.unwrap_or(false)
    }

    /// Lets time pass, stopping wherever something waits for it; calls `at_rest` at each stop.
    pub(crate) async fn after(&mut self, length: Duration, mut at_rest: impl FnMut(&Bench)) {
        let target = later(self.bench.clock.now(), length);
        loop {
            self.settle().await;
            at_rest(&self.bench);
            match self.bench.clock.next_deadline() {
                Some(deadline) if deadline <= target => self.bench.clock.set(deadline),
                _ => break,
            }
        }
        self.bench.clock.set(target);
        self.settle().await;
        at_rest(&self.bench);
    }

    /// Takes back whatever was to go wrong, and waits until the server is connected.
    pub(crate) async fn mend(&mut self) {
        self.strikes.mend();
        self.bench.slack.mend();
        self.dies_in_call = false;
        self.settle().await;
        while !self.app().environment_workspace().connected {
            self.after(Duration::from_secs(15), |_| ()).await;
        }
    }

    /// Ends the last life; what was left unread by then was looked at otherwise.
    pub(crate) async fn finish(mut self) {
        self.end(|life| life.stop.cancel()).await;
        for id in ["C1", "C2", "G1"] {
            self.bench.slack.take_unread(&workspace(), &super::channel(id));
        }
    }
}
