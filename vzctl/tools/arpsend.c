// SPDX-License-Identifier: GPL-2.0
/*
 * arpsend and ndsend: ask the neighbours for an address, tell them that it is
 * here.  What vzctl does by itself for containers on venet0, for scripts.
 *
 * Built twice; ARPSEND says which one it is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "neigh.h"
#include "tool.h"
#include "util.h"

enum { DONE, USAGE, FAILED, DETECTED };		/* exit status, as ever */

#ifdef ARPSEND
#define NAME	"arpsend"
#define FAMILY	AF_INET
#define OPTIONS	":DUe:i:c:w:h"
static const char usage_text[] =
"Usage: arpsend -D -e IP... [-c COUNT] [-w SECONDS] DEVICE\n"
"       arpsend -U -i IP... [-c COUNT] DEVICE\n"
"\n"
"  -D           ask whether another machine has one of the addresses\n"
"  -U           tell the network that this machine has them\n"
"  -e IP        an address to ask for\n"
"  -i IP        an address to tell of\n"
"  -c COUNT     ask, or tell, so often (1)\n"
"  -w SECONDS   wait so long for an answer, each time (1)\n"
"  -h, --help   print this text\n"
"  --version    print the version\n"
"\n"
"Exit status: 0, 1 wrong usage, 2 error, 3 (-D) another machine has one.\n";
#else
#define NAME	"ndsend"
#define FAMILY	AF_INET6
#define OPTIONS	":Dc:w:h"
static const char usage_text[] =
"Usage: ndsend [-D] [-c COUNT] [-w SECONDS] IP DEVICE\n"
"\n"
"Tells the network that this machine has the IPv6 address.\n"
"\n"
"  -D           ask whether another machine has it instead\n"
"  -c COUNT     tell, or ask, so often (1)\n"
"  -w SECONDS   wait so long for an answer, each time (1)\n"
"  -h, --help   print this text\n"
"  --version    print the version\n"
"\n"
"Exit status: 0, 1 wrong usage, 2 error, 3 (-D) another machine has it.\n";
#endif

static const struct option options[] = {
	VZ_TOOL_OPTIONS,
};

static unsigned char (*addrs)[16];
static size_t n_addrs;

static size_t addr_len(void)
{
	return FAMILY == AF_INET ? 4 : 16;
}

static int add(const char *text)
{
	unsigned char (*more)[16] = realloc(addrs, (n_addrs + 1) * sizeof(*addrs));

	if (!more)
		return vz_tool_fail(FAILED, "%s", strerror(ENOMEM));
	addrs = more;
	if (inet_pton(FAMILY, text, addrs[n_addrs]) != 1)
		return vz_tool_fail(USAGE, "Bad IP address %s; expected %s", text,
				    FAMILY == AF_INET ? "a.b.c.d" : "x::y");
	n_addrs++;
	return DONE;
}

/* prints an answer that has come, if it is one about our addresses */
static bool heard(const struct vz_neigh *n)
{
	unsigned char a[16] = { 0 }, mac[6];
	char text[INET6_ADDRSTRLEN];

	if (!vz_neigh_answer(n, a, mac))
		return false;
	for (size_t i = 0; i < n_addrs; i++) {
		if (memcmp(a, addrs[i], addr_len()))
			continue;
		inet_ntop(FAMILY, a, text, sizeof(text));
		printf("%s is detected on another computer : %02x:%02x:%02x:%02x:%02x:%02x\n", text,
		       mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		return true;
	}
	return false;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool listen_for(const struct vz_neigh *n, uint32_t seconds)
{
	int64_t end = now_ms() + (int64_t)seconds * 1000;
	struct pollfd p = { .fd = n->fd, .events = POLLIN };
	int64_t left;

	while ((left = end - now_ms()) > 0) {
		if (poll(&p, 1, (int)left) > 0 && heard(n))
			return true;
	}
	return false;
}

static int work(const char *dev, bool ask, uint32_t count, uint32_t seconds)
{
	struct vz_neigh n;
	bool found = false;
	int r = vz_neigh_open(&n, FAMILY, dev);

	if (r > 0)
		return vz_tool_fail(FAILED, "%s has no neighbours: it is no Ethernet device", dev);
	if (r < 0)
		return vz_tool_fail(FAILED, "Unable to use the device %s: %s", dev, strerror(-r));
	while (count-- && !found) {
		for (size_t i = 0; r == 0 && i < n_addrs; i++)
			r = ask ? vz_neigh_ask(&n, addrs[i]) : vz_neigh_tell(&n, addrs[i]);
		if (r < 0) {
			vz_neigh_close(&n);
			return vz_tool_fail(FAILED, "Unable to send on %s: %s", dev, strerror(-r));
		}
		if (ask)
			found = listen_for(&n, seconds);
	}
	vz_neigh_close(&n);
	return found ? DETECTED : DONE;
}

static int number(const char *text, uint32_t *ret)
{
	if (vz_parse_u32(text, ret) < 0 || !*ret || *ret > 3600)
		return vz_tool_fail(USAGE, "Bad number %s; expected 1 to 3600", text);
	return DONE;
}

int main(int argc, char **argv)
{
	uint32_t count = 1, seconds = 1;
	bool ask = false, tell = false;
	int c, r = DONE;

	opterr = 0;
	while (r == DONE && (c = getopt_long(argc, argv, OPTIONS, options, NULL)) != -1) {
		switch (c) {
		case 'D':
			ask = true;
			break;
		case 'U':
			tell = true;
			break;
		case 'e':
		case 'i':
			r = add(optarg);
			break;
		case 'c':
			r = number(optarg, &count);
			break;
		case 'w':
			r = number(optarg, &seconds);
			break;
		default:
			return vz_tool_option(NAME, usage_text, c, argv);
		}
	}
	if (r == DONE && FAMILY == AF_INET6 && optind < argc)
		r = add(argv[optind++]);
	if (r != DONE)
		return r;
	if (argc - optind != 1 || !n_addrs || (FAMILY == AF_INET && ask == tell))
		return vz_tool_fail(USAGE, "%s (see " NAME " --help)",
				    argc - optind > 1 ? "Too many words" :
				    argc == optind ? "Device missing" :
				    !n_addrs ? "IP address missing" : "Give either -D or -U");
	r = work(argv[optind], ask, count, seconds);
	free(addrs);
	return r == DETECTED ? r : vz_tool_end(r);
}
