// SPDX-License-Identifier: GPL-2.0
/* Configuration files: what a shell would read, kept as it was when rewritten. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "conf.h"
#include "error.h"
#include "util.h"

static char shm[] = "/dev/shm/vz-test-conf.XXXXXX", tmp[] = "/tmp/vz-test-conf.XXXXXX", *dir = shm;
static char path[64];

static void put(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || vz_write_all(fd, text, len) < 0)
		abort();
	close(fd);
}

static struct vz_conf *load(const char *text)
{
	struct vz_conf *c = NULL;

	put(text, strlen(text));
	CHECK(vz_conf_load(path, 14, &c, NULL) == 0);
	return c;
}

/* the file after @key was set to @value */
static char *set(const char *text, const char *key, const char *value)
{
	_cleanup_conf_ struct vz_conf *c = load(text);
	char *out = NULL;

	CHECK(c && vz_conf_set(c, key, value) == 0);
	CHECK(c && vz_conf_save(c, path, NULL) == 0);
	CHECK(vz_read_file_at(AT_FDCWD, path, 1 << 20, &out, NULL) == 0);
	return out;
}

static void test_values(void)
{
	static const struct { const char *text, *value; } t[] = {
		{ "A=b\n", "b" },
		{ "A=\n", "" },
		{ "A=\"\"", "" },
		{ "  A=b  \n", "b" },
		{ "A=b\r\n", "b" },
		{ "A=\"b c\" # comment\n", "b c" },
		{ "A='b \"c\" $d'\n", "b \"c\" $d" },
		{ "A=\"\\$x \\` \\\" \\\\ \\n\"\n", "$x ` \" \\ \\n" },
		{ "A=b\"c d\"'e'f\n", "bc def" },
		{ "A=b\\ c\n", "b c" },
		{ "A=b#c\n", "b#c" },
		{ "export A=b\n", "b" },
		{ "X=1 A=b; Y=2\n", "b" },
		{ "A=1\nA=b\n", "b" },
		{ "A=\"b\nc\"\n", "b\nc" },
		{ "A=b\\\nc\n", "bc" },
		{ "# A=c\nA=b\n#A=d", "b" },
		{ "A=/vz/root/$VEID\n", "/vz/root/$VEID" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_conf_ struct vz_conf *c = load(t[i].text);

		CHECK_STR(vz_conf_get(c, "A"), t[i].value);
	}
}

static void test_errors(void)
{
	static const struct { const char *text, *msg; } t[] = {
		{ "A=1\nB=\"x\n\n", ", line 2, B: the quote \" is not closed" },
		{ "A='x", ", line 1, A: the quote ' is not closed" },
		{ "A=1\n\nfoo bar\n", ", line 3: \"foo\" is not an assignment (KEY=\"value\")" },
		{ "A=x y\n", ", line 1: \"y\" is not an assignment (KEY=\"value\")" },
		{ "=x\n", ", line 1: \"=x\" is not an assignment (KEY=\"value\")" },
		{ "1A=x\n", ", line 1: \"1A=x\" is not an assignment (KEY=\"value\")" },
		{ "A=$(reboot)\n", ", line 1, A: a character that means something to the shell is not quoted" },
		{ "A=\"$(reboot)\"\n", ", line 1, A: commands are not run in configuration files" },
		{ "A=\"`reboot`\"\n", ", line 1, A: commands are not run in configuration files" },
		{ "A=`reboot`\n", ", line 1, A: commands are not run in configuration files" },
		{ "A=1&\n", ", line 1, A: a character that means something to the shell is not quoted" },
		{ "A=x\\", ", line 1, A: nothing follows the backslash" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_error_ struct vz_error e = { 0 };
		_cleanup_free_ char *want = vz_asprintf("%s%s", path, t[i].msg);
		struct vz_conf *c = NULL;

		put(t[i].text, strlen(t[i].text));
		CHECK(vz_conf_load(path, 14, &c, &e) == -EINVAL);
		CHECK(e.code == VZ_INVALID_CONFIG);
		CHECK_STR(e.msg, want);
		CHECK(!c);
	}
}

static void test_missing(void)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_conf *c = NULL;

	unlink(path);
	CHECK(vz_conf_load(path, VZ_CONFIG_NOT_FOUND, &c, &e) == -ENOENT);
	CHECK(e.code == VZ_CONFIG_NOT_FOUND);
	put("A=1\0B=2\n", 8);
	CHECK(vz_conf_load(path, 14, &c, &e) == -EINVAL && e.code == VZ_INVALID_CONFIG);
	CHECK(vz_conf_load(dir, 14, &c, &e) == -EISDIR && e.code == VZ_SYSTEM_ERROR);
}

static void test_rewrite(void)
{
	static const struct { const char *before, *key, *value, *after; } t[] = {
		/* only the value changes */
		{ "# head\n\nA='1'\t# why\n\nZZ=top\n", "A", "2", "# head\n\nA=\"2\"\t# why\n\nZZ=top\n" },
		{ "A=1\nB=2\nA=3\n", "A", "4", "A=1\nB=2\nA=\"4\"\n" },
		{ "A=1 B=2 # x\n", "B", "3", "A=1 B=\"3\" # x\n" },
		{ "export A=1\n", "A", "2", "export A=\"2\"\n" },
		/* an equal value leaves even the quotes */
		{ "A='1'\n", "A", "1", "A='1'\n" },
		/* new keys go to the end, on a line of their own */
		{ "", "A", "1", "A=\"1\"\n" },
		{ "B=2", "A", "1", "B=2\nA=\"1\"\n" },
		{ "B=2 # x", "A", "1", "B=2 # x\nA=\"1\"\n" },
		{ "B=2\n# end\n", "A", "1", "B=2\n# end\nA=\"1\"\n" },
		/* removed ones take their line with them */
		{ "# x\nA=1\nB=2\n", "A", NULL, "# x\nB=2\n" },
		{ "B=2\nA=1 # one\n# two\n", "A", NULL, "B=2\n# two\n" },
		{ "A=1 B=2\n", "A", NULL, " B=2\n" },
		{ "B=2 A=1\n", "A", NULL, "B=2 \n" },
		{ "A=1\nB=2\nA=3", "A", NULL, "B=2\n" },
		{ "export A=1\nB=2\n", "A", NULL, "B=2\n" },
		{ "B=2\n", "A", NULL, "B=2\n" },
		/* what a shell would expand is escaped, $VEID is not */
		{ "", "A", "$HOME `id` \"x\" \\ $(id) $VEID ${VEID} $VEIDX",
		  "A=\"\\$HOME \\`id\\` \\\"x\\\" \\\\ \\$(id) $VEID ${VEID} \\$VEIDX\"\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_free_ char *out = set(t[i].before, t[i].key, t[i].value);

		CHECK_STR(out, t[i].after);
	}
}

static void test_refused(void)
{
	_cleanup_conf_ struct vz_conf *c = load("A=1\n");

	CHECK(vz_conf_set(c, "A", "x\ny") == -EINVAL);
	CHECK(vz_conf_set(c, "A", "x\x1b[31m") == -EINVAL);
	CHECK(vz_conf_set(c, "A B", "x") == -EINVAL);
	CHECK(vz_conf_set(c, "A;reboot", "x") == -EINVAL);
	CHECK(vz_conf_set(c, "", "x") == -EINVAL);
	CHECK_STR(vz_conf_get(c, "A"), "1");
}

static void test_save(void)
{
	_cleanup_conf_ struct vz_conf *c = load("A=1\n");
	_cleanup_error_ struct vz_error e = { 0 };
	struct stat st;

	CHECK(vz_conf_set(c, "B", "2") == 0);
	CHECK(vz_conf_line(c, "A") == 1 && vz_conf_line(c, "B") == 0 && vz_conf_line(c, "C") == 0);
	/* who keeps it from others keeps it so; a new one can be read */
	CHECK(chmod(path, 0600) == 0 && vz_conf_save(c, path, NULL) == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(unlink(path) == 0 && vz_conf_save(c, path, NULL) == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0644);
	{
		/* a link stays one, the file it leads to is replaced */
		_cleanup_free_ char *link = vz_asprintf("%s.link", path), *out = NULL;

		CHECK(symlink(path, link) == 0 && vz_conf_set(c, "B", "3") == 0);
		CHECK(vz_conf_save(c, link, NULL) == 0);
		CHECK(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
		CHECK(vz_read_file_at(AT_FDCWD, path, 4096, &out, NULL) == 0);
		CHECK_STR(out, "A=1\nB=\"3\"\n");
		unlink(link);
	}
	CHECK(vz_conf_save(c, "/nonexistent/x", &e) == -ENOENT && e.code == VZ_SAVE_CONFIG);
}

static uint32_t seed = 1;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/*
 * Random texts of the characters that matter: never a crash, and what loads is
 * written back byte for byte; any value set reads back the same.
 */
static void test_random(void)
{
	static const char chars[] = " !\"#$%&'()*;<=>?@[\\]^`{|}~aV\xc3\xa4";
	static const char bits[] = "AB=\"'\\$`# \t\n;\r(x1)";

	for (int i = 0; i < 20000; i++) {
		char text[40], value[16];
		size_t len = rnd(sizeof(text) - 1), vlen = rnd(sizeof(value) - 1);
		_cleanup_conf_ struct vz_conf *c = NULL;
		_cleanup_free_ char *out = NULL;

		for (size_t j = 0; j < len; j++)
			text[j] = bits[rnd(sizeof(bits) - 1)];
		text[len] = '\0';
		for (size_t j = 0; j < vlen; j++)
			value[j] = chars[rnd(sizeof(chars) - 1)];
		value[vlen] = '\0';
		put(text, len);
		if (vz_conf_load(path, 14, &c, NULL) < 0 || i % 100)	/* saving syncs */
			continue;
		if (vz_conf_save(c, path, NULL) < 0 ||
		    vz_read_file_at(AT_FDCWD, path, 4096, &out, NULL) < 0 || strcmp(out, text) != 0) {
			fprintf(stderr, "not kept: <%s>\n", text);
			check_failed++;
		}
		CHECK(vz_conf_set(c, "K", value) == 0);
		CHECK(vz_conf_set(c, rnd(2) ? "A" : "B", rnd(3) ? value : NULL) == 0);
		CHECK(vz_conf_save(c, path, NULL) == 0);
		vz_conf_free(c);
		c = NULL;
		if (vz_conf_load(path, 14, &c, NULL) < 0 ||
		    !vz_conf_get(c, "K") || strcmp(vz_conf_get(c, "K"), value) != 0) {
			fprintf(stderr, "value <%s> lost in <%s>\n", value, text);
			check_failed++;
		}
	}
}

int main(void)
{
	if (!mkdtemp(shm)) {	/* where syncing costs nothing, if there is such a place */
		dir = tmp;
		if (!mkdtemp(tmp))
			return 1;
	}
	snprintf(path, sizeof(path), "%s/conf", dir);
	test_values();
	test_errors();
	test_missing();
	test_rewrite();
	test_refused();
	test_save();
	test_random();
	unlink(path);
	rmdir(dir);
	return CHECK_DONE();
}
