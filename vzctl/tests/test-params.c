// SPDX-License-Identifier: GPL-2.0
/* Every option: what it accepts, how that is saved, what it refuses. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>

#include "check.h"
#include "conf.h"
#include "error.h"
#include "life.h"
#include "params.h"
#include "util.h"

/* saved form, NULL where it has to be refused with @code */
static const struct { const char *opt, *arg, *saved; int code; } values[] = {
	{ "kmemsize", "1000", "1000:1000" },
	{ "kmemsize", "1000:unlimited", "1000:unlimited" },
	{ "kmemsize", "1.5K:2M", "1536:2097152" },
	{ "kmemsize", "10P", "40960:40960" },
	{ "kmemsize", "9223372036854775807", "unlimited:unlimited" },
	{ "kmemsize", "99999999999999999999", "unlimited:unlimited" },
	{ "kmemsize", "", NULL, 21 },
	{ "kmemsize", "abc", NULL, 21 },
	{ "kmemsize", "-1", NULL, 21 },
	{ "kmemsize", "1:2:3", NULL, 21 },
	{ "kmemsize", "1:", NULL, 21 },
	{ "kmemsize", "2:1", NULL, 21 },
	{ "kmemsize", "1X", NULL, 21 },
	{ "kmemsize", "1.", NULL, 21 },
	{ "physpages", "256M", "65536:65536" },
	{ "physpages", "0:1.5G", "0:393216" },
	{ "physpages", "100", "100:100" },
	{ "physpages", "7P", "7:7" },
	{ "physpages", "8192B", "2:2" },
	{ "numproc", "240:240", "240:240" },
	{ "numproc", "1K", NULL, 21 },
	{ "numproc", "1.5", NULL, 21 },
	{ "numproc", "unlimited", "unlimited:unlimited" },
	{ "ram", "512M", "0:131072" },
	{ "ram", "4097", "0:2" },
	{ "ram", "0", NULL, 21 },
	{ "ram", "1G:2G", NULL, 21 },
	{ "swap", "0", "0:0" },
	{ "swap", "1T", "0:268435456" },
	{ "vm_overcommit", "1.5", "1.5" },
	{ "vm_overcommit", "0", "0" },
	{ "vm_overcommit", "0.5", NULL, 21 },
	{ "vm_overcommit", "2K", NULL, 21 },
	{ "cpuunits", "8", "8" },
	{ "cpuunits", "7", NULL, 21 },
	{ "cpuunits", "500000", "500000" },
	{ "cpuunits", "500001", NULL, 21 },
	{ "cpulimit", "150%", "150" },
	{ "cpulimit", "0", "0" },
	{ "cpulimit", "%", NULL, 21 },
	{ "cpulimit", "1.5", NULL, 21 },
	{ "cpus", "2", "2" },
	{ "cpus", "two", NULL, 21 },
	{ "cpumask", "0-3,7", "0-3,7" },
	{ "cpumask", "auto", "auto" },
	{ "cpumask", "3-1", NULL, 21 },
	{ "cpumask", "0,", NULL, 21 },
	{ "nodemask", "all", "all" },
	{ "nodemask", "auto", NULL, 21 },
	{ "ioprio", "7", "7" },
	{ "ioprio", "8", NULL, 21 },
	{ "iolimit", "10", "10485760" },
	{ "iolimit", "500K", "512000" },
	{ "iolimit", "100B", "100" },
	{ "iolimit", "0", "0" },
	{ "iolimit", "2G", NULL, 21 },
	{ "iolimit", "1P", NULL, 21 },
	{ "iopslimit", "100", "100" },
	{ "diskspace", "2G:2.2G", "2097152:2306867" },
	{ "diskspace", "1000", "1000:1000" },
	{ "diskspace", "2G:1G", NULL, 21 },
	{ "diskinodes", "1000:2000", "1000:2000" },
	{ "diskinodes", "1K", NULL, 21 },
	{ "diskquota", "yes", "yes" },
	{ "diskquota", "maybe", NULL, 21 },
	{ "quotatime", "600", "600" },
	{ "onboot", "yes", "yes" },
	{ "onboot", "ja", NULL, 21 },
	{ "bootorder", "10", "10" },
	{ "bootorder", "-1", NULL, 21 },
	{ "disabled", "on", "yes" },
	{ "stop-timeout", "0", "0" },
	{ "stop-timeout", "1h", NULL, 21 },
	{ "name", "web-1", "web-1" },
	{ "name", "", "" },
	{ "name", "101", NULL, 21 },
	{ "name", "../x", NULL, 21 },
	{ "name", "a$b", NULL, 21 },
	{ "description", "two words, \"quoted\" $x", "two words, \"quoted\" $x" },
	{ "description", "a\nb", NULL, 21 },
	{ "description", "Gr\xc3\xbc\xc3\x9f" "e \xc2\xb5", "Gr\xc3\xbc\xc3\x9f" "e \xc2\xb5" },
	{ "description", "\xc2\x9b" "31m", NULL, 21 },
	{ "description", "\x1b[31m", NULL, 21 },
	{ "name", "a b", NULL, 21 },
	{ "ostemplate", "debian-12-x86_64", "debian-12-x86_64" },
	{ "ostemplate", "../../etc/passwd", NULL, 21 },
	{ "ostemplate", "", NULL, 21 },
	{ "root", "/vz/root/$VEID", "/vz/root/$VEID" },
	{ "root", "vz/root", NULL, 21 },
	{ "root", "/vz/../etc", NULL, 21 },
	{ "private", "/vz/`id`", NULL, 21 },
	{ "private", "/vz/$HOME", NULL, 21 },
	{ "hostname", "web.example.com", "web.example.com" },
	{ "hostname", "-x", NULL, 70 },
	{ "hostname", "a..b", NULL, 70 },
	{ "hostname", "a b", NULL, 70 },
	{ "hostname", "", NULL, 70 },
	{ "hostname", "$(reboot)", NULL, 70 },
	{ "hostname", "a123456789a123456789a123456789a123456789a123456789a123456789.1234", NULL, 70 },
	{ "ipadd", "10.0.0.1", "10.0.0.1" },
	{ "ipadd", "10.0.0.1/24 fd00:0:0::1", "10.0.0.1/24 fd00::1" },
	{ "ipadd", "10.0.0.1,10.0.0.2", "10.0.0.1 10.0.0.2" },
	{ "ipadd", "10.0.0.1/32", "10.0.0.1" },
	{ "ipadd", "10.0.0.8/29 fd00:0:0::/64", "10.0.0.8/29 fd00::/64" },
	{ "ipadd", "10.0.0.256", NULL, 71 },
	{ "ipadd", "10.0.0.1/33", NULL, 71 },
	{ "ipadd", "10.0.0", NULL, 71 },
	{ "ipadd", "", NULL, 71 },
	{ "ipadd", "fd00::g", NULL, 71 },
	{ "ipdel", "all", "all" },
	{ "ipdel", "any", NULL, 71 },
	{ "nameserver", "inherit", "inherit" },
	{ "nameserver", "10.0.0.1 fd00::1", "10.0.0.1 fd00::1" },
	{ "nameserver", "ns1.example.com", NULL, 72 },
	{ "searchdomain", "example.com example.org", "example.com example.org" },
	{ "searchdomain", "", "" },
	{ "searchdomain", "exa_mple/", NULL, 73 },
	{ "venet_route", "host", "host" },
	{ "venet_route", "direct", "direct" },
	{ "venet_route", "yes", NULL, 21 },
	{ "devices", "c:10:229:rw", "c:10:229:rw" },
	{ "devices", "b:8:all:r", "b:8:all:r" },
	{ "devices", "b:7:0:rw", NULL, 21 },
	{ "devices", "x:1:1:r", NULL, 21 },
	{ "devices", "c:1:1:x", NULL, 21 },
	{ "devnodes", "net/tun:rw", "net/tun:rw" },
	{ "devnodes", "/dev/fuse:rw", "fuse:rw" },
	{ "devnodes", "../sda:rw", NULL, 21 },
	{ "capability", "net_admin:on", "NET_ADMIN:on" },
	{ "capability", "CAP_SYS_TIME:off", "SYS_TIME:off" },
	{ "capability", "FLY:on", NULL, 21 },
	{ "features", "nfs:on,sit:off", "nfs:on sit:off" },
	{ "features", "nfs", NULL, 21 },
	{ "netfilter", "full", "full" },
	{ "netfilter", "half", NULL, 21 },
	{ "iptables", "ipt_REJECT ipt_tos", "ipt_REJECT ipt_tos" },
	{ "iptables", "ipt;reboot", NULL, 21 },
	{ "meminfo", "pages:256", "pages:256" },
	{ "meminfo", "pages", NULL, 21 },
	{ "netdev_add", "eth1", "eth1" },
	{ "netdev_add", "lo", NULL, 21 },
	{ "netdev_add", "a/b", NULL, 21 },
	{ "netif_add", "eth0", "ifname=eth0" },
	{ "netif_add", "eth0,,veth1,,br0", "ifname=eth0,host_ifname=veth1,bridge=br0" },
	{ "netif_add", "eth0,01:18:51:00:00:00", NULL, 21 },
	{ "netif_add", ",x", NULL, 21 },
	{ "netif_add", "eth0,00:00:00:00:00:00", NULL, 21 },
	{ "netif_add", "lo", NULL, 21 },
	{ "netif_add", "venet0", NULL, 21 },
	{ "netif_add", "eth0,,all", NULL, 21 },
	{ "host_ifname", "web.0", "web.0" },
	{ "host_ifname", "default", NULL, 21 },
	{ "bridge", "br0", "br0" },
	{ "bridge", "", "" },
	{ "bridge", "a/b", NULL, 21 },
	{ "mac_filter", "yes", NULL, 21 },
	{ "netif_del", "all", "all" },
	{ "netif_del", "a b", NULL, 21 },
	{ "ifname", "eth0", "eth0" },
	{ "ifname", "", NULL, 21 },
	{ "ifname", "..", NULL, 21 },
	{ "bridge", "br-a1234567890123", NULL, 21 },
	{ "mac", "00:18:51:aB:00:01", "00:18:51:aB:00:01" },
	{ "mac", "00:18:51:00:00", NULL, 21 },
	{ "mac", "0x:18:51:00:00:00", NULL, 21 },
	{ "mac_filter", "on", "on" },
	{ "mac_filter", "yes", NULL, 21 },
	{ "pci_add", "00:1f.2", "0000:00:1f.2" },
	{ "pci_add", "0001:00:1f.2", "0001:00:1f.2" },
	{ "pci_add", "00:1f", NULL, 21 },
	{ "layout", "ploop:plain", "ploop:plain" },
	{ "layout", "zfs", NULL, 21 },
	{ "local_uid", "100000", "100000" },
	{ "local_uid", "0", NULL, 21 },
	{ "local_gid", "4294901758", "4294901758" },
	{ "local_gid", "4294901759", NULL, 21 },
	{ "local_gid", "any", NULL, 21 },
	{ "userpasswd", "root:secret", "root:secret" },
	{ "userpasswd", "root", NULL, 21 },
	{ "userpasswd", ":x", NULL, 21 },
	{ "userpasswd", "a b:x", NULL, 21 },
};

static void test_values(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_free_ char *arg = vz_asprintf("--%s", values[i].opt), *saved = NULL;
		_cleanup_error_ struct vz_error e = { 0 };
		const struct vz_param *p;
		const char *v;

		if (vz_param_opt(arg, &p, &v, &e) < 0) {
			fprintf(stderr, "%s: %s\n", arg, e.msg);
			check_failed++;
			continue;
		}
		CHECK_STR(p->opt, values[i].opt);
		if (vz_param_canon(p, values[i].arg, &saved, &e) < 0) {
			if (values[i].saved || e.code != values[i].code) {
				fprintf(stderr, "--%s \"%s\": %d, %s\n", values[i].opt, values[i].arg,
					e.code, e.msg);
				check_failed++;
			}
		} else if (!values[i].saved) {
			fprintf(stderr, "--%s \"%s\" accepted\n", values[i].opt, values[i].arg);
			check_failed++;
		} else {
			CHECK_STR(saved, values[i].saved);
		}
		/* what is saved is valid in a file */
		if (saved && p->key) {
			_cleanup_conf_ struct vz_conf *c = NULL;
			_cleanup_error_ struct vz_error e2 = { 0 };

			CHECK(vz_conf_new(&c) == 0 && vz_conf_set(c, p->key, saved) == 0);
			CHECK(vz_param_check_conf(c, "x", NULL, &e2) == 0);
		}
	}
}

/* no option is without a test of its value */
static void test_complete(void)
{
	const struct vz_param *p;

	for (size_t n = 0; (p = vz_param_nth(n)); n++) {
		bool found = false;

		if (!p->opt || !p->canon)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			const struct vz_param *q = NULL;
			_cleanup_free_ char *arg = vz_asprintf("--%s", values[i].opt);
			const char *v;

			if (vz_param_opt(arg, &q, &v, NULL) == 0)
				found = found || q->canon == p->canon;
		}
		if (!found) {
			fprintf(stderr, "--%s has no test\n", p->opt);
			check_failed++;
		}
	}
}

static void test_options(void)
{
	static const struct { const char *arg, *opt, *value, *msg; } t[] = {
		{ "--onboot", "onboot", NULL },
		{ "--onboot=yes", "onboot", "yes" },
		{ "--host", NULL, NULL, "Bad option: --host may mean several options; write it in full" },
		{ "--hostn", "hostname", NULL },
		{ "--ip", "ip", NULL },
		{ "-k", "kmemsize", NULL }, { "-l", "lockedpages", NULL }, { "-p", "numproc", NULL },
		{ "-f", "numflock", NULL }, { "-t", "numpty", NULL }, { "-i", "numsiginfo", NULL },
		{ "-b", "tcprcvbuf", NULL }, { "-x", "dcachesize", NULL }, { "-n", "numfile", NULL },
		{ "-e", "numiptent", NULL },
		{ "-pk", NULL, NULL, "Bad option: -pk (see vzctl(8))" },
		{ "-p=5", NULL, NULL, "Bad option: -p=5 (see vzctl(8))" },
		{ "-z", NULL, NULL, "Bad option: -z (see vzctl(8))" },
		{ "--hosname", NULL, NULL, "Bad option: --hosname (did you mean --hostname?)" },
		{ "--cpulimits", NULL, NULL, "Bad option: --cpulimits (did you mean --cpulimit?)" },
		{ "--frobnicate", NULL, NULL, "Bad option: --frobnicate (see vzctl(8))" },
		{ "--foo", NULL, NULL, "Bad option: --foo (see vzctl(8))" },
		{ "--nams", NULL, NULL, "Bad option: --nams (did you mean --name?)" },
		{ "--save=yes", NULL, NULL, "Bad option: --save takes no value" },
		{ "--", NULL, NULL, "Bad option: -- (see vzctl(8))" },
		{ "", NULL, NULL, "Unexpected argument: \"\" (options start with --)" },
		{ "yes", NULL, NULL, "Unexpected argument: \"yes\" (options start with --)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_error_ struct vz_error e = { 0 };
		const struct vz_param *p = NULL;
		const char *v = NULL;
		int r = vz_param_opt(t[i].arg, &p, &v, &e);

		if (t[i].opt) {
			CHECK(r == 0 && p);
			CHECK_STR(p ? p->opt : NULL, t[i].opt);
			CHECK(t[i].value ? v && !strcmp(v, t[i].value) : !v);
		} else {
			CHECK(r == -EINVAL && e.code == VZ_INVALID_PARAMETER_SYNTAX);
			CHECK_STR(e.msg, t[i].msg);
		}
	}
}

static void test_merge(void)
{
	static const struct { const char *key, *old, *add, *want; } t[] = {
		{ "FEATURES", "nfs:on", "sit:on", "nfs:on sit:on" },
		{ "FEATURES", "nfs:on sit:on", "nfs:off", "sit:on nfs:off" },
		{ "DEVICES", "c:10:229:rw", "c:10:229:none", "" },
		{ "DEVICES", "c:10:229:rw b:8:0:r", "c:10:200:rw", "c:10:229:rw b:8:0:r c:10:200:rw" },
		{ "DEVNODES", NULL, "fuse:rw", "fuse:rw" },
		{ "NETDEV", "eth1 ", "eth2", "eth1 eth2" },
		{ "NAMESERVER", "fd00::1", "fd00::2", "fd00::1 fd00::2" },
		{ "PCI", "0000:00:1f.2", "0000:00:1f.3", "0000:00:1f.2 0000:00:1f.3" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_free_ char *s = vz_param_merge(vz_param_key(t[i].key), t[i].old, t[i].add);

		CHECK_STR(s, t[i].want);
	}
}

static void test_check_conf(void)
{
	static const struct { const char *key, *value; bool ok; } t[] = {
		{ "PHYSPAGES", "0:256M", true },
		{ "CPUUNITS", "many", false },
		{ "IP_ADDRESS", "1.2.3.4 fd00::1/64", true },
		{ "IP_ADDRESS", "1.2.3", false },
		{ "IOLIMIT", "1048576", true },
		{ "FEATURES", "nfs:on ", true },
		{ "UNKNOWN", "$(x)", true },
		{ "NETIF", "ifname=eth0,bridge=,mac=00:18:51:00:00:01,host_ifname=veth1.0,host_mac=00:18:51:00:00:02", true },
		{ "NETIF", "eth0", false },
		{ "NETIF", "ifname=eth0,mac_filter=off", true },
		{ "NETIF", "ifname=eth0,mac_filter=maybe", false },
		{ "DISKSPACE", "", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_conf_ struct vz_conf *c = NULL;
		_cleanup_error_ struct vz_error e = { 0 };
		_cleanup_free_ char *start = vz_asprintf("FILE, line 0, %s: ", t[i].key);

		CHECK(vz_conf_new(&c) == 0 && vz_conf_set(c, t[i].key, t[i].value) == 0);
		CHECK((vz_param_check_conf(c, "FILE", NULL, &e) == 0) == t[i].ok);
		CHECK(t[i].ok || (e.code == VZ_INVALID_CONFIG && e.msg && !strncmp(e.msg, start, strlen(start))));
	}
}

static void test_pairs(void)
{
	unsigned long a, b;
	uint64_t n = 5;

	CHECK(vz_param_ubc("PHYSPAGES", "0:256M", &a, &b) == 0 && a == 0 && b == 65536);
	CHECK(vz_param_ubc("KMEMSIZE", "1K:unlimited", &a, &b) == 0 && a == 1024 && b == LONG_MAX);
	CHECK(vz_param_ubc("NUMPROC", "1K", &a, &b) == -EINVAL);
	CHECK(vz_param_diskspace("2G:2.2G", &a, &b) == 0 && a == 2097152 && b == 2306867);
	CHECK(vz_param_iolimit("1000", &n) == 0 && n == 1000 && vz_param_iolimit("1.5M", &n) == 0 && n == 1572864);
	CHECK(vz_param_iolimit("2G", &n) < 0 && vz_param_iolimit("1P", &n) < 0 && vz_param_iolimit("", &n) < 0);
	CHECK(vz_ip_same("10.0.0.1/24", "10.0.0.1") && vz_ip_same("fd00:0::1", "fd00::1/64"));
	CHECK(!vz_ip_same("10.0.0.1", "10.0.0.2") && !vz_ip_same("10.0.0.1", "fd00::1"));
	/* a prefix is another thing than its first address or one of another length */
	CHECK(vz_ip_same("10.0.0.8/29", "10.0.0.8/29") && vz_ip_same("fd00:0::/64", "fd00::/64"));
	CHECK(!vz_ip_same("10.0.0.8/29", "10.0.0.8") && !vz_ip_same("10.0.0.8", "10.0.0.8/29"));
	CHECK(!vz_ip_same("10.0.0.8/29", "10.0.0.8/30") && !vz_ip_same("fd00::/64", "fd00::/48"));
	CHECK(vz_ip_same("10.0.0.8/28", "10.0.0.8") && vz_ip_same("10.0.0.8/28", "10.0.0.8/27"));
}

static void test_meminfo(void)
{
	static const struct { const char *value, *privvm; uint64_t want; } v[] = {
		{ "none", "100:200", 0 }, { "pages:7", "100:200", 7 }, { "pages:7", NULL, 7 },
		{ "pages:0", NULL, 0 }, { "privvmpages:3", "100:200", 300 }, { "privvmpages:3", "100", 300 },
		{ "privvmpages:3", "4M:8M", 3072 }, { "privvmpages:3", NULL, 0 }, { "privvmpages:3", "x", 0 },
		{ "privvmpages:3", "unlimited", 0 }, { "privvmpages:0", "100", 0 }, { "privvmpages:3", "0:200", 0 },
		{ "privvmpages:18446744073709551615", "2", 0 },
	};
	uint64_t n = 5;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		n = 5;
		CHECK(vz_param_meminfo(v[i].value, v[i].privvm, &n) == 0 && n == v[i].want);
	}
	CHECK(vz_param_meminfo("pages:x", NULL, &n) == -EINVAL);
}

static void test_prefixes(void)
{
	static const struct { const char *text; bool net; } ips[] = {
		{ "10.0.0.8", false }, { "10.0.0.8/32", false }, { "10.0.0.8/31", true },
		{ "10.0.0.8/29", true }, { "10.0.0.8/28", false }, { "10.0.0.9/29", false },
		{ "128.0.0.0/1", true }, { "0.0.0.0/0", true }, { "10.0.0.0/7", true }, { "10.0.0.0/6", false },
		{ "fd00::", false }, { "fd00::/128", false }, { "fd00::/127", true }, { "fd00::1/127", false },
		{ "fd00::/64", true }, { "fd00:0:0:0:8000::/64", false }, { "fd00:0:0:0:8000::/65", true },
	};
	_cleanup_free_ char *env = vz_ip_env("10.0.0.8/29 10.0.0.1/24,10.0.0.2\tfd00:1::/64 fd00::5/64 10.0.0.6/31");
	_cleanup_free_ char *none = vz_ip_env(NULL);
	unsigned char a[16];
	int family, plen;

	for (size_t i = 0; i < ARRAY_SIZE(ips); i++) {
		CHECK(vz_ip_parse(ips[i].text, &family, a, &plen, NULL) == 0);
		if (vz_ip_is_net(family, a, plen) != ips[i].net) {
			fprintf(stderr, "%s is%s a prefix\n", ips[i].text, ips[i].net ? "" : " not");
			check_failed++;
		}
	}
	CHECK_STR(env, "10.0.0.9 10.0.0.1/24 10.0.0.2 fd00:1::1 fd00::5/64 10.0.0.7");
	CHECK_STR(none, "");
}

/* the man page and the completion know every option */
static void test_documented(const char *file)
{
	_cleanup_free_ char *text = NULL;
	const struct vz_param *p;

	if (vz_read_file_at(AT_FDCWD, file, 1 << 20, &text, NULL) < 0) {
		fprintf(stderr, "%s cannot be read\n", file);
		check_failed++;
		return;
	}
	for (size_t n = 0; (p = vz_param_nth(n)); n++) {
		_cleanup_free_ char *opt = p->opt ? vz_asprintf("-%s", p->opt) : NULL;
		const char *s = opt ? text : NULL;

		while (s && (s = strstr(s, opt)) && strchr("_-abcdefghijklmnopqrstuvwxyz", s[strlen(opt)]))
			s++;
		if (opt && !s) {
			fprintf(stderr, "%s lacks -%s\n", file, opt);
			check_failed++;
		}
	}
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		test_documented(argv[i]);

	test_values();
	test_complete();
	test_options();
	test_merge();
	test_check_conf();
	test_pairs();
	test_meminfo();
	test_prefixes();
	return CHECK_DONE();
}
