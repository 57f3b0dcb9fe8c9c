/* SPDX-License-Identifier: GPL-2.0 */
/* Parts of vz-unpack; main.c says what the program does. */
#ifndef VZ_UNPACK_H
#define VZ_UNPACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct archive_entry;

/* exit codes, as vzctl passes them on (lib/error.h) */
enum {
	X_SYSTEM	= 3,
	X_NO_SPACE	= 46,
	X_BAD_TEMPLATE	= 47,
	X_WRITE		= 48,
};

#define ID_RANGE	65536	/* ids of a container, as VZ_ID_RANGE */

/*
 * struct ids - the container's host ids
 * Ids of the archive are added to these; ids outside 0..ID_RANGE-1 are refused.
 */
struct ids {
	uid_t uid;
	gid_t gid;
};

/* print "vz-unpack: NAME: text" with @name made printable (NULL: none) and exit */
void die(int code, const char *name, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
/* the same for a failed system call: full disk, refused by the file system, or other */
void die_errno(const char *name, const char *what) __attribute__((noreturn));
/* malloc that does not return NULL */
void *xmalloc(size_t size);
/* host id of @id of the archive; does not return for ids outside the range */
uid_t shift_uid(const struct ids *ids, int64_t id, const char *name);
gid_t shift_gid(const struct ids *ids, int64_t id, const char *name);

/* tree.c: paths below one directory, without following anything */

#define TREE_DEPTH	256

/*
 * struct walk - a position in the tree, so that neighbours in the archive
 * cost no second lookup
 * @path: the directory that @fd[@depth] is, "" for the top, no slash at its end
 * @end: length of @path at each depth
 * @fd: O_PATH descriptors; fd[0] is the top and belongs to the caller
 */
struct walk {
	char path[4096];
	uint16_t end[TREE_DEPTH + 1];
	int fd[TREE_DEPTH + 1];
	unsigned int depth;
};

void walk_init(struct walk *w, int top);
/*
 * path_normalize - @name of the archive without "./", "//" and a slash at the end
 * Does not return for absolute names, "..", and names too long or too deep.
 * @what: "name" or "hard link target" for the message.  "" is the top.
 */
void path_normalize(const char *name, const char *what, char *out, size_t size);
/*
 * walk_parent - descriptor of the directory that holds @path, and *@ret_base its last part
 * @create: make directories that the archive left out (0755, root).
 * A component that is not a directory, a symbolic link above all, does not return.
 */
int walk_parent(struct walk *w, const char *path, int create, const char **ret_base);

/* attr.c: what hangs on an inode */

/* set the extended attributes of @entry on @fd, capabilities as the container's own */
void set_xattrs(int fd, struct archive_entry *entry, const struct ids *ids, const char *name);

/*
 * struct acl_blob - the two ACLs of an entry in the kernel's form, ids shifted; NULL where it has none
 */
struct acl_blob {
	void *acl[2];
	size_t len[2];
};

/*
 * acl_collect - 0 when @entry has no ACL, else fill @ret and return 1
 * @top: for etc/passwd and etc/group of the tree, where an ACL has names only
 */
int acl_collect(struct archive_entry *entry, const struct ids *ids, int top,
		const char *name, struct acl_blob *ret);
void acl_apply(int fd, const struct acl_blob *acl, const char *name);

#endif /* VZ_UNPACK_H */
