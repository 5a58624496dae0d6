#!/bin/sh
# Server-sent events: the next one is sent when somebody writes to the pipe $TURN.
printf 'Content-Type: text/event-stream\nCache-Control: no-cache\n\n'
for i in 1 2 3; do
	printf 'data: event %d\n\n' $i
	read -r _ <"$TURN"
done
