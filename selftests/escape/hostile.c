// SPDX-License-Identifier: GPL-2.0
/*
 * hostile - what a container's root would try against its host
 *
 * usage: hostile ATTACK [ARG…]
 * Runs inside a container as its root.  Exit status: 0 the attack was refused,
 * 1 it went through (what, on standard output), 2 usage or a broken test.
 * Static, no help from the container's own programs needed.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/keyctl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int escaped;

static void __attribute__((format(printf, 1, 2))) went_through(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("WENT THROUGH: ", stdout);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	escaped = 1;
}

/* A system call that must fail, and not because it is called wrongly. */
static void must_fail(const char *what, long ret)
{
	int err = errno;

	if (ret >= 0)
		went_through("%s", what);
	else
		printf("%s: %s\n", what, strerror(err));
	errno = err;
}

/* --- system calls that change the whole machine --- */

static int attack_syscalls(char **argv)
{
	struct kexec_segment seg = { 0 };
	struct timespec ts = { .tv_sec = 1000000000 };
	struct timex tx = { .modes = ADJ_OFFSET | ADJ_STATUS };
	struct stat st;
	char buf[64];
	int fd;

	mkdir("/mnt", 0755);
	must_fail("kexec_load", syscall(SYS_kexec_load, 0, 0, &seg, 0));
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	must_fail("kexec_file_load", syscall(SYS_kexec_file_load, fd, fd, 1, "", 0));
	must_fail("kexec_file_load unload",
		  syscall(SYS_kexec_file_load, -1, -1, 1, "", 2 /* KEXEC_FILE_UNLOAD */));
	must_fail("init_module", syscall(SYS_init_module, "\177ELF", 4, ""));
	must_fail("finit_module", syscall(SYS_finit_module, fd, "", 0));
	if (!syscall(SYS_finit_module, fd, "", 0) || errno == ENOEXEC)
		went_through("finit_module reads the image");
	must_fail("delete_module", syscall(SYS_delete_module, "no_such", 0));
	if (errno == ENOENT)
		went_through("delete_module looks for modules");
	must_fail("clock_settime", clock_settime(CLOCK_REALTIME, &ts));
	must_fail("settimeofday", syscall(SYS_settimeofday, &(struct timeval){ 1000000000, 0 }, NULL));
	must_fail("adjtimex", adjtimex(&tx));
	must_fail("swapoff", swapoff("/dev/zero"));
	must_fail("acct", syscall(SYS_acct, "/tmp/acct"));
	must_fail("iopl", syscall(SYS_iopl, 3));
	must_fail("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
	must_fail("reboot CAD_ON", syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
					   LINUX_REBOOT_CMD_CAD_ON, NULL));
	must_fail("reboot KEXEC", syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
					  LINUX_REBOOT_CMD_KEXEC, NULL));
	must_fail("reboot SW_SUSPEND", syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
					       LINUX_REBOOT_CMD_SW_SUSPEND, NULL));
	must_fail("syslog clear", syscall(SYS_syslog, 5, NULL, 0));
	must_fail("syslog console off", syscall(SYS_syslog, 6, NULL, 0));
	must_fail("bpf prog load kprobe", syscall(SYS_bpf, 5, buf, 0));
	must_fail("perf_event_open of all CPUs", syscall(SYS_perf_event_open,
							 &(struct { unsigned int t, s; char r[120]; }){ 1, 128, { 0 } }, -1, 0, -1, 0));
	must_fail("setns to init's user namespace twice",
		  syscall(SYS_setns, open("/proc/1/ns/user", O_RDONLY | O_CLOEXEC), 0));
	must_fail("mount securityfs", mount("none", "/mnt", "securityfs", 0, NULL));
	must_fail("mount debugfs", mount("none", "/mnt", "debugfs", 0, NULL));
	must_fail("mount tracefs", mount("none", "/mnt", "tracefs", 0, NULL));
	must_fail("mount configfs", mount("none", "/mnt", "configfs", 0, NULL));
	must_fail("mount pstore", mount("none", "/mnt", "pstore", 0, NULL));
	must_fail("mount devtmpfs", mount("none", "/mnt", "devtmpfs", 0, NULL));
	must_fail("open /dev/mem", open("/dev/mem", O_RDWR | O_CLOEXEC));
	must_fail("open /dev/port", open("/dev/port", O_RDWR | O_CLOEXEC));
	if (!stat("/dev/kmsg", &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 11))
		must_fail("open /dev/kmsg", open("/dev/kmsg", O_RDWR | O_CLOEXEC));
	return 0;
}

/* --- reading the host's kernel log --- */

static int attack_dmesg(char **argv)
{
	static char buf[1 << 18];
	long n = syscall(SYS_syslog, 3, buf, sizeof(buf) - 1);

	if (n > 0 && (strstr(buf, "Linux version") || strstr(buf, argv[0] ? argv[0] : "Command line:")))
		went_through("read %ld bytes of the host's kernel log", n);
	return 0;
}

/* --- devices: argv = MAJOR MINOR of the host's disk, path of a planted node --- */

static int attack_disk(char **argv)
{
	dev_t dev = makedev(atoi(argv[0]), atoi(argv[1]));
	const char *where[] = { "/", "/tmp", "/dev", "/dev/shm", "/run" };
	char path[200];

	mkdir("/tmp/t", 0755);
	mount("t", "/tmp/t", "tmpfs", 0, "mode=755");
	for (size_t i = 0; i <= sizeof(where) / sizeof(where[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/evil", i < sizeof(where) / sizeof(where[0]) ? where[i] : "/tmp/t");
		unlink(path);
		if (mknod(path, S_IFBLK | 0600, dev) && errno != ENOENT)
			printf("mknod %s: %s\n", path, strerror(errno));
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && read(fd, path, 1) == 1)
			went_through("opened a fresh node %s", path);
		unlink(path);
		if (mknod(path, S_IFCHR | 0600, makedev(1, 1)) == 0 && open(path, O_RDONLY | O_CLOEXEC) >= 0)
			went_through("opened /dev/mem as %s", path);
		unlink(path);
	}
	umount2("/tmp/t", MNT_DETACH);
	if (argv[2]) {
		must_fail("open a planted node", open(argv[2], O_RDONLY | O_CLOEXEC));
		must_fail("open a planted node to write", open(argv[2], O_WRONLY | O_CLOEXEC));
		if (!mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL))
			puts("remounted without nodev");
		must_fail("open it after the remount", open(argv[2], O_RDONLY | O_CLOEXEC));
		mkdir("/mnt", 0755);
		must_fail("mount it as ext4", mount(argv[2], "/mnt", "ext4", 0, NULL));
		must_fail("mount it read-only", mount(argv[2], "/mnt", "ext4", MS_RDONLY, NULL));
		/* from a user namespace of our own */
		if (!unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
			must_fail("open it in a nested user namespace", open(argv[2], O_RDONLY | O_CLOEXEC));
			must_fail("mount it there", mount(argv[2], "/mnt", "ext4", 0, NULL));
		}
	}
	return 0;
}

/* --- open_by_handle_at: the way out of chroots known since 2014 --- */

static int attack_handle(char **argv)
{
	struct {
		struct file_handle h;
		unsigned char bytes[64];
	} fh;
	int mount_id, dirfd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat here;

	if (fstat(dirfd, &here))
		return 2;
	for (unsigned int ino = 1; ino <= 200; ino++) {
		for (int type = 1; type <= 2; type++) {
			struct stat st;
			int fd;

			memset(&fh, 0, sizeof(fh));
			fh.h.handle_bytes = type == 1 ? 8 : 16;
			fh.h.handle_type = type;
			memcpy(fh.h.f_handle, &ino, 4);
			fd = open_by_handle_at(dirfd, &fh.h, O_RDONLY);
			if (fd < 0)
				continue;
			if (!fstat(fd, &st) && st.st_dev == here.st_dev)
				went_through("opened inode %u of the host's file system by handle", ino);
			close(fd);
		}
	}
	/*
	 * Nor a directory of our own, which mainline allows to who may mount it: to find out
	 * what a handle is, the kernel reads whatever inode it names.
	 */
	memset(&fh, 0, sizeof(fh));
	fh.h.handle_bytes = sizeof(fh.bytes);
	if (name_to_handle_at(AT_FDCWD, argv[0] ? argv[0] : "/etc", &fh.h, &mount_id, 0))
		return 2;
	if (open_by_handle_at(dirfd, &fh.h, O_RDONLY) >= 0)
		went_through("opened an own file by handle");
	if (open_by_handle_at(dirfd, &fh.h, O_RDONLY | O_DIRECTORY) >= 0)
		went_through("opened an own directory by handle");
	return 0;
}

/* --- namespaces: argv = namespace links of the host, as readlink shows them --- */

static int host_ns(const char *link, char **argv)
{
	for (; *argv; argv++)
		if (!strcmp(link, *argv))
			return 1;
	return 0;
}

static int attack_setns(char **argv)
{
	DIR *proc = opendir("/proc");
	struct dirent *de;
	static const char *const ns[] = { "mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time" };
	int seen = 0;

	while (proc && (de = readdir(proc))) {
		if (!atoi(de->d_name))
			continue;
		for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
			char path[300], link[100];
			ssize_t n;
			int fd;

			snprintf(path, sizeof(path), "/proc/%s/ns/%s", de->d_name, ns[i]);
			n = readlink(path, link, sizeof(link) - 1);
			if (n <= 0)
				continue;
			link[n] = 0;
			seen++;
			if (!host_ns(link, argv))
				continue;
			fd = open(path, O_RDONLY | O_CLOEXEC);
			went_through("%s is the host's %s%s", path, link,
				     fd >= 0 && !setns(fd, 0) ? ", and joined it" : "");
		}
	}
	printf("%d links read\n", seen);
	return seen ? 0 : 2;
}

/* what the parent of all owns: NS_GET_PARENT, NS_GET_USERNS must not lead up */
static int attack_nsup(char **argv)
{
	int fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	int pid = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	int mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	must_fail("NS_GET_PARENT of the user namespace", ioctl(fd, _IO(0xb7, 2)));
	must_fail("NS_GET_USERNS of the user namespace", ioctl(fd, _IO(0xb7, 1)));
	must_fail("NS_GET_PARENT of the pid namespace", ioctl(pid, _IO(0xb7, 2)));
	must_fail("NS_MNT_GET_PREV", ioctl(mnt, _IOR(0xb7, 12, char[16])));
	must_fail("NS_MNT_GET_NEXT", ioctl(mnt, _IOR(0xb7, 11, char[16])));
	return 0;
}

/*
 * --- lie in wait for tasks that enter the container ---
 * argv = SENTINEL HOSTROOTDEV HOSTROOTINO HOST-NS-LINKS…; runs until /tmp/watch.stop
 * is there.  Looks at every new pid as fast as it can, for what must never be
 * seen: the host's root or working directory, its namespaces, its environment,
 * descriptors into it, its binary open for writing, its memory through ptrace.
 */
static void peek_link(int pid, const char *what, dev_t dev, ino_t ino, int count)
{
	char path[100];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_dev == dev && (st.st_ino == ino || count))
		went_through("%s leads to the host's file system (inode %lu)", path, (unsigned long)st.st_ino);
	close(fd);
}

static void peek(int pid, char **argv, dev_t dev, ino_t ino)
{
	static const char *const ns[] = { "mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time" };
	char path[100], buf[70000], link[200];
	ssize_t n;
	DIR *d;
	int fd;

	peek_link(pid, "root", dev, ino, 0);
	peek_link(pid, "cwd", dev, ino, 1);

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0 && memmem(buf, n, argv[0], strlen(argv[0])))
			went_through("%s shows the caller's environment", path);
		close(fd);
	}
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, ns[i]);
		n = readlink(path, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = 0;
		if (host_ns(link, argv + 3))
			went_through("%s is the host's %s", path, link);
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		struct stat st;

		if (!fstat(fd, &st) && st.st_dev == dev)
			went_through("%s: the host's program opened for writing", path);
		close(fd);
	}
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	for (struct dirent *de; d && (de = readdir(d));) {
		char what[300];
		struct stat st;

		if (de->d_name[0] == '.')
			continue;
		snprintf(what, sizeof(what), "/proc/%d/fd/%s", pid, de->d_name);
		n = readlink(what, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = 0;
		if (host_ns(link, argv + 3))
			went_through("%s is the host's %s", what, link);
		if (atoi(de->d_name) > 2 && !stat(what, &st) && st.st_dev == dev)
			went_through("%s -> %s is open on the host's file system", what, link);
	}
	if (d)
		closedir(d);
}

/* Is the traced task still the host's program? Then its memory is the host's. */
static void trace(int pid, char **argv)
{
	char path[100], buf[70000];
	ssize_t n;
	int fd, status;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		return;
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, &status, __WALL);
	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0 && memmem(buf, n, argv[0], strlen(argv[0])))
			went_through("traced %d while it had the caller's memory", pid);
		close(fd);
	}
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static int attack_watch(char **argv)
{
	dev_t dev = strtoul(argv[1], NULL, 0);
	ino_t ino = strtoul(argv[2], NULL, 0);
	int me = getpid(), last = me, looked = 0;

	printf("watching\n");
	fflush(stdout);
	for (unsigned long round = 0; access("/tmp/watch.stop", F_OK) && !escaped; round++) {
		/* new tasks get the next numbers: look there without reading the directory */
		for (int pid = last + 1; pid <= last + 6; pid++) {
			if (kill(pid, 0))
				continue;
			if (round & 1)
				trace(pid, argv);
			peek(pid, argv, dev, ino);
			looked++;
			if (kill(pid + 1, 0) == 0)
				last = pid;
		}
		if (!(round % 64)) {
			int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
			char buf[100] = "", *p;

			if (fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0) {
				p = strrchr(buf, ' ');
				if (p && atoi(p) > last)
					last = atoi(p) - 2 > me ? atoi(p) - 2 : me;
			}
			if (fd >= 0)
				close(fd);
		}
	}
	printf("looked %d times\n", looked);
	return looked ? 0 : 2;
}

/* --- network --- */

static int nl_talk(int proto, void *msg, unsigned int len)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, proto);
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char more[4000];
	} r;
	ssize_t n;

	((struct nlmsghdr *)msg)->nlmsg_len = len;
	if (fd < 0 || sendto(fd, msg, len, 0, (void *)&to, sizeof(to)) < 0)
		return -errno;
	n = recv(fd, &r, sizeof(r), 0);
	close(fd);
	if (n < (ssize_t)sizeof(r.h))
		return -EIO;
	if (r.h.nlmsg_type != NLMSG_ERROR)
		return r.h.nlmsg_type;
	return r.e.error;
}

struct link_req {
	struct nlmsghdr h;
	struct ifinfomsg i;
	char attrs[500];
};

static void attr(struct link_req *q, unsigned int *len, int type, const void *data, unsigned int n)
{
	struct rtattr *a = (void *)((char *)q + *len);

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(n);
	if (n)
		memcpy(RTA_DATA(a), data, n);
	*len += RTA_SPACE(n);
}

static void must_refuse(const char *what, int ret)
{
	if (ret >= 0)
		went_through("%s", what);
	else
		printf("%s: %s\n", what, strerror(-ret));
}

static int attack_venet(char **argv)
{
	unsigned int idx = if_nametoindex("venet0"), len, veid;
	struct link_req q;
	pid_t child;
	struct {
		struct nlmsghdr h;
		struct genlmsghdr g;
		char attrs[64];
	} gq;

	if (!idx) {
		puts("no venet0");
		return 2;
	}
	/* into a network namespace of our own */
	child = fork();
	if (!child) {
		if (unshare(CLONE_NEWNET))
			_exit(1);
		pause();
		_exit(0);
	}
	usleep(300000);
	memset(&q, 0, sizeof(q));
	q.h.nlmsg_type = RTM_NEWLINK;
	q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	q.i.ifi_index = idx;
	len = sizeof(q.h) + sizeof(q.i);
	attr(&q, &len, IFLA_NET_NS_PID, &child, 4);
	must_refuse("move venet0 to another namespace", nl_talk(NETLINK_ROUTE, &q, len));

	/* new devices of the kind, with our own, a foreign and no id */
	for (int i = 0; i < 4; i++) {
		unsigned int start, info;
		struct rtattr *a;

		memset(&q, 0, sizeof(q));
		q.h.nlmsg_type = RTM_NEWLINK;
		q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
		len = sizeof(q.h) + sizeof(q.i);
		attr(&q, &len, IFLA_IFNAME, "venet7", 7);
		start = len;
		attr(&q, &len, IFLA_LINKINFO, NULL, 0);
		attr(&q, &len, IFLA_INFO_KIND, "venet", 6);
		if (i < 3) {
			info = len;
			attr(&q, &len, IFLA_INFO_DATA, NULL, 0);
			veid = i == 0 ? atoi(argv[0]) : i == 1 ? atoi(argv[1]) : 0;
			attr(&q, &len, 1, &veid, 4);
			a = (void *)((char *)&q + info);
			a->rta_len = len - info;
		}
		a = (void *)((char *)&q + start);
		a->rta_len = len - start;
		must_refuse("create a venet device", nl_talk(NETLINK_ROUTE, &q, len));
	}
	/* deleting one's own is not what a customer may do either */
	memset(&q, 0, sizeof(q));
	q.h.nlmsg_type = RTM_DELLINK;
	q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	q.i.ifi_index = idx;
	must_refuse("delete venet0", nl_talk(NETLINK_ROUTE, &q, sizeof(q.h) + sizeof(q.i)));

	/* the address family */
	memset(&gq, 0, sizeof(gq));
	gq.h.nlmsg_type = GENL_ID_CTRL;
	gq.h.nlmsg_flags = NLM_F_REQUEST;
	gq.g.cmd = CTRL_CMD_GETFAMILY;
	((struct nlattr *)gq.attrs)->nla_type = CTRL_ATTR_FAMILY_NAME;
	((struct nlattr *)gq.attrs)->nla_len = NLA_HDRLEN + 6;
	memcpy(gq.attrs + NLA_HDRLEN, "venet", 6);
	must_refuse("see the venet address family",
		    nl_talk(NETLINK_GENERIC, &gq, sizeof(gq.h) + sizeof(gq.g) + NLA_ALIGN(NLA_HDRLEN + 6)));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (!if_nametoindex("venet0"))
		went_through("venet0 is gone");
	return 0;
}

/* argv = SRC DST PORT: one UDP packet with a source of our choice; status 0 when sent */
static int attack_spoof(char **argv)
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
		char data[16];
	} __attribute__((packed)) p = { 0 };
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0) {
		perror("raw socket");
		return 2;
	}
	p.ip.version = 4;
	p.ip.ihl = 5;
	p.ip.ttl = 64;
	p.ip.protocol = IPPROTO_UDP;
	p.ip.tot_len = htons(sizeof(p));
	inet_pton(AF_INET, argv[0], &p.ip.saddr);
	inet_pton(AF_INET, argv[1], &p.ip.daddr);
	p.udp.source = htons(4242);
	p.udp.dest = htons(atoi(argv[2]));
	p.udp.len = htons(sizeof(p.udp) + sizeof(p.data));
	strcpy(p.data, "spoofed");
	to.sin_addr.s_addr = p.ip.daddr;
	for (int i = 0; i < 3; i++)
		if (sendto(fd, &p, sizeof(p), 0, (void *)&to, sizeof(to)) < 0)
			printf("sendto: %s\n", strerror(errno));
	return 0;
}

/* argv = SECONDS PORT; prints the payload of the first datagram, status 1 when none comes.
 * The host's side of "spoof". */
static int attack_listen(char **argv)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	struct timeval tv = { .tv_sec = atoi(argv[0]) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char buf[100] = "";

	if (bind(fd, (void *)&me, sizeof(me)))
		return 2;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	puts("listening");
	fflush(stdout);
	if (recv(fd, buf, sizeof(buf) - 1, 0) < 0)
		return 1;
	puts(buf);
	return 0;
}

/* --- keyrings: argv[0] = description of a key the host's session holds --- */

static int attack_addkey(char **argv)		/* host side: new session, key, exec the rest */
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", argv[0], "payload", 7, KEY_SPEC_SESSION_KEYRING) < 0) {
		perror("add_key");
		return 2;
	}
	execvp(argv[1], argv + 1);
	return 2;
}

static int attack_keyring(char **argv)
{
	char buf[4000];
	long id = syscall(SYS_request_key, "user", argv[0], NULL, 0);
	long n;

	must_fail("request_key of the host's key", id);
	must_fail("search the session keyring",
		  syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", argv[0], 0));
	n = syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, buf, sizeof(buf));
	for (long i = 0; i + 4 <= n; i += 4) {
		int key = *(int *)(buf + i);
		char what[300] = "";

		if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, what, sizeof(what)) > 0 &&
		    strstr(what, argv[0]))
			went_through("the session keyring holds %s", what);
	}
	return 0;
}

/* --- typing into the caller's terminal --- */

static int attack_tiocsti(char **argv)
{
	for (int fd = 0; fd < 3; fd++) {
		unsigned char sub[2] = { 2 };		/* TIOCLINUX paste */

		if (!isatty(fd))
			continue;
		must_fail("TIOCSTI", ioctl(fd, TIOCSTI, "#"));
		must_fail("TIOCLINUX", ioctl(fd, TIOCLINUX, sub));
	}
	return 0;
}

/* --- what came along: argv = nothing.  Lists descriptors, session, masks --- */

static int attack_inherited(char **argv)
{
	sigset_t set;
	DIR *d = opendir("/proc/self/fd");
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (atoi(de->d_name) > 2 && atoi(de->d_name) != dirfd(d))
			went_through("descriptor %s came along", de->d_name);
	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int s = 1; s < 32; s++) {
		struct sigaction sa;

		if (sigismember(&set, s) == 1)
			went_through("signal %d is blocked", s);
		if (!sigaction(s, NULL, &sa) && sa.sa_handler != SIG_DFL)
			went_through("signal %d is ignored", s);
	}
	if (getppid() != 0)
		printf("parent %d\n", getppid());
	if (prctl(PR_GET_DUMPABLE) != 1)
		printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
		went_through("no_new_privs is set: setuid programs would not work");
	return 0;
}

/* --- /proc/sys: which files take a value?  Prints their names; status 0 --- */

static void sysctls(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;

	while (d && (de = readdir(d))) {
		char path[600], buf[5000];
		ssize_t n;
		int fd;

		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		if (de->d_type == DT_DIR) {
			sysctls(path);
			continue;
		}
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		n = fd >= 0 ? read(fd, buf, sizeof(buf)) : -1;
		if (fd >= 0)
			close(fd);
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (n <= 0 || write(fd, buf, n) == n)
			printf("%s\n", path);
		close(fd);
	}
	if (d)
		closedir(d);
}

static int attack_sysctls(char **argv)
{
	sysctls(argv[0] ? argv[0] : "/proc/sys");
	return 0;
}

/* the same in a fresh procfs of a pid namespace of our own */
static int attack_newproc(char **argv)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID))
		return 2;
	pid = fork();
	if (pid) {
		waitpid(pid, &status, 0);
		return WEXITSTATUS(status);
	}
	mkdir("/tmp/p", 0755);
	if (mount("proc", "/tmp/p", "proc", 0, NULL)) {
		printf("mount proc: %s\n", strerror(errno));
		_exit(0);
	}
	must_fail("core_pattern", open("/tmp/p/sys/kernel/core_pattern", O_WRONLY));
	must_fail("sysrq-trigger", open("/tmp/p/sysrq-trigger", O_WRONLY));
	must_fail("kcore", open("/tmp/p/kcore", O_RDONLY));
	must_fail("modprobe", open("/tmp/p/sys/kernel/modprobe", O_WRONLY));
	must_fail("uevent_helper", open("/sys/kernel/uevent_helper", O_WRONLY));
	umount2("/tmp/p", MNT_DETACH);
	fflush(stdout);
	_exit(escaped);
}

/* --- signals: argv = host pids --- */

static int attack_signal(char **argv)
{
	for (; *argv; argv++) {
		int pid = atoi(*argv);
		char path[50];

		snprintf(path, sizeof(path), "/proc/%d", pid);
		/* the number may be one of our own tasks: then it is not the host's */
		if (access(path, F_OK) == 0)
			continue;
		must_fail("kill a host pid", kill(pid, SIGKILL));
		must_fail("ptrace a host pid", ptrace(PTRACE_ATTACH, pid, 0, 0));
		must_fail("pidfd_open a host pid", syscall(SYS_pidfd_open, pid, 0));
		must_fail("process_vm_readv",
			  syscall(SYS_process_vm_readv, pid, &(struct iovec){ path, 1 }, 1,
				  &(struct iovec){ (void *)0x1000, 1 }, 1, 0));
	}
	signal(SIGTERM, SIG_IGN);
	kill(-1, SIGCONT);
	return 0;
}

/* --- fork without end: prints how far it came, then waits to be killed --- */

static int attack_bomb(char **argv)
{
	int limit = argv[0] ? atoi(argv[0]) : 1000000, n = 0, failed = 0;

	signal(SIGCHLD, SIG_IGN);
	while (n < limit && failed < 200) {
		pid_t pid = fork();

		if (!pid)
			for (;;)
				pause();
		if (pid < 0)
			failed++;
		else
			n++;
	}
	printf("forked %d\n", n);
	fflush(stdout);
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (access("/tmp/bomb.stop", F_OK) == 0)
			break;
	}
	return 0;
}

/* --- what must go on working --- */

static int attack_nested(char **argv)
{
	char map[100];
	int fd, status;
	pid_t pid;

	/* exit status is inverted here: 0 = it works */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
		    CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWTIME)) {
		perror("unshare");
		return 1;
	}
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (write(fd, "deny", 4) != 4)
		perror("setgroups");
	close(fd);
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	snprintf(map, sizeof(map), "0 0 1");
	if (write(fd, map, strlen(map)) < 0) {
		perror("uid_map");
		return 1;
	}
	close(fd);
	fd = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
	if (write(fd, map, strlen(map)) < 0) {
		perror("gid_map");
		return 1;
	}
	close(fd);
	pid = fork();
	if (pid) {
		waitpid(pid, &status, 0);
		return WEXITSTATUS(status);
	}
	mkdir("/tmp/nest", 0755);
	if (mount("t", "/tmp/nest", "tmpfs", 0, NULL) ||
	    mkdir("/tmp/nest/p", 0755) || mkdir("/tmp/nest/l", 0755) || mkdir("/tmp/nest/u", 0755) ||
	    mkdir("/tmp/nest/w", 0755) || mkdir("/tmp/nest/m", 0755) || mkdir("/tmp/nest/s", 0755)) {
		perror("tmpfs");
		_exit(1);
	}
	if (mount("p", "/tmp/nest/p", "proc", 0, NULL)) {
		perror("proc in the nested container");
		_exit(1);
	}
	if (access("/tmp/nest/p/1/status", F_OK) || getpid() != 1) {
		puts("not pid 1");
		_exit(1);
	}
	if (mount("o", "/tmp/nest/m", "overlay", 0,
		  "lowerdir=/tmp/nest/l,upperdir=/tmp/nest/u,workdir=/tmp/nest/w,userxattr")) {
		perror("overlay in the nested container");
		_exit(1);
	}
	if (mount("s", "/tmp/nest/s", "sysfs", MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL))
		perror("note: sysfs in the nested container");
	if (sethostname("nested", 6)) {
		perror("sethostname");
		_exit(1);
	}
	if (mknod("/tmp/nest/u/wh", S_IFCHR, 0)) {
		perror("whiteout");
		_exit(1);
	}
	_exit(0);
}

static const struct {
	const char *name;
	int (*run)(char **argv);
	int min_args;
} attacks[] = {
	{ "syscalls", attack_syscalls, 0 },
	{ "dmesg", attack_dmesg, 0 },
	{ "disk", attack_disk, 2 },
	{ "handle", attack_handle, 0 },
	{ "setns", attack_setns, 1 },
	{ "nsup", attack_nsup, 0 },
	{ "watch", attack_watch, 4 },
	{ "venet", attack_venet, 2 },
	{ "spoof", attack_spoof, 3 },
	{ "listen", attack_listen, 2 },
	{ "addkey", attack_addkey, 2 },
	{ "keyring", attack_keyring, 1 },
	{ "tiocsti", attack_tiocsti, 0 },
	{ "inherited", attack_inherited, 0 },
	{ "sysctls", attack_sysctls, 0 },
	{ "newproc", attack_newproc, 0 },
	{ "signal", attack_signal, 1 },
	{ "bomb", attack_bomb, 0 },
	{ "nested", attack_nested, 0 },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		int r;

		if (strcmp(argv[1], attacks[i].name) || argc - 2 < attacks[i].min_args)
			continue;
		r = attacks[i].run(argv + 2);
		return escaped ? 1 : r;
	}
	fprintf(stderr, "usage: hostile ATTACK [ARG…]\n");
	return 2;
}
