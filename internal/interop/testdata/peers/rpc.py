"""Functions that uWSGI registers, as ours are; and one by which it calls ours."""
import hashlib

import uwsgi

SIZES = [0, 1, 65534, 65535, 65536, 10_000_000]


def sized(n):
    def function(*args):
        unit = b"%d;" % len(args)
        return (unit * (n // len(unit) + 1))[:n]

    return function


def fail(*args):
    raise RuntimeError("a secret")


def relay(node, name, spec):
    """Calls a function at a node, with an argument of each size that spec names."""
    sizes = [int(n) for n in spec.split(b",") if n]
    result = uwsgi.rpc(node, name, *[b"a" * n for n in sizes])
    if result is None:
        return b"None"
    return b"%d %s" % (len(result), hashlib.sha1(result).hexdigest().encode())


def local(name):
    """Calls a function in the same process."""
    result = uwsgi.call(name, b"", b"a", b"")
    return b"None" if result is None else b"got " + result


uwsgi.register_rpc("hello", lambda *args: b"Hello World")
uwsgi.register_rpc("echo", lambda *args: b"|".join(args))
uwsgi.register_rpc("count", lambda *args: b"%d" % len(args))
uwsgi.register_rpc("lens", lambda *args: b",".join(b"%d" % len(a) for a in args))
uwsgi.register_rpc("fail", fail)
uwsgi.register_rpc("text", lambda *args: "no bytes")
uwsgi.register_rpc("two", lambda a, b: a + b, 2)
uwsgi.register_rpc("relay", relay)
uwsgi.register_rpc("local", local)
for size in SIZES:
    uwsgi.register_rpc("big%d" % size, sized(size))


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello\n"]
