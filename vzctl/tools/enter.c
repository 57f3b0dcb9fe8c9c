// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl enter: a login shell inside a running container, on a terminal of the
 * container's own; vz_proxy_tty() stands between it and the caller's.
 */
#include <errno.h>
#include <string.h>

#include "lifeint.h"
#include "log.h"
#include "util.h"
#include "verb.h"

#define SPAWN_MS 60000	/* a frozen container must not keep the terminal */

/* [--exec COMMAND…] -> the command or NULL */
static int parse(struct vz_verb_ctx *ctx, char **ret_cmd, struct vz_error *e)
{
	*ret_cmd = NULL;
	if (!ctx->argc)
		return 0;
	if (strcmp(ctx->argv[0], "--exec"))
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "Unexpected argument: \"%s\" (vzctl enter <ctid> [--exec <command>])",
			      ctx->argv[0]);
	if (ctx->argc == 1)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "--exec needs a command (vzctl enter <ctid> --exec <command>)");
	*ret_cmd = vz_strv_join(ctx->argv + 1, " ");
	return *ret_cmd ? 0 : vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

int verb_enter(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *cmd = NULL, *bash_text = NULL, *sh_text = NULL;
	char *bash[] = { "bash", "-l", NULL, NULL };
	char *sh[] = { "sh", "-l", NULL, NULL };
	struct vz_spawn s = {
		.argv = bash, .alt = sh, .fd = { -EBADF, -EBADF, -EBADF },
		.tty = true, .dir_home = true,
	};
	struct vz_child c;
	int r, status;

	if (parse(ctx, &cmd, &e) < 0)
		return vz_fail(&e);
	if (cmd) {
		bash_text = vz_asprintf("%s\nexec bash -l", cmd);
		sh_text = vz_asprintf("%s\nexec sh -l", cmd);
		if (!bash_text || !sh_text) {
			vz_err(&e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
			return vz_fail(&e);
		}
		bash[1] = sh[1] = "-c";
		bash[2] = bash_text;
		sh[2] = sh_text;
	}
	r = vz_spawn(ctx->ct, &s, SPAWN_MS, &c, &e);
	if (r < 0) {
		vz_err_ctx(&e, "enter into CT %u failed", ctx->ct->id);
		return vz_fail(&e);
	}
	vz_info("entered into CT %u", ctx->ct->id);
	r = vz_proxy_tty(&c, &status);
	vz_child_reset(&c);
	vz_info("exited from CT %u", ctx->ct->id);
	if (r < 0) {
		vz_err(&e, VZ_SYSTEM_ERROR, -r, "Unable to wait for the shell: %m");
		return vz_fail(&e);
	}
	return vz_status_code(status);
}
