// SPDX-License-Identifier: GPL-2.0
/* Error objects; see error.h for what callers may rely on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"

int vz_err(struct vz_error *e, int code, int err, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	if (err <= 0)
		err = err < 0 ? -err : EINVAL;
	if (!e)
		return -err;

	/* formatted before the old text goes, which may be an argument */
	va_start(ap, fmt);
	errno = err;	/* for %m */
	if (vasprintf(&msg, fmt, ap) < 0)
		msg = NULL;
	va_end(ap);

	free(e->msg);
	e->msg = msg;
	e->code = code ? code : VZ_SYSTEM_ERROR;
	e->err = err;
	return -err;
}

void vz_err_ctx(struct vz_error *e, const char *fmt, ...)
{
	va_list ap;
	char *ctx, *msg;
	int r;

	if (!e)
		return;
	va_start(ap, fmt);
	r = vasprintf(&ctx, fmt, ap);
	va_end(ap);
	if (r < 0)
		return;
	if (e->msg && asprintf(&msg, "%s: %s", ctx, e->msg) >= 0) {
		free(e->msg);
		e->msg = msg;
		free(ctx);
	} else if (!e->msg) {
		e->msg = ctx;
	} else {
		free(ctx);
	}
}

void vz_error_reset(struct vz_error *e)
{
	if (!e)
		return;
	free(e->msg);
	*e = (struct vz_error){ 0 };
}
