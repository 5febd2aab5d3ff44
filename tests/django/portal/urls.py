from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.i18n import set_language

from . import views

urlpatterns = [
    path("", views.home),
    path("cookies/", views.cookies),
    path("comment/", views.comment),
    path("choice/", views.choice),
    path("consent/", include("cookie_consent.urls")),
    path("media/", views.media, name="media"),
    path("media/seen/", views.seen),
    path("login/", LoginView.as_view(template_name="login.html")),
    path("logout/", LogoutView.as_view()),
    path("i18n/", set_language, name="set_language"),
]
