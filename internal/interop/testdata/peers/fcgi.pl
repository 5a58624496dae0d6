# A program with FCGI.pm, as Perl's applications have it: it listens at its argument.
use strict;
use warnings;
use FCGI;
use IO::Handle;

my $socket = FCGI::OpenSocket($ARGV[0], 100);
my ($in, $out, $err, %env) = (IO::Handle->new, IO::Handle->new, IO::Handle->new);
my $request = FCGI::Request($in, $out, $err, \%env, $socket);
my $served = 0;

while ($request->Accept >= 0) {
	$served++;
	my $body = '';
	if ($env{CONTENT_LENGTH}) {
		read $in, $body, $env{CONTENT_LENGTH};
	}
	if ($env{PATH_INFO} eq '/status') {
		print $out "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnothing\n";
	} elsif ($env{PATH_INFO} eq '/stderr') {
		print $err "trouble with $env{QUERY_STRING}\n";
		print $out "Content-Type: text/plain\r\n\r\ntold\n";
	} elsif ($env{PATH_INFO} eq '/bytes') {
		print $out "Content-Type: text/plain\r\n\r\n", 'x' x $env{QUERY_STRING};
	} elsif ($env{PATH_INFO} eq '/sum') {
		print $out "Content-Type: text/plain\r\n\r\n", length $body, ' ', unpack('%32C*', $body), "\n";
	} elsif ($env{PATH_INFO} eq '/die') {
		print $out "Content-Type: text/plain\r\nContent-Length: 200000\r\n\r\n", 'x' x 100000;
		kill 'KILL', $$;
	} else {
		print $out "Content-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n$env{REQUEST_METHOD} $env{PATH_INFO} $env{FCGI_ROLE}\n";
	}
}
