// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl create: a new container from an OS template.
 *
 * While it is made the container is CTID.conf.creating and VE_PRIVATE.tmp.  The
 * private area gets its name first and the configuration last; that rename
 * is the moment when the container exists.  As long as CTID.conf.creating is
 * there, whatever carries MARK belongs to a create that did not finish, and is
 * removed by the next create or destroy.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "conf.h"
#include "create.h"
#include "life.h"
#include "lock.h"
#include "log.h"
#include "params.h"
#include "quota.h"
#include "rmtree.h"
#include "util.h"
#include "verb.h"

#define MARK		"trusted.vzctl.creating"
#define UNPACK		"/usr/libexec/vzctl/vz-unpack"

static const char *const extensions[] = { ".zst", ".gz", ".xz", ".bz2", "" };

/* options of create besides --config, --ipadd and --ip; the rest is `set`'s */
static const char *const create_keys[] = {
	"OSTEMPLATE", "VE_LAYOUT", "VE_ROOT", "VE_PRIVATE", "HOSTNAME", "NAME",
	"DESCRIPTION", "DISKSPACE", "DISKINODES", "LOCAL_UID", "LOCAL_GID", NULL,
};

struct create {
	struct vz_ct *ct;
	struct vz_conf *opts;		/* checked options by key */
	const char *config;		/* --config */
	char **ips;
	char *creating;			/* CTID.conf.creating */
	char *conf_path;		/* CTID.conf */
	char *tmp;			/* VE_PRIVATE.tmp */
	char *archive;
	bool conf_made, tmp_made, private_made, root_made, linked;
};

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

static int parse_one(struct create *c, const struct vz_param *p, const char *arg, struct vz_error *e)
{
	_cleanup_free_ char *v = NULL;
	int r;

	if (strcmp(p->opt, "config") == 0) {
		if (!*arg || strchr(arg, '/'))
			return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
				      "Invalid value for --config: \"%s\" (expected the name of a sample)", arg);
		c->config = arg;
		return 0;
	}
	if (!vz_strv_has((char *const *)create_keys, p->key ? p->key : "") &&
	    strcmp(p->opt, "ipadd") != 0 && strcmp(p->opt, "ip") != 0)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "--%s is not an option of create; use vzctl set %u --%s … --save afterwards",
			      p->opt, c->ct->id, p->opt);
	r = vz_param_canon(p, arg, &v, e);
	if (r < 0)
		return r;
	if (!p->key) {
		_cleanup_strv_ char **words = vz_strv_split(v, " ");

		for (char **w = words; w && *w; w++) {
			bool known = false;

			for (char **o = c->ips; o && *o; o++)
				known = known || vz_ip_same(*w, *o);
			if (!known && vz_strv_add(&c->ips, *w) < 0)
				return nomem(e);
		}
		return words ? 0 : nomem(e);
	}
	if (strcmp(p->key, "VE_LAYOUT") == 0 && strcmp(v, "simfs") != 0) {
		vz_warn("Note: layout %s is not supported, the container gets layout simfs", v);
		return vz_conf_set(c->opts, p->key, "simfs") < 0 ? nomem(e) : 0;
	}
	/* what is not set is chosen */
	if (strncmp(p->key, "LOCAL_", 6) == 0 && strcmp(v, "auto") == 0)
		return vz_conf_set(c->opts, p->key, NULL) < 0 ? nomem(e) : 0;
	return vz_conf_set(c->opts, p->key, v) < 0 ? nomem(e) : 0;
}

static int parse(struct create *c, int argc, char *argv[], struct vz_error *e)
{
	int r;

	if (vz_conf_new(&c->opts) < 0)
		return nomem(e);
	for (int i = 0; i < argc; i++) {
		const struct vz_param *p;
		const char *value;

		r = vz_param_opt(argv[i], &p, &value, e);
		if (r < 0)
			return r;
		if (!value && !(p->flags & VZ_P_NOARG)) {
			if (i + 1 == argc)
				return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
					      "--%s needs a value", p->opt);
			value = argv[++i];
		}
		r = parse_one(c, p, value ? value : "", e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* the configuration that the new container gets, as c->ct->conf */
static int compose(struct create *c, struct vz_error *e)
{
	_cleanup_free_ char *path = NULL, *joined = NULL;
	struct vz_ct *ct = c->ct;
	const char *sample = c->config, *key, *value;
	int r;

	if (!sample && !ct->conf)
		sample = vz_conf_get(ct->global, "CONFIGFILE");
	if (sample) {
		struct vz_conf *conf;

		path = vz_path("/etc/vz/conf/ve-%s.conf-sample", sample);
		if (!path)
			return nomem(e);
		r = vz_conf_load(path, VZ_CP_CONFIG, &conf, e);
		if (r == -ENOENT)
			return vz_err(e, VZ_CP_CONFIG, ENOENT,
				      "Sample config %s not found (ls /etc/vz/conf/ve-*.conf-sample shows the samples)",
				      path);
		if (r < 0)
			return r;
		if (ct->conf)
			vz_warn("%s exists already and is replaced", ct->conf_path);
		vz_conf_free(ct->conf);
		ct->conf = conf;
		if (vz_conf_set(conf, "ORIGIN_SAMPLE", sample) < 0)
			return nomem(e);
	}
	if (!ct->conf)
		return vz_err(e, VZ_CP_CONFIG, EINVAL,
			      "Neither --config nor CONFIGFILE in /etc/vz/vz.conf names a sample config");
	for (size_t i = 0; vz_conf_nth(c->opts, i, &key, &value); i++) {
		if (vz_conf_set(ct->conf, key, value) < 0)
			return nomem(e);
	}
	if (c->ips) {
		joined = vz_strv_join(c->ips, " ");
		if (!joined || vz_conf_set(ct->conf, "IP_ADDRESS", joined) < 0)
			return nomem(e);
	}
	/* what the container is made from and where stays true when vz.conf changes */
	value = vz_ct_get(ct, "OSTEMPLATE");
	if (!value || !*value)
		value = vz_conf_get(ct->global, "DEF_OSTEMPLATE");
	if (!value || !*value)
		return vz_err(e, VZ_VE_PKGSET_NOTSET, EINVAL,
			      "OS template is not set: give --ostemplate or set DEF_OSTEMPLATE in /etc/vz/vz.conf");
	if (*value == '.' || strchr(value, '/'))
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL, "Bad OS template name %s", value);
	if (vz_conf_set(ct->conf, "OSTEMPLATE", value) < 0)
		return nomem(e);
	for (int i = 0; i < 2; i++) {
		key = i ? "VE_PRIVATE" : "VE_ROOT";
		value = vz_ct_get(ct, key);
		if (!value || !*value)
			return vz_err(e, i ? VZ_VE_PRIVATE_NOTSET : VZ_VE_ROOT_NOTSET, EINVAL,
				      "%s is not set in /etc/vz/vz.conf", key);
		if (vz_conf_set(ct->conf, key, value) < 0)
			return nomem(e);
	}
	return vz_conf_set(ct->conf, "VE_LAYOUT", "simfs") < 0 ? nomem(e) : 0;
}

static int find_archive(struct create *c, struct vz_error *e)
{
	_cleanup_free_ char *dir = vz_ct_get_path(c->ct, "TEMPLATE");
	const char *name = vz_ct_get(c->ct, "OSTEMPLATE");

	if (!dir)
		return vz_err(e, VZ_VE_TMPL_NOTSET, EINVAL, "TEMPLATE is not set in /etc/vz/vz.conf");
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
		free(c->archive);
		c->archive = vz_path("%s/cache/%s.tar%s", dir, name, extensions[i]);
		if (!c->archive)
			return nomem(e);
		if (access(c->archive, F_OK) == 0)
			return 0;
	}
	return vz_err(e, VZ_OSTEMPLATE_NOT_FOUND, ENOENT,
		      "Cached OS template %s/cache/%s.tar.zst not found (vzpkgcache %s builds it)",
		      dir, name, name);
}

/* an empty directory, or one that a create made; nothing is -ENOENT */
static int is_ours(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return 0;
	return lgetxattr(path, MARK, NULL, 0) >= 0;
}

/* remove @path if a create made it; an empty VE_PRIVATE.tmp may be one before it was marked */
static int drop_ours(const char *path, uint32_t id, bool maybe_empty, int *ret_found, struct vz_error *e)
{
	if (is_ours(path) > 0 || maybe_empty)
		vz_quota_release(path, id);
	if (maybe_empty && rmdir(path) == 0) {
		*ret_found = 1;
		return 0;
	}
	if (is_ours(path) <= 0)
		return 0;
	*ret_found = 1;
	return vz_trash(path, e);
}

int vz_create_recover(struct vz_ct *ct, int *ret_found, struct vz_error *e)
{
	_cleanup_free_ char *creating = vz_asprintf("%s.creating", ct->conf_path);
	_cleanup_free_ char *expanded = NULL, *private_dir = NULL, *tmp = NULL;
	_cleanup_conf_ struct vz_conf *conf = NULL;
	_cleanup_error_ struct vz_error ignored = { 0 };
	const char *name, *v = NULL;
	uint32_t id;
	int r;

	*ret_found = 0;
	if (!creating)
		return nomem(e);
	if (access(creating, F_OK) < 0) {
		/* a power cut may have taken that file alone */
		tmp = ct->private_dir ? vz_asprintf("%s.tmp", ct->private_dir) : NULL;
		return tmp ? drop_ours(tmp, ct->id, false, ret_found, e) : 0;
	}
	*ret_found = 1;
	if (vz_conf_load(creating, VZ_INVALID_CONFIG, &conf, &ignored) == 0)
		v = vz_conf_get(conf, "VE_PRIVATE");
	if (!v)
		v = vz_conf_get(ct->global, "VE_PRIVATE");
	if (v) {
		expanded = vz_expand_veid(v, ct->id);
		private_dir = expanded ? vz_path("%s", expanded) : NULL;
		tmp = private_dir ? vz_asprintf("%s.tmp", private_dir) : NULL;
		if (!tmp)
			return nomem(e);
		r = drop_ours(tmp, ct->id, true, ret_found, e);
		if (r == 0)
			r = drop_ours(private_dir, ct->id, false, ret_found, e);
		if (r < 0)
			return r;
		vz_trash_empty(private_dir);
	}
	v = conf ? vz_conf_get(conf, "VE_ROOT") : NULL;
	if (v && !ct->conf) {
		_cleanup_free_ char *root = vz_expand_veid(v, ct->id);
		_cleanup_free_ char *path = root ? vz_path("%s", root) : NULL;

		if (path)
			rmdir(path);	/* or something is in it */
	}
	/* the name, unless the container that was there before has it */
	name = conf ? vz_conf_get(conf, "NAME") : NULL;
	if (name && vz_name_valid(name) && (!ct->name || strcmp(ct->name, name) != 0) &&
	    vz_name_lookup(name, &id) == 0 && id == ct->id) {
		char *real = ct->name;

		ct->name = strdup(name);
		if (ct->name)
			vz_name_remove(ct);
		free(ct->name);
		ct->name = real;
	}
	if (unlink(creating) < 0 && errno != ENOENT)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to delete %s: %m", creating);
	return 0;
}

/* undo in reverse order what this process has done; used for errors and Ctrl-C */
static void undo(struct create *c)
{
	_cleanup_error_ struct vz_error ignored = { 0 };

	vz_interrupted = 0;
	if (c->root_made)
		rmdir(c->ct->root);
	if (c->linked)
		vz_name_remove(c->ct);
	if (c->private_made) {
		vz_quota_release(c->ct->private_dir, c->ct->id);
		vz_trash(c->ct->private_dir, &ignored);
	}
	if (c->tmp_made) {
		vz_quota_release(c->tmp, c->ct->id);
		vz_trash(c->tmp, &ignored);
	}
	if (c->private_made || c->tmp_made)
		vz_trash_empty(c->tmp);
	if (c->conf_made)
		unlink(c->creating);
}

/* CTID.conf.creating, not on the disk yet: publish() sees to that */
static int write_creating(struct create *c, struct vz_error *e)
{
	_cleanup_free_ char *text = vz_conf_text(c->ct->conf);
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!text)
		return nomem(e);
	fd = open(c->creating, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return vz_err(e, VZ_SAVE_CONFIG, errno, "Unable to save %s: %m", c->creating);
	c->conf_made = true;
	r = vz_write_all(fd, text, strlen(text));
	return r < 0 ? vz_err(e, VZ_SAVE_CONFIG, -r, "Unable to save %s: %m", c->creating) : 0;
}

/*
 * Ids that another container has would make it the owner of this one's files.
 * Asked for, they are refused; in a copied CTID.conf or a sample they are replaced.
 */
static int check_ids(struct create *c, const char *key, struct vz_error *e)
{
	struct vz_ct *ct = c->ct;
	const char *v = vz_conf_get(ct->conf, key);
	uint32_t base;
	bool ok;
	int r;

	if (!v || vz_parse_u32(v, &base) < 0)
		return 0;	/* the reload complains */
	r = vz_ct_ids_free(ct->id, base, &ok, e);
	if (r < 0 || ok)
		return r;
	if (vz_conf_get(c->opts, key))
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EEXIST,
			      "Host ids from %s=%u on are used by another container; leave the option out and a free range is chosen",
			      key, base);
	vz_warn("%s=%u is used by another container; this one gets ids of its own", key, base);
	return vz_conf_set(ct->conf, key, NULL) < 0 ? nomem(e) : 0;
}

/*
 * Choose the ids and save CTID.conf.creating, which reserves them, under one
 * lock; from here on ct describes the new container.
 */
static int reserve(struct create *c, struct vz_error *e)
{
	_cleanup_lock_ struct vz_lock *ids = NULL;
	struct vz_ct *ct = c->ct;
	const char *uid, *gid;
	char num[16];
	uid_t base;
	int r;

	r = vz_lock_named(ct->global, "ids", &ids, e);
	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++) {
		r = check_ids(c, i ? "LOCAL_GID" : "LOCAL_UID", e);
		if (r < 0)
			return r;
	}
	uid = vz_conf_get(ct->conf, "LOCAL_UID");
	gid = vz_conf_get(ct->conf, "LOCAL_GID");
	if (!uid || !gid) {
		r = vz_ct_alloc_ids(&base, e);
		if (r < 0)
			return r;
		snprintf(num, sizeof(num), "%u", base);
		if (vz_conf_set(ct->conf, "LOCAL_UID", uid ? uid : gid ? gid : num) < 0 ||
		    vz_conf_set(ct->conf, "LOCAL_GID", gid ? gid : uid ? uid : num) < 0)
			return nomem(e);
	}
	r = write_creating(c, e);
	if (r < 0)
		return r;
	free(ct->conf_path);
	ct->conf_path = strdup(c->creating);
	if (!ct->conf_path)
		return nomem(e);
	r = vz_ct_reload(ct, e);
	if (r == 0 && (!ct->uid_base || !ct->gid_base))
		r = vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
			   "LOCAL_UID and LOCAL_GID must not be 0: the container's root would be the host's");
	return r;
}

static int sync_dir(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* directory part of @path, allocated */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* VE_PRIVATE.tmp; its parent keeps users of the host away from setuid files of containers */
static int make_tmp(struct create *c, struct vz_error *e)
{
	_cleanup_free_ char *parent = dir_of(c->tmp);
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r;

	if (!parent)
		return nomem(e);
	r = vz_mkdir_p(parent, 0700);
	if (r < 0)
		return vz_err(e, VZ_CANT_CREATE_DIR, -r, "Unable to create directory %s: %m", parent);
	if (stat(parent, &st) == 0 && st.st_mode & 0077)
		vz_debug(1, "Users of this host can walk through %s; chmod 700 %s keeps them away from setuid programs in containers",
			 parent, parent);
	if (is_ours(c->tmp) > 0) {	/* its CTID.conf.creating is gone */
		r = vz_trash(c->tmp, e);
		if (r < 0)
			return r;
	}
	if (mkdir(c->tmp, 0700) < 0) {
		if (errno == EEXIST && rmdir(c->tmp) == 0 && mkdir(c->tmp, 0700) == 0)
			goto made;
		if (errno == EEXIST || errno == ENOTEMPTY)
			return vz_err(e, VZ_FS_NEW_VE_PRVT, EEXIST,
				      "%s is in the way, and vzctl did not make it: remove it", c->tmp);
		return vz_err(e, errno == ENOSPC || errno == EDQUOT ? VZ_FS_NO_DISK_SPACE : VZ_FS_NEW_VE_PRVT,
			      errno, "Unable to create directory %s: %m", c->tmp);
	}
made:
	c->tmp_made = true;
	fd = open(c->tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return vz_err(e, VZ_FS_NEW_VE_PRVT, errno, "Unable to open %s: %m", c->tmp);
	/* before the first byte of the template */
	r = vz_ct_quota_begin(c->ct, fd, e);
	if (r < 0)
		return r;
	if (lsetxattr(c->tmp, MARK, "1", 1, 0) < 0 && errno != EOPNOTSUPP)
		return vz_err(e, errno == ENOSPC ? VZ_FS_NO_DISK_SPACE : VZ_FS_NEW_VE_PRVT, errno,
			      "Unable to mark %s: %m", c->tmp);
	return 0;
}

static void drop_resource(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return;
	d[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	d[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
	/* exec gives root what its bounding set has */
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0) == 0)
		syscall(SYS_capset, &h, d);
}

static int unpack(struct create *c, int dirfd, struct vz_error *e)
{
	_cleanup_close_ int archive = -EBADF, in = -EBADF, out = -EBADF;
	const char *program = secure_getenv("VZ_UNPACK");
	char uid[16], gid[16], text[2048];
	size_t len = 0;
	int pipefd[2], status;
	pid_t pid, self = getpid();
	ssize_t n;

	archive = open(c->archive, O_RDONLY | O_CLOEXEC);
	if (archive < 0)
		return vz_err(e, VZ_OSTEMPLATE_NOT_FOUND, errno, "Unable to open %s: %m", c->archive);
	if (!program)
		program = UNPACK;
	if (access(program, X_OK) < 0)
		return vz_err(e, VZ_SCRIPT_NOT_FOUND, errno, "%s is missing: install vzctl again", program);
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "pipe: %m");
	in = pipefd[0];
	out = pipefd[1];
	snprintf(uid, sizeof(uid), "%u", c->ct->uid_base);
	snprintf(gid, sizeof(gid), "%u", c->ct->gid_base);

	pid = fork();
	if (pid < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "fork: %m");
	if (pid == 0) {
		char *const argv[] = { (char *)"vz-unpack", uid, gid, NULL };
		char *const envp[] = {
			(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
			/*
			 * Stored data is copied twice on its way out of the
			 * decompressor: by vectors, not by microcode, which is no
			 * faster and costs emulated processors an instruction a byte.
			 */
			(char *)"GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=2147483647",
			NULL
		};

		/* nobody writes on behalf of a create that was killed */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* the host's root is bound by no quota, but its disk is the container's from the start */
		drop_resource();
		if (getppid() != self || fchdir(dirfd) < 0 || dup2(archive, 0) < 0 ||
		    dup2(out, 1) < 0 || dup2(out, 2) < 0)
			_exit(127);
		execve(program, argv, envp);
		_exit(127);
	}
	out = vz_close(out);
	while ((n = read(in, text + len, sizeof(text) - 1 - len)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (vz_interrupted)
			kill(pid, SIGTERM);
		if (n > 0)
			len += (size_t)n;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
		if (vz_interrupted)
			kill(pid, SIGTERM);
	}
	if (vz_interrupted)
		return vz_err(e, VZ_SYSTEM_ERROR, EINTR, "Interrupted");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (WIFSIGNALED(status))
		return vz_err(e, VZ_FS_NEW_VE_PRVT, EIO, "Unpacking %s was killed by signal %d",
			      c->archive, WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case VZ_FS_NO_DISK_SPACE:
		return vz_err(e, VZ_FS_NO_DISK_SPACE, ENOSPC, "Not enough disk space for %s: %s",
			      c->ct->private_dir, text);
	case VZ_FS_BAD_TMPL:
		return vz_err(e, VZ_FS_BAD_TMPL, EINVAL,
			      "Bad OS template %s: %s (vzpkgcache -f %s builds it again)", c->archive, text,
			      vz_conf_get(c->ct->conf, "OSTEMPLATE"));
	case VZ_FS_NEW_VE_PRVT:
		return vz_err(e, VZ_FS_NEW_VE_PRVT, EIO, "Unable to unpack %s: %s", c->archive, text);
	default:
		return vz_err(e, VZ_SYSTEM_ERROR, EIO, "Unable to run %s: %s", program,
			      *text ? text : "it cannot be executed");
	}
}

/* @path inside the tree, as its own root would see it */
static bool tree_has(int dirfd, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_close_ int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	return fd >= 0;
}

static int check_tree(const struct create *c, int dirfd, struct vz_error *e)
{
	if (!tree_has(dirfd, "sbin/init") && !tree_has(dirfd, "etc/init") &&
	    !tree_has(dirfd, "bin/init"))
		return vz_err(e, VZ_FS_BAD_TMPL, ENOENT,
			      "Bad OS template %s: it has no /sbin/init", c->archive);
	if (!tree_has(dirfd, "bin/sh"))
		return vz_err(e, VZ_FS_BAD_TMPL, ENOENT,
			      "Bad OS template %s: it has no /bin/sh", c->archive);
	return 0;
}

/* VE_PRIVATE.tmp, whole and on the disk */
static int fill(struct create *c, struct vz_error *e)
{
	_cleanup_close_ int dirfd = -EBADF;
	_cleanup_free_ char *script = NULL;
	int r;

	dirfd = open(c->tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0)
		return vz_err(e, VZ_FS_NEW_VE_PRVT, errno, "Unable to open %s: %m", c->tmp);
	r = unpack(c, dirfd, e);
	if (r == 0)
		r = check_tree(c, dirfd, e);
	if (r < 0)
		return r;
	vz_fault("create-unpacked");
	vz_info("Performing postcreate actions");
	r = vz_dist_text(c->ct, "POST_CREATE", &script, e);
	if (r == 0)
		r = vz_postcreate(c->ct, dirfd, script, e);
	return r;
}

/* CTID.conf.creating on the disk */
static int sync_creating(const struct create *c, struct vz_error *e)
{
	_cleanup_close_ int fd = open(c->creating, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return vz_err(e, VZ_SAVE_CONFIG, errno, "Unable to save %s: %m", c->creating);
	return 0;
}

/* the private area under its name, with all that is in it, on the disk */
static int sync_private(const struct create *c, struct vz_error *e)
{
	_cleanup_close_ int fd = open(c->ct->private_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) < 0)
		return vz_err(e, errno == ENOSPC || errno == EDQUOT ? VZ_FS_NO_DISK_SPACE : VZ_FS_NEW_VE_PRVT,
			      errno, "Unable to write %s to the disk: %m", c->ct->private_dir);
	return 0;
}

/*
 * Names for the new directories, then scripts, then the configuration.
 *
 * A power cut: what marks the private area as unfinished is on the disk before
 * it gets its name, and all of it is on the disk before the configuration says
 * that it is there.
 */
static int publish(struct create *c, struct vz_error *e)
{
	_cleanup_lock_ struct vz_lock *ips = NULL, *names = NULL;
	_cleanup_free_ char *confdir = dir_of(c->conf_path);
	struct vz_ct *ct = c->ct;
	int r;

	if (!confdir)
		return nomem(e);
	r = sync_creating(c, e);
	if (r < 0)
		return r;
	vz_fault("create-conf-synced");
	if (renameat2(AT_FDCWD, c->tmp, AT_FDCWD, ct->private_dir, RENAME_NOREPLACE) < 0)
		return vz_err(e, errno == EEXIST ? VZ_FS_PRVT_EXIST : VZ_FS_NEW_VE_PRVT, errno,
			      "Unable to rename %s to %s: %m", c->tmp, ct->private_dir);
	c->tmp_made = false;
	c->private_made = true;
	vz_fault("create-renamed");
	r = sync_private(c, e);
	if (r < 0)
		return r;
	vz_fault("create-synced");
	if (mkdir(ct->root, 0700) == 0) {
		c->root_made = true;
	} else if (errno != EEXIST) {
		r = vz_mkdir_p(ct->root, 0700);
		if (r < 0)
			return vz_err(e, VZ_FS_MPOINTCREATE, -r, "Unable to create mount point %s: %m", ct->root);
		c->root_made = true;
	}
	r = vz_action_script(ct, "create", e);
	if (r < 0)
		return r;
	vz_fault("create-script-done");
	/* what names lead to */
	free(ct->conf_path);
	ct->conf_path = strdup(c->conf_path);
	if (!ct->conf_path)
		return nomem(e);
	if (c->ips) {
		r = vz_lock_named(ct->global, "ip", &ips, e);
		if (r == 0)
			r = vz_ip_check_conflict(ct, c->ips, e);
		if (r < 0)
			return r;
	}
	if (ct->name) {
		r = vz_lock_named(ct->global, "names", &names, e);
		if (r == 0)
			r = vz_name_set(ct, ct->name, e);
		if (r < 0)
			return r;
		c->linked = true;
	}
	if (vz_interrupted)
		return vz_err(e, VZ_SYSTEM_ERROR, EINTR, "Interrupted");
	vz_fault("create-before-commit");
	if (rename(c->creating, c->conf_path) < 0)
		return vz_err(e, VZ_SAVE_CONFIG, errno, "Unable to save %s: %m", c->conf_path);
	c->conf_made = c->private_made = c->root_made = c->linked = false;
	sync_dir(confdir);
	vz_fault("create-committed");
	lremovexattr(ct->private_dir, MARK);
	vz_info("CT configuration saved to %s", c->conf_path);
	return 0;
}

static int create(struct create *c, struct vz_error *e)
{
	struct vz_ct *ct = c->ct;
	const char *name;
	struct stat st;
	int found, r;

	r = vz_create_recover(ct, &found, e);
	if (r < 0)
		return r;
	if (found)
		vz_info("Removed what an interrupted create of this container left");
	r = compose(c, e);
	if (r < 0)
		return r;
	c->conf_path = strdup(ct->conf_path);
	c->creating = vz_asprintf("%s.creating", ct->conf_path);
	if (!c->conf_path || !c->creating)
		return nomem(e);
	{
		/* before anything is written */
		_cleanup_free_ char *dir = vz_ct_get_path(ct, "VE_PRIVATE");
		_cleanup_free_ char *path = dir ? vz_path("%s", dir) : NULL;

		if (!path)
			return nomem(e);
		if (lstat(path, &st) == 0)
			return vz_err(e, VZ_FS_PRVT_EXIST, EEXIST,
				      "Private area already exists in %s (vzctl destroy %u removes it)",
				      path, ct->id);
	}
	r = find_archive(c, e);
	if (r < 0)
		return r;
	name = vz_conf_get(ct->conf, "NAME");
	if (name && *name) {
		r = vz_name_check(ct, name, e);
		if (r < 0)
			return r;
	}
	if (c->ips) {
		r = vz_ip_check_conflict(ct, c->ips, e);
		if (r < 0)
			return r;
	}

	vz_info("Creating container private area (%s)", vz_conf_get(ct->conf, "OSTEMPLATE"));
	vz_fault("create-start");
	r = reserve(c, e);
	if (r < 0)
		return r;
	vz_fault("create-reserved");
	c->tmp = vz_asprintf("%s.tmp", ct->private_dir);
	if (!c->tmp)
		return nomem(e);
	r = make_tmp(c, e);
	if (r < 0)
		return r;
	vz_fault("create-tmp-made");
	r = fill(c, e);
	if (r < 0)
		return r;
	return publish(c, e);
}

int verb_create(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct create c = { .ct = ctx->ct };
	int r, code = VZ_OK;

	r = parse(&c, ctx->argc, ctx->argv, &e);
	if (r == 0)
		r = create(&c, &e);
	if (r < 0) {
		undo(&c);
		code = vz_fail(&e);
	} else {
		vz_info("Container private area was created");
	}
	vz_conf_free(c.opts);
	vz_strv_free(c.ips);
	free(c.creating);
	free(c.conf_path);
	free(c.tmp);
	free(c.archive);
	return code;
}
