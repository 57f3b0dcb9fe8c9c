// SPDX-License-Identifier: GPL-2.0
/*
 * stall - does a neighbour at its CPU limit hold up others?
 *
 *	stall run KIND DIR MS PROCESSES
 *		Do KIND over and over.  Prints "n N p50 N p99 N max N", of the time in us that one
 *		takes, over all processes.
 *	stall compare [-i] [-r ROUNDS] KIND DIR
 *		Do KIND in a cgroup of the host while four processes of a neighbour do the same,
 *		by turns without a limit and with one of 5 % of a CPU; on a kernel without
 *		containers the neighbour is a cgroup, and the limit cpu.max.  Prints the 99th
 *		percentiles and the second divided by the first.
 *		Exit status 1: that is more than 1.2.  -i: print only.
 *
 * KIND is what they have in common:
 *	files	a file system: create, write, sync and unlink a small file
 *	dir	a directory: create, rename and unlink a file in it
 *	map	a file: map it, write to a page, unmap it, now and then punch a hole
 *	cgroup	the lock of all cgroups: make and remove one
 *	rtnl	the lock of all networks: set and remove an address, in a network of their own
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "group.h"

#define MAX		100000
#define NEIGHBOURS	4
#define LIMIT		5
#define TIMES		1.2
#define MAP_PAGES	256
#define PHASE_NS	2000000000ull
#define SETTLE_NS	700000000ull

enum phase { SETTLE, ALONE, FREE, LIMITED, PHASES };

static struct shared {
	enum phase phase;
	unsigned int n[PHASES];
	uint32_t us[PHASES][MAX];
} *shared;

/* ---- what is done ---- */

static const char *dir;
static char path[2][300];
static int fd = -1;

static int files_do(void)
{
	static const char data[4096];
	int f = open(path[0], O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (f < 0 || write(f, data, sizeof(data)) != sizeof(data) || fsync(f) < 0 || close(f) < 0)
		return -1;
	return unlink(path[0]);
}

static int dir_do(void)
{
	int f = open(path[0], O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (f < 0 || close(f) < 0 || rename(path[0], path[1]) < 0)
		return -1;
	return unlink(path[1]);
}

static int map_begin(void)
{
	char name[280];

	snprintf(name, sizeof(name), "%s/stall.map", dir);
	fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
	return fd < 0 ? -1 : ftruncate(fd, MAP_PAGES * 4096);
}

static int map_do(void)
{
	static unsigned int n;
	unsigned int page = (n++ * 17 + (unsigned int)getpid()) % MAP_PAGES;
	char *p = mmap(NULL, MAP_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -1;
	p[page * 4096] = 1;
	if (munmap(p, MAP_PAGES * 4096) < 0)
		return -1;
	return n % 8 ? 0 : fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page * 4096, 4096);
}

static int cgroup_do(void)
{
	return mkdir(path[0], 0755) < 0 ? -1 : rmdir(path[0]);
}

static int rtnl_begin(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return fd;
}

static int address(int type, int flags)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg a;
		struct rtattr attr;
		uint8_t addr[4];
	} m = {
		.h = { sizeof(m), (uint16_t)type, (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags), 1, 0 },
		/* lo is the first one */
		.a = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1 },
		.attr = { sizeof(m.attr) + sizeof(m.addr), IFA_LOCAL },
		.addr = { 192, 0, 2, 1 },
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[256];
	} answer;

	if (send(fd, &m, sizeof(m), 0) != sizeof(m) || recv(fd, &answer, sizeof(answer), 0) < 0)
		return -1;
	errno = -answer.e.error;
	return errno ? -1 : 0;
}

static int rtnl_do(void)
{
	return address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL) < 0 ? -1 : address(RTM_DELADDR, 0);
}

static const struct kind {
	const char *name;
	int (*begin)(void);
	int (*act)(void);
} kinds[] = {
	{ "files", NULL, files_do },
	{ "dir", NULL, dir_do },
	{ "map", map_begin, map_do },
	{ "cgroup", NULL, cgroup_do },
	{ "rtnl", rtnl_begin, rtnl_do },
};

static const struct kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	errx(2, "no such kind: %s", name);
}

/* Until @end, 0: until it is killed.  @count: the times are of interest. */
static noreturn void work(const struct kind *kind, bool count, uint64_t end)
{
	for (int i = 0; i < 2; i++)
		snprintf(path[i], sizeof(path[i]), "%s/stall.%d.%d", dir, getpid(), i);
	if (kind->begin && kind->begin() < 0)
		die("%s", kind->name);
	while (!end || now_ns() < end) {
		enum phase phase = __atomic_load_n(&shared->phase, __ATOMIC_RELAXED);
		uint64_t t = now_ns();
		unsigned int k;

		if (kind->act() < 0)
			die("%s", kind->name);
		if (!count)
			continue;
		k = __atomic_fetch_add(&shared->n[phase], 1, __ATOMIC_RELAXED);
		if (k < MAX)
			shared->us[phase][k] = (uint32_t)((now_ns() - t) / 1000);
	}
	_exit(0);
}

static double result(enum phase phase, double percent)
{
	static double v[MAX];
	unsigned int n = shared->n[phase] < MAX ? shared->n[phase] : MAX;

	for (unsigned int i = 0; i < n; i++)
		v[i] = shared->us[phase][i];
	return percentile(v, n, percent);
}

static int run(const struct kind *kind, unsigned int ms, int processes)
{
	uint64_t end = now_ns() + ms * 1000000ull;
	int bad = 0, status;

	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			work(kind, true, end);
	}
	while (wait(&status) > 0)
		bad |= status;
	if (bad || !shared->n[SETTLE])
		return 1;
	printf("n %u p50 %.0f p99 %.0f max %.0f\n", shared->n[SETTLE], result(SETTLE, 50), result(SETTLE, 99),
	       result(SETTLE, 100));
	return 0;
}

static void phase(enum phase next)
{
	group_sleep(now_ns() + SETTLE_NS);
	__atomic_store_n(&shared->phase, next, __ATOMIC_RELAXED);
	group_sleep(now_ns() + PHASE_NS);
	__atomic_store_n(&shared->phase, SETTLE, __ATOMIC_RELAXED);
}

/* Whoever did not last has not done what is measured. */
static void all_alive(void)
{
	int status;

	if (waitpid(-1, &status, WNOHANG) > 0)
		errx(2, "one of the processes has ended");
}

static int compare(const struct kind *kind, bool judge, unsigned int rounds)
{
	struct group victim, neighbour;
	double ratio;

	group_begin();
	group_make(&victim, 1, true);
	group_make(&neighbour, 2, false);
	if (!strcmp(kind->name, "cgroup"))
		dir = victim.path;
	if (!group_fork(victim.fd))
		work(kind, true, 0);
	phase(ALONE);
	if (!strcmp(kind->name, "cgroup"))
		dir = neighbour.path;
	for (int i = 0; i < NEIGHBOURS; i++) {
		if (!group_fork(neighbour.fd))
			work(kind, false, 0);
	}
	for (unsigned int i = 0; i < rounds; i++) {
		group_limit(&neighbour, 0);
		phase(FREE);
		group_limit(&neighbour, LIMIT);
		phase(LIMITED);
	}
	all_alive();
	group_limit(&neighbour, 0);
	group_remove(&neighbour);
	group_remove(&victim);
	ratio = result(LIMITED, 99) / result(FREE, 99);
	printf("%s: p99 alone %.0f, neighbour without a limit %.0f, with %.0f us (max %.0f), ratio %.2f, n %u %u\n",
	       kind->name, result(ALONE, 99), result(FREE, 99), result(LIMITED, 99), result(LIMITED, 100), ratio,
	       shared->n[FREE], shared->n[LIMITED]);
	if (shared->n[FREE] < 100 || shared->n[LIMITED] < 100)
		errx(2, "too few samples");
	return judge && ratio > TIMES;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	unsigned int rounds = 3;
	bool judge = true;
	int c;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	optind = 2;
	while ((c = getopt(argc, argv, "+ir:")) != -1) {
		switch (c) {
		case 'i': judge = false; break;
		case 'r': rounds = (unsigned int)atoi(optarg); break;
		default: return 2;
		}
	}
	argc -= optind;
	argv += optind;
	if (!strcmp(verb, "run") && argc == 4) {
		dir = argv[1];
		return run(find(argv[0]), (unsigned int)atoi(argv[2]), atoi(argv[3]));
	}
	if (!strcmp(verb, "compare") && argc == 2) {
		dir = argv[1];
		return compare(find(argv[0]), judge, rounds);
	}
	errx(2, "usage: stall run KIND DIR MS PROCESSES | stall compare [-i] [-r ROUNDS] KIND DIR");
}
