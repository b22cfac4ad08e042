/* A memory of 10,000 patterns is asked for noisy ones:
 *     cc recall.c $(pkg-config --cflags --libs popfield) -o recall && ./recall */

#include <popfield.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 10000, DIM = 256, QUERIES = 100 };

static int8_t keys[COUNT][DIM], noisy[QUERIES][DIM], answers[QUERIES][DIM];
static popfield_report reports[QUERIES];

/* xorshift64: any random bits will do. */
static uint64_t next(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void check(popfield_status status) {
    if (status != POPFIELD_STATUS_OK) {
        fprintf(stderr, "popfield: %s\n", popfield_last_error());
        exit(2);
    }
}

int main(void) {
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < DIM; j++) keys[i][j] = next() & 1 ? 1 : -1;
    memcpy(noisy, keys, sizeof noisy);
    for (size_t i = 0; i < QUERIES; i++)
        for (size_t j = 0; j < DIM; j++)
            if (next() % 5 == 0) noisy[i][j] = (int8_t)-noisy[i][j];

    popfield_associations stored = {.keys = {.data = keys, .count = COUNT, .dim = DIM}};
    popfield_memory *memory = NULL;
    check(popfield_memory_new(&stored, &memory));

    popfield_rows queries = {.data = noisy, .count = QUERIES, .dim = DIM};
    check(popfield_recall(memory, &queries, NULL, NULL, POPFIELD_ENCODING_SIGNS, (uint8_t *)answers, sizeof answers,
                          reports));
    int wrong = memcmp(answers, keys, sizeof answers) != 0;
    printf("%s; the first query was %u bits from key %llu\n", wrong ? "WRONG" : "all 100 recalled, every bit",
           reports[0].nearest_distance, (unsigned long long)reports[0].nearest_id);
    popfield_memory_free(memory);
    return wrong;
}
