/* popfield for C: exact associative memories behind opaque handles. Written from capi/src by its tests: change it
 * there. C++17 has popfield.hpp. */

#ifndef POPFIELD_H
#define POPFIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes of rows that are read on the calling thread.
#define SMALL_BYTES (1 << 18)

// How a call ended.
enum popfield_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Done.
  POPFIELD_STATUS_OK = 0,
  // A value that its place does not take.
  POPFIELD_STATUS_INPUT = 1,
  // Things that do not fit together: dimensions, numbers of things, memories.
  POPFIELD_STATUS_MISMATCH = 2,
  // A file that is not what it should be.
  POPFIELD_STATUS_FORMAT = 3,
  // Something that this CPU or build has not.
  POPFIELD_STATUS_UNSUPPORTED = 4,
  // The machine has not enough of something, or another process holds the store.
  POPFIELD_STATUS_RESOURCE = 5,
  // Reading or writing failed.
  POPFIELD_STATUS_IO = 6,
  // The progress function has stopped the call.
  POPFIELD_STATUS_INTERRUPTED = 7,
  // A fault of popfield itself.
  POPFIELD_STATUS_INTERNAL = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum popfield_status popfield_status;
#else
typedef int32_t popfield_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How the positions of a pattern stand in bytes.
enum popfield_encoding
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // A signed byte each, +1 or -1; in queries 0 is an unknown position.
  POPFIELD_ENCODING_SIGNS = 0,
  // A byte each, 1 or 0.
  POPFIELD_ENCODING_BYTES = 1,
  // A bit each, ceil(dim / 8) bytes a row; position 0 is the highest bit of the first byte (numpy.packbits). The bits
  // beyond dim must be 0.
  POPFIELD_ENCODING_PACKED = 2,
  // A bit each, position 0 being the lowest bit of the first byte: on little-endian machines words of 64 positions.
  POPFIELD_ENCODING_PACKED_LITTLE = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum popfield_encoding popfield_encoding;
#else
typedef uint32_t popfield_encoding;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How the overlap s of a key with the query becomes the weight of its value.
enum popfield_separation
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // e^(beta s).
  POPFIELD_SEPARATION_EXPONENTIAL = 0,
  // s, as in Hopfield's network.
  POPFIELD_SEPARATION_LINEAR = 1,
  // s^degree.
  POPFIELD_SEPARATION_POLYNOMIAL = 2,
  // The nearest keys alone.
  POPFIELD_SEPARATION_MAX = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum popfield_separation popfield_separation;
#else
typedef uint32_t popfield_separation;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a field of exactly 0 gives.
enum popfield_tie
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // +1.
  POPFIELD_TIE_PLUS = 0,
  // -1.
  POPFIELD_TIE_MINUS = 1,
  // The query's own element; an unknown one counts as +1. Needs values of the keys' dimension.
  POPFIELD_TIE_STAY = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum popfield_tie popfield_tie;
#else
typedef uint32_t popfield_tie;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Why every bit of an answer is the sign of its real field.
enum popfield_certificate
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // One nearest key outweighs all others together.
  POPFIELD_CERTIFICATE_DOMINANT = 0,
  // The votes of the nearest keys outweigh in every bit a bound on all that they leave out.
  POPFIELD_CERTIFICATE_VOTES = 1,
  // Every key was counted.
  POPFIELD_CERTIFICATE_FULL = 2,
  // The query lies within the budget of a stored key, which outweighs all others whatever they are.
  POPFIELD_CERTIFICATE_BASIN = 3,
  // Keys that an index did not meet differ from the query in every chunk that was looked up, and weigh too little.
  POPFIELD_CERTIFICATE_PROBE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum popfield_certificate popfield_certificate;
#else
typedef uint32_t popfield_certificate;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a search by radius has found.
typedef struct popfield_found popfield_found;

// A memory, in RAM or in a store. Any calls on it may run at the same time, from any threads, but for its freeing: each
// sees one state, and changes go one after the other.
typedef struct popfield_memory popfield_memory;

// How an index is made. All zeros, or NULL in its place: all of it is chosen.
typedef struct popfield_index_options {
  // Tables; 0 for as many as there are chunks, 64 at the most.
  size_t tables;
  // Bits of a chunk, 4 to 30; 0 for near log2 of the keys, and more where they have much in common.
  uint32_t chunk;
  // Bytes that the tables take at the most; 0 for as many as they need.
  uint64_t budget;
} popfield_index_options;

// Told of (done, total) and what was given as data; false stops the call. It is called from any of the call's threads,
// perhaps from several at once, and must not throw, jump out or call popfield, which refuses that.
typedef bool (*popfield_progress)(uint64_t done, uint64_t total, void *data);

// How a call runs. All zeros, or NULL in its place: all associations answer, on all cores, and nobody watches.
typedef struct popfield_call {
  // The ids of the associations that exist for the call; NULL for all.
  const uint64_t *only;
  size_t only_count;
  // The ids of those that do not exist for it.
  const uint64_t *exclude;
  size_t exclude_count;
  // Ids that no association has are passed over, instead of refused.
  bool missing_ok;
  // Threads, 1 to max(256, 4 x cores); 0 for all cores. No bit depends on it.
  uint32_t threads;
  // An index is not asked: all that the call answers is scanned for. No bit depends on it.
  bool scan;
  // NULL for nobody.
  popfield_progress progress;
  void *data;
} popfield_call;

// What the index of a memory is.
typedef struct popfield_index {
  // Tables; 0 where there is no index that is asked, and then all else is 0 too.
  size_t tables;
  // Keys that it covers; those appended since are met one by one.
  size_t covered;
  // Bytes that tables and basins take.
  uint64_t bytes;
  // Bits of the values by which a table finds keys.
  uint32_t chunk;
  // Positions of the chunk that it looks at; more than that where few are ever set.
  uint32_t positions;
  // How far basins tell what stands around each key; 0 without basins.
  uint32_t radius;
  // The degree K of s^K of which budgets are kept, and serve every larger one; 0 for none.
  uint32_t degree;
} popfield_index;

// How to recall: see popfield_recall_defaults.
typedef struct popfield_recall_options {
  // One of popfield_separation.
  uint32_t separation;
  // Of exponential, 1e-9 to 1e9, on the raw integer overlap; not looked at otherwise.
  double beta;
  // Of polynomial, 1 to 64; not looked at otherwise.
  uint32_t degree;
  // Steps, at least 1, each prompted by the answer of the one before.
  uint32_t steps;
  // One of popfield_tie.
  uint32_t tie;
} popfield_recall_options;

// What stands around a key.
typedef struct popfield_basin {
  // Id of the key.
  uint64_t id;
  // The nearest other key; UINT64_MAX where none is within the radius.
  uint64_t nearest_id;
  // Keys that are equal to it, itself included.
  uint64_t copies;
  // Every query with 2 h + u no more than this, h of its known elements flipped and u unknown, recalls the key's value in
  // every bit; -1 where nothing is certain.
  int64_t budget;
  // The distance of the nearest other key; UINT32_MAX where none is within the radius.
  uint32_t nearest_distance;
  // Whether equal keys have one value.
  bool values_agree;
} popfield_basin;

// Patterns, one a row, row after row.
typedef struct popfield_rows {
  // The elements, in the encoding.
  const void *data;
  // How many rows.
  size_t count;
  // Positions of each.
  size_t dim;
  // One of popfield_encoding.
  uint32_t encoding;
  // In queries: which positions are known, of the same shape; bytes of 1 or 0 beside signs and bytes, packed bits
  // beside packed ones. NULL for all. NULL in keys and values.
  const void *known;
} popfield_rows;

// What is stored: a key for each association, and what else there is for it.
typedef struct popfield_associations {
  struct popfield_rows keys;
  // As many as keys; data NULL where keys are their own values.
  struct popfield_rows values;
  // An id for each key, none of them 2^64 - 1; NULL to have them counted.
  const uint64_t *ids;
  // A label for each key, UTF-8; NULL where there are none, an empty text for a key without.
  const char *const *labels;
} popfield_associations;

// What a memory is.
typedef struct popfield_info {
  // Associations; a store may have none.
  size_t count;
  // Positions of a key.
  size_t dim;
  // Positions of a value.
  size_t value_dim;
  // Bytes that the patterns take, in memory or in files that are mapped.
  size_t bytes;
  // Which commit of a store it is; 0 in RAM.
  uint64_t generation;
  // Whether keys are their own values.
  bool auto_associative;
  // Whether it is a store.
  bool stored;
} popfield_info;

// What is known of one answer beside its bits.
typedef struct popfield_report {
  // The nearest key; of several at one distance the one of the lowest id.
  uint64_t nearest_id;
  // How many keys are as near.
  uint64_t nearest_count;
  // Positions where the real field is exactly 0, where the tie policy decided.
  uint64_t tied_bits;
  // Keys whose own votes were counted.
  uint64_t keys_touched;
  // An interval that holds the softmax weight of the nearest keys together; NaN unless exponential.
  double top_weight_low;
  double top_weight_high;
  uint32_t nearest_distance;
  // One of popfield_certificate.
  uint32_t certificate;
} popfield_report;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Makes an index of all keys, by which calls answer without a scan what they can prove: what they answer stays the same to
// the bit. One that there was is replaced. Keys appended since are met one by one, up to 4096 of them. `options` NULL for
// what is best; of `call` threads and progress are heeded.
popfield_status popfield_build_index(const struct popfield_memory *memory,
                                     const struct popfield_index_options *options,
                                     const struct popfield_call *call);

// Takes keys that were appended since into the index, and into the basins in it: a scan of all keys for each. Nothing
// happens without an index, or where it is up to date.
popfield_status popfield_update_index(const struct popfield_memory *memory,
                                      const struct popfield_call *call);

// Drops the index. One that is written stays where it is.
popfield_status popfield_drop_index(const struct popfield_memory *memory);

// Writes the index beside the store, or beside the file at `path` to which the memory was saved, where popfield_memory_open
// and the command line find it. What stood there is replaced at once and whole, or not at all. `path` NULL for the store.
popfield_status popfield_write_index(const struct popfield_memory *memory,
                                     const char *path);

// What the index of a memory is.
popfield_status popfield_index_info(const struct popfield_memory *memory, struct popfield_index *info);

// What stands around each key as far as `radius`, 0 for far enough for a noise of a tenth, and how much noise its recall
// provably survives under the separation of `options`, NULL for the defaults. Basins are written in storing order, `count`
// of them, one for each association that there is for the call. With `keep` the index, which there must be, keeps them, so
// that queries within budgets are proven without a scan, which takes those of all associations: under a linear or polynomial
// separation for that degree and every larger one too. A scan of all keys for each key.
popfield_status popfield_basins(const struct popfield_memory *memory,
                                uint32_t radius,
                                const struct popfield_recall_options *options,
                                bool keep,
                                const struct popfield_call *call,
                                struct popfield_basin *basins,
                                size_t count);

// A memory in RAM; nothing is written before popfield_memory_save. What was read is copied. *out is NULL on failure.
popfield_status popfield_memory_new(const struct popfield_associations *associations,
                                    struct popfield_memory **out);

// Makes a store, a folder at `path`, where nothing may stand yet, and opens it. What is appended to it and forgotten
// from it lasts once the call has returned. *out is NULL on failure, and nothing is left behind.
popfield_status popfield_memory_create(const char *path,
                                       const struct popfield_associations *associations,
                                       struct popfield_memory **out);

// Makes an empty store for keys of `dim` positions and values of `value_dim`, 0 where keys are their own.
popfield_status popfield_memory_create_empty(const char *path,
                                             size_t dim,
                                             size_t value_dim,
                                             struct popfield_memory **out);

// Opens a memory that is a file, which is checked and read into RAM, or a store, which is mapped; with `verify` every
// byte of a store is checked first. *out is NULL on failure.
popfield_status popfield_memory_open(const char *path,
                                     bool verify,
                                     struct popfield_memory **out);

// Frees a memory, which no call may be using; NULL is allowed.
void popfield_memory_free(struct popfield_memory *memory);

// Writes a memory to one file, which popfield_memory_open and the command line read. What stood there is replaced at
// once and whole, or not at all.
popfield_status popfield_memory_save(const struct popfield_memory *memory,
                                     const char *path);

// Stores more associations. In a store they last once this returns. Their ids, as many as keys, are written to
// `ids` unless it is NULL. On failure nothing has changed.
popfield_status popfield_memory_append(const struct popfield_memory *memory,
                                       const struct popfield_associations *associations,
                                       uint64_t *ids);

// Forgets associations by their ids. An id that none has is refused, or with `missing_ok` passed over; on failure
// nothing has changed. How many they were is written to `forgotten` unless it is NULL.
popfield_status popfield_memory_forget(const struct popfield_memory *memory,
                                       const uint64_t *ids,
                                       size_t count,
                                       bool missing_ok,
                                       uint64_t *forgotten);

// Sees what other processes have committed to the store since; whether that was anything is written to `changed`
// unless it is NULL.
popfield_status popfield_memory_refresh(const struct popfield_memory *memory,
                                        bool *changed);

// What a memory is now.
popfield_status popfield_memory_info(const struct popfield_memory *memory, struct popfield_info *info);

// The ids in storing order, of which there are `count`.
popfield_status popfield_memory_ids(const struct popfield_memory *memory, uint64_t *ids, size_t count);

// The key and the value of association `id`, one row each in `encoding`; either may be NULL.
popfield_status popfield_memory_get(const struct popfield_memory *memory,
                                    uint64_t id,
                                    uint32_t encoding,
                                    uint8_t *key,
                                    uint8_t *value);

// The label of association `id`: as much of it as `size` bytes hold is written to `text`, with a zero byte at the end,
// and its whole length in bytes, without that, to `length`. Length 0 is no label. Either may be NULL.
popfield_status popfield_memory_label(const struct popfield_memory *memory,
                                      uint64_t id,
                                      char *text,
                                      size_t size,
                                      size_t *length);

// The overlaps <query, x_i> of all queries with all keys in storing order, (queries, n) row by row, `count` numbers in
// all. The call may not name a scope.
popfield_status popfield_overlaps(const struct popfield_memory *memory,
                                  const struct popfield_rows *queries,
                                  const struct popfield_call *call,
                                  int32_t *out,
                                  size_t count);

// The Hamming distances of all queries to all keys, as popfield_overlaps.
popfield_status popfield_distances(const struct popfield_memory *memory,
                                   const struct popfield_rows *queries,
                                   const struct popfield_call *call,
                                   uint32_t *out,
                                   size_t count);

// The overlaps of all pairs of keys, (n, n) row by row, `count` numbers in all. The call may not name a scope.
popfield_status popfield_mutual_overlaps(const struct popfield_memory *memory,
                                         const struct popfield_call *call,
                                         int32_t *out,
                                         size_t count);

// The Hamming distances of all pairs of keys, as popfield_mutual_overlaps.
popfield_status popfield_mutual_distances(const struct popfield_memory *memory,
                                          const struct popfield_call *call,
                                          uint32_t *out,
                                          size_t count);

// Exponential with beta 1, one step, a field of exactly 0 giving +1.
struct popfield_recall_options popfield_recall_defaults(void);

// Recalls every query: the sign of sum_i f(<query, x_i>) y_i, exact in every bit. `options` NULL for the defaults, `call`
// NULL for all associations on all cores. Answers are written row after row in `encoding`, `size` bytes in all; the
// reports, one a query, unless `reports` is NULL.
popfield_status popfield_recall(const struct popfield_memory *memory,
                                const struct popfield_rows *queries,
                                const struct popfield_recall_options *options,
                                const struct popfield_call *call,
                                uint32_t encoding,
                                uint8_t *answers,
                                size_t size,
                                struct popfield_report *reports);

// Attention: for every query the mean of all values under softmax(beta <query, x_i>), (queries, value_dim) row by row,
// `count` numbers in all.
popfield_status popfield_attend(const struct popfield_memory *memory,
                                const struct popfield_rows *queries,
                                double beta,
                                const struct popfield_call *call,
                                double *means,
                                size_t count);

// The `k` nearest keys of each query by Hamming distance over the known positions, nearest first, equal ones by lower
// id. Ids and distances are (queries, k) row by row; where there are fewer keys than k, the rest of a row is UINT64_MAX
// and UINT32_MAX.
popfield_status popfield_search(const struct popfield_memory *memory,
                                const struct popfield_rows *queries,
                                size_t k,
                                const struct popfield_call *call,
                                uint64_t *ids,
                                uint32_t *distances);

// All keys within `radius` of each query, nearest first. What was found is read by the functions below, and freed by
// popfield_found_free; *out is NULL on failure.
popfield_status popfield_search_radius(const struct popfield_memory *memory,
                                       const struct popfield_rows *queries,
                                       uint32_t radius,
                                       const struct popfield_call *call,
                                       struct popfield_found **out);

// Where the keys found for each query begin, queries + 1 numbers, the last being how many there are in all. NULL for
// NULL.
const size_t *popfield_found_offsets(const struct popfield_found *found);

// The ids of the keys found, query after query. NULL for NULL.
const uint64_t *popfield_found_ids(const struct popfield_found *found);

// The distances of the keys found, query after query. NULL for NULL.
const uint32_t *popfield_found_distances(const struct popfield_found *found);

// Frees what was found; NULL is allowed.
void popfield_found_free(struct popfield_found *found);

// What went wrong in the last call of this thread that failed: names the place, what was expected and what came. UTF-8;
// it stays until the next call of this thread that fails. Empty if none has.
const char *popfield_last_error(void);

// The version of the library, such as "0.1.0".
const char *popfield_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* POPFIELD_H */
