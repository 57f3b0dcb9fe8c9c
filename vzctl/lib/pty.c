// SPDX-License-Identifier: GPL-2.0
/* Bytes and signals between the caller and a process in a container. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "lifeint.h"
#include "util.h"

#define BUF	16384
#define CHUNK	512	/* fits where poll says that there is room */
#define HANGUP_MS 2000	/* for a shell whose terminal died */

/*
 * One direction.  Descriptors are the caller's and stay blocking: a flow polls
 * before it reads and before it writes, and writes no more than surely fits.
 */
struct flow {
	int from, to;
	char buf[BUF];
	size_t at, len;
	bool eof;		/* nothing more comes */
	bool broken;		/* nobody takes it any more */
};

static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
/* a stopped vzctl would not reap its child, and the container could not stop */
static const int ignored[] = { SIGTSTP, SIGTTIN, SIGTTOU };

/* signals as a descriptor; *@old restores the mask */
static int take_signals(sigset_t *old, bool winch)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		sigaddset(&set, ignored[i]);
	if (winch)
		sigaddset(&set, SIGWINCH);
	if (sigprocmask(SIG_BLOCK, &set, old) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* the end that the flow waits for: its source while it is empty */
static struct pollfd flow_poll(const struct flow *f)
{
	if (f->len)
		return (struct pollfd){ .fd = f->to, .events = POLLOUT };
	return (struct pollfd){ .fd = f->eof ? -1 : f->from, .events = POLLIN };
}

/* what that poll found */
static void flow_run(struct flow *f, short revents)
{
	ssize_t n;

	if (!revents)
		return;
	if (!f->len) {
		n = read(f->from, f->buf, sizeof(f->buf));
		if (n > 0) {
			f->at = 0;
			f->len = (size_t)n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			/* EIO is how a terminal says that its other side is closed */
			f->eof = true;
		}
		return;
	}
	n = write(f->to, f->buf + f->at, f->len < CHUNK ? f->len : CHUNK);
	if (n >= 0) {
		f->at += (size_t)n;
		f->len -= (size_t)n;
	} else if (errno != EAGAIN && errno != EINTR) {
		f->broken = f->eof = true;
		f->len = 0;
	}
}

/*
 * What is left once the child is dead.  A process that it left behind may
 * hold the other end for ever: the flow ends when it has run dry.
 */
static void drain(struct flow *f)
{
	while (!f->broken && (f->len || !f->eof)) {
		struct pollfd p = flow_poll(f);
		int r = poll(&p, 1, f->len ? -1 : 0);

		if (r == 0 || (r < 0 && errno != EINTR))
			return;
		flow_run(f, p.revents);
	}
}

static void send_on(const struct vz_child *c, int sfd, bool *winch, bool *hangup)
{
	struct signalfd_siginfo si;

	while (read(sfd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGWINCH)
			*winch = true;
		else if (si.ssi_signo == SIGTSTP || si.ssi_signo == SIGTTIN || si.ssi_signo == SIGTTOU)
			continue;
		else if (hangup)
			*hangup = true;
		else
			kill(-c->pid, (int)si.ssi_signo);	/* unreaped: the number is its own */
	}
}

int vz_proxy(struct vz_child *c, int in, int out, int err, int *ret_status)
{
	_cleanup_free_ struct flow *f = calloc(3, sizeof(*f));
	_cleanup_close_ int sfd = -EBADF;
	bool winch;
	sigset_t old;
	int r;

	if (!f)
		return -ENOMEM;
	f[0] = (struct flow){ .from = 0, .to = in, .eof = in < 0 };
	f[1] = (struct flow){ .from = out, .to = 1, .eof = out < 0 };
	f[2] = (struct flow){ .from = err, .to = 2, .eof = err < 0 };
	sfd = take_signals(&old, false);
	if (sfd < 0)
		return sfd;
	for (;;) {
		struct pollfd p[5] = {
			{ .fd = c->pidfd, .events = POLLIN },
			{ .fd = sfd, .events = POLLIN },
			flow_poll(&f[0]), flow_poll(&f[1]), flow_poll(&f[2]),
		};

		if (poll(p, 5, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (p[0].revents)
			break;
		if (p[1].revents)
			send_on(c, sfd, &winch, NULL);
		for (int i = 0; i < 3; i++)
			flow_run(&f[i], p[2 + i].revents);
		if (f[0].eof && !f[0].len && f[0].to >= 0)
			f[0].to = vz_close(f[0].to);
	}
	/* reaped at once: until then the container has a process that stop waits for */
	r = vz_pidfd_wait(c->pidfd, ret_status);
	sigprocmask(SIG_SETMASK, &old, NULL);
	drain(&f[1]);
	drain(&f[2]);
	vz_close(f[0].to);
	return r;
}

static void copy_size(int from, int to)
{
	struct winsize ws;

	if (ioctl(from, TIOCGWINSZ, &ws) == 0)
		ioctl(to, TIOCSWINSZ, &ws);
}

/* wait for the child, without its terminal, and make an end of it if need be */
static int wait_hangup(struct vz_child *c, int *ret_status)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	kill(-c->pid, SIGHUP);
	kill(-c->pid, SIGCONT);
	if (poll(&p, 1, HANGUP_MS) <= 0)
		kill(c->pid, SIGKILL);
	return vz_pidfd_wait(c->pidfd, ret_status);
}

int vz_proxy_tty(struct vz_child *c, int *ret_status)
{
	_cleanup_free_ struct flow *f = calloc(2, sizeof(*f));
	_cleanup_close_ int sfd = -EBADF;
	bool raw = false, hangup = false, gone = false, told = false, tty = isatty(0);
	struct termios saved, t;
	sigset_t old;
	int r;

	if (!f)
		return -ENOMEM;
	sfd = take_signals(&old, true);
	if (sfd < 0)
		return sfd;
	if (tty && tcgetattr(0, &saved) == 0) {
		t = saved;
		cfmakeraw(&t);
		raw = tcsetattr(0, TCSADRAIN, &t) == 0;
		copy_size(0, c->tty);
	}
	f[0] = (struct flow){ .from = 0, .to = c->tty };
	f[1] = (struct flow){ .from = c->tty, .to = 1 };
	while (!gone && !hangup) {
		struct pollfd p[4] = {
			{ .fd = c->pidfd, .events = POLLIN },
			{ .fd = sfd, .events = POLLIN },
			flow_poll(&f[0]), flow_poll(&f[1]),
		};
		bool winch = false;

		if (poll(p, 4, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		gone = p[0].revents;
		if (p[1].revents)
			send_on(c, sfd, &winch, &hangup);
		if (winch)
			copy_size(0, c->tty);
		flow_run(&f[0], p[2].revents);
		flow_run(&f[1], p[3].revents);
		if (f[0].eof && !f[0].len && !told) {
			told = true;
			/* end of a pipe: end of file on the terminal */
			hangup = hangup || tty || f[0].broken || write(c->tty, "\004", 1) < 0;
		}
		hangup = hangup || f[1].broken;
	}
	if (gone) {
		r = vz_pidfd_wait(c->pidfd, ret_status);
		drain(&f[1]);
	} else {
		c->tty = vz_close(c->tty);
		r = wait_hangup(c, ret_status);
	}
	if (raw)
		tcsetattr(0, TCSADRAIN, &saved);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}
