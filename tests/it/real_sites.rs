//! Sites of four kinds behind the example `reverse_proxy --pages /cookies --documents both`, none of which
//! knows of it: `DokuWiki` in PHP, a Django, an Express with the policies of helmet, a folder of files.
//!
//! Each has the banner until the choice and the footer always; the cookie policy page, the form and the
//! login work; and its pages are as they are without the proxy: the same elements, the same errors, and
//! their own scripts ran.

mod visit;

use std::{fs, path::PathBuf, process::Command, sync::OnceLock};

use self::visit::{Site, visit};
use crate::{
    pages::browser::axe::Axe,
    support::{
        browser::{Browser, Kind, in_chromium_first},
        django::Django,
        dokuwiki::DokuWiki,
        process::{Server, example, of_crate, program, skip},
    },
};

in_chromium_first!(any_site_gets_banner_and_footer);

/// Puts a server behind the proxy.
fn proxy(upstream: &Server) -> Server {
    proxy_of(&upstream.url(""))
}

fn proxy_of(upstream: &str) -> Server {
    Server::start(
        example("reverse_proxy")
            .args(["--listen", "127.0.0.1:0", "--upstream", upstream])
            .args(["--pages", "/cookies", "--documents", "both"])
            .arg("--policy")
            .arg(of_crate("tests/data/sites/real.json"))
            .env("RUST_LOG", "off"),
    )
}

/// Starts the Express of `tests/data/sites/express`, or returns `None` and says so if it can't be
/// installed.
fn express() -> Option<Server> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let why = match (program(&["node"]), INSTALLED.get_or_init(installed)) {
        (Some(node), Ok(folder)) => {
            let mut command = Command::new(node);
            return Some(Server::start(command.arg("server.js").current_dir(folder)));
        }
        (Some(_), Err(why)) => why,
        (None, _) => "node is not in PATH",
    };
    skip("REQUIRE_NODE", why);
    None
}

/// Installs its packages into `target/` once, by its lock file.
fn installed() -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("express");
    let told = |error: std::io::Error| error.to_string();
    fs::create_dir_all(&folder).map_err(told)?;
    let source = of_crate("tests/data/sites/express");
    for name in ["package.json", "server.js"] {
        fs::copy(source.join(name), folder.join(name)).map_err(told)?;
    }
    let lock = fs::read(source.join("package-lock.json")).map_err(told)?;
    if fs::read(folder.join("installed")).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    fs::write(folder.join("package-lock.json"), &lock).map_err(told)?;
    let options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let output = Command::new("npm")
        .args(options)
        .current_dir(&folder)
        .output();
    let output = output.map_err(told)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    fs::write(folder.join("installed"), lock).map_err(told)?;
    Ok(folder)
}

/// Serves a folder of files.
fn folder() -> Server {
    let folder = of_crate("tests/data/sites/folder");
    Server::start_other(
        Command::new("python3")
            .args([
                "-u",
                "-m",
                "http.server",
                "--bind",
                "127.0.0.1",
                "0",
                "--directory",
            ])
            .arg(folder),
    )
}

fn any_site_gets_banner_and_footer(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    visit::watch(&browser);
    let folder = folder();
    visit(
        &browser,
        axe,
        &Site {
            plain: folder.url("/"),
            behind: proxy(&folder).url("/"),
            log_in: None,
        },
    );
    if let Some(express) = express() {
        let proxy = proxy(&express);
        for path in ["/", "/strict"] {
            visit(
                &browser,
                axe,
                &Site {
                    plain: express.url(path),
                    behind: proxy.url(path),
                    log_in: None,
                },
            );
        }
    }
    if let Some(django) = Django::start() {
        let proxy = proxy_of(&django.url(""));
        visit(
            &browser,
            axe,
            &Site {
                plain: django.url("/"),
                behind: proxy.url("/"),
                log_in: Some(&|| {
                    browser.go(&proxy.url("/login/"));
                    browser.write("[name=username]", "ada");
                    browser.write("[name=password]", "for the tests");
                    browser.follow("#login button");
                    "document.querySelector('#user').textContent === 'ada'"
                }),
            },
        );
    }
    if let Some(wiki) = DokuWiki::start() {
        let proxy = proxy(&wiki.server);
        visit(
            &browser,
            axe,
            &Site {
                plain: wiki.server.url("/doku.php"),
                behind: proxy.url("/doku.php"),
                log_in: Some(&|| {
                    browser.go(&proxy.url("/doku.php?id=start&do=login"));
                    browser.write("[name=u]", "ada");
                    browser.write("[name=p]", "for the tests");
                    browser.follow("#dw__login [type=submit]");
                    "document.querySelector('.action.logout') !== null"
                }),
            },
        );
    }
}
