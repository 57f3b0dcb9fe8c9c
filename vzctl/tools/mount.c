// SPDX-License-Identifier: GPL-2.0
/* vzctl mount and umount: the file system of a container without the container. */
#include <errno.h>
#include <string.h>

#include "lifeint.h"
#include "log.h"
#include "util.h"
#include "verb.h"

static int parse(struct vz_verb_ctx *ctx, const char *verb, bool mount, struct vz_error *e)
{
	for (int i = 0; i < ctx->argc; i++) {
		/* they concern images; there is nothing to check or to remount here */
		if (mount && (strcmp(ctx->argv[i], "--skip-fsck") == 0 ||
			      strcmp(ctx->argv[i], "--skip-remount") == 0))
			continue;
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "Unexpected argument: \"%s\" (vzctl %s <ctid>)", ctx->argv[i], verb);
	}
	return 0;
}

int verb_mount(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_state st;

	if (parse(ctx, "mount", true, &e) < 0 || vz_state_get(ctx->ct, &st, &e) < 0)
		return vz_fail(&e);
	if (st.mounted) {
		vz_info("Container is already mounted");
		return VZ_OK;
	}
	if (vz_root_mount(ctx->ct, &e) < 0)
		return vz_fail(&e);
	vz_info("Container is mounted");
	return VZ_OK;
}

int verb_umount(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_state st;

	if (parse(ctx, "umount", false, &e) < 0 || vz_state_get(ctx->ct, &st, &e) < 0)
		return vz_fail(&e);
	if (st.ve != VZ_STATE_STOPPED) {
		vz_err(&e, VZ_VE_RUNNING, EBUSY, "Container is currently running. Stop it first.");
		return vz_fail(&e);
	}
	if (!st.mounted) {
		vz_err(&e, VZ_FS_NOT_MOUNTED, EINVAL, "Container is not mounted");
		return vz_fail(&e);
	}
	if (st.cgroup)	/* with what else a stop that was cut short left */
		return vz_ct_cleanup(ctx->ct, false, &e) < 0 ? vz_fail(&e) : VZ_OK;
	if (vz_root_umount(ctx->ct, &e) < 0)
		return vz_fail(&e);
	vz_info("Container is unmounted");
	return VZ_OK;
}
