#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""vz-unpack: what it keeps, and the archives it must refuse.  TAP; needs root.

Usage: unpack.py VZ-UNPACK
"""
import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
BASE = 300000
count = failed = 0
# a file system with devices, ACLs and attributes of users
work = tempfile.mkdtemp(prefix='vz-unpack.', dir=os.environ.get('VZ_TEST_DIR', '/var/tmp'))
os.chmod(work, 0o700)


def report(good, what, detail=''):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {what}", flush=True)
    if not good:
        failed += 1
        for line in str(detail).splitlines():
            print('# ' + line)


def is_(what, got, want):
    report(got == want, what, f'got {got!r}, wanted {want!r}')


def entry(name, type=tarfile.REGTYPE, data=b'', **kw):
    """One entry: TarInfo fields and `pax` headers as keywords."""
    t = tarfile.TarInfo(name)
    t.type = type
    t.size = len(data)
    t.mode = kw.pop('mode', 0o755 if type == tarfile.DIRTYPE else 0o644)
    t.mtime = kw.pop('mtime', 1000000000)
    t.pax_headers = kw.pop('pax', {})
    for k, v in kw.items():
        setattr(t, k, v)
    return t, data


def archive(*entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=format,
                      encoding='utf-8', errors='surrogateescape') as tar:
        for t, data in entries:
            tar.addfile(t, io.BytesIO(data))
    return out.getvalue()


def unpack(data, where=None, base=BASE, pipe=False):
    """Exit status, message and directory."""
    top = where or tempfile.mkdtemp(dir=work)
    with tempfile.TemporaryFile(dir=work) as f:
        f.write(data)
        f.seek(0)
        r = subprocess.run([PROGRAM, str(base), str(base)], cwd=top, check=False,
                           **({'input': data} if pipe else {'stdin': f}),
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return r.returncode, r.stdout.decode('utf-8', 'replace'), top


def keeps(what, *entries, **kw):
    status, text, top = unpack(archive(*entries, **kw))
    if status != 0:
        report(False, what, f'status {status}: {text}')
        return None
    return top


def refuses(what, data, words, status=47):
    got, text, top = unpack(data)
    report(got == status and words in text and text.count('\n') == 1, what,
           f'status {got}, wanted {status}; text {text!r}, wanted {words!r} in it')
    shutil.rmtree(top, ignore_errors=True)


def lstat(*path):
    return os.lstat(os.path.join(*path))


def test_owners_modes_times():
    top = keeps('owners', entry('.', tarfile.DIRTYPE, mode=0o750, mtime=5),
                entry('./d', tarfile.DIRTYPE, uid=10, gid=20, mode=0o2770, mtime=1234567890),
                entry('./d/f', data=b'hello', uid=65535, gid=65535, mode=0o640),
                entry('./su', data=b'x', mode=0o4755),
                entry('./sg', data=b'x', mode=0o2755, gid=42),
                entry('./tmp', tarfile.DIRTYPE, mode=0o1777),
                entry('./l', tarfile.SYMTYPE, linkname='/etc/passwd', uid=1, gid=2))
    if not top:
        return
    s = lstat(top)
    is_('the top: owner, mode, time', (s.st_uid, s.st_gid, s.st_mode & 0o7777, s.st_mtime),
        (BASE, BASE, 0o750, 5))
    s = lstat(top, 'd')
    is_('a setgid directory', (s.st_uid - BASE, s.st_gid - BASE, s.st_mode & 0o7777, s.st_mtime),
        (10, 20, 0o2770, 1234567890))
    s = lstat(top, 'd/f')
    is_('the last id of the range; a setgid directory does not rub off',
        (s.st_uid - BASE, s.st_gid - BASE, s.st_mode & 0o7777, s.st_mtime),
        (65535, 65535, 0o640, 1000000000))
    is_('contents', open(os.path.join(top, 'd/f'), 'rb').read(), b'hello')
    is_('setuid', lstat(top, 'su').st_mode & 0o7777, 0o4755)
    is_('setgid with another group', lstat(top, 'sg').st_mode & 0o7777, 0o2755)
    is_('sticky', lstat(top, 'tmp').st_mode & 0o7777, 0o1777)
    s = lstat(top, 'l')
    is_('a symbolic link: target, owner, time',
        (os.readlink(os.path.join(top, 'l')), s.st_uid - BASE, s.st_gid - BASE, s.st_mtime),
        ('/etc/passwd', 1, 2, 1000000000))


def test_nanoseconds():
    top = keeps('times', entry('f', pax={'mtime': '1000000000.123456789'}),
                entry('before-1970', mtime=-5))
    if top:
        is_('nanoseconds', lstat(top, 'f').st_mtime_ns, 1000000000123456789)
        is_('a time before 1970', lstat(top, 'before-1970').st_mtime, -5)


def test_links():
    top = keeps('links', entry('a', data=b'one'), entry('b/c/d', tarfile.LNKTYPE, linkname='./a'),
                entry('e', tarfile.LNKTYPE, linkname='b/c/d'),
                entry('s', tarfile.SYMTYPE, linkname='nowhere'),
                entry('t', tarfile.LNKTYPE, linkname='s'))
    if top:
        is_('hard links, with directories that the archive left out',
            (lstat(top, 'a').st_ino == lstat(top, 'b/c/d').st_ino == lstat(top, 'e').st_ino,
             lstat(top, 'a').st_nlink), (True, 3))
        is_('a directory left out belongs to the container',
            (lstat(top, 'b').st_uid, lstat(top, 'b').st_mode & 0o7777), (BASE, 0o755))
        is_('a hard link to a symbolic link', lstat(top, 's').st_ino, lstat(top, 't').st_ino)


def test_nodes():
    top = keeps('nodes', entry('null', tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666),
                entry('tty1', tarfile.CHRTYPE, devmajor=4, devminor=1, mode=0o620, gid=5),
                entry('fifo', tarfile.FIFOTYPE, mode=0o600))
    if top:
        s = lstat(top, 'null')
        is_('/dev/null', (stat.S_ISCHR(s.st_mode), s.st_rdev, s.st_mode & 0o777, s.st_uid),
            (True, os.makedev(1, 3), 0o666, BASE))
        is_('a tty of group tty', lstat(top, 'tty1').st_gid, BASE + 5)
        is_('a FIFO', stat.S_ISFIFO(lstat(top, 'fifo').st_mode), True)


def test_names():
    top = keeps('names', entry('umläut'), entry('l' * 200), entry('new\nline'),
                entry('d' * 90 + '/' + 'e' * 90 + '/' + 'f' * 90), entry('back\\slash'))
    if top:
        is_('UTF-8, long, with a newline', sorted(os.listdir(top)),
            sorted(['umläut', 'l' * 200, 'new\nline', 'd' * 90, 'back\\slash']))
    top = keeps('latin1', entry('uml\udce4ut'), format=tarfile.GNU_FORMAT)
    if top:
        is_('bytes that are no UTF-8', os.listdir(os.fsencode(top)), [b'uml\xe4ut'])
    top = keeps('dots', entry('./a/./b//c'), entry('....'))
    if top:
        is_('"." and "//" in names', os.path.isfile(os.path.join(top, 'a/b/c')), True)


def test_sparse():
    src = os.path.join(work, 'sparse')
    os.mkdir(src)
    with open(os.path.join(src, 'hole'), 'wb') as f:
        f.seek(100 << 20)
        f.write(b'end')
        f.truncate(300 << 20)
    for form in ('gnu', 'posix'):
        data = subprocess.run(['tar', '-C', src, '--sparse', f'--format={form}', '-cf', '-', 'hole'],
                              stdout=subprocess.PIPE, check=True).stdout
        status, text, top = unpack(data)
        s = lstat(top, 'hole')
        is_(f'a sparse file ({form}) stays sparse', (status, s.st_size, s.st_blocks < 1000),
            (0, 300 << 20, True))
        with open(os.path.join(top, 'hole'), 'rb') as f:
            f.seek(100 << 20)
            is_(f'its data is in place ({form})', f.read(4), b'end\0')


def test_xattrs():
    caps = struct.pack('<IIIII', 0x02000001, 1 << 13, 0, 0, 0)	# cap_net_raw=ep
    v3 = struct.pack('<IIIIII', 0x03000000, 1 << 10, 0, 0, 0, 7)

    def x(name, value):
        return {'SCHILY.xattr.' + name: value.decode('utf-8', 'surrogateescape')}
    top = keeps('xattrs', entry('ping', data=b'x', mode=0o755, pax=x('security.capability', caps)),
                entry('v3', data=b'x', pax=x('security.capability', v3)),
                entry('u', data=b'x', pax=x('user.a', b'value')),
                entry('d', tarfile.DIRTYPE, pax=x('user.d', b'dir')),
                entry('t', data=b'x', pax={**x('trusted.overlay.opaque', b'y'),
                                           **x('security.selinux', b'z')}))
    if not top:
        return

    def get(name, key):
        return os.getxattr(os.path.join(top, name), key)
    is_('file capabilities belong to the container\'s root', get('ping', 'security.capability'),
        struct.pack('<IIIIII', 0x03000001, 1 << 13, 0, 0, 0, BASE))
    is_('version 3: the root id is shifted', get('v3', 'security.capability'),
        struct.pack('<IIIIII', 0x03000000, 1 << 10, 0, 0, 0, BASE + 7))
    is_('attributes of users', (get('u', 'user.a'), get('d', 'user.d')), (b'value', b'dir'))
    is_('the host\'s attributes are left out',
        [k for k in os.listxattr(os.path.join(top, 't')) if k.startswith('trusted.')], [])
    refuses('capabilities for an id outside the range',
            archive(entry('f', data=b'x', pax=x('security.capability', struct.pack(
                '<IIIIII', 0x03000000, 1, 0, 0, 0, 65536)))), 'outside the container')
    refuses('broken capabilities',
            archive(entry('f', data=b'x', pax=x('security.capability', b'\2\0\0\2abc'))),
            'bad security.capability')


def acl(*entries):
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *e) for e in sorted(
        entries, key=lambda e: (e[0], e[2])))


def test_acls():
    none = 0xffffffff
    top = keeps('ACLs',
                entry('f', data=b'x', mode=0o660, pax={
                    'SCHILY.acl.access': 'user::rw-,user:bin:r--:2,group::r--,mask::rw-,other::---'}),
                entry('d', tarfile.DIRTYPE, mode=0o755, pax={
                    'SCHILY.acl.default': 'user::rwx,group::r-x,group:adm:rwx:4,mask::rwx,other::r-x'}),
                entry('d/child', data=b'x', mode=0o600),
                entry('etc/passwd', data=b'root:x:0:0::/:/bin/sh\njoe:x:1001:1001::/:/bin/sh\n'),
                entry('byname', data=b'x', mode=0o644, pax={
                    'SCHILY.acl.access': 'user::rw-,user:joe:rwx,group::r--,mask::rwx,other::r--'}))
    if top:
        is_('an access ACL, its id shifted',
            os.getxattr(os.path.join(top, 'f'), 'system.posix_acl_access'),
            acl((1, 6, none), (2, 4, BASE + 2), (4, 4, none), (16, 6, none), (32, 0, none)))
        is_('a default ACL', os.getxattr(os.path.join(top, 'd'), 'system.posix_acl_default'),
            acl((1, 7, none), (4, 5, none), (8, 7, BASE + 4), (16, 7, none), (32, 5, none)))
        is_('which entries of the archive do not inherit',
            os.listxattr(os.path.join(top, 'd/child')), [])
        is_('an ACL with a name only: the template\'s own passwd says who',
            os.getxattr(os.path.join(top, 'byname'), 'system.posix_acl_access'),
            acl((1, 6, none), (2, 7, BASE + 1001), (4, 4, none), (16, 7, none), (32, 4, none)))
    refuses('an ACL for an id outside the range', archive(entry('f', data=b'x', pax={
        'SCHILY.acl.access': 'user::rw-,user:x:r--:70000,group::r--,mask::rw-,other::---'})),
        'outside the container')


def test_compression():
    plain = archive(entry('f', data=b'data' * 1000))
    for name, data in (('plain', plain), ('gzip', gzip.compress(plain)), ('bzip2', bz2.compress(plain)),
                       ('xz', lzma.compress(plain)),
                       ('zstd', subprocess.run(['zstd', '-q', '-c'], input=plain,
                                               stdout=subprocess.PIPE, check=True).stdout)):
        status, text, top = unpack(data)
        is_(f'{name}', (status, os.listdir(top)), (0, ['f']))
        status, text, top = unpack(data, pipe=True)
        is_(f'{name}, from a pipe', (status, os.listdir(top)), (0, ['f']))
        if name != 'plain':
            refuses(f'{name}, cut off', data[:len(data) // 2], 'damaged')
    refuses('plain, cut off inside a file', plain[:1200], 'damaged')
    refuses('garbage', b'this is not an archive' * 100, 'damaged')
    refuses('nothing', b'', '')
    refuses('an archive without entries', b'\0' * 10240, 'empty')
    bad = bytearray(plain)
    bad[148:150] = b'99'	# the checksum of the first header
    refuses('a broken header', bytes(bad), '')


def test_hostile():
    secret = os.path.join(work, 'secret')
    with open(secret, 'w', encoding='ascii') as f:
        f.write('host')

    def untouched(what):
        is_(f'{what}: the host\'s file is as it was',
            (open(secret, encoding='ascii').read(), lstat(secret).st_uid, lstat(secret).st_nlink),
            ('host', os.getuid(), 1))

    refuses('an absolute name', archive(entry(secret, data=b'x')), 'absolute')
    refuses('".."', archive(entry('../secret', data=b'x')), '..')
    refuses('".." inside', archive(entry('a/../../secret', data=b'x')), '..')
    refuses('".." at the end', archive(entry('a', tarfile.DIRTYPE), entry('a/..', tarfile.DIRTYPE)), '..')
    refuses('a file through a symbolic link',
            archive(entry('a', tarfile.SYMTYPE, linkname=work), entry('a/secret', data=b'x')),
            'symbolic link')
    refuses('a file through a relative symbolic link',
            archive(entry('a', tarfile.SYMTYPE, linkname='..'), entry('a/secret', data=b'x')),
            'symbolic link')
    refuses('a directory through a symbolic link',
            archive(entry('a', tarfile.SYMTYPE, linkname=work), entry('a/b', tarfile.DIRTYPE)),
            'symbolic link')
    refuses('a directory over a symbolic link',
            archive(entry('a', tarfile.SYMTYPE, linkname=work),
                    entry('a', tarfile.DIRTYPE, mode=0o777)), 'replaces')
    refuses('a symbolic link between directories of the archive',
            archive(entry('d', tarfile.DIRTYPE), entry('d/e', tarfile.SYMTYPE, linkname='/'),
                    entry('d/e/etc/x', data=b'x')), 'symbolic link')
    refuses('a hard link to the host, absolute',
            archive(entry('h', tarfile.LNKTYPE, linkname=secret)), 'absolute')
    refuses('a hard link to the host, ".."',
            archive(entry('h', tarfile.LNKTYPE, linkname='../secret')), '..')
    refuses('a hard link through a symbolic link',
            archive(entry('a', tarfile.SYMTYPE, linkname=work),
                    entry('h', tarfile.LNKTYPE, linkname='a/secret')), 'symbolic link')
    refuses('a hard link to nothing', archive(entry('h', tarfile.LNKTYPE, linkname='x')), 'hard link')
    refuses('a hard link to a directory',
            archive(entry('d', tarfile.DIRTYPE), entry('h', tarfile.LNKTYPE, linkname='d')), 'hard link')
    refuses('a hard link to itself', archive(entry('h', tarfile.LNKTYPE, linkname='h')), 'itself')
    top = keeps('a file after a symbolic link of the same name',
                entry('secret', tarfile.SYMTYPE, linkname=secret), entry('secret', data=b'mine'))
    if top:
        is_('a file replaces a symbolic link, and is not written through it',
            (stat.S_ISREG(lstat(top, 'secret').st_mode), lstat(top, 'secret').st_size), (True, 4))
    untouched('symbolic links')
    status, text, top = unpack(archive(
        entry('f', data=b'x', pax={'SCHILY.acl.access':
                                   'user::rw-,user:x:rwx:1,group::r--,mask::rwx,other::---'}),
        entry('f', tarfile.SYMTYPE, linkname=secret)))
    is_('an ACL does not follow the link that came after', (status, os.listxattr(secret)), (0, []))
    refuses('a file over a directory', archive(entry('a', tarfile.DIRTYPE), entry('a', data=b'x')),
            'directory')
    refuses('the top as a symbolic link', archive(entry('.', tarfile.SYMTYPE, linkname='/')), 'top')
    refuses('a block device', archive(entry('sda', tarfile.BLKTYPE, devmajor=8, devminor=0)), 'block')
    for name, ma, mi in (('mem', 1, 1), ('kmem', 1, 2), ('port', 1, 4), ('kmsg', 1, 11),
                         ('kvm', 10, 232), ('cpu', 203, 0), ('sg', 21, 0)):
        refuses(f'/dev/{name}', archive(entry(name, tarfile.CHRTYPE, devmajor=ma, devminor=mi)), 'device')
    refuses('a device bomb', archive(*(entry(f'tty{i}', tarfile.CHRTYPE, devmajor=4, devminor=i % 64)
                                       for i in range(1100))), 'devices')
    refuses('user id 65536', archive(entry('f', uid=65536)), 'user id 65536')
    refuses('group id 65536', archive(entry('f', gid=65536)), 'group id 65536')
    refuses('user id 4294967295', archive(entry('f', uid=4294967295)), 'user id')
    refuses('too deep', archive(entry('/'.join('d' * 300))), 'too long')
    refuses('a component of 300 bytes', archive(entry('x' * 300)), 'too long')
    refuses('a control character is not printed as it is',
            archive(entry('a\n\x1b[31m', uid=70000)), 'a\\012\\033[31m')
    top = os.path.join(work, 'full')
    os.mkdir(top)
    open(os.path.join(top, 'x'), 'w', encoding='ascii').close()
    is_('a directory that is not empty', unpack(archive(entry('f')), top)[0], 3)


def test_full_disk():
    top = os.path.join(work, 'small')
    os.mkdir(top)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', top], check=True)
    try:
        status, text, _ = unpack(archive(entry('f', data=b'x' * (4 << 20))), top)
        is_('a full disk', (status, 'no space' in text), (46, True))
    finally:
        subprocess.run(['umount', top], check=True)
    os.mkdir(top + '2')
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64m,nr_inodes=50', 'none', top + '2'], check=True)
    try:
        is_('no inodes left', unpack(archive(*(entry(f'f{i}') for i in range(100))), top + '2')[0], 46)
    finally:
        subprocess.run(['umount', top + '2'], check=True)


if os.getuid() != 0:
    print('1..0 # SKIP needs root')
    sys.exit(0)
try:
    for f in [v for k, v in sorted(globals().items()) if k.startswith('test_')]:
        f()
finally:
    shutil.rmtree(work, ignore_errors=True)
print(f'1..{count}')
sys.exit(1 if failed else 0)
