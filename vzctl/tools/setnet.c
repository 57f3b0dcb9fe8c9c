// SPDX-License-Identifier: GPL-2.0
/* vzctl set: Ethernet interfaces, and devices of the host; contract in set.h. */
#include <errno.h>
#include <string.h>

#include "ct.h"
#include "error.h"
#include "lock.h"
#include "log.h"
#include "netif.h"
#include "params.h"
#include "set.h"
#include "util.h"

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

/* ---- veth interfaces ------------------------------------------------------ */

/*
 * Two lists are edited: what the configuration says and what the running container has.  They
 * differ where something was changed without --save.
 */
static int netif_load(struct set *s, struct vz_error *e)
{
	if (s->netif)
		return 0;
	s->netif = vz_netif_split(set_current(s, "NETIF"));
	s->live = s->running ? vz_netif_live(s->ct) : vz_strv_split("", ";");
	return s->netif && s->live ? 0 : nomem(e);
}

/* @entry in the place of the one of its name, or at the end; copied */
static int netif_replace(char ***list, const char *ifname, const char *entry)
{
	char **n = vz_netif_find(*list, "ifname", ifname);
	char *copy;

	if (!n)
		return vz_strv_add(list, entry);
	copy = strdup(entry);
	if (!copy)
		return -ENOMEM;
	free(*n);
	*n = copy;
	return 0;
}

/* *@n out of its list */
static void list_remove(char **n)
{
	free(*n);
	for (; *n; n++)
		n[0] = n[1];
}

static int mark(char ***list, const char *ifname, struct vz_error *e)
{
	return !vz_strv_has(*list, ifname) && vz_strv_add(list, ifname) < 0 ? nomem(e) : 0;
}

/* what @entry leaves out is made up; no name on the host that one of either list has */
static int netif_complete(struct set *s, char **entry, struct vz_error *e)
{
	_cleanup_strv_ char **others = NULL;

	for (char **n = s->netif; *n; n++) {
		if (vz_strv_add(&others, *n) < 0)
			return nomem(e);
	}
	for (char **n = s->live; *n; n++) {
		if (vz_strv_add(&others, *n) < 0)
			return nomem(e);
	}
	return vz_netif_complete(s->ct->id, entry, others, e);
}

/* takes over @fields */
static int netif_add(struct set *s, char *fields, struct vz_error *e)
{
	_cleanup_free_ char *netif = fields, *ifname = NULL;
	char **saved, **up;
	size_t len;
	const char *v = vz_netif_get(fields, "ifname", &len);
	int r;

	ifname = strndup(v, len);
	if (!ifname)
		return nomem(e);
	saved = vz_netif_find(s->netif, "ifname", ifname);
	up = vz_netif_find(s->live, "ifname", ifname);
	if (saved && (up || !s->running))
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EEXIST,
			      "Container %u already has the interface %s; change it with --ifname %s",
			      s->ct->id, ifname, ifname);
	/* of one that it has, or had, without the other list knowing, the rest stays as it is */
	if (saved || up) {
		char *all = vz_netif_merge(saved ? *saved : *up, netif);

		if (!all)
			return nomem(e);
		free(netif);
		netif = all;
	}
	r = netif_complete(s, &netif, e);
	if (r < 0)
		return r;
	if (netif_replace(&s->netif, ifname, netif) < 0 || netif_replace(&s->live, ifname, netif) < 0)
		return nomem(e);
	return mark(&s->nic_set, ifname, e);
}

static int netif_del_all(struct set *s, struct vz_error *e)
{
	int r = 0;

	for (char **n = s->live; r == 0 && *n; n++) {
		_cleanup_free_ char *ifname = vz_netif_dup(*n, "ifname");

		r = ifname ? mark(&s->nic_gone, ifname, e) : nomem(e);
	}
	while (*s->netif)
		list_remove(s->netif);
	while (*s->live)
		list_remove(s->live);
	vz_strv_free(s->nic_set);
	s->nic_set = NULL;
	return r;
}

static int netif_del(struct set *s, const char *ifname, struct vz_error *e)
{
	char **saved = vz_netif_find(s->netif, "ifname", ifname);
	char **up = vz_netif_find(s->live, "ifname", ifname);

	if (strcmp(ifname, "all") == 0)
		return netif_del_all(s, e);
	if (!saved && !up)
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, ENOENT,
			      "Container %u has no interface %s", s->ct->id, ifname);
	if (saved)
		list_remove(saved);
	if (up)
		list_remove(up);
	for (char **n = s->nic_set; n && *n; n++) {
		if (strcmp(*n, ifname) == 0) {
			list_remove(n);
			break;
		}
	}
	return up ? mark(&s->nic_gone, ifname, e) : 0;
}

/* --@key @value of the interface of --ifname */
static int netif_change(struct set *s, const char *key, const char *value, struct vz_error *e)
{
	char ***lists[] = { &s->netif, &s->live };
	bool found = false;

	if (!s->ifname)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "--%s needs --ifname, which says the interface", key);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		char **n = vz_netif_find(*lists[i], "ifname", s->ifname);
		_cleanup_free_ char *entry = n ? vz_netif_put(*n, key, value) : NULL;

		if (!n)
			continue;
		/* whoever saves a change of one that was not saved means all of it */
		if (!entry || netif_replace(lists[i], s->ifname, entry) < 0 ||
		    (!found && netif_replace(&s->netif, s->ifname, entry) < 0))
			return nomem(e);
		found = true;
	}
	if (!found)
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, ENOENT,
			      "Container %u has no interface %s; add it with --netif_add", s->ct->id, s->ifname);
	return mark(&s->nic_set, s->ifname, e);
}

int set_netif_option(struct set *s, const struct vz_param *p, char *value, struct vz_error *e)
{
	_cleanup_free_ char *v = value;
	int r;

	r = netif_load(s, e);
	if (r < 0)
		return r;
	if (strcmp(p->opt, "netif_add") == 0) {
		v = NULL;
		return netif_add(s, value, e);
	}
	if (strcmp(p->opt, "netif_del") == 0)
		return netif_del(s, v, e);
	return netif_change(s, p->opt, v, e);
}

/* a sample's NETIF replaces all */
static int netif_sample(struct set *s, struct vz_error *e)
{
	_cleanup_strv_ char **live = NULL;
	int r = netif_load(s, e);

	for (char **n = r == 0 ? s->live : NULL; n && *n && r == 0; n++) {
		_cleanup_free_ char *ifname = vz_netif_dup(*n, "ifname");

		if (!ifname)
			return nomem(e);
		if (!vz_netif_find(s->netif, "ifname", ifname))
			r = mark(&s->nic_gone, ifname, e);
	}
	for (char **n = r == 0 ? s->netif : NULL; n && *n && r == 0; n++) {
		_cleanup_free_ char *ifname = vz_netif_dup(*n, "ifname");

		if (!ifname || vz_strv_add(&live, *n) < 0)
			return nomem(e);
		r = mark(&s->nic_set, ifname, e);
	}
	if (r == 0 && live) {
		vz_strv_free(s->live);
		s->live = live;
		live = NULL;
	}
	return r;
}

/* the entries of @list whose names are in @names; allocated, NULL without memory */
static char **netif_pick(char **list, char *const *names)
{
	char **ret = vz_strv_split("", ";");

	for (; ret && names && *names; names++) {
		char **n = vz_netif_find(list, "ifname", *names);

		if (n && vz_strv_add(&ret, *n) < 0) {
			vz_strv_free(ret);
			return NULL;
		}
	}
	return ret;
}

static int netif_valid(const struct set *s, char **list, struct vz_error *e)
{
	_cleanup_free_ char *text = vz_strv_join(list, ";");
	_cleanup_free_ struct vz_nic *nics = NULL;
	size_t n;

	return text ? vz_netif_parse(s->ct->id, text, VZ_INVALID_PARAMETER_VALUE, &nics, &n, e) : nomem(e);
}

static int netif_check(const struct set *s, char **list, struct vz_error *e)
{
	_cleanup_strv_ char **entries = netif_pick(list, s->nic_set);

	return entries ? vz_netif_check_conflict(s->ct, entries, e) : nomem(e);
}

/*
 * Do the interfaces go together, and may the host's ends have their names?  The lock is kept
 * until they have, or are saved.
 */
static int plan_netif(struct set *s, struct vz_error *e)
{
	int r = 0;

	if (!s->netif && set_changed(s, "NETIF"))
		r = netif_sample(s, e);
	if (r < 0 || !s->netif)
		return r;
	r = netif_valid(s, s->netif, e);
	if (r == 0 && s->running)
		r = netif_valid(s, s->live, e);
	if (r < 0 || !s->nic_set || !*s->nic_set || !(s->running || s->save))
		return r;
	r = vz_lock_named(s->ct->global, "netif", &s->nets, e);
	if (r == 0 && s->running)
		r = netif_check(s, s->live, e);
	if (r == 0 && s->save)
		r = netif_check(s, s->netif, e);
	return r;
}

static int apply_netif(struct set *s, struct vz_error *e)
{
	_cleanup_strv_ char **want = NULL;
	_cleanup_free_ char *gone = NULL, *set = NULL;

	if (!s->netif)
		return 0;
	want = netif_pick(s->live, s->nic_set);
	gone = vz_strv_join(s->nic_gone, " ");
	set = vz_strv_join(s->nic_set, " ");
	if (!want || !gone || !set)
		return nomem(e);
	if (*gone)
		vz_info("Deleting network interface(s): %s", gone);
	if (*want)
		vz_info("Setting network interface(s): %s", set);
	return *gone || *want ? vz_netif_apply(s->ct, s->nic_gone, want, e) : 0;
}

/* ---- devices of the host --------------------------------------------------- */

/* words of @words into @to, and out of @from where the command has named them before */
static int note_devices(char ***to, char **from, const char *words, struct vz_error *e)
{
	_cleanup_strv_ char **w = vz_strv_split(words, " ");

	if (!w)
		return nomem(e);
	for (char **d = w; *d; d++) {
		for (char **f = from; f && *f; f++) {
			if (strcmp(*f, *d) == 0) {
				list_remove(f);
				break;
			}
		}
		if (mark(to, *d, e) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* what can never be given is refused before it is saved */
static int plan_netdev(struct set *s, struct vz_error *e)
{
	const struct change *c = set_find(s, "NETDEV");
	const char *saved = vz_ct_get(s->ct, "NETDEV");
	_cleanup_strv_ char **have = vz_strv_split(saved ? saved : "", " \t,");
	_cleanup_strv_ char **live = s->dev_del ? vz_netdev_live(s->ct) : NULL;
	int r = 0;

	for (char **d = s->dev_del; d && *d; d++) {
		if (!vz_strv_has(have, *d) && !vz_strv_has(live, *d))
			vz_warn("Network device %s is not assigned to the container", *d);
	}
	/* a sample's */
	if (c && c->value && !s->dev_add && !s->dev_del)
		r = note_devices(&s->dev_add, NULL, c->value, e);
	return r == 0 && s->dev_add ? vz_netdev_check(s->dev_add, e) : r;
}

static int apply_netdev(struct set *s, struct vz_error *e)
{
	_cleanup_free_ char *gone = vz_strv_join(s->dev_del, " "), *added = vz_strv_join(s->dev_add, " ");
	int r = 0;

	if (!gone || !added)
		return nomem(e);
	if (*gone) {
		vz_info("Deleting network device(s): %s", gone);
		r = vz_netdev_del(s->ct, s->dev_del, e);
	}
	if (r == 0 && *added) {
		vz_info("Adding network device(s): %s", added);
		r = vz_netdev_add(s->ct, s->dev_add, e);
	}
	return r;
}

/* ---- all together ---------------------------------------------------------- */

int set_netdev_added(struct set *s, const char *words, struct vz_error *e)
{
	return note_devices(&s->dev_add, s->dev_del, words, e);
}

int set_netdev_deleted(struct set *s, const char *words, struct vz_error *e)
{
	return note_devices(&s->dev_del, s->dev_add, words, e);
}

int set_plan_nets(struct set *s, struct vz_error *e)
{
	int r = plan_netdev(s, e);

	return r < 0 ? r : plan_netif(s, e);
}

int set_apply_nets(struct set *s, struct vz_error *e)
{
	int r = apply_netdev(s, e);

	return r < 0 ? r : apply_netif(s, e);
}
