/* What C sees: what is refused and how it is said, stores that last, every encoding, all overlaps, threads at once. */

#include <math.h>
#include <popfield.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPECT(condition)                                                                        \
    do {                                                                                         \
        if (!(condition)) {                                                                      \
            fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition,        \
                    popfield_last_error());                                                      \
            exit(1);                                                                             \
        }                                                                                        \
    } while (0)
#define OK(call) EXPECT((call) == POPFIELD_STATUS_OK)
#define REFUSED(call, status, words) EXPECT((call) == (status) && strstr(popfield_last_error(), (words)) != NULL)

enum { COUNT = 300, DIM = 77, VALUES = 11, QUERIES = 9 };

static int8_t keys[COUNT][DIM], values[COUNT][VALUES], queries[QUERIES][DIM];

static uint64_t chance(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void fill(int8_t *signs, size_t count) {
    for (size_t i = 0; i < count; i++) signs[i] = chance() & 1 ? 1 : -1;
}

/* What a thread leaves behind that has once been a pool of its own; at most 64 do so. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:rayon_core\nleak:rayon-core\n"; }

static popfield_rows rows(const void *data, size_t count, size_t dim) {
    return (popfield_rows){.data = data, .count = count, .dim = dim};
}

static void refuses(void) {
    popfield_memory *memory = NULL;
    popfield_associations all = {.keys = rows(keys, COUNT, DIM)};
    REFUSED(popfield_memory_new(NULL, &memory), POPFIELD_STATUS_INPUT, "associations: expected a pointer, found NULL");
    REFUSED(popfield_memory_new(&all, NULL), POPFIELD_STATUS_INPUT, "out: expected a pointer");
    all.keys.data = NULL;
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "keys: expected a pointer, found NULL");
    all.keys = rows(keys, 0, DIM);
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "keys");
    all.keys = rows(keys, COUNT, 0);
    EXPECT(popfield_memory_new(&all, &memory) == POPFIELD_STATUS_INPUT);
    all.keys = rows(keys, SIZE_MAX / 2, 1u << 20);
    EXPECT(popfield_memory_new(&all, &memory) == POPFIELD_STATUS_INPUT);
    all.keys = rows(keys, COUNT, DIM);
    all.keys.encoding = 9;
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "keys encoding: expected one of");
    all.keys.encoding = POPFIELD_ENCODING_SIGNS;
    int8_t kept = keys[5][7];
    keys[5][7] = 3;
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "keys");
    EXPECT(strstr(popfield_last_error(), "row 5") != NULL && strstr(popfield_last_error(), "3") != NULL);
    keys[5][7] = kept;
    all.values = rows(values, COUNT - 1, VALUES);
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_MISMATCH, "values");
    all.values = rows(values, COUNT, VALUES);
    uint64_t ids[COUNT] = {0};
    all.ids = ids;
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "ids");
    all.ids = NULL;
    uint8_t packed[] = {0xff, 0xff, 0, 0xff};
    all = (popfield_associations){.keys = {.data = packed, .count = 2, .dim = 13, .encoding = POPFIELD_ENCODING_PACKED}};
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "keys, row 0: expected zero bits beyond dimension 13");
    all = (popfield_associations){.keys = rows(keys, COUNT, DIM), .values = rows(values, COUNT, 0)};
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "values: expected a dimension of 1 to");
    all.values = rows(values, SIZE_MAX / 2, 3);
    REFUSED(popfield_memory_new(&all, &memory), POPFIELD_STATUS_INPUT, "rows of 3 positions");
    all.values = rows(values, COUNT, VALUES);
    EXPECT(memory == NULL);
    REFUSED(popfield_memory_open("", false, &memory), POPFIELD_STATUS_INPUT, "path: expected the name");
    REFUSED(popfield_memory_open("/nonexistent/memory", false, &memory), POPFIELD_STATUS_IO, "/nonexistent/memory: ");
    REFUSED(popfield_memory_open(NULL, false, &memory), POPFIELD_STATUS_INPUT, "path");

    OK(popfield_memory_new(&all, &memory));
    int8_t answers[QUERIES][VALUES];
    popfield_rows asked = rows(queries, QUERIES, DIM);
    popfield_recall_options options = popfield_recall_defaults();
    popfield_call call = {0};
#define RECALL(size) popfield_recall(memory, &asked, &options, &call, POPFIELD_ENCODING_SIGNS, (uint8_t *)answers, size, NULL)
    OK(RECALL(sizeof answers));
    REFUSED(RECALL(sizeof answers - 1), POPFIELD_STATUS_INPUT, "answers: expected room for 99 elements, found 98");
    options.beta = NAN;
    EXPECT(RECALL(sizeof answers) == POPFIELD_STATUS_INPUT);
    options.beta = 1, options.separation = 4;
    REFUSED(RECALL(sizeof answers), POPFIELD_STATUS_INPUT, "separation");
    options.separation = POPFIELD_SEPARATION_POLYNOMIAL, options.degree = 65;
    EXPECT(RECALL(sizeof answers) == POPFIELD_STATUS_INPUT);
    options = popfield_recall_defaults(), options.steps = 0;
    REFUSED(RECALL(sizeof answers), POPFIELD_STATUS_INPUT, "steps");
    options.steps = 2;
    EXPECT(RECALL(sizeof answers) == POPFIELD_STATUS_MISMATCH);
    options.steps = 1, options.tie = POPFIELD_TIE_STAY;
    EXPECT(RECALL(sizeof answers) == POPFIELD_STATUS_MISMATCH);
    options.tie = 7;
    REFUSED(RECALL(sizeof answers), POPFIELD_STATUS_INPUT, "tie");
    options.tie = POPFIELD_TIE_PLUS, asked.dim = DIM - 1;
    REFUSED(RECALL(sizeof answers), POPFIELD_STATUS_MISMATCH, "77");
    asked.dim = DIM, call.threads = 1u << 30;
    REFUSED(RECALL(sizeof answers), POPFIELD_STATUS_INPUT, "threads");
    call.threads = 0;
    uint64_t absent[] = {COUNT};
    call.only = absent, call.only_count = 1;
    REFUSED(RECALL(sizeof answers), POPFIELD_STATUS_INPUT, "300");
    call.only = NULL, call.only_count = 0, call.exclude = absent, call.exclude_count = 1, call.missing_ok = true;
    OK(RECALL(sizeof answers));
    uint64_t found_ids[QUERIES];
    uint32_t found_distances[QUERIES];
    EXPECT(popfield_search(memory, &asked, 0, NULL, found_ids, found_distances) == POPFIELD_STATUS_INPUT);
    REFUSED(popfield_search(memory, &asked, 1, NULL, NULL, found_distances), POPFIELD_STATUS_INPUT, "ids");
    /* Before anything is forgotten. */
    uint64_t first = 0;
    REFUSED(popfield_memory_forget(memory, &first, 1, false, (uint64_t *)((char *)found_ids + 1)), POPFIELD_STATUS_INPUT,
            "forgotten: expected a pointer aligned");
    OK(popfield_memory_forget(memory, &first, 1, false, NULL));
    /* A pointer that no array of its type can have. */
    REFUSED(popfield_search(memory, &asked, 1, NULL, (uint64_t *)((char *)found_ids + 1), found_distances),
            POPFIELD_STATUS_INPUT, "aligned");
    popfield_memory_free(memory);
    popfield_memory_free(NULL);
    popfield_found_free(NULL);
}

/* Packs signs as numpy.packbits does, or the other way round. */
static void pack(const int8_t *signs, size_t count, size_t dim, int little, uint8_t *out) {
    size_t row = (dim + 7) / 8;
    memset(out, 0, count * row);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < dim; j++)
            if (signs[i * dim + j] > 0) out[i * row + j / 8] |= (uint8_t)(1u << (little ? j % 8 : 7 - j % 8));
}

static void encodings(popfield_memory *memory) {
    static uint8_t as_bytes[QUERIES][DIM], known_bytes[QUERIES][DIM], packed[QUERIES][10], known_packed[QUERIES][10];
    static int8_t unknown[QUERIES][DIM], expected[QUERIES][VALUES], found[QUERIES][VALUES];
    for (size_t i = 0; i < QUERIES; i++)
        for (size_t j = 0; j < DIM; j++) {
            known_bytes[i][j] = chance() % 3 != 0;
            as_bytes[i][j] = queries[i][j] > 0;
            unknown[i][j] = known_bytes[i][j] ? queries[i][j] : 0;
        }
    popfield_rows asked = rows(unknown, QUERIES, DIM);
    OK(popfield_recall(memory, &asked, NULL, NULL, POPFIELD_ENCODING_SIGNS, (uint8_t *)expected, sizeof expected, NULL));
    for (uint32_t encoding = POPFIELD_ENCODING_SIGNS; encoding <= POPFIELD_ENCODING_PACKED_LITTLE; encoding++) {
        int little = encoding == POPFIELD_ENCODING_PACKED_LITTLE;
        static int8_t known_signs[QUERIES][DIM];
        for (size_t i = 0; i < QUERIES; i++)
            for (size_t j = 0; j < DIM; j++) known_signs[i][j] = known_bytes[i][j] ? 1 : -1;
        pack(&queries[0][0], QUERIES, DIM, little, &packed[0][0]);
        pack(&known_signs[0][0], QUERIES, DIM, little, &known_packed[0][0]);
        const void *data[] = {queries, as_bytes, packed, packed};
        asked = rows(data[encoding], QUERIES, DIM);
        asked.encoding = encoding;
        asked.known = encoding >= POPFIELD_ENCODING_PACKED ? (const void *)known_packed : known_bytes;
        memset(found, 0, sizeof found);
        OK(popfield_recall(memory, &asked, NULL, NULL, POPFIELD_ENCODING_SIGNS, (uint8_t *)found, sizeof found, NULL));
        EXPECT(memcmp(found, expected, sizeof found) == 0);
        /* And out again. */
        uint8_t written[QUERIES * VALUES], packed_answers[QUERIES * 2];
        size_t size = encoding >= POPFIELD_ENCODING_PACKED ? sizeof packed_answers : sizeof written;
        OK(popfield_recall(memory, &asked, NULL, NULL, encoding, written, size, NULL));
        pack(&expected[0][0], QUERIES, VALUES, little, packed_answers);
        for (size_t i = 0; i < QUERIES * VALUES && encoding < POPFIELD_ENCODING_PACKED; i++) {
            int8_t sign = expected[i / VALUES][i % VALUES];
            EXPECT(encoding == POPFIELD_ENCODING_SIGNS ? (int8_t)written[i] == sign : written[i] == (sign > 0));
        }
        EXPECT(size == sizeof written || memcmp(written, packed_answers, size) == 0);
    }
    packed[3][9] |= 0x80;
    asked = rows(packed, QUERIES, DIM);
    asked.encoding = POPFIELD_ENCODING_PACKED_LITTLE;
    EXPECT(popfield_recall(memory, &asked, NULL, NULL, 0, (uint8_t *)found, sizeof found, NULL) == POPFIELD_STATUS_INPUT);
}

static uint32_t distance(const int8_t *a, const int8_t *b) {
    uint32_t differ = 0;
    for (size_t j = 0; j < DIM; j++) differ += a[j] * b[j] < 0;
    return differ;
}

static void numbers(popfield_memory *memory) {
    static int32_t overlaps[QUERIES][COUNT], mutual[COUNT][COUNT];
    static uint32_t distances[QUERIES][COUNT], pairs[COUNT][COUNT];
    static double means[QUERIES][VALUES];
    popfield_rows asked = rows(queries, QUERIES, DIM);
    OK(popfield_overlaps(memory, &asked, NULL, &overlaps[0][0], QUERIES * COUNT));
    OK(popfield_distances(memory, &asked, NULL, &distances[0][0], QUERIES * COUNT));
    OK(popfield_mutual_overlaps(memory, NULL, &mutual[0][0], COUNT * COUNT));
    OK(popfield_mutual_distances(memory, NULL, &pairs[0][0], COUNT * COUNT));
    OK(popfield_attend(memory, &asked, 0.1, NULL, &means[0][0], QUERIES * VALUES));
    for (size_t q = 0; q < QUERIES; q++) {
        double weights = 0, sums[VALUES] = {0};
        for (size_t i = 0; i < COUNT; i++) {
            uint32_t h = distance(queries[q], keys[i]);
            EXPECT(distances[q][i] == h && overlaps[q][i] == DIM - 2 * (int32_t)h);
            double weight = exp(0.1 * (DIM - 2 * (double)h));
            weights += weight;
            for (size_t j = 0; j < VALUES; j++) sums[j] += weight * values[i][j];
        }
        for (size_t j = 0; j < VALUES; j++) EXPECT(fabs(sums[j] / weights - means[q][j]) < 1e-9);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            uint32_t h = distance(keys[i], keys[j]);
            EXPECT(pairs[i][j] == h && mutual[i][j] == DIM - 2 * (int32_t)h);
        }
    REFUSED(popfield_overlaps(memory, &asked, NULL, &overlaps[0][0], 5), POPFIELD_STATUS_INPUT, "room for 2700");

    popfield_found *found = NULL;
    OK(popfield_search_radius(memory, &asked, 30, NULL, &found));
    const size_t *offsets = popfield_found_offsets(found);
    const uint64_t *ids = popfield_found_ids(found);
    for (size_t q = 0; q < QUERIES; q++) {
        size_t within = 0;
        for (size_t i = 0; i < COUNT; i++) within += distances[q][i] <= 30;
        EXPECT(offsets[q + 1] - offsets[q] == within);
        for (size_t f = offsets[q]; f < offsets[q + 1]; f++) {
            EXPECT(popfield_found_distances(found)[f] == distances[q][ids[f]]);
            EXPECT(f == offsets[q] || popfield_found_distances(found)[f - 1] <= popfield_found_distances(found)[f]);
        }
    }
    popfield_found_free(found);
    static uint64_t all_ids[QUERIES][COUNT + 5];
    static uint32_t all_distances[QUERIES][COUNT + 5];
    OK(popfield_search(memory, &asked, COUNT + 5, NULL, &all_ids[0][0], &all_distances[0][0]));
    EXPECT(all_ids[1][COUNT - 1] < COUNT && all_ids[1][COUNT] == UINT64_MAX && all_distances[1][COUNT] == UINT32_MAX);
}

static void lasts(const char *folder) {
    char store[4096], file[4096], text[8];
    snprintf(store, sizeof store, "%s/store", folder);
    snprintf(file, sizeof file, "%s/one.pop", folder);
    popfield_memory *memory = NULL, *other = NULL;
    popfield_info info;
    uint64_t ids[COUNT], forgotten = 0;
    size_t length = 0;
    bool changed = false;
    const char *labels[] = {"first", "", "\xc3\xa9t\xc3\xa9"};
    OK(popfield_memory_create_empty(store, DIM, VALUES, &memory));
    REFUSED(popfield_memory_create_empty(store, DIM, VALUES, &other), POPFIELD_STATUS_IO, store);
    OK(popfield_memory_info(memory, &info));
    EXPECT(info.count == 0 && info.dim == DIM && info.value_dim == VALUES && info.stored && !info.auto_associative);
    popfield_associations all = {.keys = rows(keys, 3, DIM), .values = rows(values, 3, VALUES), .labels = labels};
    OK(popfield_memory_append(memory, &all, ids));
    EXPECT(ids[0] == 0 && ids[2] == 2);
    OK(popfield_memory_open(store, true, &other));
    all = (popfield_associations){.keys = rows(keys[3], 2, DIM), .values = rows(values[3], 2, VALUES)};
    uint64_t own[] = {900, 70};
    all.ids = own;
    OK(popfield_memory_append(memory, &all, NULL));
    REFUSED(popfield_memory_append(memory, &all, NULL), POPFIELD_STATUS_INPUT, "900");
    OK(popfield_memory_forget(memory, &own[1], 1, false, &forgotten));
    EXPECT(forgotten == 1);
    REFUSED(popfield_memory_forget(memory, &own[1], 1, false, NULL), POPFIELD_STATUS_INPUT, "70");
    OK(popfield_memory_forget(memory, &own[1], 1, true, &forgotten));
    EXPECT(forgotten == 0);
    OK(popfield_memory_info(other, &info));
    EXPECT(info.count == 3);
    OK(popfield_memory_refresh(other, &changed));
    EXPECT(changed);
    OK(popfield_memory_info(other, &info));
    EXPECT(info.count == 4);
    OK(popfield_memory_ids(other, ids, 4));
    EXPECT(ids[3] == 900);
    REFUSED(popfield_memory_ids(other, ids, 3), POPFIELD_STATUS_INPUT, "ids: expected room for 4");
    int8_t key[DIM], value[VALUES];
    OK(popfield_memory_get(other, 900, POPFIELD_ENCODING_SIGNS, (uint8_t *)key, (uint8_t *)value));
    EXPECT(memcmp(key, keys[3], DIM) == 0 && memcmp(value, values[3], VALUES) == 0);
    REFUSED(popfield_memory_get(other, 70, 0, (uint8_t *)key, NULL), POPFIELD_STATUS_INPUT, "70");
    OK(popfield_memory_label(other, 0, text, sizeof text, &length));
    EXPECT(strcmp(text, "first") == 0 && length == 5);
    OK(popfield_memory_label(other, 2, text, 3, &length));
    EXPECT(strcmp(text, "\xc3\xa9") == 0 && length == 5);
    OK(popfield_memory_label(other, 1, text, sizeof text, &length));
    EXPECT(text[0] == 0 && length == 0);
    OK(popfield_memory_save(other, file));
    popfield_memory_free(memory);
    popfield_memory_free(other);
    OK(popfield_memory_open(file, false, &memory));
    OK(popfield_memory_info(memory, &info));
    EXPECT(info.count == 4 && !info.stored);
    popfield_memory_free(memory);
    FILE *damaged = fopen(file, "r+b");
    fseek(damaged, 300, SEEK_SET);
    fputc(fgetc(damaged) ^ 1, damaged);
    fclose(damaged);
    EXPECT(popfield_memory_open(file, false, &memory) == POPFIELD_STATUS_FORMAT && memory == NULL);
}

static bool stops(uint64_t done, uint64_t total, void *data) {
    (void)done, (void)total;
    ++*(int *)data;
    return false;
}

static void stopped(popfield_memory *memory) {
    static int8_t answers[QUERIES][VALUES];
    int asked_for = 0;
    popfield_rows asked = rows(queries, QUERIES, DIM);
    popfield_call call = {.progress = stops, .data = &asked_for};
    EXPECT(popfield_recall(memory, &asked, NULL, &call, 0, (uint8_t *)answers, sizeof answers, NULL) ==
           POPFIELD_STATUS_INTERRUPTED);
    EXPECT(asked_for == 1);
}

static bool calls_back(uint64_t done, uint64_t total, void *memory) {
    (void)done, (void)total;
    popfield_associations all = {.keys = rows(keys, COUNT, DIM), .values = rows(values, COUNT, VALUES)};
    popfield_memory *other = memory;
    REFUSED(popfield_memory_append(memory, &all, NULL), POPFIELD_STATUS_INPUT, "call: expected one from outside");
    REFUSED(popfield_memory_new(&all, &other), POPFIELD_STATUS_INPUT, "call: expected one from outside");
    EXPECT(other == NULL);
    return true;
}

static void from_where_it_may_not(popfield_memory *memory) {
    static int8_t answers[COUNT][VALUES];
    popfield_rows asked = rows(keys, COUNT, DIM);
    for (uint32_t threads = 1; threads <= 20; threads++) {
        popfield_call call = {.progress = calls_back, .data = memory, .threads = threads};
        OK(popfield_recall(memory, &asked, NULL, &call, 0, (uint8_t *)answers, sizeof answers, NULL));
        EXPECT(memcmp(answers, values, sizeof answers) == 0);
    }
    /* A child leaves the threads behind that its parent has. */
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        popfield_memory *other = memory;
        popfield_status status = popfield_memory_open("nowhere", false, &other);
        bool said = strstr(popfield_last_error(), "process: expected") != NULL;
        status = status == POPFIELD_STATUS_RESOURCE
                     ? popfield_recall(memory, &asked, NULL, NULL, 0, (uint8_t *)answers, sizeof answers, NULL)
                     : POPFIELD_STATUS_OK;
        popfield_memory_free(memory);
        _exit(status == POPFIELD_STATUS_RESOURCE && said && other == NULL ? 0 : 1);
    }
    int ended = -1;
    EXPECT(waitpid(child, &ended, 0) == child && ended == 0);
}

/* Answers of more bytes than are written at once. */
static void many(popfield_memory *memory) {
    enum { MANY = 120000 };
    int8_t *asked_for = malloc((size_t)MANY * DIM);
    uint8_t *answers = malloc((size_t)MANY * VALUES), *packed = malloc((size_t)MANY * 2);
    for (size_t i = 0; i < MANY; i++) memcpy(asked_for + i * DIM, keys[i % COUNT], DIM);
    popfield_rows asked = rows(asked_for, MANY, DIM);
    popfield_recall_options options = popfield_recall_defaults();
    options.separation = POPFIELD_SEPARATION_MAX;
    OK(popfield_recall(memory, &asked, &options, NULL, 0, answers, (size_t)MANY * VALUES, NULL));
    OK(popfield_recall(memory, &asked, &options, NULL, POPFIELD_ENCODING_PACKED, packed, (size_t)MANY * 2, NULL));
    for (size_t i = 0; i < MANY; i++) {
        uint8_t expected[2];
        pack(values[i % COUNT], 1, VALUES, 0, expected);
        EXPECT(memcmp(answers + i * VALUES, values[i % COUNT], VALUES) == 0 && memcmp(packed + i * 2, expected, 2) == 0);
    }
    free(asked_for), free(answers), free(packed);
}

/* An index answers as the scan does, follows what is appended, and lies beside a file or a store. */
static void indexed(const char *folder) {
    enum { MANY = 3000, WIDE = 128, ASKED = 40 };
    char file[4096];
    snprintf(file, sizeof file, "%s/indexed.pop", folder);
    int8_t *wide = malloc((size_t)(MANY + 1) * WIDE);
    fill(wide, (MANY + 1) * WIDE);
    popfield_associations all = {.keys = rows(wide, MANY, WIDE)};
    popfield_memory *memory = NULL, *other = NULL;
    OK(popfield_memory_new(&all, &memory));
    popfield_index index;
    OK(popfield_index_info(memory, &index));
    EXPECT(index.tables == 0);
    OK(popfield_update_index(memory, NULL));
    popfield_index_options made = {.tables = 99};
    REFUSED(popfield_build_index(memory, &made, NULL), POPFIELD_STATUS_INPUT, "tables of an index");
    REFUSED(popfield_write_index(memory, file), POPFIELD_STATUS_INPUT, "index");
    uint64_t one = 1;
    popfield_call scoped = {.only = &one, .only_count = 1}, scanned = {.scan = true};
    REFUSED(popfield_build_index(memory, NULL, &scoped), POPFIELD_STATUS_INPUT, "one of all associations");
    OK(popfield_build_index(memory, NULL, NULL));
    popfield_basin *basins = malloc(sizeof *basins * (MANY + 1));
    REFUSED(popfield_basins(memory, 40, NULL, false, NULL, basins, MANY - 1), POPFIELD_STATUS_INPUT, "basins");
    OK(popfield_basins(memory, 40, NULL, true, NULL, basins, MANY));
    EXPECT(basins[7].id == 7 && basins[7].copies == 1 && basins[7].values_agree && basins[7].budget > 8);
    OK(popfield_basins(memory, 0, NULL, false, &scoped, basins, 1));
    EXPECT(basins[0].id == 1 && basins[0].budget > 200 && basins[0].nearest_distance == UINT32_MAX);
    all.keys = rows(wide + (size_t)MANY * WIDE, 1, WIDE);
    OK(popfield_memory_append(memory, &all, NULL));
    OK(popfield_index_info(memory, &index));
    EXPECT(index.tables == 10 && index.chunk == 12 && index.covered == MANY && index.radius == 40);
    OK(popfield_update_index(memory, NULL));
    OK(popfield_index_info(memory, &index));
    EXPECT(index.covered == MANY + 1 && index.radius == 40);
    OK(popfield_memory_save(memory, file));
    OK(popfield_write_index(memory, file));
    OK(popfield_memory_open(file, false, &other));
    for (int q = 0; q < ASKED; q++) wide[q * WIDE + 5] *= -1;
    popfield_rows asked = rows(wide, ASKED, WIDE);
    int8_t answers[ASKED * WIDE], expected[ASKED * WIDE];
    popfield_report reports[ASKED];
    OK(popfield_recall(memory, &asked, NULL, &scanned, 0, (uint8_t *)expected, sizeof expected, reports));
    EXPECT(reports[3].certificate == POPFIELD_CERTIFICATE_DOMINANT);
    for (int i = 0; i < 2; i++) {
        popfield_memory *of = i == 0 ? memory : other;
        OK(popfield_recall(of, &asked, NULL, NULL, 0, (uint8_t *)answers, sizeof answers, reports));
        EXPECT(memcmp(answers, expected, sizeof answers) == 0);
        EXPECT(reports[3].certificate == POPFIELD_CERTIFICATE_BASIN && reports[3].nearest_id == 3);
    }
    OK(popfield_drop_index(memory));
    OK(popfield_index_info(memory, &index));
    EXPECT(index.tables == 0 && index.covered == 0);
    popfield_memory_free(memory), popfield_memory_free(other);
    free(wide), free(basins);
}

static void *appends(void *memory) {
    popfield_associations all = {.keys = rows(keys, 1, DIM), .values = rows(values, 1, VALUES)};
    for (int i = 0; i < 50; i++) OK(popfield_memory_append(memory, &all, NULL));
    return NULL;
}

static void *recalls(void *memory) {
    popfield_rows asked = rows(keys, QUERIES, DIM);
    int8_t answers[QUERIES][VALUES];
    popfield_recall_options options = popfield_recall_defaults();
    popfield_call call = {.threads = 2};
    for (int i = 0; i < 200; i++) {
        options.separation = i % 2 ? POPFIELD_SEPARATION_MAX : POPFIELD_SEPARATION_EXPONENTIAL;
        OK(popfield_recall(memory, &asked, &options, &call, 0, (uint8_t *)answers, sizeof answers, NULL));
        EXPECT(memcmp(answers, values, sizeof answers) == 0);
        /* Errors are of the thread that made them. */
        popfield_call wrong = {.threads = 1u << 20};
        REFUSED(popfield_recall(memory, &asked, NULL, &wrong, 0, (uint8_t *)answers, sizeof answers, NULL),
                POPFIELD_STATUS_INPUT, "threads");
    }
    return NULL;
}

static void *recalls_once(void *memory) {
    popfield_rows asked = rows(keys, 1, DIM);
    int8_t answer[VALUES];
    OK(popfield_recall(memory, &asked, NULL, NULL, 0, (uint8_t *)answer, sizeof answer, NULL));
    EXPECT(memcmp(answer, values, sizeof answer) == 0);
    return NULL;
}

static void at_once(popfield_memory *memory) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, i == 0 ? appends : recalls, memory);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    popfield_info info;
    OK(popfield_memory_info(memory, &info));
    EXPECT(info.count == COUNT + 50);
    /* More threads, one after the other, than may be pools of their own. */
    for (int i = 0; i < 100; i++) {
        pthread_create(&threads[0], NULL, recalls_once, memory);
        pthread_join(threads[0], NULL);
    }
}

int main(int argc, char **argv) {
    EXPECT(argc == 2 && strlen(popfield_version()) > 0 && popfield_last_error()[0] == 0);
    fill(&keys[0][0], COUNT * DIM), fill(&values[0][0], COUNT * VALUES), fill(&queries[0][0], QUERIES * DIM);
    refuses();
    popfield_associations all = {.keys = rows(keys, COUNT, DIM), .values = rows(values, COUNT, VALUES)};
    popfield_memory *memory = NULL;
    OK(popfield_memory_new(&all, &memory));
    encodings(memory);
    numbers(memory);
    stopped(memory);
    many(memory);
    from_where_it_may_not(memory);
    lasts(argv[1]);
    indexed(argv[1]);
    at_once(memory);
    popfield_memory_free(memory);
    puts("all as expected");
    return 0;
}
