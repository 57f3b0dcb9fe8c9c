// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl destroy: remove a container.
 *
 * The private area is renamed away first and removed in the background; the
 * configuration goes last, so a destroy that is interrupted can be repeated.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "create.h"
#include "lifeint.h"
#include "lock.h"
#include "log.h"
#include "netif.h"
#include "quota.h"
#include "rmtree.h"
#include "util.h"
#include "verb.h"

/* kept as CTID.NAME.destroyed beside the configuration */
static const char *const scripts[] = {
	"premount", "mount", "start", "stop", "umount", "postumount",
};

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

static int check_state(struct vz_ct *ct, struct vz_error *e)
{
	struct vz_state st;
	int r;

	r = vz_state_get(ct, &st, e);
	if (r < 0)
		return r;
	if (st.ve != VZ_STATE_STOPPED)
		return vz_err(e, VZ_VE_RUNNING, EBUSY,
			      "Container is currently running. Stop it first.");
	if (st.mounted)
		return vz_err(e, VZ_FS_MOUNTED, EBUSY,
			      "Container is currently mounted (umount first)");
	/* what a start or stop that was cut short left */
	if (st.cgroup)
		return vz_ct_cleanup(ct, true, e);
	vz_netdev_cleanup(ct);
	return 0;
}

static int destroy_private(struct vz_ct *ct, struct vz_error *e)
{
	struct stat st;
	int r;

	if (lstat(ct->private_dir, &st) < 0) {
		if (errno != ENOENT)
			return vz_err(e, VZ_FS_DEL_PRVT, errno, "Unable to look at %s: %m", ct->private_dir);
		vz_warn("Container private area %s does not exist", ct->private_dir);
		return 0;
	}
	vz_info("Destroying container private area: %s", ct->private_dir);
	/* what is left of it later must not be short of room for a new one of this id */
	if (S_ISDIR(st.st_mode) && vz_ct_get_bool(ct, "DISK_QUOTA", true)) {
		_cleanup_error_ struct vz_error ignored = { 0 };

		vz_ct_quota_off(ct, &ignored);
	}
	if (S_ISDIR(st.st_mode))
		vz_ct_quota_off_ids(ct);
	if (S_ISLNK(st.st_mode)) {	/* the administrator's: what it points to stays */
		if (unlink(ct->private_dir) < 0 && errno != ENOENT)
			return vz_err(e, VZ_FS_DEL_PRVT, errno, "Unable to delete the link %s: %m", ct->private_dir);
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return vz_err(e, VZ_FS_DEL_PRVT, ENOTDIR,
			      "%s is not a directory: check VE_PRIVATE", ct->private_dir);
	r = vz_trash(ct->private_dir, e);
	if (r < 0)
		return r;
	vz_fault("destroy-private-gone");
	return 0;
}

/* @path to @path.destroyed, over an older one; nothing is fine */
static int retire(const char *path, struct vz_error *e)
{
	_cleanup_free_ char *to = vz_asprintf("%s.destroyed", path);

	if (!to)
		return nomem(e);
	if (rename(path, to) < 0 && errno != ENOENT)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to rename %s to %s: %m", path, to);
	return 0;
}

static int retire_conf(struct vz_ct *ct, struct vz_error *e)
{
	size_t stem = strlen(ct->conf_path) - strlen(".conf");
	_cleanup_free_ char *dump_dir = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		_cleanup_free_ char *path = vz_asprintf("%.*s.%s", (int)stem, ct->conf_path, scripts[i]);

		if (!path)
			return nomem(e);
		r = retire(path, e);
		if (r < 0)
			return r;
	}
	dump_dir = vz_ct_get_path(ct, "DUMPDIR");
	if (dump_dir) {
		_cleanup_free_ char *dump = vz_path("%s/Dump.%u", dump_dir, ct->id);

		if (dump && unlink(dump) < 0 && errno != ENOENT)
			vz_warn("Unable to delete %s: %s", dump, strerror(errno));
	}
	vz_ct_quota_forget(ct->id);
	vz_fault("destroy-before-conf");
	return retire(ct->conf_path, e);
}

static int remove_name(struct vz_ct *ct, struct vz_error *e)
{
	_cleanup_lock_ struct vz_lock *names = NULL;
	int r;

	if (!ct->name)
		return 0;
	r = vz_lock_named(ct->global, "names", &names, e);
	if (r < 0)
		return r;
	r = vz_name_remove(ct);
	if (r < 0)
		vz_warn("Unable to delete the name %s: %s", ct->name, strerror(-r));
	return 0;
}

static int destroy(struct vz_ct *ct, struct vz_error *e)
{
	struct stat st;
	int found, r;

	r = vz_create_recover(ct, &found, e);
	if (r < 0)
		return r;
	if (!ct->conf) {
		/* a private area without a configuration: an old one, or copied by hand */
		if (!ct->private_dir || lstat(ct->private_dir, &st) < 0) {
			if (found)
				return 0;
			return vz_err(e, VZ_CONFIG_NOT_FOUND, ENOENT,
				      "Container config file does not exist (%s)", ct->conf_path);
		}
	}
	if (!ct->private_dir)
		return vz_err(e, VZ_VE_PRIVATE_NOTSET, EINVAL, "VE_PRIVATE is not set in %s", ct->conf_path);
	if (!ct->root)
		return vz_err(e, VZ_VE_ROOT_NOTSET, EINVAL, "VE_ROOT is not set in %s", ct->conf_path);
	r = check_state(ct, e);
	if (r < 0)
		return r;
	vz_fault("destroy-start");
	r = destroy_private(ct, e);
	if (r < 0)
		return r;
	if (rmdir(ct->root) < 0 && errno != ENOENT)
		vz_warn("Unable to delete %s: %s", ct->root, strerror(errno));
	r = remove_name(ct, e);
	if (r == 0)
		r = retire_conf(ct, e);
	return r;
}

int verb_destroy(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_ct *ct = ctx->ct;

	if (ctx->argc) {
		vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL, "Bad parameter for destroy: %s", ctx->argv[0]);
		return vz_fail(&e);
	}
	if (destroy(ct, &e) < 0)
		return vz_fail(&e);
	vz_fault("destroy-done");
	if (ct->private_dir)
		vz_trash_empty(ct->private_dir);
	vz_info("Container private area was destroyed");
	return VZ_OK;
}
