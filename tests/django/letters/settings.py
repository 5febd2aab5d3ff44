"""Settings of the newsletter: as those of the portal, without its database, sessions and trackers."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "letters.urls"
INSTALLED_APPS = ["portal", "letters"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "letters.consent.Refusals",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {}
