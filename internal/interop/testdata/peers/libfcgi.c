/* A FastCGI program as libfcgi's manual has it: a loop around what was a CGI program. */
#include <fcgi_stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value ? value : "";
}

int main(void)
{
	int served = 0;
	while (FCGI_Accept() >= 0) {
		const char *path = variable("PATH_INFO");
		served++;
		if (!strcmp(path, "/sum")) { /* of the bytes, read to the end that the protocol has */
			unsigned long n = 0, sum = 0;
			int c;
			while ((c = getchar()) != EOF) {
				n++;
				sum = sum * 31 + c;
			}
			printf("Content-Type: text/plain\r\n\r\n%s %lu %lu\n", variable("CONTENT_LENGTH"), n, sum);
		} else if (!strcmp(path, "/bytes")) {
			long n = atol(variable("QUERY_STRING"));
			printf("Content-Type: application/octet-stream\r\nContent-Length: %ld\r\n\r\n", n);
			while (n-- > 0)
				putchar('x');
		} else if (!strcmp(path, "/stderr")) {
			fprintf(stderr, "trouble with %s\n", variable("QUERY_STRING"));
			printf("Content-Type: text/plain\r\n\r\ntold\n");
		} else if (!strcmp(path, "/status")) { /* an exit status is none of HTTP's */
			printf("Status: 404 Not here\r\nContent-Type: text/plain\r\n\r\nnothing\n");
			FCGI_SetExitStatus(3);
		} else if (!strcmp(path, "/short")) { /* less than it says */
			printf("Content-Length: 100\r\n\r\nhello\n");
		} else if (!strcmp(path, "/die")) {
			printf("Content-Type: text/plain\r\n\r\nhalf of");
			fflush(stdout);
			abort();
		} else if (!strcmp(path, "/environ")) {
			char **e;
			printf("Content-Type: text/plain\r\n\r\n");
			for (e = environ; *e; e++)
				printf("%s\n", *e);
		} else {
			printf("Content-Type: text/plain\r\n\r\n%s %s %d\n", variable("REQUEST_METHOD"), path, served);
		}
	}
	return 0;
}
