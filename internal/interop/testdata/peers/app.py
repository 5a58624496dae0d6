"""What uWSGI serves: a WSGI application that needs nothing but Python."""
import hashlib
import json
from urllib.parse import parse_qs

PIECE = b"x" * 65536


def application(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    number = int(query.get("n", ["0"])[0])
    path = environ["PATH_INFO"]
    # uWSGI wants a body to be read: it closes a connection on one that was not, which resets it.
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

    if path.endswith("/vars"):
        texts = [[k, v] for k, v in environ.items() if isinstance(v, str) and not k.startswith(("wsgi.", "uwsgi."))]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(texts).encode()]
    if path == "/sum":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"%d %s\n" % (len(body), hashlib.sha1(body).hexdigest().encode())]
    if path == "/bytes":
        headers = [("Content-Type", "application/octet-stream")]
        if "length" in query:
            headers.append(("Content-Length", query["length"][0]))
        start_response("200 OK", headers)
        return pieces(number, "raise" in query)
    if path == "/raise":
        raise RuntimeError("before any output")
    if path == "/status":
        start_response("418 I'm a teapot", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b"short and stout\n"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {path}\n".encode()]


def pieces(n, then_raise):
    while n > 0:
        yield PIECE[:n]
        n -= len(PIECE)
    if then_raise:
        raise RuntimeError("in the middle")
