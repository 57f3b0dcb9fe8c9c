// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl tidy: remove what an interrupted create of this container, or a
 * removal that was cut short, left on the disk; run by vz-host at boot.
 * `vzctl tidy 0` is for removals only.
 */
#include <errno.h>

#include "create.h"
#include "error.h"
#include "log.h"
#include "rmtree.h"
#include "util.h"
#include "verb.h"

int verb_tidy(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	int found = 0;

	if (ctx->argc) {
		vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL, "Bad parameter for tidy: %s", ctx->argv[0]);
		return vz_fail(&e);
	}
	if (ctx->ct->id && vz_create_recover(ctx->ct, &found, &e) < 0)
		return vz_fail(&e);
	if (found)
		vz_info("Removed what an interrupted create of this container left");
	if (ctx->ct->private_dir)
		vz_trash_empty(ctx->ct->private_dir);
	return VZ_OK;
}
