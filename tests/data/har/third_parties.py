#!/usr/bin/env python3
"""Records `third_parties.har` and `third_parties_gated.har`: Chromium on a page with content of other
hosts, behind the proxy without the gate and with it.

    cargo build --example reverse_proxy
    chromedriver --port=9515
    python3 tests/data/har/third_parties.py

Other hosts are played on this machine.
"""

import http.server
import subprocess
import threading
import time
from datetime import datetime, timezone

from capture import BLANK, FOLDER, Browser, call, json, pairs, write

SITE = 3001
PAGE = """<!doctype html><html lang=en><title>Page</title>
<script src="http://shop.test/shop.js"></script>
<iframe src="http://www.films.test/embed?token=m4rk3r"></iframe>
<script src="http://count.test/count.js?visitor=m4rk3r"></script>
<img src="http://maps.test/tile.gif?at=m4rk3r">
<img src="http://nobody.test/pixel.gif?m4rk3r">
<img src="http://www.google-analytics.com/collect?cid=m4rk3r">
<p>Text</p>"""
FRAME = "<!doctype html><script src='http://inner.test/player.js?m4rk3r'></script>"


class Others(http.server.BaseHTTPRequestHandler):
    """The site's own server, and all others."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        kinds = {".js": "text/javascript", ".gif": "image/gif", ".ico": "image/x-icon"}
        kind = next((kind for end, kind in kinds.items() if path.endswith(end)), "text/html")
        text = {"text/html": FRAME if path == "/embed" else PAGE}.get(kind, "")
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        if path == "/":
            self.send_header("set-cookie", "sessionid=m4rk3r; Path=/; HttpOnly")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def har(events):
    """One entry for each request, with the fields of Chromium's own exports."""
    requests, order, sent, received, pages = {}, [], {}, {}, []
    for event in events:
        params, method = event["params"], event["method"]
        key = params.get("requestId")
        if method == "Network.requestWillBeSent":
            if key not in requests:
                order.append(key)
            if params.get("type") == "Document" and params["initiator"]["type"] == "other":
                pages.append(params["documentURL"])
            requests[key] = {"request": params, "page": f"page_{len(pages)}"}
        elif method == "Network.requestWillBeSentExtraInfo":
            sent[key] = params["headers"]
        elif method == "Network.responseReceived" and key in requests:
            requests[key]["answer"] = params["response"]
        elif method == "Network.responseReceivedExtraInfo":
            received[key] = params["headers"]
        elif method == "Network.loadingFailed" and key in requests:
            reason = params.get("blockedReason", "").upper()
            blocked = f"net::ERR_BLOCKED_BY_{reason}"
            requests[key]["error"] = blocked if reason else params["errorText"]
    entries = []
    for key in order:
        known = requests[key]
        params, answer = known["request"], known.get("answer")
        request = params["request"]
        started = datetime.fromtimestamp(params["wallTime"], timezone.utc)
        initiator = {name: params["initiator"][name] for name in ["type", "url"]
                     if name in params["initiator"]}
        response = {"status": 0, "statusText": "", "headers": [], "_error": known.get("error")}
        if answer:
            headers = pairs(received.get(key, answer["headers"]))
            response = {"status": answer["status"], "statusText": answer["statusText"], "headers": headers}
        entries.append({
            "_initiator": initiator, "pageref": known["page"],
            "startedDateTime": started.isoformat(timespec="milliseconds"), "time": 0,
            "request": BLANK | {"method": request["method"], "url": request["url"], "queryString": [],
                                "headers": pairs(sent.get(key, request["headers"]))},
            "response": BLANK | response | {"redirectURL": "", "content": {"size": -1, "mimeType": ""}},
            "serverIPAddress": (answer or {}).get("remoteIPAddress", ""),
            "cache": {}, "timings": {"send": 0, "wait": 0, "receive": 0}})
    entries.sort(key=lambda entry: entry["startedDateTime"])
    listed = [{"id": f"page_{number + 1}", "title": url, "startedDateTime": "", "pageTimings": {}}
              for number, url in enumerate(pages)]
    creator = {"name": "third_parties.py", "version": "1"}
    return {"log": {"version": "1.2", "creator": creator, "pages": listed, "entries": entries}}


def record(name, others, *documents):
    proxy = subprocess.Popen([
        "target/debug/examples/reverse_proxy", "--listen", f"127.0.0.1:{SITE}",
        "--upstream", f"http://127.0.0.1:{others}", "--policy", str(FOLDER / "policy.json"),
        "--undeclared", "allow", "--pages", "/cookies", *documents])
    time.sleep(2)
    rules = f"MAP *.test:80 127.0.0.1:{others}, MAP *.google-analytics.com:80 127.0.0.1:{others}"
    try:
        with Browser(f"--host-resolver-rules={rules}", "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable") as browser:
            def go(path):
                call(browser.path + "/url", {"url": f"http://site.localhost:{SITE}{path}"})
                time.sleep(1)

            def choose(**fields):
                browser.run(
                    f"const body = JSON.stringify({json.dumps(fields)});"
                    "const headers = { 'content-type': 'application/json' };"
                    "return fetch('/cookies/preferences', { method: 'POST', headers, body })")

            go("/")
            choose(decision="allow", service="films")
            go("/one")
            choose(decision="accept")
            go("/all")
            choose(decision="withdraw")
            go("/after")
            lines = call(browser.path + "/se/log", {"type": "performance"})
            write(name, har(json.loads(line["message"])["message"] for line in lines))
    finally:
        proxy.kill()
        proxy.wait()


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Others)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    record("third_parties.har", server.server_port)
    record("third_parties_gated.har", server.server_port, "--documents", "both")


if __name__ == "__main__":
    main()
