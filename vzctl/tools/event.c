// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl event: what follows when a container stopped; run by the udev rule.
 *
 * Nothing is taken from the event but the number: the state of the cgroup says
 * what there is to do, so that a late, repeated or lost event does no harm.
 * After a reboot from inside the container is started again, later and later
 * if it reboots all the time; otherwise the leftovers are removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lifeint.h"
#include "lock.h"
#include "log.h"
#include "util.h"
#include "verb.h"

#define REBOOT_DIR	"/run/vzctl"
#define QUICK_S		60	/* a reboot this soon after the last one counts */
#define FREE		3	/* so many quick ones cost nothing */
#define MAX_DELAY_S	120

static int64_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

/*
 * reboot_delay - seconds to wait before the next start
 * REBOOT_DIR/CTID.reboots holds "COUNT TIME" of the latest quick reboots, TIME in
 * seconds since the boot of the host.  Failing to keep it costs the limit only.
 */
static unsigned int reboot_delay(uint32_t id)
{
	_cleanup_free_ char *dir = vz_path(REBOOT_DIR), *path = vz_path(REBOOT_DIR "/%u.reboots", id);
	_cleanup_free_ char *text = NULL;
	unsigned int count = 0, delay = 0;
	long long last = 0, now = now_s();
	char buf[64];
	int fd;

	if (!dir || !path || vz_mkdir_p(dir, 0755) < 0)
		return 0;
	if (vz_read_file_at(AT_FDCWD, path, 64, &text, NULL) == 0 &&
	    sscanf(text, "%u %lld", &count, &last) == 2 && last <= now && now - last < QUICK_S)
		count++;
	else
		count = 0;
	if (count > FREE)
		delay = count - FREE > 6 ? MAX_DELAY_S : 1u << (count - FREE);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0) {
		/* the wait does not make the next reboot a slow one */
		int n = snprintf(buf, sizeof(buf), "%u %lld\n", count, now + delay);

		if (vz_write_all(fd, buf, (size_t)n) < 0)
			unlink(path);
		vz_close(fd);
	}
	return delay;
}

/*
 * What is there to do, with the lock held.  1: start it again; 0: nothing more is.
 */
static int look(struct vz_ct *ct, unsigned int *ret_generation, struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF;
	struct vz_ve_events ev;
	int r;

	r = vz_cgroup_open(ct->id, &cgfd, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = vz_cgroup_events(cgfd, &ev);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read the state of the container: %m");
	/* somebody has started it again */
	if (ev.state != VZ_STATE_STOPPED)
		return 0;
	*ret_generation = ev.generation;
	if (ev.reason == VZ_REASON_REBOOT && ct->conf)
		return 1;
	vz_info("Container was stopped");
	return vz_ct_cleanup(ct, false, e);
}

static int run(struct vz_ct *ct, struct vz_error *e)
{
	const struct vz_start_opts o = { 0 };
	_cleanup_lock_ struct vz_lock *lock = NULL;
	unsigned int generation = 0, again = 0, delay;
	int r;

	r = vz_lock_wait(ct, VZ_LOCK_EVENT, -1, &lock, e);
	if (r == 0 && ct->conf)
		r = vz_ct_reload(ct, e);
	if (r == 0)
		r = look(ct, &generation, e);
	if (r <= 0)
		return r;
	delay = reboot_delay(ct->id);
	if (delay) {
		vz_warn("The container reboots all the time; it is started again in %u s", delay);
		vz_unlock(lock);
		lock = NULL;
		for (unsigned int i = 0; i < delay && !vz_interrupted; i++)
			nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		r = vz_lock_wait(ct, VZ_LOCK_EVENT, -1, &lock, e);
		if (r == 0)
			r = vz_ct_reload(ct, e);
		if (r == 0)
			r = look(ct, &again, e);
		if (r <= 0 || again != generation)
			return r < 0 ? r : 0;
	}
	vz_info("Restarting container");
	r = vz_ct_start(ct, &o, e);
	if (r < 0) {
		/* as after a halt: no mount, no cgroup */
		_cleanup_error_ struct vz_error ignored = { 0 };

		vz_ct_cleanup(ct, false, &ignored);
	}
	return r;
}

int verb_event(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_close_ int cgfd = -EBADF;
	int r;

	if (ctx->argc) {
		vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, 0, "Unexpected argument: \"%s\" (vzctl event <ctid>)",
		       ctx->argv[0]);
		return vz_fail(&e);
	}
	/* stopped by vzctl, which has cleaned up already */
	r = vz_cgroup_open(ctx->ct->id, &cgfd, &e);
	if (r == -ENOENT)
		return VZ_OK;
	cgfd = vz_close(cgfd);
	vz_catch_signals();
	if (r == 0)
		r = run(ctx->ct, &e);
	return r < 0 ? vz_fail(&e) : VZ_OK;
}
