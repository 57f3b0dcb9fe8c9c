/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LOCKDIR/CTID.lck: text "PID\nSTATUS\nSTARTTIME\n".  The file is held with
 * an OFD lock too, so that a dead holder's lock is free at once and a reused
 * pid or a reboot cannot keep it.
 */
#ifndef VZ_LOCK_H
#define VZ_LOCK_H

#include <stdbool.h>

/* status of `vzctl event`, which comes by itself: for it everybody waits a while */
#define VZ_LOCK_EVENT "handling its stop"

struct vz_ct;
struct vz_conf;
struct vz_error;
struct vz_lock;

/*
 * vz_lock - take the container's lock without waiting
 * @status: what the holder does ("starting", "stopping", …).
 * Errors: -EBUSY with VZ_LOCKED ("Container already locked", and who holds it),
 * VZ_VE_LCKDIR_NOTSET.  A stale lock is taken over; vz_lock_was_stale() says so.
 */
int vz_lock(const struct vz_ct *ct, const char *status, struct vz_lock **ret, struct vz_error *e);
/* waits up to @timeout_ms, -1 for ever */
int vz_lock_wait(const struct vz_ct *ct, const char *status, int timeout_ms, struct vz_lock **ret, struct vz_error *e);
/* LOCKDIR/.NAME.lck, waits for it; for id ranges, addresses and names */
int vz_lock_named(struct vz_conf *global, const char *name, struct vz_lock **ret, struct vz_error *e);
/* the file was left behind by a holder that is dead ("Removing stale lock") */
bool vz_lock_was_stale(const struct vz_lock *l);
/* release and free; NULL is fine */
void vz_unlock(struct vz_lock *l);
void vz_unlockp(struct vz_lock **l);
#define _cleanup_lock_ __attribute__((cleanup(vz_unlockp)))

#endif /* VZ_LOCK_H */
