#!/usr/bin/python3
"""Says what it was asked, and sends the body back."""
import os
import sys

env = os.environ
out = sys.stdout.buffer
out.write(b"Content-Type: text/plain\n\n")
line = "%s %s%s?%s\n" % (env["REQUEST_METHOD"], env["SCRIPT_NAME"], env.get("PATH_INFO", ""), env["QUERY_STRING"])
out.write(os.fsencode(line))
out.write(sys.stdin.buffer.read(int(env.get("CONTENT_LENGTH") or 0)))
