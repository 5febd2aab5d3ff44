//! The parts that are specific to Firefox: its start, `WebDriver BiDi`, and its settings.

use std::{cell::Cell, net::SocketAddr, path::Path};

use fantoccini::Client;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::Mutex};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::{Browser, Engine, command::Command, driver::Driver, object};
use crate::support::{process::Folder, server::runtime};

/// The session's second channel, `WebDriver BiDi`: it has the whole cookie jar and the viewport.
pub(super) struct Firefox {
    socket: Mutex<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    commands: Cell<u64>,
}

impl Firefox {
    async fn connect(client: &Client) -> Self {
        let capabilities = client.capabilities().unwrap();
        let url = capabilities["webSocketUrl"].as_str().unwrap();
        let (socket, _) = connect_async(url).await.unwrap();
        Self {
            socket: Mutex::new(socket),
            commands: Cell::new(0),
        }
    }

    /// A command, and its result.
    pub(super) async fn command(&self, method: &str, params: Value) -> Value {
        let id = self.commands.get() + 1;
        self.commands.set(id);
        let mut command = json!({ "id": id, "method": method });
        command["params"] = params;
        let mut socket = self.socket.lock().await;
        socket
            .send(Message::text(command.to_string()))
            .await
            .unwrap();
        loop {
            let message = socket.next().await.expect("an answer").unwrap();
            let Message::Text(text) = message else {
                continue;
            };
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == id {
                assert_eq!(answer["type"], "success", "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }
}

impl Browser {
    pub(super) fn start_firefox(browser: &Path, driver: &Path, proxy: Option<SocketAddr>) -> Self {
        let folder = Folder::new("firefox");
        let root = folder.0.display().to_string();
        let arguments = [
            "--port=0",
            "--websocket-port=0",
            // For `run_in_firefox`.
            "--allow-system-access",
            "--profile-root",
            &root,
        ];
        let driver = Driver::start(driver, &arguments, "Listening on 127.0.0.1:", folder);
        let runtime = runtime();
        let capabilities = object(json!({
            "webSocketUrl": true,
            "acceptInsecureCerts": proxy.is_some(),
            "moz:firefoxOptions": {
                "binary": browser,
                "args": ["-headless", "--width=1280", "--height=1000"],
                "prefs": proxy.map_or_else(|| json!({}), behind),
            },
        }));
        let (client, firefox) = runtime.block_on(async {
            let client = driver.connect(capabilities).await;
            let firefox = Firefox::connect(&client).await;
            (client, firefox)
        });
        Self {
            client,
            runtime,
            engine: Engine::Firefox(Box::new(firefox)),
            _driver: driver,
        }
    }

    /// Runs a script in Firefox itself, with the privileges of its developer tools and settings,
    /// and not in a page.
    pub(super) fn run_in_firefox(&self, script: &str) {
        let context = |name| {
            self.client
                .issue_cmd(Command("moz/context", json!({ "context": name })))
        };
        self.wait(async {
            context("chrome").await.unwrap();
            let done = self.client.execute(script, vec![]).await;
            context("content").await.unwrap();
            done.unwrap();
        });
    }

    /// Sets what the developer tools of Firefox can set for the present tab.
    pub(super) fn set_in_firefox(&self, property: &str, value: &str) {
        self.run_in_firefox(&format!(
            "gBrowser.selectedBrowser.browsingContext.{property} = {value}"
        ));
    }
}

/// The settings that send every request to a proxy, also those for loopback addresses.
fn behind(proxy: SocketAddr) -> Value {
    let (host, port) = (proxy.ip().to_string(), proxy.port());
    json!({
        "network.proxy.type": 1,
        "network.proxy.http": host,
        "network.proxy.http_port": port,
        "network.proxy.ssl": host,
        "network.proxy.ssl_port": port,
        "network.proxy.no_proxies_on": "",
        "network.proxy.allow_hijacking_localhost": true,
        // `http:` stays `http:`.
        "dom.security.https_first": false,
        "dom.security.https_first_schemeless": false,
    })
}
