//! Headless Chromium, driven by way of chromedriver.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{ChildStdout, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    error::CmdError,
    key::Key,
    wd::{WebDriverCompatibleCommand, WindowHandle},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{process::Running, server::runtime};

/// A browser with an empty profile. It ends when dropped, and its profile goes.
pub(crate) struct Browser {
    client: Client,
    runtime: Runtime,
    _driver: Running,
    /// chromedriver must not write into a closed pipe.
    _output: BufReader<ChildStdout>,
    profile: PathBuf,
}

impl Browser {
    /// `None` where there is no browser; with `REQUIRE_BROWSER=1` that is a failure.
    pub(crate) fn start() -> Option<Self> {
        let chromium = find(&["chromium", "chromium-browser", "google-chrome", "chrome"]);
        let driver = find(&["chromedriver"]);
        let (Some(chromium), Some(driver)) = (chromium, driver) else {
            let required = env::var_os("REQUIRE_BROWSER").is_some_and(|value| value == "1");
            assert!(
                !required,
                "REQUIRE_BROWSER=1, and Chromium or chromedriver is missing"
            );
            let test = std::thread::current();
            // Not `eprintln!`, which nobody sees of a test that passes.
            let mut stderr = io::stderr();
            writeln!(
                stderr,
                "SKIPPED {}: Chromium or chromedriver is not in PATH (REQUIRE_BROWSER=1 makes \
                 this a failure)",
                test.name().unwrap_or("a test in a browser")
            )
            .unwrap();
            return None;
        };
        Some(Self::launch(&chromium, &driver))
    }

    fn launch(chromium: &PathBuf, driver: &PathBuf) -> Self {
        let command = &mut Command::new(driver);
        command.arg("--port=0").stdout(Stdio::piped());
        let mut driver = Running(command.spawn().unwrap());
        let mut output = BufReader::new(driver.0.stdout.take().unwrap());
        let port = port_of(&mut output);

        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("chromium-{}-{count}", std::process::id()));
        fs::create_dir_all(&profile).unwrap();

        let options = json!({
            "binary": chromium,
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,1000",
                format!("--user-data-dir={}", profile.display()),
            ],
        });
        let runtime = runtime();
        let client = runtime
            .block_on(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(
                        [("goog:chromeOptions".to_owned(), options)]
                            .into_iter()
                            .collect(),
                    )
                    .connect(&format!("http://127.0.0.1:{port}")),
            )
            .unwrap();
        Self {
            client,
            runtime,
            _driver: driver,
            _output: output,
            profile,
        }
    }

    /// The same, with the scripts of pages switched off.
    pub(crate) fn start_without_scripts() -> Option<Self> {
        let browser = Self::start()?;
        browser.devtools(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": true }),
        );
        Some(browser)
    }

    /// A command of the browser's own protocol.
    pub(crate) fn devtools(&self, command: &'static str, params: Value) -> Value {
        let command = self.client.issue_cmd(DevTools(command, params));
        self.runtime.block_on(command).unwrap()
    }

    /// What a script says that runs in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.runtime
            .block_on(self.client.execute(script, vec![]))
            .unwrap()
    }

    /// What a script says that calls the last of its arguments.
    pub(crate) fn run_to_the_end(&self, script: &str) -> Value {
        self.runtime
            .block_on(self.client.execute_async(script, vec![]))
            .unwrap()
    }

    /// Waits until an expression of the page is true.
    pub(crate) fn until(&self, condition: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let script = format!("return !!({condition})");
        // While one page gives way to another, there is none to ask.
        while !matches!(
            self.runtime.block_on(self.client.execute(&script, vec![])),
            Ok(Value::Bool(true))
        ) {
            assert!(Instant::now() < deadline, "never: {condition}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A window of this size, as a phone or a desktop has it.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// Light or dark.
    pub(crate) fn color_scheme(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    pub(crate) fn back(&self) {
        self.runtime.block_on(self.client.back()).unwrap();
    }

    pub(crate) fn path(&self) -> String {
        self.runtime
            .block_on(self.client.current_url())
            .unwrap()
            .path()
            .to_owned()
    }

    /// Opens another tab and goes on there; gives what leads back to the first.
    pub(crate) fn open_tab(&self) -> WindowHandle {
        self.runtime.block_on(async {
            let first = self.client.window().await.unwrap();
            let second = self.client.new_window(true).await.unwrap();
            self.client.switch_to_window(second.handle).await.unwrap();
            first
        })
    }

    pub(crate) fn switch_to(&self, tab: WindowHandle) {
        self.runtime
            .block_on(self.client.switch_to_window(tab))
            .unwrap();
    }

    pub(crate) fn screenshot(&self) -> Vec<u8> {
        self.runtime.block_on(self.client.screenshot()).unwrap()
    }

    pub(crate) fn go(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// Clicks the first element that the CSS selector finds.
    pub(crate) fn click(&self, selector: &str) {
        self.runtime.block_on(self.find(selector, Element::click));
    }

    /// Clicks what leads to another page, and waits for that page.
    pub(crate) fn follow(&self, selector: &str) {
        self.runtime.block_on(async {
            let page = self.client.find(Locator::Css("html")).await.unwrap();
            self.find(selector, Element::click).await;
            self.left(&page).await;
        });
    }

    pub(crate) fn write(&self, selector: &str, text: &str) {
        let write = async |field: &Element| field.send_keys(text).await;
        self.runtime.block_on(self.find(selector, write));
    }

    pub(crate) fn text(&self, selector: &str) -> String {
        self.runtime.block_on(self.find(selector, Element::text))
    }

    /// This attribute of every element that the CSS selector finds.
    pub(crate) fn attributes(&self, selector: &str, attribute: &str) -> BTreeSet<String> {
        self.runtime.block_on(async {
            let mut values = BTreeSet::new();
            for element in self.client.find_all(Locator::Css(selector)).await.unwrap() {
                values.extend(element.attr(attribute).await.unwrap());
            }
            values
        })
    }

    /// Presses Tab until the focus is on an element of this value, then Enter, and waits for the
    /// page that comes.
    pub(crate) fn tab_to_and_press(&self, value: &str) {
        let press = async |element: &Element, key: Key| {
            let key = char::from(key).to_string();
            element.send_keys(&key).await.unwrap();
        };
        self.runtime.block_on(async {
            for _ in 0..50 {
                let focused = self.client.active_element().await.unwrap();
                if focused.attr("value").await.unwrap().as_deref() == Some(value) {
                    press(&focused, Key::Enter).await;
                    return self.left(&focused).await;
                }
                press(&focused, Key::Tab).await;
            }
            panic!("the keyboard does not reach {value:?}");
        });
    }

    /// Does something with the first element that the CSS selector finds.
    async fn find<T>(
        &self,
        selector: &str,
        act: impl AsyncFnOnce(&Element) -> Result<T, CmdError>,
    ) -> T {
        let found = self.client.find(Locator::Css(selector)).await;
        match found {
            Ok(element) => act(&element).await,
            Err(error) => Err(error),
        }
        .unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Waits until the page that the element is on has given way to another. The commands that
    /// follow wait for that one to be loaded.
    async fn left(&self, element: &Element) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while element.tag_name().await.is_ok() {
            assert!(Instant::now() < deadline, "the page stays");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The names of all cookies that the browser has, of every site and path, `HttpOnly` or not.
    pub(crate) fn cookies(&self) -> BTreeSet<String> {
        self.jar()
            .iter()
            .map(|cookie| text_of(cookie, "name"))
            .collect()
    }

    pub(crate) fn is_http_only(&self, name: &str) -> bool {
        self.jar()
            .iter()
            .any(|cookie| cookie["name"] == name && cookie["httpOnly"] == true)
    }

    fn jar(&self) -> Vec<Value> {
        let answer = self.devtools("Storage.getCookies", json!({}));
        answer["cookies"].as_array().unwrap().clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closes Chromium; chromedriver itself stays, and is killed.
        drop(self.runtime.block_on(self.client.clone().close()));
        drop(fs::remove_dir_all(&self.profile));
    }
}

/// A command of the browser’s own protocol: chromedriver’s shows the cookies of one page only.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base_url: &url::Url,
        session_id: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session_id.unwrap_or_default();
        base_url.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.0, "params": self.1 });
        (http::Method::POST, Some(body.to_string()))
    }
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// chromedriver takes a free port and tells it.
fn port_of(output: &mut impl BufRead) -> u16 {
    output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            line.split_once("successfully on port ")?
                .1
                .trim_end_matches('.')
                .parse()
                .ok()
        })
        .unwrap()
}

fn text_of(cookie: &Value, key: &str) -> String {
    cookie[key].as_str().unwrap().to_owned()
}
