"""The works of the comparison as a WSGI application, for uWSGI and gunicorn."""

PIECE = b"0123456789abcdef" * 2048


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/count":
        total = 0
        body = environ["wsgi.input"]
        left = int(environ.get("CONTENT_LENGTH") or 0)
        while left > 0:
            piece = body.read(min(left, len(PIECE)))
            if not piece:
                break
            left -= len(piece)
            total += len(piece)
        answer = b"%d\n" % total
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
        return [answer]
    if path == "/download":
        start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(32 * len(PIECE)))])
        return (PIECE for _ in range(32))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"hello, world\n"]
