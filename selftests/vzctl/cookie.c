// SPDX-License-Identifier: GPL-2.0
/*
 * cookie own|one PID... - core scheduling: give each of these processes a cookie of its own, or
 * all of them the same one; prctl(2), PR_SCHED_CORE.
 *
 * Exit status: 0, 1: one of them could not get it (the error on standard error), 2: usage.
 * A process that is gone does not count.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* What a command is for: all threads of a process. */
#define THREAD_GROUP	1ul

static int core(unsigned long cmd, unsigned long pid)
{
	if (!prctl(PR_SCHED_CORE, cmd, pid, THREAD_GROUP, 0ul) || (pid && errno == ESRCH))
		return 0;
	fprintf(stderr, "cookie: process %lu: %s\n", pid, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long cmd = PR_SCHED_CORE_CREATE;
	int rc = 0;

	if (argc < 3 || (strcmp(argv[1], "own") && strcmp(argv[1], "one"))) {
		fputs("usage: cookie own|one PID...\n", stderr);
		return 2;
	}
	if (!strcmp(argv[1], "one")) {
		rc = core(cmd, 0);
		cmd = PR_SCHED_CORE_SHARE_TO;
	}
	for (int i = 2; i < argc; i++)
		rc |= core(cmd, strtoul(argv[i], NULL, 10));
	return rc;
}
