// SPDX-License-Identifier: GPL-2.0
/*
 * fsload DIR MS PROCESSES: create, write, sync and unlink small files in DIR for MS
 * milliseconds.  Prints the 50th and 99th percentile and the maximum of the time that
 * one file takes, in us, over all processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX	100000

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int one(const char *path)
{
	static const char data[4096];
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (fd < 0 || write(fd, data, sizeof(data)) != sizeof(data) || fsync(fd) < 0 || close(fd) < 0)
		return -1;
	return unlink(path);
}

static int cmp(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int procs = argc == 4 ? atoi(argv[3]) : 0, bad = 0, status, *us, *n;
	int64_t end = argc == 4 ? now_us() + (int64_t)atoi(argv[2]) * 1000 : 0;

	if (procs < 1) {
		fprintf(stderr, "usage: fsload DIR MS PROCESSES\n");
		return 2;
	}
	us = mmap(NULL, (MAX + 1) * sizeof(*us), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (us == MAP_FAILED)
		return 1;
	n = us + MAX;
	for (int i = 0; i < procs; i++) {
		if (fork() == 0) {
			char path[256];

			snprintf(path, sizeof(path), "%s/fsload.%d", argv[1], i);
			for (int64_t t = now_us(); t < end; t = now_us()) {
				int k;

				if (one(path) < 0)
					_exit(1);
				k = __atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
				if (k < MAX)
					us[k] = (int)(now_us() - t);
			}
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		bad |= status;
	if (bad || !*n)
		return 1;
	if (*n > MAX)
		*n = MAX;
	qsort(us, (size_t)*n, sizeof(*us), cmp);
	printf("n %d p50 %d p99 %d max %d\n", *n, us[*n / 2], us[(size_t)*n * 99 / 100], us[*n - 1]);
	return 0;
}
