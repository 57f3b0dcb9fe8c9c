/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of drivers in /proc/vz: they obey the same rules as the others there,
 * see kernel/ve/proc.c. For CONFIG_VE only.
 */
#ifndef _LINUX_VE_PROC_H
#define _LINUX_VE_PROC_H

#include <linux/types.h>

struct file;
struct seq_file;

int ve_proc_open(struct file *file, int (*show)(struct seq_file *m, void *v));
u32 ve_proc_next(struct seq_file *m, u32 id);

#endif /* _LINUX_VE_PROC_H */
