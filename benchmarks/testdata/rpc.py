"""A function for uWSGI's Python worker, as the one that BenchmarkRPC serves."""
import uwsgi

uwsgi.register_rpc("hello", lambda *args: b"Hello World")


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"hello\n"]
