"""A small data portal, to stand behind the reverse proxy in the tests, and a newsletter for the conformance kit.

    python manage.py prepare       # database, and the user of the tests
    python manage.py runportal     # serves it, and says where

Nothing here is meant to be run in the open.
"""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
