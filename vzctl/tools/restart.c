// SPDX-License-Identifier: GPL-2.0
/* vzctl restart: stop if it runs, then start, with the options of both. */
#include <errno.h>
#include <string.h>

#include "life.h"
#include "log.h"
#include "util.h"
#include "verb.h"

int verb_restart(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_start_opts start = { 0 };
	struct vz_stop_opts stop = { 0 };
	struct vz_state st;

	for (int i = 0; i < ctx->argc; i++) {
		const char *a = ctx->argv[i];

		if (strcmp(a, "--force") == 0) {
			start.force = true;
		} else if (strcmp(a, "--wait") == 0) {
			start.wait = true;
		} else if (strcmp(a, "--fast") == 0) {
			stop.fast = true;
		} else if (strcmp(a, "--skip-umount") && strcmp(a, "--skip-fsck") &&
			   strcmp(a, "--skip-remount")) {
			vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			       "Unexpected argument: \"%s\" (vzctl restart <ctid> [--force] [--wait] [--fast])", a);
			return vz_fail(&e);
		}
	}
	if (vz_ct_get_bool(ctx->ct, "DISABLED", false) && !start.force) {
		vz_err(&e, VZ_VE_START_DISABLED, EPERM,
		       "Container start disabled (use --force, or set --disabled no); it was not stopped");
		return vz_fail(&e);
	}
	vz_info("Restarting container");
	if (vz_state_get(ctx->ct, &st, &e) < 0)
		return vz_fail(&e);
	if (st.ve != VZ_STATE_STOPPED && vz_ct_stop(ctx->ct, &stop, &e) < 0)
		return vz_fail(&e);
	return vz_ct_start(ctx->ct, &start, &e) < 0 ? vz_fail(&e) : VZ_OK;
}
