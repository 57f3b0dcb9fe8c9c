// SPDX-License-Identifier: GPL-2.0
/*
 * bench-time - how long a command takes, without a shell in the way
 *
 *	bench-time [options] -- COMMAND [ARG...]
 *
 * Runs COMMAND (vfork, exec, wait) and prints `min,median,max,samples` in
 * nanoseconds, or with -l LABEL one line `LABEL,NS,MIN,MAX,SAMPLES` where NS is
 * the median.  %i in an argument is the number of the run, counted from -i.
 *
 *	-n K		samples (7)
 *	-w W		runs before the first sample, not counted (1)
 *	-s MS		rest before each run, so that deferred work of the last one
 *			is not counted (50)
 *	-b CMD, -a CMD	run by sh before and after each run, not timed
 *	-i FIRST	number of the first run (0)
 *	-x STATUS	exit status that COMMAND must have (0)
 *	-l LABEL, -o FILE  see above; append the line to FILE
 *	-u		busy time.  Under icount a CPU that waits for the disk makes the clock
 *			jump to the next timer, wherever that is.  A task of the idle
 *			class keeps the CPU busy instead, and what it ran is taken off;
 *			everything else that ran counts, not only COMMAND.
 *	-g		leave COMMAND running (its end is not waited for)
 *	-S PATH		go on until PATH exists below the root directory of the
 *			init of a new pid namespace whose command name is -c NAME
 *	-c NAME		(systemd)
 *	-T CMD		and then until CMD, run by sh, has ended with 0; part of
 *			the time
 *
 * Output of the commands goes to stderr unless they fail: then all is shown.
 * Exit status: 0, 1 a command failed, 2 usage.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

static struct {
	unsigned int samples, warmup, settle, first;
	int status;
	const char *before, *after, *label, *out, *path, *comm, *then;
	bool background, busy;
} opt = { .samples = 7, .warmup = 1, .settle = 50, .comm = "systemd" };

static FILE *output;	/* of the commands, shown when one fails */

static void failed(const char *what, int status)
{
	char buf[4096];
	size_t n;

	rewind(output);
	while ((n = fread(buf, 1, sizeof(buf), output)))
		fwrite(buf, 1, n, stderr);
	if (WIFEXITED(status))
		errx(1, "%s: exit status %d", what, WEXITSTATUS(status));
	errx(1, "%s: killed by signal %d", what, WTERMSIG(status));
}

static pid_t start(char *const argv[])
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, fileno(output), 1);
	posix_spawn_file_actions_adddup2(&fa, fileno(output), 2);
	r = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	if (r)
		errx(1, "%s: %s", argv[0], strerror(r));
	posix_spawn_file_actions_destroy(&fa);
	return pid;
}

static int finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		;
	return status;
}

static void shell(const char *cmd)
{
	char *argv[] = { "sh", "-c", (char *)cmd, NULL };
	int status = finish(start(argv));

	if (status)
		failed(cmd, status);
}

/* @arg with %i replaced; allocated */
static char *numbered(const char *arg, unsigned int i)
{
	const char *p = strstr(arg, "%i");
	char *s;

	if (!p)
		s = strdup(arg);
	else if (asprintf(&s, "%.*s%u%s", (int)(p - arg), arg, i, p + 2) < 0)
		s = NULL;
	if (!s)
		err(1, "no memory");
	return s;
}

/* innermost pid of the NSpid line is 1 and there is an outer one; comm matches */
static bool is_new_init(const char *pid)
{
	char path[280], line[256], name[64] = "";
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Name: %63s", name) == 1 && strcmp(name, opt.comm))
			break;
		if (!strncmp(line, "NSpid:", 6)) {
			char *last = strrchr(line, '\t');

			found = last && last > line + 6 && atoi(last) == 1;
			break;
		}
	}
	fclose(f);
	return found;
}

static bool find_init(char *ret_root, size_t size)
{
	struct dirent *d;
	bool found = false;
	DIR *proc = opendir("/proc");

	if (!proc)
		err(1, "/proc");
	while (!found && (d = readdir(proc))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9' || !is_new_init(d->d_name))
			continue;
		snprintf(ret_root, size, "/proc/%s/root%s", d->d_name, opt.path);
		found = true;
	}
	closedir(proc);
	return found;
}

static void wait_path(void)
{
	uint64_t end = bench_now() + 60000000000u;
	char path[512];

	while (!find_init(path, sizeof(path))) {
		if (bench_now() > end)
			errx(1, "no %s as init of a new pid namespace", opt.comm);
		bench_sleep_ms(2);
	}
	while (access(path, F_OK) < 0) {
		if (bench_now() > end)
			errx(1, "no %s after 60 s", path);
		bench_sleep_ms(2);
	}
}

static pid_t spinner;

static void start_spinner(void)
{
	struct sched_param sp = { 0 };

	spinner = fork();
	if (spinner < 0)
		err(1, "fork");
	if (spinner)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_setscheduler(0, SCHED_IDLE, &sp) < 0)
		_exit(1);
	for (;;)
		;
}

static void stop_spinner(void)
{
	kill(spinner, SIGKILL);
	waitpid(spinner, NULL, 0);
}

/* now, less what the spinner has run */
static uint64_t busy_now(void)
{
	unsigned long long ns;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)spinner);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		errx(1, "cannot read %s", path);
	fclose(f);
	return bench_now() - ns;
}

static double run(char *const tmpl[], unsigned int i)
{
	char *argv[256];
	unsigned int n;
	uint64_t t0, t1;
	pid_t pid;
	int status;

	for (n = 0; tmpl[n] && n < 255; n++)
		argv[n] = numbered(tmpl[n], i);
	argv[n] = NULL;
	if (ftruncate(fileno(output), 0) < 0)
		err(1, "output");
	rewind(output);
	if (opt.before)
		shell(opt.before);
	bench_sleep_ms(opt.settle);

	if (opt.busy)
		start_spinner();
	t0 = opt.busy ? busy_now() : bench_now();
	pid = start(argv);
	if (!opt.background) {
		status = finish(pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != opt.status)
			failed(argv[0], status);
	}
	if (opt.path)
		wait_path();
	if (opt.then)
		shell(opt.then);
	t1 = opt.busy ? busy_now() : bench_now();
	if (opt.busy)
		stop_spinner();

	if (opt.after)
		shell(opt.after);
	if (opt.background)
		finish(pid);
	while (n--)
		free(argv[n]);
	return (double)(t1 - t0);
}

int main(int argc, char **argv)
{
	static double v[BENCH_MAX_SAMPLES];
	double median;
	unsigned int i;
	FILE *out;
	int c;

	while ((c = getopt(argc, argv, "+n:w:s:b:a:i:x:l:o:guS:c:T:")) != -1) {
		switch (c) {
		case 'n': opt.samples = bench_number(optarg, BENCH_MAX_SAMPLES); break;
		case 'w': opt.warmup = bench_number(optarg, 1000); break;
		case 's': opt.settle = bench_number(optarg, 60000); break;
		case 'b': opt.before = optarg; break;
		case 'a': opt.after = optarg; break;
		case 'i': opt.first = bench_number(optarg, 1000000000); break;
		case 'x': opt.status = (int)bench_number(optarg, 255); break;
		case 'l': opt.label = optarg; break;
		case 'o': opt.out = optarg; break;
		case 'u': opt.busy = true; break;
		case 'g': opt.background = true; break;
		case 'S': opt.path = optarg; break;
		case 'c': opt.comm = optarg; break;
		case 'T': opt.then = optarg; break;
		default: return 2;
		}
	}
	if (optind >= argc || !opt.samples)
		errx(2, "usage: bench-time [options] -- COMMAND [ARG...]");
	output = tmpfile();
	if (!output)
		err(1, "temporary file");
	fcntl(fileno(output), F_SETFL, fcntl(fileno(output), F_GETFL) | O_APPEND);

	for (i = 0; i < opt.warmup; i++)
		run(argv + optind, opt.first + i);
	for (i = 0; i < opt.samples; i++)
		v[i] = run(argv + optind, opt.first + opt.warmup + i);
	median = bench_median(v, opt.samples);

	out = opt.out ? fopen(opt.out, "ae") : stdout;
	if (!out)
		err(1, "%s", opt.out);
	if (opt.label)
		fprintf(out, "%s,%.0f,%.0f,%.0f,%u\n", opt.label, median, v[0],
			v[opt.samples - 1], opt.samples);
	else
		fprintf(out, "%.0f,%.0f,%.0f,%u\n", v[0], median, v[opt.samples - 1],
			opt.samples);
	if (fclose(out))
		err(1, "%s", opt.out ? opt.out : "stdout");
	return 0;
}
