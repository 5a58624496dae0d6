"""uWSGI's side of examples/rpc: a function that Go calls, and a page that calls Go's.

    uwsgi --plugin python3 --plugin rpc --uwsgi-socket 127.0.0.1:3032 --wsgi-file app.py --buffer-size 65535
"""
import os

import uwsgi

# Bytes: uWSGI takes no other names.
GO = os.environ.get("GO_NODE", "127.0.0.1:3031").encode()


def upper(text):
    return text.upper()


uwsgi.register_rpc("upper", upper)


def application(environ, start_response):
    total = uwsgi.rpc(GO, b"add", b"40", b"2")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Go says that 40 + 2 is ", total or b"unknown", b"\n"]
