#!/bin/sh
# The works of the comparison as a CGI program, where there is no C compiler. It has no download.
case $REQUEST_URI in
/count*) printf 'Content-Type: text/plain\r\n\r\n%d\n' "$(wc -c)" ;;
*) printf 'Content-Type: text/plain\r\n\r\nhello, world\n' ;;
esac
