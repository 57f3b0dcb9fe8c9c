// SPDX-License-Identifier: GPL-2.0
/*
 * insns.so - plugin of the emulator: which instructions the loops of bench-host execute
 *
 *	-plugin insns.so,out=FILE
 *
 * bench-host marks its loops with instructions that do nothing (bench.h).  For the nth loop FILE.n
 * gets, of the sample with the fewest instructions, `ADDRESS COUNT` for each block of
 * code: where it begins, and how many instructions of it were executed.
 *
 * What is used of the emulator's interface is declared here, for its header is not packaged; see
 * its documentation, "QEMU TCG Plugins".  Version 1 of the interface.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_INLINE_ADD_U64 };
enum { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu, void *data), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

extern EXPORT int qemu_plugin_version;
int qemu_plugin_version = 1;

/* a block of code; one that is translated again gets another */
struct block {
	struct block *next;
	uint64_t addr, count;
};

static struct block *blocks;
static const char *out;
static unsigned int loop;
static uint64_t least;

static void mark_loop(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	loop++;
	least = UINT64_MAX;
}

static void mark_begin(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	for (struct block *b = blocks; b; b = b->next)
		b->count = 0;
}

static void mark_end(unsigned int cpu, void *data)
{
	uint64_t sum = 0;
	char name[4096];
	FILE *f;

	(void)cpu;
	(void)data;
	for (struct block *b = blocks; b; b = b->next)
		sum += b->count;
	if (sum >= least)
		return;
	least = sum;
	snprintf(name, sizeof(name), "%s.%u", out, loop);
	f = fopen(name, "w");
	if (!f)
		return;
	for (struct block *b = blocks; b; b = b->next) {
		if (b->count)
			fprintf(f, "%" PRIx64 " %" PRIu64 "\n", b->addr, b->count);
	}
	fclose(f);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (!b)
		abort();
	b->addr = qemu_plugin_tb_vaddr(tb);
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &b->count, n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const char *code = qemu_plugin_insn_data(insn);
		void (*mark)(unsigned int cpu, void *data) = NULL;

		if (qemu_plugin_insn_size(insn) != 8 || memcmp(code, BENCH_MARK, 7))
			continue;
		if (code[7] == '=')
			mark = mark_loop;
		else if (code[7] == '(')
			mark = mark_begin;
		else if (code[7] == ')')
			mark = mark_end;
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
	}
	if (!out) {
		fprintf(stderr, "insns: out=FILE is missing\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
