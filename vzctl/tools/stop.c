// SPDX-License-Identifier: GPL-2.0
/* vzctl stop: options; vz_ct_stop() does the work. */
#include <errno.h>
#include <string.h>

#include "life.h"
#include "log.h"
#include "util.h"
#include "verb.h"

int verb_stop(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_stop_opts o = { 0 };

	for (int i = 0; i < ctx->argc; i++) {
		const char *a = ctx->argv[i];

		if (strcmp(a, "--fast") == 0) {
			o.fast = true;
		} else if (strcmp(a, "--skip-umount") == 0) {
			o.skip_umount = true;
		} else {
			vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			       "Unexpected argument: \"%s\" (vzctl stop <ctid> [--fast] [--skip-umount])", a);
			return vz_fail(&e);
		}
	}
	return vz_ct_stop(ctx->ct, &o, &e) < 0 ? vz_fail(&e) : VZ_OK;
}
