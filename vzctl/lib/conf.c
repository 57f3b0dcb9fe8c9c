// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration files as a shell reads them.
 *
 * A file is a list of assignments and the text between them.  Each item keeps
 * the raw text that leads up to it (comments, blank lines, indentation) and
 * its own raw text, so that rewriting one value changes nothing else.
 *
 * The language is the part of sh(1) that people use in such files: NAME=word,
 * optionally after "export", where a word joins bare, '…' and "…" pieces;
 * several on a line, separated by blanks or ';'; '#' comments.  Values are not
 * expanded: $VEID stays as it is for vz_ct_get_path().  Anything else (commands,
 * an open quote) is an error rather than a value that a sourcing script
 * would see differently.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"
#include "error.h"
#include "util.h"

#define CONF_MAX	(1024 * 1024)

struct item {
	char *lead;		/* raw text since the item before */
	char *raw;		/* raw text of the assignment */
	char *key;
	char *value;
	int line;
};

struct vz_conf {
	struct item *items;
	size_t n, size;
	char *tail;		/* raw text after the last item */
};

struct parser {
	const char *path;
	const char *p;
	int line;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_key_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_key(char c)
{
	return is_key_start(c) || (c >= '0' && c <= '9');
}

static void item_free(struct item *it)
{
	free(it->lead);
	free(it->raw);
	free(it->key);
	free(it->value);
}

void vz_conf_free(struct vz_conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		item_free(&c->items[i]);
	free(c->items);
	free(c->tail);
	free(c);
}

void vz_conf_freep(struct vz_conf **c)
{
	vz_conf_free(*c);
}

int vz_conf_new(struct vz_conf **ret)
{
	struct vz_conf *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->tail = strdup("");
	if (!c->tail) {
		free(c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

/* room for one more item, zeroed; it counts once its fields are complete */
static struct item *conf_next(struct vz_conf *c)
{
	if (c->n == c->size) {
		size_t size = c->size ? c->size * 2 : 32;
		struct item *p = realloc(c->items, size * sizeof(*p));

		if (!p)
			return NULL;
		c->items = p;
		c->size = size;
	}
	memset(&c->items[c->n], 0, sizeof(c->items[c->n]));
	return &c->items[c->n];
}

/*
 * The word at ps->p into @out, which has room for all of the rest of the file.
 * Returns what is wrong with it or NULL.
 */
static const char *parse_word(struct parser *ps, char *out)
{
	static const char command[] = "commands are not run in configuration files";
	const char *p = ps->p;

	for (;;) {
		switch (*p) {
		case '\0': case '\n': case ' ': case '\t': case '\r': case ';':
			*out = '\0';
			ps->p = p;
			return NULL;
		case '\'':
			for (p++; *p != '\''; p++) {
				if (!*p)
					return "the quote ' is not closed";
				ps->line += *p == '\n';
				*out++ = *p;
			}
			p++;
			break;
		case '"':
			for (p++; *p != '"'; p++) {
				if (!*p)
					return "the quote \" is not closed";
				if (*p == '\\' && p[1] && strchr("$`\"\\\n", p[1])) {
					p++;
					if (*p == '\n') {
						ps->line++;
						continue;
					}
				} else if (*p == '`' || (*p == '$' && p[1] == '(')) {
					return command;
				}
				ps->line += *p == '\n';
				*out++ = *p;
			}
			p++;
			break;
		case '\\':
			p++;
			if (!*p)
				return "nothing follows the backslash";
			if (*p != '\n')
				*out++ = *p;
			else
				ps->line++;
			p++;
			break;
		case '`':
			return command;
		case '(': case ')': case '<': case '>': case '&': case '|':
			return "a character that means something to the shell is not quoted";
		default:
			*out++ = *p++;
		}
	}
}

static int syntax(struct parser *ps, int line, const char *key, size_t keylen,
		  const char *what, struct vz_error *e)
{
	if (keylen)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s, line %d, %.*s: %s",
			      ps->path, line, (int)keylen, key, what);
	return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s, line %d: %s", ps->path, line, what);
}

static int conf_parse(struct vz_conf *c, const char *path, const char *text, struct vz_error *e)
{
	struct parser ps = { .path = path, .p = text, .line = 1 };
	_cleanup_free_ char *word = malloc(strlen(text) + 1);
	const char *lead = text;

	if (!word)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%s: %m", path);
	for (;;) {
		const char *key, *what;
		struct item *it;
		size_t keylen;
		int line;

		while (is_blank(*ps.p) || *ps.p == '\n' || *ps.p == ';') {
			ps.line += *ps.p == '\n';
			ps.p++;
		}
		if (*ps.p == '#') {
			ps.p += strcspn(ps.p, "\n");
			continue;
		}
		if (!*ps.p)
			break;
		if (strncmp(ps.p, "export", 6) == 0 && is_blank(ps.p[6])) {
			ps.p += 6;
			continue;
		}

		key = ps.p;
		line = ps.line;
		for (keylen = 0; is_key(key[keylen]); keylen++)
			;
		if (!keylen || !is_key_start(*key) || key[keylen] != '=') {
			size_t n = strcspn(key, " \t\r\n");

			return vz_err(e, VZ_INVALID_CONFIG, EINVAL,
				      "%s, line %d: \"%.*s\" is not an assignment (KEY=\"value\")",
				      path, line, n > 40 ? 40 : (int)n, key);
		}
		ps.p += keylen + 1;
		what = parse_word(&ps, word);
		if (what)
			return syntax(&ps, line, key, keylen, what, e);

		it = conf_next(c);
		if (!it)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%s: %m", path);
		it->lead = strndup(lead, (size_t)(key - lead));
		it->raw = strndup(key, (size_t)(ps.p - key));
		it->key = strndup(key, keylen);
		it->value = strdup(word);
		it->line = line;
		c->n++;
		if (!it->lead || !it->raw || !it->key || !it->value)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%s: %m", path);
		lead = ps.p;
	}
	free(c->tail);
	c->tail = strdup(lead);
	return c->tail ? 0 : vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%s: %m", path);
}

int vz_conf_load(const char *path, int missing, struct vz_conf **ret, struct vz_error *e)
{
	_cleanup_conf_ struct vz_conf *c = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	r = vz_read_file_at(AT_FDCWD, path, CONF_MAX, &text, &len);
	if (r == -ENOENT)
		return vz_err(e, missing, ENOENT, "%s does not exist", path);
	if (r == -EFBIG)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s is larger than 1 MiB", path);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read %s: %m", path);
	if (strlen(text) != len)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s is not a text file", path);
	r = vz_conf_new(&c);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "%s: %m", path);
	r = conf_parse(c, path, text, e);
	if (r < 0)
		return r;
	*ret = c;
	c = NULL;
	return 0;
}

static struct item *conf_find(const struct vz_conf *c, const char *key)
{
	for (size_t i = c ? c->n : 0; i-- > 0; ) {
		if (strcmp(c->items[i].key, key) == 0)
			return &c->items[i];
	}
	return NULL;
}

const char *vz_conf_get(const struct vz_conf *c, const char *key)
{
	const struct item *it = conf_find(c, key);

	return it ? it->value : NULL;
}

int vz_conf_line(const struct vz_conf *c, const char *key)
{
	const struct item *it = conf_find(c, key);

	return it ? it->line : 0;
}

bool vz_conf_nth(const struct vz_conf *c, size_t n, const char **ret_key, const char **ret_value)
{
	if (!c || n >= c->n)
		return false;
	if (ret_key)
		*ret_key = c->items[n].key;
	if (ret_value)
		*ret_value = c->items[n].value;
	return true;
}

/* KEY="value", safe for a shell that sources it; $VEID is left for it to expand */
static char *format_item(const char *key, const char *value)
{
	char *s = malloc(strlen(key) + 2 * strlen(value) + 4), *p;

	if (!s)
		return NULL;
	p = stpcpy(stpcpy(s, key), "=\"");
	for (; *value; value++) {
		bool veid = (strncmp(value, "$VEID", 5) == 0 && !is_key(value[5])) ||
			    strncmp(value, "${VEID}", 7) == 0;

		if (strchr("`\"\\", *value) || (*value == '$' && !veid))
			*p++ = '\\';
		*p++ = *value;
	}
	strcpy(p, "\"");
	return s;
}

/* removes items[i]; its line goes too when nothing else stands on it */
static int conf_remove(struct vz_conf *c, size_t i)
{
	char **after = i + 1 < c->n ? &c->items[i + 1].lead : &c->tail;
	const char *lead = c->items[i].lead, *rest = *after;
	size_t keep = strlen(lead);
	char *joined;

	while (keep && is_blank(lead[keep - 1]))
		keep--;
	if (keep >= 6 && strncmp(lead + keep - 6, "export", 6) == 0) {
		keep -= 6;
		while (keep && is_blank(lead[keep - 1]))
			keep--;
	}
	if (keep ? lead[keep - 1] == '\n' : i == 0) {
		const char *p = rest;

		while (is_blank(*p) || *p == ';')
			p++;
		if (*p == '#')
			p += strcspn(p, "\n");
		if (*p == '\n' || (!*p && i + 1 == c->n))
			rest = *p ? p + 1 : p;
		else
			keep = strlen(lead);
	} else {
		keep = strlen(lead);
	}
	joined = vz_asprintf("%.*s%s", (int)keep, lead, rest);
	if (!joined)
		return -ENOMEM;
	free(*after);
	*after = joined;
	item_free(&c->items[i]);
	memmove(&c->items[i], &c->items[i + 1], (c->n - i - 1) * sizeof(*c->items));
	c->n--;
	return 0;
}

int vz_conf_set(struct vz_conf *c, const char *key, const char *value)
{
	_cleanup_free_ char *raw = NULL, *copy = NULL;
	struct item *it;
	size_t len;

	if (!value) {
		for (size_t i = c->n; i-- > 0; ) {
			if (strcmp(c->items[i].key, key) == 0) {
				int r = conf_remove(c, i);

				if (r < 0)
					return r;
			}
		}
		return 0;
	}

	if (!is_key_start(*key))
		return -EINVAL;
	for (const char *p = key; *p; p++) {
		if (!is_key(*p))
			return -EINVAL;
	}
	for (const char *p = value; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			return -EINVAL;
	}
	raw = format_item(key, value);
	copy = strdup(value);
	if (!raw || !copy)
		return -ENOMEM;

	it = conf_find(c, key);
	if (it) {
		if (strcmp(it->value, value) == 0)
			return 0;
		free(it->raw);
		free(it->value);
		it->raw = raw;
		it->value = copy;
		raw = copy = NULL;
		return 0;
	}

	it = conf_next(c);
	if (!it)
		return -ENOMEM;
	it->key = strdup(key);
	len = strlen(c->tail);
	it->lead = len && c->tail[len - 1] != '\n' ? vz_asprintf("%s\n", c->tail)
		 : !len && c->n ? strdup("\n") : strdup(c->tail);
	char *tail = strdup("\n");

	if (!it->key || !it->lead || !tail) {
		item_free(it);
		free(tail);
		return -ENOMEM;
	}
	free(c->tail);
	c->tail = tail;
	it->raw = raw;
	it->value = copy;
	raw = copy = NULL;
	c->n++;
	return 0;
}

char *vz_conf_text(const struct vz_conf *c)
{
	size_t len = strlen(c->tail);
	char *text, *p;

	for (size_t i = 0; i < c->n; i++)
		len += strlen(c->items[i].lead) + strlen(c->items[i].raw);
	text = malloc(len + 1);
	if (!text)
		return NULL;
	p = text;
	for (size_t i = 0; i < c->n; i++)
		p = stpcpy(stpcpy(p, c->items[i].lead), c->items[i].raw);
	strcpy(p, c->tail);
	return text;
}

int vz_conf_save(struct vz_conf *c, const char *path, struct vz_error *e)
{
	/* a configuration may be a link to shared storage: replace what it leads to */
	_cleanup_free_ char *text = vz_conf_text(c), *real = realpath(path, NULL);
	struct stat st;
	mode_t mode = 0644;
	int r;

	if (!text)
		return vz_err(e, VZ_SAVE_CONFIG, ENOMEM, "Unable to save %s: %m", path);
	/* who keeps it from others keeps it so */
	if (real && stat(real, &st) == 0)
		mode = st.st_mode & 0777;
	r = vz_replace_file(real ? real : path, text, strlen(text), mode);
	if (r < 0)
		return vz_err(e, VZ_SAVE_CONFIG, -r, "Unable to save %s: %m", path);
	return 0;
}
