from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Makes the database and the user of the tests."

    def handle(self, *args, **options):
        call_command("migrate", verbosity=0)
        if not User.objects.filter(username="ada").exists():
            User.objects.create_user("ada", password="for the tests")
