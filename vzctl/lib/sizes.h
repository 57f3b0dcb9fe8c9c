/* SPDX-License-Identifier: GPL-2.0 */
/* Sizes such as 1.5G and pairs of limits such as 65536:unlimited. */
#ifndef VZ_SIZES_H
#define VZ_SIZES_H

enum vz_unit {
	VZ_UNIT_NUM,		/* a plain number, no suffix */
	VZ_UNIT_BYTES,
	VZ_UNIT_PAGES,		/* of 4 KiB; bytes where there is a suffix */
	VZ_UNIT_KB,		/* KiB; bytes where there is a suffix */
};

/*
 * vz_parse_size - a number with an optional fraction and suffix
 * @ret: with a suffix of T, G, M, K, B (bytes) or P (pages): bytes; else the number
 * @suffix: 'B', 'P' or 0
 * Returns the first character after it, or NULL.
 */
const char *vz_parse_size(const char *s, long double *ret, char *suffix);
/*
 * a number in @unit, rounded down, or "unlimited" (LONG_MAX, which also stands for
 * everything above it); returns what follows, or NULL
 */
const char *vz_parse_limit(const char *s, enum vz_unit unit, unsigned long *ret);
/* the unit of a key of CTID.conf follows from its name: NUM… are numbers, …PAGES pages, the rest bytes */
enum vz_unit vz_key_unit(const char *key);
/* "a[:b]"; one value stands for both; -EINVAL */
int vz_parse_pair(const char *s, enum vz_unit unit, unsigned long v[2]);
/* "a:b" with "unlimited" for LONG_MAX, allocated; NULL without memory */
char *vz_format_pair(const unsigned long v[2]);

#endif /* VZ_SIZES_H */
