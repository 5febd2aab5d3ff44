//! The example `reverse_proxy`, as a process, with real sockets on both sides.

mod bodies;
mod documents;
mod failures;
mod fields;
mod hosts;
mod reload;
mod silence;
mod switches;
mod tunnels;

use std::{net::SocketAddr, process::Command};

use crate::support::{
    process::{Server, example, of_crate},
    raw::{Connection, Head},
};

/// Starts the proxy in front of `upstream`, with the portal's policy.
fn proxy(upstream: SocketAddr, options: &[&str]) -> Server {
    Server::start(command(upstream).args(options))
}

fn command(upstream: SocketAddr) -> Command {
    let mut command = example("reverse_proxy");
    command
        .args(["--listen", "127.0.0.1:0", "--policy"])
        .arg(of_crate("examples/reverse_proxy/portal.json"))
        .args(["--upstream", &format!("http://{upstream}")]);
    command
}

/// Sends a request without a body, and gives the head of the response with all that follows it.
async fn exchange(proxy: &Server, request: impl AsRef<[u8]>) -> (Head, Vec<u8>) {
    let mut client = Connection::to(proxy.address()).await;
    client.write(request).await;
    let head = client.head().await.expect("a response");
    (head, client.rest().await)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n\r\n";
