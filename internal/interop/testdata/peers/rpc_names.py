"""What uWSGI takes for a function's name, how many it has room for, and in which process."""
import uwsgi


def registered(name, function):
    """Says whether uWSGI takes a function."""
    try:
        return b"yes" if uwsgi.register_rpc(name, function) else b"no"
    except ValueError:
        return b"no"


said = {}
said[b"255"] = registered("n" * 255, lambda: b"long")
said[b"256"] = registered("n" * 256, lambda: b"longer")
uwsgi.register_rpc("twice", lambda: b"first")
said[b"twice"] = registered("twice", lambda: b"second")
uwsgi.register_rpc("said", lambda about: said[about])
uwsgi.register_rpc("late", lambda name: registered(name.decode(), lambda: b"registered late"))
room = 0
while registered("room%d" % room, lambda: b"") == b"yes":
    room += 1
said[b"room"] = b"%d" % (room + 4)


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"hello\n"]
