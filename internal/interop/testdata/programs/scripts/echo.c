/* Says what it was asked, and sends the body back. */
#include <stdio.h>
#include <stdlib.h>

static const char *var(const char *name) {
	const char *value = getenv(name);
	return value ? value : "";
}

int main(void) {
	static char buf[65536];
	size_t n;

	printf("Content-Type: text/plain\r\n\r\n%s %s%s?%s\n",
		var("REQUEST_METHOD"), var("SCRIPT_NAME"), var("PATH_INFO"), var("QUERY_STRING"));
	while ((n = fread(buf, 1, sizeof buf, stdin)) > 0)
		if (fwrite(buf, 1, n, stdout) < n)
			return 1;
	return 0;
}
