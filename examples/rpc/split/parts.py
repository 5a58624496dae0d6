"""A uWSGI node that has the first two parts of a page.

    uwsgi --plugin python3 --plugin rpc --uwsgi-socket 127.0.0.1:3041 --wsgi-file parts.py
"""
import uwsgi

uwsgi.register_rpc("part1", lambda: b"<h1>part 1, of uWSGI</h1>\n")
uwsgi.register_rpc("part2", lambda: b"<p>part 2, of uWSGI</p>\n")


def application(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"There are parts here, and no pages.\n"]
