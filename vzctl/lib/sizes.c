// SPDX-License-Identifier: GPL-2.0
/* Sizes and pairs of limits; contract in sizes.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "params.h"
#include "sizes.h"
#include "util.h"

#define PAGE	4096.0L

const char *vz_parse_size(const char *s, long double *ret, char *suffix)
{
	long double v = 0, fraction = 0, scale = 1;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (*p - '0');
	if (p == s)
		return NULL;
	if (*p == '.') {
		const char *frac = ++p;

		/* one division at the end: 1.5 must stay exact */
		for (; *p >= '0' && *p <= '9'; p++) {
			scale *= 10;
			fraction = fraction * 10 + (*p - '0');
		}
		if (p == frac)
			return NULL;
		v += fraction / scale;
	}
	*suffix = 0;
	switch (*p) {
	case 'T': case 't': v *= 1024;
		/* fall through */
	case 'G': case 'g': v *= 1024;
		/* fall through */
	case 'M': case 'm': v *= 1024;
		/* fall through */
	case 'K': case 'k': v *= 1024;
		/* fall through */
	case 'B': case 'b':
		*suffix = 'B';
		p++;
		break;
	case 'P': case 'p':
		v *= PAGE;
		*suffix = 'P';
		p++;
		break;
	}
	*ret = v;
	return p;
}

const char *vz_parse_limit(const char *s, enum vz_unit unit, unsigned long *ret)
{
	long double v;
	char suffix;
	const char *p;

	if (strncmp(s, "unlimited", 9) == 0) {
		*ret = LONG_MAX;
		return s + 9;
	}
	p = vz_parse_size(s, &v, &suffix);
	if (!p)
		return NULL;
	if (unit == VZ_UNIT_NUM && (suffix || memchr(s, '.', (size_t)(p - s))))
		return NULL;
	if (unit == VZ_UNIT_PAGES && suffix)
		v /= PAGE;
	if (unit == VZ_UNIT_KB && suffix)
		v /= 1024;
	/* a fraction of a unit is dropped; beyond the range means no limit */
	*ret = v >= (long double)LONG_MAX ? LONG_MAX : (unsigned long)v;
	return p;
}

int vz_parse_pair(const char *s, enum vz_unit unit, unsigned long v[2])
{
	const char *p = vz_parse_limit(s, unit, &v[0]);

	if (!p)
		return -EINVAL;
	v[1] = v[0];
	if (*p == ':')
		p = vz_parse_limit(p + 1, unit, &v[1]);
	return p && !*p ? 0 : -EINVAL;
}

char *vz_format_pair(const unsigned long v[2])
{
	char buf[2][24];

	for (int i = 0; i < 2; i++) {
		if (v[i] == LONG_MAX)
			strcpy(buf[i], "unlimited");
		else
			snprintf(buf[i], sizeof(buf[i]), "%lu", v[i]);
	}
	return vz_asprintf("%s:%s", buf[0], buf[1]);
}

enum vz_unit vz_key_unit(const char *key)
{
	size_t len = strlen(key);

	if (strncmp(key, "NUM", 3) == 0 || strcmp(key, "AVNUMPROC") == 0 || strcmp(key, "IPTENTRIES") == 0)
		return VZ_UNIT_NUM;
	return len > 5 && strcmp(key + len - 5, "PAGES") == 0 ? VZ_UNIT_PAGES : VZ_UNIT_BYTES;
}

int vz_param_ubc(const char *key, const char *value, unsigned long *ret_bar, unsigned long *ret_lim)
{
	unsigned long v[2];

	if (vz_parse_pair(value, vz_key_unit(key), v) < 0)
		return -EINVAL;
	*ret_bar = v[0];
	*ret_lim = v[1];
	return 0;
}

int vz_param_diskspace(const char *value, unsigned long *ret_soft, unsigned long *ret_hard)
{
	unsigned long v[2];

	if (vz_parse_pair(value, VZ_UNIT_KB, v) < 0)
		return -EINVAL;
	*ret_soft = v[0];
	*ret_hard = v[1];
	return 0;
}

int vz_param_iolimit(const char *value, uint64_t *ret)
{
	long double v;
	char suffix;
	const char *end = vz_parse_size(value, &v, &suffix);

	if (!end || *end || suffix == 'P' || v > INT_MAX)
		return -EINVAL;
	*ret = (uint64_t)v;
	return 0;
}
