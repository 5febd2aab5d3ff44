//! One connection to the proxy, with one request.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Mutex,
    thread,
};

use super::Seen;

/// The site's pages about cookies are below this path.
const PAGES: &str = "/cookies";

/// Whom the scripts of third parties ask.
pub(crate) const AFTER: &str = "after.test";

struct Request {
    method: String,
    scheme: &'static str,
    authority: String,
    /// With the query.
    path: String,
    fields: Vec<String>,
}

impl Request {
    fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            lines.push(line.to_owned());
        }
        let Some((start, fields)) = lines.split_first() else {
            return Ok(None);
        };
        let mut words = start.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Ok(None);
        };
        let mut request = Self {
            method: method.to_owned(),
            scheme: "http",
            authority: String::new(),
            path: String::new(),
            fields: fields.to_vec(),
        };
        // From inside of TLS, there is no authority in the target.
        let target = if target.starts_with('/') {
            request.scheme = "https";
            format!("{}{target}", request.field("host").unwrap_or_default())
        } else {
            target.strip_prefix("http://").unwrap_or(target).to_owned()
        };
        let (authority, path) = target.split_once('/').unwrap_or((&target, ""));
        authority.clone_into(&mut request.authority);
        request.path = format!("/{path}");
        Ok(Some(request))
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// Answers the request of a connection.
pub(super) fn answer(
    stream: TcpStream,
    seen: &Mutex<Seen>,
    tls: Option<SocketAddr>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let Some(request) = Request::read(&mut reader)? else {
        return Ok(());
    };
    let site = seen.lock().unwrap().sites.get(&request.authority).copied();
    if let Some(site) = site {
        let mut seen = seen.lock().unwrap();
        let is_about_cookies = request.path.starts_with(PAGES) || request.path.contains("favicon");
        if !is_about_cookies {
            seen.visit.own.insert(request.path.clone());
        }
        seen.asked();
        drop(seen);
        return pass(reader, &request, site);
    }
    if request.method == "CONNECT" {
        return match (tls, request.authority.strip_suffix(":443")) {
            (Some(tls), Some(host)) => {
                let mut seen = seen.lock().unwrap();
                seen.visit.connected.insert(host.to_owned());
                seen.asked();
                drop(seen);
                let mut stream = reader.into_inner();
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                tunnel(stream, TcpStream::connect(tls)?)
            }
            _ => {
                note(&request, seen);
                respond(reader.get_mut(), "502 Bad Gateway", "", "")
            }
        };
    }
    play(reader.get_mut(), &request, seen, tls.is_some())
}

/// Passes the request on to the site's server, in a connection of its own.
fn pass(mut reader: BufReader<TcpStream>, request: &Request, site: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(site)?;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for line in &request.fields {
        let lower = line.to_ascii_lowercase();
        if !(lower.starts_with("connection:") || lower.starts_with("proxy-connection:")) {
            head.push_str(line);
            head.push_str("\r\n");
        }
    }
    head.push_str("Connection: close\r\n\r\n");
    server.write_all(head.as_bytes())?;
    let length = request
        .field("content-length")
        .and_then(|it| it.parse().ok());
    io::copy(&mut (&mut reader).take(length.unwrap_or(0)), &mut server)?;
    io::copy(&mut server, reader.get_mut())?;
    Ok(())
}

fn tunnel(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let up = thread::spawn(move || {
        io::copy(&mut from_client, &mut to_server).ok();
        to_server.shutdown(Shutdown::Write).ok();
    });
    let (mut from_server, mut to_client) = (server, client);
    io::copy(&mut from_server, &mut to_client).ok();
    to_client.shutdown(Shutdown::Both).ok();
    up.join().ok();
    Ok(())
}

/// Answers for a host that is played.
fn play(
    stream: &mut TcpStream,
    request: &Request,
    seen: &Mutex<Seen>,
    tls: bool,
) -> io::Result<()> {
    note(request, seen);
    let (head, document) = {
        let seen = seen.lock().unwrap();
        let is_document = format!("{}{}", request.authority, request.path) == seen.address;
        (
            seen.head.clone(),
            is_document.then(|| seen.document.clone()),
        )
    };
    match document {
        Some(document) => respond(stream, "200 OK", &head, &document),
        None => match content(request).filter(|_| tls) {
            Some((kind, body)) => respond_as(stream, kind, &body),
            None => respond(stream, "404 Not Found", "", ""),
        },
    }
}

/// Returns what a third party sends: a style sheet with a font, a script that asks somebody else, or
/// an empty frame.
fn content(request: &Request) -> Option<(&'static str, String)> {
    let host = &request.authority;
    let (path, _) = request.path.split_once('?').unwrap_or((&request.path, ""));
    // Browsers send the field over TLS only.
    let is = |dest: &str, extension: &str| match request.field("sec-fetch-dest") {
        Some(it) => it == dest,
        None => path.ends_with(extension),
    };
    if is("style", ".css") {
        let font = match &**host {
            "fonts.googleapis.com" => "https://fonts.gstatic.com/s/played.woff2".to_owned(),
            host => format!("{}://{host}/played.woff2", request.scheme),
        };
        let sheet = format!(
            "@font-face {{ font-family: played; src: url({font}) }} \
             html::after {{ font-family: played; content: 'played' }}"
        );
        return Some(("text/css", sheet));
    }
    if is("script", ".js") {
        let script = format!(
            "(url => self.document ? new Image().src = url : fetch(url, {{ mode: 'no-cors' }}))\
             ('https://{AFTER}/{host}')"
        );
        return Some(("text/javascript", script));
    }
    is("iframe", "/embed").then(|| ("text/html", "<!doctype html><title>t</title>".to_owned()))
}

/// Notes whom a page asks.
fn note(request: &Request, seen: &Mutex<Seen>) {
    let (authority, path) = (&request.authority, &request.path);
    let mut seen = seen.lock().unwrap();
    let (own, _) = seen.address.split_once('/').unwrap_or_default();
    // Browsers ask for the icon of any page by themselves.
    if !(is_played(authority) || is_of_page(request)) || authority == own || path == "/favicon.ico"
    {
        return;
    }
    seen.asked.insert(authority.clone());
    let url = format!("{}://{authority}{path}", request.scheme);
    seen.visit.others.push(url);
    seen.asked();
}

fn respond_as(stream: &mut TcpStream, kind: &str, body: &str) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nCache-Control: no-store\r\n\
         Access-Control-Allow-Origin: *\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn respond(stream: &mut TcpStream, status: &str, head: &str, body: &str) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\
         Connection: close\r\n{head}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Over TLS, browsers say where a request comes from: what they ask by themselves is of no site.
fn is_of_page(request: &Request) -> bool {
    request
        .field("sec-fetch-site")
        .is_some_and(|it| it != "none")
}

/// Returns `false` for the hosts that browsers ask by themselves.
fn is_played(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let last = host.trim_end_matches('.').rsplit('.').next();
    let last = last.unwrap_or_default();
    last == "test"
        || host.starts_with('[')
        || host == "localhost"
        || last.bytes().all(|byte| byte.is_ascii_digit())
}
