// SPDX-License-Identifier: GPL-2.0
/* What of starting and stopping needs no kernel of ours: parsing, scripts, exit codes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "conf.h"
#include "lifeint.h"
#include "params.h"
#include "util.h"

static char prefix[] = "/tmp/vz-test-life.XXXXXX";

static void put(const char *file, mode_t mode, const char *text)
{
	_cleanup_free_ char *path = vz_path("%s", file);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || vz_write_all(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static void test_ip(void)
{
	static const struct { const char *text; int family, plen; } good[] = {
		{ "10.0.0.1", AF_INET, 32 }, { "10.0.0.1/24", AF_INET, 24 },
		{ "10.0.0.1/255.255.255.0", AF_INET, 24 }, { "0.0.0.0/0", AF_INET, 0 },
		{ "fd00::1", AF_INET6, 128 }, { "fd00::1/64", AF_INET6, 64 }, { "::ffff:10.0.0.1", AF_INET6, 128 },
	};
	static const char *const bad[] = {
		"", "10.0.0", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/24x", "10.0.0.256", "10.0.0.1/255.0.255.0",
		"fd00::1/129", "fd00:::1", "a.b.c.d", " 10.0.0.1", "10.0.0.1 ", "fd00::1%eth0",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333",
	};
	unsigned char a[16];
	int family, plen;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK(vz_ip_parse(good[i].text, &family, a, &plen, NULL) == 0);
		CHECK(family == good[i].family && plen == good[i].plen);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_error_ struct vz_error e = { 0 };

		CHECK(vz_ip_parse(bad[i], &family, a, &plen, &e) == -EINVAL);
		CHECK(e.code == VZ_BAD_IP);
	}
}

static void test_caps(void)
{
	_cleanup_error_ struct vz_error e = { 0 };
	uint64_t def, drop;

	CHECK(vz_caps_parse(NULL, &def, &e) == 0);
	CHECK(def & 1ULL << CAP_SYS_MODULE);
	CHECK(!(def & 1ULL << CAP_SYS_ADMIN));
	CHECK(vz_caps_parse("SYS_TIME:on net_admin:off ve_admin:on", &drop, &e) == 0);
	CHECK(drop == ((def & ~(1ULL << CAP_SYS_TIME)) | 1ULL << CAP_NET_ADMIN));
	CHECK(vz_caps_parse("NET_ADMIN:maybe", &drop, &e) == -EINVAL && e.code == VZ_CAP_ERROR);
	CHECK(vz_caps_parse("NET_ADMIN", &drop, &e) == -EINVAL);
}

static void test_events(void)
{
	struct vz_ve_events ev;
	int dir;

	dir = open(prefix, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put("/ve.events", 0644, "state stopped\nreason reboot\nexit_code 1\ngeneration 4\ntasks 0\n");
	CHECK(vz_cgroup_events(dir, &ev) == 0);
	CHECK(ev.state == VZ_STATE_STOPPED && ev.reason == VZ_REASON_REBOOT && ev.exit_code == 1 &&
	      ev.generation == 4 && ev.tasks == 0);
	CHECK(vz_cgroup_wait_stopped(dir, 1000) == 0);
	/* words of a later kernel */
	put("/ve.events", 0644, "new thing\nstate running\nreason none\ntasks 12\n");
	CHECK(vz_cgroup_events(dir, &ev) == 0 && ev.state == VZ_STATE_RUNNING && ev.tasks == 12);
	put("/ve.events", 0644, "state dancing\n");
	CHECK(vz_cgroup_events(dir, &ev) == -EBADMSG);
	put("/ve.events", 0644, "");
	CHECK(vz_cgroup_events(dir, &ev) == -EBADMSG);
	close(dir);
}

static void test_status(void)
{
	CHECK(vz_status_code(0) == 0);
	CHECK(vz_status_code(7 << 8) == 7);
	CHECK(vz_status_code(9) == 137);
}

static struct vz_ct *open_ct(const char *conf)
{
	struct vz_conf *global = NULL;
	struct vz_ct *ct = NULL;

	put("/etc/vz/conf/101.conf", 0644, conf);
	CHECK(vz_global_load(&global, NULL) == 0);
	CHECK(vz_ct_open(global, "101", VZ_CT_NEED_CONF, &ct, NULL) == 0);
	return ct;
}

static void test_dist(void)
{
	static const struct { const char *tmpl, *want; } t[] = {
		{ "fedora-core-10-x86_64", "FUNCS\nfc\n\n" },
		{ "fedora-39", "FUNCS\nfedora\n\n" },
		/* as templates are named, here and elsewhere */
		{ "fedora-40", "FUNCS\nfedora\n\n" },
		{ "ubuntu-24.04", "FUNCS\nubuntu\n\n" },
		{ "ubuntu-22.04-standard_22.04-1_amd64", "FUNCS\nubuntu\n\n" },
		{ "opensuse-leap-15.6", "FUNCS\nopensuse\n\n" },
		{ "opensuse-15.6", "FUNCS\nopensuse\n\n" },
		{ "/vz/template/cache/arch", "FUNCS\narch\n\n" },
		{ "arch-20260101", "FUNCS\narch\n\n" },
		/* a part of a name is no name */
		{ "archlinux-base", "FUNCS\ndefault\n\n" },
		{ "my-ubuntu", "FUNCS\ndefault\n\n" },
		{ "nothing-1.0", "FUNCS\ndefault\n\n" },
		{ "-", "FUNCS\ndefault\n\n" },
		{ ".debian", "FUNCS\ndefault\n\n" },
	};
	_cleanup_free_ char *path = vz_path("/etc/vz/dists/default.conf");

	put("/etc/vz/dists/fedora.conf", 0644, "ADD_IP=fedora.sh\nDEL_IP=gone.sh\n");
	put("/etc/vz/dists/fedora-core.conf", 0644, "ADD_IP=fc.sh\n");
	put("/etc/vz/dists/ubuntu.conf", 0644, "ADD_IP=ubuntu.sh\n");
	put("/etc/vz/dists/opensuse.conf", 0644, "ADD_IP=opensuse.sh\n");
	put("/etc/vz/dists/arch.conf", 0644, "ADD_IP=arch.sh\n");
	put("/etc/vz/dists/default.conf", 0644, "ADD_IP=default.sh\n");
	put("/etc/vz/dists/scripts/functions", 0644, "FUNCS");
	put("/etc/vz/dists/scripts/fedora.sh", 0644, "fedora\n");
	put("/etc/vz/dists/scripts/fc.sh", 0644, "fc\n");
	put("/etc/vz/dists/scripts/ubuntu.sh", 0644, "ubuntu\n");
	put("/etc/vz/dists/scripts/opensuse.sh", 0644, "opensuse\n");
	put("/etc/vz/dists/scripts/arch.sh", 0644, "arch\n");
	put("/etc/vz/dists/scripts/default.sh", 0644, "default\n");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_free_ char *conf = vz_asprintf("OSTEMPLATE=\"%s\"\n", t[i].tmpl), *text = NULL;
		_cleanup_ct_ struct vz_ct *ct = open_ct(conf);

		CHECK(vz_dist_text(ct, "ADD_IP", &text, NULL) == 0);
		CHECK_STR(text, t[i].want);
	}
	{
		_cleanup_ct_ struct vz_ct *ct = open_ct("OSTEMPLATE=\"fedora-39\"\n");
		_cleanup_error_ struct vz_error e = { 0 };
		char *text = NULL;

		CHECK(vz_dist_text(ct, "SET_DNS", &text, &e) == 0 && !text);
		CHECK(vz_dist_text(ct, "DEL_IP", &text, &e) < 0 && e.code == VZ_NO_DISTR_ACTION_SCRIPT);
	}
	unlink(path);
	{
		_cleanup_ct_ struct vz_ct *ct = open_ct("OSTEMPLATE=\"suse-13\"\n");
		_cleanup_error_ struct vz_error e = { 0 };
		char *text = NULL;

		CHECK(vz_dist_text(ct, "ADD_IP", &text, &e) < 0 && e.code == VZ_NO_DISTR_CONF);
	}
}

/* order of the scripts, their environment, and what their failure is */
static void test_action(void)
{
	_cleanup_ct_ struct vz_ct *ct = open_ct("");
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *script = vz_asprintf("#!/bin/sh\necho $1${0##*/} $VEID ${VE_CONFFILE##*/} >>%s/log\n", prefix);
	_cleanup_free_ char *text = NULL, *log = vz_path("/log");

	CHECK(vz_action_script(ct, "mount", &e) == 0);
	put("/etc/vz/conf/vps.mount", 0755, script);
	put("/etc/vz/conf/101.mount", 0755, script);
	put("/etc/vz/conf/vps.umount", 0755, script);
	put("/etc/vz/conf/101.umount", 0755, script);
	CHECK(vz_action_script(ct, "mount", &e) == 0);
	CHECK(vz_action_script(ct, "umount", &e) == 0);
	CHECK(vz_read_file_at(AT_FDCWD, log, 4096, &text, NULL) == 0);
	CHECK_STR(text, "vps.mount 101 101.conf\n101.mount 101 101.conf\n101.umount 101 101.conf\nvps.umount 101 101.conf\n");
	put("/etc/vz/conf/vps.premount", 0755, "#!/bin/sh\nexit 3\n");
	CHECK(vz_action_script(ct, "premount", &e) < 0 && e.code == VZ_ACTIONSCRIPT_ERROR);
	vz_error_reset(&e);
	put("/etc/vz/conf/101.postumount", 0644, "#!/bin/sh\n");
	CHECK(vz_action_script(ct, "postumount", &e) == -EACCES && e.code == VZ_ACTIONSCRIPT_ERROR);
}

/* another container's configuration decides, down to the bit */
static void test_conflicts(void)
{
	static const struct { const char *ip, *has; } t[] = {
		{ "10.0.0.7", NULL }, { "10.0.0.8", "10.0.0.8/29" }, { "10.0.0.15", "10.0.0.8/29" },
		{ "10.0.0.16", NULL }, { "10.0.0.8/29", "" }, { "10.0.0.12/31", "10.0.0.8/29" },
		{ "10.0.0.0/29", NULL }, { "10.0.0.0/28", "10.0.0.8/29" }, { "8.0.0.0/5", "10.0.0.8/29" },
		{ "16.0.0.0/4", NULL }, { "10.0.0.16/28", NULL },
		/* an address and its netmask, of either */
		{ "10.0.0.7/29", NULL }, { "10.0.0.9/24", "10.0.0.8/29" },
		{ "10.0.1.2/24", NULL }, { "10.0.1.1", "" }, { "10.0.1.0/30", "10.0.1.1" },
		{ "2001:db8:1::", "2001:db8:1::/63" }, { "2001:db8:1:1:ffff:ffff:ffff:ffff", "2001:db8:1::/63" },
		{ "2001:db8:1:2::", NULL }, { "2001:db8:1:1::/64", "2001:db8:1::/63" },
		{ "2001:db8:1:2::/64", NULL }, { "2001:db8::/32", "2001:db8:1::/63" },
		{ "2001:db9::/32", NULL }, { "10::/16", NULL }, { "a00::/16", NULL },
	};
	_cleanup_ct_ struct vz_ct *ct = open_ct("");

	put("/etc/vz/conf/102.conf", 0644, "IP_ADDRESS=\"10.0.0.8/29 10.0.1.1/24 2001:DB8:1:0::/63\"\n");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char *ips[] = { (char *)t[i].ip, NULL };
		_cleanup_free_ char *bare = strndup(t[i].ip, strcspn(t[i].ip, "/")), *want = NULL;
		_cleanup_error_ struct vz_error e = { 0 };
		unsigned char a[16];
		int family, plen, r = vz_ip_check_conflict(ct, ips, &e);

		if (!t[i].has) {
			if (r != 0)
				fprintf(stderr, "%s: %s\n", t[i].ip, e.msg);
			CHECK(r == 0);
			continue;
		}
		CHECK(r == -EADDRINUSE && e.code == VZ_IP_INUSE);
		CHECK(vz_ip_parse(t[i].ip, &family, a, &plen, NULL) == 0);
		want = vz_asprintf("IP address %s is already used by container 102%s%s",
				   vz_ip_is_net(family, a, plen) ? t[i].ip : bare,
				   *t[i].has ? ", which has " : "", t[i].has);
		CHECK_STR(e.msg, want);
	}
}

int main(void)
{
	static const char *const dirs[] = { "/etc", "/etc/vz", "/etc/vz/conf", "/etc/vz/dists", "/etc/vz/dists/scripts" };
	pid_t pid;

	if (!mkdtemp(prefix))
		return 77;
	setenv("VZ_ROOT_PREFIX", prefix, 1);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *d = vz_path("%s", dirs[i]);

		mkdir(d, 0755);
	}
	put("/etc/vz/vz.conf", 0644, "VE_ROOT=/vz/root/$VEID\nVE_PRIVATE=/vz/private/$VEID\nLOCKDIR=/vz/lock\n");
	test_ip();
	test_conflicts();
	test_caps();
	test_events();
	test_status();
	test_dist();
	test_action();
	pid = fork();
	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", "--", prefix, NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	return CHECK_DONE();
}
