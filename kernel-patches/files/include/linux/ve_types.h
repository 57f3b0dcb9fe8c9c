/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Containers (CTs): what objects of the kernel carry.  See ve_ubc.h, ve_mm.h and
 * net/ve_sock.h.  Nothing at all without CONFIG_VE_UBC.
 */
#ifndef _LINUX_VE_TYPES_H
#define _LINUX_VE_TYPES_H

struct ve;

/**
 * struct ve_owner - whose beancounter an object is charged to
 * @ve: the CT, kept by a charge or a reference; NULL for what is the host's
 */
struct ve_owner {
#ifdef CONFIG_VE_UBC
	struct ve *ve;
#endif
};

/**
 * struct ve_mm - what an address space is charged with
 * @owner: the CT whose task made it
 * @privvm: pages of privvmpages.  Under the mmap_lock, for writing; not below
 *	data_vm + stack_vm, and the same whenever that lock is free.
 * @locked: pages of lockedpages, likewise of locked_vm
 */
struct ve_mm {
#ifdef CONFIG_VE_UBC
	struct ve_owner	owner;
	unsigned long	privvm;
	unsigned long	locked;
#endif
};

/**
 * struct ve_sock_mem - what a socket is charged with
 * @packets: the CT, if what it sends is followed by the packet: not for TCP
 * @snd: for what it sends: pages of TCP, bytes of others
 * @rcv: for what it receives: pages of what its protocol accounts, or bytes
 *
 * Pages are protected like sk_forward_alloc, bytes are exchanged atomically.
 * See ubcnet.c.
 */
struct ve_sock_mem {
#ifdef CONFIG_VE_UBC
	struct ve *packets;
	int	snd;
	int	rcv;
#endif
};

/**
 * ve_sock_mem_init - nothing is charged
 * @mem: of a new socket
 * @owner: the socket's
 * @packets: is what it sends followed by the packet
 */
static inline void ve_sock_mem_init(struct ve_sock_mem *mem,
				    const struct ve_owner *owner, bool packets)
{
#ifdef CONFIG_VE_UBC
	*mem = (struct ve_sock_mem){
		.packets = packets ? owner->ve : NULL,
	};
#endif
}

#endif /* _LINUX_VE_TYPES_H */
