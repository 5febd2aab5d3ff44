from cookie_consent.models import Cookie, CookieGroup
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Makes the database, the user of the tests, and what django-cookie-consent asks about."

    def handle(self, *args, **options):
        call_command("migrate", verbosity=0)
        if not User.objects.filter(username="ada").exists():
            User.objects.create_user("ada", password="for the tests")
        for group in ["analytics", "social"]:
            group, _ = CookieGroup.objects.get_or_create(varname=group, name=group)
            # Not one that the portal sets: those are for the layer to remove.
            Cookie.objects.get_or_create(cookiegroup=group, name=f"{group}_id")
