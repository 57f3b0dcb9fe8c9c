// SPDX-License-Identifier: GPL-2.0
/*
 * User beancounters of the buffers of sockets; see include/net/ve_sock.h for who
 * charges, and Documentation/admin-guide/vz/ubc.rst for what users may rely on.
 *
 * What a CT may have of a buffer between barrier and limit is for its sockets in equal
 * parts: one that is slow cannot take what another needs to go on.
 */
#include <net/sock.h>
#include <net/tcp.h>

#include "internal.h"

static bool is_tcp(const struct sock *sk)
{
	return sk->sk_prot->twsk_prot;
}

/* What packets that a socket receives are charged to. */
static enum ve_resource packet_resource(const struct sock *sk)
{
	return sk->sk_family == AF_NETLINK ? VE_OTHERSOCKBUF : VE_DGRAMRCVBUF;
}

/*
 * Has a socket less of @res in use than its part of what is between barrier and limit?
 * Then it may go to the limit.  Asked only once the barrier is reached.
 */
static bool has_part_left(struct ve *ve, enum ve_resource res,
			  enum ve_resource sockets, unsigned long used)
{
	struct ve_ubc *c = &ve->ubc[res];
	long n = max(ve_ubc_held(ve, sockets), 1);

	return used < ve_share(READ_ONCE(c->barrier), READ_ONCE(c->limit), n);
}

/* ---- what protocols account ---- */

/* This CPU keeps too little, or the counter is near its barrier. */
static noinline bool charge_near(struct sock *sk, enum ve_resource res,
				 int pages, int *held, bool force)
{
	unsigned long size = (unsigned long)pages << PAGE_SHIFT;
	struct ve *ve = sk->sk_ve.ve;
	int err = ve_ubc_take(ve, res, size, force ? VE_FORCE : VE_HARD);

	if (err && is_tcp(sk) &&
	    has_part_left(ve, res, VE_NUMTCPSOCK, res == VE_TCPSNDBUF ?
			  READ_ONCE(sk->sk_wmem_queued) :
			  atomic_read(&sk->sk_rmem_alloc)))
		err = ve_ubc_take(ve, res, size, VE_SOFT);
	if (err)
		ve_ubc_refused(ve, res);
	else
		*held += pages;
	return !err;
}

/* Charge what is sent, for TCP, or received.  Callers have @pages from bytes in an int. */
static __always_inline bool charge_mem(struct sock *sk, int pages, int kind,
				       bool force)
{
	struct ve_sock_mem *mem = &sk->sk_ve_mem;
	enum ve_resource res = VE_DGRAMRCVBUF;
	int *held = &mem->rcv;

	if (is_tcp(sk)) {
		res = VE_TCPRCVBUF;
		if (kind == SK_MEM_SEND) {
			res = VE_TCPSNDBUF;
			held = &mem->snd;
		}
	}
	if (!ve_ubc_exchange(sk->sk_ve.ve, res, -(pages << PAGE_SHIFT)))
		return charge_near(sk, res, pages, held, force);
	*held += pages;
	return true;
}

/* Out of line half of ve_sk_mem_charge(). */
bool __ve_sk_mem_charge(struct sock *sk, int pages, int kind)
{
	return !sk->sk_ve.ve || charge_mem(sk, pages, kind, false);
}

/* Out of line half of ve_sk_mem_force(). */
void __ve_sk_mem_force(struct sock *sk, int pages, int kind)
{
	if (sk->sk_ve.ve)
		charge_mem(sk, pages, kind, true);
}

static void give_pages(struct ve *ve, enum ve_resource res, int *held, int n)
{
	if (n <= 0)
		return;
	*held -= n;
	ve_ubc_give(ve, res, (unsigned long)n << PAGE_SHIFT);
}

/* Pages of TCP that are for what is received, and not needed for what is not read. */
static __always_inline int spare_rcv(const struct sock *sk)
{
	unsigned int rmem = atomic_read(&sk->sk_rmem_alloc);

	return sk->sk_ve_mem.rcv - (int)DIV_ROUND_UP(rmem, PAGE_SIZE);
}

/* They are of both kinds, or this CPU has no room for them. */
static noinline void uncharge_parts(struct sock *sk, int pages)
{
	struct ve_sock_mem *mem = &sk->sk_ve_mem;
	struct ve *ve = sk->sk_ve.ve;
	int n;

	if (!is_tcp(sk)) {
		give_pages(ve, VE_DGRAMRCVBUF, &mem->rcv,
			   min(pages, mem->rcv));
		return;
	}
	n = min(spare_rcv(sk), pages);
	if (n > 0) {
		give_pages(ve, VE_TCPRCVBUF, &mem->rcv, n);
		pages -= n;
	}
	n = min(pages, mem->snd);
	give_pages(ve, VE_TCPSNDBUF, &mem->snd, n);
	give_pages(ve, VE_TCPRCVBUF, &mem->rcv, min(pages - n, mem->rcv));
}

/*
 * Out of line half of ve_sk_mem_uncharge().  A protocol does not say what the pages
 * were for: what is received and read is more than the pages of what is not.
 */
void __ve_sk_mem_uncharge(struct sock *sk, int pages)
{
	struct ve_sock_mem *mem = &sk->sk_ve_mem;
	enum ve_resource res = VE_DGRAMRCVBUF;
	struct ve *ve = sk->sk_ve.ve;
	int *held = &mem->rcv;

	if (!ve)
		return;
	if (is_tcp(sk)) {
		int spare = spare_rcv(sk);

		res = VE_TCPRCVBUF;
		if (spare < pages) {
			res = VE_TCPSNDBUF;
			held = &mem->snd;
			if (spare > 0)
				goto parts;
		}
	}
	if (*held >= pages && ve_ubc_exchange(ve, res, pages << PAGE_SHIFT)) {
		*held -= pages;
		return;
	}
parts:
	uncharge_parts(sk, pages);
}

/* ---- packets ---- */

/*
 * Bytes of packets that a socket has sent and that are not gone.  sk_wmem_alloc has one more,
 * and another one while sock_wfree() is at work.
 */
static __always_inline unsigned int wmem_of(unsigned int count)
{
	return round_down(count, SMP_CACHE_BYTES);
}

static inline unsigned int wmem(const struct sock *sk)
{
	return wmem_of(refcount_read(&sk->sk_wmem_alloc));
}

static inline unsigned int rmem(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc);
}

static __always_inline unsigned int counted(const struct sock *sk, bool send)
{
	return send ? refcount_read(&sk->sk_wmem_alloc) : rmem(sk);
}

/*
 * How much less there is than what the socket was charged with, and it is charged with that
 * from now on; @count has what the socket counts.
 */
static __always_inline int changed(struct sock *sk, bool send,
				   unsigned int *count)
{
	int now;

	*count = counted(sk, send);
	now = send ? wmem_of(*count) : *count;
	return xchg(send ? &sk->sk_ve_mem.snd : &sk->sk_ve_mem.rcv, now) - now;
}

static __always_inline bool still(const struct sock *sk, bool send,
				  unsigned int count)
{
	/* exchanges before are barriers, and a plain load is part of the comparison */
	unsigned int now = data_race(send ? sk->sk_wmem_alloc.refs.counter :
				     sk->sk_rmem_alloc.counter);

	return now == count;
}

static noinline void follow_on(struct sock *sk, enum ve_resource res,
			       bool send, int less)
{
	struct ve *ve = sk->sk_ve.ve;
	unsigned int count;

	do {
		if (less < 0)
			ve_ubc_take(ve, res, -less, VE_FORCE);
		else if (less > 0)
			ve_ubc_give(ve, res, less);
		less = changed(sk, send, &count);
	} while (less);
}

/*
 * Let a beancounter follow a number of a socket that others change.  Whoever is the last
 * one to see it changed is the last one to exchange, and the sum of the differences is
 * what the socket was charged with last.
 */
static __always_inline void follow(struct sock *sk, struct ve *ve,
				   enum ve_resource res, bool send)
{
	unsigned int count;
	int less = changed(sk, send, &count);

	/* what this CPU has or has room for, without a call */
	if (unlikely(!ve_ubc_exchange(ve, res, less)))
		follow_on(sk, res, send, less);
	else if (unlikely(!still(sk, send, count)))
		follow_on(sk, res, send, 0);
}

/* Out of line half of ve_sk_wmem(). */
void __ve_sk_wmem(struct sock *sk)
{
	struct ve *ve = sk->sk_ve_mem.packets;

	if (ve)
		follow(sk, ve, VE_OTHERSOCKBUF, true);
}

/* Out of line half of ve_sk_rmem(). */
void __ve_sk_rmem(struct sock *sk)
{
	struct ve *ve = sk->sk_ve.ve;

	if (ve)
		follow(sk, ve, packet_resource(sk), false);
}

/*
 * Out of line half of ve_sk_may_receive().  Netlink is not refused: its answers are
 * to what has been asked, and sk_rcvbuf keeps them few.
 */
bool __ve_sk_may_receive(struct sock *sk, unsigned int size)
{
	struct ve *ve = sk->sk_ve.ve;

	if (!ve || packet_resource(sk) != VE_DGRAMRCVBUF ||
	    !ve_ubc_above(ve, VE_DGRAMRCVBUF, size,
			  READ_ONCE(ve->ubc[VE_DGRAMRCVBUF].barrier)))
		return true;
	ve_ubc_refused(ve, VE_DGRAMRCVBUF);
	return false;
}

static noinline bool may_send_near(struct sock *sk, struct ve *ve)
{
	struct ve_ubc *c = &ve->ubc[VE_OTHERSOCKBUF];

	if (!ve_ubc_above(ve, VE_OTHERSOCKBUF, 1, READ_ONCE(c->barrier)))
		return true;
	if (!ve_ubc_above(ve, VE_OTHERSOCKBUF, 1, READ_ONCE(c->limit)) &&
	    has_part_left(ve, VE_OTHERSOCKBUF, VE_NUMOTHERSOCK, wmem(sk)))
		return true;
	ve_ubc_refused(ve, VE_OTHERSOCKBUF);
	return false;
}

/* Out of line half of ve_sk_may_send(). */
bool __ve_sk_may_send(struct sock *sk)
{
	struct ve *ve = sk->sk_ve.ve;
	struct ve_ubc *c;

	if (!ve)
		return true;
	c = &ve->ubc[VE_OTHERSOCKBUF];
	/*
	 * With what the CPUs keep: far from the barrier as a rule.  Any barrier of late
	 * will do, and a plain one is part of the comparison.
	 */
	return atomic_long_read(&c->held) < (long)data_race(c->barrier) ||
		may_send_near(sk, ve);
}

/* Something is charged still. */
static noinline void release_mem(struct sock *sk, struct ve *ve)
{
	struct ve_sock_mem *mem = &sk->sk_ve_mem;

	if (is_tcp(sk)) {
		give_pages(ve, VE_TCPSNDBUF, &mem->snd, mem->snd);
		give_pages(ve, VE_TCPRCVBUF, &mem->rcv, mem->rcv);
		return;
	}
	if (mem->snd)
		ve_ubc_give(ve, VE_OTHERSOCKBUF, mem->snd);
	if (!mem->rcv)
		return;
	if (sk->sk_prot->memory_allocated)
		give_pages(ve, VE_DGRAMRCVBUF, &mem->rcv, mem->rcv);
	else
		ve_ubc_give(ve, packet_resource(sk), mem->rcv);
}

/* Out of line half of ve_sk_release(). */
void __ve_sk_release(struct sock *sk)
{
	struct ve *ve = sk->sk_ve.ve;

	if (!ve)
		return;
	if (sock_flag(sk, SOCK_VE_ORPHAN))
		atomic_long_dec(&ve->ubc_orphans);
	if (sk->sk_ve_mem.snd | sk->sk_ve_mem.rcv)
		release_mem(sk, ve);
}

/* ---- sockets that only their peers have ---- */

/* Out of line half of ve_sk_orphan(). */
void __ve_sk_orphan(struct sock *sk)
{
	struct ve *ve = sk->sk_ve.ve;

	if (!ve)
		return;
	sock_set_flag(sk, SOCK_VE_ORPHAN);
	atomic_long_inc(&ve->ubc_orphans);
}

/*
 * Out of line half of ve_sk_too_many_orphans().  A quarter of the sockets that a CT may
 * have, and of the orphans that the machine may have: above that one it would be others
 * whose connections are reset.
 */
bool __ve_sk_too_many_orphans(const struct sock *sk, int shift)
{
	struct ve *ve = sk->sk_ve.ve;
	unsigned long max;

	if (!ve)
		return false;
	max = min_t(unsigned long, READ_ONCE(ve->ubc[VE_NUMTCPSOCK].barrier),
		    READ_ONCE(sysctl_tcp_max_orphans)) / 4;
	if (atomic_long_read(&ve->ubc_orphans) << shift <= max)
		return false;
	ve_ubc_refused(ve, VE_NUMTCPSOCK);
	return true;
}
