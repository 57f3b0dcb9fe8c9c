// SPDX-License-Identifier: GPL-2.0
/*
 * The lab's agent inside the virtual machine.
 *
 * It takes a job from the runner (selftests/vm/run) over a virtio-serial port,
 * runs it, streams its output and the kernel log, checks what was left behind
 * and sends the verdict last.  Nothing of that goes through the console.
 *
 * Port vz.ctl carries frames both ways: a type byte, a little-endian 32-bit
 * length, the payload.
 *
 *   runner to agent
 *     E NAME=VALUE   environment of the command, repeated
 *     A WORD         argument of the command, repeated
 *     G PATH         file to hand back after the run, repeated
 *     T ROWS COLS    run on a terminal of that size
 *     L              skip the leak checks (playing)
 *     R              run now
 *     I DATA         input of the terminal
 *     W ROWS COLS    the terminal's new size
 *     Q              power off cleanly
 *   agent to runner, after "vz-lab TOKEN\n" with the TOKEN of vz_lab= on the
 *   kernel's command line: an earlier boot may have left half a frame
 *     H TEXT         hello: kernel release and boot id
 *     o, e DATA      standard output, standard error
 *     k RECORD       kernel log record as /dev/kmsg gives it
 *     x NUMBER       the command's exit status
 *     l LINE         something was left behind
 *     g DATA         tar of the files to hand back
 *     s              shutting down (a reboot or a halt was asked for)
 *     v              verdict: everything above is complete
 *
 * Called as vz-lab-next, it tells the runner over port vz.next what to do next:
 *     vz-lab-next reboot -- COMMAND...     boots the guest again
 *     vz-lab-next power-cut -- COMMAND...  the runner kills QEMU and boots the
 *                                          same disks again
 * then runs COMMAND there and that one's verdict counts.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 1024
#define LEAKS "/usr/lib/vz-lab/leaks"

struct job {
	char *argv[MAX_WORDS + 1];
	int argc;
	char *env[MAX_WORDS + 1];
	int envc;
	char *get[MAX_WORDS + 1];
	int getc;
	bool tty;
	bool no_leaks;
	struct winsize ws;
};

static int ctl = -1;
static int kmsg = -1;
static int sigfd = -1;

static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vz-lab: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, ": %m\n");
	va_end(ap);
	exit(1);
}

/* Open the virtio-serial port of that name; retry while another holds it. */
static int open_port(const char *name)
{
	char path[PATH_MAX], buf[64];
	struct dirent *d;
	DIR *dir;
	ssize_t n;
	int fd, i;

	dir = opendir("/sys/class/virtio-ports");
	if (!dir)
		return -1;
	while ((d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		if (n <= 0)
			continue;
		buf[n] = '\0';
		buf[strcspn(buf, "\n")] = '\0';
		if (strcmp(buf, name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", d->d_name);
		closedir(dir);
		for (i = 0; i < 100; i++) {
			fd = open(path, O_RDWR | O_CLOEXEC);
			if (fd >= 0 || errno != EBUSY)
				return fd;
			usleep(50000);
		}
		return -1;
	}
	closedir(dir);
	errno = ENODEV;
	return -1;
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			die("write to the runner");
		}
		p += n;
		len -= n;
	}
}

static void send_frame(int fd, char type, const void *data, uint32_t len)
{
	unsigned char buf[5 + 32768];

	if (len > sizeof(buf) - 5)
		len = sizeof(buf) - 5;
	buf[0] = type;
	buf[1] = len;
	buf[2] = len >> 8;
	buf[3] = len >> 16;
	buf[4] = len >> 24;
	memcpy(buf + 5, data, len);
	write_all(fd, buf, 5 + len);
}

static void send_text(char type, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	send_frame(ctl, type, buf, strlen(buf));
}

static void read_all(void *data, size_t len)
{
	struct pollfd p = { .fd = ctl, .events = POLLIN };
	char *c = data;
	ssize_t n;

	while (len) {
		n = read(ctl, c, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			die("read from the runner");
		if (n == 0) {
			/* The runner's end is not open (yet). */
			poll(&p, 1, 100);
			usleep(10000);
			continue;
		}
		if (n > 0) {
			c += n;
			len -= n;
		}
	}
}

/* One frame from the runner; the payload is NUL-terminated and to be freed. */
static char read_frame(char **ret_data, uint32_t *ret_len)
{
	unsigned char head[5];
	uint32_t len;
	char *data;

	read_all(head, sizeof(head));
	len = head[1] | head[2] << 8 | head[3] << 16 | (uint32_t)head[4] << 24;
	data = malloc((size_t)len + 1);
	if (!data)
		die("frame of %u bytes", len);
	read_all(data, len);
	data[len] = '\0';
	*ret_data = data;
	*ret_len = len;
	return head[0];
}

/* Hand on what the kernel logged since the last call. */
static void pump_kmsg(void)
{
	static const char lost[] = "0,0,0,-;vz-lab: kernel log records were lost";
	char buf[8192];
	ssize_t n;

	for (;;) {
		n = read(kmsg, buf, sizeof(buf));
		if (n > 0) {
			send_frame(ctl, 'k', buf, n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE) {
			send_frame(ctl, 'k', lost, sizeof(lost) - 1);
			continue;
		}
		return;
	}
}

static void child_setup(struct job *job)
{
	sigset_t none;
	int i, fd;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* The agent is safe from the OOM killer, what it runs is not. */
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		write_all(fd, "0", 1);
		close(fd);
	}
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("LOGNAME", "root", 1);
	setenv("LANG", "C.UTF-8", 1);
	for (i = 0; i < job->envc; i++)
		putenv(job->env[i]);
	if (chdir("/root"))
		_exit(126);
}

static void __attribute__((noreturn)) child_exec(char **argv)
{
	int err;

	execvp(argv[0], argv);
	err = errno;
	fprintf(stderr, "vz-lab: %s: %s\n", argv[0], strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

static void set_winsize(const char *data, struct winsize *ws)
{
	unsigned int rows = 24, cols = 80;

	sscanf(data, "%u %u", &rows, &cols);
	ws->ws_row = rows;
	ws->ws_col = cols;
}

static bool pump_fd(int fd, char type)
{
	char buf[32768];
	ssize_t n;

	n = read(fd, buf, sizeof(buf));
	if (n > 0)
		send_frame(ctl, type, buf, n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void __attribute__((noreturn)) shutting_down(void)
{
	pump_kmsg();
	send_text('s', "");
	/* Keep telling what the kernel says as long as systemd lets us. */
	for (;;) {
		pump_kmsg();
		usleep(100000);
	}
}

/*
 * Run argv; standard output goes out as frames of type out, standard error as
 * type err.  Returns the exit status, 128 + N for signal N.
 *
 * It is over when the process has ended and what it had written is through:
 * a background process that keeps the pipe open does not hold up the run.
 */
static int run(struct job *job, char **argv, bool tty, char out, char err)
{
	int po[2] = { -1, -1 }, pe[2] = { -1, -1 }, master = -1, status = 0;
	bool ended = false;
	struct pollfd p[5];
	pid_t pid;

	if (tty) {
		pid = forkpty(&master, NULL, NULL, &job->ws);
	} else {
		if (pipe2(po, O_CLOEXEC) || pipe2(pe, O_CLOEXEC))
			die("pipe");
		pid = fork();
	}
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		child_setup(job);
		if (tty) {
			setenv("TERM", "xterm-256color", 0);
		} else {
			int nul = open("/dev/null", O_RDONLY | O_CLOEXEC);

			setsid();
			dup2(nul, 0);
			dup2(po[1], 1);
			dup2(pe[1], 2);
		}
		child_exec(argv);
	}
	if (!tty) {
		close(po[1]);
		close(pe[1]);
	}

	for (;;) {
		int n;

		p[0] = (struct pollfd){ .fd = tty ? master : po[0], .events = POLLIN };
		p[1] = (struct pollfd){ .fd = pe[0], .events = POLLIN };
		p[2] = (struct pollfd){ .fd = kmsg, .events = POLLIN };
		p[3] = (struct pollfd){ .fd = sigfd, .events = POLLIN };
		p[4] = (struct pollfd){ .fd = tty ? ctl : -1, .events = POLLIN };
		n = poll(p, 5, ended ? 0 : -1);
		if (n < 0 && errno != EINTR)
			die("poll");
		if (p[2].revents)
			pump_kmsg();
		if (p[0].revents) {
			int *fd = tty ? &master : &po[0];

			if (!pump_fd(*fd, out)) {
				close(*fd);
				*fd = -1;
			}
		}
		if (p[1].revents && !pump_fd(pe[0], err)) {
			close(pe[0]);
			pe[0] = -1;
		}
		if (p[4].revents & POLLIN) {
			uint32_t len;
			char *data;
			char type = read_frame(&data, &len);

			if (type == 'I' && master >= 0) {
				write_all(master, data, len);
			} else if (type == 'W' && master >= 0) {
				set_winsize(data, &job->ws);
				ioctl(master, TIOCSWINSZ, &job->ws);
			}
			free(data);
		}
		if (ended && !p[0].revents && !p[1].revents)
			break;
		if (p[3].revents & POLLIN) {
			struct signalfd_siginfo si;

			if (read(sigfd, &si, sizeof(si)) == sizeof(si) &&
			    si.ssi_signo == SIGTERM)
				shutting_down();
		}
		if (!ended && waitpid(pid, &status, WNOHANG) == pid)
			ended = true;
	}
	if (po[0] >= 0)
		close(po[0]);
	if (pe[0] >= 0)
		close(pe[0]);
	if (master >= 0)
		close(master);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Unpack the files of --put: a tar archive on a disk with the serial vzput. */
static void unpack_put(struct job *job)
{
	char path[PATH_MAX], serial[32], dev[300];
	char *tar[] = { "tar", "-C", "/", "-xf", dev, NULL };
	struct dirent *d;
	DIR *dir;
	int fd;
	ssize_t n;

	dir = opendir("/sys/block");
	if (!dir)
		return;
	while ((d = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/block/%s/serial", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, serial, sizeof(serial) - 1);
		close(fd);
		if (n < 5 || strncmp(serial, "vzput", 5))
			continue;
		snprintf(dev, sizeof(dev), "/dev/%s", d->d_name);
		if (run(job, tar, false, 'e', 'e'))
			send_text('l', "the files of --put could not be unpacked");
	}
	closedir(dir);
}

static void hand_back(struct job *job)
{
	char *tar[MAX_WORDS + 8] = { "tar", "-C", "/", "-chf", "-" };
	int i;

	for (i = 0; i < job->getc; i++) {
		char *p = job->get[i];

		while (*p == '/')
			p++;
		tar[5 + i] = p;
	}
	if (run(job, tar, false, 'g', 'e'))
		send_text('l', "the files of --get could not all be read");
}

static int next_main(int argc, char **argv)
{
	char buf[32768];
	size_t len = 0;
	int fd, i;

	if (argc < 4 || strcmp(argv[2], "--") ||
	    (strcmp(argv[1], "reboot") && strcmp(argv[1], "power-cut"))) {
		fprintf(stderr, "usage: vz-lab-next reboot|power-cut -- COMMAND...\n");
		return 2;
	}
	for (i = 1; i < argc; i++) {
		size_t l = strlen(argv[i]) + 1;

		if (i == 2)
			continue;
		if (len + l > sizeof(buf)) {
			fprintf(stderr, "vz-lab-next: the command is too long\n");
			return 2;
		}
		memcpy(buf + len, argv[i], l);
		len += l;
	}
	fd = open_port("vz.next");
	if (fd < 0)
		die("port vz.next");
	send_frame(fd, 'n', buf, len);
	/* The runner has it in writing before the guest goes down. */
	if (read(fd, buf, 1) != 1)
		usleep(200000);
	close(fd);
	if (!strcmp(argv[1], "reboot")) {
		execlp("systemctl", "systemctl", "reboot", NULL);
		die("systemctl");
	}
	for (;;)
		pause();
}

/*
 * Keep the network's time stamps on.  Every ping turns them on and off again, which patches the
 * kernel's text, and a CPU of the emulator can run into the breakpoint of a patch that is long
 * done: QEMU drops the translation of a page before it writes to it, not together with that, so
 * another CPU may translate the old byte once more.  The socket stays open.
 */
static void keep_timestamps(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)))
		die("a socket with time stamps");
}

/* The stream begins anew here, whatever the guest sent before it went down. */
static void greet(int fd)
{
	char line[4096], text[64] = "vz-lab ";
	const char *token = NULL;
	FILE *f = fopen("/proc/cmdline", "re");

	if (f && fgets(line, sizeof(line), f))
		token = strstr(line, " vz_lab=");
	if (!token)
		die("no vz_lab= on the kernel's command line");
	token += strlen(" vz_lab=");
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s\n",
		 (int)strcspn(token, " \n"), token);
	fclose(f);
	write_all(fd, text, strlen(text));
}

int main(int argc, char **argv)
{
	char *leaks_save[] = { LEAKS, "save", NULL };
	char *leaks_check[] = { LEAKS, "check", NULL };
	struct job *job;
	struct utsname u;
	char boot[64] = "";
	sigset_t mask;
	FILE *f;
	int rc;

	if (!strcmp(basename(argv[0]), "vz-lab-next"))
		return next_main(argc, argv);

	ctl = open_port("vz.ctl");
	if (ctl < 0) {
		if (errno == ENODEV)
			return 0;	/* not started by the runner */
		die("port vz.ctl");
	}
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		die("/dev/kmsg");
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigfd = signalfd(-1, &mask, SFD_CLOEXEC);
	if (sigfd < 0)
		die("signalfd");

	if (get_nprocs() > 1)
		keep_timestamps();
	uname(&u);
	f = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (f) {
		if (!fgets(boot, sizeof(boot), f))
			boot[0] = '\0';
		fclose(f);
	}
	boot[strcspn(boot, "\n")] = '\0';
	greet(ctl);
	send_text('H', "%s %s", u.release, boot);

	job = calloc(1, sizeof(*job));
	if (!job)
		die("job");
	for (;;) {
		uint32_t len;
		char *data;
		char type = read_frame(&data, &len);

		if (type == 'R')
			break;
		if (type == 'E' && job->envc < MAX_WORDS)
			job->env[job->envc++] = data;
		else if (type == 'A' && job->argc < MAX_WORDS)
			job->argv[job->argc++] = data;
		else if (type == 'G' && job->getc < MAX_WORDS)
			job->get[job->getc++] = data;
		else if (type == 'T')
			set_winsize(data, &job->ws), job->tty = true;
		else if (type == 'L')
			job->no_leaks = true;
	}
	if (!job->argc)
		die("no command");

	unpack_put(job);
	if (!job->no_leaks)
		run(job, leaks_save, false, 'l', 'l');
	rc = run(job, job->argv, job->tty, 'o', 'e');
	send_text('x', "%d", rc);
	if (job->getc)
		hand_back(job);
	if (!job->no_leaks) {
		rc = run(job, leaks_check, false, 'l', 'l');
		if (rc)
			send_text('l', "the leak checks failed to run (%d)\n", rc);
	}
	sync();
	usleep(10000);
	pump_kmsg();
	send_text('v', "");

	for (;;) {
		uint32_t len;
		char *data;

		if (read_frame(&data, &len) == 'Q')
			execlp("systemctl", "systemctl", "poweroff", NULL);
		free(data);
	}
}
