/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a container: its state in the kernel, its mount, its processes,
 * its addresses.  Implemented in state.c, cgroup.c, mountroot.c, env.c, exec.c,
 * net.c, script.c and dist.c; used by the verbs.
 */
#ifndef VZ_LIFE_H
#define VZ_LIFE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ct.h"
#include "error.h"

enum vz_ve_state {
	VZ_STATE_STOPPED,		/* no cgroup, or ve.state says stopped */
	VZ_STATE_STARTING,
	VZ_STATE_RUNNING,
	VZ_STATE_STOPPING,
};

enum vz_stop_reason {
	VZ_REASON_NONE, VZ_REASON_HALT, VZ_REASON_REBOOT,
	VZ_REASON_KILLED, VZ_REASON_OOM, VZ_REASON_EXIT,
};

struct vz_state {
	enum vz_ve_state ve;
	enum vz_stop_reason reason;	/* of the latest stop, while the cgroup is there */
	pid_t init;			/* 0 when there is none */
	unsigned int tasks;
	bool exists;			/* CTID.conf is there and so is the private area */
	bool mounted;			/* VE_ROOT is a mount point */
	bool cgroup;			/* a cgroup is (still) there */
};

/* 0 and *ret, or -errno; a kernel without the controller reads as stopped */
int vz_state_get(const struct vz_ct *ct, struct vz_state *ret, struct vz_error *e);
/* -ENOSYS with VZ_BAD_KERNEL and a text that says what to do */
int vz_kernel_check(struct vz_error *e);

/* VE_PRIVATE on VE_ROOT, with the (pre)mount scripts; idempotence is the caller's */
int vz_root_mount(struct vz_ct *ct, struct vz_error *e);
int vz_root_umount(struct vz_ct *ct, struct vz_error *e);

/*
 * vz_exec - run a program inside a running container
 * @argv: program and arguments, looked up inside
 * @envv: environment or NULL for the default (PATH HOME TERM SHELL USER)
 * @stdin_fd, @stdout_fd, @stderr_fd: passed as they are; -EBADF means /dev/null
 * @ret_status: wait status
 * Errors: VZ_VE_NOT_RUNNING, VZ_SYSTEM_ERROR.
 */
int vz_exec(const struct vz_ct *ct, char *const argv[], char *const envv[],
	    int stdin_fd, int stdout_fd, int stderr_fd, int *ret_status, struct vz_error *e);

/* Addresses.  Text form "a.b.c.d[/len]" or "x::y[/len]"; the bare address is compared. */
int vz_ip_parse(const char *text, int *ret_family, void *ret_addr /* 16 bytes */, int *ret_plen, struct vz_error *e); /* VZ_BAD_IP */
/* VZ_IP_INUSE with the other CT's id when any other CTID.conf or the kernel has one of @ips */
int vz_ip_check_conflict(const struct vz_ct *ct, char *const *ips, struct vz_error *e);
/* on a running CT: kernel table, address and routes inside, host routes, proxy ARP/NDP, state file */
int vz_net_ip_add(struct vz_ct *ct, char *const *ips, struct vz_error *e);
int vz_net_ip_del(struct vz_ct *ct, char *const *ips, bool all, struct vz_error *e);

/*
 * Distribution scripts (ref 2.6).  @action: ADD_IP DEL_IP SET_HOSTNAME SET_DNS
 * SET_USERPASS POST_CREATE …; @env: NULL-terminated NAME=value.  Runs inside a
 * running CT (POST_CREATE: on the host with VE_ROOT in @env).
 * No script for the action in the dist's conf: 0 and nothing is done.
 * Errors: VZ_NO_DISTR_CONF, VZ_NO_DISTR_ACTION_SCRIPT, the script's failure as @fail_code.
 */
int vz_dist_run(struct vz_ct *ct, const char *action, char *const env[], int fail_code, struct vz_error *e);
/* adds to @env what every script is told of the container's network */
int vz_dist_env(const struct vz_ct *ct, char ***env);
/* text of functions + script for @action, or NULL; for running it elsewhere */
int vz_dist_text(struct vz_ct *ct, const char *action, char **ret_text, struct vz_error *e);

/*
 * vz_env_run_stopped - mount if needed, build the container's environment without
 * its init, run @argv (with @stdin_text on its standard input if not NULL) as pid 1's
 * child in it, take everything down again.  For runscript, --userpasswd and the like on a stopped CT.
 * @seconds: the time that it has, 0 for any; past it all is taken down, VZ_EXEC_TIMEOUT.
 */
int vz_env_run_stopped(struct vz_ct *ct, char *const argv[], char *const envv[],
		       const char *stdin_text, unsigned int seconds, int *ret_status,
		       struct vz_error *e);

/* host action scripts: vps.NAME then CTID.NAME (umount: the other way round); VZ_ACTIONSCRIPT_ERROR */
int vz_action_script(struct vz_ct *ct, const char *name, struct vz_error *e);
/* is there any script for mount or umount; true as well where that cannot be told */
bool vz_action_scripts(const struct vz_ct *ct);

/* the whole start and stop, for start, restart and the event handler */
struct vz_start_opts { bool force; bool wait; };
struct vz_stop_opts { bool fast; bool skip_umount; };
int vz_ct_start(struct vz_ct *ct, const struct vz_start_opts *o, struct vz_error *e);
int vz_ct_stop(struct vz_ct *ct, const struct vz_stop_opts *o, struct vz_error *e);

/*
 * Apply one changed parameter set to a running container (called by `set` before saving):
 * @key is the CTID.conf key, @value its new value.  Sets *@ret_applied=false where the
 * subsystem is not there yet.  Hostname, DNS, addresses are handled by `set` itself.
 * Returns 1 where it can have no effect here, which a note has said.
 */
int vz_apply_param(struct vz_ct *ct, const char *key, const char *value, bool *ret_applied, struct vz_error *e);
/*
 * CPUMASK and NODEMASK in one: lists as vz_cpumask_resolve() makes them, NULL for one that
 * stays as it is.  A failure changes nothing.
 */
int vz_apply_cpuset(struct vz_ct *ct, const char *cpus, const char *mems, bool *ret_applied, struct vz_error *e);

#endif /* VZ_LIFE_H */
