// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl exec, exec2 and exec3: a command inside a running container.
 *
 * exec and exec2 give the words, joined by blanks, to a shell inside; exec3
 * passes them as they are.  exec turns every failure of the command into one
 * exit code, the others return the command's own.
 *
 * Standard descriptors are handed over as they are, but for terminals: a
 * process that stays behind in the container would go on reading the
 * administrator's keys.  There is a pipe in the place of each.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lifeint.h"
#include "log.h"
#include "util.h"
#include "verb.h"

/* a pipe where @fd is a terminal: @ret_child for the command, @ret_own for us */
static int away_from_tty(int fd, int *ret_child, int *ret_own)
{
	int p[2];

	if (!isatty(fd)) {
		*ret_child = fd;
		*ret_own = -EBADF;
		return 0;
	}
	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	*ret_child = p[fd != STDIN_FILENO];
	*ret_own = p[fd == STDIN_FILENO];
	return 0;
}

static int run_inside(struct vz_verb_ctx *ctx, char *const argv[], char *const alt[],
		      int *ret_status, struct vz_error *e)
{
	struct vz_spawn s = { .argv = argv, .alt = alt, .dir_home = true };
	struct vz_child c = { .pidfd = -EBADF, .tty = -EBADF };
	int own[3] = { -EBADF, -EBADF, -EBADF };
	int r;

	for (int i = 0; i < 3; i++) {
		r = away_from_tty(i, &s.fd[i], &own[i]);
		if (r < 0)
			return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to make a pipe: %m");
	}
	r = vz_spawn(ctx->ct, &s, -1, &c, e);
	if (r < 0)
		return r;
	for (int i = 0; i < 3; i++) {
		if (own[i] >= 0)
			vz_close(s.fd[i]);
	}
	r = vz_proxy(&c, own[0], own[1], own[2], ret_status);
	vz_child_reset(&c);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to wait for the command: %m");
	return 0;
}

/* the shell's command line for the words after the CTID; "-" reads commands */
static int exec_shell(struct vz_verb_ctx *ctx, int *ret_status, struct vz_error *e)
{
	bool from_stdin = ctx->argc == 1 && strcmp(ctx->argv[0], "-") == 0;
	_cleanup_free_ char *text = NULL;
	char *bash[] = { "bash", "-c", NULL, NULL };
	char *sh[] = { "sh", "-c", NULL, NULL };

	if (from_stdin) {
		bash[1] = sh[1] = "-s";
	} else {
		text = vz_strv_join(ctx->argv, " ");
		if (!text)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		bash[2] = sh[2] = text;
	}
	return run_inside(ctx, bash, sh, ret_status, e);
}

static int need_command(struct vz_verb_ctx *ctx, const char *verb, struct vz_error *e)
{
	if (ctx->argc)
		return 0;
	return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
		      "No command given (vzctl %s <ctid> <command>)", verb);
}

int verb_exec(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	int status;

	if (need_command(ctx, "exec", &e) < 0 || exec_shell(ctx, &status, &e) < 0)
		return vz_fail(&e);
	return status ? VZ_COMMAND_EXECUTION_ERROR : VZ_OK;
}

int verb_exec2(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	int status;

	if (need_command(ctx, "exec2", &e) < 0 || exec_shell(ctx, &status, &e) < 0)
		return vz_fail(&e);
	return vz_status_code(status);
}

int verb_exec3(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	int status;

	if (need_command(ctx, "exec3", &e) < 0 ||
	    run_inside(ctx, ctx->argv, NULL, &status, &e) < 0)
		return vz_fail(&e);
	return vz_status_code(status);
}
