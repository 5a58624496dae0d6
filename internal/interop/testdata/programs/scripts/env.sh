#!/bin/sh
# Prints its arguments and its environment.
printf 'Content-Type: text/plain\n\n'
for word; do printf 'ARGUMENT %s\n' "$word"; done
exec env
