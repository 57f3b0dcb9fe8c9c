// SPDX-License-Identifier: GPL-2.0
/*
 * bench-host - what system calls cost, on a host without containers or in one
 *
 *	bench-host [-k SAMPLES] [-d DIVISOR] [LOOP...]
 *
 * For each loop prints `LOOP,MEDIAN,MIN,MAX,SAMPLES` in ns per iteration.  Under icount that is the number of instructions,
 * kernel and user together, and the same on every run.  To compare two kernels
 * run the same binary on both and compare the minima: where the objects of a loop
 * happen to lie in their slab costs up to 7 % on either kernel and stays like that
 * for a while, so every sample starts from another filling.  -d divides the iterations.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PAGES		4096u
#define STREAM_CHUNK	65536u

static void must(int ok, const char *what)
{
	if (!ok)
		err(1, "%s", what);
}

static void reap(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid, "wait");
	if (status)
		errx(1, "child ended with wait status %#x", status);
}

static void loop_fork(unsigned int n)
{
	while (n--) {
		pid_t pid = fork();

		must(pid >= 0, "fork");
		if (!pid)
			_exit(0);
		reap(pid);
	}
}

static void loop_exec(unsigned int n)
{
	char *argv[] = { "true", NULL }, *envv[] = { NULL };

	while (n--) {
		pid_t pid = fork();

		must(pid >= 0, "fork");
		if (!pid) {
			execve("/bin/true", argv, envv);
			_exit(127);
		}
		reap(pid);
	}
}

static void loop_open(unsigned int n)
{
	while (n--) {
		int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

		must(fd >= 0, "open");
		close(fd);
	}
}

static void loop_null(unsigned int n)
{
	while (n--) {
		int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

		must(fd >= 0, "open");
		close(fd);
	}
}

static void loop_proc(unsigned int n)
{
	while (n--) {
		int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);

		must(fd >= 0, "open");
		close(fd);
	}
}

/* one round trip of one byte each time */
static void echo_peer(int in, int out)
{
	char c;

	while (read(in, &c, 1) == 1)
		must(write(out, &c, 1) == 1, "echo");
	_exit(0);
}

static void loop_pipe(unsigned int n)
{
	int there[2], back[2];
	pid_t pid;
	char c = 0;

	must(!pipe2(there, O_CLOEXEC) && !pipe2(back, O_CLOEXEC), "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		close(there[1]);
		close(back[0]);
		echo_peer(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	while (n--)
		must(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1, "pipe");
	close(there[1]);
	close(back[0]);
	reap(pid);
}

/* two processes that do nothing but let each other run */
static void loop_switch(unsigned int n)
{
	int *end = mmap(NULL, sizeof(*end), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	must(end != MAP_FAILED, "mmap");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		while (!__atomic_load_n(end, __ATOMIC_RELAXED))
			sched_yield();
		_exit(0);
	}
	while (n--)
		sched_yield();
	__atomic_store_n(end, 1, __ATOMIC_RELAXED);
	reap(pid);
	munmap(end, sizeof(*end));
}

static void futex(int *word, int op, int value)
{
	long r = syscall(SYS_futex, word, op, value, NULL, NULL, 0);

	must(r >= 0 || errno == EAGAIN, "futex");
}

/* wait for one's turn, give it to the other */
static void take_turns(int *word, int mine, unsigned int n)
{
	while (n--) {
		while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != mine)
			futex(word, FUTEX_WAIT, !mine);
		__atomic_store_n(word, !mine, __ATOMIC_RELEASE);
		futex(word, FUTEX_WAKE, 1);
	}
}

/* a process wakes another one up and sleeps, both in turn */
static void loop_wake(unsigned int n)
{
	int *word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	must(word != MAP_FAILED, "mmap");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		take_turns(word, 1, n);
		_exit(0);
	}
	take_turns(word, 0, n);
	reap(pid);
	munmap(word, sizeof(*word));
}

/* made, used once and closed */
static void loop_pipe_new(unsigned int n)
{
	char c = 0;
	int fd[2];

	while (n--) {
		must(!pipe2(fd, O_CLOEXEC) && write(fd[1], &c, 1) == 1 && read(fd[0], &c, 1) == 1, "pipe");
		close(fd[0]);
		close(fd[1]);
	}
}

static void open_sockets(int domain, int type, unsigned int n)
{
	while (n--) {
		int fd = socket(domain, type | SOCK_CLOEXEC, 0);

		must(fd >= 0, "socket");
		close(fd);
	}
}

static void loop_socket_tcp(unsigned int n)
{
	open_sockets(AF_INET, SOCK_STREAM, n);
}

static void loop_socket_udp(unsigned int n)
{
	open_sockets(AF_INET, SOCK_DGRAM, n);
}

/* a connected pair over 127.0.0.1 */
static void tcp_pair(int fd[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int one = 1, size = 256 << 10, l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(l >= 0, "socket");
	/* fixed buffers: what auto-tuning makes of them depends on the hour */
	setsockopt(l, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	must(!bind(l, (struct sockaddr *)&a, sizeof(a)) && !listen(l, 1) &&
	     !getsockname(l, (struct sockaddr *)&a, &len), "listen");
	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	must(fd[0] >= 0 && !connect(fd[0], (struct sockaddr *)&a, len), "connect");
	fd[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	must(fd[1] >= 0, "accept");
	setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	close(l);
}

/* a byte to a process that sends it back, and back again; closes both */
static void round_trips(int fd[2], unsigned int n, bool datagrams)
{
	pid_t pid = fork();
	char c = 0;

	must(pid >= 0, "fork");
	if (!pid) {
		close(fd[0]);
		echo_peer(fd[1], fd[1]);
	}
	close(fd[1]);
	while (n--)
		must(write(fd[0], &c, 1) == 1 && read(fd[0], &c, 1) == 1, "round trip");
	/* there is no end of file: an empty one */
	if (datagrams)
		must(!send(fd[0], &c, 0, 0), "send");
	close(fd[0]);
	reap(pid);
}

static void loop_tcp_rr(unsigned int n)
{
	int fd[2];

	tcp_pair(fd);
	round_trips(fd, n, false);
}

static void loop_tcp_conn(unsigned int n)
{
	while (n--) {
		int fd[2];

		tcp_pair(fd);
		close(fd[0]);
		close(fd[1]);
	}
}

/*
 * Chunks, each answered with a byte.  Without that both ends come to work in one of several
 * rhythms, by chance, and that makes more difference than anything that is measured.
 */
static void loop_tcp_stream(unsigned int n)
{
	static char buf[STREAM_CHUNK];
	pid_t pid;
	int fd[2];

	tcp_pair(fd);
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		close(fd[0]);
		while (recv(fd[1], buf, sizeof(buf), MSG_WAITALL) == (ssize_t)sizeof(buf))
			must(write(fd[1], buf, 1) == 1, "answer");
		_exit(0);
	}
	close(fd[1]);
	while (n--) {
		size_t done = 0;
		ssize_t r;

		while (done < sizeof(buf)) {
			r = write(fd[0], buf + done, sizeof(buf) - done);
			must(r > 0, "stream");
			done += (size_t)r;
		}
		must(read(fd[0], buf, 1) == 1, "answer");
	}
	close(fd[0]);
	reap(pid);
}

/* two sockets on 127.0.0.1 that know each other */
static void udp_pair(int fd[2])
{
	struct sockaddr_in a[2];
	socklen_t len = sizeof(a[0]);

	for (int i = 0; i < 2; i++) {
		a[i] = (struct sockaddr_in){ .sin_family = AF_INET };
		a[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		must(fd[i] >= 0 && !bind(fd[i], (struct sockaddr *)&a[i], len) &&
		     !getsockname(fd[i], (struct sockaddr *)&a[i], &len), "bind");
	}
	for (int i = 0; i < 2; i++)
		must(!connect(fd[i], (struct sockaddr *)&a[!i], len), "connect");
}

static void loop_udp_rr(unsigned int n)
{
	int fd[2];

	udp_pair(fd);
	round_trips(fd, n, true);
}

/* 1 KiB each, sent and received by one process */
static void datagrams(int fd[2], unsigned int n)
{
	char buf[1024] = { 0 };
	ssize_t size = sizeof(buf);

	while (n--)
		must(write(fd[0], buf, sizeof(buf)) == size && read(fd[1], buf, sizeof(buf)) == size, "datagram");
	close(fd[0]);
	close(fd[1]);
}

static void loop_udp(unsigned int n)
{
	int fd[2];

	udp_pair(fd);
	datagrams(fd, n);
}

static void loop_unix(unsigned int n)
{
	int fd[2];

	must(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd), "socketpair");
	datagrams(fd, n);
}

/* of a name that exists and is in the cache */
static void loop_lookup(unsigned int n)
{
	while (n--)
		must(!access("/etc/passwd", F_OK), "/etc/passwd");
}

/*
 * Of another name each time, where what does not exist is not remembered: a dentry is
 * made and freed.
 */
static void loop_lookup_none(unsigned int n)
{
	static unsigned int number;
	char name[] = "/dev/shm/bench-12345678";
	struct statfs fs;

	must(!statfs("/dev/shm", &fs), "/dev/shm");
	if (fs.f_type != TMPFS_MAGIC)
		errx(1, "/dev/shm is no tmpfs");
	while (n--) {
		number++;
		for (unsigned int i = 0; i < 8; i++)
			name[15 + i] = (char)('a' + (number >> 4 * i & 15));
		must(access(name, F_OK) < 0 && errno == ENOENT, name);
	}
}

static void loop_mmap(unsigned int n)
{
	while (n--) {
		void *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(p != MAP_FAILED && !munmap(p, 65536), "mmap");
	}
}

static void loop_fault(unsigned int n)
{
	long size = sysconf(_SC_PAGESIZE);

	while (n--) {
		char *p = mmap(NULL, (size_t)size * PAGES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(p != MAP_FAILED, "mmap");
		for (unsigned int i = 0; i < PAGES; i++)
			*(volatile char *)(p + (size_t)size * i) = 1;
		munmap(p, (size_t)size * PAGES);
	}
}

/*
 * @n: iterations of a sample, enough that the timer ticks and RCU callbacks that fall
 *	into it average out
 * @per: what the printed time is divided by beyond @n
 */
static const struct loop {
	const char *name;
	void (*fn)(unsigned int n);
	unsigned int n, per;
} loops[] = {
	{ "fork", loop_fork, 200, 1 },
	{ "exec", loop_exec, 60, 1 },
	{ "open", loop_open, 5000, 1 },
	{ "open-null", loop_null, 5000, 1 },
	{ "open-proc", loop_proc, 5000, 1 },
	{ "pipe", loop_pipe, 3000, 1 },
	{ "switch", loop_switch, 3000, 1 },
	{ "wake", loop_wake, 3000, 1 },
	{ "pipe-new", loop_pipe_new, 2000, 1 },
	{ "socket-tcp", loop_socket_tcp, 8000, 1 },
	{ "socket-udp", loop_socket_udp, 8000, 1 },
	{ "tcp-rr", loop_tcp_rr, 1500, 1 },
	{ "tcp-conn", loop_tcp_conn, 400, 1 },
	{ "tcp-stream", loop_tcp_stream, 256, STREAM_CHUNK / 1024 },
	{ "udp-rr", loop_udp_rr, 1500, 1 },
	{ "udp", loop_udp, 3000, 1 },
	{ "unix", loop_unix, 3000, 1 },
	{ "lookup", loop_lookup, 5000, 1 },
	{ "lookup-none", loop_lookup_none, 5000, 1 },
	{ "mmap", loop_mmap, 3000, 1 },
	{ "fault", loop_fault, 4, PAGES },
};

#define N_LOOPS (sizeof(loops) / sizeof(loops[0]))

static void measure(const struct loop *l, unsigned int samples, unsigned int divisor)
{
	static double v[BENCH_MAX_SAMPLES];
	unsigned int n = l->n / divisor ? l->n / divisor : 1;
	int held[BENCH_MAX_SAMPLES], skb[2];
	double median;

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, skb), "socketpair");
	bench_mark("=");
	l->fn(n);
	for (unsigned int i = 0; i < samples; i++) {
		uint64_t t0;

		/* another position in the slabs of files and their private data */
		held[i] = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
		must(held[i] >= 0, "/proc/loadavg");
		/*
		 * A buffer of a UNIX socket is charged, and who shares its slab pays for the
		 * look.  That is so on any machine, but not at once on one that has just booted.
		 */
		must(write(skb[0], "", 1) == 1 || errno == EAGAIN, "write");
		/* what the last sample left to RCU and workqueues */
		bench_sleep_ms(50);
		t0 = bench_now();
		bench_mark("(");
		l->fn(n);
		bench_mark(")");
		v[i] = (double)(bench_now() - t0) / n / l->per;
	}
	for (unsigned int i = 0; i < samples; i++)
		close(held[i]);
	close(skb[0]);
	close(skb[1]);
	median = bench_median(v, samples);
	printf("%s,%.1f,%.1f,%.1f,%u\n", l->name, median, v[0], v[samples - 1], samples);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned int samples = 13, divisor = 1;
	int c;

	/* the same addresses on every run */
	if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
		personality(ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
		err(1, "exec of itself");
	}
	while ((c = getopt(argc, argv, "k:d:")) != -1) {
		switch (c) {
		case 'k': samples = bench_number(optarg, BENCH_MAX_SAMPLES); break;
		case 'd': divisor = bench_number(optarg, 1000); break;
		default: return 2;
		}
	}
	if (!samples || !divisor)
		errx(2, "usage: bench-host [-k SAMPLES] [-d DIVISOR] [LOOP...]");
	for (size_t i = 0; i < N_LOOPS; i++) {
		int wanted = optind == argc;

		for (int a = optind; a < argc; a++)
			wanted |= !strcmp(argv[a], loops[i].name);
		if (wanted)
			measure(&loops[i], samples, divisor);
	}
	return 0;
}
