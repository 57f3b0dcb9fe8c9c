// SPDX-License-Identifier: GPL-2.0
/* User beancounters; contract in ubc.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "error.h"
#include "params.h"
#include "ubc.h"
#include "util.h"

#define FILE_MAX	(256u << 20)
#define VERSION		"Version: 2.5"

const struct vz_ubc_info vz_ubc_info[VZ_NR_UBC] = {
	[VZ_KMEMSIZE]		= { "kmemsize", "KMEMSIZE", NULL },
	[VZ_LOCKEDPAGES]	= { "lockedpages", "LOCKEDPAGES", NULL },
	[VZ_PRIVVMPAGES]	= { "privvmpages", "PRIVVMPAGES", NULL },
	[VZ_SHMPAGES]		= { "shmpages", "SHMPAGES", NULL },
	[VZ_NUMPROC]		= { "numproc", "NUMPROC", NULL },
	[VZ_PHYSPAGES]		= { "physpages", "PHYSPAGES", NULL },
	[VZ_VMGUARPAGES]	= { "vmguarpages", "VMGUARPAGES", NULL },
	[VZ_OOMGUARPAGES]	= { "oomguarpages", "OOMGUARPAGES", NULL },
	[VZ_NUMTCPSOCK]		= { "numtcpsock", "NUMTCPSOCK", NULL },
	[VZ_NUMFLOCK]		= { "numflock", "NUMFLOCK", NULL },
	[VZ_NUMPTY]		= { "numpty", "NUMPTY", NULL },
	[VZ_NUMSIGINFO]		= { "numsiginfo", "NUMSIGINFO", NULL },
	[VZ_TCPSNDBUF]		= { "tcpsndbuf", "TCPSNDBUF", NULL },
	[VZ_TCPRCVBUF]		= { "tcprcvbuf", "TCPRCVBUF", NULL },
	[VZ_OTHERSOCKBUF]	= { "othersockbuf", "OTHERSOCKBUF", NULL },
	[VZ_DGRAMRCVBUF]	= { "dgramrcvbuf", "DGRAMRCVBUF", NULL },
	[VZ_NUMOTHERSOCK]	= { "numothersock", "NUMOTHERSOCK", NULL },
	[VZ_DCACHESIZE]		= { "dcachesize", "DCACHESIZE", "DCACHE" },
	[VZ_NUMFILE]		= { "numfile", "NUMFILE", NULL },
	[VZ_NUMIPTENT]		= { "numiptent", "NUMIPTENT", "IPTENTRIES" },
	[VZ_SWAPPAGES]		= { "swappages", "SWAPPAGES", NULL },
};

/* the number at *@p, which ends at VZ_UNLIMITED, and blanks around it */
static bool parse_number(const char **p, unsigned long *ret)
{
	const char *s = vz_sat_number(*p + strspn(*p, " \t"), ret);

	if (!s || (*s && *s != ' ' && *s != '\t' && *s != '\r'))
		return false;
	*p = s + strspn(s, " \t\r");
	return true;
}

/* the rows of a container follow each other, and its resources the order of the enum */
static enum vz_ubc_res find_name(const char *name, size_t len, enum vz_ubc_res guess)
{
	for (int i = 0; i < VZ_NR_UBC; i++) {
		int res = ((int)guess + i) % VZ_NR_UBC;

		if (strncmp(vz_ubc_info[res].name, name, len) == 0 && !vz_ubc_info[res].name[len])
			return (enum vz_ubc_res)res;
	}
	return VZ_NR_UBC;
}

static int bad_line(const char *path, int line, struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, EINVAL,
		      "%s, line %d: not a row of beancounters (\"[CTID:] resource\" and five numbers)",
		      path, line);
}

static struct vz_ubc *new_ubc(struct vz_ubc **all, size_t n, size_t *size, uint32_t id)
{
	struct vz_ubc *u;

	if (n == *size) {
		size_t more = *size ? *size * 2 : 16;
		struct vz_ubc *p = realloc(*all, more * sizeof(*p));

		if (!p)
			return NULL;
		*all = p;
		*size = more;
	}
	u = &(*all)[n];
	memset(u, 0, sizeof(*u));
	u->id = id;
	for (int i = 0; i < VZ_NR_UBC; i++)
		u->v[i][VZ_BARRIER] = u->v[i][VZ_LIMIT] = VZ_UNLIMITED;
	return u;
}

int vz_ubc_parse(char *text, const char *path, struct vz_ubc **ret, size_t *ret_n,
		 struct vz_error *e)
{
	_cleanup_free_ struct vz_ubc *all = NULL;
	enum vz_ubc_res guess = VZ_KMEMSIZE;
	size_t n = 0, size = 0;
	struct vz_ubc *u = NULL;
	char *save = NULL;
	int no = 1;

	/* some kernels fill the line up with blanks */
	if (strncmp(text, VERSION, strlen(VERSION)) != 0 || !strchr(" \t\r\n", text[strlen(VERSION)]))
		return vz_err(e, VZ_SYSTEM_ERROR, EINVAL,
			      "%s: the first line is not \"" VERSION "\"; it is not a file of beancounters, or one of a kernel that this version does not know",
			      path);
	strtok_r(text, "\n", &save);
	for (char *line; (line = strtok_r(NULL, "\n", &save)); ) {
		char *word = line + strspn(line, " \t\r");
		const char *p = word;
		unsigned long row[VZ_NR_COUNTS], id;
		size_t len;

		no++;
		if (!*p || (no == 2 && strncmp(p, "uid ", 4) == 0))
			continue;
		len = strcspn(p, " \t");
		if (len && p[len - 1] == ':') {
			word[len - 1] = '\0';
			if (!parse_number(&p, &id) || *p || id > UINT32_MAX)
				return bad_line(path, no, e);
			u = new_ubc(&all, n, &size, (uint32_t)id);
			if (!u)
				return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%s: %m", path);
			n++;
			guess = VZ_KMEMSIZE;
			word += len;
			word += strspn(word, " \t");
			len = strcspn(word, " \t");
		}
		p = word + len;
		for (int i = 0; i < VZ_NR_COUNTS; i++) {
			if (!parse_number(&p, &row[i]))
				return bad_line(path, no, e);
		}
		if (!u || *p)
			return bad_line(path, no, e);
		guess = find_name(word, len, guess);
		if (guess == VZ_NR_UBC) {	/* "dummy", and what later kernels may have */
			guess = VZ_KMEMSIZE;
			continue;
		}
		memcpy(u->v[guess], row, sizeof(row));
		u->known |= 1u << guess;
		guess = (enum vz_ubc_res)((guess + 1) % VZ_NR_UBC);
	}
	*ret = all;
	*ret_n = n;
	all = NULL;
	return 0;
}

int vz_ubc_read(const char *file, struct vz_ubc **ret, size_t *ret_n, struct vz_error *e)
{
	static const char *const files[] = { "/proc/bc/resources", "/proc/user_beancounters" };
	_cleanup_free_ char *text = NULL, *path = NULL;
	int r = -ENOENT;

	if (file && strcmp(file, "-") == 0)
		file = "/dev/stdin";
	for (size_t i = 0; r == -ENOENT && i < (file ? 1 : ARRAY_SIZE(files)); i++) {
		free(path);
		path = file ? strdup(file) : vz_path("%s", files[i]);
		if (!path)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		r = vz_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL);
	}
	if (r == -ENOENT && !file)
		return vz_err(e, VZ_BAD_KERNEL, ENOSYS,
			      "The running kernel has no beancounters (/proc/user_beancounters is missing); boot the vz kernel");
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read %s: %m", path);
	return vz_ubc_parse(text, path, ret, ret_n, e);
}

const struct vz_ubc *vz_ubc_find(const struct vz_ubc *all, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].id == id)
			return &all[i];
	}
	return NULL;
}

const char *vz_ubc_conf_text(const struct vz_conf *c, enum vz_ubc_res res, const char **ret_key)
{
	const char *keys[] = { vz_ubc_info[res].key, vz_ubc_info[res].alias };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *s = keys[i] ? vz_conf_get(c, keys[i]) : NULL;

		if (s && *s) {
			if (ret_key)
				*ret_key = keys[i];
			return s;
		}
	}
	return NULL;
}

const char *vz_ubc_name(const char *key)
{
	for (size_t i = 0; i < VZ_NR_UBC; i++) {
		const struct vz_ubc_info *info = &vz_ubc_info[i];

		if (strcmp(info->key, key) == 0 || (info->alias && strcmp(info->alias, key) == 0))
			return info->name;
	}
	return NULL;
}

bool vz_ubc_conf(const struct vz_conf *c, enum vz_ubc_res res, unsigned long ret[2])
{
	const char *s = vz_ubc_conf_text(c, res, NULL);

	return s && vz_param_ubc(vz_ubc_info[res].key, s, &ret[0], &ret[1]) == 0;
}

bool vz_overcommit(const char *factor, unsigned long v, unsigned long *ret)
{
	long double f;
	char suffix;

	if (!factor || !vz_parse_size(factor, &f, &suffix) || f < 1)
		return false;
	f *= (long double)v;
	*ret = v < VZ_UNLIMITED && f < (long double)VZ_UNLIMITED ? (unsigned long)f : VZ_UNLIMITED;
	return true;
}

/* the limit that @text is, unlimited where it is none */
static unsigned long limit_of(enum vz_ubc_res res, const char *text)
{
	unsigned long bar, lim = VZ_UNLIMITED;

	if (text)
		vz_param_ubc(vz_ubc_info[res].key, text, &bar, &lim);
	return lim;
}

bool vz_ubc_implied(enum vz_ubc_res res, const char *ram, const char *swap, const char *factor,
		    unsigned long ret[2])
{
	unsigned long pages = limit_of(VZ_PHYSPAGES, ram);
	unsigned long both = vz_sat_add(pages, limit_of(VZ_SWAPPAGES, swap));
	bool vswap = pages != VZ_UNLIMITED;
	unsigned long bar = VZ_UNLIMITED, lim = VZ_UNLIMITED;

	switch (res) {
	case VZ_LOCKEDPAGES:
		bar = lim = pages;
		break;
	case VZ_PRIVVMPAGES:
		if (vswap && vz_overcommit(factor, both, &bar))
			lim = bar;
		break;
	case VZ_VMGUARPAGES:
		bar = vswap ? both : 0;
		break;
	case VZ_OOMGUARPAGES:
		bar = vswap ? pages : 0;
		break;
	default:
		return false;
	}
	ret[0] = bar;
	ret[1] = lim;
	return true;
}

int vz_ubc_value(enum vz_ubc_res res, const char *(*get)(const void *of, const char *key),
		 const void *of, const char **ret_key, char **ret)
{
	const char *keys[] = { vz_ubc_info[res].key, vz_ubc_info[res].alias }, *key = NULL, *text = NULL;
	unsigned long v[2];
	char *value = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && keys[i] && !key; i++) {
		text = get(of, keys[i]);
		if (text && *text)
			key = keys[i];
	}
	if (key)
		value = strdup(text);
	else if (vz_ubc_implied(res, get(of, "PHYSPAGES"), get(of, "SWAPPAGES"),
				get(of, "VM_OVERCOMMIT"), v))
		value = vz_format_pair(v);
	else
		goto out;
	if (!value)
		return -ENOMEM;
out:
	*ret_key = key;
	*ret = value;
	return 0;
}

bool vz_ubc_asks_of_host(const char *key, const char *value)
{
	unsigned long bar, lim;

	if (vz_param_ubc(key, value, &bar, &lim) < 0)
		return true;
	if (strcmp(key, "OOMGUARPAGES") == 0)
		return false;
	if (strcmp(key, "VMGUARPAGES") == 0)
		return bar != 0;
	/* the barrier of these means nothing */
	if (strcmp(key, "PHYSPAGES") == 0 || strcmp(key, "SWAPPAGES") == 0)
		bar = VZ_UNLIMITED;
	return bar != VZ_UNLIMITED || lim != VZ_UNLIMITED;
}

int vz_ubc_apply_host(const char *value, bool *ret_applied, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path("/proc/sys/vm/ve_host_oomguarpages");
	unsigned long bar, lim;
	char buf[24];
	int r;

	if (!path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	r = vz_param_ubc("OOMGUARPAGES", value, &bar, &lim);
	if (r == 0) {
		snprintf(buf, sizeof(buf), "%lu", bar);
		r = vz_write_file_at(AT_FDCWD, path, buf, strlen(buf));
	}
	*ret_applied = r == 0;
	if (r < 0 && r != -ENOENT)
		return vz_err(e, VZ_SETUBC_ERROR, -r, "Unable to set OOMGUARPAGES=\"%s\" of the host (CT0): %m",
			      value);
	return 0;
}

unsigned long vz_sat_add(unsigned long a, unsigned long b)
{
	unsigned long v;

	return __builtin_add_overflow(a, b, &v) || v > VZ_UNLIMITED ? VZ_UNLIMITED : v;
}

const char *vz_sat_number(const char *s, unsigned long *ret)
{
	unsigned long v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++)
		v = vz_sat_add(vz_sat_mul(v, 10), (unsigned long)(*s - '0'));
	*ret = v;
	return s;
}

unsigned long vz_sat_mul(unsigned long a, unsigned long b)
{
	unsigned long v;

	return __builtin_mul_overflow(a, b, &v) || v > VZ_UNLIMITED ? VZ_UNLIMITED : v;
}
