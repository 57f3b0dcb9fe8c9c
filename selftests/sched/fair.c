// SPDX-License-Identifier: GPL-2.0
/*
 * fair [OPTION...] SECONDS GROUP... - does everybody get his share of the CPUs?
 *
 * GROUP is [COUNT*][host:]WORD[,WORD...], COUNT containers, or cgroups of the host, with
 *
 *	wN	weight, in units of 1000 (1000)
 *	lN	limit, percent of a CPU (none)
 *	cN	CPUs at once (any number)
 *	nN	tasks are N cgroups deep, in two branches at each level (0)
 *	hogN	N tasks that always want to run
 *	dutyN	N tasks that run 3 ms of each 10 ms
 *	pipeN	N pairs of tasks that wake each other up: always one of both wants to run
 *	forkN	N tasks that fork and wait for the child
 *	wakeN	N tasks that wake up every 10 ms, at any moment of a tick, and do next to nothing
 *
 * An x behind a number means so many for each CPU.
 *
 * Each is compared, by the kernel's own count of CPU time, with the ideal: with water that is poured
 * over the CPUs until they are full, each group rising with its weight until it has
 * what its tasks, its limit and its number of CPUs let it use.  Where there is more wanted than
 * there are CPUs, what the groups share is what they got together: what else the machine
 * does comes off all of them.
 *
 *	-t PERCENT	no group may be further from the ideal (2)
 *	-m PERCENT	nor may the median of all groups be (1)
 *	-u PERCENT	of the CPU time that could be used at least so much has to be (95)
 *	-s SECONDS	before it is measured (3)
 *	-l		print only how long after its time the wake tasks ran, in us: "p50 N p99 N max N n N"
 *	-n CPUS		print the ideal on so many CPUs, in 1/1000 of a CPU, and do nothing
 *	-v		print every group
 *
 * Exit status: 0, 1: not fair, 2: something else went wrong.
 */
#include <err.h>
#include <math.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "group.h"

#define MAX_GROUPS	200
#define MAX_WAKES	65536
#define PERIOD_NS	10000000u
#define DUTY_NS		3000000u
#define DUTY		0.3
#define WAKE_NS		100000u
#define TICK_NS		4000000u
#define PHASE_NS	2472136u

struct member {
	struct group group;
	char spec[48];
	bool host;
	unsigned int weight, limit, cpus, depth;
	unsigned int hogs, duties, pipes, forks, wakes;
	double most, ideal, got;
	uint64_t time, usage;
};

static struct member members[MAX_GROUPS];
static unsigned int nr;

/* What the wake tasks share. */
static struct wakes {
	unsigned int n;
	uint32_t late_us[MAX_WAKES];
} *wakes;

/* ---- the ideal ---- */

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* What a group can use at most. */
static double most(const struct member *m, unsigned int cpus)
{
	double use = m->hogs + m->pipes + m->forks + DUTY * m->duties + (double)m->wakes * WAKE_NS / PERIOD_NS;

	use = least(use, cpus);
	if (m->limit)
		use = least(use, m->limit / 100.0);
	if (m->cpus)
		use = least(use, m->cpus);
	return use;
}

/*
 * Pour @water.  Those who are full leave the rest to the others, until nobody gets full any
 * more: the level only rises.
 */
static void pour(double water)
{
	bool full[MAX_GROUPS] = { false }, again = true;

	while (again) {
		double left = water, weights = 0;

		for (unsigned int i = 0; i < nr; i++) {
			if (full[i])
				left -= members[i].most;
			else
				weights += members[i].weight;
		}
		again = false;
		for (unsigned int i = 0; i < nr; i++) {
			struct member *m = &members[i];

			if (full[i])
				continue;
			m->ideal = left * m->weight / weights;
			if (m->ideal < m->most)
				continue;
			m->ideal = m->most;
			full[i] = again = true;
		}
	}
}

static double wanted(void)
{
	double sum = 0;

	for (unsigned int i = 0; i < nr; i++)
		sum += members[i].most;
	return sum;
}

/* ---- what runs ---- */

/*
 * To work for a while.  An emulator that counts instructions (--icount) runs one CPU up to its next
 * timer before it turns to another one, which gets interrupts from the first that late; it
 * turns to it at once when the first pauses.
 */
static void work(void)
{
	for (volatile int i = 0; i < 1000; i++)
		;
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

static void hog(void)
{
	for (;;)
		work();
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Whatever it could not do in time it does later, so that what it wants is known. */
static void duty(void)
{
	uint64_t next = now_ns(), used = cpu_ns();

	for (;;) {
		used += DUTY_NS;
		next += PERIOD_NS;
		while (cpu_ns() < used)
			work();
		sleep_until(next);
	}
}

static void echo(int in, int out)
{
	char c;

	while (read(in, &c, 1) == 1 && write(out, &c, 1) == 1)
		;
	_exit(0);
}

static void forks(void)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

static void wake(void)
{
	uint64_t next = now_ns() + PERIOD_NS, at, late, end;
	unsigned int phase = 0;

	for (;; next += PERIOD_NS) {
		/* the golden ratio goes all over a tick; in step with ticks only chance would count */
		phase = (phase + PHASE_NS) % TICK_NS;
		at = next + phase;
		sleep_until(at);
		late = now_ns() - at;
		if (__atomic_load_n(&wakes->n, __ATOMIC_RELAXED) < MAX_WAKES)
			wakes->late_us[__atomic_fetch_add(&wakes->n, 1, __ATOMIC_RELAXED) % MAX_WAKES] =
				(uint32_t)(late / 1000);
		for (end = cpu_ns() + WAKE_NS; cpu_ns() < end;)
			;
		while (next + PERIOD_NS < now_ns())
			next += PERIOD_NS;
	}
}

static void run(struct member *m, unsigned int count, void (*fn)(void), unsigned int *task)
{
	while (count--) {
		int dir = group_below(&m->group, m->depth, (*task)++);

		if (!group_fork(dir)) {
			fn();
			_exit(1);
		}
		close(dir);
	}
}

static void run_pipes(struct member *m, unsigned int *task)
{
	for (unsigned int i = 0; i < m->pipes; i++) {
		int dir = group_below(&m->group, m->depth, (*task)++), there[2], back[2];

		if (pipe(there) || pipe(back) || write(there[1], "", 1) != 1)
			die("pipe");
		if (!group_fork(dir))
			echo(there[0], back[1]);
		if (!group_fork(dir))
			echo(back[0], there[1]);
		for (int k = 0; k < 2; k++) {
			close(there[k]);
			close(back[k]);
		}
		close(dir);
	}
}

static void make(struct member *m, unsigned int number)
{
	unsigned int task = 0;

	group_make(&m->group, number, m->host);
	group_weight(&m->group, m->weight);
	if (m->limit)
		group_limit(&m->group, m->limit);
	if (m->cpus)
		group_cpus(&m->group, m->cpus);
	run(m, m->hogs, hog, &task);
	run(m, m->duties, duty, &task);
	run_pipes(m, &task);
	run(m, m->forks, forks, &task);
	run(m, m->wakes, wake, &task);
}

/* ---- what is asked for ---- */

static unsigned int number_in(const char *text, char **end, unsigned long max)
{
	unsigned long n = strtoul(text, end, 10);

	if (*end == text || n > max)
		errx(2, "bad number: %s", text);
	return (unsigned int)n;
}

static void parse(const char *spec, unsigned int cpus)
{
	struct member m = { .weight = 1000 };
	unsigned int count = 1, *value;
	const char *p = spec;
	char *end;

	if (strchr(p, '*')) {
		count = number_in(p, &end, MAX_GROUPS);
		p = end + 1;
	}
	snprintf(m.spec, sizeof(m.spec), "%s", p);
	if (!strncmp(p, "host:", 5)) {
		m.host = true;
		p += 5;
	}
	for (;; p = end + 1) {
		static const struct {
			const char *name;
			size_t offset;
		} words[] = {
			{ "hog", offsetof(struct member, hogs) },
			{ "duty", offsetof(struct member, duties) },
			{ "pipe", offsetof(struct member, pipes) },
			{ "fork", offsetof(struct member, forks) },
			{ "wake", offsetof(struct member, wakes) },
			{ "w", offsetof(struct member, weight) },
			{ "l", offsetof(struct member, limit) },
			{ "c", offsetof(struct member, cpus) },
			{ "n", offsetof(struct member, depth) },
		};
		size_t i = 0, n = sizeof(words) / sizeof(words[0]);

		while (i < n && strncmp(p, words[i].name, strlen(words[i].name)))
			i++;
		if (i == n)
			errx(2, "not understood: %s", p);
		value = (unsigned int *)((char *)&m + words[i].offset);
		*value = number_in(p + strlen(words[i].name), &end, 500000);
		if (*end == 'x') {
			*value *= cpus;
			end++;
		}
		if (!*end)
			break;
		if (*end != ',')
			errx(2, "not understood: %s", end);
	}
	for (unsigned int i = 0; i < count; i++) {
		if (nr == MAX_GROUPS)
			errx(2, "too many groups");
		members[nr++] = m;
	}
}

/* ---- the result ---- */

static void look(bool last)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct member *m = &members[i];
		uint64_t t = now_ns(), u = group_usage(&m->group);

		if (last)
			m->got = (double)(u - m->usage) / (double)(t - m->time);
		m->time = t;
		m->usage = u;
	}
}

static int judge(double worst, double median, double used, unsigned int cpus, bool verbose)
{
	double off[MAX_GROUPS], sum = 0, could = least(wanted(), cpus), max = 0, middle;

	for (unsigned int i = 0; i < nr; i++)
		sum += members[i].got;
	pour(could < wanted() - 1e-9 ? sum : could);
	for (unsigned int i = 0; i < nr; i++) {
		struct member *m = &members[i];

		off[i] = fabs(m->got / m->ideal - 1) * 100;
		if (off[i] > max)
			max = off[i];
		if (verbose)
			printf("%-28s %8.2f of %8.2f %% of a CPU, %+6.2f %%\n", m->spec, m->got * 100, m->ideal * 100,
			       (m->got / m->ideal - 1) * 100);
	}
	middle = percentile(off, nr, 50);
	printf("worst %.2f %% median %.2f %% used %.1f %%\n", max, middle, sum / could * 100);
	return max > worst || middle > median || sum / could * 100 < used;
}

static void print_wakes(void)
{
	static double v[MAX_WAKES];
	unsigned int n = wakes->n < MAX_WAKES ? wakes->n : MAX_WAKES;
	double p50, p99;

	for (unsigned int i = 0; i < n; i++)
		v[i] = wakes->late_us[i];
	p50 = percentile(v, n, 50);
	p99 = percentile(v, n, 99);
	printf("p50 %.0f p99 %.0f max %.0f n %u\n", p50, p99, n ? v[n - 1] : 0, n);
}

int main(int argc, char **argv)
{
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), settle = 3, seconds;
	double worst = 2, median = 1, used = 95;
	bool latency = false, dry = false, verbose = false;
	struct sched_param fifo = { .sched_priority = 1 };
	char *end;
	int c;

	while ((c = getopt(argc, argv, "+t:m:u:s:ln:v")) != -1) {
		switch (c) {
		case 't': worst = atof(optarg); break;
		case 'm': median = atof(optarg); break;
		case 'u': used = atof(optarg); break;
		case 's': settle = number_in(optarg, &end, 3600); break;
		case 'l': latency = true; break;
		case 'n':
			cpus = number_in(optarg, &end, 8192);
			dry = true;
			break;
		case 'v': verbose = true; break;
		default: return 2;
		}
	}
	if (argc - optind < 2)
		errx(2, "usage: fair [OPTION...] SECONDS GROUP...");
	seconds = number_in(argv[optind++], &end, 3600);
	while (optind < argc)
		parse(argv[optind++], cpus);
	for (unsigned int i = 0; i < nr; i++)
		members[i].most = most(&members[i], cpus);
	if (dry) {
		pour(least(wanted(), cpus));
		for (unsigned int i = 0; i < nr; i++)
			printf("%.0f%s", members[i].ideal * 1000, i == nr - 1 ? "\n" : " ");
		return 0;
	}

	wakes = mmap(NULL, sizeof(*wakes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (wakes == MAP_FAILED)
		die("mmap");
	/* what looks at the clock and the counters does not wait for what it measures */
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &fifo) < 0)
		die("sched_setscheduler");
	group_begin();
	for (unsigned int i = 0; i < nr; i++)
		make(&members[i], i + 1);
	group_sleep(now_ns() + settle * 1000000000ull);
	wakes->n = 0;
	look(false);
	group_sleep(now_ns() + seconds * 1000000000ull);
	look(true);
	for (unsigned int i = 0; i < nr; i++)
		group_remove(&members[i].group);
	if (latency) {
		print_wakes();
		return 0;
	}
	return judge(worst, median, used, cpus, verbose);
}
