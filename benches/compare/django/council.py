"""The page of the comparison in Django, with django-cookie-consent as its documentation says.

    python council.py FOLDER      # makes the database in FOLDER

gunicorn serves `application`, with the folder in COMPARE_FOLDER.
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(sys.argv[1] if __name__ == "__main__" else os.environ["COMPARE_FOLDER"])

settings.configure(
    SECRET_KEY="only for a measurement on the loopback interface",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__ if __name__ != "__main__" else "council",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "cookie_consent"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "cookie_consent.middleware.CleanCookiesMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "site.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from cookie_consent.models import Cookie, CookieGroup  # noqa: E402
from cookie_consent.util import get_cookie_value_from_request  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

PAGE = (Path(__file__).parent.parent / "page.html").read_bytes()
GROUPS = {"stats": ["_pk_id.1"], "ads": ["_ga", "_fbp"]}


def home(request):
    response = HttpResponse(PAGE)
    response.set_cookie("sessionid", "4f1c0d8a", httponly=True, samesite="Lax")
    response.set_cookie("csrftoken", "a93e7c51", samesite="Lax")
    for group, names in GROUPS.items():
        if get_cookie_value_from_request(request, group):
            for name in names:
                response.set_cookie(name, "1.2.1790000000", max_age=33_696_000, samesite="Lax")
    return response


urlpatterns = [path("", home)]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    for varname, names in GROUPS.items():
        group = CookieGroup.objects.create(varname=varname, name=varname)
        for name in names:
            Cookie.objects.create(cookiegroup=group, name=name, path="/")
else:
    application = get_wsgi_application()
