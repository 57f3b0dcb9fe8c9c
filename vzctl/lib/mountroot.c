// SPDX-License-Identifier: GPL-2.0
/*
 * VE_PRIVATE on VE_ROOT: a bind mount without device nodes that the host sees
 * as "mounted".  Mounts that scripts put below it come along into the
 * container and go with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctids.h"
#include "lifeint.h"
#include "log.h"
#include "quota.h"
#include "util.h"
#include "verb.h"

bool vz_is_mounted(const struct vz_ct *ct)
{
	struct statx stx;

	if (!ct->root)
		return false;
	return statx(AT_FDCWD, ct->root, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) == 0 &&
	       stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

int vz_root_check(const struct vz_ct *ct, struct vz_error *e)
{
	struct stat st;

	if (!ct->root)
		return vz_err(e, VZ_VE_ROOT_NOTSET, EINVAL, "VE_ROOT is not set; set it in %s or vz.conf", ct->conf_path);
	if (!ct->private_dir)
		return vz_err(e, VZ_VE_PRIVATE_NOTSET, EINVAL, "VE_PRIVATE is not set; set it in %s or vz.conf", ct->conf_path);
	if (stat(ct->private_dir, &st) < 0) {
		if (errno == ENOENT)
			return vz_err(e, VZ_FS_NOPRVT, ENOENT, "Container private area %s does not exist", ct->private_dir);
		return vz_err(e, VZ_FS_NOPRVT, errno, "Container private area %s: %m", ct->private_dir);
	}
	if (!S_ISDIR(st.st_mode))
		return vz_err(e, VZ_FS_NOPRVT, ENOTDIR, "Container private area %s is not a directory", ct->private_dir);
	return 0;
}

static int cannot_mount(const struct vz_ct *ct, struct vz_error *e)
{
	return vz_err(e, VZ_FS_CANTMOUNT, errno, "Unable to mount %s on %s: %m", ct->private_dir, ct->root);
}

/* what is needed before VE_PRIVATE may be mounted anywhere */
static int prepare(const struct vz_ct *ct, struct vz_error *e)
{
	int r;

	r = vz_root_check(ct, e);
	if (r < 0)
		return r;
	r = vz_mkdir_p(ct->root, 0700);
	if (r < 0)
		return vz_err(e, VZ_FS_MPOINTCREATE, -r, "Unable to create the mount point %s: %m", ct->root);
	return 0;
}

/* its files are all its own and count as its own, whoever is to see them */
static int claim(struct vz_ct *ct, struct vz_error *e)
{
	int r = vz_ct_ids_finish(ct, e);

	return r < 0 ? r : vz_ct_quota_on(ct, e);
}

/* VE_PRIVATE as a mount that is nowhere yet, with its flags: nobody ever sees it without */
static int detached(const struct vz_ct *ct, int *ret, struct vz_error *e)
{
	_cleanup_close_ int fd = -EBADF;
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NODEV,
		.propagation = MS_PRIVATE,
	};

	fd = open_tree(AT_FDCWD, ct->private_dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return cannot_mount(ct, e);
	*ret = fd;
	fd = -EBADF;
	return 0;
}

int vz_root_attach(const struct vz_ct *ct, int tree, struct vz_error *e)
{
	if (move_mount(tree, "", AT_FDCWD, ct->root, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return cannot_mount(ct, e);
	return 0;
}

int vz_root_mount(struct vz_ct *ct, struct vz_error *e)
{
	_cleanup_close_ int tree = -EBADF;
	int r;

	r = prepare(ct, e);
	if (r < 0)
		return r;
	r = vz_action_script(ct, "premount", e);
	if (r < 0)
		return r;
	r = claim(ct, e);
	if (r < 0)
		return r;
	vz_fault("start-mount-before");
	r = detached(ct, &tree, e);
	if (r == 0)
		r = vz_root_attach(ct, tree, e);
	if (r < 0)
		return r;
	vz_fault("start-mount-attached");
	r = vz_action_script(ct, "mount", e);
	if (r < 0) {
		umount2(ct->root, MNT_DETACH | UMOUNT_NOFOLLOW);
		return r;
	}
	vz_fault("start-mount-after");
	return 0;
}

int vz_root_take(struct vz_ct *ct, int *ret_tree, bool *ret_ours, struct vz_error *e)
{
	int r;

	*ret_tree = -EBADF;
	*ret_ours = false;
	if (vz_is_mounted(ct))
		return 0;
	*ret_ours = true;
	/* scripts that mount something below VE_ROOT have to find it there */
	if (vz_ct_get_bool(ct, "VE_ROOT_MOUNT", true) || vz_action_scripts(ct))
		return vz_root_mount(ct, e);
	r = prepare(ct, e);
	if (r == 0)
		r = claim(ct, e);
	return r < 0 ? r : detached(ct, ret_tree, e);
}

int vz_root_umount(struct vz_ct *ct, struct vz_error *e)
{
	int r;

	if (!ct->root)
		return vz_err(e, VZ_VE_ROOT_NOTSET, EINVAL, "VE_ROOT is not set; set it in %s or vz.conf", ct->conf_path);
	r = vz_action_script(ct, "umount", e);
	if (r < 0)
		return r;
	vz_fault("stop-umount-before");
	/*
	 * Mounts that scripts made below go along.  A mount may lie on another
	 * one when an earlier mount was cut short, hence the loop.
	 */
	for (int i = 0; i < 16 && vz_is_mounted(ct); i++) {
		if (umount2(ct->root, UMOUNT_NOFOLLOW) < 0 &&
		    umount2(ct->root, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			return vz_err(e, VZ_FS_CANTUMOUNT, errno, "Unable to unmount %s: %m", ct->root);
	}
	vz_fault("stop-umount-after");
	if (vz_action_script(ct, "postumount", e) < 0) {
		vz_warn("%s", e && e->msg ? e->msg : "postumount failed");
		if (e)
			vz_error_reset(e);
	}
	return 0;
}
