/* SPDX-License-Identifier: GPL-2.0 */
/* What the benchmark programs share: the clock, samples, failing. */
#ifndef BENCH_H
#define BENCH_H

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_MAX_SAMPLES 1024

/*
 * Instructions that do nothing and that insns.c finds, with one more character: = a loop, ( and )
 * around a sample of it.  nopl 0x??627a76(%rax,%rax,1)
 */
#define BENCH_MARK	"\x0f\x1f\x84\0" "vzb"
#ifdef __x86_64__
#define bench_mark(c)	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0; .ascii \"vzb" c "\"" ::: "memory")
#else
#define bench_mark(c)	do { } while (0)
#endif

/* nanoseconds since some start; instructions when the machine runs under icount */
static inline uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline void bench_sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

static inline int bench_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* sorts @v; the median of an even number is the mean of the middle two */
static inline double bench_median(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), bench_cmp);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* whole decimal argument, 1..@max or the program ends */
static inline unsigned int bench_number(const char *s, unsigned int max)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (!*s || *end || n > max)
		errx(2, "bad number: %s", s);
	return (unsigned int)n;
}

#endif /* BENCH_H */
