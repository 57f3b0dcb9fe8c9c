// SPDX-License-Identifier: GPL-2.0
/*
 * The init of the busybox template, and its halt, poweroff and reboot.
 *
 * One page of code and no C library: what a container costs while it idles is
 * the reason for this template.  As pid 1 it runs /etc/rc (if there is one)
 * in the background, reaps whatever is left to it, and stops or reboots the container:
 *
 *	SIGUSR1, SIGUSR2, SIGPWR, SIGRTMIN+3, SIGRTMIN+4	power off
 *	SIGINT, SIGTERM, SIGRTMIN+5				reboot
 *	SIGRTMIN+13, SIGRTMIN+14, SIGRTMIN+15		the same without grace
 *
 * USR1, USR2 and TERM are what busybox's own halt, poweroff and reboot send; its
 * shell runs those rather than the ones in /sbin.
 *
 * Graceful means: /etc/rc.shutdown (if there is one), SIGTERM to all, and
 * SIGKILL to those that are still there after GRACE_SECONDS.
 *
 * Called as halt, poweroff, reboot or shutdown it sends pid 1 such a signal;
 * `-f` calls reboot(2) itself, `shutdown -r` reboots.  x86_64 only.
 */
#include <asm/unistd.h>
#include <linux/reboot.h>

#define SIGHUP		1
#define SIGINT		2
#define SIGKILL		9
#define SIGUSR1		10
#define SIGUSR2		12
#define SIGTERM		15
#define SIGCHLD		17
#define SIGPWR		30
#define RTMIN(n)	(34 + (n))	/* glibc's, which everybody counts from */
#define SIG_BLOCK	0
#define SIG_SETMASK	2
#define WNOHANG		1
#define ECHILD		10

#define GRACE_SECONDS	5

struct timespec64 {
	long sec;
	long nsec;
};

static long sys(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static void do_reboot(unsigned int cmd)
{
	sys(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, cmd, 0);
}

/* run @path in a session of its own with no signal blocked; its pid or -errno */
static long spawn(char *path, char **envp)
{
	char *argv[] = { path, (char *)0 };
	unsigned long none = 0;
	long pid = sys(__NR_fork, 0, 0, 0, 0);

	if (pid != 0)
		return pid;
	sys(__NR_setsid, 0, 0, 0, 0);
	sys(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, sizeof(none));
	sys(__NR_execve, (long)path, (long)argv, (long)envp, 0);
	sys(__NR_exit, 127, 0, 0, 0);
	return 0;
}

/* next signal of the blocked ones, 0 after @seconds without one; < 0: for ever */
static long wait_signal(long seconds)
{
	struct timespec64 ts = { seconds, 0 };
	unsigned long all = ~0ul;
	long sig = sys(__NR_rt_sigtimedwait, (long)&all, 0, seconds < 0 ? 0 : (long)&ts,
		       sizeof(all));

	return sig > 0 ? sig : 0;
}

/* collect the dead; true when @pid was among them or no child is left */
static int reap(long pid)
{
	int seen = 0;
	long r;

	while ((r = sys(__NR_wait4, -1, 0, WNOHANG, 0)) > 0) {
		if (r == pid)
			seen = 1;
	}
	return seen || r == -ECHILD;
}

static void stop(unsigned int cmd, int grace, char **envp)
{
	if (grace) {
		long pid = -1;

		if (sys(__NR_access, (long)"/etc/rc.shutdown", 1, 0, 0) == 0)
			pid = spawn("/etc/rc.shutdown", envp);
		while (pid > 0 && !reap(pid) && wait_signal(GRACE_SECONDS))
			;
		sys(__NR_kill, -1, SIGTERM, 0, 0);
		/* stopped tasks would sit out the grace period */
		sys(__NR_kill, -1, 18 /* SIGCONT */, 0, 0);
		/* bounded: something may fork for ever */
		for (int n = 0; n < 4096 && !reap(-1) && wait_signal(GRACE_SECONDS); n++)
			;
	}
	sys(__NR_kill, -1, SIGKILL, 0, 0);
	sys(__NR_sync, 0, 0, 0, 0);
	do_reboot(cmd);
	sys(__NR_exit_group, 0, 0, 0, 0);	/* not in a pid namespace, or not permitted */
}

static void init(char **envp)
{
	unsigned long all = ~0ul;

	sys(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, sizeof(all));
	sys(__NR_setsid, 0, 0, 0, 0);
	sys(__NR_chdir, (long)"/", 0, 0, 0);
	if (sys(__NR_access, (long)"/etc/rc", 1, 0, 0) == 0)
		spawn("/etc/rc", envp);
	for (;;) {
		switch (wait_signal(-1)) {
		case SIGCHLD:
			reap(-1);
			break;
		case SIGUSR1:
		case SIGUSR2:
		case SIGPWR:
		case RTMIN(3):
		case RTMIN(4):
			stop(LINUX_REBOOT_CMD_POWER_OFF, 1, envp);
			break;
		case RTMIN(13):
		case RTMIN(14):
			stop(LINUX_REBOOT_CMD_POWER_OFF, 0, envp);
			break;
		case SIGINT:
		case SIGTERM:
		case RTMIN(5):
			stop(LINUX_REBOOT_CMD_RESTART, 1, envp);
			break;
		case RTMIN(15):
			stop(LINUX_REBOOT_CMD_RESTART, 0, envp);
			break;
		}
	}
}

static void say(const char *s)
{
	long n = 0;

	while (s[n])
		n++;
	sys(__NR_write, 2, (long)s, n, 0);
}

/* halt, poweroff, reboot, shutdown; the exit status */
static int tool(const char *name, char **argv)
{
	int again = equal(name, "reboot");
	int force = 0;

	for (; *argv; argv++) {
		if (equal(*argv, "-f") || equal(*argv, "--force"))
			force = 1;
		else if (equal(*argv, "-r") && equal(name, "shutdown"))
			again = 1;
	}
	if (force)
		do_reboot(again ? LINUX_REBOOT_CMD_RESTART : LINUX_REBOOT_CMD_POWER_OFF);
	else if (sys(__NR_kill, 1, again ? SIGINT : SIGUSR2, 0, 0) == 0)
		return 0;
	say(name);
	say(": not permitted\n");
	return 1;
}

/* @stack: argc, the arguments, NULL, the environment, NULL */
__attribute__((used)) static void start(long *stack)
{
	long argc = stack[0];
	char **argv = (char **)(stack + 1);
	const char *name = argc ? argv[0] : "init";

	for (const char *p = name; *p; p++) {
		if (*p == '/')
			name = p + 1;
	}
	if (equal(name, "halt") || equal(name, "poweroff") || equal(name, "reboot") ||
	    equal(name, "shutdown"))
		sys(__NR_exit_group, tool(name, argv + 1), 0, 0, 0);
	if (sys(__NR_getpid, 0, 0, 0, 0) != 1) {
		say("init: runs as process 1 only\n");
		sys(__NR_exit_group, 1, 0, 0, 0);
	}
	init(argv + argc + 1);
}

__asm__(".globl _start\n_start:\n\txor %ebp,%ebp\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall start\n\thlt\n");
