// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl quotainit, quotaon, quotaoff: the disk quota of a container by hand.
 * Without a container at work they do what mount does before it mounts.
 */
#include <errno.h>

#include "error.h"
#include "lifeint.h"
#include "log.h"
#include "quota.h"
#include "verb.h"

static int no_arguments(struct vz_verb_ctx *ctx, const char *verb, struct vz_error *e)
{
	if (!ctx->argc)
		return 0;
	return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL, "Unexpected argument: \"%s\" (vzctl %s <ctid>)",
		      ctx->argv[0], verb);
}

int verb_quotaon(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };

	if (no_arguments(ctx, "quotaon", &e) < 0 || vz_root_check(ctx->ct, &e) < 0 ||
	    vz_ct_quota_on(ctx->ct, &e) < 0)
		return vz_fail(&e);
	return VZ_OK;
}

int verb_quotaoff(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };

	if (no_arguments(ctx, "quotaoff", &e) < 0 || vz_root_check(ctx->ct, &e) < 0 ||
	    vz_ct_quota_off(ctx->ct, &e) < 0)
		return vz_fail(&e);
	return VZ_OK;
}

/* all of the private area into its project, whatever its top says */
int verb_quotainit(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_state st;

	if (no_arguments(ctx, "quotainit", &e) < 0 || vz_root_check(ctx->ct, &e) < 0 ||
	    vz_state_get(ctx->ct, &st, &e) < 0)
		return vz_fail(&e);
	if (st.ve != VZ_STATE_STOPPED) {
		vz_err(&e, VZ_VE_RUNNING, EBUSY, "Container is currently running. Stop it first.");
		return vz_fail(&e);
	}
	if (vz_ct_quota_init(ctx->ct, &e) < 0)
		return vz_fail(&e);
	return VZ_OK;
}
