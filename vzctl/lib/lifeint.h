/* SPDX-License-Identifier: GPL-2.0 */
/* What the files behind life.h share among themselves. */
#ifndef VZ_LIFEINT_H
#define VZ_LIFEINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "life.h"

/* ---- cgroup.c: /sys/fs/cgroup/vz/CTID ------------------------------------- */

/* ve.events of a container's cgroup */
struct vz_ve_events {
	enum vz_ve_state state;
	enum vz_stop_reason reason;
	int exit_code;			/* wait status of the latest init */
	unsigned int generation;
	unsigned int tasks;
};

/*
 * vz_cgroup_base - the directory that holds the containers' cgroups
 * @create: make it and enable the controllers that containers need
 * Errors: -ENOENT without @create (no text), VZ_BAD_KERNEL, VZ_SYSTEM_ERROR.
 */
int vz_cgroup_base(bool create, int *ret_fd, struct vz_error *e);
/* the container's cgroup; -ENOENT (no text) when there is none */
int vz_cgroup_open(uint32_t id, int *ret_fd, struct vz_error *e);
/* make it, set id, features, devices and limits, and delegate it to the CT's root */
int vz_cgroup_setup(struct vz_ct *ct, int *ret_fd, struct vz_error *e);
/* remove it with all that the container made below; 0 when it is not there */
int vz_cgroup_remove(uint32_t id, struct vz_error *e);
int vz_cgroup_events(int cgfd, struct vz_ve_events *ret);
/* pid of init or 0 */
int vz_cgroup_init_pid(int cgfd, pid_t *ret);
/* pidfd of the init of a container, asked twice so that it is that one; VZ_VE_NOT_RUNNING */
int vz_init_pidfd(const struct vz_ct *ct, int *ret_pidfd, struct vz_error *e);
/* SIGKILL for every task in it, frozen ones too */
int vz_cgroup_kill(int cgfd);
/* poll ve.events until `stopped`; -ETIMEDOUT, -EINTR; @timeout_ms -1 for ever */
int vz_cgroup_wait_stopped(int cgfd, int timeout_ms);
/*
 * vz_cgroup_of_init - directory of the cgroup that @init is in
 * Checked to be @id's cgroup or one below it; systemd moves itself to
 * init.scope, and a cgroup with children takes no processes.
 */
int vz_cgroup_of_init(uint32_t id, int cgfd, pid_t init, int *ret_fd, struct vz_error *e);
/*
 * one parameter to an existing cgroup; -EOPNOTSUPP: no such knob here; 1: there is nothing
 * to set, which a note has said
 */
int vz_cgroup_apply(struct vz_ct *ct, int cgfd, const char *key, const char *value,
		    struct vz_error *e);

/* ---- ns.c: steps towards being a process of a container ------------------- */

struct vz_clone_args {
	uint64_t flags;
	int cgroup_fd;			/* -EBADF: stay */
};
/* clone3(2); 0 in the child, pid in the parent with *@ret_pidfd, or -errno */
pid_t vz_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd);
/* move the @n descriptors to 3, 4, … in this order and close all others above 2 */
int vz_fds_keep(int *fds, size_t n);
/* become uid and gid 0 of the user namespace, without supplementary groups */
int vz_become_root(void);
/*
 * vz_sane_rlimits - limits and scheduling that a process of a container starts with
 * @pid: which, 0 for the caller; who calls must still have the host's capabilities
 */
void vz_sane_rlimits(pid_t pid);
/* signal mask and dispositions as after boot */
void vz_reset_signals(void);
/*
 * vz_confine - drop what no container needs
 * The capability bounding set and the session keyring; what exec(2) leaves is what
 * the container may have.  No seccomp filter: it would cost each system call about 160
 * instructions to refuse what the kernel refuses to a user namespace anyway, and
 * open_by_handle_at(2), which the patched kernel refuses to containers.
 * @drop: mask of capabilities from vz_caps_parse().
 */
int vz_confine(uint64_t drop);
/* capabilities to drop from the bounding set after CAPABILITY="NAME:on NAME:off" */
int vz_caps_parse(const char *text, uint64_t *ret_drop, struct vz_error *e);
int vz_pidfd_open(pid_t pid);
/* wait status of the child behind @pidfd, -errno; retries EINTR */
int vz_pidfd_wait(int pidfd, int *ret_status);
/* openat2(2) that follows no link and leaves neither @dirfd nor its mount tree */
int vz_open_beneath(int dirfd, const char *path, int flags);

/* ---- exec.c ---------------------------------------------------------------- */

/*
 * struct vz_spawn - a program to run inside a running container
 * @argv: program and arguments; a name without slash is looked up in PATH
 * @alt: tried when @argv[0] does not exist (a shell for lack of bash), or NULL
 * @envv: environment or NULL for the default
 * @fd: standard descriptors, -EBADF for /dev/null
 * @tty: make a terminal of the container's own devpts the controlling one and
 *	all three descriptors; @ret_tty of vz_spawn() is its master
 * @dir_home: start in /root rather than in /
 */
struct vz_spawn {
	char *const *argv;
	char *const *alt;
	char *const *envv;
	int fd[3];
	bool tty;
	bool dir_home;
};
struct vz_child {
	pid_t pid;
	int pidfd;
	int tty;
};
/*
 * vz_spawn - start it; returns once the program runs
 * @wait_ms: how long it may take to get there, -1 for ever; a hostile container
 *	can keep the child frozen.  -ETIMEDOUT leaves nothing behind.
 * Errors: VZ_VE_NOT_RUNNING, VZ_SYSTEM_ERROR, -ENOENT and VZ_COMMAND_EXECUTION_ERROR
 * when there is no such program inside.
 */
int vz_spawn(const struct vz_ct *ct, const struct vz_spawn *s, int wait_ms,
	     struct vz_child *ret, struct vz_error *e);
void vz_child_reset(struct vz_child *c);
/*
 * vz_proxy - move bytes between the caller's descriptors and the child until it ends
 * @in, @out, @err: our ends of pipes to the child, -EBADF where it has the real thing.
 * Signals that arrive meanwhile (HUP INT QUIT TERM USR1 USR2) are sent on.  *@ret_status: wait status.
 */
int vz_proxy(struct vz_child *c, int in, int out, int err, int *ret_status);
/* the same for a terminal: raw mode, window size */
int vz_proxy_tty(struct vz_child *c, int *ret_status);
/* exit code that a shell would give for a wait status */
int vz_status_code(int status);
/* environment of programs in a container: PATH HOME USER LOGNAME SHELL TERM */
char **vz_default_env(void);

/* ---- env.c ----------------------------------------------------------------- */

/* a script for a shell inside, run by init's process before it becomes init */
struct vz_env_script {
	const char *what;		/* for messages */
	unsigned int seconds;		/* the time that it has */
	char *text;
	char **envv;
	int fail_code;
	bool ignore;			/* failure is only worth a warning */
};

/*
 * struct vz_env_spec - an environment to make
 * @cgroup_fd: the container's, `stopped`
 * @root: a detached mount to be the root, of vz_root_take(); -EBADF: VE_ROOT, which is mounted
 * @scripts: run in order once vz_env_go() was called
 * @argv: run this as a child of pid 1 instead of init, with @envv and @stdin_fd
 *	(-EBADF: /dev/null), and end with its status; NULL for init
 * @argv_seconds: the time that it has, 0 for any
 */
struct vz_env_spec {
	struct vz_ct *ct;
	int cgroup_fd;
	int root;
	struct vz_env_script *scripts;
	size_t n_scripts;
	char *const *argv;
	char *const *envv;
	unsigned int argv_seconds;
	int stdio[3];
};

struct vz_env {
	pid_t pid;
	int pidfd;
	int go;				/* write end: the child waits for it */
	int status;			/* read end: reports, EOF at exec */
	bool script_failed;		/* one whose failure is ignored */
};

/* clone, map, mount, confine; the child then waits with all namespaces ready */
int vz_env_create(const struct vz_env_spec *s, struct vz_env *ret, struct vz_error *e);
/* run the scripts, START, exec; returns after the exec of init */
int vz_env_go(const struct vz_env_spec *s, struct vz_env *env, struct vz_error *e);
/* kill whatever is in @cgroup_fd and reap the child; waits for `stopped` */
void vz_env_abort(struct vz_env *env, int cgroup_fd);
void vz_env_close(struct vz_env *env);

/* ---- mountroot.c ------------------------------------------------------------ */

bool vz_is_mounted(const struct vz_ct *ct);
/* VE_ROOT and VE_PRIVATE are set, and the private area is there and belongs to the CT */
int vz_root_check(const struct vz_ct *ct, struct vz_error *e);
/*
 * vz_root_take - the root for a start: VE_ROOT, mounted if it is not yet, or with
 * VE_ROOT_MOUNT=no and no script that could ask for it a mount in *@ret_tree (else
 * -EBADF) that the host does not see.
 * @ret_ours: VE_ROOT was not mounted before
 */
int vz_root_take(struct vz_ct *ct, int *ret_tree, bool *ret_ours, struct vz_error *e);
/* put such a mount on VE_ROOT after all */
int vz_root_attach(const struct vz_ct *ct, int tree, struct vz_error *e);

/* ---- net.c ------------------------------------------------------------------- */

/* venet0 in the namespaces of @pid, lo up; addresses of @ips as vz_net_ip_add() */
int vz_net_setup(struct vz_ct *ct, pid_t pid, int pidfd, char *const *ips, struct vz_error *e);
/* everything that the host still has of a container that is not running; best effort */
void vz_net_cleanup(struct vz_ct *ct);
/*
 * VENET_ROUTE: "host" lets what CT @id, or with 0 any, exchanges with other containers pass the
 * host's network, "direct" not; VZ_NETDEV_ERROR
 */
int vz_net_route(uint32_t id, const char *value, struct vz_error *e);
/* duplicate the current IP list of the CT's configuration; never NULL but without memory */
char **vz_ct_ips(const struct vz_ct *ct);

/* ---- script.c ---------------------------------------------------------------- */

/* text of /etc/vz/conf/CTID.@name, NULL when there is none */
int vz_ct_script_text(const struct vz_ct *ct, const char *name, char **ret, struct vz_error *e);

/* ---- distribution scripts: dist.c and life.c ---------------------------------- */

/* what one of them may take inside a container, whose shell it is that runs it */
#define VZ_DIST_SECONDS	20
/* run them all at the next start, also when they are those of the last one */
void vz_dist_stamp_drop(const struct vz_ct *ct);

/* ---- start/stop (life.c) ------------------------------------------------------ */

/* leftovers of a stopped container: addresses, mount, cgroup */
int vz_ct_cleanup(struct vz_ct *ct, bool skip_umount, struct vz_error *e);

#endif /* VZ_LIFEINT_H */
