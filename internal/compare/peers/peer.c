/* The works of the comparison as a CGI program, or with libfcgi (-DFASTCGI -lfcgi) as a FastCGI program. */
#ifdef FASTCGI
#include <fcgi_stdio.h>
#else
#include <stdio.h>
#endif
#include <stdlib.h>
#include <string.h>

#define PIECE 32768

static char piece[PIECE];

static void hello(void)
{
	printf("Content-Type: text/plain\r\n\r\nhello, world\n");
}

static void count(void)
{
	static char in[PIECE];
	long total = 0;
	size_t n;
	while ((n = fread(in, 1, sizeof in, stdin)) > 0)
		total += n;
	printf("Content-Type: text/plain\r\n\r\n%ld\n", total);
}

static void download(void)
{
	int i;
	printf("Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n", 32 * PIECE);
	for (i = 0; i < 32; i++)
		fwrite(piece, 1, PIECE, stdout);
}

static void serve(void)
{
	const char *uri = getenv("REQUEST_URI");
	if (uri && !strncmp(uri, "/count", 6))
		count();
	else if (uri && !strncmp(uri, "/download", 9))
		download();
	else
		hello();
}

int main(void)
{
	int i;
	for (i = 0; i < PIECE; i++)
		piece[i] = "0123456789abcdef"[i % 16];
#ifdef FASTCGI
	while (FCGI_Accept() >= 0)
		serve();
#else
	serve();
#endif
	return 0;
}
