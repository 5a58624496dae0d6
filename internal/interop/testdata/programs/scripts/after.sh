#!/bin/sh
# Does its work when it has answered, once $TURN says so.
printf 'Content-Type: text/plain\n\nhello\n'
read -r _ <"$TURN"
echo done >"$DONE"
