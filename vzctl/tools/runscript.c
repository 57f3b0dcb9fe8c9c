// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl runscript: a file of the host, run by a shell inside.  A stopped
 * container gets its environment, without its init, for as long as the script
 * runs.  The exit code is the script's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lifeint.h"
#include "log.h"
#include "util.h"
#include "verb.h"

#define SCRIPT_MAX (16u << 20)

static int read_script(const char *path, char **ret_text, size_t *ret_len, struct vz_error *e)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return vz_err(e, VZ_SCRIPT_NOT_FOUND, errno, "Unable to read the script %s: %m", path);
	if (!S_ISREG(st.st_mode))
		return vz_err(e, VZ_SCRIPT_NOT_FOUND, EINVAL, "The script %s is not a regular file", path);
	r = vz_read_file_at(AT_FDCWD, path, SCRIPT_MAX, ret_text, ret_len);
	if (r < 0)
		return vz_err(e, VZ_SCRIPT_NOT_FOUND, -r, "Unable to read the script %s: %m", path);
	return 0;
}

/* a descriptor that reads @text from its start */
static int text_fd(const char *text, size_t len)
{
	int fd = memfd_create("script", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = vz_write_all(fd, text, len);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0) {
		vz_close(fd);
		return r;
	}
	return fd;
}

static int run_running(struct vz_verb_ctx *ctx, const char *text, size_t len, int *ret_status,
		       struct vz_error *e)
{
	char *bash[] = { "bash", "-s", NULL };
	char *sh[] = { "sh", "-s", NULL };
	struct vz_spawn s = { .argv = bash, .alt = sh, .dir_home = true };
	_cleanup_close_ int in = text_fd(text, len);
	struct vz_child c;
	int r;

	if (in < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -in, "Unable to pass the script: %m");
	s.fd[0] = in;
	s.fd[1] = STDOUT_FILENO;
	s.fd[2] = STDERR_FILENO;
	r = vz_spawn(ctx->ct, &s, -1, &c, e);
	if (r < 0)
		return r;
	r = vz_proxy(&c, -EBADF, -EBADF, -EBADF, ret_status);
	vz_child_reset(&c);
	return r < 0 ? vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to wait for the script: %m") : 0;
}

int verb_runscript(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *text = NULL;
	struct vz_state st;
	size_t len;
	int r, status = 0;

	if (ctx->argc != 1) {
		vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
		       "runscript takes one file (vzctl runscript <ctid> <script>)");
		return vz_fail(&e);
	}
	if (read_script(ctx->argv[0], &text, &len, &e) < 0 ||
	    vz_state_get(ctx->ct, &st, &e) < 0)
		return vz_fail(&e);
	if (st.ve == VZ_STATE_RUNNING) {
		r = run_running(ctx, text, len, &status, &e);
	} else {
		char *sh[] = { "/bin/sh", "-s", NULL };

		r = vz_env_run_stopped(ctx->ct, sh, NULL, text, 0, &status, &e);
	}
	return r < 0 ? vz_fail(&e) : vz_status_code(status);
}
