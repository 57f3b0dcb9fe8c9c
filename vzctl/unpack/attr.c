// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes, capabilities and ACLs.
 *
 * The container sees them through its user namespace, so what is stored are
 * host ids: ACL entries are shifted, and file capabilities become version 3
 * with the container's root as rootid.
 */
#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "unpack.h"

/* any version into version 3 */
static void set_caps(int fd, const void *value, size_t size, const struct ids *ids, const char *name)
{
	struct vfs_ns_cap_data out = { 0 };
	uint32_t in[6] = { 0 };
	uint32_t root = 0;
	size_t want;

	if (size < 4 || size > sizeof(in))
		die(X_BAD_TEMPLATE, name, "bad security.capability");
	memcpy(in, value, size);
	switch (le32toh(in[0]) & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_1:
		want = XATTR_CAPS_SZ_1;
		break;
	case VFS_CAP_REVISION_2:
		want = XATTR_CAPS_SZ_2;
		break;
	case VFS_CAP_REVISION_3:
		want = XATTR_CAPS_SZ_3;
		root = le32toh(in[5]);
		break;
	default:
		want = 0;
	}
	if (size != want)
		die(X_BAD_TEMPLATE, name, "bad security.capability");
	out.magic_etc = htole32(VFS_CAP_REVISION_3 | (le32toh(in[0]) & VFS_CAP_FLAGS_EFFECTIVE));
	memcpy(out.data, in + 1, want == XATTR_CAPS_SZ_1 ? 8 : 16);
	out.rootid = htole32(shift_uid(ids, root, name));
	if (fsetxattr(fd, "security.capability", &out, sizeof(out), 0) < 0)
		die_errno(name, "cannot set file capabilities");
}

void set_xattrs(int fd, struct archive_entry *entry, const struct ids *ids, const char *name)
{
	const char *key;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &key, &value, &size) == ARCHIVE_OK) {
		if (strcmp(key, "security.capability") == 0) {
			set_caps(fd, value, size, ids, name);
		} else if (strncmp(key, "user.", 5) == 0) {
			if (fsetxattr(fd, key, value, size, 0) < 0)
				die_errno(name, "cannot set an extended attribute");
		}
		/*
		 * The rest is not the container's: trusted.* belongs to host root,
		 * security.* to the host's security module; ACLs come as ACLs.
		 */
	}
}

/* numeric id of @who in NAME:x:ID lines of @file of the tree; -1 */
static int64_t lookup_id(int top, const char *file, const char *who)
{
	int64_t id = -1;
	char line[1024];
	int fd, dir;
	FILE *f;

	dir = openat(top, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (dir >= 0)
		close(dir);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f)
		return -1;
	while (id < 0 && fgets(line, sizeof(line), f)) {
		char *second = strchr(line, ':'), *third, *end;

		if (!second)
			continue;
		*second++ = '\0';
		third = strchr(second, ':');
		if (!third || strcmp(line, who) != 0)
			continue;
		id = strtol(third + 1, &end, 10);
		if (end == third + 1 || *end != ':')
			id = -1;
	}
	fclose(f);
	return id;
}

struct ace {
	uint16_t tag, perm;
	uint32_t id;
};

/* the order that the kernel wants is that of the tags' values, then of the ids */
static int cmp_ace(const void *a, const void *b)
{
	const struct ace *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static uint16_t acl_perm(int permset)
{
	return (uint16_t)((permset & ARCHIVE_ENTRY_ACL_READ ? ACL_READ : 0) |
			  (permset & ARCHIVE_ENTRY_ACL_WRITE ? ACL_WRITE : 0) |
			  (permset & ARCHIVE_ENTRY_ACL_EXECUTE ? ACL_EXECUTE : 0));
}

static void collect_one(struct archive_entry *entry, int type, const struct ids *ids, int top,
			const char *name, void **ret, size_t *ret_len)
{
	int n = archive_entry_acl_reset(entry, type);
	int atype, permset, tag, qual;
	struct posix_acl_xattr_header *head;
	struct posix_acl_xattr_entry *x;
	const char *who;
	struct ace *ace;
	int used = 0;

	if (n <= 0)
		return;
	/* each has two bytes at least in an attribute of 64 KiB, base entries come extra */
	if (n > 8192)
		die(X_BAD_TEMPLATE, name, "ACL is too long");
	ace = xmalloc((size_t)n * sizeof(*ace));
	while (used < n && archive_entry_acl_next(entry, type, &atype, &permset, &tag, &qual,
						  &who) == ARCHIVE_OK) {
		struct ace *a = &ace[used];
		int64_t id = qual;

		if (!(atype & type))
			continue;
		a->perm = acl_perm(permset);
		a->id = ACL_UNDEFINED_ID;
		switch (tag) {
		case ARCHIVE_ENTRY_ACL_USER_OBJ:
			a->tag = ACL_USER_OBJ;
			break;
		case ARCHIVE_ENTRY_ACL_USER:
			a->tag = ACL_USER;
			if (id < 0 && who)
				id = lookup_id(top, "passwd", who);
			a->id = shift_uid(ids, id, name);
			break;
		case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
			a->tag = ACL_GROUP_OBJ;
			break;
		case ARCHIVE_ENTRY_ACL_GROUP:
			a->tag = ACL_GROUP;
			if (id < 0 && who)
				id = lookup_id(top, "group", who);
			a->id = shift_gid(ids, id, name);
			break;
		case ARCHIVE_ENTRY_ACL_MASK:
			a->tag = ACL_MASK;
			break;
		case ARCHIVE_ENTRY_ACL_OTHER:
			a->tag = ACL_OTHER;
			break;
		default:
			die(X_BAD_TEMPLATE, name, "ACL of a kind that Linux does not have");
		}
		used++;
	}
	qsort(ace, (size_t)used, sizeof(*ace), cmp_ace);
	*ret_len = sizeof(*head) + (size_t)used * sizeof(*x);
	head = xmalloc(*ret_len);
	head->a_version = htole32(POSIX_ACL_XATTR_VERSION);
	x = (struct posix_acl_xattr_entry *)(head + 1);
	for (int i = 0; i < used; i++) {
		x[i].e_tag = htole16(ace[i].tag);
		x[i].e_perm = htole16(ace[i].perm);
		x[i].e_id = htole32(ace[i].id);
	}
	free(ace);
	*ret = head;
}

int acl_collect(struct archive_entry *entry, const struct ids *ids, int top, const char *name,
		struct acl_blob *ret)
{
	if (!(archive_entry_acl_types(entry) &
	      (ARCHIVE_ENTRY_ACL_TYPE_ACCESS | ARCHIVE_ENTRY_ACL_TYPE_DEFAULT)))
		return 0;
	memset(ret, 0, sizeof(*ret));
	collect_one(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ids, top, name, &ret->acl[0], &ret->len[0]);
	collect_one(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, ids, top, name, &ret->acl[1], &ret->len[1]);
	return ret->acl[0] || ret->acl[1];
}

void acl_apply(int fd, const struct acl_blob *acl, const char *name)
{
	static const char *const key[] = { "system.posix_acl_access", "system.posix_acl_default" };

	for (int i = 0; i < 2; i++) {
		if (acl->acl[i] && fsetxattr(fd, key[i], acl->acl[i], acl->len[i], 0) < 0) {
			if (errno == EINVAL)
				die(X_BAD_TEMPLATE, name, "bad ACL");
			die_errno(name, "cannot set an ACL");
		}
	}
}
