from django.urls import path

from . import views

urlpatterns = [
    path("", views.home),
    path("thanks/", views.thanks),
    path("subscribe/", views.subscribe),
    path("consent/", views.consent),
]
