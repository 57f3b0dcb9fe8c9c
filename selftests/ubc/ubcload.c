// SPDX-License-Identifier: GPL-2.0
/*
 * ubcload: take what beancounters count, until there is no more.
 *
 *	ubcload files|tcp|other|ptys|procs|threads|signals|locks|pages [MAX]
 *		take until refused the first time (or MAX of them), print "NUMBER ERROR",
 *		keep them until the file /stop is there; when the file /again is there,
 *		remove it, try one more and print "again ERROR"
 *	ubcload race files|tcp|procs THREADS SECONDS	take and let go in all of them, then
 *		take what there is; print how often they were refused until then
 *	ubcload convert			locks at the limit: what must work, what must not
 *	ubcload kill			a signal at the limit
 *	ubcload touch			many mappings; use them when the file /stop is there
 *	ubcload listen PORT		accept until /stop is there
 *	ubcload connect PORT N		that many connections to 127.0.0.1, for a second
 *	ubcload keep PID FD SECONDS	hold that descriptor of that process
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOCK_FILE	"/ubcload.lock"

static void say(const char *what, int r)
{
	printf("%s: %s\n", what, r < 0 ? strerrorname_np(errno) : "ok");
	fflush(stdout);
}

static void wait_for_stop(void)
{
	fflush(stdout);
	while (access("/stop", F_OK) < 0)
		usleep(10000);
}

static void *pause_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* POSIX lock of @len bytes at @start */
static int range(int fd, short type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, F_SETLK, &l);
}

/* one more of @what; < 0 with errno when it is refused */
static int take(const char *what, long n)
{
	static int lock_fd = -1;
	static char *area;
	pthread_t thread;
	pid_t pid, parent;
	int r;

	switch (what[0]) {
	case 'f':
		return eventfd(0, 0);
	case 't':
		if (what[1] == 'h') {
			pthread_attr_t attr;

			pthread_attr_init(&attr);
			pthread_attr_setstacksize(&attr, 65536);
			r = pthread_create(&thread, &attr, pause_forever, NULL);
			errno = r;
			return -r;
		}
		return socket(AF_INET, SOCK_STREAM, 0);
	case 'o':
		return socket(n & 1 ? AF_UNIX : AF_INET, n & 2 ? SOCK_DGRAM : n & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
	case 'p':
		if (what[1] == 't')
			return posix_openpt(O_RDWR | O_NOCTTY);
		if (what[1] == 'a') {
			/* one page table for each 2 MiB */
			if (!area) {
				area = mmap(NULL, 1ul << 36, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
					    -1, 0);
				if (area == MAP_FAILED)
					return -1;
			}
			return *(volatile char *)(area + (n << 21));
		}
		parent = getpid();
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			/* too late for that? */
			if (getppid() != parent)
				_exit(0);
			pause_forever(NULL);
		}
		return pid;
	case 's':
		return sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 });
	case 'l':
		if (lock_fd < 0)
			lock_fd = open(LOCK_FILE, O_RDWR | O_CREAT, 0600);
		return lock_fd < 0 ? -1 : range(lock_fd, F_WRLCK, n * 10, 5);
	}
	errno = EINVAL;
	return -1;
}

static void raise_limits(void)
{
	static const int which[] = { RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_SIGPENDING };

	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		struct rlimit r;

		if (getrlimit(which[i], &r) == 0) {
			r.rlim_cur = r.rlim_max;
			setrlimit(which[i], &r);
		}
	}
}

static void block(void)
{
	sigset_t all;

	sigemptyset(&all);
	sigaddset(&all, SIGRTMIN);
	sigaddset(&all, SIGUSR1);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static long take_all(const char *what, long max)
{
	long n = 0;

	errno = 0;
	while (n < max && take(what, n) >= 0)
		n++;
	return n;
}

/* with @n of @what: keep them, and try to get another one whenever somebody asks for it */
static void hold(const char *what, long n)
{
	fflush(stdout);
	while (access("/stop", F_OK) < 0) {
		if (unlink("/again") == 0) {
			int r = take(what, n);

			n += r >= 0;
			say("again", r);
		}
		usleep(10000);
	}
}

/* ---- a race for the last one ---- */

static const char *race_for;
static atomic_long refused;
static atomic_bool stop_race;
static atomic_int at_end;

static void let_go(int what)
{
	if (race_for[0] == 'p') {
		kill(what, SIGKILL);
		waitpid(what, NULL, 0);
	} else {
		close(what);
	}
}

static void *race(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	int have[16], n = 0;

	while (!atomic_load(&stop_race)) {
		if (n < 16 && rand_r(&seed) % 3) {
			have[n] = take(race_for, 0);
			if (have[n] >= 0)
				n++;
			else
				atomic_fetch_add(&refused, 1);
		} else if (n) {
			let_go(have[--n]);
		}
	}
	/* what is left now must be there for somebody */
	while (take(race_for, 0) >= 0)
		;
	atomic_fetch_add(&at_end, 1);
	/* children go with the thread that made them */
	return pause_forever(arg);
}

static int run_race(const char *what, int threads, int seconds)
{
	pthread_t t;

	race_for = what;
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&t, NULL, race, (void *)(uintptr_t)(i + 1)))
			return 2;
	}
	sleep((unsigned int)seconds);
	atomic_store(&stop_race, true);
	while (atomic_load(&at_end) < threads)
		usleep(10000);
	printf("%ld refused\n", atomic_load(&refused));
	wait_for_stop();
	return 0;
}

/* ---- locks at the limit ---- */

/* four locks that fill the barrier, and a limit of one more */
static int convert(void)
{
	int a = open(LOCK_FILE, O_RDWR | O_CREAT, 0600), b = open(LOCK_FILE, O_RDWR);

	say("flock", flock(b, LOCK_SH));
	say("lock 1", range(a, F_WRLCK, 0, 10));
	say("lock 2", range(a, F_WRLCK, 20, 10));
	say("lock 3", range(a, F_WRLCK, 40, 10));
	say("one too many", range(a, F_WRLCK, 60, 10));
	say("flock, exclusive", flock(b, LOCK_EX));
	say("flock, shared", flock(b, LOCK_SH));
	say("for reading", range(a, F_RDLCK, 0, 10));
	say("larger", range(a, F_WRLCK, 20, 15));
	say("a hole", range(a, F_UNLCK, 3, 2));
	say("another hole", range(a, F_UNLCK, 45, 2));
	say("unlock", range(a, F_UNLCK, 0, 0));
	say("flock, unlock", flock(b, LOCK_UN));
	return 0;
}

static volatile sig_atomic_t got;

static void on_signal(int sig)
{
	got = sig;
}

static int kill_at_limit(void)
{
	long n;

	signal(SIGUSR2, on_signal);
	n = take_all("signals", 100000);
	printf("%ld %s\n", n, strerrorname_np(errno));
	kill(getpid(), SIGUSR2);
	printf("kill: %s\n", got == SIGUSR2 ? "delivered" : "lost");
	wait_for_stop();
	return 0;
}

static int touch(void)
{
	enum { N = 3000, SIZE = 4096 };
	char *area = mmap(NULL, 2ul * N * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	/* each of them a mapping of its own, with an anon_vma once it is used */
	for (int i = 0; i < N; i++) {
		if (area == MAP_FAILED || mprotect(area + 2l * i * SIZE, SIZE, PROT_READ | PROT_WRITE) < 0) {
			perror("mprotect");
			return 1;
		}
	}
	puts("ready");
	wait_for_stop();
	for (int i = 0; i < N; i++)
		area[2l * i * SIZE] = 1;
	puts("touched");
	return 0;
}

/* ---- connections ---- */

static struct sockaddr_in local(const char *port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};

	return a;
}

static int listen_on(const char *port)
{
	struct sockaddr_in a = local(port);
	int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), n = 0;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 1000) < 0) {
		perror("listen");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	while (access("/stop", F_OK) < 0) {
		struct pollfd p = { .fd = s, .events = POLLIN };

		if (poll(&p, 1, 50) > 0 && accept(s, NULL, NULL) >= 0)
			n++;
	}
	printf("accepted %d\n", n);
	return 0;
}

static int connect_to(const char *port, int n)
{
	struct sockaddr_in a = local(port);

	for (int i = 0; i < n; i++) {
		int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (s < 0 || (connect(s, (struct sockaddr *)&a, sizeof(a)) < 0 && errno != EINPROGRESS)) {
			perror("connect");
			return 1;
		}
	}
	sleep(1);
	return 0;
}

static int keep(pid_t pid, int fd, int seconds)
{
	int p = (int)syscall(SYS_pidfd_open, pid, 0), f = (int)syscall(SYS_pidfd_getfd, p, fd, 0);

	if (f < 0) {
		perror("pidfd_getfd");
		return 1;
	}
	close(p);
	puts("kept");
	fflush(stdout);
	sleep((unsigned int)seconds);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long n;

	raise_limits();
	block();
	if (!strcmp(what, "race") && argc == 5)
		return run_race(argv[2], atoi(argv[3]), atoi(argv[4]));
	if (!strcmp(what, "convert"))
		return convert();
	if (!strcmp(what, "kill"))
		return kill_at_limit();
	if (!strcmp(what, "touch"))
		return touch();
	if (!strcmp(what, "listen") && argc == 3)
		return listen_on(argv[2]);
	if (!strcmp(what, "connect") && argc == 4)
		return connect_to(argv[2], atoi(argv[3]));
	if (!strcmp(what, "keep") && argc == 5)
		return keep(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	if (argc < 2) {
		fprintf(stderr, "usage: ubcload WHAT [ARG...]\n");
		return 2;
	}
	n = take_all(what, argc > 2 ? atol(argv[2]) : 1000000);
	printf("%ld %s\n", n, errno ? strerrorname_np(errno) : "0");
	hold(what, n);
	return 0;
}
