"""Calls the functions of examples/rpc as any XML-RPC client does.

    python3 client.py http://127.0.0.1:3031/
"""
import sys
import xmlrpc.client

functions = xmlrpc.client.ServerProxy(sys.argv[1])

print("functions:", *functions.system.listMethods())
print("hello():", functions.hello())
print("add(40, 2):", functions.add(40, 2))

both = xmlrpc.client.MultiCall(functions)
both.add(1, 2)
both.add(3, 4)
print("two calls at once:", *both())

try:
    functions.add("forty", "two")
except xmlrpc.client.Fault as fault:
    print("add('forty', 'two'): fault", fault.faultCode, fault.faultString)
