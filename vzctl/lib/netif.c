// SPDX-License-Identifier: GPL-2.0
/*
 * Pairs of veth devices between the host and a container; contract in netif.h.
 *
 *	host                               container
 *	bridge ---- host_ifname ========== ifname
 *	            up, host_mac           down, mac
 *	            filter, see macfilter.c
 *
 * The container's end is made in its namespace and is its own from then on: it may be
 * renamed, moved, deleted.  Deleting either end deletes both, and so does the end of the
 * namespace, so the host's end is all that has to be kept track of.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <stdio.h>

#include "lifeint.h"
#include "links.h"
#include "log.h"
#include "netif.h"
#include "nl.h"
#include "statefile.h"
#include "util.h"
#include "verb.h"

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

/* ---- the state file ---------------------------------------------------------------- */

/* an entry of the state file; false for one that somebody has spoilt */
static bool line_parse(const struct vz_ct *ct, const char *line, struct vz_nic *ret)
{
	_cleanup_free_ struct vz_nic *nics = NULL;
	size_t n;

	if (vz_netif_parse(ct->id, line, VZ_VETH_ERROR, &nics, &n, NULL) < 0 || n != 1)
		return false;
	*ret = nics[0];
	return true;
}

/* takes the line of @drop away and puts that of @add behind the others; both may be NULL */
static int state_edit(const struct vz_ct *ct, const struct vz_nic *drop, const struct vz_nic *add,
		      struct vz_error *e)
{
	_cleanup_strv_ char **lines = vz_statefile_read(VZ_NETIF_STATE, ct->id), **now = NULL;
	_cleanup_free_ char *old = drop ? vz_netif_format(drop) : NULL;
	_cleanup_free_ char *new = add ? vz_netif_format(add) : NULL;
	int r;

	if (!lines || (drop && !old) || (add && !new))
		return nomem(e);
	for (char **l = lines; *l; l++) {
		if ((old && strcmp(*l, old) == 0) || (new && strcmp(*l, new) == 0))
			continue;
		if (vz_strv_add(&now, *l) < 0)
			return nomem(e);
	}
	if (new && vz_strv_add(&now, new) < 0)
		return nomem(e);
	r = vz_statefile_write(VZ_NETIF_STATE, ct->id, now);
	return r < 0 ? vz_err(e, VZ_VETH_ERROR, -r, "Unable to write " VZ_NETIF_STATE "/%u: %m", ct->id) : 0;
}

/* the host's end of @nic, if that is what has its name */
static bool host_end(int fd, const struct vz_nic *nic, struct vz_link *ret)
{
	struct vz_link l;

	if (vz_link_get(fd, nic->host, &l) < 0 || strcmp(l.kind, "veth") != 0 || l.netns < 0 ||
	    memcmp(l.mac, nic->host_mac, VZ_MAC_LEN) != 0)
		return false;
	*ret = l;
	return true;
}

/* the pair whose end in the container was made as @ifname; -ENODEV when it is not there */
static int live_find(const struct vz_ct *ct, int fd, const char *ifname, struct vz_nic *ret,
		     struct vz_link *ret_link)
{
	_cleanup_strv_ char **lines = vz_statefile_read(VZ_NETIF_STATE, ct->id);

	for (char **l = lines; l && *l; l++) {
		struct vz_nic nic;

		if (line_parse(ct, *l, &nic) && strcmp(nic.ifname, ifname) == 0 &&
		    host_end(fd, &nic, ret_link)) {
			*ret = nic;
			return 0;
		}
	}
	return lines ? -ENODEV : -ENOMEM;
}

char **vz_netif_live(const struct vz_ct *ct)
{
	_cleanup_strv_ char **lines = vz_statefile_read(VZ_NETIF_STATE, ct->id);
	_cleanup_close_ int fd = vz_nl_open(NETLINK_ROUTE);
	char **live = vz_strv_split("", ";");

	for (char **l = lines; live && fd >= 0 && l && *l; l++) {
		struct vz_link link;
		struct vz_nic nic;

		if (line_parse(ct, *l, &nic) && host_end(fd, &nic, &link) && vz_strv_add(&live, *l) < 0) {
			vz_strv_free(live);
			return NULL;
		}
	}
	return live;
}

/* ---- one pair ------------------------------------------------------------------------ */

/* rtnetlink on the host and in the container, and the container's namespace */
struct ends {
	struct vz_ct *ct;
	int host, in, ns;
};

static void ends_close(struct ends *n)
{
	n->host = vz_close(n->host);
	n->in = vz_close(n->in);
	n->ns = vz_close(n->ns);
}

static int ends_open(struct ends *n, struct vz_ct *ct, int pidfd, struct vz_error *e)
{
	*n = (struct ends){ .ct = ct, .in = -EBADF, .ns = -EBADF };
	n->host = vz_nl_open(NETLINK_ROUTE);
	if (n->host >= 0)
		n->ns = vz_netns_open(pidfd);
	if (n->ns >= 0)
		n->in = vz_nl_open_in(n->ns);
	if (n->host < 0 || n->ns < 0 || n->in < 0) {
		int err = n->host < 0 ? n->host : n->ns < 0 ? n->ns : n->in;

		ends_close(n);
		return vz_err(e, VZ_VETH_ERROR, -err, "Unable to reach the network of the container: %m");
	}
	return 0;
}

static int pair_add(const struct ends *n, const struct vz_nic *nic)
{
	struct rtattr *info, *data, *peer;
	struct ifinfomsg i = { 0 };
	struct msg m;

	msg_init(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	put_str(&m, IFLA_IFNAME, nic->host);
	put(&m, IFLA_ADDRESS, nic->host_mac, VZ_MAC_LEN);
	info = put(&m, IFLA_LINKINFO, NULL, 0);
	put_str(&m, IFLA_INFO_KIND, "veth");
	data = put(&m, IFLA_INFO_DATA, NULL, 0);
	peer = put(&m, VETH_INFO_PEER, &i, sizeof(i));
	put_str(&m, IFLA_IFNAME, nic->ifname);
	put(&m, IFLA_ADDRESS, nic->mac, VZ_MAC_LEN);
	put_u32(&m, IFLA_NET_NS_FD, (uint32_t)n->ns);
	nest_end(&m, peer);
	nest_end(&m, data);
	nest_end(&m, info);
	return vz_nl_talk(n->host, &m, NULL, 0);
}

static int set_bridge(const struct ends *n, const struct vz_nic *nic, int index, struct vz_error *e)
{
	struct vz_link bridge = { 0 };
	int r = 0;

	if (*nic->bridge) {
		r = vz_link_get(n->host, nic->bridge, &bridge);
		if (r == -ENODEV)
			return vz_err(e, VZ_VETH_ERROR, ENODEV,
				      "Unable to add %s to the bridge %s: the host has no such device; create it, or set another with --ifname %s --bridge",
				      nic->host, nic->bridge, nic->ifname);
		if (r == 0 && strcmp(bridge.kind, "bridge") != 0)
			return vz_err(e, VZ_VETH_ERROR, EINVAL,
				      "Unable to add %s to %s, which is not a bridge; set one with --ifname %s --bridge",
				      nic->host, nic->bridge, nic->ifname);
	}
	if (r == 0)
		r = vz_link_set_master(n->host, index, bridge.index);
	return r < 0 ? vz_err(e, VZ_VETH_ERROR, -r, "Unable to set the bridge of %s to \"%s\": %m",
			      nic->host, nic->bridge) : 0;
}

static int set_filter(const struct ends *n, const struct vz_nic *nic, int index, struct vz_error *e)
{
	int r = nic->filter ? vz_macfilter_set(n->host, index, nic->mac) : vz_macfilter_clear(n->host, index);

	if (r < 0 && nic->filter)
		return vz_err(e, VZ_VETH_ERROR, -r,
			      "Unable to filter MAC addresses on %s: %m; the kernel needs sch_ingress and cls_bpf, or set --ifname %s --mac_filter off",
			      nic->host, nic->ifname);
	return r < 0 ? vz_err(e, VZ_VETH_ERROR, -r, "Unable to remove the MAC filter of %s: %m", nic->host) : 0;
}

/* the address of the container's end, wherever that is now and whatever it is called */
static int set_inner_mac(const struct ends *n, const struct vz_nic *nic, const struct vz_link *host,
			 struct vz_error *e)
{
	int r = vz_netns_id(n->host, n->ns);

	if (r >= 0 && r != host->netns)
		return vz_err(e, VZ_VETH_ERROR, ENODEV,
			      "Unable to set the MAC address of %s: the container has moved it to a network namespace of its own; remove the interface and add it anew",
			      nic->ifname);
	if (r >= 0)
		r = vz_link_set_mac(n->in, host->lower, nic->mac);
	return r < 0 ? vz_err(e, VZ_VETH_ERROR, -r, "Unable to set the MAC address of %s: %m", nic->ifname) : 0;
}

/* the host takes no address and no route from a container that says it were a router */
static void distrust(const struct vz_nic *nic)
{
	_cleanup_free_ char *path = vz_path("/proc/sys/net/ipv6/conf/%s/accept_ra", nic->host);

	/* a host without IPv6 listens to none */
	if (path)
		vz_write_file_at(AT_FDCWD, path, "0", 1);
}

/*
 * What follows the making of a pair, and is done again by whoever repeats a command that
 * was cut short.  The filter comes before the first frame.
 */
static int configure(const struct ends *n, const struct vz_nic *nic, const struct vz_link *host, bool bridge,
		     struct vz_error *e)
{
	int r = set_filter(n, nic, host->index, e);

	if (r == 0 && bridge)
		r = set_bridge(n, nic, host->index, e);
	if (r < 0 || host->flags & IFF_UP)
		return r;
	distrust(nic);
	r = vz_nl_link_up(n->host, host->index);
	return r < 0 ? vz_err(e, VZ_VETH_ERROR, -r, "Unable to set %s up: %m", nic->host) : 0;
}

static int make(const struct ends *n, const struct vz_nic *nic, struct vz_error *e)
{
	int r = pair_add(n, nic);

	if (r == -EEXIST)
		return vz_err(e, VZ_VETH_ERROR, EEXIST,
			      "Unable to add %s: the container has another device of that name already",
			      nic->ifname);
	if (r == -EOPNOTSUPP)
		return vz_err(e, VZ_VETH_ERROR, -r, "Unable to add %s: the kernel has no veth devices; load the module veth",
			      nic->ifname);
	return r < 0 ? vz_err(e, VZ_VETH_ERROR, -r, "Unable to add %s with %s on the host: %m",
			      nic->ifname, nic->host) : 0;
}

static int host_taken(const struct vz_nic *nic, struct vz_error *e)
{
	return vz_err(e, VZ_VETH_ERROR, EEXIST,
		      "The host has a device %s already; choose another name for its end of %s with --ifname %s --host_ifname",
		      nic->host, nic->ifname, nic->ifname);
}

static int add_one(const struct ends *n, const struct vz_nic *nic, struct vz_error *e)
{
	struct vz_link link = { 0 };
	int r;

	if (vz_link_taken(n->host, nic->host))
		return host_taken(nic, e);
	r = state_edit(n->ct, NULL, nic, e);
	if (r < 0)
		return r;
	vz_fault("netif-named");
	r = make(n, nic, e);
	if (r == 0) {
		vz_fault("netif-made");
		r = host_end(n->host, nic, &link) ? configure(n, nic, &link, *nic->bridge, e) :
		    vz_err(e, VZ_VETH_ERROR, ENODEV, "Unable to add %s: %s has gone again", nic->ifname, nic->host);
	}
	if (r < 0) {
		if (link.index)
			vz_link_del(n->host, link.index);
		state_edit(n->ct, nic, NULL, NULL);
	}
	return r;
}

static int del_one(const struct ends *n, const char *ifname, struct vz_error *e)
{
	struct vz_link link;
	struct vz_nic nic;
	int r = live_find(n->ct, n->host, ifname, &nic, &link);

	if (r == -ENODEV)	/* the container was faster */
		return 0;
	if (r == 0)
		r = vz_link_del(n->host, link.index);
	if (r < 0 && r != -ENODEV)
		return vz_err(e, VZ_VETH_ERROR, -r, "Unable to remove %s: %m", ifname);
	return state_edit(n->ct, &nic, NULL, e);
}

/* ---- changes ------------------------------------------------------------------------- */

/* what makes the pair of @have that of @next, which differ in what it is found by */
static int change_end(const struct ends *n, struct vz_nic *have, const struct vz_nic *next, int index,
		      struct vz_error *e)
{
	bool name = strcmp(have->host, next->host) != 0;
	int r;

	if (name && vz_link_taken(n->host, next->host))
		return host_taken(next, e);
	/* for a moment it is either */
	r = state_edit(n->ct, NULL, next, e);
	if (r < 0)
		return r;
	vz_fault("netif-changing");
	r = name ? vz_link_rename(n->host, index, next->host) :
		   vz_link_set_mac(n->host, index, next->host_mac);
	vz_fault("netif-changed");
	if (r < 0) {
		state_edit(n->ct, next, NULL, NULL);
		return vz_err(e, VZ_VETH_ERROR, -r, name ? "Unable to rename %s to %s: %m" :
			      "Unable to set the MAC address of %s (%s): %m", have->host, next->host);
	}
	r = state_edit(n->ct, have, NULL, e);
	*have = *next;
	return r;
}

static int change_one(const struct ends *n, struct vz_nic *have, const struct vz_nic *want,
		      const struct vz_link *link, struct vz_error *e)
{
	struct vz_nic next = *have;
	int r = 0;

	memcpy(next.host_mac, want->host_mac, VZ_MAC_LEN);
	if (memcmp(have->host_mac, next.host_mac, VZ_MAC_LEN) != 0)
		r = change_end(n, have, &next, link->index, e);
	memcpy(next.host, want->host, IFNAMSIZ);
	if (r == 0 && strcmp(have->host, next.host) != 0)
		r = change_end(n, have, &next, link->index, e);
	/* the administrator may have put one into a bridge that NETIF does not name */
	if (r == 0)
		r = configure(n, want, link, *want->bridge || *have->bridge, e);
	if (r == 0 && memcmp(have->mac, want->mac, VZ_MAC_LEN) != 0)
		r = set_inner_mac(n, want, link, e);
	return r < 0 ? r : state_edit(n->ct, have, want, e);
}

static int ensure_one(const struct ends *n, const struct vz_nic *want, struct vz_error *e)
{
	struct vz_link link;
	struct vz_nic have;
	int r = live_find(n->ct, n->host, want->ifname, &have, &link);

	if (r == -ENOMEM)
		return nomem(e);
	return r < 0 ? add_one(n, want, e) : change_one(n, &have, want, &link, e);
}

static int ensure_all(const struct ends *n, char *const *want, struct vz_error *e)
{
	_cleanup_free_ char *text = vz_strv_join(want, ";");
	_cleanup_free_ struct vz_nic *nics = NULL;
	size_t n_nics;
	int r = text ? vz_netif_parse(n->ct->id, text, VZ_VETH_ERROR, &nics, &n_nics, e) : nomem(e);

	for (size_t i = 0; r == 0 && i < n_nics; i++)
		r = ensure_one(n, &nics[i], e);
	return r;
}

int vz_netif_change(struct vz_ct *ct, int pidfd, char *const *gone, char *const *want, struct vz_error *e)
{
	struct ends n;
	int r;

	r = ends_open(&n, ct, pidfd, e);
	if (r < 0)
		return r;
	for (char *const *g = gone; r == 0 && g && *g; g++)
		r = del_one(&n, *g, e);
	if (r == 0 && want)
		r = ensure_all(&n, want, e);
	ends_close(&n);
	return r;
}

int vz_netif_apply(struct vz_ct *ct, char *const *gone, char *const *want, struct vz_error *e)
{
	_cleanup_close_ int pidfd = -EBADF;
	int r = vz_init_pidfd(ct, &pidfd, e);

	return r < 0 ? r : vz_netif_change(ct, pidfd, gone, want, e);
}

/* ---- start and stop -------------------------------------------------------------------- */

int vz_netif_setup(struct vz_ct *ct, int pidfd, struct vz_error *e)
{
	_cleanup_free_ struct vz_nic *nics = NULL;
	_cleanup_free_ char *names = strdup("");
	struct ends n;
	size_t n_nics;
	int r;

	vz_netif_cleanup(ct);
	r = vz_netif_parse(ct->id, vz_ct_get(ct, "NETIF"), VZ_INVALID_CONFIG, &nics, &n_nics, e);
	if (r < 0 || !n_nics)
		return r;
	r = ends_open(&n, ct, pidfd, e);
	if (r < 0)
		return r;
	for (size_t i = 0; names && i < n_nics; i++) {
		char *more = vz_asprintf("%s %s", names, nics[i].ifname);

		free(names);
		names = more;
	}
	vz_info("Adding network interface(s):%s", names ? names : "");
	for (size_t i = 0; r == 0 && i < n_nics; i++)
		r = add_one(&n, &nics[i], e);
	ends_close(&n);
	return r;
}

void vz_netif_cleanup(const struct vz_ct *ct)
{
	_cleanup_strv_ char **lines = vz_statefile_read(VZ_NETIF_STATE, ct->id);
	_cleanup_close_ int fd = -EBADF;

	if (!lines || !*lines)
		return;
	fd = vz_nl_open(NETLINK_ROUTE);
	for (char **l = lines; fd >= 0 && *l; l++) {
		struct vz_link link;
		struct vz_nic nic;

		if (line_parse(ct, *l, &nic) && host_end(fd, &nic, &link))
			vz_link_del(fd, link.index);
	}
	/* what could not be deleted goes with the namespace */
	vz_statefile_write(VZ_NETIF_STATE, ct->id, NULL);
}

/* ---- conflicts -------------------------------------------------------------------------- */

struct conflict {
	const struct vz_nic *nics;
	size_t n;
	struct vz_error *e;
};

/* does container @id, whose NETIF is @value, want one of the names on the host? */
static int conflict_with(uint32_t id, const char *value, void *arg)
{
	_cleanup_free_ struct vz_nic *theirs = NULL;
	const struct conflict *c = arg;
	size_t n;

	if (vz_netif_parse(id, value, VZ_VETH_ERROR, &theirs, &n, NULL) < 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < c->n; k++) {
			if (strcmp(theirs[i].host, c->nics[k].host) == 0)
				return vz_err(c->e, VZ_VETH_ERROR, EEXIST,
					      "The host's interface %s is already used by container %u; choose another name with --ifname %s --host_ifname",
					      c->nics[k].host, id, c->nics[k].ifname);
		}
	}
	return 0;
}

/* does a device of the host, other than one of the container's own pairs, have the name? */
static int conflict_with_host(const struct vz_ct *ct, int fd, const struct vz_nic *nic, struct vz_error *e)
{
	_cleanup_strv_ char **lines = NULL;

	if (!vz_link_taken(fd, nic->host))
		return 0;
	lines = vz_statefile_read(VZ_NETIF_STATE, ct->id);
	for (char **l = lines; l && *l; l++) {
		struct vz_link link;
		struct vz_nic own;

		if (line_parse(ct, *l, &own) && strcmp(own.host, nic->host) == 0 && host_end(fd, &own, &link))
			return 0;
	}
	return host_taken(nic, e);
}

int vz_netif_check_conflict(const struct vz_ct *ct, char *const *entries, struct vz_error *e)
{
	_cleanup_free_ char *text = vz_strv_join(entries, ";");
	_cleanup_close_ int fd = vz_nl_open(NETLINK_ROUTE);
	_cleanup_free_ struct vz_nic *nics = NULL;
	struct conflict c = { .e = e };
	int r;

	if (!text)
		return nomem(e);
	r = vz_netif_parse(ct->id, text, VZ_INVALID_PARAMETER_VALUE, &nics, &c.n, e);
	if (r < 0)
		return r;
	c.nics = nics;
	r = vz_ct_others(ct->id, "NETIF", conflict_with, &c, e);
	for (size_t i = 0; r == 0 && fd >= 0 && i < c.n; i++)
		r = conflict_with_host(ct, fd, &nics[i], e);
	return r;
}
