//! nginx as a shared cache.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::process::{Folder, PATIENCE, Running, program, skip};

/// Ports that others take before nginx listens.
const TRIES: usize = 5;

/// A cache in front of a server. It says in `X-Cache-Status` where a response came from.
pub(crate) struct Nginx {
    pub(crate) address: SocketAddr,
    /// Ended before its folder is deleted.
    _process: Running,
    _folder: Folder,
}

impl Nginx {
    /// Returns `None` if it is not installed; with `REQUIRE_NGINX=1` that is a failure.
    pub(crate) fn in_front_of(upstream: SocketAddr) -> Option<Self> {
        let usual = || Some(PathBuf::from("/usr/sbin/nginx")).filter(|path| path.is_file());
        let Some(program) = program(&["nginx"]).or_else(usual) else {
            skip("REQUIRE_NGINX", "nginx is not in PATH");
            return None;
        };
        let started = (0..TRIES).find_map(|_| Self::try_to_start(&program, upstream));
        Some(started.expect("nginx starts on a free port"))
    }

    /// Returns `None` if it ends instead.
    fn try_to_start(program: &Path, upstream: SocketAddr) -> Option<Self> {
        let folder = Folder::new("nginx");
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let configuration = folder.0.join("nginx.conf");
        fs::write(&configuration, configured(&folder.0, address, upstream)).unwrap();
        let mut command = Command::new(program);
        command
            .arg("-p")
            .arg(&folder.0)
            .arg("-c")
            .arg(&configuration);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = Running(command.spawn().unwrap());
        let start = Instant::now();
        while process.0.try_wait().unwrap().is_none() {
            if TcpStream::connect(address).is_ok() {
                return Some(Self {
                    address,
                    _process: process,
                    _folder: folder,
                });
            }
            assert!(start.elapsed() < PATIENCE, "nginx does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

/// One process, so that nothing is left of it when that ends.
fn configured(folder: &Path, address: SocketAddr, upstream: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log stderr error;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            proxy_cache_path {folder}/cache keys_zone=cache:1m;
            server {{
                listen {address};
                location / {{
                    proxy_pass http://{upstream};
                    proxy_http_version 1.1;
                    proxy_set_header Connection '';
                    proxy_set_header Host $http_host;
                    proxy_cache cache;
                    proxy_cache_valid 200 10m;
                    add_header X-Cache-Status $upstream_cache_status always;
                }}
            }}
        }}
        "
    )
}
