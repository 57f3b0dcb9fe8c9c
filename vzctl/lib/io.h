/* SPDX-License-Identifier: GPL-2.0 */
/* The container's share of the disk: io.max, io.weight and io.bfq.weight of its cgroup. */
#ifndef VZ_IO_H
#define VZ_IO_H

#include <stdint.h>
#include <sys/types.h>

#define VZ_IOPRIO	4u		/* where none is set */
#define VZ_IOPRIO_MAX	7u
#define VZ_IO_DEV	24		/* size of "MAJOR:MINOR" */

enum vz_io_what { VZ_IO_BYTES, VZ_IO_OPS };

/* weight of an IOPRIO, 0 to VZ_IOPRIO_MAX */
unsigned int vz_ioprio_weight(unsigned int prio);
/*
 * vz_ioprio_set - the weight, for both schedulers that know one
 * -EOPNOTSUPP when the kernel has neither.
 */
int vz_ioprio_set(int cgfd, unsigned int prio);
/* the IOPRIO whose weight the kernel has; -ENOENT, -EINVAL for another weight */
int vz_ioprio_get(int cgfd, unsigned int *ret);

/*
 * vz_io_disk - the whole disk that the device number @dev is on
 * @dev: st_dev of a file
 * -ENODEV for a file system without a block device.
 */
int vz_io_disk(dev_t dev, char ret[VZ_IO_DEV]);
/* the same for the file system of @path */
int vz_io_disk_of(const char *path, char ret[VZ_IO_DEV]);

/* bytes or operations a second, reads and writes each; 0 is no limit; -EOPNOTSUPP without io.max */
int vz_io_limit_set(int cgfd, const char *disk, enum vz_io_what what, uint64_t limit);
/* what was set, 0 for no limit; of reads, should both differ */
int vz_io_limit_get(int cgfd, const char *disk, enum vz_io_what what, uint64_t *ret);
/* take all limits of all disks off, as far as that goes */
void vz_io_unlimit(int cgfd);

#endif /* VZ_IO_H */
