//! `DokuWiki`, as Debian has it, in PHP's own server, with a folder for each test.

use std::{fs, path::Path, process::Command};

use super::process::{Folder, Server, program, skip};

const INSTALLED: &str = "/usr/share/dokuwiki";

/// The user is `ada`, with the password `for the tests`.
const USER: &str = "password_hash('for the tests', PASSWORD_BCRYPT, ['cost' => 4])";

pub(crate) struct DokuWiki {
    pub(crate) server: Server,
    _folder: Folder,
}

impl DokuWiki {
    /// Returns `None` if it is not installed; with `REQUIRE_PHP=1` that is a failure.
    pub(crate) fn start() -> Option<Self> {
        let php = program(&["php"]);
        let Some(php) = php.filter(|_| Path::new(INSTALLED).join("doku.php").is_file()) else {
            skip("REQUIRE_PHP", "PHP or DokuWiki is not installed");
            return None;
        };
        let folder = Folder::new("dokuwiki");
        let (conf, data) = (folder.0.join("conf"), folder.0.join("data"));
        fs::create_dir_all(&conf).unwrap();
        for name in [
            "attic",
            "cache",
            "index",
            "locks",
            "log",
            "media",
            "media_attic",
            "media_meta",
            "meta",
            "pages",
            "tmp",
        ] {
            fs::create_dir_all(data.join(name)).unwrap();
        }
        let write = |path: &Path, text: &str| fs::write(path, text).unwrap();
        let text = "====== Hello ======\nA page of the wiki, with a [[link]].\n";
        write(&data.join("pages/start.txt"), text);
        let start = folder.0.join("start.php");
        write(
            &start,
            &format!("<?php define('DOKU_CONF', '{}/');", conf.display()),
        );
        let local = format!(
            "<?php $conf['title'] = 'Wiki'; $conf['useacl'] = 1; $conf['savedir'] = '{}';",
            data.display()
        );
        write(&conf.join("local.php"), &local);
        write(&conf.join("acl.auth.php"), "* @ALL 1\n* @user 8\n");
        let hash = Command::new(&php)
            .args(["-r", &format!("echo {USER};")])
            .output()
            .unwrap();
        let hash = String::from_utf8(hash.stdout).unwrap();
        let user = format!("ada:{hash}:Ada:ada@example.org:user\n");
        write(&conf.join("users.auth.php"), &user);
        let server = Server::start_other(
            Command::new(&php)
                .arg("-d")
                .arg(format!("auto_prepend_file={}", start.display()))
                .args(["-S", "127.0.0.1:0", "-t", INSTALLED]),
        );
        Some(Self {
            server,
            _folder: folder,
        })
    }
}
