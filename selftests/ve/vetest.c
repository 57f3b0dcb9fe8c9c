// SPDX-License-Identifier: GPL-2.0
/*
 * vetest: what the ve selftests need and a shell cannot do.
 *
 *	vetest start [-d] [-S] [-n LETTERS] [-w WORD] CGROUP CMD [ARG]...
 *		clone3(2) CMD into CGROUP with new namespaces, as vzctl does:
 *		map the ids, mount procfs, write START.  -S leaves START to
 *		CMD, on file descriptor 3.  -w writes another word.  -n takes
 *		the namespaces: u(ser) p(id) m(ount) c(group), default upmc.
 *		Prints "init PID" and, without -d, "exit N" or "signal N".
 *	vetest enter [-u] CGROUP CMD [ARG]...
 *		clone3(2) CMD into CGROUP, nothing else.  -u becomes uid 65534
 *		first.  Exit status is CMD's.
 *	vetest write FILE TEXT		one write(2); prints ok or the errno
 *	vetest writeas UID FILE TEXT	the same: UID opens, root writes
 *	vetest say WORD			writes to descriptor 3; prints ok or the errno
 *	vetest poll FILE N		prints FILE's first line, after each of N
 *					changes that poll(2) reports
 *	vetest uevents N		prints N uevents of SUBSYSTEM=ve
 *	vetest reboot WORD		restart, halt or poweroff
 *	vetest storm SECONDS		fork and exit as fast as possible
 *	vetest threadexec CMD...	exec from a thread that is not the leader
 *	vetest hog			use memory without end
 *	vetest zombie			leave a zombie child, print its pid, wait
 *	vetest pause
 *
 * Errors that the kernel gives are printed as NAME: ERRNO, exit status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what)
{
	printf("%s: %s\n", what, strerrorname_np(errno));
	fflush(stdout);
	return 1;
}

static pid_t fork_into(int cgroup, uint64_t flags)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP | flags,
		.exit_signal = SIGCHLD,
		.cgroup = cgroup,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

static int report(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		return fail("waitpid");
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else
		printf("exit %d\n", WEXITSTATUS(status));
	return 0;
}

static int start_child(int state, int sync, uint64_t ns, const char *word,
		       char **argv)
{
	char c;

	if (read(sync, &c, 1) != 1)
		return 1;
	close(sync);
	if ((ns & CLONE_NEWUSER) &&
	    (setresgid(0, 0, 0) || setresuid(0, 0, 0)))
		return fail("setresuid");
	if (ns & CLONE_NEWNS) {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			return fail("private");
		if ((ns & CLONE_NEWPID) &&
		    mount("proc", "/proc", "proc", 0, NULL))
			return fail("proc");
	}
	if (word) {
		if (write(state, word, strlen(word)) < 0)
			return fail(word);
		close(state);
	} else if (dup2(state, 3) < 0) {
		return fail("dup2");
	}
	execvp(argv[0], argv);
	return fail("exec");
}

static int do_start(int argc, char **argv)
{
	uint64_t ns = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS |
		CLONE_NEWCGROUP;
	const char *word = "START";
	int detach = 0, opt, cgroup, state, sync[2];
	char path[4096];
	pid_t pid;

	while ((opt = getopt(argc, argv, "+dSn:w:")) != -1) {
		switch (opt) {
		case 'd':
			detach = 1;
			break;
		case 'S':
			word = NULL;
			break;
		case 'w':
			word = optarg;
			break;
		case 'n':
			ns = 0;
			if (strchr(optarg, 'u'))
				ns |= CLONE_NEWUSER;
			if (strchr(optarg, 'p'))
				ns |= CLONE_NEWPID;
			if (strchr(optarg, 'm'))
				ns |= CLONE_NEWNS;
			if (strchr(optarg, 'c'))
				ns |= CLONE_NEWCGROUP;
			break;
		default:
			return 2;
		}
	}
	argv += optind;
	if (argc - optind < 2)
		return 2;

	cgroup = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return fail("open");
	state = openat(cgroup, "ve.state", O_WRONLY | O_CLOEXEC);
	if (state < 0)
		return fail("ve.state");
	if (pipe2(sync, O_CLOEXEC))
		return fail("pipe");

	pid = fork_into(cgroup, ns);
	if (pid < 0)
		return fail("clone3");
	if (!pid) {
		close(sync[1]);
		_exit(start_child(state, sync[0], ns, word, argv + 1));
	}
	if (ns & CLONE_NEWUSER) {
		snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
		if (put(path, "0 1000000 65536"))
			return fail("uid_map");
		snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
		if (put(path, "0 1000000 65536"))
			return fail("gid_map");
	}
	printf("init %d\n", pid);
	fflush(stdout);
	if (write(sync[1], "", 1) != 1)
		return fail("sync");
	close(state);
	return detach ? 0 : report(pid);
}

static int do_enter(int argc, char **argv)
{
	int opt, user = 0, cgroup, status;
	pid_t pid;

	while ((opt = getopt(argc, argv, "+u")) != -1) {
		if (opt != 'u')
			return 2;
		user = 1;
	}
	argv += optind;
	if (argc - optind < 2)
		return 2;
	cgroup = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return fail("open");
	if (user && (setresgid(65534, 65534, 65534) ||
		     setresuid(65534, 65534, 65534)))
		return fail("setresuid");
	pid = fork_into(cgroup, 0);
	if (pid < 0)
		return fail("clone3");
	if (!pid) {
		execvp(argv[1], argv + 1);
		_exit(fail("exec"));
	}
	if (waitpid(pid, &status, 0) < 0)
		return fail("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
		WEXITSTATUS(status);
}

static int do_write(const char *uid, const char *file, const char *text)
{
	int fd;

	if (uid && (setegid(atoi(uid)) || seteuid(atoi(uid))))
		return fail("seteuid");
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("open");
	if (uid && (seteuid(0) || setegid(0)))
		return fail("seteuid");
	if (write(fd, text, strlen(text)) < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	puts("ok");
	return 0;
}

static int do_poll(const char *file, int n)
{
	struct pollfd p = { .events = POLLPRI };
	char buf[4096];
	ssize_t len;

	p.fd = open(file, O_RDONLY | O_CLOEXEC);
	if (p.fd < 0)
		return fail("open");
	for (;;) {
		len = pread(p.fd, buf, sizeof(buf) - 1, 0);
		if (len < 0)
			return fail("read");
		buf[len] = '\0';
		printf("%.*s\n", (int)strcspn(buf, "\n"), buf);
		fflush(stdout);
		if (!n--)
			return 0;
		if (poll(&p, 1, 30000) != 1)
			return fail("poll");
	}
}

static int do_uevents(int n)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct timeval tv = { .tv_sec = 30 };
	char buf[8192], *p;
	ssize_t len;
	int fd;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
		    NETLINK_KOBJECT_UEVENT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)))
		return fail("socket");
	puts("listening");
	fflush(stdout);
	while (n) {
		len = recv(fd, buf, sizeof(buf) - 1, 0);
		if (len < 0)
			return fail("recv");
		buf[len] = '\0';
		if (strcmp(buf, "change@/kernel/ve/events"))
			continue;
		for (p = buf + strlen(buf) + 1; p < buf + len;
		     p += strlen(p) + 1)
			if (!strncmp(p, "VE_", 3) ||
			    !strncmp(p, "SUBSYSTEM=", 10))
				printf("%s ", p);
		printf("\n");
		fflush(stdout);
		n--;
	}
	return 0;
}

static int do_storm(int seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned long n = 0;

	signal(SIGCHLD, SIG_IGN);
	while (time(NULL) < end) {
		pid_t pid = fork();

		if (!pid) {
			if (n & 1)
				fork();
			_exit(0);
		}
		n++;
	}
	return 0;
}

static char **thread_argv;

static void *exec_thread(void *arg)
{
	(void)arg;
	usleep(50000);
	execvp(thread_argv[0], thread_argv);
	_exit(fail("exec"));
}

static int do_hog(void)
{
	for (;;) {
		char *p = malloc(1 << 20);

		if (!p)
			return 1;
		memset(p, 1, 1 << 20);
	}
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "start"))
		return do_start(argc - 1, argv + 1);
	if (!strcmp(verb, "enter"))
		return do_enter(argc - 1, argv + 1);
	if (!strcmp(verb, "write") && argc == 4)
		return do_write(NULL, argv[2], argv[3]);
	if (!strcmp(verb, "writeas") && argc == 5)
		return do_write(argv[2], argv[3], argv[4]);
	if (!strcmp(verb, "say") && argc == 3) {
		if (write(3, argv[2], strlen(argv[2])) < 0) {
			puts(strerrorname_np(errno));
			return 1;
		}
		puts("ok");
		return 0;
	}
	if (!strcmp(verb, "poll") && argc == 4)
		return do_poll(argv[2], atoi(argv[3]));
	if (!strcmp(verb, "uevents") && argc == 3)
		return do_uevents(atoi(argv[2]));
	if (!strcmp(verb, "storm") && argc == 3)
		return do_storm(atoi(argv[2]));
	if (!strcmp(verb, "hog"))
		return do_hog();
	if (!strcmp(verb, "reboot") && argc == 3) {
		reboot(!strcmp(argv[2], "restart") ? RB_AUTOBOOT :
		       !strcmp(argv[2], "halt") ? RB_HALT_SYSTEM :
		       RB_POWER_OFF);
		return fail("reboot");
	}
	if (!strcmp(verb, "threadexec") && argc > 2) {
		pthread_t t;

		thread_argv = argv + 2;
		pthread_create(&t, NULL, exec_thread, NULL);
		pause();
	}
	if (!strcmp(verb, "zombie")) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		printf("zombie %d\n", pid);
		fflush(stdout);
		for (;;)
			pause();
	}
	if (!strcmp(verb, "pause"))
		for (;;)
			pause();
	fprintf(stderr, "usage: see the head of vetest.c\n");
	return 2;
}
