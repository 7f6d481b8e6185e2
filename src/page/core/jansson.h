/*
 * jansson.h - as much of libjansson as the verbs on a document use, for the
 * browser, which has no libjansson: the same names and meanings. It is found
 * before the library's own header when core.wasm is made, and never else.
 *
 * A tree is owned by its root: json_decref() of that frees all of it.
 */

#ifndef PAGE_CORE_JANSSON_H
#define PAGE_CORE_JANSSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct json_t json_t;
typedef long long json_int_t;

typedef struct {
	int line, column;
	char text[80];
} json_error_t;

json_t *json_loadb(
    const char *octets, size_t n, size_t flags, json_error_t *error);
void json_decref(json_t *root);

json_t *json_object_get(const json_t *object, const char *key);
json_t *json_array_get(const json_t *array, size_t i);
size_t json_array_size(const json_t *array);
const char *json_string_value(const json_t *string);
size_t json_string_length(const json_t *string);
json_int_t json_integer_value(const json_t *integer);
double json_number_value(const json_t *number);

bool json_is_object(const json_t *value);
bool json_is_array(const json_t *value);
bool json_is_string(const json_t *value);
bool json_is_integer(const json_t *value);
bool json_is_number(const json_t *value);
bool json_is_boolean(const json_t *value);
bool json_is_true(const json_t *value);

#define json_array_foreach(array, i, value)                                    \
	for ((i) = 0; (i) < json_array_size(array) &&                          \
		      ((value) = json_array_get(array, i)) != NULL;            \
	     (i)++)

/* What a page in a browser cannot do: nothing asks for it there. */
json_t *json_array(void);
int json_array_append(json_t *array, json_t *value);
json_t *json_loadf(FILE *file, size_t flags, json_error_t *error);

#endif
