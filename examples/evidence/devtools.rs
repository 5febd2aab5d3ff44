//! Chromium, driven over its debugging pipe (the `DevTools` protocol): no port is open, and no driver is needed.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// The time that the browser has for one command, or for a page to load.
const PATIENCE: Duration = Duration::from_secs(30);

/// A page is done once nothing has happened for this long.
const QUIET: Duration = Duration::from_millis(500);

/// The greatest height of a picture, in CSS pixels: browsers fail at some.
pub(crate) const HIGHEST: f64 = 10_000.0;

/// The browser reads from the descriptor 3 and writes to 4: here, the standard input and output of the shell.
const SHELL: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";

/// A running browser with an empty profile, which ends when dropped.
pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    /// The events of the present page.
    events: VecDeque<Value>,
    session: Option<String>,
    context: Option<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{} can't be run: {error}", program.display());
        let profile = tempfile::tempdir().map_err(failed)?;
        let mut command = Command::new("sh");
        command.args(["-c", SHELL]).arg(program).args([
            "--headless=new",
            "--remote-debugging-pipe",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--no-first-run",
            "--no-default-browser-check",
        ]);
        if is_root() {
            // Chromium has no sandbox for root, and would not start.
            command.arg("--no-sandbox");
        }
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg("about:blank");
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.stderr(Stdio::null()).spawn().map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the browser has no pipes".to_owned());
        };
        let (sender, messages) = channel();
        thread::spawn(move || {
            // Each message ends with a zero.
            let texts = BufReader::new(output).split(0).map_while(Result::ok);
            for message in texts.filter_map(|text| serde_json::from_slice(&text).ok()) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            input,
            messages,
            last_id: 0,
            events: VecDeque::new(),
            session: None,
            context: None,
            _profile: profile,
        })
    }

    /// Returns the name and version.
    pub(crate) fn version(&mut self) -> Result<String, String> {
        let version = self.call("Browser.getVersion", json!({}))?;
        Ok(text(&version["product"]).replace('/', " "))
    }

    /// Continues in a new window without any cookie.
    pub(crate) fn begin_anew(&mut self) -> Result<(), String> {
        self.session = None;
        if let Some(context) = self.context.take() {
            self.call(
                "Target.disposeBrowserContext",
                json!({"browserContextId": context}),
            )?;
        }
        let context = self.call("Target.createBrowserContext", json!({}))?;
        let context = text(&context["browserContextId"]).to_owned();
        let target = json!({"url": "about:blank", "browserContextId": context});
        let target = self.call("Target.createTarget", target)?;
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", target)?;
        self.context = Some(context);
        self.session = Some(text(&session["sessionId"]).to_owned());
        self.call("Page.enable", json!({}))?;
        self.call("Network.enable", json!({}))?;
        self.events.clear();
        Ok(())
    }

    /// Resizes the window to this many CSS pixels.
    pub(crate) fn resize(&mut self, width: u32, height: u32) -> Result<(), String> {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size)
            .map(drop)
    }

    /// Asks for pages in this language from now on.
    pub(crate) fn read(&mut self, language: &str) -> Result<(), String> {
        let headers = json!({"headers": {"Accept-Language": language}});
        self.call("Network.setExtraHTTPHeaders", headers).map(drop)
    }

    /// Opens a page, and waits until nothing happens any more.
    pub(crate) fn open(&mut self, url: &str) -> Result<(), String> {
        let opened = self.call("Page.navigate", json!({"url": url}))?;
        match opened["errorText"].as_str() {
            Some(error) => Err(format!("{url} can't be opened: {error}")),
            None => self.settle(),
        }
    }

    /// Clicks the first element of this CSS selector that is shown. Returns `false` if there is none.
    pub(crate) fn click(&mut self, selector: &str) -> Result<bool, String> {
        let script = format!(
            "(() => {{ const all = [...document.querySelectorAll({selector:?})]; \
             const one = all.find((it) => it.checkVisibility()); one?.click(); return !!one }})()"
        );
        let found = self.call(
            "Runtime.evaluate",
            json!({"expression": script, "returnByValue": true}),
        )?;
        let is_found = found["result"]["value"] == true;
        if is_found {
            self.settle()?;
        }
        Ok(is_found)
    }

    /// Returns a picture of the whole page (PNG, in base64), and whether the page is higher than the picture.
    pub(crate) fn picture(&mut self, width: u32) -> Result<(String, bool), String> {
        let metrics = self.call("Page.getLayoutMetrics", json!({}))?;
        let height = metrics["cssContentSize"]["height"]
            .as_f64()
            .unwrap_or(800.0);
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height.clamp(1.0, HIGHEST), "scale": 1});
        let picture = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.call("Page.captureScreenshot", picture)?;
        Ok((text(&picture["data"]).to_owned(), height > HIGHEST))
    }

    /// Returns the events since the last call.
    pub(crate) fn events(&mut self) -> Vec<Value> {
        self.events.drain(..).collect()
    }

    /// Waits until no message arrives.
    fn settle(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(message) = self.messages.recv_timeout(QUIET) {
            self.events.push_back(message);
            if Instant::now() > deadline {
                return Err("the page does not come to rest".to_owned());
            }
        }
        Ok(())
    }

    fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.last_id += 1;
        let id = self.last_id;
        let mut command = json!({"id": id, "method": method});
        command["params"] = params;
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        let sent = write!(self.input, "{command}\0").and_then(|()| self.input.flush());
        sent.map_err(|error| format!("the browser has ended: {error}"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left);
            let mut message =
                message.map_err(|_| format!("the browser does not answer {method}"))?;
            if message["id"] != id {
                self.events.push_back(message);
                continue;
            }
            return match message["error"]["message"].as_str() {
                Some(error) => Err(format!("{method}: {error}")),
                None => Ok(message["result"].take()),
            };
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends its other processes too. If it does not listen any more, it is killed.
        self.session = None;
        self.call("Browser.close", json!({})).ok();
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;

    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(unix))]
const fn is_root() -> bool {
    false
}
