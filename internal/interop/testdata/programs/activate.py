"""Starts a program as systemd does for a socket unit: activate.py SOCKET PROGRAM [ARGUMENT...]"""
import os
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen(64)
if listener.fileno() != 3:
    os.dup2(listener.fileno(), 3, inheritable=True)
    listener.close()
else:
    listener.set_inheritable(True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="fcgiwrap.socket")
os.execvp(sys.argv[2], sys.argv[2:])
