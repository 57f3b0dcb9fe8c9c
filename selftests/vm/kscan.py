#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Find in kernel logs what must fail a run.

As a program: kscan.py LOG...  prints the findings, exit status 1 if there are any.
"""
import re
import sys

# name, pattern.  selftests/lab/logs/NAME.log proves each once.
PATTERNS = [(name, re.compile(rx)) for name, rx in (
    ('warning', r'\bWARNING: '),
    ('bug', r'\bBUG: |kernel BUG at '),
    ('slab', r'\bBUG [\w.-]+ \((?:Not tainted|Tainted)'),
    ('oops', r'\bOops: |\bOops\b.*\[#\d+\]'),
    ('fault', r'^(?:\[[ .\d]+\] ?)?(?:general protection fault|invalid opcode|divide error'
              r'|stack segment|double fault|int3)[:,]'),
    ('panic', r'Kernel panic - '),
    ('lockdep', r'possible recursive locking|possible circular locking|inconsistent lock state'
                r'|possible irq lock inversion|INFO: trying to register non-static key'
                r'|INFO: lockdep is turned off|bad unlock balance|held lock freed'
                r'|DEBUG_LOCKS_WARN_ON|MAX_LOCK\w+ too low|MAX_LOCKDEP_\w+ too low'),
    ('rcu usage', r'suspicious RCU usage'),
    ('atomic', r'sleeping function called from invalid context|scheduling while atomic'),
    ('rcu stall', r'rcu\w*: INFO: .*(?:self-detected stall|detected (?:expedited )?stalls)'
                  r'|rcu\w*: .*kthread (?:starved|timer wakeup)'),
    ('hung task', r'INFO: task .* blocked (?:for more than|in I/O wait for more than)'),
    ('lockup', r'soft lockup - |hard LOCKUP|workqueue lockup'),
    ('ubsan', r'\bUBSAN: '),
    ('kasan', r'\bK[AC]SAN: '),
    # What it suspects at first may be in flight: vm/guest/leaks scans twice and reads its file.
    ('kmemleak', r'kmemleak: Kernel memory leak detector disabled'
                 r'|kmemleak: .*(?:disabled|Memory pool empty)'),
    ('refcount', r'refcount_t: |percpu ref .*<= 0'),
    ('netdevice', r'unregister_netdevice: waiting for'),
    ('ref tracker', r'ref_tracker: |leaked reference'),
    ('list', r'list_(?:add|del) corruption'),
    ('odebug', r'\bODEBUG: '),
    ('file system', r'EXT4-fs error|EXT4-fs \(.*\): .*error|JBD2: .*error|Buffer I/O error'
                    r'|VFS: Busy inodes after unmount'),
    ('crashed tool', r'(?:vzctl|vzlist|vzpkgcache|vz-[a-z]+)\[\d+\]:? (?:segfault|general protection|trap )'
                     r'|traps: (?:vzctl|vzlist|vz-[a-z]+)\['),
    ('lost records', r'vz-lab: kernel log records were lost'),
    ('quota', r'__quota_error|VFS: find_free_dqentry|dquot.*corrupt'),
)]


def classify(line):
    """The name of the first pattern that line matches, or None."""
    for name, rx in PATTERNS:
        if rx.search(line):
            return name
    return None


def scan(lines):
    """[(number, name, line)] of everything that must fail a run."""
    found = []
    for number, line in enumerate(lines, 1):
        name = classify(line)
        if name:
            found.append((number, name, line.rstrip()))
    return found


def message(line):
    """The line without its time stamp."""
    return re.sub(r'^\[[ .\d]+\] ?', '', line)


TASK = re.compile(r'task:(.*?) +state:(\S) .*?\bpid:(\d+) .*?\bppid:(\d+) ')
CPU = re.compile(r'NMI backtrace for cpu (\d+)(.*)')
FRAME = re.compile(r'^ ([\w.]+)\+0x')     # not those that are guessed, after a "?"
KTHREADD = '2'


def stacks(lines, head):
    """For each line that head matches: the match, and the calls on the stack below it,
    innermost first.
    """
    found = []
    calls = []
    for line in lines:
        line = message(line.rstrip())
        match, frame = head.match(line), FRAME.match(line)
        if match:
            calls = []
            found.append((match, calls))
        elif frame:
            calls.append(frame.group(1))
        elif line.startswith(' </TASK>'):
            calls = []
    return found


def tasks(lines):
    """The tasks of user space in show_state()'s answer: a line each, name, pid, state and what
    it waits for.
    """
    told = []
    for match, calls in stacks(lines, TASK):
        name, state, pid, ppid = match.groups()
        if KTHREADD not in (pid, ppid):
            waits = [c for c in calls if c not in ('__schedule', 'schedule', '__switch_to')]
            told.append(' '.join([name, pid, state + ':'] + waits[:6]))
    return told


def cpus(lines):
    """The CPUs of an NMI's answer, likewise: CPU, what it runs and where."""
    told = []
    for match, calls in stacks(lines, CPU):
        for nmi in ('end_repeat_nmi', 'asm_exc_nmi'):
            if nmi in calls:    # what had been asked is below
                calls = calls[calls.index(nmi) + 1:]
        told.append(' '.join([f'CPU {match.group(1)}:{match.group(2)}'] + calls[:18]))
    return told


def main(argv):
    bad = False
    for path in argv:
        with open(path, encoding='utf-8', errors='replace') as f:
            for number, name, line in scan(f):
                bad = True
                print(f'{path}:{number}: {name}: {line}')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
