// SPDX-License-Identifier: GPL-2.0
/*
 * Text forms of the ve controller's files.  No locks, no state.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "internal.h"

const char * const ve_ubc_names[NR_VE_RESOURCES] = {
	[VE_KMEMSIZE]		= "kmemsize",
	[VE_LOCKEDPAGES]	= "lockedpages",
	[VE_PRIVVMPAGES]	= "privvmpages",
	[VE_SHMPAGES]		= "shmpages",
	[VE_NUMPROC]		= "numproc",
	[VE_PHYSPAGES]		= "physpages",
	[VE_VMGUARPAGES]	= "vmguarpages",
	[VE_OOMGUARPAGES]	= "oomguarpages",
	[VE_NUMTCPSOCK]		= "numtcpsock",
	[VE_NUMFLOCK]		= "numflock",
	[VE_NUMPTY]		= "numpty",
	[VE_NUMSIGINFO]		= "numsiginfo",
	[VE_TCPSNDBUF]		= "tcpsndbuf",
	[VE_TCPRCVBUF]		= "tcprcvbuf",
	[VE_OTHERSOCKBUF]	= "othersockbuf",
	[VE_DGRAMRCVBUF]	= "dgramrcvbuf",
	[VE_NUMOTHERSOCK]	= "numothersock",
	[VE_DCACHESIZE]		= "dcachesize",
	[VE_NUMFILE]		= "numfile",
	[VE_NUMIPTENT]		= "numiptent",
	[VE_SWAPPAGES]		= "swappages",
};

static const struct {
	const char *name;
	unsigned long bit;
} features[] = {
	{ "sysfs",	VE_FEATURE_SYSFS },
	{ "nfs",	VE_FEATURE_NFS },
	{ "sit",	VE_FEATURE_SIT },
	{ "ipip",	VE_FEATURE_IPIP },
	{ "ppp",	VE_FEATURE_PPP },
	{ "ipgre",	VE_FEATURE_IPGRE },
	{ "bridge",	VE_FEATURE_BRIDGE },
	{ "nfsd",	VE_FEATURE_NFSD },
};

/**
 * ve_parse_id - read a CT's id
 * @s: decimal digits, nothing else
 * @id: filled on success
 *
 * Return: 0, -EINVAL for what is no number, -ERANGE outside of
 * VE_ID_MIN..VE_ID_MAX.
 */
int ve_parse_id(const char *s, u32 *id)
{
	unsigned int v;
	int err;

	if (!isdigit(*s))
		return -EINVAL;
	err = kstrtouint(s, 10, &v);
	if (err)
		return err;
	if (v < VE_ID_MIN || v > VE_ID_MAX)
		return -ERANGE;
	*id = v;
	return 0;
}

/**
 * ve_parse_features - apply a list of feature words
 * @s: words separated by blanks, a leading '-' switches off; is modified
 * @mask: changed on success only
 *
 * Return: 0, or -EINVAL for an unknown word.
 */
int ve_parse_features(char *s, unsigned long *mask)
{
	unsigned long new = *mask;
	char *word;

	while ((word = strsep(&s, " \t\n"))) {
		bool off = *word == '-';
		int i;

		if (!*word)
			continue;
		for (i = 0; i < ARRAY_SIZE(features); i++)
			if (!strcmp(word + off, features[i].name))
				break;
		if (i == ARRAY_SIZE(features))
			return -EINVAL;
		if (off)
			new &= ~features[i].bit;
		else
			new |= features[i].bit;
	}
	*mask = new;
	return 0;
}

/**
 * ve_format_features - write the words of a feature mask
 * @mask: VE_FEATURE_* mask
 * @buf: filled with words separated by one blank, without a newline
 * @size: of @buf
 *
 * Return: length written.
 */
int ve_format_features(unsigned long mask, char *buf, size_t size)
{
	int i, len = 0;

	*buf = '\0';
	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (mask & features[i].bit)
			len += scnprintf(buf + len, size - len, "%s%s",
					 len ? " " : "", features[i].name);
	return len;
}

static int parse_devnum(const char **p, u32 max, u32 *num)
{
	char digits[12];
	size_t n;

	if (**p == '*') {
		*num = VE_DEV_ANY;
		(*p)++;
		return 0;
	}
	n = strspn(*p, "0123456789");
	if (!n || n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, *p, n);
	digits[n] = '\0';
	*p += n;
	if (kstrtou32(digits, 10, num) || *num > max)
		return -EINVAL;
	return 0;
}

/**
 * ve_parse_device - read one line of ve.devices
 * @s: "[-]TYPE MAJOR:MINOR [rwm]", without a newline.  The permissions may
 *	be missing after '-' only; 'm' is accepted and changes nothing.
 * @dev: filled on success
 * @del: filled on success: the line had a '-'
 *
 * Return: 0 or -EINVAL.
 */
int ve_parse_device(const char *s, struct ve_device *dev, bool *del)
{
	struct ve_device d = { };
	bool minus = *s == '-';

	s += minus;
	if (*s != 'b' && *s != 'c')
		return -EINVAL;
	d.type = *s++;
	if (*s++ != ' ')
		return -EINVAL;
	if (parse_devnum(&s, MAJOR(U32_MAX), &d.major) || *s++ != ':' ||
	    parse_devnum(&s, MINORMASK, &d.minor))
		return -EINVAL;
	if (!*s && minus)
		goto out;
	if (*s++ != ' ' || !*s)
		return -EINVAL;
	for (; *s; s++) {
		switch (*s) {
		case 'r':
			d.perm |= VE_DEV_READ;
			break;
		case 'w':
			d.perm |= VE_DEV_WRITE;
			break;
		case 'm':
			break;
		default:
			return -EINVAL;
		}
	}
	if (!d.perm && !minus)
		return -EINVAL;
out:
	*dev = d;
	*del = minus;
	return 0;
}

/**
 * ve_format_device - write "MAJOR:MINOR" of a device
 * @dev: the device
 * @buf: filled
 * @size: of @buf; 24 is enough
 *
 * Return: length written.
 */
int ve_format_device(const struct ve_device *dev, char *buf, size_t size)
{
	int len;

	if (dev->major == VE_DEV_ANY)
		len = scnprintf(buf, size, "*:");
	else
		len = scnprintf(buf, size, "%u:", dev->major);
	if (dev->minor == VE_DEV_ANY)
		len += scnprintf(buf + len, size - len, "*");
	else
		len += scnprintf(buf + len, size - len, "%u", dev->minor);
	return len;
}

/**
 * ve_parse_meminfo - read ve.meminfo
 * @s: "none" or a number of pages
 * @pages: set on success, to 0 for "none"
 *
 * Return: 0 or -EINVAL.
 */
int ve_parse_meminfo(const char *s, unsigned long *pages)
{
	unsigned long n;

	if (!strcmp(s, "none")) {
		WRITE_ONCE(*pages, 0);
		return 0;
	}
	if (kstrtoul(s, 10, &n) || !n)
		return -EINVAL;
	WRITE_ONCE(*pages, n);
	return 0;
}

/**
 * ve_parse_number - read ve.cpulimit or ve.cpus
 * @s: the number
 * @max: the largest one allowed
 * @number: set on success
 *
 * Return: 0, -EINVAL for what is no number, -ERANGE for too large a one.
 */
int ve_parse_number(const char *s, u32 max, u32 *number)
{
	u32 n;
	int err;

	if (!isdigit(*s))
		return -EINVAL;
	err = kstrtou32(s, 10, &n);
	if (err)
		return err;
	if (n > max)
		return -ERANGE;
	*number = n;
	return 0;
}

/**
 * ve_parse_cpuunits - read ve.cpuunits
 * @s: a number, or "sum"
 * @units: set on success; VE_UNITS_SUM for "sum"
 *
 * Return: 0, -EINVAL for what is neither, -ERANGE for what is too small or too large.
 */
int ve_parse_cpuunits(const char *s, u32 *units)
{
	u32 n = VE_UNITS_SUM;
	int err;

	if (strcmp(s, "sum")) {
		err = ve_parse_number(s, VE_UNITS_MAX, &n);
		if (err)
			return err;
		if (n < VE_UNITS_MIN)
			return -ERANGE;
	}
	*units = n;
	return 0;
}

/* A number, or "unlimited". */
static int parse_limit(const char *s, unsigned long *limit)
{
	if (!s)
		return -EINVAL;
	if (!strcmp(s, "unlimited")) {
		*limit = LONG_MAX;
		return 0;
	}
	if (!isdigit(*s) || kstrtoul(s, 10, limit) || *limit > LONG_MAX)
		return -EINVAL;
	return 0;
}

/**
 * ve_parse_ubc - read a line of ve.ubc
 * @s: "NAME BARRIER LIMIT", each a number or "unlimited"; is modified
 * @res: set on success
 * @barrier: set on success
 * @limit: set on success
 *
 * Return: 0 or -EINVAL.
 */
int ve_parse_ubc(char *s, enum ve_resource *res, unsigned long *barrier,
		 unsigned long *limit)
{
	const char *name = strsep(&s, " ");
	unsigned long b, l;
	int i;

	for (i = 0; i < NR_VE_RESOURCES; i++)
		if (ve_ubc_names[i] && !strcmp(name, ve_ubc_names[i]))
			break;
	if (i == NR_VE_RESOURCES || parse_limit(strsep(&s, " "), &b) ||
	    parse_limit(strsep(&s, " "), &l) || s)
		return -EINVAL;
	*res = i;
	*barrier = b;
	*limit = l;
	return 0;
}
