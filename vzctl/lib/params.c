// SPDX-License-Identifier: GPL-2.0
/* Parameters of a container; contract in params.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "life.h"
#include "log.h"
#include "params.h"
#include "sizes.h"
#include "util.h"

static int canon_pair(enum vz_unit unit, const char *arg, bool conf, char **ret,
		      const char *want, const char **ret_want)
{
	unsigned long v[2];

	*ret_want = want;
	if (vz_parse_pair(arg, unit, v) < 0)
		return -EINVAL;
	if (!conf && v[0] > v[1]) {
		*ret_want = "the first number not above the second";
		return -EINVAL;
	}
	*ret = vz_format_pair(v);
	return *ret ? 0 : -ENOMEM;
}

#define CANON(name)							\
	static int name(const struct vz_param *p, const char *arg,	\
			bool conf, char **ret, const char **ret_want)

CANON(ubc_num)
{
	return canon_pair(VZ_UNIT_NUM, arg, conf, ret,
			  "barrier[:limit], each a number without suffix or unlimited", ret_want);
}

CANON(ubc_bytes)
{
	return canon_pair(VZ_UNIT_BYTES, arg, conf, ret,
			  "barrier[:limit] in bytes or with a suffix T, G, M, K or P (pages), or unlimited",
			  ret_want);
}

CANON(ubc_pages)
{
	return canon_pair(VZ_UNIT_PAGES, arg, conf, ret,
			  "barrier[:limit] in pages, in bytes with a suffix T, G, M, K or B, or unlimited",
			  ret_want);
}

CANON(diskspace)
{
	return canon_pair(VZ_UNIT_KB, arg, conf, ret,
			  "soft[:hard] in KB or with a suffix T, G, M, K, B or P, or unlimited",
			  ret_want);
}

CANON(diskinodes)
{
	return canon_pair(VZ_UNIT_NUM, arg, conf, ret, "soft[:hard], each a number or unlimited", ret_want);
}

/* --ram and --swap: bytes into "0:PAGES" */
CANON(vswap)
{
	unsigned long v[2] = { 0 };
	const char *end = vz_parse_limit(arg, VZ_UNIT_BYTES, &v[1]);

	*ret_want = "bytes or a number with a suffix T, G, M, K or P, or unlimited";
	if (!end || *end || (p->min && v[1] < p->min))
		return -EINVAL;
	if (v[1] != LONG_MAX)
		v[1] = v[1] / 4096 + (v[1] % 4096 != 0);
	*ret = vz_format_pair(v);
	return *ret ? 0 : -ENOMEM;
}

static int keep(const char *arg, char **ret)
{
	*ret = strdup(arg);
	return *ret ? 0 : -ENOMEM;
}

CANON(number)
{
	static char want[64];
	uint64_t v;

	snprintf(want, sizeof(want), "a number from %lu to %lu", p->min, p->max);
	*ret_want = want;
	if (vz_parse_u64(arg, &v) < 0 || v < p->min || v > p->max)
		return -EINVAL;
	*ret = vz_asprintf("%llu", (unsigned long long)v);
	return *ret ? 0 : -ENOMEM;
}

CANON(hostid)
{
	int r;

	if (!conf && strcmp(arg, "auto") == 0)
		return keep(arg, ret);
	r = number(p, arg, conf, ret, ret_want);
	*ret_want = "the first of 65536 ids of the host, or auto";
	return r;
}

CANON(cpulimit)
{
	size_t len = strlen(arg);
	uint64_t v;
	char num[8];

	*ret_want = "percent of one CPU (100 is one whole CPU, 0 is no limit)";
	if (len && arg[len - 1] == '%')
		len--;
	if (!len || len >= sizeof(num))
		return -EINVAL;
	memcpy(num, arg, len);
	num[len] = '\0';
	if (vz_parse_u64(num, &v) < 0 || v > p->max)
		return -EINVAL;
	*ret = vz_asprintf("%llu", (unsigned long long)v);
	return *ret ? 0 : -ENOMEM;
}

CANON(factor)
{
	long double v;
	char suffix;
	const char *end = vz_parse_size(arg, &v, &suffix);

	*ret_want = "a number such as 1.5, at least 1, or 0 for no limit";
	if (!end || *end || suffix || (v > 0 && v < 1) || v > 1000)
		return -EINVAL;
	*ret = vz_asprintf("%Lg", v);
	return *ret ? 0 : -ENOMEM;
}

CANON(iolimit)
{
	long double v;
	char suffix;
	const char *end = vz_parse_size(arg, &v, &suffix);

	*ret_want = "MB/s, or a number with a suffix B, K, M or G, below 2G; 0 is no limit";
	if (!end || *end || suffix == 'P')
		return -EINVAL;
	if (!suffix && !conf)
		v *= 1024 * 1024;
	if (v > INT_MAX)
		return -EINVAL;
	*ret = vz_asprintf("%lu", (unsigned long)v);
	return *ret ? 0 : -ENOMEM;
}

/* ---- words ---------------------------------------------------------------- */

static int one_of(const char *arg, const char *const *words, char **ret)
{
	for (; *words; words++) {
		if (strcmp(arg, *words) == 0)
			return keep(arg, ret);
	}
	return -EINVAL;
}

CANON(yesno)
{
	static const char *const words[] = { "yes", "no", NULL };

	*ret_want = "yes or no";
	if (conf && !*arg)
		return keep("no", ret);
	if (strcmp(arg, "on") == 0 || strcmp(arg, "1") == 0)
		return keep("yes", ret);
	if (strcmp(arg, "off") == 0 || strcmp(arg, "0") == 0)
		return keep("no", ret);
	return one_of(arg, words, ret);
}

CANON(venet_route)
{
	static const char *const words[] = { "direct", "host", NULL };

	*ret_want = "direct or host";
	if (conf && !*arg)
		return keep("direct", ret);
	return one_of(arg, words, ret);
}

CANON(onboot)
{
	int r;

	if (strcmp(arg, "auto") == 0)
		return keep(arg, ret);
	r = yesno(p, arg, conf, ret, ret_want);
	*ret_want = "yes, no or auto";
	return r;
}

/* anything that stays on one line and cannot control a terminal; UTF-8 is fine */
static bool is_text(const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)s[0], next = (unsigned char)s[1];

		if (c < ' ' || c == 127 || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			return false;
	}
	return true;
}

CANON(text)
{
	*ret_want = "text without control characters";
	return is_text(arg) && strlen(arg) <= 4096 ? keep(arg, ret) : -EINVAL;
}

CANON(path)
{
	*ret_want = "an absolute path";
	if (*arg != '/' || !is_text(arg) || strlen(arg) >= PATH_MAX)
		return -EINVAL;
	/* a shell that sources the file splits and expands nothing of these */
	for (const char *s = arg; *s; s++) {
		if (strchr("`\"\\'<>|&;*?", *s) ||
		    (*s == '$' && strncmp(s, "$VEID", 5) != 0 && strncmp(s, "${VEID}", 7) != 0)) {
			*ret_want = "an absolute path without characters that mean something to the shell";
			return -EINVAL;
		}
		if (s[0] == '/' && s[1] == '.' && s[2] == '.' && (s[3] == '/' || !s[3])) {
			*ret_want = "an absolute path without \"..\"";
			return -EINVAL;
		}
	}
	return keep(arg, ret);
}

static bool all_in(const char *s, const char *more)
{
	for (; *s; s++) {
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		      (*s >= '0' && *s <= '9') || strchr(more, *s)))
			return false;
	}
	return true;
}

CANON(ostemplate)
{
	*ret_want = "the name of a template: letters, digits and . _ + -";
	/* a leading dot is how vzpkg wrote "a name in full" */
	return *arg && strlen(arg) < 128 && all_in(arg, "._+-") && !strstr(arg, "..") && *arg != '-' ?
	       keep(arg, ret) : -EINVAL;
}

CANON(layout)
{
	*ret_want = "simfs or ploop[:expanded|plain|raw]";
	if (strcmp(arg, "simfs") && strcmp(arg, "ploop") && strcmp(arg, "ploop:expanded") &&
	    strcmp(arg, "ploop:plain") && strcmp(arg, "ploop:raw"))
		return -EINVAL;
	return keep(arg, ret);
}

/* labels of letters, digits, '-' and '_', joined by dots */
static bool is_domain(const char *s, size_t max)
{
	size_t len = strlen(s);

	if (!len || len > max || !all_in(s, "-_."))
		return false;
	for (;;) {
		size_t label = strcspn(s, ".");

		if (!label || label > 63 || s[0] == '-' || s[label - 1] == '-')
			return false;
		s += label;
		if (!*s || !*++s)	/* a final dot is fine */
			return true;
	}
}

CANON(hostname)
{
	*ret_want = "a host name of up to 64 letters, digits, dots and hyphens";
	if (conf && !*arg)
		return keep(arg, ret);
	return is_domain(arg, 64) ? keep(arg, ret) : -EINVAL;
}

CANON(name)
{
	*ret_want = "up to 32 letters, digits and - _ . with at least one letter, or '' for no name";
	return !*arg || vz_name_valid(arg) ? keep(arg, ret) : -EINVAL;
}

CANON(userpasswd)
{
	const char *colon = strchr(arg, ':');

	*ret_want = "USER:PASSWORD";
	if (!colon || colon == arg || !colon[1] || !is_text(arg) || *arg == '-')
		return -EINVAL;
	for (const char *s = arg; s < colon; s++) {
		if (!all_in((char[]){ *s, '\0' }, "._-$"))
			return -EINVAL;
	}
	return keep(arg, ret);
}

CANON(netfilter)
{
	static const char *const words[] = { "disabled", "stateless", "stateful", "full", NULL };

	*ret_want = "disabled, stateless, stateful or full";
	return one_of(arg, words, ret);
}

CANON(meminfo)
{
	const char *colon = strchr(arg, ':');
	uint64_t v;

	*ret_want = "none, pages:N or privvmpages:N";
	if (strcmp(arg, "none") == 0)
		return keep(arg, ret);
	if (!colon || vz_parse_u64(colon + 1, &v) < 0 ||
	    (strncmp(arg, "pages:", 6) != 0 && strncmp(arg, "privvmpages:", 12) != 0))
		return -EINVAL;
	return keep(arg, ret);
}

/* "0-3,5" with ascending numbers below 8192 */
CANON(cpulist)
{
	const char *s = arg;

	*ret_want = p->min ? "a list such as 0-3,5, or auto, or all" : "a list such as 0-3,5, or all";
	if (strcmp(arg, "all") == 0 || (p->min && strcmp(arg, "auto") == 0))
		return keep(arg, ret);
	for (;;) {
		unsigned long a, b;
		char *end;

		if (*s < '0' || *s > '9')
			return -EINVAL;
		a = b = strtoul(s, &end, 10);
		if (*end == '-') {
			if (end[1] < '0' || end[1] > '9')
				return -EINVAL;
			b = strtoul(end + 1, &end, 10);
		}
		if (a > b || b >= 8192)
			return -EINVAL;
		if (!*end)
			return keep(arg, ret);
		if (*end != ',')
			return -EINVAL;
		s = end + 1;
	}
}

/* ---- lists ---------------------------------------------------------------- */

#define SEPARATORS	" \t,"

/*
 * Checks each word of @arg by @word, which may replace it, and joins the
 * results with blanks.  An empty list is an error on the command line, except where @empty.
 */
static int canon_list(const char *arg, const char *separators, bool empty,
		      int (*word)(const char *w, char **ret, const char **ret_want),
		      char **ret, const char **ret_want)
{
	_cleanup_strv_ char **in = vz_strv_split(arg, separators), **out = NULL;

	if (!in)
		return -ENOMEM;
	if (!*in && !empty)
		return -EINVAL;
	for (char **w = in; *w; w++) {
		_cleanup_free_ char *c = NULL;
		int r = word(*w, &c, ret_want);

		if (r == 0 && !vz_strv_has(out, c))
			r = vz_strv_add(&out, c);
		if (r < 0)
			return r;
	}
	*ret = vz_strv_join(out, " ");
	return *ret ? 0 : -ENOMEM;
}

static int ip_word(const char *w, char **ret, const char **ret_want)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char addr[16];
	int family, plen, max;
	const char *slash = strchr(w, '/');

	*ret_want = "IP addresses such as 10.0.0.1 or 2001:db8::1/64";
	if (vz_ip_parse(w, &family, addr, &plen, NULL) < 0)
		return -EINVAL;
	max = family == AF_INET ? 32 : 128;
	if (!inet_ntop(family, addr, text, sizeof(text)))
		return -EINVAL;
	*ret = slash && plen >= 0 && plen < max ? vz_asprintf("%s/%d", text, plen) : strdup(text);
	return *ret ? 0 : -ENOMEM;
}

CANON(iplist)
{
	*ret_want = "an IP address such as 10.0.0.1 or 2001:db8::1/64";
	return canon_list(arg, SEPARATORS, conf, ip_word, ret, ret_want);
}

CANON(ipdel)
{
	if (strcmp(arg, "all") == 0)
		return keep(arg, ret);
	*ret_want = "an IP address or all";
	return canon_list(arg, SEPARATORS, conf, ip_word, ret, ret_want);
}

static int ns_word(const char *w, char **ret, const char **ret_want)
{
	unsigned char addr[16];

	*ret_want = "IP addresses of name servers, or inherit";
	if (strcmp(w, "inherit") != 0 && inet_pton(AF_INET, w, addr) != 1 &&
	    inet_pton(AF_INET6, w, addr) != 1)
		return -EINVAL;
	return keep(w, ret);
}

CANON(nameserver)
{
	*ret_want = "IP addresses of name servers, or inherit";
	return canon_list(arg, SEPARATORS, true, ns_word, ret, ret_want);
}

static int domain_word(const char *w, char **ret, const char **ret_want)
{
	*ret_want = "domain names";
	return is_domain(w, 253) ? keep(w, ret) : -EINVAL;
}

CANON(searchdomain)
{
	*ret_want = "domain names";
	return canon_list(arg, SEPARATORS, true, domain_word, ret, ret_want);
}

static bool is_mode(const char *s)
{
	if (strcmp(s, "none") == 0)
		return true;
	return *s && strlen(s) <= 3 && strspn(s, "rwq") == strlen(s);
}

/* b|c:MAJ:MIN|all:MODE */
static int device_word(const char *w, char **ret, const char **ret_want)
{
	_cleanup_strv_ char **f = vz_strv_split(w, ":");
	uint32_t major, minor;

	*ret_want = "b|c:MAJOR:MINOR|all:[r][w][q]|none, for example c:10:229:rw";
	if (vz_strv_len(f) != 4 || (strcmp(f[0], "b") && strcmp(f[0], "c")) ||
	    vz_parse_u32(f[1], &major) < 0 || major >= 4096 ||
	    (strcmp(f[2], "all") && (vz_parse_u32(f[2], &minor) < 0 || minor >= 1 << 20)) ||
	    !is_mode(f[3]))
		return -EINVAL;
	if (*f[0] == 'b' && major == 7) {
		*ret_want = "a device other than loop (major 7), which would give access to the host";
		return -EINVAL;
	}
	return keep(w, ret);
}

CANON(devices)
{
	*ret_want = "b|c:MAJOR:MINOR|all:[r][w][q]|none, for example c:10:229:rw";
	return canon_list(arg, SEPARATORS, conf, device_word, ret, ret_want);
}

static int devnode_word(const char *w, char **ret, const char **ret_want)
{
	const char *colon = strrchr(w, ':');
	_cleanup_free_ char *node = NULL;

	*ret_want = "NAME:[r][w][q]|none with a name below /dev, for example net/tun:rw";
	if (!colon || !is_mode(colon + 1))
		return -EINVAL;
	if (strncmp(w, "/dev/", 5) == 0)
		w += 5;
	node = strndup(w, (size_t)(colon - w));
	if (!node)
		return -ENOMEM;
	if (!*node || *node == '/' || strlen(node) > 64 || !all_in(node, "-_./:") || strstr(node, ".."))
		return -EINVAL;
	return keep(w, ret);
}

CANON(devnodes)
{
	*ret_want = "NAME:[r][w][q]|none with a name below /dev, for example net/tun:rw";
	return canon_list(arg, SEPARATORS, conf, devnode_word, ret, ret_want);
}

/* NAME:on|off with a known name */
static int switch_word(const char *w, const char *const *names, bool upper, char **ret)
{
	const char *colon = strchr(w, ':');
	size_t len;

	if (!colon || (strcmp(colon + 1, "on") && strcmp(colon + 1, "off")))
		return -EINVAL;
	if (upper && strncasecmp(w, "cap_", 4) == 0)
		w += 4;
	len = (size_t)(colon - w);
	for (; *names; names++) {
		if (strlen(*names) == len && strncasecmp(w, *names, len) == 0) {
			*ret = vz_asprintf("%s%s", *names, colon);
			return *ret ? 0 : -ENOMEM;
		}
	}
	return -EINVAL;
}

static int cap_word(const char *w, char **ret, const char **ret_want)
{
	static const char *const names[] = {
		"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL",
		"SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
		"NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
		"SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
		"SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
		"SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL",
		"SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
		"BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
		"SETVEID", "VE_ADMIN", NULL,
	};

	*ret_want = "NAME:on|off with a name of capabilities(7), for example NET_ADMIN:off";
	return switch_word(w, names, true, ret);
}

CANON(capability)
{
	*ret_want = "NAME:on|off with a name of capabilities(7), for example NET_ADMIN:off";
	return canon_list(arg, SEPARATORS, conf, cap_word, ret, ret_want);
}

static int feature_word(const char *w, char **ret, const char **ret_want)
{
	static const char *const names[] = {
		"sysfs", "nfs", "sit", "ipip", "ppp", "ipgre", "bridge", "nfsd", NULL,
	};

	*ret_want = "NAME:on|off with a name of sysfs, nfs, sit, ipip, ppp, ipgre, bridge, nfsd";
	return switch_word(w, names, false, ret);
}

CANON(features)
{
	*ret_want = "NAME:on|off, for example nfs:on";
	return canon_list(arg, SEPARATORS, conf, feature_word, ret, ret_want);
}

static int module_word(const char *w, char **ret, const char **ret_want)
{
	*ret_want = "names of modules such as ipt_REJECT";
	return strlen(w) < 56 && all_in(w, "_-") ? keep(w, ret) : -EINVAL;
}

CANON(iptables)
{
	*ret_want = "names of modules such as ipt_REJECT";
	return canon_list(arg, SEPARATORS, true, module_word, ret, ret_want);
}

static bool is_ifname(const char *s)
{
	size_t len = strlen(s);

	return len && len < 16 && all_in(s, "._-@") && *s != '-' && strcmp(s, ".") && strcmp(s, "..");
}

static int netdev_word(const char *w, char **ret, const char **ret_want)
{
	*ret_want = "the name of a network device of the host";
	return is_ifname(w) && strcmp(w, "lo") && strncmp(w, "venet", 5) ? keep(w, ret) : -EINVAL;
}

CANON(netdev)
{
	*ret_want = "the name of a network device of the host";
	return canon_list(arg, SEPARATORS, conf, netdev_word, ret, ret_want);
}

static bool hex(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!strchr("0123456789abcdefABCDEF", s[i]) || !s[i])
			return false;
	}
	return true;
}

/* [dom:]bus:slot.func */
static int pci_word(const char *w, char **ret, const char **ret_want)
{
	const char *s = w;

	*ret_want = "[DOMAIN:]BUS:SLOT.FUNCTION, for example 0000:00:1f.2";
	if (strlen(w) == 12) {
		if (!hex(w, 4) || w[4] != ':')
			return -EINVAL;
		s = w + 5;
	}
	if (strlen(s) != 7 || !hex(s, 2) || s[2] != ':' || !hex(s + 3, 2) || s[5] != '.' ||
	    s[6] < '0' || s[6] > '7')
		return -EINVAL;
	*ret = s == w ? vz_asprintf("0000:%s", w) : strdup(w);
	return *ret ? 0 : -ENOMEM;
}

CANON(pci)
{
	*ret_want = "[DOMAIN:]BUS:SLOT.FUNCTION, for example 0000:00:1f.2";
	return canon_list(arg, SEPARATORS, conf, pci_word, ret, ret_want);
}

/* ---- veth interfaces ------------------------------------------------------ */

CANON(ifname)
{
	*ret_want = "a name of a network interface, up to 15 letters, digits and . _ -";
	return is_ifname(arg) ? keep(arg, ret) : -EINVAL;
}

/* one that vzctl makes: none that is there in every namespace, or that sysctl(8) takes for another */
static bool is_new_ifname(const char *s)
{
	return is_ifname(s) && strcmp(s, "lo") && strncmp(s, "venet", 5) && strcmp(s, "all") &&
	       strcmp(s, "default");
}

CANON(host_ifname)
{
	*ret_want = "a name for a network interface, up to 15 letters, digits and . _ -";
	return is_new_ifname(arg) ? keep(arg, ret) : -EINVAL;
}

CANON(bridge)
{
	*ret_want = "the name of a bridge, or '' for none";
	return !*arg || is_ifname(arg) ? keep(arg, ret) : -EINVAL;
}

CANON(netif_del)
{
	*ret_want = "the name of an interface, or all";
	return is_ifname(arg) ? keep(arg, ret) : -EINVAL;
}

static bool is_mac(const char *s)
{
	if (strlen(s) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		if (!hex(s + 3 * i, 2) || (i < 5 && s[3 * i + 2] != ':'))
			return false;
	}
	return !strchr("13579bdfBDF", s[1]) &&	/* multicast */
	       strspn(s, "0:") != 17;
}

CANON(mac)
{
	*ret_want = "a unicast MAC address such as 00:18:51:12:34:56";
	return is_mac(arg) ? keep(arg, ret) : -EINVAL;
}

CANON(onoff)
{
	static const char *const words[] = { "on", "off", NULL };

	*ret_want = "on or off";
	return one_of(arg, words, ret);
}

/* IFNAME[,MAC,HOST_IFNAME,HOST_MAC,BRIDGE] into "ifname=…,bridge=…"; fields may be empty */
CANON(netif_add)
{
	static const char *const keys[] = { "ifname", "mac", "host_ifname", "host_mac", "bridge" };
	const char *s = arg;
	char *out = NULL;

	*ret_want = "IFNAME[,MAC,HOST_IFNAME,HOST_MAC,BRIDGE]";
	for (size_t i = 0; ; i++) {
		size_t len = strcspn(s, ",");
		_cleanup_free_ char *field = strndup(s, len);
		char *joined;

		if (!field)
			goto nomem;
		if (i >= ARRAY_SIZE(keys) || (i == 0 && !len))
			goto bad;
		if (len) {
			bool mac_field = i == 1 || i == 3;

			if (mac_field ? !is_mac(field) : i == 4 ? !is_ifname(field) : !is_new_ifname(field))
				goto bad;
			joined = vz_asprintf("%s%s%s=%s", out ? out : "", out ? "," : "", keys[i], field);
			free(out);
			out = joined;
			if (!out)
				return -ENOMEM;
		}
		if (!s[len])
			break;
		s += len + 1;
	}
	*ret = out;
	return 0;
bad:
	free(out);
	return -EINVAL;
nomem:
	free(out);
	return -ENOMEM;
}

CANON(netif)
{
	_cleanup_strv_ char **ifs = vz_strv_split(arg, ";");

	*ret_want = "ifname=NAME[,bridge=NAME][,mac=MAC][,host_ifname=NAME][,host_mac=MAC][,mac_filter=on|off][;…]";
	for (char **i = ifs; i && *i; i++) {
		_cleanup_strv_ char **f = vz_strv_split(*i, ",");

		if (!f || !f[0] || strncmp(f[0], "ifname=", 7) != 0 || !is_ifname(f[0] + 7))
			return -EINVAL;
		for (char **s = f + 1; *s; s++) {
			const char *v = strchr(*s, '=');

			if (!v)
				return -EINVAL;
			v++;
			if (strncmp(*s, "mac=", 4) == 0 || strncmp(*s, "host_mac=", 9) == 0) {
				if (!is_mac(v))
					return -EINVAL;
			} else if (strncmp(*s, "bridge=", 7) == 0 || strncmp(*s, "host_ifname=", 12) == 0) {
				if (*v && !is_ifname(v))
					return -EINVAL;
			} else if (strncmp(*s, "mac_filter=", 11) == 0) {
				if (strcmp(v, "on") && strcmp(v, "off"))
					return -EINVAL;
			} else if (!is_text(v)) {
				return -EINVAL;
			}
		}
	}
	return keep(arg, ret);
}

/* ---- the table ------------------------------------------------------------ */

#define UBC(o, s, k, fn)	{ o, s, k, VZ_P_UBC | VZ_P_CT0, VZ_INVALID_PARAMETER_VALUE, fn }
#define VALUE	VZ_INVALID_PARAMETER_VALUE

static const struct vz_param params[] = {
	/* what to do rather than what to set */
	{ "save", 0, NULL, VZ_P_NOARG | VZ_P_SPECIAL | VZ_P_CT0 },
	{ "force", 0, NULL, VZ_P_NOARG | VZ_P_SPECIAL | VZ_P_CT0 },
	{ "setmode", 0, NULL, VZ_P_SPECIAL | VZ_P_CT0, VALUE },
	{ "applyconfig", 0, NULL, VZ_P_SPECIAL, VALUE },
	{ "applyconfig_map", 0, NULL, VZ_P_SPECIAL, VALUE },
	{ "config", 0, NULL, VZ_P_SPECIAL, VALUE },
	{ "reset_ub", 0, NULL, VZ_P_NOARG | VZ_P_SPECIAL | VZ_P_CT0 },
	{ "userpasswd", 0, NULL, VZ_P_SPECIAL | VZ_P_LIST, VALUE, userpasswd },
	{ "skip_arpdetect", 0, NULL, VZ_P_NOARG | VZ_P_SPECIAL },
	{ "offline-resize", 0, NULL, VZ_P_NOARG | VZ_P_SPECIAL | VZ_P_OLD },

	/* identity, boot */
	{ "onboot", 0, "ONBOOT", VZ_P_PLAIN | VZ_P_CT0, VALUE, onboot },
	{ "bootorder", 0, "BOOTORDER", VZ_P_PLAIN, VALUE, number, 0, UINT32_MAX },
	{ "name", 0, "NAME", VZ_P_PLAIN | VZ_P_SAVE, VALUE, name },
	{ "description", 0, "DESCRIPTION", VZ_P_PLAIN, VALUE, text },
	{ "disabled", 0, "DISABLED", VZ_P_PLAIN, VALUE, yesno },
	{ "stop-timeout", 0, "STOP_TIMEOUT", VZ_P_PLAIN | VZ_P_SAVE, VALUE, number, 0, 86400 },
	{ "ostemplate", 0, "OSTEMPLATE", VZ_P_PLAIN | VZ_P_SAVE, VALUE, ostemplate },
	{ "root", 0, "VE_ROOT", VZ_P_NOLIVE, VALUE, path },
	{ "private", 0, "VE_PRIVATE", VZ_P_NOLIVE, VALUE, path },
	{ "mount_opts", 0, "MOUNT_OPTS", VZ_P_NOLIVE | VZ_P_LATER, VALUE, text },
	{ "hostname", 0, "HOSTNAME", VZ_P_SPECIAL, VZ_SET_HOSTNAME_ERROR, hostname },

	/* network */
	{ "ipadd", 0, NULL, VZ_P_SPECIAL | VZ_P_LIST, VZ_BAD_IP, iplist },
	{ "ip", 0, NULL, VZ_P_SPECIAL | VZ_P_LIST, VZ_BAD_IP, iplist },
	{ "ipdel", 0, NULL, VZ_P_SPECIAL | VZ_P_LIST, VZ_BAD_IP, ipdel },
	{ "nameserver", 0, "NAMESERVER", VZ_P_SPECIAL | VZ_P_LIST, VZ_SET_DNS_ERROR, nameserver },
	{ "searchdomain", 0, "SEARCHDOMAIN", VZ_P_SPECIAL | VZ_P_LIST, VZ_SET_SEARCHDOMAIN, searchdomain },
	{ "venet_route", 0, "VENET_ROUTE", VZ_P_CT0, VALUE, venet_route },
	{ "netdev_add", 0, "NETDEV", VZ_P_LIST | VZ_P_MERGE, VALUE, netdev },
	{ "netdev_del", 0, NULL, VZ_P_SPECIAL, VALUE, netdev },
	{ "netif_add", 0, NULL, VZ_P_SPECIAL | VZ_P_NETIF, VALUE, netif_add },
	{ "netif_del", 0, NULL, VZ_P_SPECIAL | VZ_P_NETIF, VALUE, netif_del },
	{ "ifname", 0, NULL, VZ_P_SPECIAL, VALUE, ifname },
	{ "mac", 0, NULL, VZ_P_SPECIAL | VZ_P_NETIF, VALUE, mac },
	{ "host_ifname", 0, NULL, VZ_P_SPECIAL | VZ_P_NETIF, VALUE, host_ifname },
	{ "host_mac", 0, NULL, VZ_P_SPECIAL | VZ_P_NETIF, VALUE, mac },
	{ "bridge", 0, NULL, VZ_P_SPECIAL | VZ_P_NETIF, VALUE, bridge },
	{ "mac_filter", 0, NULL, VZ_P_SPECIAL | VZ_P_NETIF, VALUE, onoff },

	/* beancounters */
	UBC("kmemsize",		'k',	"KMEMSIZE",	ubc_bytes),
	UBC("lockedpages",	'l',	"LOCKEDPAGES",	ubc_pages),
	UBC("privvmpages",	0,	"PRIVVMPAGES",	ubc_pages),
	UBC("shmpages",		0,	"SHMPAGES",	ubc_pages),
	UBC("numproc",		'p',	"NUMPROC",	ubc_num),
	UBC("physpages",	0,	"PHYSPAGES",	ubc_pages),
	UBC("vmguarpages",	0,	"VMGUARPAGES",	ubc_pages),
	UBC("oomguarpages",	0,	"OOMGUARPAGES",	ubc_pages),
	UBC("numtcpsock",	0,	"NUMTCPSOCK",	ubc_num),
	UBC("numflock",		'f',	"NUMFLOCK",	ubc_num),
	UBC("numpty",		't',	"NUMPTY",	ubc_num),
	UBC("numsiginfo",	'i',	"NUMSIGINFO",	ubc_num),
	UBC("tcpsndbuf",	0,	"TCPSNDBUF",	ubc_bytes),
	UBC("tcprcvbuf",	'b',	"TCPRCVBUF",	ubc_bytes),
	UBC("othersockbuf",	0,	"OTHERSOCKBUF",	ubc_bytes),
	UBC("dgramrcvbuf",	0,	"DGRAMRCVBUF",	ubc_bytes),
	UBC("numothersock",	0,	"NUMOTHERSOCK",	ubc_num),
	UBC("dcachesize",	'x',	"DCACHESIZE",	ubc_bytes),
	UBC("numfile",		'n',	"NUMFILE",	ubc_num),
	UBC("numiptent",	'e',	"NUMIPTENT",	ubc_num),
	UBC("swappages",	0,	"SWAPPAGES",	ubc_pages),
	{ "avnumproc", 0, "AVNUMPROC", VZ_P_UBC | VZ_P_PLAIN | VZ_P_CT0, VALUE, ubc_num },
	{ "ram", 0, "PHYSPAGES", VZ_P_UBC | VZ_P_SPECIAL, VALUE, vswap, 1 },
	{ "swap", 0, "SWAPPAGES", VZ_P_UBC | VZ_P_SPECIAL, VALUE, vswap },
	{ "vm_overcommit", 0, "VM_OVERCOMMIT", VZ_P_UBC, VALUE, factor },

	/* CPU */
	{ "cpuunits", 0, "CPUUNITS", VZ_P_CT0, VALUE, number, 8, 500000 },
	{ "cpuweight", 0, "CPUUNITS", VZ_P_CT0, VALUE, number, 8, 500000 },
	{ "cpulimit", 0, "CPULIMIT", 0, VALUE, cpulimit, 0, 819200 },
	{ "cpus", 0, "CPUS", 0, VALUE, number, 0, 8192 },
	{ "cpumask", 0, "CPUMASK", 0, VALUE, cpulist, 1 },
	{ "nodemask", 0, "NODEMASK", 0, VALUE, cpulist, 0 },

	/* I/O */
	{ "ioprio", 0, "IOPRIO", 0, VALUE, number, 0, 7 },
	{ "iolimit", 0, "IOLIMIT", 0, VALUE, iolimit },
	{ "iopslimit", 0, "IOPSLIMIT", 0, VALUE, number, 0, UINT32_MAX },

	/* disk */
	{ "diskquota", 0, "DISK_QUOTA", VZ_P_NOLIVE, VALUE, yesno },
	{ "diskspace", 0, "DISKSPACE", 0, VALUE, diskspace },
	{ "diskinodes", 0, "DISKINODES", 0, VALUE, diskinodes },
	{ "quotatime", 0, "QUOTATIME", 0, VALUE, number, 0, INT32_MAX },
	{ "quotaugidlimit", 0, "QUOTAUGIDLIMIT", VZ_P_NOLIVE, VALUE, number, 0, INT32_MAX },

	/* devices, features */
	{ "devices", 0, "DEVICES", VZ_P_LIST | VZ_P_MERGE, VALUE, devices },
	{ "devnodes", 0, "DEVNODES", VZ_P_LIST | VZ_P_MERGE, VALUE, devnodes },
	{ "pci_add", 0, "PCI", VZ_P_LIST | VZ_P_MERGE | VZ_P_LATER, VALUE, pci },
	{ "pci_del", 0, NULL, VZ_P_SPECIAL, VALUE, pci },
	{ "capability", 0, "CAPABILITY", VZ_P_LIST | VZ_P_MERGE | VZ_P_NOLIVE, VALUE, capability },
	{ "features", 0, "FEATURES", VZ_P_LIST | VZ_P_MERGE | VZ_P_NOLIVE, VALUE, features },
	{ "netfilter", 0, "NETFILTER", VZ_P_NOLIVE | VZ_P_LATER, VALUE, netfilter },
	{ "iptables", 0, "IPTABLES", VZ_P_LIST | VZ_P_NOLIVE | VZ_P_LATER, VALUE, iptables },
	{ "meminfo", 0, "MEMINFO", 0, VALUE, meminfo },

	/* create only */
	{ "layout", 0, "VE_LAYOUT", VZ_P_CREATE, VALUE, layout },
	{ "ve_layout", 0, "VE_LAYOUT", VZ_P_CREATE, VALUE, layout },
	{ "velayout", 0, "VE_LAYOUT", VZ_P_CREATE, VALUE, layout },
	/* of a container that exists they change with everything that belongs to them */
	{ "local_uid", 0, "LOCAL_UID", VZ_P_SAVE | VZ_P_PLAIN, VALUE, hostid, 1, UINT32_MAX - 1 - VZ_ID_RANGE },
	{ "local_gid", 0, "LOCAL_GID", VZ_P_SAVE | VZ_P_PLAIN, VALUE, hostid, 1, UINT32_MAX - 1 - VZ_ID_RANGE },

	/* keys without an option of their own */
	{ NULL, 0, "IP_ADDRESS", 0, VALUE, iplist },
	{ NULL, 0, "NETIF", 0, VALUE, netif },
	{ NULL, 0, "TEMPLATE", 0, VALUE, path },
	/* older names of DCACHESIZE and NUMIPTENT */
	{ NULL, 0, "DCACHE", VZ_P_UBC, VALUE, ubc_bytes },
	{ NULL, 0, "IPTENTRIES", VZ_P_UBC, VALUE, ubc_num },
};

const struct vz_param *vz_param_nth(size_t n)
{
	return n < ARRAY_SIZE(params) ? &params[n] : NULL;
}

const struct vz_param *vz_param_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		if (params[i].key && strcmp(params[i].key, key) == 0)
			return &params[i];
	}
	return NULL;
}

/* edits that turn @a into @b, at most @max + 1 */
static size_t distance(const char *a, size_t alen, const char *b, size_t max)
{
	size_t blen = strlen(b), row[32];

	if (blen >= ARRAY_SIZE(row) || alen > blen + max || blen > alen + max)
		return max + 1;
	for (size_t j = 0; j <= blen; j++)
		row[j] = j;
	for (size_t i = 1; i <= alen; i++) {
		size_t diag = row[0];

		row[0] = i;
		for (size_t j = 1; j <= blen; j++) {
			size_t v = diag + (a[i - 1] != b[j - 1]);

			diag = row[j];
			if (row[j] + 1 < v)
				v = row[j] + 1;
			if (row[j - 1] + 1 < v)
				v = row[j - 1] + 1;
			row[j] = v;
		}
	}
	return row[blen];
}

int vz_param_opt(const char *arg, const struct vz_param **ret, const char **ret_value,
		 struct vz_error *e)
{
	const struct vz_param *found = NULL, *near = NULL;
	size_t len, best;
	const char *name;
	bool several = false;

	*ret_value = NULL;
	if (arg[0] == '-' && arg[1] && arg[1] != '-' && !arg[2]) {
		for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
			if (params[i].sopt == arg[1]) {
				*ret = &params[i];
				return 0;
			}
		}
	}
	if (arg[0] != '-' || arg[1] != '-' || !arg[2])
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      arg[0] == '-' && arg[1] ? "Bad option: %s (see vzctl(8))" :
			      "Unexpected argument: \"%s\" (options start with --)", arg);

	name = arg + 2;
	len = strcspn(name, "=");
	best = len < 6 ? 2 : 3;	/* edits that are too many to be a slip */
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		const struct vz_param *p = &params[i];
		size_t d;

		if (!p->opt)
			continue;
		if (strncmp(p->opt, name, len) == 0) {
			if (!p->opt[len]) {
				found = p;
				several = false;
				break;
			}
			several = several || found;
			found = p;
		}
		d = distance(name, len, p->opt, 2);
		if (d < best) {
			best = d;
			near = p;
		}
	}
	if (several)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "Bad option: --%.*s may mean several options; write it in full",
			      (int)len, name);
	if (!found && near)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "Bad option: --%.*s (did you mean --%s?)", (int)len, name, near->opt);
	if (!found)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "Bad option: --%.*s (see vzctl(8))", (int)len, name);
	if (name[len] == '=') {
		if (found->flags & VZ_P_NOARG)
			return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
				      "Bad option: --%s takes no value", found->opt);
		*ret_value = name + len + 1;
	}
	*ret = found;
	return 0;
}

int vz_param_canon(const struct vz_param *p, const char *arg, char **ret, struct vz_error *e)
{
	const char *want = "another value";
	_cleanup_free_ char *shown = NULL;
	int r;

	r = p->canon(p, arg, false, ret, &want);
	if (r == -EINVAL)	/* no password and no terminal codes in messages and logs */
		shown = strdup(p->canon == userpasswd ? "***" : arg);
	if (r == -EINVAL && shown)
		return vz_err(e, p->code, EINVAL, "Invalid value for --%s: \"%s\" (expected %s)",
			      p->opt, vz_safe_text(shown), want);
	return r < 0 ? vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m") : 0;
}

int vz_param_check_conf(const struct vz_conf *c, const char *path, size_t *pos, struct vz_error *e)
{
	const char *key, *value;
	size_t first = 0;

	if (!pos)
		pos = &first;
	while (vz_conf_nth(c, (*pos)++, &key, &value)) {
		const struct vz_param *p = vz_param_key(key);
		_cleanup_free_ char *canon = NULL;
		const char *want = "another value";

		/* an empty value is as good as none; earlier assignments do not count */
		if (!p || !p->canon || !*value || vz_conf_get(c, key) != value)
			continue;
		if (p->canon(p, value, true, &canon, &want) == -EINVAL)
			return vz_err(e, VZ_INVALID_CONFIG, EINVAL,
				      "%s, line %d, %s: \"%s\" is not valid (expected %s)",
				      path, vz_conf_line(c, key), key, value, want);
	}
	return 0;
}

int vz_param_meminfo(const char *value, const char *privvmpages, uint64_t *ret)
{
	const char *colon = strchr(value, ':');
	unsigned long bar = 1, lim;
	uint64_t n = 0;

	if (colon && vz_parse_u64(colon + 1, &n) < 0)
		return -EINVAL;
	if (strncmp(value, "privvmpages:", 12) == 0 &&
	    (!privvmpages || vz_param_ubc("PRIVVMPAGES", privvmpages, &bar, &lim) < 0 || bar >= LONG_MAX))
		n = 0;
	if (__builtin_mul_overflow(n, bar, ret))
		*ret = 0;
	return 0;
}

void vz_param_say(const char *key, const char *value)
{
	static const struct { const char *key, *what; } texts[] = {
		{ "CPUUNITS", "CPU units" }, { "CPULIMIT", "CPU limit" }, { "CPUS", "CPUs" },
		{ "CPUMASK", "CPU mask" }, { "IOPSLIMIT", "iopslimit" },
	};
	uint64_t n;

	if (strcmp(key, "IOLIMIT") == 0 && vz_param_iolimit(value, &n) == 0)
		vz_info("Setting iolimit: %llu%s", (unsigned long long)n, n ? " bytes/sec" : " (unlimited)");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(texts[i].key, key) == 0)
			vz_info("Setting %s: %s", texts[i].what, value);
	}
}

bool vz_ip_is_net(int family, const void *addr, int plen)
{
	const unsigned char *a = addr;
	int bits = family == AF_INET ? 32 : 128;

	for (int i = plen; i < bits; i++) {
		if (a[i / 8] & 0x80 >> i % 8)
			return false;
	}
	return plen < bits;
}

bool vz_ip_same(const char *a, const char *b)
{
	unsigned char x[16], y[16];
	int fx, fy, px, py;
	bool net;

	if (vz_ip_parse(a, &fx, x, &px, NULL) < 0 || vz_ip_parse(b, &fy, y, &py, NULL) < 0)
		return strcmp(a, b) == 0;
	if (fx != fy || memcmp(x, y, fx == AF_INET ? 4 : 16) != 0)
		return false;
	net = vz_ip_is_net(fx, x, px);
	return net == vz_ip_is_net(fy, y, py) && (!net || px == py);
}

char *vz_ip_env(const char *ips)
{
	_cleanup_strv_ char **v = vz_strv_split(ips ? ips : "", SEPARATORS);

	for (char **w = v; w && *w; w++) {
		char text[INET6_ADDRSTRLEN], *first;
		unsigned char a[16];
		int family, plen;

		if (vz_ip_parse(*w, &family, a, &plen, NULL) < 0 || !vz_ip_is_net(family, a, plen))
			continue;
		a[family == AF_INET ? 3 : 15] |= 1;
		inet_ntop(family, a, text, sizeof(text));
		first = strdup(text);
		if (!first)
			return NULL;
		free(*w);
		*w = first;
	}
	return v ? vz_strv_join(v, " ") : NULL;
}

/* do two entries of a list concern the same thing? all but the part after the last colon */
static bool same_entry(const struct vz_param *p, const char *a, const char *b)
{
	const char *ca = strrchr(a, ':'), *cb = strrchr(b, ':');

	if (p->canon == netdev || p->canon == pci || p->canon == iptables ||
	    p->canon == nameserver || p->canon == searchdomain || !ca || !cb)
		return strcmp(a, b) == 0;
	return ca - a == cb - b && strncmp(a, b, (size_t)(ca - a)) == 0;
}

char *vz_param_merge(const struct vz_param *p, const char *old, const char *add)
{
	_cleanup_strv_ char **o = vz_strv_split(old ? old : "", SEPARATORS);
	_cleanup_strv_ char **a = vz_strv_split(add, SEPARATORS), **out = NULL;

	if (!o || !a)
		return NULL;
	for (char **x = o; *x; x++) {
		bool replaced = false;

		for (char **y = a; *y; y++)
			replaced = replaced || same_entry(p, *x, *y);
		if (!replaced && vz_strv_add(&out, *x) < 0)
			return NULL;
	}
	for (char **y = a; *y; y++) {
		const char *colon = strrchr(*y, ':');

		if (colon && strcmp(colon, ":none") == 0)
			continue;
		if (vz_strv_add(&out, *y) < 0)
			return NULL;
	}
	return vz_strv_join(out, " ");
}

char *vz_dns_inherit(const char *key, const char *value)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_strv_ char **lines = NULL, **out = NULL;
	bool ns = strcmp(key, "NAMESERVER") == 0;

	if (!value)
		return strdup("");
	if (strcmp(value, "inherit") != 0)
		return strdup(value);
	path = vz_path("/etc/resolv.conf");
	if (!path || vz_read_file_at(AT_FDCWD, path, 65536, &text, NULL) < 0)
		return strdup("");
	lines = vz_strv_split(text, "\n");
	for (char **l = lines; l && *l; l++) {
		_cleanup_strv_ char **w = vz_strv_split(*l, " \t");

		if (!w || !w[0])
			continue;
		if (ns && strcmp(w[0], "nameserver") == 0 && w[1]) {
			unsigned char addr[16];

			/* a resolver on the host's loopback does not answer the container */
			if ((inet_pton(AF_INET, w[1], addr) == 1 && addr[0] != 127) ||
			    (inet_pton(AF_INET6, w[1], addr) == 1 && strcmp(w[1], "::1") != 0)) {
				if (vz_strv_add(&out, w[1]) < 0)
					return NULL;
			}
		} else if (!ns && (strcmp(w[0], "search") == 0 || strcmp(w[0], "domain") == 0)) {
			vz_strv_free(out);
			out = NULL;
			for (char **d = w + 1; *d; d++) {
				if (is_domain(*d, 253) && vz_strv_add(&out, *d) < 0)
					return NULL;
			}
		}
	}
	return vz_strv_join(out, " ");
}
