/* SPDX-License-Identifier: GPL-2.0 */
/* What the files behind `vzctl set` share: set.c, and setnet.c for interfaces. */
#ifndef VZ_SET_H
#define VZ_SET_H

#include <stdbool.h>
#include <stddef.h>

struct vz_ct;
struct vz_error;
struct vz_lock;
struct vz_param;

/* one key and its new value, NULL to remove it */
struct change {
	const struct vz_param *p;
	const char *key;
	char *value;
	char *taken;			/* entries "…:none" that were taken out of it */
};

struct set {
	struct vz_ct *ct;
	struct change *ch;
	size_t n;

	bool save, force, reset_ub;
	enum { MODE_NONE, MODE_RESTART, MODE_IGNORE } mode;
	char *sample;

	struct vz_lock *ips;		/* until the addresses are the container's */
	struct vz_lock *nets;		/* until the names on the host are */
	char **ip_add, **ip_del;
	char **ip_kept;			/* what the running container has and keeps */
	bool ip_del_all;
	char **userpw;
	char **netif;			/* NETIF, "ifname=…,bridge=…" each */
	char **live;			/* what the running container has, and is to have */
	char **nic_gone, **nic_set;	/* names of those that are to go, and that are new or other */
	const char *ifname;		/* --ifname in force */
	char **dev_add, **dev_del;	/* devices of the host */

	bool running;
	char **later;			/* options saved but not applied */
};

/* the change of @key, or NULL */
struct change *set_find(const struct set *s, const char *key);
/* takes over @value */
int set_put(struct set *s, const struct vz_param *p, const char *key, char *value, struct vz_error *e);
/* the value of @key after the command: that a list option adds to or removes from, for instance */
const char *set_current(const struct set *s, const char *key);
bool set_changed(const struct set *s, const char *key);

/* ---- setnet.c: Ethernet interfaces and devices of the host -------------------- */

/* an option of VZ_P_NETIF; takes over @value */
int set_netif_option(struct set *s, const struct vz_param *p, char *value, struct vz_error *e);
/* the words of --netdev_add and --netdev_del, for a running container */
int set_netdev_added(struct set *s, const char *words, struct vz_error *e);
int set_netdev_deleted(struct set *s, const char *words, struct vz_error *e);
/*
 * what a sample says of them, and what can be said of all before anything is changed; takes
 * the lock that set_free() gives back
 */
int set_plan_nets(struct set *s, struct vz_error *e);
/* to the running container */
int set_apply_nets(struct set *s, struct vz_error *e);

#endif /* VZ_SET_H */
