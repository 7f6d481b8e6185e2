#include "ctl/import/put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "ctl/conf_text.h"
#include "ctl/lines.h"
#include "ctl/paths.h"
#include "sys/file.h"

#define FILE_MAX (64u << 20)
#define LINES_MAX 5000 /* that lines.h compares within a second */

void
put_done(struct put *put)
{
	for (size_t i = 0; i < put->files.n; i++) {
		mem_free(put->files.v[i].path);
		mem_free(put->files.v[i].text);
		mem_free(put->files.v[i].was);
	}
	vec_done(&put->files);
}

/* Whole, to the disk. RC_OK or RC_IO. */
static int
put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int rc = RC_IO;

	if (fd >= 0)
		rc = file_put(fd, text, strlen(text));
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	if (fd >= 0)
		file_close(fd);
	return rc;
}

/* A part is read behind the lines that stand in lsrd.conf itself. */
static char *
text_judged(const struct import *im, const struct import_server *server,
    bool part, const char *text)
{
	const struct conf_text_head head = {
		im->organization == NULL ? "example.org" : im->organization,
		server->name, server->group
	};
	struct buf out = { 0 };

	if (part) {
		conf_text_head(&out, &head);
		buf_text(&out, "smtp = { \"192.0.2.1:25\" }\n");
		if (server->mta != NULL)
			buf_printf(&out, "mta = %s\n", server->mta);
	}
	buf_text(&out, text);
	return buf_string(&out);
}

/* What lsrd would say of it, each a note; true: it takes it. */
static bool
put_judge(struct import *im, const struct import_server *server,
    const char *path, const char *text)
{
	struct complaints complaints = { 0 };
	struct conf *conf = NULL;

	if (put_text(path, text) != RC_OK) {
		import_note(im, server->name, "make room, or see its mode",
		    "%s: %s", path, file_reason(errno));
		return false;
	}
	(void)conf_load(path, NULL, &conf, &complaints);
	for (size_t i = 0; i < complaints.list.n; i++)
		if (!complaints.list.v[i].warning)
			import_note(im, server->name,
			    complaints.list.v[i].remedy,
			    "lsrd would not take its file: %s",
			    complaints.list.v[i].text);
	complaints_done(&complaints);
	conf_free(conf);
	return conf != NULL;
}

static void
file_compare(struct put_file *file)
{
	struct buf was = { 0 };

	if (file_load(file->path, FILE_MAX, &was) == RC_OK)
		file->was = buf_string(&was);
	buf_done(&was);
	file->change = file->was == NULL                    ? PUT_NEW
	               : strcmp(file->was, file->text) == 0 ? PUT_SAME
	                                                    : PUT_DIFFERS;
}

static void
file_make(struct put *put, struct import *im,
    const struct import_server *server, const char *trial)
{
	struct put_file file = { .server = server->name };
	struct buf text = { 0 }, name = { 0 };
	char *whole, *last;
	bool good;

	if (!put->part && server->smtp.n == 0) {
		import_note(im, server->name,
		    "name it in a file for --hosts, as `192.0.2.1 NAME`",
		    "its address is not known: no file is made of it");
		return;
	}
	import_conf(im, server, put->part, &text);
	file.text = buf_string(&text);
	whole = text_judged(im, server, put->part, file.text);
	good = put_judge(im, server, trial, whole);
	mem_free(whole);
	if (!good) {
		mem_free(file.text);
		return;
	}
	buf_printf(&name, "%s.conf", server->name);
	last = buf_string(&name);
	file.path = paths_join(put->directory, last);
	mem_free(last);
	file_compare(&file);
	vec_push(&put->files, file);
}

static bool
is_asked_for(const struct call *call, const char *server)
{
	bool some = false;

	for (size_t i = 0; i < call->ngiven; i++) {
		if (strcmp(call->given[i].name, "server") != 0)
			continue;
		some = true;
		if (strcmp(call->given[i].value, server) == 0)
			return true;
	}
	return !some;
}

static int
servers_known(const struct call *call, struct import *im)
{
	int status = CALL_OK;

	for (size_t i = 0; i < call->ngiven; i++)
		if (strcmp(call->given[i].name, "server") == 0 &&
		    import_server(im, call->given[i].value) == NULL)
			status = call_usage(
			    "--server %s: that is none of those imported",
			    call->given[i].value);
	return status;
}

int
put_make(const struct call *call, struct import *im, struct put *put)
{
	char trial[] = "/tmp/lsrctl-import.XXXXXX";
	int fd, status = servers_known(call, im);

	if (status != CALL_OK)
		return status;
	if (im->organization == NULL)
		return call_usage("--organization NAME: it does not follow "
				  "from the names of the servers");
	fd = mkstemp(trial);
	if (fd < 0)
		return call_usage("%s: %s", trial, strerror(errno));
	close(fd);
	for (size_t i = 0; i < im->servers.n; i++)
		if (is_asked_for(call, im->servers.v[i].name))
			file_make(put, im, &im->servers.v[i], trial);
	(void)unlink(trial);
	return CALL_OK;
}

/* Sections at the beginning of a line: what it has to say. */
static size_t
sections(const char *text)
{
	static const char *const names[] = { "peer ", "connector ",
		"address-space " };
	size_t n = 0;

	for (; *text != '\0'; text += *text == '\n') {
		for (size_t i = 0; i < 3; i++)
			n += strncmp(text, names[i], strlen(names[i])) == 0;
		text += strcspn(text, "\n");
	}
	return n;
}

/* Nothing is replaced without --force, nor by what looks like half of it. */
static int
put_allowed(const struct call *call, const struct put *put)
{
	int status = CALL_OK;

	for (size_t i = 0; i < put->files.n; i++) {
		const struct put_file *f = &put->files.v[i];
		size_t was, is;

		if (f->change != PUT_DIFFERS)
			continue;
		if (!call_has(call, "force")) {
			status = call_usage(
			    "%s: exists, and differs; --force replaces it",
			    f->path);
			continue;
		}
		was = sections(f->was);
		is = sections(f->text);
		if (is < (was + 1) / 2 && !call_has(call, "shrink")) {
			call_usage("%s: has %zu peers, connectors and address "
				   "spaces, and would have %zu: nothing is "
				   "changed; --shrink means it",
			    f->path, was, is);
			status = status == CALL_OK ? CALL_NO : status;
		}
	}
	return status;
}

static char *
numbered(const char *folder, size_t i)
{
	char name[32];

	snprintf(name, sizeof(name), "%zu", i);
	return paths_join(folder, name);
}

/* All that are to be written, to their folder, by number. */
static int
trials_put(const struct put *put, const char *folder)
{
	int status = CALL_OK;

	for (size_t i = 0; i < put->files.n && status == CALL_OK; i++) {
		char *path = numbered(folder, i);

		if (put->files.v[i].change != PUT_SAME &&
		    put_text(path, put->files.v[i].text) != RC_OK)
			status = call_usage("%s: %s", path, strerror(errno));
		mem_free(path);
	}
	return status;
}

/* The first `n` of them are as they were. */
static void
files_back(const struct put *put, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct put_file *f = &put->files.v[i];
		struct buf fresh = { 0 };
		char *path;

		if (f->change == PUT_NEW)
			(void)unlink(f->path);
		if (f->change != PUT_DIFFERS)
			continue;
		buf_printf(&fresh, "%s.back", f->path);
		path = buf_string(&fresh);
		if (put_text(path, f->was) != RC_OK ||
		    rename(path, f->path) != 0)
			call_usage("%s: %s", f->path, strerror(errno));
		mem_free(path);
	}
}

static int
trials_rename(const struct put *put, const char *folder)
{
	int status = CALL_OK;

	for (size_t i = 0; i < put->files.n && status == CALL_OK; i++) {
		const struct put_file *f = &put->files.v[i];
		char *path = numbered(folder, i);

		if (f->change != PUT_SAME && rename(path, f->path) != 0) {
			status = call_usage("%s: %s", f->path, strerror(errno));
			files_back(put, i);
		}
		mem_free(path);
	}
	return status;
}

static void
trials_remove(const struct put *put, const char *folder)
{
	for (size_t i = 0; i < put->files.n; i++) {
		char *path = numbered(folder, i);

		(void)unlink(path);
		mem_free(path);
	}
	(void)rmdir(folder);
}

int
put_write(const struct call *call, struct put *put)
{
	int status = put_allowed(call, put);
	char *folder;

	if (status == CALL_OK)
		status = paths_make(put->directory);
	if (status != CALL_OK)
		return status;
	folder = paths_join(put->directory, ".import.XXXXXX");
	if (mkdtemp(folder) == NULL) {
		status = call_usage("%s: %s", folder, strerror(errno));
		mem_free(folder);
		return status;
	}
	status = trials_put(put, folder);
	if (status == CALL_OK)
		status = trials_rename(put, folder);
	trials_remove(put, folder);
	if (status == CALL_OK && put->files.n > 0)
		(void)file_sync_name(put->files.v[0].path);
	mem_free(folder);
	return status;
}

void
put_back(const struct put *put)
{
	files_back(put, put->files.n);
}

static size_t
lines_count(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

void
put_lines(const struct put_file *file, struct buf *out)
{
	size_t was = file->was == NULL ? 0 : lines_count(file->was);
	size_t is = lines_count(file->text);

	if (file->change != PUT_DIFFERS)
		return;
	if (was > LINES_MAX || is > LINES_MAX)
		buf_printf(
		    out, " %zu lines were there, and %zu are\n", was, is);
	else
		(void)lines_differ(file->was, file->text, out);
}
