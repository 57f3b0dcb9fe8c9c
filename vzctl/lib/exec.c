// SPDX-License-Identifier: GPL-2.0
/*
 * Programs inside a running container.
 *
 * The child is cloned into the cgroup and the pid namespace of the container's
 * init and then walks in by itself.  Until it has left the host's credentials
 * behind it is not dumpable, so that nothing inside may trace it or look
 * through its /proc entries; it takes along the three standard descriptors
 * and nothing else, neither directory, keyring, groups nor terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lifeint.h"
#include "util.h"

#define NS_ALL (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
		CLONE_NEWCGROUP | CLONE_NEWTIME)

enum stage { ST_FDS, ST_NS, ST_ID, ST_CONFINE, ST_TTY, ST_EXEC };

static const char *const stage_text[] = {
	[ST_FDS] = "set up the descriptors",
	[ST_NS] = "join the namespaces",
	[ST_ID] = "become root of the container",
	[ST_CONFINE] = "confine the process",
	[ST_TTY] = "open a terminal in the container",
	[ST_EXEC] = "run",
};

struct report {
	int err;
	int stage;
};

char **vz_default_env(void)
{
	static const char *const vars[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh",
	};
	const char *term = getenv("TERM");
	char **v = NULL, buf[80];

	for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
		if (vz_strv_add(&v, vars[i]) < 0)
			goto fail;
	}
	snprintf(buf, sizeof(buf), "TERM=%.60s", term && *term ? term : "linux");
	if (vz_strv_add(&v, buf) == 0)
		return v;
fail:
	vz_strv_free(v);
	return NULL;
}

/* ---- the child ------------------------------------------------------------------ */

static _Noreturn void die(int report_fd, enum stage stage, int err)
{
	const struct report r = { .err = err, .stage = stage };

	if (write(report_fd, &r, sizeof(r)) != sizeof(r))
		_exit(126);
	_exit(127);
}

/* pass the master of a new terminal to the parent and sit on its slave */
static int child_tty(int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { 0 };
	struct iovec iov = { .iov_base = (char[]){ 't' }, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int master, slave, zero = 0;

	/* keep the three numbers taken, so that none of these gets one of them */
	for (int i = 0; i < 3; i++) {
		if (dup2(sock, i) < 0)
			return -errno;
	}
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0)
		return -errno;
	if (ioctl(master, TIOCSPTLCK, &zero) < 0)
		return -errno;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &master, sizeof(int));
	if (sendmsg(sock, &m, MSG_NOSIGNAL) != 1)
		return -errno;
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	for (int i = 0; i < 3; i++) {
		if (dup2(slave, i) < 0)
			return -errno;
	}
	vz_close(master);
	return 0;
}

static _Noreturn void child(const struct vz_spawn *s, int init, int report, int sock,
			    char *const envv[], uint64_t drop)
{
	int fds[3];
	int r, null;

	/* standard descriptors; a missing one is the container's own /dev/null later */
	for (int i = 0; i < 3; i++) {
		if (!s->tty && s->fd[i] >= 0) {
			int fd = fcntl(s->fd[i], F_DUPFD_CLOEXEC, 3);

			if (fd < 0)
				die(report, ST_FDS, errno);
			fds[i] = fd;
		} else {
			fds[i] = -EBADF;
		}
	}
	{
		int keep[6] = { report, init, sock >= 0 ? sock : report,
				fds[0] >= 0 ? fds[0] : report, fds[1] >= 0 ? fds[1] : report,
				fds[2] >= 0 ? fds[2] : report };

		r = vz_fds_keep(keep, 6);
		if (r < 0)
			die(report, ST_FDS, -r);
		report = keep[0];
		init = keep[1];
		sock = keep[2];
		for (int i = 0; i < 3; i++) {
			vz_close(i);
			if (fds[i] >= 0 && dup2(keep[3 + i], i) < 0)
				die(report, ST_FDS, errno);
			vz_close(keep[3 + i]);
		}
	}
	prctl(PR_SET_DUMPABLE, 0);
	setsid();
	vz_sane_rlimits(0);
	umask(022);
	if (setns(init, NS_ALL) < 0)
		die(report, ST_NS, errno);
	vz_close(init);
	r = vz_become_root();
	if (r < 0)
		die(report, ST_ID, -r);
	/* a change of ids makes a task dumpable as fs.suid_dumpable says */
	prctl(PR_SET_DUMPABLE, 0);
	if (!s->dir_home || chdir("/root") < 0) {
		if (chdir("/") < 0)
			die(report, ST_NS, errno);
	}
	if (s->tty) {
		r = child_tty(sock);
		if (r < 0)
			die(report, ST_TTY, -r);
	}
	for (int i = 0; i < 3; i++) {
		if (s->tty || fds[i] >= 0)
			continue;
		null = open("/dev/null", O_RDWR | O_NOCTTY);
		if (null < 0)
			die(report, ST_FDS, errno);
		if (null != i && (dup2(null, i) < 0 || close(null) < 0))
			die(report, ST_FDS, errno);
	}
	vz_reset_signals();
	if (vz_is_elf32("/sbin/init"))
		personality(PER_LINUX32);
	r = vz_confine(drop);
	if (r < 0)
		die(report, ST_CONFINE, -r);
	execvpe(s->argv[0], s->argv, envv);
	if (s->alt && errno == ENOENT)
		execvpe(s->alt[0], s->alt, envv);
	die(report, ST_EXEC, errno);
}

/* ---- the parent ----------------------------------------------------------------- */

static int not_running(struct vz_error *e)
{
	return vz_err(e, VZ_VE_NOT_RUNNING, ESRCH, "Container is not running");
}

/* init of the running container: pidfd, and its cgroup for the new process */
static int open_init(const struct vz_ct *ct, int *ret_pidfd, int *ret_cg, struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF, pidfd = -EBADF;
	struct vz_ve_events ev;
	pid_t pid, again;
	int r;

	r = vz_cgroup_open(ct->id, &cgfd, e);
	if (r < 0)
		return r == -ENOENT ? not_running(e) : r;
	if (vz_cgroup_events(cgfd, &ev) < 0 || ev.state != VZ_STATE_RUNNING ||
	    vz_cgroup_init_pid(cgfd, &pid) < 0 || pid <= 0)
		return not_running(e);
	pidfd = vz_pidfd_open(pid);
	/* the kernel names the same process afterwards: it is that one */
	if (pidfd < 0 || vz_cgroup_init_pid(cgfd, &again) < 0 || again != pid)
		return not_running(e);
	r = vz_cgroup_of_init(ct->id, cgfd, pid, ret_cg, e);
	if (r < 0)
		return r;
	*ret_pidfd = pidfd;
	pidfd = -EBADF;
	return 0;
}

/* the master that the child sent, if it is one */
static int recv_tty(int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(int) * 4)];
		struct cmsghdr align;
	} u;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *c;
	struct stat st;
	unsigned int nr;
	int fd;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) != 1)
		return -ENXIO;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -ENXIO;
	memcpy(&fd, CMSG_DATA(c), sizeof(int));
	/* the container could have put anything in the place of /dev/ptmx */
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || major(st.st_rdev) != 5 ||
	    minor(st.st_rdev) != 2 || ioctl(fd, TIOCGPTN, &nr) < 0) {
		vz_close(fd);
		return -ENXIO;
	}
	return fd;
}

static int wait_report(int fd, int wait_ms, struct report *ret)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int n = poll(&p, 1, wait_ms);

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && errno == EINTR && !vz_interrupted)
			continue;
		if (n < 0)
			return -errno;
		break;
	}
	return (int)read(fd, ret, sizeof(*ret));
}

/* a process that has to go, whatever it does */
static void put_down(int pidfd)
{
	int status;

	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	vz_pidfd_wait(pidfd, &status);
}

int vz_spawn(const struct vz_ct *ct, const struct vz_spawn *s, int wait_ms,
	     struct vz_child *ret, struct vz_error *e)
{
	_cleanup_close_ int init = -EBADF, cg = -EBADF, own = -EBADF, pidfd = -EBADF;
	_cleanup_close_ int rd = -EBADF, wr = -EBADF, so = -EBADF, sc = -EBADF, tty = -EBADF;
	_cleanup_strv_ char **env = NULL;
	struct report rep = { 0 };
	struct stat sb;
	uint64_t drop;
	int p[2], r;
	pid_t pid;

	/* a directory of the host would be a way out */
	for (int i = 0; i < 3; i++) {
		if (!s->tty && s->fd[i] >= 0 && fstat(s->fd[i], &sb) == 0 && S_ISDIR(sb.st_mode))
			return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EISDIR,
				      "Standard %s is a directory of the host: a container must not get that",
				      i == 0 ? "input" : i == 1 ? "output" : "error");
	}
	r = open_init(ct, &init, &cg, e);
	if (r == 0)
		r = vz_caps_parse(vz_ct_get(ct, "CAPABILITY"), &drop, e);
	if (r < 0)
		return r;
	if (!s->envv) {
		env = vz_default_env();
		if (!env)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	}
	if (pipe2(p, O_CLOEXEC) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to make a pipe: %m");
	rd = p[0];
	wr = p[1];
	if (s->tty) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p) < 0)
			return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to make a socket: %m");
		so = p[0];
		sc = p[1];
	}
	own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (own < 0 || setns(init, CLONE_NEWPID) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to enter the container: %m");
	pid = vz_clone(0, cg, &pidfd);
	if (pid == 0)
		child(s, init, wr, sc, s->envv ? s->envv : env, drop);
	if (setns(own, CLONE_NEWPID) < 0 && pid > 0) {
		put_down(pidfd);
		pid = -errno;
	}
	if (pid == -EBUSY || pid == -ENODEV || pid == -ENOMEM) {
		/* the container is on its way down, or its init is dead */
		struct vz_error no = { 0 };
		struct vz_state st;

		if (vz_state_get(ct, &st, &no) == 0 && st.ve != VZ_STATE_RUNNING)
			return not_running(e);
		vz_error_reset(&no);
	}
	if (pid < 0)
		return vz_err(e, pid == -EAGAIN ? VZ_RESOURCE_ERROR : VZ_SYSTEM_ERROR, -pid,
			      "Unable to start a process in the container: %m");
	wr = vz_close(wr);
	sc = vz_close(sc);

	r = wait_report(rd, wait_ms, &rep);
	if (r < 0) {
		put_down(pidfd);
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "The process in the container did not start: %m");
	}
	if (r == sizeof(rep)) {
		bool exec = rep.stage == ST_EXEC;

		put_down(pidfd);
		if (rep.stage < 0 || rep.stage > ST_EXEC)
			rep.stage = ST_EXEC;
		return vz_err(e, exec ? VZ_COMMAND_EXECUTION_ERROR : VZ_SYSTEM_ERROR, rep.err,
			      "Unable to %s%s%s: %m", stage_text[rep.stage], exec ? " " : "",
			      exec ? s->argv[0] : "");
	}
	if (s->tty) {
		tty = recv_tty(so);
		if (tty < 0) {
			put_down(pidfd);
			return vz_err(e, VZ_SYSTEM_ERROR, -tty, "The container gave no terminal: %m");
		}
	}
	*ret = (struct vz_child){ .pid = pid, .pidfd = pidfd, .tty = tty };
	pidfd = tty = -EBADF;
	return 0;
}

void vz_child_reset(struct vz_child *c)
{
	c->pidfd = vz_close(c->pidfd);
	c->tty = vz_close(c->tty);
}

int vz_exec(const struct vz_ct *ct, char *const argv[], char *const envv[],
	    int stdin_fd, int stdout_fd, int stderr_fd, int *ret_status, struct vz_error *e)
{
	const struct vz_spawn s = {
		.argv = argv, .envv = envv, .fd = { stdin_fd, stdout_fd, stderr_fd },
		.dir_home = true,
	};
	struct vz_child c;
	int r;

	r = vz_spawn(ct, &s, -1, &c, e);
	if (r < 0)
		return r;
	r = vz_pidfd_wait(c.pidfd, ret_status);
	vz_child_reset(&c);
	return r < 0 ? vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to wait for the process: %m") : 0;
}

int vz_status_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
