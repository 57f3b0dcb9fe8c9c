// SPDX-License-Identifier: GPL-2.0
/* Steps that a process takes on its way into a container; see lifeint.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lifeint.h"
#include "util.h"

pid_t vz_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd)
{
	int pidfd = -EBADF;
	struct clone_args a = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long r;

	if (cgroup_fd >= 0) {
		a.flags |= CLONE_INTO_CGROUP;
		a.cgroup = (uint64_t)cgroup_fd;
	}
	r = syscall(SYS_clone3, &a, sizeof(a));
	if (r < 0)
		return -errno;
	if (r > 0)
		*ret_pidfd = pidfd;
	return (pid_t)r;
}

int vz_fds_keep(int *fds, size_t n)
{
	/* first out of the way of the targets, then into place */
	for (size_t i = 0; i < n; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, (int)(3 + n));

		if (fd < 0)
			return -errno;
		fds[i] = fd;
	}
	for (size_t i = 0; i < n; i++) {
		if (dup3(fds[i], (int)(3 + i), O_CLOEXEC) < 0)
			return -errno;
		fds[i] = (int)(3 + i);
	}
	return close_range((unsigned int)(3 + n), ~0U, 0) < 0 ? -errno : 0;
}

int vz_become_root(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return -errno;
	return 0;
}

void vz_sane_rlimits(pid_t pid)
{
	static const struct {
		int what;
		struct rlimit r;
	} limits[] = {
		{ RLIMIT_AS,		{ RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_CORE,		{ 0, RLIM_INFINITY } },
		{ RLIMIT_CPU,		{ RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_DATA,		{ RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_FSIZE,		{ RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_MEMLOCK,	{ 8 << 20, 8 << 20 } },
		{ RLIMIT_MSGQUEUE,	{ 819200, 819200 } },
		{ RLIMIT_NICE,		{ 0, 0 } },
		{ RLIMIT_NOFILE,	{ 1024, 524288 } },
		{ RLIMIT_NPROC,		{ RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_RTPRIO,	{ 0, 0 } },
		{ RLIMIT_RTTIME,	{ RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_STACK,		{ 8 << 20, RLIM_INFINITY } },
	};

	char path[40];
	cpu_set_t all;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		prlimit(pid, limits[i].what, &limits[i].r, NULL);
	/* nor does `nice vzctl start` or `taskset` stay with it for life */
	sched_setscheduler(pid, SCHED_OTHER, &(struct sched_param){ 0 });
	setpriority(PRIO_PROCESS, (id_t)pid, 0);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(pid, sizeof(all), &all);
	syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, pid, 0);
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	else
		strcpy(path, "/proc/self/oom_score_adj");
	vz_write_file_at(AT_FDCWD, path, "0", 1);
}

void vz_reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < 65; s++)
		sigaction(s, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- capabilities ------------------------------------------------------------ */

static const char *const cap_names[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid",
	"setuid", "setpcap", "linux_immutable", "net_bind_service", "net_broadcast",
	"net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio",
	"sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
	"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write",
	"audit_control", "setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm",
	"block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
};

#define CAP_BIT(x) (1ULL << (x))
/* these act on the machine and mean nothing in a user namespace: programs ask before they try */
#define CAPS_DROP (CAP_BIT(CAP_SYS_MODULE) | CAP_BIT(CAP_SYS_RAWIO) | CAP_BIT(CAP_SYS_PACCT) |	\
		   CAP_BIT(CAP_SYS_TIME) | CAP_BIT(CAP_AUDIT_CONTROL) | CAP_BIT(CAP_AUDIT_READ) |	\
		   CAP_BIT(CAP_MAC_OVERRIDE) | CAP_BIT(CAP_MAC_ADMIN) | CAP_BIT(CAP_SYSLOG) |		\
		   CAP_BIT(CAP_WAKE_ALARM) | CAP_BIT(CAP_BLOCK_SUSPEND))

int vz_caps_parse(const char *text, uint64_t *ret_drop, struct vz_error *e)
{
	_cleanup_strv_ char **v = vz_strv_split(text ? text : "", " \t,");
	uint64_t drop = CAPS_DROP;

	if (!v)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	for (char **p = v; *p; p++) {
		char *colon = strchr(*p, ':');
		const char *name = *p;
		size_t i;

		if (!colon || (strcmp(colon, ":on") && strcmp(colon, ":off")))
			return vz_err(e, VZ_CAP_ERROR, EINVAL, "Bad capability \"%s\"; expected NAME:on or NAME:off", *p);
		*colon = '\0';
		if (strncasecmp(name, "cap_", 4) == 0)
			name += 4;
		for (i = 0; i < ARRAY_SIZE(cap_names) && strcasecmp(name, cap_names[i]); i++)
			;
		/* names of old kernels, ve_admin above all, are granted by the user namespace */
		if (i == ARRAY_SIZE(cap_names))
			continue;
		if (colon[2] == 'n')
			drop &= ~CAP_BIT(i);
		else
			drop |= CAP_BIT(i);
	}
	*ret_drop = drop;
	return 0;
}

int vz_confine(uint64_t drop)
{
	for (size_t i = 0; i < ARRAY_SIZE(cap_names); i++) {
		if (drop & CAP_BIT(i) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
			return -errno;
	}
	/* host keys stay outside; a kernel without keys has none to hide */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return 0;
}

/* ---- descriptors --------------------------------------------------------------- */

int vz_pidfd_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

int vz_pidfd_wait(int pidfd, int *ret_status)
{
	siginfo_t si = { 0 };

	while (waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	*ret_status = si.si_code == CLD_EXITED ? (si.si_status & 0xff) << 8 :
		      si.si_status | (si.si_code == CLD_DUMPED ? 0x80 : 0);
	return 0;
}

int vz_open_beneath(int dirfd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}
