"""Calls functions by Python's own XML-RPC client, and prints what comes back as JSON."""
import datetime
import json
import sys
import xmlrpc.client

server = xmlrpc.client.ServerProxy(sys.argv[1], allow_none=True, use_builtin_types=True)


def fault(call):
    try:
        return repr(call())
    except xmlrpc.client.Fault as e:
        return [e.faultCode, e.faultString]


many = xmlrpc.client.MultiCall(server)
many.add(1, 2)
many.hello()

print(json.dumps({
    "hello": server.hello(),
    "text": server.echo("a<&\u00e9\n", "", None),
    "types": server.echo(-7, True, 0.5, b"\x00\xff".hex(), [1, "a", {"b": False}]),
    "int": server.add(40, 2),
    "time": server.later(datetime.datetime(2026, 2, 3, 4, 5, 6)).isoformat(),
    "bytes": server.blob(bytes(range(256))).hex() == bytes(range(256)).hex(),
    "struct": server.turned({"x": 1, "y": "a"}),
    "multicall": list(many()),
    "fails": fault(server.fail),
    "unknown": fault(server.nobody),
    "wrong": fault(lambda: server.add("x", 1)),
    "methods": "hello" in server.system.listMethods(),
    "signature": server.system.methodSignature("add"),
    "help": server.system.methodHelp("add"),
}, sort_keys=True))
