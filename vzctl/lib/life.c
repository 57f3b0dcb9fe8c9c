// SPDX-License-Identifier: GPL-2.0
/*
 * Start and stop of a container, from its configuration to its last trace.
 *
 * The cgroup is made first and removed last: while it is there and the
 * container is stopped, something is left to clean up, and the next start or
 * stop does it.  That is how a vzctl that was killed half-way is made good.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "ctids.h"
#include "lifeint.h"
#include "log.h"
#include "netif.h"
#include "params.h"
#include "quota.h"
#include "util.h"
#include "verb.h"

#define STOP_TIMEOUT	120
/* CTID.start is the host's own, but it is the container's shell that runs it */
#define START_SECONDS	300
/* what the kernel may take to be done with tasks that got SIGKILL */
#define KILL_MS		30000
/* halt is told, not waited for */
#define SPAWN_MS	5000
#define WAIT_MS		3600000

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

/* ---- leftovers ------------------------------------------------------------------- */

/* kill all and wait; 0 when the container is stopped */
static int kill_all(int cgfd, struct vz_error *e)
{
	int r;

	r = vz_cgroup_kill(cgfd);
	if (r == 0 || r == -ENODEV)
		r = vz_cgroup_wait_stopped(cgfd, KILL_MS);
	if (r < 0 && r != -ENODEV)
		return vz_err(e, VZ_STOP_ERROR, -r, "Unable to stop the container: its processes do not die: %m");
	return 0;
}

int vz_ct_cleanup(struct vz_ct *ct, bool skip_umount, struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF;
	int r;

	r = vz_cgroup_open(ct->id, &cgfd, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (cgfd >= 0) {
		struct vz_ve_events ev;

		if (vz_cgroup_events(cgfd, &ev) == 0 && ev.state == VZ_STATE_RUNNING)
			return vz_err(e, VZ_VE_RUNNING, EBUSY, "Container is currently running. Stop it first.");
		/* a start that was cut short leaves a container that never ran */
		r = kill_all(cgfd, e);
		if (r < 0)
			return r;
	}
	if (cgfd >= 0)
		vz_ct_quota_keep(ct, cgfd);
	vz_fault("stop-before-net");
	vz_net_cleanup(ct);
	vz_netif_cleanup(ct);
	vz_netdev_cleanup(ct);
	vz_fault("stop-before-umount");
	if (!skip_umount && vz_is_mounted(ct)) {
		r = vz_root_umount(ct, e);
		if (r < 0)
			return r;
		vz_info("Container is unmounted");
	}
	vz_fault("stop-before-rmdir");
	cgfd = vz_close(cgfd);
	return vz_cgroup_remove(ct->id, e);
}

/* ---- scripts that run in the container before its init ----------------------------- */

struct scripts {
	struct vz_env_script *v;
	size_t n;
	uint64_t hash;			/* of the distribution's ones */
};

/*
 * Distribution scripts write the same into the same files at every start and
 * are most of what a small container's start costs.  The private area carries
 * the hash of those that it has seen last, where the container cannot reach it.
 */
#define STAMP_XATTR	"trusted.vzctl.dist"

static void hash_text(uint64_t *h, const char *text)
{
	/* FNV-1a, the terminating NUL included */
	do {
		*h = (*h ^ (unsigned char)*text) * 0x100000001b3ULL;
	} while (*text++);
}

static bool stamp_matches(const struct vz_ct *ct, uint64_t hash)
{
	uint64_t have;

	return getxattr(ct->private_dir, STAMP_XATTR, &have, sizeof(have)) == sizeof(have) && have == hash;
}

void vz_dist_stamp_drop(const struct vz_ct *ct)
{
	if (ct->private_dir)
		removexattr(ct->private_dir, STAMP_XATTR);
}

/* a file system without such attributes runs the scripts every time */
static void stamp_write(const struct vz_ct *ct, uint64_t hash)
{
	setxattr(ct->private_dir, STAMP_XATTR, &hash, sizeof(hash), 0);
}

static void scripts_free(struct scripts *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].text);
		vz_strv_free(s->v[i].envv);
	}
	free(s->v);
}

/* takes over @text */
static int scripts_add(struct scripts *s, const char *what, char *text, int code, bool ignore,
		       const char *const *env)
{
	struct vz_env_script *v = realloc(s->v, (s->n + 1) * sizeof(*v));
	char **envv = NULL;
	int r = 0;

	if (v)
		s->v = v;
	else
		r = -ENOMEM;
	if (r == 0)
		r = vz_strv_add(&envv, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	for (; r == 0 && env && *env; env++)
		r = vz_strv_add(&envv, *env);
	if (r < 0) {
		vz_strv_free(envv);
		free(text);
		return r;
	}
	s->v[s->n++] = (struct vz_env_script){
		.what = what, .text = text, .envv = envv, .fail_code = code, .ignore = ignore,
		.seconds = ignore ? VZ_DIST_SECONDS : START_SECONDS,
	};
	return 0;
}

/*
 * One distribution script with two variables.  A system that nobody wrote
 * scripts for is started all the same: the kernel's part is done without them.
 */
static int dist_add(struct vz_ct *ct, struct scripts *s, const char *action, const char *what, int code,
		    const char *k1, const char *v1, const char *k2, const char *v2)
{
	_cleanup_free_ char *a = vz_asprintf("%s=%s", k1, v1 ? v1 : "");
	_cleanup_free_ char *b = vz_asprintf("%s=%s", k2, v2 ? v2 : "");
	const char *ipv6 = vz_ct_get(ct, "IPV6");
	_cleanup_strv_ char **env = NULL;
	_cleanup_error_ struct vz_error e = { 0 };
	char *text = NULL;

	if (!a || !b || vz_strv_add(&env, "VE_STATE=starting") < 0 ||
	    vz_strv_add(&env, ipv6 && strcmp(ipv6, "no") == 0 ? "IPV6=no" : "IPV6=yes") < 0 ||
	    vz_strv_add(&env, a) < 0 || vz_strv_add(&env, b) < 0 || vz_dist_env(ct, &env) < 0)
		return -ENOMEM;
	if (vz_dist_text(ct, action, &text, &e) < 0) {
		vz_warn("WARNING: %s", e.msg);
		return 0;
	}
	return text ? scripts_add(s, what, text, code, true, (const char *const *)env) : 0;
}

static int collect_scripts(struct vz_ct *ct, struct scripts *s, struct vz_error *e)
{
	static char what[24];	/* one container a process; outlives the call in @s */
	const char *hostname = vz_ct_get(ct, "HOSTNAME"), *v = vz_ct_get(ct, "IP_ADDRESS");
	_cleanup_free_ char *ips = v ? vz_ip_env(v) : NULL;
	const char *ns = vz_ct_get(ct, "NAMESERVER"), *sd = vz_ct_get(ct, "SEARCHDOMAIN");
	char *text = NULL;
	int r = 0;

	if (v && !ips)
		return nomem(e);
	/* what is empty now may have been set before: the scripts take that away */
	if (ips && !*ips)
		r = dist_add(ct, s, "DEL_IP", "The distribution script for DEL_IP", VZ_ADD_IP_ERROR,
			     "IP_ADDR", "", "IPDELALL", "yes");
	else if (ips)
		r = dist_add(ct, s, "ADD_IP", "The distribution script for ADD_IP", VZ_ADD_IP_ERROR,
			     "IP_ADDR", ips, "IPDELALL", "yes");
	if (r == 0 && hostname && *hostname)
		r = dist_add(ct, s, "SET_HOSTNAME", "The distribution script for SET_HOSTNAME",
			     VZ_SET_HOSTNAME_ERROR, "HOSTNM", hostname, "IP_ADDR", ips);
	if (r == 0 && (ns || sd)) {
		_cleanup_free_ char *n = vz_dns_inherit("NAMESERVER", ns);
		_cleanup_free_ char *d = vz_dns_inherit("SEARCHDOMAIN", sd);

		if (!n || !d)
			r = -ENOMEM;
		else
			r = dist_add(ct, s, "SET_DNS", "The distribution script for SET_DNS",
				     VZ_SET_DNS_ERROR, "NAMESERVER", n, "SEARCHDOMAIN", d);
	}
	if (r == 0)
		r = dist_add(ct, s, "PRE_START", "The distribution script for PRE_START", VZ_ENVCREATE_ERROR,
			     "USERNS", "yes", "VZ_KERNEL", "yes");
	if (r < 0)
		return nomem(e);
	s->hash = s->n ? 0xcbf29ce484222325ULL : 0;
	for (size_t i = 0; i < s->n; i++) {
		hash_text(&s->hash, s->v[i].text);
		for (char **p = s->v[i].envv; *p; p++)
			hash_text(&s->hash, *p);
	}
	if (s->n && stamp_matches(ct, s->hash)) {
		scripts_free(s);
		*s = (struct scripts){ 0 };
	}
	snprintf(what, sizeof(what), "%u.start", ct->id);
	r = vz_ct_script_text(ct, "start", &text, e);
	if (r < 0)
		return r;
	if (text && scripts_add(s, what, text, VZ_ACTIONSCRIPT_ERROR, false, NULL) < 0)
		return nomem(e);
	return 0;
}

/* ---- --wait --------------------------------------------------------------------------- */

/*
 * The container has reached its default runlevel when systemd says so, or
 * when an init without such a notion runs.
 */
static int wait_booted(struct vz_ct *ct, struct vz_error *e)
{
	char *argv[] = { "systemctl", "is-system-running", "--wait", "--quiet", NULL };
	char *sh[] = { "sh", "-c", "test \"$(systemctl is-system-running)\" = degraded", NULL };
	const struct vz_spawn s = { .argv = argv, .fd = { -EBADF, -EBADF, -EBADF } };
	_cleanup_error_ struct vz_error no = { 0 };
	struct timespec end, now;
	struct vz_child c;
	int r, status;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += WAIT_MS / 1000;
	for (;;) {
		struct pollfd p;

		r = vz_spawn(ct, &s, SPAWN_MS, &c, &no);
		if (r == -ENOENT)
			return 0;
		if (r < 0)
			return vz_err(e, VZ_WAIT_FAILED, -r, "Unable to wait for the start: %s", no.msg);
		p = (struct pollfd){ .fd = c.pidfd, .events = POLLIN };
		r = poll(&p, 1, WAIT_MS);
		if (r <= 0)
			syscall(SYS_pidfd_send_signal, c.pidfd, SIGKILL, NULL, 0);
		vz_pidfd_wait(c.pidfd, &status);
		vz_child_reset(&c);
		if (r <= 0)
			return vz_err(e, VZ_WAIT_FAILED, ETIMEDOUT, "The container did not finish starting: %m");
		/* 1: running is not reached, degraded above all; or systemd does not listen yet */
		if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 127))
			return 0;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= end.tv_sec)
			return vz_err(e, VZ_WAIT_FAILED, ETIMEDOUT, "The container did not finish starting: %m");
		if (vz_exec(ct, sh, NULL, -EBADF, -EBADF, -EBADF, &status, &no) == 0 && status == 0)
			return 0;
		vz_error_reset(&no);
		nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	}
}

/* ---- modules of the host ---------------------------------------------------------------- */

/*
 * What the container was promised and the host may not have loaded yet.  Best
 * effort: what is missing afterwards is said where it is used.
 */
static void load_modules(const struct vz_ct *ct)
{
	static const struct { const char *key, *word, *module; } table[] = {
		{ "DEVNODES", "net/tun", "tun" }, { "DEVNODES", "fuse", "fuse" },
		{ "DEVNODES", "ppp", "ppp_generic" }, { "FEATURES", "ppp:on", "ppp_generic" },
		{ "FEATURES", "nfs:on", "nfs" }, { "FEATURES", "nfsd:on", "nfsd" },
		{ "FEATURES", "sit:on", "sit" }, { "FEATURES", "ipip:on", "ipip" },
		{ "FEATURES", "ipgre:on", "ip_gre" }, { "FEATURES", "bridge:on", "bridge" },
		{ "NETIF", "ifname=", "veth" }, { "NETIF", "bridge=", "bridge" },
	};
	char *argv[ARRAY_SIZE(table) + 3] = { "modprobe", "-qa" };
	int n = 2, status;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const char *v = vz_ct_get(ct, table[i].key);

		if (v && strstr(v, table[i].word))
			argv[n++] = (char *)table[i].module;
	}
	if (n == 2 || vz_ct_get_bool(ct, "MODULES_DISABLED", false))
		return;
	pid = fork();
	if (pid == 0) {
		char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
		int null = open("/dev/null", O_RDWR);

		for (int i = 0; i < 3; i++)
			dup2(null, i);
		close_range(3, ~0U, 0);
		execvpe(argv[0], argv, env);
		_exit(127);
	}
	if (pid > 0)
		vz_wait_child(pid, &status);
}

/* ---- start ------------------------------------------------------------------------------ */

static int check_start(struct vz_ct *ct, const struct vz_start_opts *o, struct vz_error *e)
{
	struct vz_state st;
	int r;

	r = vz_kernel_check(e);
	if (r < 0)
		return r;
	if (vz_ct_get_bool(ct, "DISABLED", false) && !o->force)
		return vz_err(e, VZ_VE_START_DISABLED, EPERM, "Container start disabled (use --force, or set --disabled no)");
	r = vz_state_get(ct, &st, e);
	if (r < 0)
		return r;
	if (st.ve == VZ_STATE_RUNNING)
		return vz_err(e, VZ_VE_RUNNING, EBUSY, "Container is already running");
	r = vz_root_check(ct, e);
	if (r == 0)
		r = vz_ct_ids_finish(ct, e);
	if (r < 0)
		return r;
	if (ct->uid_base) {
		struct stat s;

		if (stat(ct->private_dir, &s) == 0 &&
		    (s.st_uid < ct->uid_base || s.st_uid - ct->uid_base >= VZ_ID_RANGE))
			return vz_err(e, VZ_INVALID_CONFIG, EPERM,
				      "%s belongs to uid %u, which is not of the range of the container (LOCAL_UID=%u)",
				      ct->private_dir, s.st_uid, ct->uid_base);
	}
	/* what a killed vzctl, or a reboot from inside, left */
	return st.cgroup ? vz_ct_cleanup(ct, true, e) : 0;
}

int vz_ct_start(struct vz_ct *ct, const struct vz_start_opts *o, struct vz_error *e)
{
	struct vz_env env = { .pidfd = -EBADF, .go = -EBADF, .status = -EBADF };
	struct vz_env_spec spec = { .ct = ct, .root = -EBADF, .stdio = { -EBADF, -EBADF, -EBADF } };
	_cleanup_error_ struct vz_error ignored = { 0 };
	_cleanup_close_ int cgfd = -EBADF, hold = -EBADF;
	_cleanup_strv_ char **ips = NULL;
	struct scripts scripts = { 0 };
	bool mounted = false;
	int r;

	r = check_start(ct, o, e);
	if (r < 0)
		return r;
	ips = vz_ct_ips(ct);
	if (!ips)
		return nomem(e);
	vz_info("Starting container...");
	r = collect_scripts(ct, &scripts, e);
	if (r < 0)
		goto out;
	r = vz_root_take(ct, &spec.root, &mounted, e);
	if (r < 0)
		goto out;
	if (mounted && spec.root < 0)
		vz_info("Container is mounted");
	vz_fault("start-mounted");
	load_modules(ct);
	r = vz_cgroup_setup(ct, &cgfd, e);
	if (r < 0)
		goto err_cleanup;
	vz_fault("start-cgroup");
	spec.cgroup_fd = cgfd;
	spec.scripts = scripts.v;
	spec.n_scripts = scripts.n;
	r = vz_env_create(&spec, &env, e);
	if (r < 0)
		goto err_cleanup;
	if (*ips) {
		_cleanup_free_ char *list = vz_strv_join(ips, " ");

		vz_info("Adding IP address(es): %s", list ? list : "");
	}
	r = vz_net_setup(ct, env.pid, env.pidfd, ips, e);
	if (r == 0)
		r = vz_netdev_setup(ct, env.pidfd, e);
	if (r == 0)
		r = vz_netif_setup(ct, env.pidfd, e);
	if (r < 0)
		goto err_abort;
	vz_fault("start-net");
	if (vz_interrupted) {
		r = vz_err(e, VZ_SYSTEM_ERROR, EINTR, "Interrupted");
		goto err_abort;
	}
	r = vz_env_go(&spec, &env, e);
	if (r < 0)
		goto err_abort;
	vz_env_close(&env);
	if (scripts.hash && !env.script_failed)
		stamp_write(ct, scripts.hash);
	vz_fault("start-running");
	vz_info("Container start in progress...");
	vz_close(spec.root);
	scripts_free(&scripts);
	return o->wait ? wait_booted(ct, e) : 0;

err_abort:
	hold = vz_netdev_hold(ct, env.pidfd);
	vz_env_abort(&env, cgfd);
	vz_netdev_release(ct, &hold);
err_cleanup:
	cgfd = vz_close(cgfd);
	vz_ct_cleanup(ct, !mounted, &ignored);
out:
	vz_close(spec.root);
	scripts_free(&scripts);
	return r;
}

/* ---- stop ------------------------------------------------------------------------------- */

static int left_ms(int64_t end)
{
	int64_t left = end - vz_now_ms();

	return left > 0 ? (int)left : 0;
}

/* CTID.stop inside; it may fail, and it may not take longer than the stop may */
static void stop_script(struct vz_ct *ct, int64_t end)
{
	_cleanup_error_ struct vz_error e = { 0 };
	char *bash[] = { "/bin/bash", "-c", NULL, NULL }, *sh[] = { "/bin/sh", "-c", NULL, NULL };
	char *env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	_cleanup_free_ char *text = NULL;
	struct vz_spawn s = { .argv = bash, .alt = sh, .envv = env, .fd = { -EBADF, -EBADF, -EBADF } };
	struct pollfd p = { .events = POLLIN };
	struct vz_child c;
	int status;

	if (vz_ct_script_text(ct, "stop", &text, &e) < 0) {
		vz_warn("%s", e.msg);
		return;
	}
	if (!text)
		return;
	bash[2] = sh[2] = text;
	if (vz_spawn(ct, &s, left_ms(end) < SPAWN_MS ? left_ms(end) : SPAWN_MS, &c, &e) < 0) {
		vz_warn("The stop script of the container did not run: %s", e.msg);
		return;
	}
	p.fd = c.pidfd;
	if (poll(&p, 1, left_ms(end)) <= 0) {
		vz_warn("The stop script of the container takes too long");
		syscall(SYS_pidfd_send_signal, c.pidfd, SIGKILL, NULL, 0);
	}
	if (vz_pidfd_wait(c.pidfd, &status) == 0 && status)
		vz_warn("The stop script of the container failed");
	vz_child_reset(&c);
}

/*
 * Ask init to halt.  systemd takes a signal; anything else has a halt command.
 * 0 when somebody was told.
 */
static int ask_to_halt(struct vz_ct *ct, int cgfd, struct vz_error *e)
{
	char *argv[] = { "halt", NULL }, *alt[] = { "poweroff", NULL };
	const struct vz_spawn s = { .argv = argv, .alt = alt, .fd = { -EBADF, -EBADF, -EBADF } };
	_cleanup_close_ int pidfd = -EBADF;
	char path[32];
	char *comm = NULL;
	struct vz_child c;
	struct pollfd p = { .events = POLLIN };
	pid_t init;
	int r, status;

	if (vz_cgroup_init_pid(cgfd, &init) < 0 || !init)
		return 0;
	pidfd = vz_pidfd_open(init);
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)init);
	if (pidfd >= 0 && vz_read_file_at(AT_FDCWD, path, 64, &comm, NULL) == 0) {
		bool systemd = strcmp(comm, "systemd\n") == 0;

		free(comm);
		/* the name is the container's to choose, and so is the harm */
		if (systemd && syscall(SYS_pidfd_send_signal, pidfd, SIGRTMIN + 4, NULL, 0) == 0)
			return 0;
	}
	r = vz_spawn(ct, &s, SPAWN_MS, &c, e);
	if (r < 0)
		return r;
	p.fd = c.pidfd;
	/*
	 * One that takes its time is reaped by the kernel: as a zombie it would be the
	 * task that the stop waits for.
	 */
	if (poll(&p, 1, SPAWN_MS) > 0 || signal(SIGCHLD, SIG_IGN) == SIG_ERR)
		vz_pidfd_wait(c.pidfd, &status);
	vz_child_reset(&c);
	return 0;
}

static int stop_timeout(const struct vz_ct *ct)
{
	const char *v = vz_ct_get(ct, "STOP_TIMEOUT");
	uint32_t n;

	return v && vz_parse_u32(v, &n) == 0 && n <= 86400 ? (int)n : STOP_TIMEOUT;
}

int vz_ct_stop(struct vz_ct *ct, const struct vz_stop_opts *o, struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF, pidfd = -EBADF, hold = -EBADF;
	struct vz_ve_events ev;
	int r;

	r = vz_cgroup_open(ct->id, &cgfd, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT) {
		vz_warn("Container is not running");
		return 0;
	}
	r = vz_cgroup_events(cgfd, &ev);
	if (r < 0)
		return vz_err(e, VZ_STOP_ERROR, -r, "Unable to read the state of the container: %m");
	if (ev.state == VZ_STATE_STOPPED) {
		/* it stopped by itself, or a stop was cut short */
		vz_warn("Container is not running");
		return vz_ct_cleanup(ct, o->skip_umount, e);
	}
	vz_info("Stopping container ...");
	vz_fault("stop-begin");
	vz_init_pidfd(ct, &pidfd, NULL);
	hold = vz_netdev_hold(ct, pidfd);
	if (!o->fast && ev.state == VZ_STATE_RUNNING) {
		_cleanup_error_ struct vz_error no = { 0 };
		int64_t end = vz_now_ms() + (int64_t)stop_timeout(ct) * 1000;

		stop_script(ct, end);
		r = ask_to_halt(ct, cgfd, &no);
		vz_fault("stop-asked");
		if (r < 0)
			vz_warn("Unable to halt the container: %s", no.msg);
		else
			r = vz_cgroup_wait_stopped(cgfd, left_ms(end));
		if (r == -EINTR)
			return vz_err(e, VZ_STOP_ERROR, EINTR, "Interrupted while waiting for the container to stop");
		if (r < 0)
			vz_info("Killing container ...");
	}
	r = kill_all(cgfd, e);
	signal(SIGCHLD, SIG_DFL);
	if (r < 0)
		return r;
	vz_netdev_release(ct, &hold);
	vz_fault("stop-stopped");
	vz_info("Container was stopped");
	return vz_ct_cleanup(ct, o->skip_umount, e);
}
