/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interfaces of a container beside venet0: pairs of veth devices (NETIF) and devices of the
 * host that it was given (NETDEV).
 */
#ifndef VZ_NETIF_H
#define VZ_NETIF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vz_ct;
struct vz_error;

#define VZ_MAC_LEN	6
#define VZ_MAC_TEXT	18		/* "00:18:51:12:34:56" and its end */

/* ---- NETIF as text: netiftext.c ------------------------------------------------- */

/*
 * struct vz_nic - one interface of NETIF
 * @ifname, @mac: the container's end
 * @host, @host_mac: the host's end
 * @bridge: of the host, "" for none
 * @filter: frames go in and out with the container's own MAC address only
 */
struct vz_nic {
	char ifname[IFNAMSIZ];
	char host[IFNAMSIZ];
	char bridge[IFNAMSIZ];
	unsigned char mac[VZ_MAC_LEN];
	unsigned char host_mac[VZ_MAC_LEN];
	bool filter;
};

/* one string "ifname=eth0,bridge=br0,…" for each interface of @value, which may be NULL */
char **vz_netif_split(const char *value);
/* what sub-key @key is in @entry, *@ret_len bytes, or NULL */
const char *vz_netif_get(const char *entry, const char *key, size_t *ret_len);
/* the same as a string of its own; NULL also without memory */
char *vz_netif_dup(const char *entry, const char *key);
/* @entry with @key set to @value, known keys in their usual order; allocated */
char *vz_netif_put(const char *entry, const char *key, const char *value);
/* @entry with all that @over says in its place; allocated */
char *vz_netif_merge(const char *entry, const char *over);
/* the entry of a list in which @key is @value, or NULL */
char **vz_netif_find(char **entries, const char *key, const char *value);

/*
 * vz_netif_complete - make up what @entry leaves out: MAC addresses, host_ifname
 * @entry: allocated, replaced
 * @others: entries that the container has already
 * Errors: VZ_INVALID_PARAMETER_VALUE when no host_ifname can be made up.
 */
int vz_netif_complete(uint32_t id, char **entry, char **others, struct vz_error *e);
/*
 * vz_netif_parse - the interfaces of a NETIF, checked against each other
 * @value: text that vz_param_canon() or vz_param_check_conf() takes, or NULL
 * @code: exit code for one that makes no sense
 * @ret: allocated
 * What is left out becomes the same at each call.
 */
int vz_netif_parse(uint32_t id, const char *value, int code, struct vz_nic **ret, size_t *ret_n,
		   struct vz_error *e);
/* an entry that vz_netif_parse() makes the same of; allocated */
char *vz_netif_format(const struct vz_nic *nic);

/* six pairs of hexadecimal digits with colons between; false for anything else */
bool vz_mac_parse(const char *text, unsigned char ret[VZ_MAC_LEN]);
void vz_mac_format(const unsigned char mac[VZ_MAC_LEN], char ret[VZ_MAC_TEXT]);

/* ---- the pairs of a running container: netif.c ----------------------------------- */

/*
 * /run/vzctl/netif/CTID has an entry a line for each pair that the container may have.  It is
 * written before the host is changed: after a crash it names at least all that has
 * to go.  What the container sees and renames counts for nothing: its pairs are found by
 * the host's end, and that by its name, its kind and its MAC address.
 */
#define VZ_NETIF_STATE	"/run/vzctl/netif"

/* the entries of the pairs that are there, allocated; NULL without memory */
char **vz_netif_live(const struct vz_ct *ct);
/*
 * vz_netif_check_conflict - may the container have @entries?
 * Errors: VZ_VETH_ERROR when another container is configured to have one of the names on the
 * host, or when the host has a device of that name.  Call with the "netif" lock held.
 */
int vz_netif_check_conflict(const struct vz_ct *ct, char *const *entries, struct vz_error *e);
/*
 * vz_netif_apply - change the pairs of a running container
 * @gone: names inside of those that go first; @want: entries that are made, or made so
 * Both may be NULL.  Errors: VZ_VETH_ERROR, VZ_VE_NOT_RUNNING; what was done until then stays.
 */
int vz_netif_apply(struct vz_ct *ct, char *const *gone, char *const *want, struct vz_error *e);
/* the same with the process in whose network the container's ends are */
int vz_netif_change(struct vz_ct *ct, int pidfd, char *const *gone, char *const *want, struct vz_error *e);
/* all pairs of NETIF into the network of @pidfd, before init runs; vz_netif_cleanup() undoes it */
int vz_netif_setup(struct vz_ct *ct, int pidfd, struct vz_error *e);
/* what the host still has of a container that is not running; best effort */
void vz_netif_cleanup(const struct vz_ct *ct);

/* ---- devices of the host in a running container: netdev.c ------------------------- */

/*
 * /run/vzctl/netdev/CTID has a line for each device that was taken from the host and is not
 * back.  It says what nobody can change, by which the device is found again, and what it
 * is given back: its name, its MAC address, its MTU.
 *
 * Only devices that the kernel gives back by itself when the container's namespace ends may be
 * given: hardware, in short.  That is what makes good a crash at any point: vzctl only hurries,
 * and restores the name.
 */
#define VZ_NETDEV_STATE	"/run/vzctl/netdev"

/* the names of those that were given, allocated; NULL without memory */
char **vz_netdev_live(const struct vz_ct *ct);
/*
 * vz_netdev_check - can these devices be given to a container?
 * One that the host does not have now is no error.  Errors: VZ_NETDEV_ERROR.
 */
int vz_netdev_check(char *const *names, struct vz_error *e);
/* on a running container; VZ_NETDEV_ERROR, VZ_VE_NOT_RUNNING; what was done until then stays */
int vz_netdev_add(struct vz_ct *ct, char *const *names, struct vz_error *e);
int vz_netdev_del(struct vz_ct *ct, char *const *names, struct vz_error *e);
/* all devices of NETDEV into the network of @pidfd, before init runs */
int vz_netdev_setup(struct vz_ct *ct, int pidfd, struct vz_error *e);
/*
 * vz_netdev_hold - keep the network of the running container @pidfd is of
 * Returns what vz_netdev_release() takes the devices out with once no process of the container
 * is left to interfere, or -EBADF when it has none.
 */
int vz_netdev_hold(const struct vz_ct *ct, int pidfd);
void vz_netdev_release(const struct vz_ct *ct, int *hold);
/*
 * Waits a little for devices that the kernel gives back, and has the rest looked for by the next
 * command; best effort.
 */
void vz_netdev_cleanup(const struct vz_ct *ct);

#endif /* VZ_NETIF_H */
