// SPDX-License-Identifier: GPL-2.0
/* Containers, names, host ids and locks in a tree of files. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "conf.h"
#include "ct.h"
#include "error.h"
#include "lock.h"
#include "util.h"

static char prefix[] = "/tmp/vz-test-ct.XXXXXX";

static void put(const char *file, const char *text)
{
	_cleanup_free_ char *path = vz_path("%s", file);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || vz_write_all(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static struct vz_ct *open_ct(const char *ident, unsigned int flags, int code)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_conf *global = NULL;
	struct vz_ct *ct = NULL;

	CHECK(vz_global_load(&global, &e) == 0);
	vz_ct_open(global, ident, flags, &ct, &e);
	if (e.code != code) {
		fprintf(stderr, "%s: %d (%s), not %d\n", ident, e.code, e.msg, code);
		check_failed++;
	}
	return ct;
}

static void test_open(void)
{
	static const struct { const char *ident; unsigned int flags; int code; } t[] = {
		{ "101", VZ_CT_NEED_CONF, 0 },
		{ "web", VZ_CT_NEED_CONF, 0 },
		{ "102", VZ_CT_NEED_CONF, VZ_CONFIG_NOT_FOUND },
		{ "102", 0, 0 },
		{ "0", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "0", VZ_CT_ALLOW_0, 0 },
		{ "2147483644", 0, 0 },
		{ "2147483645", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "99999999999", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "-1", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "1x", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "nobody", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "stale", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "../names/web", 0, VZ_INVALID_PARAMETER_VALUE },
		{ "103", 0, VZ_INVALID_CONFIG },
		{ "104", 0, VZ_INVALID_CONFIG },
		{ "105", 0, VZ_INVALID_CONFIG },
	};

	put("/etc/vz/conf/103.conf", "A=\"x\n");
	put("/etc/vz/conf/104.conf", "VE_ROOT=vz/root\n");
	put("/etc/vz/conf/105.conf", "LOCAL_UID=many\n");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		vz_ct_free(open_ct(t[i].ident, t[i].flags, t[i].code));

	{
		_cleanup_ct_ struct vz_ct *ct = open_ct("web", VZ_CT_NEED_CONF, 0);
		_cleanup_free_ char *root = vz_path("/vz/root/101"), *priv = vz_path("/data/101-101");

		CHECK(ct && ct->id == 101 && ct->uid_base == 165536 && ct->gid_base == 231072);
		CHECK_STR(ct->name, "web");
		CHECK_STR(ct->root, root);
		CHECK_STR(ct->private_dir, priv);
		CHECK_STR(vz_ct_get(ct, "CONFIGFILE"), "vswap-1g");
		CHECK(vz_ct_get_bool(ct, "ONBOOT", false) && !vz_ct_get_bool(ct, "DISABLED", false));
		put("/etc/vz/conf/101.conf", "NAME=other\n");
		CHECK(vz_ct_reload(ct, NULL) == 0);
		CHECK_STR(ct->name, "other");
		CHECK(ct->uid_base == 0);
	}
	vz_ct_free(open_ct("web", 0, VZ_INVALID_PARAMETER_VALUE));
}

static void test_names(void)
{
	_cleanup_ct_ struct vz_ct *a = open_ct("101", 0, 0), *b = open_ct("106", 0, 0);
	_cleanup_error_ struct vz_error e = { 0 };
	uint32_t id = 0;

	CHECK(vz_name_set(a, "mail", &e) == 0);
	CHECK(vz_name_lookup("mail", &id) == 0 && id == 101);
	/* the configuration does not say so: stale, free for others */
	CHECK(vz_name_set(b, "mail", &e) == 0);
	CHECK(vz_name_lookup("mail", &id) == 0 && id == 106);
	CHECK(vz_name_set(a, "mail", &e) == 0);
	put("/etc/vz/conf/101.conf", "NAME=\"mail\"\n");
	CHECK(vz_name_set(b, "mail", &e) == -EEXIST && e.code == VZ_SET_NAME_ERROR);
	CHECK_STR(e.msg, "Conflict: name mail already used by container 101");
	CHECK(vz_name_set(b, "-x", &e) == -EINVAL);
	CHECK(vz_ct_reload(a, &e) == 0);
	CHECK(vz_name_remove(b) == 0 && vz_name_lookup("mail", &id) == 0);
	CHECK(vz_name_remove(a) == 0 && vz_name_lookup("mail", &id) == -ENOENT);
	CHECK(vz_name_remove(a) == 0);
}

static uid_t alloc(void)
{
	_cleanup_error_ struct vz_error e = { 0 };
	uid_t base = 0;

	if (vz_ct_alloc_ids(&base, &e) < 0)
		fprintf(stderr, "%s\n", e.msg);
	return base;
}

static void test_ids(void)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ uint32_t *ids = NULL;
	uid_t base;
	size_t n;

	put("/etc/vz/conf/101.conf", "\n");
	put("/etc/vz/conf/103.conf", "\n");
	put("/etc/vz/conf/104.conf", "\n");
	put("/etc/vz/conf/105.conf", "\n");
	put("/etc/vz/conf/0.conf", "\n");
	put("/etc/vz/conf/007.conf", "\n");
	put("/etc/vz/conf/101.conf.destroyed", "LOCAL_UID=100000\n");
	CHECK(vz_ct_list(&ids, &n, NULL) == 0 && n == 4 && ids[0] == 101 && ids[3] == 105);

	CHECK(alloc() == 100000);
	put("/etc/vz/conf/101.conf", "LOCAL_UID=\"100000\"\nLOCAL_GID=\"100000\"\n");
	CHECK(alloc() == 165536);
	put("/etc/vz/conf/103.conf", "LOCAL_UID=231072\n");
	CHECK(alloc() == 165536);
	/* one that is not on the grid takes two steps of it */
	put("/etc/vz/conf/104.conf", "LOCAL_UID='200000'\n");
	CHECK(alloc() == 296608);
	put("/etc/vz/conf/105.conf", "LOCAL_UID=1\nLOCAL_GID=296608\n");
	CHECK(alloc() == 362144);
	put("/etc/subuid", "user:362144:65536\nbad line\n");
	put("/etc/subgid", "user:427680:1\n");
	CHECK(alloc() == 493216);
	put("/etc/subuid", "user:0:4294967295\n");
	CHECK(vz_ct_alloc_ids(&base, &e) == -ENOSPC && e.code == VZ_RESOURCE_ERROR);
}

static bool lock_there(void)
{
	_cleanup_free_ char *path = vz_path("/vz/lock/101.lck");

	return access(path, F_OK) == 0;
}

static void test_locks(void)
{
	_cleanup_ct_ struct vz_ct *ct = open_ct("101", 0, 0);
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_lock *l = NULL, *m = NULL;
	char text[64];
	pid_t pid;
	int fds[2], status;

	CHECK(vz_lock(ct, "starting", &l, &e) == 0 && !vz_lock_was_stale(l) && lock_there());
	CHECK(vz_lock(ct, "stopping", &m, &e) == -EBUSY && e.code == VZ_LOCKED && !m);
	snprintf(text, sizeof(text), "Locked by: pid %d, cmdline ", (int)getpid());
	CHECK(e.msg && strncmp(e.msg, "Container already locked (starting)\n", 36) == 0 &&
	      strstr(e.msg, text));
	CHECK(vz_lock_wait(ct, "x", 50, &m, &e) == -EBUSY);
	vz_unlock(l);
	CHECK(!lock_there());

	/* left by the dead: free, and said */
	pid = fork();
	if (pid == 0) {
		CHECK(vz_lock(ct, "starting", &l, NULL) == 0);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	CHECK(lock_there());
	CHECK(vz_lock(ct, "starting", &l, &e) == 0 && vz_lock_was_stale(l));
	vz_unlock(l);

	/* a reused pid does not keep it */
	snprintf(text, sizeof(text), "%d\nstarting\n1\n", (int)getppid());
	put("/vz/lock/101.lck", text);
	CHECK(vz_lock(ct, "starting", &l, &e) == 0 && vz_lock_was_stale(l));
	vz_unlock(l);
	/* another program's lock does, while that lives */
	snprintf(text, sizeof(text), "%d\nbackup\n", (int)getppid());
	put("/vz/lock/101.lck", text);
	CHECK(vz_lock(ct, "starting", &l, &e) == -EBUSY);
	put("/vz/lock/101.lck", "999999999\nbackup\n");
	CHECK(vz_lock(ct, "starting", &l, &e) == 0 && vz_lock_was_stale(l));
	vz_unlock(l);
	/* who has just taken it is given the time to say that it is an event */
	CHECK(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		_cleanup_free_ char *path = vz_path("/vz/lock/101.lck");
		int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

		CHECK(fd >= 0 && fcntl(fd, F_OFD_SETLK, &fl) == 0);
		CHECK(write(fds[1], "x", 1) == 1);
		nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
		CHECK(dprintf(fd, "%d\n" VZ_LOCK_EVENT "\n", (int)getpid()) > 0);
		nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
		CHECK(unlink(path) == 0);
		_exit(0);
	}
	CHECK(read(fds[0], text, 1) == 1);
	CHECK(vz_lock(ct, "starting", &l, &e) == 0);
	vz_unlock(l);
	waitpid(pid, &status, 0);
	close(fds[0]);
	close(fds[1]);

	/* rubbish and an empty file keep nobody out */
	put("/vz/lock/101.lck", "");
	CHECK(vz_lock(ct, "starting", &l, &e) == 0 && !vz_lock_was_stale(l));
	vz_unlock(l);
	put("/vz/lock/101.lck", "rubbish");
	CHECK(vz_lock(ct, "starting", &l, &e) == 0);
	vz_unlock(l);

	/* a child of a dead holder that still has the file open is waited out */
	CHECK(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(vz_lock(ct, "starting", &l, NULL) == 0);
		if (fork() == 0) {
			CHECK(write(fds[1], "x", 1) == 1);
			nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
			_exit(0);
		}
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	CHECK(read(fds[0], text, 1) == 1);
	CHECK(vz_lock(ct, "starting", &l, &e) == 0 && vz_lock_was_stale(l));
	vz_unlock(l);
	close(fds[0]);
	close(fds[1]);

	/* only one of many gets it, and all get it in the end */
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			for (int j = 0; j < 20; j++) {
				_cleanup_free_ char *flag = vz_path("/flag");

				if (vz_lock_named(ct->global, "ids", &l, NULL) < 0 ||
				    mkdir(flag, 0700) < 0 || rmdir(flag) < 0)
					_exit(1);
				vz_unlock(l);
			}
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		CHECK(status == 0);

	vz_conf_set(ct->global, "LOCKDIR", NULL);
	CHECK(vz_lock(ct, "x", &l, &e) < 0 && e.code == VZ_VE_LCKDIR_NOTSET);
}

static void test_files(void)
{
	_cleanup_free_ char *path = vz_path("/a/b/c"), *file = vz_path("/a/b/c/f"), *buf = NULL;
	struct stat st;
	size_t len;

	CHECK(vz_mkdir_p(path, 0755) == 0 && vz_mkdir_p(path, 0755) == 0);
	CHECK(vz_replace_file(file, "12345", 5, 0600) == 0);
	CHECK(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(vz_mkdir_p(file, 0755) == -ENOTDIR);
	CHECK(vz_read_file_at(AT_FDCWD, file, 5, &buf, &len) == 0 && len == 5);
	CHECK_STR(buf, "12345");
	free(buf);
	buf = NULL;
	CHECK(vz_read_file_at(AT_FDCWD, file, 4, &buf, &len) == -EFBIG && !buf);
	CHECK(vz_read_file_at(AT_FDCWD, path, 4, &buf, &len) == -EISDIR);
	CHECK(vz_write_file_at(AT_FDCWD, "/nonexistent/f", "x", 1) == -ENOENT);
}

static void test_numbers(void)
{
	uint32_t v = 7;
	uint64_t w;

	CHECK(vz_parse_u32("4294967295", &v) == 0 && v == 4294967295u);
	CHECK(vz_parse_u32("4294967296", &v) == -ERANGE);
	CHECK(vz_parse_u32("99999999999999999999999", &v) == -ERANGE);
	CHECK(vz_parse_u32("", &v) == -EINVAL && vz_parse_u32("-1", &v) == -EINVAL &&
	      vz_parse_u32("+1", &v) == -EINVAL && vz_parse_u32(" 1", &v) == -EINVAL &&
	      vz_parse_u32("1 ", &v) == -EINVAL && vz_parse_u32("0x1", &v) == -EINVAL);
	CHECK(v == 4294967295u);
	CHECK(vz_parse_u64("18446744073709551615", &w) == 0 && w == UINT64_MAX);
	CHECK(vz_parse_u64("18446744073709551616", &w) == -ERANGE);
}

static void test_expand(void)
{
	_cleanup_free_ char *a = vz_expand_veid("$VEID/${VEID}/x$VEIDy", 2147483644), *b = vz_expand_veid("", 1);

	CHECK_STR(a, "2147483644/2147483644/x2147483644y");
	CHECK_STR(b, "");
}

static void test_error(void)
{
	_cleanup_error_ struct vz_error e = { 0 };

	CHECK(vz_err(&e, 0, ENOENT, "%s: %m", "x") == -ENOENT && e.code == VZ_SYSTEM_ERROR);
	CHECK_STR(e.msg, "x: No such file or directory");
	vz_err_ctx(&e, "a %d", 1);
	CHECK_STR(e.msg, "a 1: x: No such file or directory");
	CHECK(vz_err(&e, VZ_LOCKED, 0, "%s!", e.msg) == -EINVAL && e.code == VZ_LOCKED);
	CHECK_STR(e.msg, "a 1: x: No such file or directory!");
	CHECK(vz_err(NULL, 0, EPERM, "x") == -EPERM);
	vz_err_ctx(NULL, "x");
}

int main(void)
{
	static const char *const dirs[] = { "/etc/vz/conf", "/etc/vz/names" };
	_cleanup_free_ char *target = NULL, *link = NULL, *rm = NULL;

	if (!mkdtemp(prefix) || setenv("VZ_ROOT_PREFIX", prefix, 1) < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *d = vz_path("%s", dirs[i]);

		if (vz_mkdir_p(d, 0755) < 0)
			return 1;
	}
	put("/etc/vz/vz.conf", "LOCKDIR=/vz/lock\nVE_ROOT=/vz/root/$VEID\nVE_PRIVATE=/vz/private/$VEID\nCONFIGFILE=vswap-1g\n");
	put("/etc/vz/conf/101.conf", "NAME=\"web\"\nVE_PRIVATE=\"/data/$VEID-${VEID}/\"\nLOCAL_UID=165536\nLOCAL_GID=231072\nONBOOT=yes\n");
	link = vz_path("/etc/vz/names/web");
	target = vz_path("/etc/vz/conf/101.conf");
	CHECK(symlink(target, link) == 0);
	free(link);
	link = vz_path("/etc/vz/names/stale");
	CHECK(symlink(target, link) == 0);

	test_open();
	test_names();
	test_locks();
	test_ids();
	test_files();
	test_numbers();
	test_expand();
	test_error();

	rm = vz_asprintf("rm -rf %s", prefix);
	return CHECK_DONE() || system(rm);
}
