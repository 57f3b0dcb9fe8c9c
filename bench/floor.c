// SPDX-License-Identifier: GPL-2.0
/*
 * bench-floor - the least that a container can cost
 *
 *	bench-floor COUNT ROOT INIT
 *
 * Starts COUNT processes, each as init of its own set of namespaces (user, mount,
 * pid, net, ipc, uts, cgroup, time) with a /proc of its own, chrooted to ROOT and running INIT,
 * and nothing else: no cgroup, no /dev, no device in the network namespace.
 * Prints a line when all are there and ends them when its standard input ends.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static void child(const char *root, const char *init)
{
	char *argv[] = { (char *)init, NULL }, *envv[] = { NULL };

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(root, root, NULL, MS_BIND, NULL) < 0 || chdir(root) < 0 ||
	    mount("proc", "proc", "proc", 0, NULL) < 0 || chroot(".") < 0)
		_exit(126);
	execve(init, argv, envv);
	_exit(127);
}

int main(int argc, char **argv)
{
	unsigned int n;
	pid_t *pids;
	char c;

	if (argc != 4)
		errx(2, "usage: bench-floor COUNT ROOT INIT");
	n = bench_number(argv[1], 10000);
	pids = calloc(n, sizeof(*pids));
	if (!pids)
		err(1, "no memory");
	for (unsigned int i = 0; i < n; i++) {
		int ready[2];
		struct clone_args ca = {
			.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
				 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
				 CLONE_NEWTIME,
			.exit_signal = SIGCHLD,
		};

		if (pipe2(ready, O_CLOEXEC) < 0)
			err(1, "pipe");
		pids[i] = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
		if (pids[i] < 0)
			err(1, "clone");
		if (!pids[i])
			child(argv[2], argv[3]);
		close(ready[1]);
		/* exec closes the other end */
		if (read(ready[0], &c, 1) != 0)
			errx(1, "child");
		close(ready[0]);
		if (waitpid(pids[i], NULL, WNOHANG) != 0)
			errx(1, "container %u did not live", i);
	}
	printf("ready\n");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	for (unsigned int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (unsigned int i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	return 0;
}
