/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User beancounters of containers (CTs): the buffers of sockets, tcpsndbuf,
 * tcprcvbuf, othersockbuf and dgramrcvbuf. See
 * Documentation/admin-guide/vz/ubc.rst.
 *
 * Protocols that account their memory are charged where they do, in pages and
 * seldom. Of all others, and of what UDP sends, the beancounter is told when
 * sk_wmem_alloc or sk_rmem_alloc has changed, and follows.
 *
 * Everything below is empty when CONFIG_VE_UBC is off, and behind ve_key until the
 * first CT of this boot gets its id.
 */
#ifndef _NET_VE_SOCK_H
#define _NET_VE_SOCK_H

#include <linux/ve.h>

struct sock;

#ifdef CONFIG_VE_UBC

bool __ve_sk_mem_charge(struct sock *sk, int pages, int kind);
void __ve_sk_mem_force(struct sock *sk, int pages, int kind);
void __ve_sk_mem_uncharge(struct sock *sk, int pages);
bool __ve_sk_may_receive(struct sock *sk, unsigned int size);
bool __ve_sk_may_send(struct sock *sk);
void __ve_sk_rmem(struct sock *sk);
void __ve_sk_wmem(struct sock *sk);
void __ve_sk_release(struct sock *sk);
void __ve_sk_orphan(struct sock *sk);
bool __ve_sk_too_many_orphans(const struct sock *sk, int shift);

/**
 * ve_sk_mem_charge - charge what a protocol accounts
 * @sk: the socket
 * @pages: how many
 * @kind: SK_MEM_SEND or SK_MEM_RECV
 *
 * Context: as sk_forward_alloc.
 * Return: false when there is no room, and then nothing is charged.
 */
static inline bool ve_sk_mem_charge(struct sock *sk, int pages, int kind)
{
	return !static_branch_unlikely(&ve_key) ||
		__ve_sk_mem_charge(sk, pages, kind);
}

/**
 * ve_sk_mem_force - ve_sk_mem_charge() of what cannot be refused
 * @sk: the socket
 * @pages: how many
 * @kind: SK_MEM_SEND or SK_MEM_RECV
 */
static inline void ve_sk_mem_force(struct sock *sk, int pages, int kind)
{
	if (static_branch_unlikely(&ve_key))
		__ve_sk_mem_force(sk, pages, kind);
}

/**
 * ve_sk_mem_uncharge - undo ve_sk_mem_charge() or ve_sk_mem_force()
 * @sk: the socket
 * @pages: how many, of whichever kind
 */
static inline void ve_sk_mem_uncharge(struct sock *sk, int pages)
{
	if (static_branch_unlikely(&ve_key))
		__ve_sk_mem_uncharge(sk, pages);
}

/**
 * ve_sk_may_receive - is there room for a packet
 * @sk: a socket of a protocol that does not account its memory
 * @size: truesize
 *
 * Context: any.
 * Return: false if the packet is to be dropped.
 */
static inline bool ve_sk_may_receive(struct sock *sk, unsigned int size)
{
	return !static_branch_unlikely(&ve_key) ||
		__ve_sk_may_receive(sk, size);
}

/**
 * ve_sk_may_send - may a packet be made for a socket
 * @sk: a socket that sends by the packet
 *
 * Context: any.
 * Return: false if the sender is to wait.
 */
static inline bool ve_sk_may_send(struct sock *sk)
{
	return !static_branch_unlikely(&ve_key) || __ve_sk_may_send(sk);
}

/**
 * ve_sk_rmem - sk_rmem_alloc has changed
 * @sk: as of ve_sk_may_receive()
 *
 * Context: any.
 */
static inline void ve_sk_rmem(struct sock *sk)
{
	if (static_branch_unlikely(&ve_key))
		__ve_sk_rmem(sk);
}

/**
 * ve_sk_wmem - sk_wmem_alloc has changed
 * @sk: as of ve_sk_may_send()
 *
 * Context: any.
 */
static inline void ve_sk_wmem(struct sock *sk)
{
	if (static_branch_unlikely(&ve_key))
		__ve_sk_wmem(sk);
}

/**
 * ve_sk_release - the socket is gone, and has no packets any more
 * @sk: the socket
 *
 * Context: any.
 */
static inline void ve_sk_release(struct sock *sk)
{
	if (static_branch_unlikely(&ve_key))
		__ve_sk_release(sk);
}

/**
 * ve_sk_orphan - nobody has the socket any more, but its peer
 * @sk: a TCP socket
 *
 * Context: process context, under the lock of the socket.
 */
static inline void ve_sk_orphan(struct sock *sk)
{
	if (static_branch_unlikely(&ve_key))
		__ve_sk_orphan(sk);
}

/**
 * ve_sk_too_many_orphans - has a CT more orphans than it may have
 * @sk: one of them
 * @shift: as of tcp_check_oom(): they count for that many times more
 *
 * Context: any.
 * Return: true if the socket is to be killed.
 */
static inline bool ve_sk_too_many_orphans(const struct sock *sk, int shift)
{
	return static_branch_unlikely(&ve_key) &&
		__ve_sk_too_many_orphans(sk, shift);
}

#else /* !CONFIG_VE_UBC */

static inline bool ve_sk_mem_charge(struct sock *sk, int pages, int kind)
{
	return true;
}

static inline void ve_sk_mem_force(struct sock *sk, int pages, int kind)
{
}

static inline void ve_sk_mem_uncharge(struct sock *sk, int pages)
{
}

static inline bool ve_sk_may_receive(struct sock *sk, unsigned int size)
{
	return true;
}

static inline bool ve_sk_may_send(struct sock *sk)
{
	return true;
}

static inline void ve_sk_rmem(struct sock *sk)
{
}

static inline void ve_sk_wmem(struct sock *sk)
{
}

static inline void ve_sk_release(struct sock *sk)
{
}

static inline void ve_sk_orphan(struct sock *sk)
{
}

static inline bool ve_sk_too_many_orphans(const struct sock *sk, int shift)
{
	return false;
}

#endif /* CONFIG_VE_UBC */
#endif /* _NET_VE_SOCK_H */
