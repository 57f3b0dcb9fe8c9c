// SPDX-License-Identifier: GPL-2.0
/*
 * Distribution scripts: what a template's system needs to have written into
 * its files.  /etc/vz/dists/NAME.conf says which script does which action.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "lifeint.h"
#include "log.h"
#include "util.h"

#define SCRIPT_MAX	(1 << 20)

/*
 * The conf of OSTEMPLATE: its name, then without "-part" after "-part" from
 * the end, then default.
 */
static int dist_conf(struct vz_ct *ct, struct vz_conf **ret, char **ret_path, struct vz_error *e)
{
	const char *tmpl = vz_ct_get(ct, "OSTEMPLATE");
	_cleanup_free_ char *name = strdup(tmpl && *tmpl ? tmpl : "default");
	char *base;

	if (!name)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	/* EZ templates of the commercial line begin with a dot; paths are not names */
	base = strrchr(name, '/');
	base = base ? base + 1 : name;
	base += *base == '.';
	for (;;) {
		_cleanup_free_ char *path = vz_path("/etc/vz/dists/%s.conf", base);
		char *dash;

		if (!path)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		if (access(path, R_OK) == 0) {
			int r = vz_conf_load(path, VZ_NO_DISTR_CONF, ret, e);

			if (r < 0)
				return r;
			*ret_path = path;
			path = NULL;
			return 0;
		}
		dash = strrchr(base, '-');
		if (dash) {
			*dash = '\0';
			continue;
		}
		if (strcmp(base, "default") == 0)
			return vz_err(e, VZ_NO_DISTR_CONF, ENOENT,
				      "No distribution configuration for \"%s\", not even %s", tmpl ? tmpl : "", path);
		free(name);
		name = strdup("default");
		if (!name)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		base = name;
	}
}

int vz_dist_text(struct vz_ct *ct, const char *action, char **ret_text, struct vz_error *e)
{
	_cleanup_conf_ struct vz_conf *conf = NULL;
	_cleanup_free_ char *conf_path = NULL, *path = NULL, *funcs = NULL, *text = NULL;
	const char *script;
	int r;

	r = dist_conf(ct, &conf, &conf_path, e);
	if (r < 0)
		return r;
	script = vz_conf_get(conf, action);
	*ret_text = NULL;
	if (!script || !*script)
		return 0;
	path = vz_path("/etc/vz/dists/scripts/%s", script);
	if (!path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	r = vz_read_file_at(AT_FDCWD, path, SCRIPT_MAX, &text, NULL);
	if (r < 0)
		return vz_err(e, VZ_NO_DISTR_ACTION_SCRIPT, -r, "Unable to read %s (%s in %s): %m",
			      path, action, conf_path);
	free(path);
	path = vz_path("/etc/vz/dists/scripts/functions");
	r = path ? vz_read_file_at(AT_FDCWD, path, SCRIPT_MAX, &funcs, NULL) : -ENOMEM;
	if (r < 0 && r != -ENOENT)
		return vz_err(e, VZ_NO_DISTR_ACTION_SCRIPT, -r, "Unable to read the dist functions: %m");
	*ret_text = vz_asprintf("%s\n%s\n", funcs ? funcs : "", text);
	return *ret_text ? 0 : vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

/* POST_CREATE runs on the host, in a shell of its own */
static int run_on_host(const char *text, char *const env[], int *ret_status)
{
	_cleanup_close_ int fd = memfd_create("vz-script", MFD_CLOEXEC);
	pid_t pid;

	if (fd < 0)
		return -errno;
	if (vz_write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -EIO;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		vz_reset_signals();
		if (dup2(fd, 0) < 0)
			_exit(127);
		close_range(3, ~0U, 0);
		execve("/bin/bash", (char *[]){ "bash", NULL }, env);
		_exit(127);
	}
	return vz_wait_child(pid, ret_status);
}

/*
 * The shell that runs it is the container's: it may ignore every signal but
 * SIGKILL, and nobody waits for it longer than VZ_DIST_SECONDS.
 */
static int run_in_ct(struct vz_ct *ct, const char *text, char *const env[], int *ret_status,
		     struct vz_error *e)
{
	_cleanup_close_ int fd = memfd_create("vz-script", MFD_CLOEXEC);
	char *bash[] = { "/bin/bash", NULL }, *sh[] = { "/bin/sh", NULL };
	struct vz_spawn s = { .argv = bash, .alt = sh, .envv = env, .fd = { fd, -EBADF, -EBADF } };
	struct pollfd p = { .events = POLLIN };
	struct vz_child c;
	int r, n;

	if (fd < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "%m");
	if (vz_write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, EIO, "%m");
	r = vz_spawn(ct, &s, VZ_DIST_SECONDS * 1000, &c, e);
	if (r < 0)
		return r;
	p.fd = c.pidfd;
	do {
		n = poll(&p, 1, VZ_DIST_SECONDS * 1000);
	} while (n < 0 && errno == EINTR && !vz_interrupted);
	if (n <= 0)
		syscall(SYS_pidfd_send_signal, c.pidfd, SIGKILL, NULL, 0);
	r = vz_pidfd_wait(c.pidfd, ret_status);
	vz_child_reset(&c);
	if (n < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, EINTR, "Interrupted");
	if (n == 0)
		vz_warn("A distribution script in the container did not end within %d seconds and was killed",
			VZ_DIST_SECONDS);
	return r < 0 ? vz_err(e, VZ_SYSTEM_ERROR, -r, "%m") : 0;
}

/* the name in the kernel; the script then writes it into files */
static int set_hostname(const struct vz_ct *ct, char *const env[], struct vz_error *e)
{
	_cleanup_close_ int pidfd = -EBADF, own = -EBADF;
	const char *name = NULL;
	int r;

	for (char *const *p = env; p && *p; p++) {
		if (strncmp(*p, "HOSTNM=", 7) == 0)
			name = *p + 7;
	}
	if (!name || !*name)
		return 0;
	r = vz_init_pidfd(ct, &pidfd, e);
	if (r < 0)
		return r;
	own = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	if (own < 0 || setns(pidfd, CLONE_NEWUTS) < 0)
		return vz_err(e, VZ_SET_HOSTNAME_ERROR, errno, "Unable to reach the container: %m");
	r = sethostname(name, strlen(name)) < 0 ? -errno : 0;
	if (setns(own, CLONE_NEWUTS) < 0)
		_exit(VZ_SYSTEM_ERROR);
	return r < 0 ? vz_err(e, VZ_SET_HOSTNAME_ERROR, -r, "Unable to set the host name %s: %m", name) : 0;
}

int vz_dist_env(const struct vz_ct *ct, char ***env)
{
	_cleanup_free_ char *id = vz_asprintf("VEID=%u", ct->id);
	bool mask = vz_ct_get_bool(ct, "USE_VENET_MASK", false);
	const char *name = vz_ct_get(ct, "VENET_NAME");
	_cleanup_free_ char *dev = name && *name ? vz_asprintf("VENET_NAME=%s", name) : NULL;

	if (!id || (name && *name && !dev))
		return -ENOMEM;
	if (dev && vz_strv_add(env, dev) < 0)
		return -ENOMEM;
	if (vz_strv_add(env, id) < 0)
		return -ENOMEM;
	return vz_strv_add(env, mask ? "USE_VENET_MASK=yes" : "USE_VENET_MASK=no");
}

int vz_dist_run(struct vz_ct *ct, const char *action, char *const env[], int fail_code,
		struct vz_error *e)
{
	bool host = strcmp(action, "POST_CREATE") == 0;
	_cleanup_strv_ char **envv = NULL;
	_cleanup_free_ char *text = NULL;
	int status = 0, r;

	if (strcmp(action, "SET_HOSTNAME") == 0) {
		r = set_hostname(ct, env, e);
		if (r < 0)
			return r;
	}
	r = vz_dist_text(ct, action, &text, e);
	if (r < 0 || !text)
		return r;
	if (vz_strv_add(&envv, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	for (char *const *p = env; p && *p; p++) {
		if (vz_strv_add(&envv, *p) < 0)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	}
	if (vz_dist_env(ct, &envv) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	if (!host)
		vz_dist_stamp_drop(ct);
	if (host) {
		r = run_on_host(text, envv, &status);
		if (r < 0)
			vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to run the script for %s: %m", action);
	} else {
		r = run_in_ct(ct, text, envv, &status, e);
	}
	if (r < 0)
		return r;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return vz_err(e, fail_code, EIO, "The distribution script for %s failed: %s %d", action,
			      WIFEXITED(status) ? "exit status" : "signal",
			      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}
