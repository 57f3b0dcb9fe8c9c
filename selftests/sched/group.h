/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups of tasks that share the CPUs: containers, cgroups of the host, or, on a kernel without
 * containers, cgroups like theirs.  Made by hand, so that fifty of them cost little, and gone at
 * the end.
 */
#ifndef GROUP_H
#define GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/**
 * struct group - a container or a cgroup
 * @path: its directory
 * @fd: the same, open
 * @ve: it is a container
 * @init: of the container, or 0
 */
struct group {
	char path[64];
	int fd;
	bool ve;
	pid_t init;
};

/* The kernel has containers. */
extern bool group_ve;

noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t now_ns(void);
/* Sort @n values and return the one that @percent of them do not exceed. */
double percentile(double *v, unsigned int n, double percent);

/* Make what all groups are in.  The end of the program takes it all away. */
void group_begin(void);
/* Sleep; SIGINT, SIGTERM and SIGHUP end the program here. */
void group_sleep(uint64_t until);

/* A group with this number, 1 to 65535, of the host or, if there are any, a container. */
void group_make(struct group *g, unsigned int number, bool host);
/* Weight, in units of 1000; limit, in percent of a CPU, 0: none; CPUs at once, 0: any number. */
void group_weight(const struct group *g, unsigned int units);
void group_limit(const struct group *g, unsigned int percent);
void group_cpus(const struct group *g, unsigned int cpus);
/* A cgroup @depth levels below; @name tells it from others. */
int group_below(const struct group *g, unsigned int depth, unsigned int name);
/* fork(2) of a child that is in a group, or in a cgroup below it. */
pid_t group_fork(int dir);
/* CPU time used, ns. */
uint64_t group_usage(const struct group *g);
/* Kill all that is in there and remove it. */
void group_remove(struct group *g);

#endif /* GROUP_H */
