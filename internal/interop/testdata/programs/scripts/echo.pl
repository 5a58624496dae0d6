#!/usr/bin/perl
# Says what it was asked, and sends the body back, by CGI.pm.
use strict;
use warnings;
use CGI;

my $q = CGI->new;
binmode STDOUT;
print $q->header(-type => 'text/plain');
print $q->request_method, ' ', $q->script_name, $q->path_info, '?', $ENV{QUERY_STRING}, "\n";
print scalar $q->param('POSTDATA') if $q->request_method eq 'POST';
