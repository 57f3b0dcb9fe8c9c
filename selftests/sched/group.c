// SPDX-License-Identifier: GPL-2.0
/* Containers and cgroups for the tests of the scheduler; see group.h. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "group.h"

#define ROOT	"/sys/fs/cgroup"
/* numbers of containers, and where the ids of their users begin */
#define FIRST	904000
#define FIRST_UID 1000000

bool group_ve;
static pid_t owner;
static bool made_parent;
static const char *parent;
static char made[256][64];
static unsigned int nr_made;
static sigset_t signals;

void die(const char *format, ...)
{
	int error = errno;
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(error));
	exit(2);
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double percentile(double *v, unsigned int n, double percent)
{
	unsigned int i = (unsigned int)(n * percent / 100);

	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), compare);
	return v[i < n ? i : n - 1];
}

static int put_at(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) < 0)
		r = -1;
	close(fd);
	return r;
}

static void must_put(int dir, const char *name, const char *text)
{
	if (put_at(dir, name, text) < 0)
		die("writing %s to %s", text, name);
}

static void number_to(const struct group *g, const char *name, unsigned int value)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", value);
	must_put(g->fd, name, text);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type == FTW_DP)
		rmdir(path);
	return 0;
}

/* What is being killed takes its time to go. */
static void remove_tree(const char *path)
{
	for (int i = 0; i < 400; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		if (access(path, F_OK) < 0)
			return;
		usleep(25000);
	}
	fprintf(stderr, "%s stays\n", path);
}

static void forget(const char *path)
{
	for (unsigned int i = 0; i < nr_made; i++) {
		if (!strcmp(made[i], path))
			*made[i] = 0;
	}
}

static void remove_group(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		put_at(fd, "cgroup.kill", "1");
		close(fd);
		remove_tree(path);
	}
	forget(path);
}

static void clean(void)
{
	/* not in what was forked */
	if (getpid() != owner)
		return;
	for (unsigned int i = 0; i < nr_made; i++) {
		if (*made[i])
			remove_group(made[i]);
	}
	if (made_parent)
		remove_tree(parent);
	made_parent = false;
}

void group_begin(void)
{
	char text[512];
	int fd, root = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ssize_t n;

	fd = openat(root, "cgroup.controllers", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		die(ROOT);
	text[n] = 0;
	close(fd);
	group_ve = strstr(text, " ve") || !strncmp(text, "ve", 2);
	parent = group_ve ? ROOT "/vz" : ROOT "/sched";
	made_parent = !mkdir(parent, 0755);
	owner = getpid();
	atexit(clean);
	/* group_sleep() looks at them */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("%s", parent);
	must_put(root, "cgroup.subtree_control", "+cpu");
	must_put(fd, "cgroup.subtree_control", "+cpu");
	if (group_ve) {
		must_put(root, "cgroup.subtree_control", "+ve");
		must_put(fd, "cgroup.subtree_control", "+ve");
		/* as vzctl has it: containers are neighbours of what the host runs */
		must_put(fd, "ve.cpuunits", "sum");
	}
	close(fd);
	close(root);
}

void group_sleep(uint64_t until)
{
	for (uint64_t now = now_ns(); now < until; now = now_ns()) {
		struct timespec t = { (time_t)((until - now) / 1000000000u), (long)((until - now) % 1000000000u) };
		int sig = sigtimedwait(&signals, NULL, &t);

		if (sig > 0)
			exit(128 + sig);
	}
}

static void id_map(pid_t pid, const char *name, unsigned int number)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	snprintf(text, sizeof(text), "0 %u 65536", FIRST_UID + number * 65536);
	must_put(AT_FDCWD, path, text);
}

static pid_t fork_into(int dir, uint64_t flags)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP | flags,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)dir,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* An init that says START and waits for its end. */
static void start(struct group *g, unsigned int number)
{
	int state = openat(g->fd, "ve.state", O_WRONLY | O_CLOEXEC), there[2], back[2];
	char c = 0;

	if (state < 0 || pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		die("ve.state");
	g->init = fork_into(g->fd, CLONE_NEWUSER | CLONE_NEWPID);
	if (g->init < 0)
		die("init of %s", g->path);
	if (!g->init) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(there[0], &c, 1) != 1 || write(state, "START", 5) != 5 || write(back[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	id_map(g->init, "uid_map", number);
	id_map(g->init, "gid_map", number);
	if (write(there[1], &c, 1) != 1)
		die("pipe");
	close(back[1]);
	if (read(back[0], &c, 1) != 1)
		die("START of %s", g->path);
	close(state);
	close(there[0]);
	close(there[1]);
	close(back[0]);
}

void group_make(struct group *g, unsigned int number, bool host)
{
	*g = (struct group){ .ve = group_ve && !host };
	if (host)
		snprintf(g->path, sizeof(g->path), ROOT "/sched-host%u", number);
	else
		snprintf(g->path, sizeof(g->path), "%s/%u", parent, group_ve ? FIRST + number : number);
	if (mkdir(g->path, 0755) < 0)
		die("%s", g->path);
	if (nr_made == sizeof(made) / sizeof(made[0]))
		die("too many groups");
	strcpy(made[nr_made++], g->path);
	g->fd = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->fd < 0)
		die("%s", g->path);
	if (g->ve) {
		number_to(g, "ve.id", FIRST + number);
		start(g, number);
	}
}

void group_weight(const struct group *g, unsigned int units)
{
	if (group_ve)
		number_to(g, "ve.cpuunits", units);
	else
		number_to(g, "cpu.weight", units / 10);
}

void group_limit(const struct group *g, unsigned int percent)
{
	char text[32] = "max";

	if (g->ve) {
		number_to(g, "ve.cpulimit", percent);
		return;
	}
	if (percent)
		snprintf(text, sizeof(text), "%u 100000", percent * 1000);
	must_put(g->fd, "cpu.max", text);
}

void group_cpus(const struct group *g, unsigned int cpus)
{
	number_to(g, "ve.cpus", cpus);
}

/* @name below @dir, which has the cpu controller for its children. */
static int below(int dir, const char *name)
{
	int fd;

	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		die("%s", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("%s", name);
	return fd;
}

int group_below(const struct group *g, unsigned int depth, unsigned int name)
{
	int fd = dup(g->fd);
	char text[32];

	for (unsigned int i = 0; i < depth; i++) {
		int next;

		/* a cgroup has either tasks or children that share its CPU time */
		if (!i && g->init) {
			int leaf = below(fd, "init");

			snprintf(text, sizeof(text), "%d", g->init);
			must_put(leaf, "cgroup.procs", text);
			close(leaf);
		}
		must_put(fd, "cgroup.subtree_control", "+cpu");
		/* two branches at each level */
		if (i < depth - 1)
			snprintf(text, sizeof(text), "%c", 'a' + (int)(name >> i & 1));
		else
			snprintf(text, sizeof(text), "leaf%u", name);
		next = below(fd, text);
		close(fd);
		fd = next;
	}
	return fd;
}

pid_t group_fork(int dir)
{
	pid_t pid = fork_into(dir, 0);

	if (pid < 0)
		die("fork");
	if (!pid) {
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	}
	return pid;
}

uint64_t group_usage(const struct group *g)
{
	int fd = openat(g->fd, "cpu.stat", O_RDONLY | O_CLOEXEC);
	unsigned long usec;
	char text[512];
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		die("%s/cpu.stat", g->path);
	close(fd);
	text[n] = 0;
	if (sscanf(text, "usage_usec %lu", &usec) != 1)
		die("%s/cpu.stat: %s", g->path, text);
	return usec * 1000;
}

void group_remove(struct group *g)
{
	close(g->fd);
	remove_group(g->path);
}
