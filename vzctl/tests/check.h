/* SPDX-License-Identifier: GPL-2.0 */
/* Assertions of the unit tests: they go on after a failure and count it. */
#ifndef VZ_CHECK_H
#define VZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failed;

#define CHECK(cond) do {							\
	if (!(cond)) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		check_failed++;							\
	}									\
} while (0)

#define CHECK_STR(a, b) do {							\
	const char *a_ = (a), *b_ = (b);					\
										\
	if (!a_ || strcmp(a_, b_) != 0) {					\
		fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n",		\
			__FILE__, __LINE__, #a, a_ ? a_ : "(null)", b_);	\
		check_failed++;							\
	}									\
} while (0)

#define CHECK_DONE()	(check_failed ? 1 : 0)

#endif /* VZ_CHECK_H */
