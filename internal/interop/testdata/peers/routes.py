"""What the rules of TestRoutes call, and the application behind them."""
import uwsgi


def fail(*args):
    raise RuntimeError("a secret")


def choose(request_uri, remote_addr):
    """The function of uWSGI's changelog of 1.9.3."""
    if request_uri == b"/topogigio":
        return b"goto topogigio"
    return b"break 500 Internal server Error !!!"


uwsgi.register_rpc("hello", lambda *args: b"Hello World")
uwsgi.register_rpc("hello_world", lambda *args: b"Hello " + b" ".join(args))
uwsgi.register_rpc("echo", lambda *args: b"|".join(args))
uwsgi.register_rpc("count", lambda *args: b"%d" % len(args))
uwsgi.register_rpc("empty", lambda *args: b"")
uwsgi.register_rpc("fail", fail)
uwsgi.register_rpc("choose", choose)
for part in range(1, 4):
    uwsgi.register_rpc("part%d" % part, lambda *args, part=part: b"part %d\n" % part)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-App", "a"), ("X-Other", "b")])
    lines = ["%s %s" % (environ["REQUEST_METHOD"], environ["PATH_INFO"])]
    lines += ["%s=%s" % (name, environ.get(name, "")) for name in environ.get("SHOW", "").split()]
    return [("\n".join(lines) + "\n").encode("latin-1")]
