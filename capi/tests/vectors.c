/* Answers the vectors of tests/vectors/recall.txt, and writes the names of those that came out otherwise, and how many
 * there were. */

#include <popfield.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1 << 16, MOST = 64 };

static void check(popfield_status status) {
    if (status != POPFIELD_STATUS_OK) {
        fprintf(stderr, "popfield: %s\n", popfield_last_error());
        exit(2);
    }
}

/* Cuts a line at its tabs. */
static size_t fields(char *line, char **field) {
    size_t count = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; at != NULL && count < MOST; count++) {
        field[count] = at;
        at = strchr(at, '\t');
        if (at != NULL) *at++ = 0;
    }
    return count;
}

static void signs(const char *text, int8_t *out) {
    for (size_t j = 0; text[j] != 0; j++) out[j] = text[j] == '+' ? 1 : text[j] == '-' ? -1 : 0;
}

/* A list of ids, NULL where there is none. */
static uint64_t *ids(char *text, size_t *count) {
    *count = 0;
    if (strcmp(text, "*") == 0) return NULL;
    uint64_t *all = calloc(strlen(text), sizeof *all);
    for (char *part = strtok(text, ","); part != NULL; part = strtok(NULL, ","))
        all[(*count)++] = strtoull(part, NULL, 10);
    return all;
}

static uint32_t named(const char *name, const char *const *names, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0) return i;
    fprintf(stderr, "%s is not known\n", name);
    exit(2);
}

int main(int argc, char **argv) {
    static const char *const separations[] = {"exponential", "linear", "polynomial", "max"};
    static const char *const ties[] = {"plus", "minus", "stay"};
    static char line[LONGEST], *field[MOST];
    size_t dim = 0, value_dim = 0, keys = 0, stored = 0, vectors = 0;
    int8_t *key_signs = NULL, *value_signs = NULL;
    uint64_t *own = NULL;
    popfield_memory *memory = NULL;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        fprintf(stderr, "vectors FILE\n");
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        size_t count = fields(line, field);
        if (line[0] == 'M' && count == 5) {
            popfield_memory_free(memory);
            memory = NULL;
            free(key_signs), free(value_signs), free(own);
            dim = strtoull(field[2], NULL, 10), value_dim = strtoull(field[3], NULL, 10);
            keys = strtoull(field[4], NULL, 10), stored = 0;
            key_signs = calloc(keys, dim), value_signs = calloc(keys, value_dim + 1), own = calloc(keys, sizeof *own);
        } else if (line[0] == 'K' && stored < keys) {
            own[stored] = strtoull(field[1], NULL, 10);
            signs(field[2], key_signs + stored * dim);
            if (value_dim > 0) signs(field[3], value_signs + stored * value_dim);
            stored++;
        } else if (line[0] == 'V' && count == 15 && stored == keys) {
            if (memory == NULL) {
                popfield_associations all = {.keys = {.data = key_signs, .count = keys, .dim = dim}, .ids = own};
                if (value_dim > 0) all.values = (popfield_rows){.data = value_signs, .count = keys, .dim = value_dim};
                check(popfield_memory_new(&all, &memory));
            }
            popfield_recall_options options = popfield_recall_defaults();
            options.separation = named(field[2], separations, 4);
            if (strcmp(field[3], "*") != 0) options.beta = strtod(field[3], NULL);
            if (strcmp(field[4], "*") != 0) options.degree = (uint32_t)strtoul(field[4], NULL, 10);
            options.steps = (uint32_t)strtoul(field[5], NULL, 10);
            options.tie = named(field[6], ties, 3);
            popfield_call call = {0};
            uint64_t *only = ids(field[7], &call.only_count), *exclude = ids(field[8], &call.exclude_count);
            call.only = only, call.exclude = exclude;
            size_t out = value_dim > 0 ? value_dim : dim;
            int8_t *query = calloc(dim, 1), *answer = calloc(out, 1), *expected = calloc(out, 1);
            signs(field[9], query), signs(field[10], expected);
            popfield_rows queries = {.data = query, .count = 1, .dim = dim};
            popfield_report report;
            check(popfield_recall(memory, &queries, &options, &call, POPFIELD_ENCODING_SIGNS, (uint8_t *)answer, out,
                                  &report));
            if (memcmp(answer, expected, out) != 0 || report.tied_bits != strtoull(field[11], NULL, 10) ||
                report.nearest_id != strtoull(field[12], NULL, 10) ||
                report.nearest_distance != strtoul(field[13], NULL, 10) ||
                report.nearest_count != strtoull(field[14], NULL, 10))
                printf("%s\n", field[1]);
            free(only), free(exclude), free(query), free(answer), free(expected);
            vectors++;
        } else if (line[0] != '#') {
            fprintf(stderr, "a line that is none: %s\n", line);
            return 2;
        }
    }
    fclose(file);
    popfield_memory_free(memory);
    free(key_signs), free(value_signs), free(own);
    printf("%zu vectors\n", vectors);
    return 0;
}
