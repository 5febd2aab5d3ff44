from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class Command(BaseCommand):
    help = "Serves the portal on a free port of the loopback interface, and says on which."

    def handle(self, *args, **options):
        server = Server(("127.0.0.1", 0), Quiet)
        server.set_app(get_wsgi_application())
        self.stdout.write("listening on http://%s:%d" % server.server_address)
        self.stdout.flush()
        server.serve_forever()
