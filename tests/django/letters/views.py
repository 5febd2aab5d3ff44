"""A newsletter that measures who subscribes. With `LETTERS_TRACK=always` it does so without asking."""

import os

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from .consent import Choice

MONTH = 30 * 24 * 60 * 60


def home(request):
    return render(request, "letters/home.html")


def thanks(request):
    return render(request, "letters/thanks.html")


@require_POST
def subscribe(request):
    choice = Choice.of(request)
    response = HttpResponseRedirect("/thanks/")
    if os.environ.get("LETTERS_TRACK") == "always" or (choice and choice.allows(request)):
        response.set_cookie("_ga", "GA1.1.1234567890.1700000000", max_age=12 * MONTH)
    return response


@require_POST
def consent(request):
    answer = {"accept": True, "refuse": False}.get(request.POST.get("answer"))
    if answer is None:
        return HttpResponse(status=400)
    response = HttpResponseRedirect("/")
    request.choice = Choice.now(answer, request)
    request.choice.store(response)
    return response
