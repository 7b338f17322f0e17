//! A real browser, driven as a person would: Chromium, headless, through WebDriver.

use super::HANG_GUARD;
use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::future::Future;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;
use url::{ParseError, Url};

/// Set by `tests/run.sh`, which installs a browser: its absence is then a failure.
const REQUIRE: &str = "SEGMENTS_SLACK_REQUIRE_BROWSER";

/// Runs a test in a browser of its own, which ends with it however it ends; leaves it out where none is installed.
#[expect(clippy::print_stdout, reason = "a test that was left out says so")]
pub(crate) async fn in_a_browser<Test, Done>(test: Test)
where
    Test: FnOnce(Tab) -> Done,
    Done: Future<Output = ()> + Send + 'static,
{
    let Some(driver) = Driver::start() else {
        assert!(std::env::var_os(REQUIRE).is_none(), "`chromedriver` is not installed");
        println!("left out: `chromedriver` is not installed");
        return;
    };
    let client = driver.open().await;
    let tab = Tab { client: client.clone() };
    // Whether a window without a screen has the focus differs from machine to machine; `:focus` matches only in one.
    tab.develop("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
    let outcome = tokio::spawn(test(tab)).await;
    // Ends Chromium as well, so it comes before a panic goes on.
    let closed = client.close().await;
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
    closed.expect("the browser closes");
}

/// A running `chromedriver`; it is killed when this is dropped.
struct Driver {
    process: Child,
    address: String,
    profile: TempDir,
    /// Kept open: a driver without its output would fail at its next line.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    /// Starts a driver on a port that it picks; none if it is not installed.
    fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        // What Chromium leaves behind goes with the profile.
        command.arg("--port=0").env("TMPDIR", profile.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = command.spawn();
        let mut process = match started {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            started => started.expect("`chromedriver` starts"),
        };
        let mut output = BufReader::new(process.stdout.take().expect("the output is piped"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "`chromedriver` ended before it listened");
            if let Some((_, port)) = line.trim_end().trim_end_matches('.').split_once("started successfully on port ") {
                break port.to_owned();
            }
        };
        Some(Self { process, address: format!("http://127.0.0.1:{port}"), profile, _output: output })
    }

    /// Opens a browser with a fresh profile that looks for nothing on the network.
    async fn open(&self) -> Client {
        let mut args: Vec<String> = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--no-proxy-server",
            "--hide-scrollbars",
            "--lang=en-GB",
            "--window-size=1280,800",
        ]
        .map(str::to_owned)
        .into();
        args.push(format!("--user-data-dir={}", self.profile.path().display()));
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": args }));
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities).connect(&self.address).await.expect("Chromium starts")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The one tab that a test looks at.
#[derive(Clone)]
pub(crate) struct Tab {
    client: Client,
}

impl Tab {
    /// Goes to an address.
    pub(crate) async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// Waits for an element, by CSS selector.
    pub(crate) async fn element(&self, css: &str) -> Element {
        self.wait_for(Locator::Css(css)).await
    }

    /// Waits for the innermost element of a kind, by CSS-free path such as `//button`, whose text has these words.
    pub(crate) async fn element_with(&self, path: &str, words: &str) -> Element {
        assert!(!words.contains('"'), "XPath has no escape for it");
        self.wait_for(Locator::XPath(&format!("{path}[contains(normalize-space(.), \"{words}\")]"))).await
    }

    async fn wait_for(&self, locator: Locator<'_>) -> Element {
        let found = self.client.wait().at_most(HANG_GUARD).for_element(locator).await;
        found.unwrap_or_else(|error| panic!("{locator:?} did not appear: {error}"))
    }

    /// How many elements there are now.
    pub(crate) async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Presses keys where the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Runs a script in the page and returns what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Makes the window as wide and high as this, in the light or the dark.
    pub(crate) async fn look(&self, width: u32, height: u32, dark: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.develop("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.develop("Emulation.setEmulatedMedia", media).await;
    }

    /// Moves the browser into a time zone.
    pub(crate) async fn live_in(&self, zone: &str) {
        self.develop("Emulation.setTimezoneOverride", json!({ "timezoneId": zone })).await;
    }

    /// Keeps a picture of the page under `target/screenshots/`.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name).with_extension("png"), self.client.screenshot().await.unwrap()).unwrap();
    }

    async fn develop(&self, method: &'static str, parameters: Value) {
        self.client.issue_cmd(Develop { method, parameters }).await.unwrap();
    }
}

/// A command of Chromium's development protocol, as `chromedriver` passes it on.
#[derive(Debug)]
struct Develop {
    method: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Develop {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.method, "params": self.parameters }).to_string()))
    }
}
