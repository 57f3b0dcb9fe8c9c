// SPDX-License-Identifier: GPL-2.0
/*
 * ptyrun - run a command on a pseudo-terminal and talk to it from a script
 *
 * usage: ptyrun CMD [ARG…] < SCRIPT
 * Script lines:
 *	send TEXT	type TEXT (\r \n \t \\ \NNN octal)
 *	expect TEXT	wait until TEXT has been printed after the previous match
 *	size ROWS COLS	resize the window
 *	hangup		close the terminal; the command must end by itself
 * After the script the command must end.  Exit status: the command's (128 + N
 * for signal N); 100 for an unmet expect, 101 when the command did not end,
 * with what it printed on standard error.  Its output goes to standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 60

static char *seen;
static size_t seen_len, matched;
static int master = -1;
static pid_t child;

static time_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void __attribute__((noreturn)) give_up(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n--- terminal showed:\n%s\n---\n", seen ? seen : "");
	kill(child, SIGKILL);
	exit(status);
}

/* Read what is there, waiting at most @ms; false once the terminal is gone. */
static int pump(int ms)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	char buf[4096];
	ssize_t n;

	if (master < 0)
		return 0;
	if (poll(&p, 1, ms) <= 0)
		return 1;
	n = read(master, buf, sizeof(buf));
	if (n <= 0)
		return 0;
	seen = realloc(seen, seen_len + n + 1);
	if (!seen)
		exit(102);
	for (ssize_t i = 0; i < n; i++)		/* keep it a string */
		seen[seen_len++] = buf[i] ? buf[i] : '?';
	seen[seen_len] = 0;
	return 1;
}

static void expect(const char *text)
{
	time_t end = now_s() + PATIENCE_S;
	int alive = 1;

	for (;;) {
		char *hit = seen ? strstr(seen + matched, text) : NULL;

		if (hit) {
			matched = hit - seen + strlen(text);
			return;
		}
		if (!alive)
			give_up(100, "terminal closed before '%s'", text);
		if (now_s() > end)
			give_up(100, "never printed '%s'", text);
		alive = pump(200);
	}
}

static size_t unescape(char *s)
{
	char *o = s, *start = s;

	while (*s) {
		if (*s != '\\') {
			*o++ = *s++;
			continue;
		}
		s++;
		if (*s >= '0' && *s <= '7') {
			*o++ = strtol((char[4]){ s[0], s[1], s[2] }, NULL, 8);
			s += 3;
		} else {
			*o++ = *s == 'r' ? '\r' : *s == 'n' ? '\n' : *s == 't' ? '\t' : *s;
			s++;
		}
	}
	*o = 0;
	return o - start;
}

int main(int argc, char **argv)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int status;
	time_t end;

	if (argc < 2) {
		fprintf(stderr, "usage: ptyrun CMD [ARG…] < SCRIPT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	child = forkpty(&master, NULL, NULL, &ws);
	if (child < 0) {
		perror("forkpty");
		return 102;
	}
	if (!child) {
		signal(SIGPIPE, SIG_DFL);
		setenv("TERM", "vt100", 1);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	fcntl(master, F_SETFD, FD_CLOEXEC);

	while ((len = getline(&line, &cap, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = 0;
		if (!strncmp(line, "send ", 5)) {
			size_t n = unescape(line + 5);

			if (write(master, line + 5, n) != (ssize_t)n)
				give_up(100, "cannot type");
		} else if (!strncmp(line, "expect ", 7)) {
			expect(line + 7);
		} else if (sscanf(line, "size %hu %hu", &ws.ws_row, &ws.ws_col) == 2) {
			if (ioctl(master, TIOCSWINSZ, &ws))
				give_up(100, "TIOCSWINSZ: %s", strerror(errno));
		} else if (!strcmp(line, "hangup")) {
			close(master);
			master = -1;
		} else if (*line) {
			give_up(102, "bad script line '%s'", line);
		}
	}

	end = now_s() + PATIENCE_S;
	for (int alive = 1;;) {
		pid_t r;

		if (alive)
			alive = pump(50);
		else
			usleep(20000);
		r = waitpid(child, &status, WNOHANG);
		if (r == child)
			break;
		if (now_s() > end)
			give_up(101, "the command did not end");
	}
	while (pump(0) && master >= 0) {	/* what is left in the terminal */
		struct pollfd p = { .fd = master, .events = POLLIN };

		if (poll(&p, 1, 50) <= 0)
			break;
	}
	if (seen)
		fwrite(seen, 1, seen_len, stdout);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
