/* The smallest CGI program: what a host adds to it is what it costs. */
#include <unistd.h>

int main(void)
{
	static const char answer[] = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello, world\n";

	return write(1, answer, sizeof answer - 1) != sizeof answer - 1;
}
