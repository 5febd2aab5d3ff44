"""The visitor's choice, read as strictly as it counts: what is unclear does not count."""

import json
import time
from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.utils.cache import patch_cache_control

DAY = 24 * 60 * 60
HALF_A_YEAR = 182 * DAY
NAME = "cookies_preferences"
LONGEST = 4096
REVISION = 1


def is_signalled(request):
    return request.headers.get("Sec-GPC") == "1"


def once(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


@dataclass
class Choice:
    ads: bool
    timestamp: int
    revision: int = REVISION
    gpc: bool = False

    @classmethod
    def now(cls, ads, request):
        return cls(ads, int(time.time()), gpc=is_signalled(request))

    @classmethod
    def of(cls, request):
        """Returns the choice that a request carries and that still counts."""
        pairs = request.META.get("HTTP_COOKIE", "").split("; ")
        pairs = [pair for pair in pairs if pair.startswith(f"{NAME}=")]
        if len(pairs) != 1 or len(pairs[0]) > LONGEST:
            return None
        try:
            value = unquote(pairs[0].partition("=")[2], errors="strict")
            members = json.loads(value, object_pairs_hook=once)
        except ValueError:
            return None
        return cls.read(members)

    @classmethod
    def read(cls, members):
        if type(members) is not dict:
            return None
        types = {"ads": bool, "timestamp": int, "revision": int, "gpc": bool}
        if any(type(members[name]) is not kind for name, kind in types.items() if name in members):
            return None
        if "ads" not in members or "timestamp" not in members:
            return None
        age = time.time() - members["timestamp"]
        if not -DAY < age < HALF_A_YEAR:
            return None
        revision, gpc = members.get("revision", 0), members.get("gpc", False)
        return cls(members["ads"], members["timestamp"], revision, gpc)

    def allows(self, request):
        is_current = self.revision >= REVISION
        return self.ads and is_current and (self.gpc or not is_signalled(request))

    def store(self, response):
        members = {"ads": self.ads, "timestamp": self.timestamp, "revision": REVISION}
        if self.gpc:
            members["gpc"] = True
        value = quote(json.dumps(members), safe="")
        response.set_cookie(NAME, value, max_age=HALF_A_YEAR, samesite="Lax")


class Refusals:
    """Removes what a visitor has refused, and keeps pages out of shared caches."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        choice = getattr(request, "choice", None) or Choice.of(request)
        if choice and not choice.ads and "_ga" in request.COOKIES:
            response.delete_cookie("_ga")
        patch_cache_control(response, private=True)
        return response
