// SPDX-License-Identifier: GPL-2.0
/* Action scripts: vps.NAME and CTID.NAME beside the configuration files. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lifeint.h"
#include "log.h"
#include "util.h"

#define SCRIPT_MAX	(1 << 20)

static char *conf_dir(const struct vz_ct *ct)
{
	char *dir = strdup(ct->conf_path), *slash = dir ? strrchr(dir, '/') : NULL;

	if (slash)
		*slash = '\0';
	return dir;
}

int vz_ct_script_text(const struct vz_ct *ct, const char *name, char **ret, struct vz_error *e)
{
	_cleanup_free_ char *dir = conf_dir(ct), *path = NULL;
	int r;

	path = dir ? vz_asprintf("%s/%u.%s", dir, ct->id, name) : NULL;
	if (!path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	*ret = NULL;
	r = vz_read_file_at(AT_FDCWD, path, SCRIPT_MAX, ret, NULL);
	if (r < 0 && r != -ENOENT)
		return vz_err(e, VZ_ACTIONSCRIPT_ERROR, -r, "Unable to read %s: %m", path);
	return 0;
}

static int run(const char *path, char *const envv[], int *ret_status)
{
	char *argv[] = { (char *)path, NULL };
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		vz_reset_signals();
		if (null >= 0 && null != 0)
			dup2(null, 0);
		close_range(3, ~0U, 0);
		execve(path, argv, envv);
		/* no #! line */
		if (errno == ENOEXEC) {
			char *sh[] = { "/bin/sh", (char *)path, NULL };

			execve(sh[0], sh, envv);
		}
		_exit(127);
	}
	return vz_wait_child(pid, ret_status);
}

bool vz_action_scripts(const struct vz_ct *ct)
{
	static const char *const names[] = { "premount", "mount", "umount", "postumount" };
	_cleanup_free_ char *dir = conf_dir(ct);

	for (size_t i = 0; dir && i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *own = vz_asprintf("%s/%u.%s", dir, ct->id, names[i]);
		_cleanup_free_ char *all = vz_asprintf("%s/vps.%s", dir, names[i]);

		if (!own || !all || access(own, F_OK) == 0 || access(all, F_OK) == 0)
			return true;
	}
	return !dir;
}

int vz_action_script(struct vz_ct *ct, const char *name, struct vz_error *e)
{
	bool own_first = strcmp(name, "umount") == 0 || strcmp(name, "postumount") == 0;
	_cleanup_free_ char *dir = conf_dir(ct), *veid = NULL, *conffile = NULL;

	if (!dir)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *path = NULL;
		int status = 0, r;

		path = (i == 0) == own_first ? vz_asprintf("%s/%u.%s", dir, ct->id, name) :
		       vz_asprintf("%s/vps.%s", dir, name);
		if (!path)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		if (access(path, F_OK) < 0)
			continue;
		if (access(path, X_OK) < 0)
			return vz_err(e, VZ_ACTIONSCRIPT_ERROR, EACCES,
				      "Unable to run the action script %s: %m; make it executable", path);
		if (!veid)
			veid = vz_asprintf("VEID=%u", ct->id);
		if (!conffile)
			conffile = vz_asprintf("VE_CONFFILE=%s", ct->conf_path);
		if (!veid || !conffile)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		r = run(path, (char *const[]){ veid, conffile,
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"HOME=/", "TERM=linux", NULL }, &status);
		if (r < 0)
			return vz_err(e, VZ_ACTIONSCRIPT_ERROR, -r, "Unable to run %s: %m", path);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			return vz_err(e, VZ_ACTIONSCRIPT_ERROR, EIO, "Action script %s failed: %s %d", path,
				      WIFEXITED(status) ? "exit status" : "signal",
				      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	}
	return 0;
}
