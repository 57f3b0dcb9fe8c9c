// SPDX-License-Identifier: GPL-2.0
/* vzctl start: options; vz_ct_start() does the work. */
#include <errno.h>
#include <string.h>

#include "life.h"
#include "log.h"
#include "util.h"
#include "verb.h"

int verb_start(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_start_opts o = { 0 };

	for (int i = 0; i < ctx->argc; i++) {
		const char *a = ctx->argv[i];

		if (strcmp(a, "--force") == 0) {
			o.force = true;
		} else if (strcmp(a, "--wait") == 0) {
			o.wait = true;
		} else if (strcmp(a, "--skip-fsck") && strcmp(a, "--skip-remount")) {
			vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			       "Unexpected argument: \"%s\" (vzctl start <ctid> [--force] [--wait])", a);
			return vz_fail(&e);
		}
	}
	return vz_ct_start(ctx->ct, &o, &e) < 0 ? vz_fail(&e) : VZ_OK;
}
