import json
import time
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

CATEGORIES = ["statistiques", "internes", "tiers"]
HALF_A_YEAR = 182 * 24 * 60 * 60


def home(request):
    return render(request, "home.html", {"comments": request.session.get("comments", [])})


def cookies(request):
    """Returns the cookie names that reached the application."""
    return JsonResponse({"names": sorted(request.COOKIES)})


def media(request):
    """Shows what other sites provide, put together from several templates."""
    films = [
        {"id": "aqz-KE-bpKQ", "title": "Big <Buck> Bunny", "start": 5},
        {"id": "eRsGyueVLvQ", "title": "Sintel & friends", "start": 0},
    ]
    context = {
        "films": films,
        "points": ["48.85,2.35", "45.76,4.84"],
        "place": "!1m18!1m12",
        "key": "KEY",
        "comment_with_markup": "<img src=https://escaped.markup.test/x.png>",
    }
    return render(request, "media/page.html", context)


def seen(request):
    return HttpResponse(status=204)


@require_POST
def comment(request):
    comments = request.session.get("comments", [])
    request.session["comments"] = comments + [request.POST["text"]]
    return HttpResponseRedirect("/")


@require_POST
def choice(request):
    """Stores the visitor's choice: accept, refuse, or withdraw consent to third parties."""
    answer = request.POST["answer"]
    answers = {
        "accept": dict.fromkeys(CATEGORIES, True),
        "refuse": dict.fromkeys(CATEGORIES, False),
        "withdraw": {"statistiques": True, "internes": True, "tiers": False},
    }.get(answer)
    if answers is None:
        return HttpResponse(status=400)
    value = json.dumps({**answers, "timestamp": int(time.time()), "revision": 1})
    response = HttpResponseRedirect("/")
    response.set_cookie(
        "cookies_preferences", quote(value, safe=""), max_age=HALF_A_YEAR, samesite="Lax"
    )
    return response
