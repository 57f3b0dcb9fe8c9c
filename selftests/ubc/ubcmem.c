// SPDX-License-Identifier: GPL-2.0
/*
 * ubcmem: memory and buffers, as they are asked for.
 *
 * Reads commands from standard input, a line each, and answers each with a line: the
 * number of what came of it where there is one, and "ok" or the name of the error.  Ends
 * with its input.  It takes no memory of its own for that, so that a test knows what a
 * command costs.  N, FIRST: pages; S: a mapping, F, G: a file or socket, each a letter.
 *
 *	map S N [ro|none|shared|locked|grow|noreserve]...	over S FIRST N [...]
 *	unmap S [FIRST N]	protect S ro|rw|none [FIRST N]	remap S N
 *	touch S [FIRST N]	write to them: how many, "SIGBUS" or "SIGSEGV"
 *	try N			map and unmap
 *	brk N			stack N		grow by so much
 *	mlock S [FIRST N]	munlock S [FIRST N]
 *	mlockall current|future|both		munlockall
 *	fork	reap		a child that sleeps; kill it
 *	exec N			itself, with an argument that takes N pages
 *	storm SEED ROUNDS	calls of all kinds in 256 pages: how often refused
 *	race THREADS ROUNDS	map and unmap in all of them: how often refused
 *	size			pages that may be written and stack, locked, all
 *
 *	open F PATH	memfd F		close F...	number F: the descriptor
 *	keep F PID FD	that descriptor of that process
 *	write F N	alloc F FIRST N	punch F FIRST N	cut F N	view S F N: map it, shared
 *	shmget S N	shmlock S	shmunlock S	shmrm S
 *	dup F G		lease F rd|wr|none	locks F N: one byte of every other
 *	at F PATH	a socket there		to F PATH	one connected with it
 *	pass F G	send G through F	take F G	get G through F
 *	names N DIR	look for N files that are not there
 *	files N DIR	open N files	nofiles		close them
 *	deep N DIR	go down N directories	top	come back
 *
 *	netns		a network of its own
 *	nft add|del TABLE	nft rules|elems TABLE N		ipt N
 *
 *	tcp F G, unix F G, dgram F G, udp F G, raw F G, packet F G, netlink F G: a pair that
 *			sends from F to G
 *	send F BYTES CHUNK	until there is no room; bytes that were sent
 *	recv F BYTES		until there are no more, which are looked at in a stream
 *	drain F BYTES		the same, waiting for them
 *	pump F G BYTES		through both
 *	burst THREADS CHUNK ROUNDS	datagrams until there is no room, all at once, and read
 *			them, again and again: how often refused
 *	bsend F BYTES		send and wait, in a thread; "joined" waits for its end
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netlink.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096ul
#define MAX_ARGS	8
#define THREADS		8
#define PATIENCE	100	/* seconds */

static struct map {
	char *p;
	long n;
	int shm;
} maps[26];

static struct file {
	int fd;			/* plus one */
	bool stream;
	unsigned long sent, got;
} files[26];

static char stacks[THREADS][32768] __attribute__((aligned(4096)));
static char handler_stack[65536];
static char data[65536];
static char exec_arg[30 * PAGE];

/* ---- answers ---- */

static void answer(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void answer(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(1);
}

static const char *err_name(int err)
{
	return err ? strerrorname_np(err) : "ok";
}

/* the result of a system call */
static void answer_call(long r)
{
	answer("%s", err_name(r < 0 ? errno : 0));
}

/* what has been done before an error, if there is one */
static void answer_count(long n, int err)
{
	answer("%ld %s", n, err_name(err));
}

static bool die(const char *what)
{
	answer("bad: %s", what);
	return false;
}

/* ---- arguments ---- */

static int nargs;
static char *args[MAX_ARGS];

static long num(int i)
{
	return i < nargs ? atol(args[i]) : 0;
}

static struct map *map_arg(int i)
{
	return &maps[i < nargs && args[i][0] >= 'a' && args[i][0] <= 'z' ? args[i][0] - 'a' : 25];
}

static struct file *file_arg(int i)
{
	return &files[i < nargs && args[i][0] >= 'a' && args[i][0] <= 'z' ? args[i][0] - 'a' : 25];
}

/* "FIRST N" from argument @i on, or all */
static char *range_arg(const struct map *m, int i, long *n)
{
	*n = i + 1 < nargs ? num(i + 1) : m->n;
	return m->p + (i + 1 < nargs ? num(i) : 0) * (long)PAGE;
}

static int prot_arg(const char *s)
{
	return !strcmp(s, "none") ? PROT_NONE : !strcmp(s, "ro") ? PROT_READ : PROT_READ | PROT_WRITE;
}

/* ---- signals ---- */

static sigjmp_buf back;
static volatile sig_atomic_t armed;

static void on_fault(int sig)
{
	if (!armed)
		_exit(99);
	armed = 0;
	siglongjmp(back, sig);
}

/* write to @n pages, from the last one on if @down */
static long touch(char *p, long n, int *sig)
{
	volatile long i = 0;

	*sig = sigsetjmp(back, 1);
	if (*sig)
		return i;
	armed = 1;
	for (; i < n; i++)
		*(volatile char *)(p + i * (long)PAGE) = 1;
	armed = 0;
	return i;
}

static void answer_touch(char *p, long n)
{
	int sig;

	n = touch(p, n, &sig);
	answer("%ld %s", n, sig == SIGBUS ? "SIGBUS" : sig ? "SIGSEGV" : "ok");
}

/* ---- files of /proc, without memory ---- */

static long read_all(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t r;

	if (fd < 0)
		return -1;
	while (n < size - 1 && (r = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)r;
	close(fd);
	buf[n] = '\0';
	return (long)n;
}

/* pages of a line of /proc/self/status, which has KiB */
static long status(const char *key)
{
	static char buf[8192];
	const char *s;

	if (read_all("/proc/self/status", buf, sizeof(buf)) < 0 || !(s = strstr(buf, key)))
		return -1;
	return atol(s + strlen(key)) / 4;
}

static char *stack_start(void)
{
	static char buf[32768];
	char *s, *line;

	if (read_all("/proc/self/maps", buf, sizeof(buf)) < 0 || !(s = strstr(buf, "[stack]")))
		return NULL;
	*s = '\0';
	line = strrchr(buf, '\n');
	return (char *)strtoul(line ? line + 1 : buf, NULL, 16);
}

/* ---- address space ---- */

static int map_flags(int i, int *prot)
{
	int flags = MAP_ANONYMOUS;
	bool shared = false;

	*prot = PROT_READ | PROT_WRITE;
	for (; i < nargs; i++) {
		if (!strcmp(args[i], "ro") || !strcmp(args[i], "none"))
			*prot = prot_arg(args[i]);
		else if (!strcmp(args[i], "shared"))
			shared = true;
		else if (!strcmp(args[i], "locked"))
			flags |= MAP_LOCKED;
		else if (!strcmp(args[i], "grow"))
			flags |= MAP_GROWSDOWN;
		else if (!strcmp(args[i], "noreserve"))
			flags |= MAP_NORESERVE;
	}
	return flags | (shared ? MAP_SHARED : MAP_PRIVATE);
}

static void do_map(struct map *m, long n, int fd, int flags, int prot)
{
	char *p = mmap(NULL, (size_t)n * PAGE, prot, flags, fd, 0);

	if (p != MAP_FAILED)
		*m = (struct map){ .p = p, .n = n, .shm = -1 };
	answer_call(p == MAP_FAILED ? -1 : 0);
}

static void do_remap(struct map *m, long n)
{
	char *p = mremap(m->p, (size_t)m->n * PAGE, (size_t)n * PAGE, MREMAP_MAYMOVE);

	if (p != MAP_FAILED) {
		m->p = p;
		m->n = n;
	}
	answer_call(p == MAP_FAILED ? -1 : 0);
}

/* a child that sleeps until its parent dies or "reap" */
static pid_t child;

static void do_fork(void)
{
	pid_t parent = getpid();

	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* too late for that? */
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	answer_call(child);
}

static void do_reap(void)
{
	kill(child, SIGKILL);
	answer_call(waitpid(child, NULL, 0));
}

static void do_exec(long n)
{
	char path[256];
	ssize_t r = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (r < 0 || n > 30) {
		die("exec");
		return;
	}
	path[r] = '\0';
	memset(exec_arg, 'x', sizeof(exec_arg));
	exec_arg[n * (long)PAGE - 1] = '\0';
	execl(path, "ubcmem", "again", exec_arg, NULL);
	answer_call(-1);
}

static unsigned int seed;

static long rnd(long n)
{
	return rand_r(&seed) % n;
}

static void storm(long rounds)
{
	enum { N = 256 };
	long refused = 0, bad = 0;
	char *area = mmap(NULL, N * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED) {
		answer_count(0, errno);
		return;
	}
	while (rounds--) {
		static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
		long first = rnd(N), n = 1 + rnd(N - first < 40 ? N - first : 40);
		long to = rnd(N - n + 1);
		char *p = area + first * (long)PAGE;
		size_t len = (size_t)n * PAGE;
		long r = 0;

		errno = 0;
		switch (rnd(6)) {
		case 0:
		case 1:
			r = mmap(p, len, prots[rnd(3)], MAP_FIXED | MAP_ANONYMOUS |
				 (rnd(4) ? MAP_PRIVATE : MAP_SHARED), -1, 0) == MAP_FAILED ? -1 : 0;
			break;
		case 2:
			r = munmap(p, len);
			break;
		case 3:
			r = mprotect(p, len, prots[rnd(3)]);
			break;
		case 4:
			/* may not be one mapping: EFAULT, or overlap: EINVAL */
			r = mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, area + to * (long)PAGE) ==
				MAP_FAILED ? -1 : 0;
			break;
		case 5:
			r = rnd(2) ? mlock(p, len) : munlock(p, len);
			break;
		}
		if (r < 0 && (errno == ENOMEM || errno == EAGAIN))
			refused++;
		else if (r < 0 && errno != EFAULT && errno != EINVAL)
			bad = errno;
	}
	munmap(area, N * PAGE);
	answer_count(refused, (int)bad);
}

static atomic_long refused;
static long race_rounds;

static void *race(void *arg)
{
	unsigned int s = (unsigned int)(uintptr_t)arg;
	char *p[8] = { NULL };
	size_t len[8] = { 0 };

	for (long i = 0; i < race_rounds; i++) {
		int k = rand_r(&s) % 8;

		if (p[k]) {
			munmap(p[k], len[k]);
			p[k] = NULL;
			continue;
		}
		len[k] = (size_t)(1 + rand_r(&s) % 16) * PAGE;
		p[k] = mmap(NULL, len[k], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p[k] == MAP_FAILED) {
			p[k] = NULL;
			atomic_fetch_add(&refused, 1);
		}
	}
	for (int k = 0; k < 8; k++) {
		if (p[k])
			munmap(p[k], len[k]);
	}
	return NULL;
}

/* a thread on a stack that is there already */
static int start_thread(pthread_t *t, int i, void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stacks[i], sizeof(stacks[i]));
	return pthread_create(t, &attr, fn, arg);
}

static void do_race(int n, long rounds)
{
	pthread_t t[THREADS];
	int r;

	atomic_store(&refused, 0);
	race_rounds = rounds;
	for (int i = 0; i < n; i++) {
		r = start_thread(&t[i], i, race, (void *)(uintptr_t)(i + 1 + getpid()));
		if (r) {
			answer_count(i, r);
			_exit(1);
		}
	}
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	answer_count(atomic_load(&refused), 0);
}

static bool memory(const char *cmd)
{
	struct map *m = map_arg(1);
	long n, r;
	int prot, flags;
	char *p;

	if (!strcmp(cmd, "map")) {
		flags = map_flags(3, &prot);
		do_map(m, num(2), -1, flags, prot);
	} else if (!strcmp(cmd, "over")) {
		flags = map_flags(4, &prot);
		p = range_arg(m, 2, &n);
		answer_call(mmap(p, (size_t)n * PAGE, prot, flags | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0);
	} else if (!strcmp(cmd, "unmap")) {
		p = range_arg(m, 2, &n);
		answer_call(munmap(p, (size_t)n * PAGE));
	} else if (!strcmp(cmd, "protect")) {
		p = range_arg(m, 3, &n);
		answer_call(mprotect(p, (size_t)n * PAGE, prot_arg(args[2])));
	} else if (!strcmp(cmd, "remap")) {
		do_remap(m, num(2));
	} else if (!strcmp(cmd, "touch")) {
		p = range_arg(m, 2, &n);
		answer_touch(p, n);
	} else if (!strcmp(cmd, "try")) {
		p = mmap(NULL, (size_t)num(1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		r = p == MAP_FAILED ? errno : 0;
		if (!r)
			munmap(p, (size_t)num(1) * PAGE);
		answer("%s", err_name((int)r));
	} else if (!strcmp(cmd, "brk")) {
		answer_call(sbrk(num(1) * (long)PAGE) == (void *)-1 ? -1 : 0);
	} else if (!strcmp(cmd, "stack")) {
		p = stack_start();
		if (!p)
			return die("no stack");
		answer_touch(p - num(1) * (long)PAGE, 1);
	} else if (!strcmp(cmd, "mlock")) {
		p = range_arg(m, 2, &n);
		answer_call(mlock(p, (size_t)n * PAGE));
	} else if (!strcmp(cmd, "munlock")) {
		p = range_arg(m, 2, &n);
		answer_call(munlock(p, (size_t)n * PAGE));
	} else if (!strcmp(cmd, "mlockall")) {
		answer_call(mlockall(!strcmp(args[1], "current") ? MCL_CURRENT :
				     !strcmp(args[1], "future") ? MCL_FUTURE : MCL_CURRENT | MCL_FUTURE));
	} else if (!strcmp(cmd, "munlockall")) {
		answer_call(munlockall());
	} else if (!strcmp(cmd, "fork")) {
		do_fork();
	} else if (!strcmp(cmd, "reap")) {
		do_reap();
	} else if (!strcmp(cmd, "exec")) {
		do_exec(num(1));
	} else if (!strcmp(cmd, "storm")) {
		seed = (unsigned int)num(1);
		storm(num(2));
	} else if (!strcmp(cmd, "race")) {
		if (num(1) < 1 || num(1) > THREADS)
			return die("threads");
		do_race((int)num(1), num(2));
	} else if (!strcmp(cmd, "size")) {
		answer("%ld %ld %ld", status("\nVmData:") + status("\nVmStk:"), status("\nVmLck:"),
		       status("\nVmSize:"));
	} else {
		return false;
	}
	return true;
}

/* ---- shared memory, files ---- */

static int fd_of(const struct file *f)
{
	return f->fd - 1;
}

static void set_file(struct file *f, int fd)
{
	if (fd >= 0)
		*f = (struct file){ .fd = fd + 1 };
	answer_call(fd);
}

static void write_pages(struct file *f, long n)
{
	long i;

	for (i = 0; i < n; i++) {
		ssize_t r = write(fd_of(f), data, PAGE);

		if (r != (ssize_t)PAGE) {
			answer_count(i, r < 0 ? errno : EIO);
			return;
		}
	}
	answer_count(i, 0);
}

static void do_shmget(struct map *m, long n)
{
	int id = shmget(IPC_PRIVATE, (size_t)n * PAGE, IPC_CREAT | 0600);
	char *p = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
	int err = errno;

	if (p == (char *)-1) {
		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
		answer("%s", err_name(err));
		return;
	}
	*m = (struct map){ .p = p, .n = n, .shm = id };
	answer("ok");
}

static void do_shmrm(struct map *m)
{
	shmdt(m->p);
	answer_call(shmctl(m->shm, IPC_RMID, NULL));
}

static struct sockaddr_un at_path(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	return a;
}

/* a socket of datagrams that has a name */
static int at(const char *path)
{
	struct sockaddr_un a = at_path(path);
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	unlink(path);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || chmod(path, 0666) < 0)
		return -1;
	return s;
}

static int to(const char *path)
{
	struct sockaddr_un a = at_path(path);
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -1;
	return s;
}

/* One byte and a descriptor through @s; the descriptor that came, if @send is -1. */
static int carry(int s, int send)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} u = { .buf = "" };
	char byte = 'x';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf,
			    .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = -1;

	if (send >= 0) {
		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
				       .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(c), &send, sizeof(send));
		return sendmsg(s, &m, MSG_DONTWAIT) < 0 ? -1 : 0;
	}
	if (recvmsg(s, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	else
		errno = ENOMSG;
	return fd;
}

static int lock_bytes(int fd, long n)
{
	for (long i = 0; i < n; i++) {
		struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * i, .l_len = 1 };

		if (fcntl(fd, F_SETLK, &l) < 0)
			return -1;
	}
	return 0;
}

static bool shared(const char *cmd)
{
	struct map *m = map_arg(1);
	struct file *f = file_arg(1);

	if (!strcmp(cmd, "open"))
		set_file(f, open(args[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	else if (!strcmp(cmd, "memfd"))
		set_file(f, memfd_create("ubcmem", 0));
	else if (!strcmp(cmd, "keep"))
		set_file(f, (int)syscall(SYS_pidfd_getfd, (int)syscall(SYS_pidfd_open, num(2), 0), num(3), 0));
	else if (!strcmp(cmd, "dup"))
		set_file(file_arg(2), fcntl(fd_of(f), F_DUPFD_CLOEXEC, 0));
	else if (!strcmp(cmd, "lease"))
		answer_call(fcntl(fd_of(f), F_SETLEASE, !strcmp(args[2], "rd") ? F_RDLCK :
				  !strcmp(args[2], "wr") ? F_WRLCK : F_UNLCK));
	else if (!strcmp(cmd, "locks"))
		answer_call(lock_bytes(fd_of(f), num(2)));
	else if (!strcmp(cmd, "at"))
		set_file(f, at(args[2]));
	else if (!strcmp(cmd, "to"))
		set_file(f, to(args[2]));
	else if (!strcmp(cmd, "pass"))
		answer_call(carry(fd_of(f), fd_of(file_arg(2))));
	else if (!strcmp(cmd, "take"))
		set_file(file_arg(2), carry(fd_of(f), -1));
	else if (!strcmp(cmd, "number"))
		answer("%d", fd_of(f));
	else if (!strcmp(cmd, "write"))
		write_pages(f, num(2));
	else if (!strcmp(cmd, "alloc"))
		answer_call(fallocate(fd_of(f), 0, num(2) * (long)PAGE, num(3) * (long)PAGE));
	else if (!strcmp(cmd, "punch"))
		answer_call(fallocate(fd_of(f), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				      num(2) * (long)PAGE, num(3) * (long)PAGE));
	else if (!strcmp(cmd, "cut"))
		answer_call(ftruncate(fd_of(f), num(2) * (long)PAGE));
	else if (!strcmp(cmd, "view"))
		do_map(m, num(3), fd_of(file_arg(2)), MAP_SHARED, PROT_READ | PROT_WRITE);
	else if (!strcmp(cmd, "shmget"))
		do_shmget(m, num(2));
	else if (!strcmp(cmd, "shmlock"))
		answer_call(shmctl(m->shm, SHM_LOCK, NULL));
	else if (!strcmp(cmd, "shmunlock"))
		answer_call(shmctl(m->shm, SHM_UNLOCK, NULL));
	else if (!strcmp(cmd, "shmrm"))
		do_shmrm(m);
	else
		return false;
	return true;
}

/* ---- dentries ---- */

static int first_open, last_open;

/* all of them are gone when they are closed */
static void open_files(long n, const char *dir)
{
	char path[300];
	long i;
	int fd;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/ubcmem-%d-%ld", dir, (int)getpid(), i);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0) {
			answer_count(i, errno);
			return;
		}
		if (!first_open)
			first_open = fd;
		last_open = fd;
		unlink(path);
	}
	answer_count(i, 0);
}

static void close_files(void)
{
	for (int fd = first_open; first_open && fd <= last_open; fd++)
		close(fd);
	first_open = 0;
	answer("ok");
}

static void look_for(long n, const char *dir)
{
	char path[300];
	struct stat st;
	long i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/not-there-%ld", dir, i);
		if (stat(path, &st) == 0 || errno != ENOENT) {
			answer_count(i, errno);
			return;
		}
	}
	answer_count(i, 0);
}

static void go_down(long n, const char *dir)
{
	long i;

	if (chdir(dir) < 0) {
		answer_count(0, errno);
		return;
	}
	for (i = 0; i < n; i++) {
		if ((mkdir("d", 0700) < 0 && errno != EEXIST) || chdir("d") < 0) {
			answer_count(i, errno);
			return;
		}
	}
	answer_count(i, 0);
}

static bool names(const char *cmd)
{
	if (!strcmp(cmd, "names"))
		look_for(num(1), args[2]);
	else if (!strcmp(cmd, "files"))
		open_files(num(1), args[2]);
	else if (!strcmp(cmd, "nofiles"))
		close_files();
	else if (!strcmp(cmd, "deep"))
		go_down(num(1), args[2]);
	else if (!strcmp(cmd, "top"))
		answer_call(chdir("/"));
	else
		return false;
	return true;
}

/* ---- netfilter ---- */

#define PER_MESSAGE	1000

static char batch[256 * 1024] __attribute__((aligned(8)));
static size_t batch_len;
static struct nlmsghdr *msg;

static void *put(size_t len)
{
	void *p = batch + batch_len;

	batch_len += NLMSG_ALIGN(len);
	if (batch_len > sizeof(batch))
		_exit(98);
	memset(p, 0, NLMSG_ALIGN(len));
	return p;
}

static void begin(int type, int flags, int res_id)
{
	struct nfgenmsg *g;

	msg = put(sizeof(*msg));
	msg->nlmsg_type = (uint16_t)type;
	msg->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g = put(sizeof(*g));
	g->nfgen_family = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END ? AF_UNSPEC : NFPROTO_IPV4;
	g->version = NFNETLINK_V0;
	g->res_id = htons((uint16_t)res_id);
}

static void end(void)
{
	msg->nlmsg_len = (uint32_t)(batch + batch_len - (char *)msg);
}

static struct nlattr *attr(int type, const void *value, size_t len)
{
	struct nlattr *a = put(sizeof(*a) + len);

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(sizeof(*a) + len);
	if (len)
		memcpy(a + 1, value, len);
	return a;
}

static void attr_str(int type, const char *s)
{
	attr(type, s, strlen(s) + 1);
}

static void attr_be32(int type, uint32_t v)
{
	v = htonl(v);
	attr(type, &v, sizeof(v));
}

static struct nlattr *nest(int type)
{
	return attr(type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(struct nlattr *a)
{
	a->nla_len = (uint16_t)(batch + batch_len - (char *)a);
}

static void nft_begin(int type, int flags)
{
	begin(NFNL_SUBSYS_NFTABLES << 8 | type, flags, 0);
}

/* the first error, or 0 */
static int send_batch(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), one = 1, size = 1 << 20;
	int err = ENOMSG;
	char *reply = data;
	ssize_t n;

	if (s < 0)
		return errno;
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(s, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (sendto(s, batch, batch_len, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		err = errno;
		close(s);
		return err;
	}
	/* what there is to say has been said before sendto(2) returned */
	while ((n = recv(s, reply, sizeof(data), MSG_DONTWAIT)) >= 0 || errno == ENOBUFS) {
		for (struct nlmsghdr *h = (void *)reply; n > 0 && NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_ERROR && (err == ENOMSG || err == 0))
				err = -e->error;
		}
	}
	close(s);
	return err;
}

/* so many rules, or else elements, in messages that take them */
static void many(const char *table, bool rules, long from, long n)
{
	struct nlattr *list, *elem, *key;

	if (rules) {
		nft_begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
		attr_str(NFTA_RULE_TABLE, table);
		attr_str(NFTA_RULE_CHAIN, "c");
		return;
	}
	nft_begin(NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	attr_str(NFTA_SET_ELEM_LIST_TABLE, table);
	attr_str(NFTA_SET_ELEM_LIST_SET, "s");
	list = nest(NFTA_SET_ELEM_LIST_ELEMENTS);
	for (long i = from; i < from + n; i++) {
		elem = nest(NFTA_LIST_ELEM);
		key = nest(NFTA_SET_ELEM_KEY);
		attr_be32(NFTA_DATA_VALUE, (uint32_t)i);
		nest_end(key);
		nest_end(elem);
	}
	nest_end(list);
}

static bool nft(const char *what, const char *table, long n)
{
	static long next;

	batch_len = 0;
	begin(NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES);
	end();
	if (!strcmp(what, "add")) {
		nft_begin(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
		attr_str(NFTA_TABLE_NAME, table);
		end();
		nft_begin(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
		attr_str(NFTA_CHAIN_TABLE, table);
		attr_str(NFTA_CHAIN_NAME, "c");
		end();
		nft_begin(NFT_MSG_NEWSET, NLM_F_CREATE);
		attr_str(NFTA_SET_TABLE, table);
		attr_str(NFTA_SET_NAME, "s");
		attr_be32(NFTA_SET_KEY_LEN, 4);
		attr_be32(NFTA_SET_ID, 1);
	} else if (!strcmp(what, "del")) {
		nft_begin(NFT_MSG_DELTABLE, 0);
		attr_str(NFTA_TABLE_NAME, table);
	} else {
		bool rules = !strcmp(what, "rules");
		long step = rules ? 1 : PER_MESSAGE;

		for (long i = 0; i < n; i += step) {
			if (i)
				end();
			many(table, rules, next, n - i < step ? n - i : step);
			next += step;
		}
	}
	msg->nlmsg_flags |= NLM_F_ACK;
	end();
	begin(NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES);
	end();
	answer("%s", err_name(send_batch()));
	return true;
}

/* an entry with a target of @size bytes after it, which is returned */
static void *ipt_entry(size_t size)
{
	struct ipt_entry *e = put(sizeof(*e) + size);
	struct xt_entry_target *t = (void *)(e + 1);

	e->target_offset = sizeof(*e);
	e->next_offset = (uint16_t)(sizeof(*e) + size);
	t->u.target_size = (uint16_t)size;
	return t;
}

/* the table "filter" with @n rules and what has to be there: three policies, an end */
static void ipt(long n)
{
	struct ipt_getinfo info = { .name = "filter" };
	struct ipt_replace *r = (void *)batch;
	const size_t entry = sizeof(struct ipt_entry) + sizeof(struct xt_standard_target);
	struct xt_standard_target *t;
	struct xt_error_target *last;
	socklen_t len = sizeof(info);
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), err;

	if (fd < 0 || getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &len) < 0) {
		answer_call(-1);
		if (fd >= 0)
			close(fd);
		return;
	}
	batch_len = 0;
	put(sizeof(*r));
	strcpy(r->name, "filter");
	r->valid_hooks = info.valid_hooks;
	r->num_counters = info.num_entries;
	r->counters = calloc(info.num_entries, sizeof(*r->counters));
	r->num_entries = (unsigned int)n + 4;
	for (long i = 0; i < n + 3; i++) {
		t = ipt_entry(sizeof(*t));
		t->verdict = -NF_ACCEPT - 1;
	}
	last = ipt_entry(sizeof(*last));
	strcpy(last->target.u.user.name, XT_ERROR_TARGET);
	strcpy(last->errorname, XT_ERROR_TARGET);
	for (int i = 0; i < 3; i++) {
		r->underflow[NF_INET_LOCAL_IN + i] = (unsigned int)((size_t)(n + i) * entry);
		r->hook_entry[NF_INET_LOCAL_IN + i] = i ? r->underflow[NF_INET_LOCAL_IN + i] : 0;
	}
	r->size = (unsigned int)(batch_len - sizeof(*r));
	err = setsockopt(fd, IPPROTO_IP, IPT_SO_SET_REPLACE, r, (socklen_t)(sizeof(*r) + r->size)) < 0 ? errno : 0;
	free(r->counters);
	close(fd);
	answer("%s", err_name(err));
}

static int lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = -1;

	if (s >= 0 && ioctl(s, SIOCGIFFLAGS, &r) == 0) {
		err = 0;
		if (!(r.ifr_flags & IFF_UP)) {
			r.ifr_flags |= IFF_UP;
			err = ioctl(s, SIOCSIFFLAGS, &r);
		}
	}
	if (s >= 0)
		close(s);
	return err;
}

static bool filter(const char *cmd)
{
	if (!strcmp(cmd, "netns"))
		answer_call(unshare(CLONE_NEWNET));
	else if (!strcmp(cmd, "nft") && nargs >= 3)
		return nft(args[1], args[2], num(3));
	else if (!strcmp(cmd, "ipt"))
		ipt(num(1));
	else
		return false;
	return true;
}

/* ---- sockets ---- */

static int bound(int type, struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int s = socket(AF_INET, type | SOCK_CLOEXEC, 0), size = 200000;

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	/* more than a test lets it have */
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(s, (struct sockaddr *)a, sizeof(*a)) < 0 || getsockname(s, (struct sockaddr *)a, &len) < 0)
		return -1;
	return s;
}

static int tcp_pair(int fd[2])
{
	int l, size = 400000;	/* as above; TCP would find its own */
	struct sockaddr_in a;

	if (lo_up() < 0)
		return -1;
	l = bound(SOCK_STREAM, &a);
	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (l < 0 || fd[0] < 0 || listen(l, 1) < 0 || connect(fd[0], (struct sockaddr *)&a, sizeof(a)) < 0)
		return -1;
	fd[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	close(l);
	return fd[1];
}

static int udp_pair(int fd[2])
{
	struct sockaddr_in a;

	if (lo_up() < 0)
		return -1;
	fd[1] = bound(SOCK_DGRAM, &a);
	fd[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd[0] < 0 || fd[1] < 0 ? -1 : connect(fd[0], (struct sockaddr *)&a, sizeof(a));
}

static int netlink_pair(int fd[2])
{
	struct sockaddr_nl a;
	socklen_t len = sizeof(a);

	for (int i = 0; i < 2; i++) {
		a = (struct sockaddr_nl){ .nl_family = AF_NETLINK };
		fd[i] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);
		if (fd[i] < 0 || bind(fd[i], (struct sockaddr *)&a, sizeof(a)) < 0)
			return -1;
	}
	if (getsockname(fd[1], (struct sockaddr *)&a, &len) < 0)
		return -1;
	return connect(fd[0], (struct sockaddr *)&a, sizeof(a));
}

#define TEST_PROTO	253	/* RFC 3692: for experiments */

/* From one address to another, or both would receive. */
static int raw_pair(int fd[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK + 1) } };
	int size = 200000;

	if (lo_up() < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		fd[i] = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, TEST_PROTO);
	if (fd[0] < 0 || fd[1] < 0 || bind(fd[1], (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ||
	    bind(fd[0], (struct sockaddr *)&from, sizeof(from)) < 0)
		return -1;
	return connect(fd[0], (struct sockaddr *)&a, sizeof(a));
}

/* The one that sends has to be bound to the protocol, too, and drops what it receives. */
static int packet_pair(int fd[2])
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog none = { .len = 1, .filter = &drop };
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_802_EX1),
				 .sll_ifindex = 1 };
	int size = 200000;

	if (lo_up() < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		fd[i] = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd[i] < 0)
			return -1;
	}
	if (setsockopt(fd[0], SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)) < 0 ||
	    setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ||
	    bind(fd[0], (struct sockaddr *)&a, sizeof(a)) < 0)
		return -1;
	return bind(fd[1], (struct sockaddr *)&a, sizeof(a));
}

static void pair(const char *how, struct file *f, struct file *g)
{
	int fd[2] = { -1, -1 }, r;
	bool stream = true;

	if (!strcmp(how, "tcp")) {
		r = tcp_pair(fd);
	} else if (!strcmp(how, "unix")) {
		r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd);
	} else {
		stream = false;
		r = !strcmp(how, "udp") ? udp_pair(fd) : !strcmp(how, "raw") ? raw_pair(fd) :
			!strcmp(how, "packet") ? packet_pair(fd) :
			!strcmp(how, "netlink") ? netlink_pair(fd) :
			socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd);
	}
	if (r >= 0) {
		*f = (struct file){ .fd = fd[0] + 1, .stream = stream };
		*g = (struct file){ .fd = fd[1] + 1, .stream = stream };
	}
	answer_call(r);
}

/* byte @pos of a stream */
static char byte_at(unsigned long pos)
{
	return (char)(pos * 7 + (pos >> 8));
}

static ssize_t send_some(struct file *f, size_t n, int flags)
{
	static char buf[sizeof(data)];
	ssize_t r;

	if (n > sizeof(buf))
		n = sizeof(buf);
	for (size_t i = 0; i < n; i++)
		buf[i] = byte_at(f->sent + i);
	r = send(fd_of(f), buf, n, flags | MSG_NOSIGNAL);
	if (r > 0)
		f->sent += (size_t)r;
	return r;
}

static ssize_t recv_some(struct file *f, size_t n)
{
	ssize_t r = recv(fd_of(f), data, f->stream && n < sizeof(data) ? n : sizeof(data), MSG_DONTWAIT);

	for (ssize_t i = 0; f->stream && i < r; i++) {
		if (data[i] != byte_at(f->got + (size_t)i)) {
			errno = EBADMSG;
			return -1;
		}
	}
	if (r > 0)
		f->got += (size_t)r;
	return r;
}

/* Until nothing more goes for a while: what is on its way to the peer makes room. */
static void do_send(struct file *f, long bytes, long chunk)
{
	int tries = 0;
	long n = 0;

	while (n < bytes) {
		ssize_t r = send_some(f, (size_t)(bytes - n < chunk ? bytes - n : chunk), MSG_DONTWAIT);

		if (r < 0 && errno == EAGAIN && tries++ < 8) {
			usleep(50000);
			continue;
		}
		if (r < 0) {
			answer_count(n, errno);
			return;
		}
		tries = 0;
		n += r;
	}
	answer_count(n, 0);
}

static bool wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 1000) > 0;
}

static void do_recv(struct file *f, long bytes, bool wait)
{
	time_t until = time(NULL) + PATIENCE;
	long n = 0;

	while (n < bytes) {
		ssize_t r = recv_some(f, (size_t)(bytes - n));

		if (r < 0 && errno == EAGAIN && wait && time(NULL) < until) {
			wait_for(fd_of(f), POLLIN);
			continue;
		}
		if (r <= 0) {
			answer_count(n, r < 0 ? errno : EPIPE);
			return;
		}
		n += r;
	}
	answer_count(n, 0);
}

static void do_pump(struct file *f, struct file *g, long bytes)
{
	time_t until = time(NULL) + PATIENCE;
	long sent = 0, got = 0;

	while (got < bytes) {
		struct pollfd p[2] = {
			{ .fd = fd_of(g), .events = POLLIN },
			{ .fd = sent < bytes ? fd_of(f) : -1, .events = POLLOUT },
		};
		ssize_t r;

		if (time(NULL) >= until) {
			answer_count(got, ETIMEDOUT);
			return;
		}
		poll(p, 2, 1000);
		r = recv_some(g, sizeof(data));
		if (r > 0)
			got += r;
		if (r < 0 && errno != EAGAIN) {
			answer_count(got, errno);
			return;
		}
		r = sent < bytes ? send_some(f, bytes - sent < 16384 ? (size_t)(bytes - sent) : 16384, MSG_DONTWAIT) : 0;
		if (r > 0)
			sent += r;
		if (r < 0 && errno != EAGAIN) {
			answer_count(got, errno);
			return;
		}
	}
	answer_count(got, 0);
}

/* Each thread has a pair of sockets; all of them begin a round together. */
static pthread_barrier_t round_start;
static long burst_chunk, burst_rounds;

static void *burst(void *arg)
{
	int *fd = arg;
	char c;

	for (long i = 0; i < burst_rounds; i++) {
		pthread_barrier_wait(&round_start);
		while (send(fd[0], data, (size_t)burst_chunk, MSG_DONTWAIT) > 0)
			;
		atomic_fetch_add(&refused, errno == EAGAIN ? 1 : 1000000);
		pthread_barrier_wait(&round_start);
		while (recv(fd[1], &c, 1, MSG_DONTWAIT) > 0)
			;
	}
	return NULL;
}

static void do_burst(int n, long chunk, long rounds)
{
	static int fds[THREADS][2];
	pthread_t t[THREADS];
	int r;

	atomic_store(&refused, 0);
	burst_chunk = chunk;
	burst_rounds = rounds;
	pthread_barrier_init(&round_start, NULL, (unsigned int)n);
	for (int i = 0; i < n; i++) {
		r = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds[i]) < 0 ? errno :
			start_thread(&t[i], i, burst, fds[i]);
		if (r) {
			answer_count(i, r);
			_exit(1);
		}
	}
	for (int i = 0; i < n; i++) {
		pthread_join(t[i], NULL);
		close(fds[i][0]);
		close(fds[i][1]);
	}
	answer_count(atomic_load(&refused), 0);
}

static pthread_t sender;
static struct file *sender_file;
static long sender_bytes;
static int sender_err;

static void *send_all(void *arg)
{
	for (long n = 0; n < sender_bytes; ) {
		ssize_t r = send_some(sender_file, sender_bytes - n < 16384 ? (size_t)(sender_bytes - n) : 16384, 0);

		if (r < 0) {
			sender_err = errno;
			break;
		}
		n += r;
	}
	return arg;
}

static void close_all(int i)
{
	long r = 0;

	for (; i < nargs; i++)
		r |= close(fd_of(file_arg(i)));
	answer_call(r);
}

static bool net(const char *cmd)
{
	struct file *f = file_arg(1), *g = file_arg(2);

	if (!strcmp(cmd, "tcp") || !strcmp(cmd, "unix") || !strcmp(cmd, "dgram") || !strcmp(cmd, "udp") ||
	    !strcmp(cmd, "raw") || !strcmp(cmd, "packet") || !strcmp(cmd, "netlink")) {
		pair(cmd, f, g);
	} else if (!strcmp(cmd, "send")) {
		do_send(f, num(2), num(3));
	} else if (!strcmp(cmd, "recv") || !strcmp(cmd, "drain")) {
		do_recv(f, num(2), cmd[0] == 'd');
	} else if (!strcmp(cmd, "pump")) {
		do_pump(f, g, num(3));
	} else if (!strcmp(cmd, "burst")) {
		if (num(1) < 1 || num(1) > THREADS || num(2) > (long)sizeof(data))
			return die("burst");
		do_burst((int)num(1), num(2), num(3));
	} else if (!strcmp(cmd, "bsend")) {
		sender_file = f;
		sender_bytes = num(2);
		sender_err = 0;
		answer("%s", err_name(start_thread(&sender, 0, send_all, NULL)));
	} else if (!strcmp(cmd, "joined")) {
		pthread_join(sender, NULL);
		answer("%s", err_name(sender_err));
	} else if (!strcmp(cmd, "close")) {
		close_all(1);
	} else {
		return false;
	}
	return true;
}

/* ---- commands ---- */

static bool read_line(char *line, size_t size)
{
	size_t n = 0;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n') {
			line[n] = '\0';
			return true;
		}
		if (n < size - 1)
			line[n++] = c;
	}
	return false;
}

static void get_ready(void)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
	stack_t ss = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };
	struct rlimit r;

	sigaltstack(&ss, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	/* the heap, for what threads need: now, and for good */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_MMAP_THRESHOLD, 1 << 25);
	free(malloc(65536));
}

int main(int argc, char **argv)
{
	static char empty[1];
	char line[512], *save;

	get_ready();
	answer(argc > 1 && !strcmp(argv[1], "again") ? "ok" : "ready");
	while (read_line(line, sizeof(line))) {
		nargs = 0;
		for (char *w = strtok_r(line, " ", &save); w && nargs < MAX_ARGS; w = strtok_r(NULL, " ", &save))
			args[nargs++] = w;
		if (!nargs || !strcmp(args[0], "quit"))
			break;
		/* what a command reads without looking */
		for (int i = nargs; i < MAX_ARGS; i++)
			args[i] = empty;
		if (!memory(args[0]) && !shared(args[0]) && !names(args[0]) && !filter(args[0]) && !net(args[0]))
			answer("bad: no such command");
	}
	return 0;
}
