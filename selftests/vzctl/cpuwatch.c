// SPDX-License-Identifier: GPL-2.0
/*
 * cpuwatch SECONDS FILE: on how many CPUs at once the threads are whose ids are in FILE, such as
 * cgroup.threads, by the kernel's record of every switch (PERF_RECORD_SWITCH_CPU_WIDE).
 *
 * Prints "most N mean M.MM used K lost L": the most CPUs at any moment, the mean of them in time, on
 * how many different CPUs they were, and how many records were lost.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGES		1024		/* of records, for each CPU */
#define MAX_CPUS	64
#define MAX_THREADS	4096

/* What follows a record with this sample_type and sample_id_all. */
struct sample_id {
	uint32_t pid, tid;
	uint64_t time;
};

struct event {
	uint64_t time;
	int cpu;
	bool in;
};

static struct event *events;
static size_t nr_events, max_events;
static pid_t threads[MAX_THREADS];
static size_t nr_threads;
static unsigned long lost;

static void die(const char *what)
{
	fprintf(stderr, "cpuwatch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void read_threads(const char *file)
{
	FILE *f = fopen(file, "re");
	int tid;

	if (!f)
		die(file);
	while (nr_threads < MAX_THREADS && fscanf(f, "%d", &tid) == 1)
		threads[nr_threads++] = tid;
	fclose(f);
}

static bool is_watched(pid_t tid)
{
	for (size_t i = 0; i < nr_threads; i++) {
		if (threads[i] == tid)
			return true;
	}
	return false;
}

static int watch(int cpu, struct perf_event_mmap_page **ret)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.context_switch = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC_RAW,
		.disabled = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	void *p;

	if (fd < 0)
		die("perf_event_open");
	p = mmap(NULL, (PAGES + 1) * getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	*ret = p;
	return fd;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void add(uint64_t time, int cpu, bool in)
{
	if (nr_events == max_events) {
		max_events = max_events ? 2 * max_events : 65536;
		events = realloc(events, max_events * sizeof(*events));
		if (!events)
			die("realloc");
	}
	events[nr_events++] = (struct event){ time, cpu, in };
}

/* All records of one CPU; the buffer is large enough for what is watched here. */
static void collect(struct perf_event_mmap_page *page, int cpu, uint64_t begin, uint64_t end)
{
	const char *data = (const char *)page + getpagesize();
	uint64_t size = (uint64_t)PAGES * getpagesize(), head = page->data_head;
	char buf[256];

	__sync_synchronize();
	for (uint64_t tail = 0; tail < head;) {
		struct perf_event_header h;
		struct sample_id id;

		for (size_t i = 0; i < sizeof(h); i++)
			((char *)&h)[i] = data[(tail + i) % size];
		if (!h.size || h.size > sizeof(buf))
			break;
		for (size_t i = 0; i < h.size; i++)
			buf[i] = data[(tail + i) % size];
		tail += h.size;
		memcpy(&id, buf + h.size - sizeof(id), sizeof(id));
		if (h.type == PERF_RECORD_LOST)
			lost += *(uint64_t *)(buf + sizeof(h) + sizeof(uint64_t));
		else if (h.type == PERF_RECORD_SWITCH_CPU_WIDE && is_watched(id.tid) &&
			 id.time >= begin && id.time <= end)
			add(id.time, cpu, !(h.misc & PERF_RECORD_MISC_SWITCH_OUT));
	}
}

/* At one and the same time who leaves comes first: that is no overlap. */
static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->in - y->in;
}

int main(int argc, char **argv)
{
	struct perf_event_mmap_page *pages[MAX_CPUS];
	bool on[MAX_CPUS] = { false }, was[MAX_CPUS] = { false };
	int nr = sysconf(_SC_NPROCESSORS_ONLN), fds[MAX_CPUS];
	int now = 0, most = 0, used = 0;
	uint64_t begin, end;
	double sum = 0;

	if (argc != 3 || nr > MAX_CPUS) {
		fprintf(stderr, "usage: cpuwatch SECONDS FILE\n");
		return 2;
	}
	read_threads(argv[2]);
	for (int i = 0; i < nr; i++)
		fds[i] = watch(i, &pages[i]);
	for (int i = 0; i < nr; i++)
		ioctl(fds[i], PERF_EVENT_IOC_ENABLE, 0);
	/* only while the records of all CPUs are on */
	begin = now_ns();
	sleep(atoi(argv[1]));
	end = now_ns();
	for (int i = 0; i < nr; i++)
		ioctl(fds[i], PERF_EVENT_IOC_DISABLE, 0);
	for (int i = 0; i < nr; i++)
		collect(pages[i], i, begin, end);
	if (!nr_events) {
		printf("most 0 mean 0.00 used 0 lost %lu\n", lost);
		return 0;
	}
	qsort(events, nr_events, sizeof(*events), by_time);
	for (size_t i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];

		if (i)
			sum += (double)now * (e->time - events[i - 1].time);
		/* what ran before the first record is not known, and counts from its first switch */
		if (e->in != on[e->cpu])
			now += e->in ? 1 : -1;
		on[e->cpu] = e->in;
		if (e->in && !was[e->cpu]) {
			was[e->cpu] = true;
			used++;
		}
		if (now > most)
			most = now;
	}
	printf("most %d mean %.2f used %d lost %lu\n", most,
	       sum / (events[nr_events - 1].time - events[0].time + 1), used, lost);
	return 0;
}
