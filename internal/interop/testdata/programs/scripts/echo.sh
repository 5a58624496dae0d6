#!/bin/sh
# Says what it was asked, and sends the body back.
printf 'Content-Type: text/plain\r\n\r\n'
printf '%s %s%s?%s\n' "$REQUEST_METHOD" "$SCRIPT_NAME" "$PATH_INFO" "$QUERY_STRING"
exec cat
