/* spawn JOBS COUNT PROGRAM: JOBS processes together run the program COUNT times and read what it prints: what any CGI host
 * must do at least. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int run(const char *program)
{
	char *argv[] = {(char *)program, NULL};
	char buf[4096];
	posix_spawn_file_actions_t actions;
	int p[2], status, total = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) || posix_spawn_file_actions_init(&actions) || posix_spawn_file_actions_adddup2(&actions, p[1], 1))
		return 1;
	if (posix_spawn(&pid, program, &actions, NULL, argv, environ))
		return 1;
	posix_spawn_file_actions_destroy(&actions);
	close(p[1]);
	while ((n = read(p[0], buf, sizeof buf)) > 0)
		total += n;
	close(p[0]);
	return waitpid(pid, &status, 0) != pid || status != 0 || total == 0;
}

int main(int argc, char **argv)
{
	int jobs, count, job, i, status, failed = 0;

	if (argc != 4)
		return 2;
	jobs = atoi(argv[1]);
	count = atoi(argv[2]);
	for (job = 0; job < jobs; job++) {
		pid_t pid = fork();
		if (pid < 0)
			return 1;
		if (pid > 0)
			continue;
		for (i = job; i < count; i += jobs)
			if (run(argv[3]))
				_exit(1);
		_exit(0);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}
