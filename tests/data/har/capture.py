#!/usr/bin/env python3
"""Records the captures of this folder: Chromium on the portal example, its network events as HAR 1.2.

    cargo run --example portal                  # at 127.0.0.1:3000
    chromedriver --port=9515
    python3 tests/data/har/capture.py

It needs nothing but Python's own library. `third_parties.py` records another site.
"""

import json
import pathlib
import time
import urllib.request
from datetime import datetime, timezone

DRIVER = "http://127.0.0.1:9515"
PORTAL = "http://127.0.0.1:3000"
FOLDER = pathlib.Path(__file__).parent
BLANK = {"headersSize": -1, "bodySize": -1, "httpVersion": "HTTP/1.1", "cookies": []}


def call(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(DRIVER + path, data, method=method)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["value"]


class Browser:
    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", *self.arguments]
        options = {"args": arguments}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
        session = call("/session", {"capabilities": {"alwaysMatch": wanted}})
        self.path = "/session/" + session["sessionId"]
        return self

    def __exit__(self, *_):
        call(self.path, method="DELETE")

    def go(self, path):
        call(self.path + "/url", {"url": PORTAL + path})

    def run(self, script):
        call(self.path + "/execute/sync", {"script": script, "args": []})
        time.sleep(1)

    def choose(self, value):
        self.go("/")
        self.run(f"document.querySelector('button[name=choice][value={value}]').click()")

    def har(self):
        lines = call(self.path + "/se/log", {"type": "performance"})
        return har(json.loads(line["message"])["message"] for line in lines)


def pairs(headers):
    # The protocol joins fields of one name by line feeds.
    return [{"name": name, "value": value}
            for name, values in headers.items() for value in values.split("\n")]


def har(events):
    """A redirect has the identifier of the request that it answers: each hop is an entry."""
    hops, sent, received = {}, {}, {}
    for event in events:
        params, method = event["params"], event["method"]
        key = params.get("requestId")
        if method == "Network.requestWillBeSent":
            if "redirectResponse" in params:
                hops[key][-1]["response"] = params["redirectResponse"]
            hops.setdefault(key, []).append(params)
        elif method == "Network.requestWillBeSentExtraInfo":
            sent.setdefault(key, []).append(params["headers"])
        elif method == "Network.responseReceived" and key in hops:
            hops[key][-1]["response"] = params["response"]
        elif method == "Network.responseReceivedExtraInfo":
            received.setdefault(key, []).append(params["headers"])
    entries = []
    for key, chain in hops.items():
        for number, hop in enumerate(chain):
            request, answer = hop["request"], hop.get("response")
            if answer is None or not request["url"].startswith("http"):
                continue
            with_cookies = sent.get(key, [])[number:number + 1] or [request["headers"]]
            set_cookies = received.get(key, [])[number:number + 1] or [answer["headers"]]
            started = datetime.fromtimestamp(hop["wallTime"], timezone.utc)
            entries.append({
                "startedDateTime": started.isoformat(timespec="milliseconds"),
                "time": 0,
                "request": BLANK | {
                    "method": request["method"], "url": request["url"], "queryString": [],
                    "headers": pairs(with_cookies[0])},
                "response": BLANK | {
                    "status": answer["status"], "statusText": answer["statusText"],
                    "headers": pairs(set_cookies[0]), "redirectURL": "",
                    "content": {"size": -1, "mimeType": answer["mimeType"]}},
                "cache": {}, "timings": {"send": 0, "wait": 0, "receive": 0}})
    entries.sort(key=lambda entry: entry["startedDateTime"])
    creator = {"name": "capture.py", "version": "1"}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def write(name, capture):
    text = json.dumps(capture, indent=1, ensure_ascii=False)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


def main():
    # All that a visitor can do, and nothing wrong.
    with Browser() as browser:
        for path in ["/", "/redirection", "/introuvable"]:
            browser.go(path)
        browser.choose("accept")
        browser.go("/charte")
        browser.go("/charte")
        browser.choose("refuse")
        browser.go("/")
        write("portal.har", browser.har())

    # The same portal, with scripts that ask nobody.
    with Browser() as browser:
        browser.go("/")
        browser.run("document.cookie = '_ga=m4rk3r-script; path=/'")
        browser.run("document.cookie = '_fbp=m4rk3r-script; path=/'")
        browser.go("/charte")
        browser.choose("refuse")
        browser.run("document.cookie = '_ga=m4rk3r-again; path=/'")
        browser.go("/")
        write("scripts.har", browser.har())


if __name__ == "__main__":
    main()
