// SPDX-License-Identifier: GPL-2.0
/* NETIF="ifname=eth0,bridge=br0,…;ifname=eth1,…" as text; contract in netif.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "error.h"
#include "netif.h"
#include "util.h"

static const char *const keys[] = {
	"ifname", "bridge", "mac", "host_ifname", "host_mac", "mac_filter",
};

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

char **vz_netif_split(const char *value)
{
	return vz_strv_split(value ? value : "", "; \t");
}

const char *vz_netif_get(const char *entry, const char *key, size_t *ret_len)
{
	size_t len = strlen(key);

	while (*entry) {
		size_t n = strcspn(entry, ",");

		if (n > len && strncmp(entry, key, len) == 0 && entry[len] == '=') {
			*ret_len = n - len - 1;
			return entry + len + 1;
		}
		entry += n + (entry[n] == ',');
	}
	return NULL;
}

char *vz_netif_dup(const char *entry, const char *key)
{
	size_t len;
	const char *v = vz_netif_get(entry, key, &len);

	return v ? strndup(v, len) : NULL;
}

char *vz_netif_put(const char *entry, const char *key, const char *value)
{
	_cleanup_strv_ char **in = vz_strv_split(entry, ","), **out = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *field = NULL;
		size_t len;
		const char *v = vz_netif_get(entry, keys[i], &len);

		if (strcmp(keys[i], key) == 0)
			field = vz_asprintf("%s=%s", key, value);
		else if (v)
			field = vz_asprintf("%s=%.*s", keys[i], (int)len, v);
		else
			continue;
		if (!field || vz_strv_add(&out, field) < 0)
			return NULL;
	}
	for (char **f = in; f && *f; f++) {
		size_t len = strcspn(*f, "=");
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			known = known || (strlen(keys[i]) == len && strncmp(*f, keys[i], len) == 0);
		if (!known && vz_strv_add(&out, *f) < 0)
			return NULL;
	}
	return vz_strv_join(out, ",");
}

char *vz_netif_merge(const char *entry, const char *over)
{
	char *all = strdup(entry);

	for (size_t i = 0; all && i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *old = all, *value = vz_netif_dup(over, keys[i]);

		all = value ? vz_netif_put(old, keys[i], value) : strdup(old);
	}
	return all;
}

char **vz_netif_find(char **entries, const char *key, const char *value)
{
	for (; entries && *entries; entries++) {
		size_t len;
		const char *v = vz_netif_get(*entries, key, &len);

		if (v && strlen(value) == len && strncmp(v, value, len) == 0)
			return entries;
	}
	return NULL;
}

/* ---- MAC addresses ----------------------------------------------------------------- */

bool vz_mac_parse(const char *text, unsigned char ret[VZ_MAC_LEN])
{
	unsigned char mac[VZ_MAC_LEN];
	int used = 0;

	if (strlen(text) != VZ_MAC_TEXT - 1 || strspn(text, "0123456789abcdefABCDEF:") != VZ_MAC_TEXT - 1 ||
	    sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5], &used) != VZ_MAC_LEN || used != VZ_MAC_TEXT - 1)
		return false;
	memcpy(ret, mac, VZ_MAC_LEN);
	return true;
}

void vz_mac_format(const unsigned char mac[VZ_MAC_LEN], char ret[VZ_MAC_TEXT])
{
	snprintf(ret, VZ_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/*
 * The container's addresses begin as OpenVZ's always did.  The host's end gets a locally
 * administered one that is high: a bridge takes the lowest of its ports for its own
 * address, and the host's must not change because a container starts.
 */
static void mac_of(bool host, const unsigned char tail[3], unsigned char ret[VZ_MAC_LEN])
{
	const unsigned char head[3] = { host ? 0xfe : 0x00, 0x18, 0x51 };

	memcpy(ret, head, sizeof(head));
	memcpy(ret + sizeof(head), tail, 3);
}

static int mac_random(bool host, char ret[VZ_MAC_TEXT], struct vz_error *e)
{
	unsigned char tail[3], mac[VZ_MAC_LEN];

	if (getrandom(tail, sizeof(tail), 0) != sizeof(tail))
		return vz_err(e, VZ_VETH_ERROR, errno, "Unable to make up a MAC address: %m");
	mac_of(host, tail, mac);
	vz_mac_format(mac, ret);
	return 0;
}

/* the same for this interface of this container on this host, and on no other */
static void mac_derive(uint32_t id, const char *ifname, bool host, unsigned char ret[VZ_MAC_LEN])
{
	_cleanup_free_ char *path = vz_path("/etc/machine-id"), *machine = NULL, *text = NULL;
	uint64_t h = 0xcbf29ce484222325ULL;
	unsigned char tail[3];

	if (path)
		vz_read_file_at(AT_FDCWD, path, 64, &machine, NULL);
	text = vz_asprintf("%s %u %s %d", machine ? machine : "", id, ifname, host);
	/* FNV-1a */
	for (const char *s = text; s && *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ULL;
	h ^= h >> 32;
	for (int i = 0; i < 3; i++)
		tail[i] = (unsigned char)(h >> (8 * i));
	mac_of(host, tail, ret);
}

/* ---- what is left out ----------------------------------------------------------------- */

/* N of a default vethCTID.N: the number that the name ends in, or 0 */
static unsigned int number_of(const char *ifname)
{
	size_t i = strlen(ifname);
	uint32_t n;

	while (i && ifname[i - 1] >= '0' && ifname[i - 1] <= '9')
		i--;
	return vz_parse_u32(ifname + i, &n) == 0 ? n : 0;
}

static int set_field(char **entry, const char *key, const char *value, struct vz_error *e)
{
	char *n = vz_netif_put(*entry, key, value);

	if (!n)
		return nomem(e);
	free(*entry);
	*entry = n;
	return 0;
}

int vz_netif_complete(uint32_t id, char **entry, char **others, struct vz_error *e)
{
	_cleanup_free_ char *ifname = NULL, *host = NULL;
	char mac[VZ_MAC_TEXT];
	size_t len;
	const char *v = vz_netif_get(*entry, "ifname", &len);
	int r = 0;

	ifname = v ? strndup(v, len) : NULL;
	if (!ifname)
		return nomem(e);
	if (!vz_netif_get(*entry, "mac", &len)) {
		r = mac_random(false, mac, e);
		if (r == 0)
			r = set_field(entry, "mac", mac, e);
	}
	if (r == 0 && !vz_netif_get(*entry, "host_ifname", &len)) {
		unsigned int n = number_of(ifname);

		do {
			free(host);
			host = vz_asprintf("veth%u.%u", id, n++);
			if (!host)
				return nomem(e);
		} while (vz_netif_find(others, "host_ifname", host));
		if (strlen(host) >= IFNAMSIZ)
			return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
				      "--netif_add %s: %s is too long for a host interface; give one as HOST_IFNAME",
				      ifname, host);
		r = set_field(entry, "host_ifname", host, e);
	}
	if (r == 0 && !vz_netif_get(*entry, "host_mac", &len)) {
		r = mac_random(true, mac, e);
		if (r == 0)
			r = set_field(entry, "host_mac", mac, e);
	}
	return r;
}

/* ---- parsing ----------------------------------------------------------------------------- */

/* sub-key @key into @ret of @size bytes; false when it does not fit, "" when it is not there */
static bool copy_field(const char *entry, const char *key, char *ret, size_t size)
{
	size_t len = 0;
	const char *v = vz_netif_get(entry, key, &len);

	if (len >= size)
		return false;
	memcpy(ret, v ? v : "", len);
	ret[len] = '\0';
	return true;
}

static bool parse_one(uint32_t id, const char *entry, struct vz_nic *nic)
{
	char mac[VZ_MAC_TEXT], host_mac[VZ_MAC_TEXT], filter[8];

	*nic = (struct vz_nic){ 0 };
	if (!copy_field(entry, "ifname", nic->ifname, sizeof(nic->ifname)) || !*nic->ifname ||
	    !copy_field(entry, "host_ifname", nic->host, sizeof(nic->host)) ||
	    !copy_field(entry, "bridge", nic->bridge, sizeof(nic->bridge)) ||
	    !copy_field(entry, "mac", mac, sizeof(mac)) ||
	    !copy_field(entry, "host_mac", host_mac, sizeof(host_mac)) ||
	    !copy_field(entry, "mac_filter", filter, sizeof(filter)))
		return false;
	nic->filter = strcmp(filter, "off") != 0;
	if (!*nic->host && snprintf(nic->host, sizeof(nic->host), "veth%u.%u", id,
				    number_of(nic->ifname)) >= (int)sizeof(nic->host))
		return false;
	if (!*mac)
		mac_derive(id, nic->ifname, false, nic->mac);
	else if (!vz_mac_parse(mac, nic->mac))
		return false;
	if (!*host_mac)
		mac_derive(id, nic->ifname, true, nic->host_mac);
	else if (!vz_mac_parse(host_mac, nic->host_mac))
		return false;
	return true;
}

int vz_netif_parse(uint32_t id, const char *value, int code, struct vz_nic **ret, size_t *ret_n,
		   struct vz_error *e)
{
	_cleanup_strv_ char **entries = vz_netif_split(value);
	_cleanup_free_ struct vz_nic *nics = calloc(vz_strv_len(entries) + 1, sizeof(*nics));
	size_t n = 0;

	if (!entries || !nics)
		return nomem(e);
	for (char **s = entries; *s; s++, n++) {
		if (!parse_one(id, *s, &nics[n]))
			return vz_err(e, code, EINVAL, "Bad interface \"%s\" in NETIF (see ctid.conf(5))",
				      vz_safe_text(*s));
		for (size_t i = 0; i < n; i++) {
			if (strcmp(nics[i].ifname, nics[n].ifname) == 0)
				return vz_err(e, code, EEXIST, "NETIF has two interfaces %s; remove one",
					      nics[n].ifname);
			if (strcmp(nics[i].host, nics[n].host) == 0)
				return vz_err(e, code, EEXIST,
					      "%s and %s have the same name %s on the host; give one of them another with --host_ifname",
					      nics[i].ifname, nics[n].ifname, nics[n].host);
		}
	}
	*ret = nics;
	nics = NULL;
	*ret_n = n;
	return 0;
}

char *vz_netif_format(const struct vz_nic *nic)
{
	char mac[VZ_MAC_TEXT], host_mac[VZ_MAC_TEXT];

	vz_mac_format(nic->mac, mac);
	vz_mac_format(nic->host_mac, host_mac);
	return vz_asprintf("ifname=%s,bridge=%s,mac=%s,host_ifname=%s,host_mac=%s,mac_filter=%s",
			   nic->ifname, nic->bridge, mac, nic->host, host_mac, nic->filter ? "on" : "off");
}
