// SPDX-License-Identifier: GPL-2.0
/* vzctl status: one line that scripts parse, exit code 0 whatever it says. */
#include <stdio.h>
#include <unistd.h>

#include "life.h"
#include "log.h"
#include "util.h"
#include "verb.h"

int verb_status(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *dir = NULL, *dump = NULL;
	struct vz_state st;

	if (ctx->argc) {
		vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, 0, "Unexpected argument: \"%s\" (vzctl status <ctid>)",
		       ctx->argv[0]);
		return vz_fail(&e);
	}
	if (vz_state_get(ctx->ct, &st, &e) < 0)
		return vz_fail(&e);
	dir = vz_ct_get_path(ctx->ct, "DUMPDIR");
	dump = vz_path("%s/Dump.%u", dir ? dir : "/vz/dump", ctx->ct->id);
	printf("CTID %u %s %s %s%s\n", ctx->ct->id,
	       st.exists ? "exist" : "deleted",
	       st.mounted || st.ve == VZ_STATE_RUNNING ? "mounted" : "unmounted",
	       st.ve == VZ_STATE_RUNNING ? "running" : "down",
	       st.exists && st.ve != VZ_STATE_RUNNING && dump && access(dump, F_OK) == 0 ?
	       " suspended" : "");
	return VZ_OK;
}
