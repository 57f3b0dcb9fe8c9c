// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that the tasks of a CT may open: a fixed list that every CT has,
 * and the CT's own one in ve.devices.  mknod is not decided here (a CT does
 * not have CAP_MKNOD over a mount that honours devices).  Whoever sets a CT up
 * is free to open what that takes, until it enters the CT's user namespace;
 * programs of the CT itself may run before its init has said START.
 */
#include <linux/cred.h>
#include <linux/device_cgroup.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "internal.h"

static const struct ve_device defaults[] = {
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 1, 3 },	/* null */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 1, 5 },	/* zero */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 1, 7 },	/* full */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 1, 8 },	/* random */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 1, 9 },	/* urandom */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 5, 0 },	/* tty */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 5, 1 },	/* console */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 5, 2 },	/* ptmx */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 2, VE_DEV_ANY },	/* BSD ptys */
	{ 'c', VE_DEV_READ | VE_DEV_WRITE, 3, VE_DEV_ANY },
};

/**
 * ve_device_default - what every CT may do with a device
 * @type: 'b' or 'c'
 * @major: major number
 * @minor: minor number
 *
 * Return: VE_DEV_READ | VE_DEV_WRITE, or 0.
 */
int ve_device_default(char type, u32 major, u32 minor)
{
	/* Unix98 ptys: masters 128-135, slaves 136-143. */
	if (type == 'c' && major >= 128 && major <= 143)
		return VE_DEV_READ | VE_DEV_WRITE;
	return ve_device_match(defaults, ARRAY_SIZE(defaults), type, major,
			       minor);
}

/**
 * ve_device_match - what a list allows to do with a device
 * @devs: the list
 * @nr: its length
 * @type: 'b' or 'c'
 * @major: major number
 * @minor: minor number
 *
 * Return: the permissions of all matching entries.
 */
int ve_device_match(const struct ve_device *devs, unsigned int nr, char type,
		    u32 major, u32 minor)
{
	int perm = 0;

	for (; nr; nr--, devs++)
		if (devs->type == type &&
		    (devs->major == VE_DEV_ANY || devs->major == major) &&
		    (devs->minor == VE_DEV_ANY || devs->minor == minor))
			perm |= devs->perm;
	return perm;
}

/* Out of line half of ve_device_permission(). */
int __ve_device_permission(short type, u32 major, u32 minor, short access)
{
	char t = type == DEVCG_DEV_BLOCK ? 'b' : 'c';
	struct ve *ve = __ve_current();
	int want = 0, perm;

	if (!ve)
		return 0;
	if (access & DEVCG_ACC_READ)
		want |= VE_DEV_READ;
	if (access & DEVCG_ACC_WRITE)
		want |= VE_DEV_WRITE;
	perm = ve_device_default(t, major, minor);
	if (!(want & ~perm))
		return 0;
	if (READ_ONCE(ve->state) == VE_STATE_STARTING &&
	    current_user_ns() == &init_user_ns)
		return 0;

	spin_lock(&ve->lock);
	perm |= ve_device_match(ve->devices, ve->nr_devices, t, major, minor);
	spin_unlock(&ve->lock);
	return want & ~perm ? -EPERM : 0;
}

static int change_device(struct ve *ve, const struct ve_device *dev, bool del)
{
	struct ve_device *d = ve->devices, *end = d + ve->nr_devices;

	lockdep_assert_held(&ve->lock);

	for (; d < end; d++)
		if (d->type == dev->type && d->major == dev->major &&
		    d->minor == dev->minor)
			break;
	if (del) {
		if (d == end)
			return -ENOENT;
		memmove(d, d + 1, (end - d - 1) * sizeof(*d));
		ve->nr_devices--;
		return 0;
	}
	if (d == end) {
		if (ve->nr_devices == VE_DEVICES_MAX)
			return -ENOSPC;
		ve->nr_devices++;
	}
	*d = *dev;
	return 0;
}

/* write(2) on ve.devices: one line. */
ssize_t ve_devices_write(struct kernfs_open_file *of, char *buf,
			 size_t nbytes, loff_t off)
{
	struct ve *ve = css_ve(of_css(of));
	struct ve_device *table = NULL;
	struct ve_device dev;
	bool del;
	int err;

	if (!file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	err = ve_parse_device(strstrip(buf), &dev, &del);
	if (err)
		return err;
	if (!READ_ONCE(ve->devices)) {
		table = kcalloc(VE_DEVICES_MAX, sizeof(*table),
				GFP_KERNEL_ACCOUNT);
		if (!table)
			return -ENOMEM;
	}

	spin_lock(&ve->lock);
	if (!ve->devices)
		swap(ve->devices, table);
	err = change_device(ve, &dev, del);
	spin_unlock(&ve->lock);

	kfree(table);
	return err ?: nbytes;
}

/* read(2) on ve.devices. */
int ve_devices_show(struct seq_file *m, void *v)
{
	struct ve *ve = css_ve(seq_css(m));
	unsigned int i;
	char num[24];

	spin_lock(&ve->lock);
	for (i = 0; i < ve->nr_devices; i++) {
		const struct ve_device *d = &ve->devices[i];

		ve_format_device(d, num, sizeof(num));
		seq_printf(m, "%c %s %s%s\n", d->type, num,
			   d->perm & VE_DEV_READ ? "r" : "",
			   d->perm & VE_DEV_WRITE ? "w" : "");
	}
	spin_unlock(&ve->lock);
	return 0;
}
