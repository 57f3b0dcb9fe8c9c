/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * venet: the network device of containers.
 *
 * A device of a container (CT) is made with rtnetlink, kind "venet"; the
 * addresses that a CT owns and the accounting of its traffic are managed with
 * the generic netlink family VENET_GENL_NAME. Both are for the initial network
 * namespace only. See
 * Documentation/admin-guide/vz/venet.rst.
 */
#ifndef _UAPI_LINUX_VENET_H
#define _UAPI_LINUX_VENET_H

#define VENET_GENL_NAME		"venet"
#define VENET_GENL_VERSION	1

/* Ids of containers; 0 is the host. */
#define VENET_VEID_HOST		0
#define VENET_VEID_MAX		2147483644

/* Classes of networks, by which the traffic of containers is counted. */
#define VENET_CLASS_NONE	0	/* not counted */
#define VENET_CLASS_ANY		1	/* what no network of the table contains */
#define VENET_CLASS_MAX		15
#define VENET_NETS_MAX		16384	/* networks in the table */

/* Devices of the host in one VENET_A_NEIGH. */
#define VENET_NEIGH_MAX		16

/* rtnetlink, IFLA_INFO_DATA of kind "venet" */
enum {
	IFLA_VENET_UNSPEC,
	IFLA_VENET_VEID,	/* u32, 1..VENET_VEID_MAX; 0 is read from the host's */
	__IFLA_VENET_MAX,
};

#define IFLA_VENET_MAX (__IFLA_VENET_MAX - 1)

/* generic netlink */
enum {
	VENET_CMD_UNSPEC,
	VENET_CMD_ADDR_ADD,	/* VEID, ADDR4 or ADDR6, perhaps PLEN, NEIGH */
	VENET_CMD_ADDR_DEL,	/* the same and/or VEID; VEID alone: all of it */
	VENET_CMD_ADDR_GET,	/* do: ADDR4 or ADDR6; dump: all, or those of VEID */
	VENET_CMD_CLASS_SET,	/* NETs, all that there will be; none: no table */
	VENET_CMD_CLASS_GET,	/* dump: CLASS, ADDR4 or ADDR6, perhaps PLEN */
	VENET_CMD_STAT_GET,	/* dump: VEID and STATs, of all or of VEID */
	VENET_CMD_STAT_RESET,	/* VEID or nothing: all; count from 0 again */
	VENET_CMD_CT_SET,	/* VEID, VENET_VEID_HOST: all; VIA_HOST */
	VENET_CMD_CT_GET,	/* do: VEID, as above */
	VENET_CMD_ADDR_MOVE,	/* as ADDR_ADD, also if another CT owns just that */
	__VENET_CMD_MAX,
};

#define VENET_CMD_MAX (__VENET_CMD_MAX - 1)

enum {
	VENET_A_UNSPEC,
	VENET_A_VEID,		/* u32 */
	VENET_A_ADDR4,		/* 4 bytes, network order */
	VENET_A_ADDR6,		/* 16 bytes, network order */
	VENET_A_IFINDEX,	/* u32, of the device, in the CT's netns; read only */
	VENET_A_PLEN,		/* u8, prefix length; left out: a single address */
	VENET_A_CLASS,		/* u8, 0..VENET_CLASS_MAX */
	VENET_A_NET,		/* nest: CLASS, ADDR4 or ADDR6, perhaps PLEN */
	VENET_A_STAT,		/* nest of VENET_STAT_*; read only */
	VENET_A_VIA_HOST,	/* u8: 1: traffic with other CTs passes the host */
	VENET_A_NEIGH,		/* array of u32: the host's devices that answer for it */
	__VENET_A_MAX,
};

#define VENET_A_MAX (__VENET_A_MAX - 1)

/* VENET_A_STAT: one class of one family; left out where nothing is counted */
enum {
	VENET_STAT_UNSPEC,
	VENET_STAT_CLASS,	/* u8 */
	VENET_STAT_FAMILY,	/* u8, AF_INET or AF_INET6 */
	VENET_STAT_IN_BYTES,	/* uint, what the CT got */
	VENET_STAT_IN_PACKETS,	/* uint */
	VENET_STAT_OUT_BYTES,	/* uint, what it sent */
	VENET_STAT_OUT_PACKETS,	/* uint */
	__VENET_STAT_MAX,
};

#define VENET_STAT_MAX (__VENET_STAT_MAX - 1)

#endif /* _UAPI_LINUX_VENET_H */
