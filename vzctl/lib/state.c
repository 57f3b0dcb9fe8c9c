// SPDX-License-Identifier: GPL-2.0
/* What state a container is in: the kernel is asked, nothing is remembered. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lifeint.h"
#include "util.h"

int vz_kernel_check(struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path("/proc/vz");
	struct stat st;

	if (!path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	if (stat(path, &st) < 0)
		return vz_err(e, VZ_BAD_KERNEL, ENOSYS,
			      "The running kernel has no container support (/proc/vz is missing); boot the vz kernel");
	return 0;
}

int vz_state_get(const struct vz_ct *ct, struct vz_state *ret, struct vz_error *e)
{
	_cleanup_error_ struct vz_error ignored = { 0 };
	_cleanup_close_ int cgfd = -EBADF;
	struct vz_state st = { 0 };
	struct vz_ve_events ev;
	int r;

	st.exists = (ct->conf || ct->broken) && ct->private_dir && access(ct->private_dir, F_OK) == 0;
	st.mounted = vz_is_mounted(ct);

	r = vz_cgroup_open(ct->id, &cgfd, &ignored);
	if (r == 0) {
		st.cgroup = true;
		r = vz_cgroup_events(cgfd, &ev);
		if (r == 0) {
			st.ve = ev.state;
			st.reason = ev.reason;
			st.tasks = ev.tasks;
			if (vz_cgroup_init_pid(cgfd, &st.init) < 0)
				st.init = 0;
		} else if (r != -ENOENT && r != -ENODEV) {
			return vz_err(e, VZ_SYSTEM_ERROR, -r,
				      "Unable to read the state of the container: %m");
		}
	} else if (r != -ENOENT && r != -ENOSYS) {
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "%s", ignored.msg ? ignored.msg : "Unable to open the cgroup");
	}
	*ret = st;
	return 0;
}
