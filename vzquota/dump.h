/* SPDX-License-Identifier: GPL-2.0 */
/* The text that vzdqdump writes and vzdqload reads; vzdqdump(8) describes it. */
#ifndef VZQ_DUMP_H
#define VZQ_DUMP_H

/* the first line, which names the format, and the last one, without which it was cut short */
#define DUMP_HEAD	"vzdqdump 1"
#define DUMP_END	"end"

/* by VZ_QUOTA_*; the project is the disk */
#define DUMP_TYPES	{ "user", "group", "disk" }

#endif /* VZQ_DUMP_H */
