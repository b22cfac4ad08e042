// popfield for C++17: thin types over popfield.h that free what they hold and throw what went wrong.

#ifndef POPFIELD_HPP
#define POPFIELD_HPP

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "popfield.h"

#if __cplusplus < 201703L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#error "popfield.hpp needs C++17; popfield.h does with less"
#endif

namespace popfield {

// What went wrong: names the place, what was expected and what came.
class Error : public std::runtime_error {
public:
    Error(popfield_status status, const char *what) : std::runtime_error(what), status_(status) {}

    popfield_status status() const noexcept { return status_; }

private:
    popfield_status status_;
};

inline void check(popfield_status status) {
    if (status != POPFIELD_STATUS_OK) {
        throw Error(status, popfield_last_error());
    }
}

// Rows of patterns that stand in an array of the caller's, which must outlive the call they are given to.
class Rows {
public:
    // Elements +1 and -1; in queries 0 is an unknown position.
    Rows(const std::int8_t *signs, std::size_t count, std::size_t dim)
        : Rows(signs, count, dim, POPFIELD_ENCODING_SIGNS) {}

    // Bytes in any encoding.
    Rows(const void *data, std::size_t count, std::size_t dim, popfield_encoding encoding)
        : rows_{data, count, dim, static_cast<std::uint32_t>(encoding), nullptr} {}

    // The same, of which only the positions in `known` are known.
    Rows with_known(const void *known) const {
        Rows rows(*this);
        rows.rows_.known = known;
        return rows;
    }

    const popfield_rows &get() const noexcept { return rows_; }
    std::size_t count() const noexcept { return rows_.count; }

private:
    popfield_rows rows_;
};

// How a call runs: which associations answer, on how many threads, and who watches.
class Call {
public:
    Call &only(std::vector<std::uint64_t> ids) {
        only_ = std::move(ids);
        has_only_ = true;
        return *this;
    }

    Call &exclude(std::vector<std::uint64_t> ids) {
        exclude_ = std::move(ids);
        return *this;
    }

    // Ids that no association has are passed over.
    Call &missing_ok(bool ok = true) {
        missing_ok_ = ok;
        return *this;
    }

    // An index is not asked.
    Call &scan(bool scan = true) {
        scan_ = scan;
        return *this;
    }

    Call &threads(std::uint32_t threads) {
        threads_ = threads;
        return *this;
    }

    // Told of (done, total) from any of the call's threads; false stops the call, and so does throwing: what was thrown is
    // thrown again by the call. It may not call popfield.
    Call &progress(std::function<bool(std::uint64_t, std::uint64_t)> told) {
        told_ = std::move(told);
        return *this;
    }

private:
    friend class Memory;

    // A call under way.
    class Running {
    public:
        explicit Running(const Call &how) : how_(how) {
            static const std::uint64_t none = 0;
            call_.only = how.has_only_ && how.only_.empty() ? &none : how.only_.data();
            call_.only_count = how.only_.size();
            call_.exclude = how.exclude_.data();
            call_.exclude_count = how.exclude_.size();
            call_.missing_ok = how.missing_ok_;
            call_.scan = how.scan_;
            call_.threads = how.threads_;
            if (how.told_) {
                call_.progress = tell;
                call_.data = this;
            }
        }

        Running(const Running &) = delete;
        Running &operator=(const Running &) = delete;

        const popfield_call *get() const noexcept { return &call_; }

        // What the watcher threw is thrown here, else what went wrong.
        void check(popfield_status status) {
            if (thrown_) {
                std::rethrow_exception(thrown_);
            }
            popfield::check(status);
        }

    private:
        static bool tell(std::uint64_t done, std::uint64_t total, void *data) noexcept {
            auto &self = *static_cast<Running *>(data);
            try {
                return self.how_.told_(done, total);
            } catch (...) {
                const std::lock_guard<std::mutex> only_one(self.lock_);
                self.thrown_ = std::current_exception();
                return false;
            }
        }

        const Call &how_;
        popfield_call call_{};
        std::mutex lock_;
        std::exception_ptr thrown_;
    };

    std::vector<std::uint64_t> only_, exclude_;
    std::function<bool(std::uint64_t, std::uint64_t)> told_;
    std::uint32_t threads_ = 0;
    bool has_only_ = false, missing_ok_ = false, scan_ = false;
};

// Answers, row after row, and what is known of each.
struct Recalled {
    std::vector<std::int8_t> signs;
    std::vector<popfield_report> reports;
};

// The nearest keys, row after row; where there are fewer than k the rest of a row is the largest number.
struct Nearest {
    std::vector<std::uint64_t> ids;
    std::vector<std::uint32_t> distances;
};

// All keys within a radius; those of query q are at offsets[q] to offsets[q + 1].
struct Within {
    std::vector<std::size_t> offsets;
    std::vector<std::uint64_t> ids;
    std::vector<std::uint32_t> distances;
};

// A memory, in RAM or in a store; it is moved, not copied. Calls on it may run at the same time, from any threads.
class Memory {
public:
    // In RAM; nothing is written before `save`.
    explicit Memory(const Rows &keys) : Memory(associations(keys, nullptr, nullptr)) {}
    Memory(const Rows &keys, const Rows &values) : Memory(associations(keys, &values, nullptr)) {}

    explicit Memory(const popfield_associations &associations) {
        popfield_memory *memory = nullptr;
        check(popfield_memory_new(&associations, &memory));
        memory_.reset(memory);
    }

    // Makes a store at `path`, where nothing may stand yet.
    static Memory create(const std::string &path, const popfield_associations &associations) {
        popfield_memory *memory = nullptr;
        check(popfield_memory_create(path.c_str(), &associations, &memory));
        return Memory(memory);
    }

    // Makes an empty store; value_dim 0 where keys are their own values.
    static Memory create(const std::string &path, std::size_t dim, std::size_t value_dim = 0) {
        popfield_memory *memory = nullptr;
        check(popfield_memory_create_empty(path.c_str(), dim, value_dim, &memory));
        return Memory(memory);
    }

    static Memory open(const std::string &path, bool verify = false) {
        popfield_memory *memory = nullptr;
        check(popfield_memory_open(path.c_str(), verify, &memory));
        return Memory(memory);
    }

    // What stores take: keys, and what else there is for each.
    static popfield_associations associations(const Rows &keys, const Rows *values = nullptr,
                                              const std::uint64_t *ids = nullptr,
                                              const char *const *labels = nullptr) {
        popfield_associations all{};
        all.keys = keys.get();
        if (values != nullptr) {
            all.values = values->get();
        }
        all.ids = ids;
        all.labels = labels;
        return all;
    }

    popfield_info info() const {
        popfield_info info;
        check(popfield_memory_info(get(), &info));
        return info;
    }

    void save(const std::string &path) const { check(popfield_memory_save(get(), path.c_str())); }

    std::vector<std::uint64_t> append(const popfield_associations &associations) {
        std::vector<std::uint64_t> ids(associations.keys.count);
        check(popfield_memory_append(get(), &associations, ids.data()));
        return ids;
    }

    std::uint64_t forget(const std::vector<std::uint64_t> &ids, bool missing_ok = false) {
        std::uint64_t forgotten = 0;
        check(popfield_memory_forget(get(), ids.data(), ids.size(), missing_ok, &forgotten));
        return forgotten;
    }

    // Makes an index of all keys, by which calls answer without a scan what they can prove.
    void build_index(const popfield_index_options &options = {}, const Call &how = Call()) {
        Call::Running call(how);
        call.check(popfield_build_index(get(), &options, call.get()));
    }

    // Takes keys that were appended since into it, and into the basins in it.
    void update_index(const Call &how = Call()) {
        Call::Running call(how);
        call.check(popfield_update_index(get(), call.get()));
    }

    void drop_index() { check(popfield_drop_index(get())); }

    // Beside the store, or beside the file to which the memory was saved.
    void write_index() const { check(popfield_write_index(get(), nullptr)); }
    void write_index(const std::string &path) const { check(popfield_write_index(get(), path.c_str())); }

    // What it is; no tables where there is none that is asked.
    popfield_index index() const {
        popfield_index index;
        check(popfield_index_info(get(), &index));
        return index;
    }

    // What stands around each key of all; with `keep` the index keeps it.
    std::vector<popfield_basin> basins(std::uint32_t radius = 0, bool keep = false,
                                       const popfield_recall_options &options = popfield_recall_defaults(),
                                       const Call &how = Call()) const {
        std::vector<popfield_basin> basins(info().count);
        Call::Running call(how);
        call.check(popfield_basins(get(), radius, &options, keep, call.get(), basins.data(), basins.size()));
        return basins;
    }

    bool refresh() {
        bool changed = false;
        check(popfield_memory_refresh(get(), &changed));
        return changed;
    }

    // The ids in storing order.
    std::vector<std::uint64_t> ids() const {
        std::vector<std::uint64_t> ids(info().count);
        check(popfield_memory_ids(get(), ids.data(), ids.size()));
        return ids;
    }

    // The key and the value of an association, +1 and -1.
    std::pair<std::vector<std::int8_t>, std::vector<std::int8_t>> association(std::uint64_t id) const {
        const popfield_info is = info();
        std::vector<std::int8_t> key(is.dim), value(is.value_dim);
        check(popfield_memory_get(get(), id, POPFIELD_ENCODING_SIGNS, reinterpret_cast<std::uint8_t *>(key.data()),
                                  reinterpret_cast<std::uint8_t *>(value.data())));
        return {std::move(key), std::move(value)};
    }

    std::string label(std::uint64_t id) const {
        std::size_t length = 0;
        check(popfield_memory_label(get(), id, nullptr, 0, &length));
        std::string label(length + 1, '\0');
        check(popfield_memory_label(get(), id, label.data(), label.size(), &length));
        label.resize(length < label.size() ? length : label.size() - 1);
        return label;
    }

    Recalled recall(const Rows &queries, const popfield_recall_options &options = popfield_recall_defaults(),
                    const Call &how = Call()) const {
        Recalled recalled;
        recalled.signs.resize(queries.count() * info().value_dim);
        recalled.reports.resize(queries.count());
        Call::Running call(how);
        call.check(popfield_recall(get(), &queries.get(), &options, call.get(), POPFIELD_ENCODING_SIGNS,
                              reinterpret_cast<std::uint8_t *>(recalled.signs.data()), recalled.signs.size(),
                              recalled.reports.data()));
        return recalled;
    }

    std::vector<double> attend(const Rows &queries, double beta, const Call &how = Call()) const {
        std::vector<double> means(queries.count() * info().value_dim);
        Call::Running call(how);
        call.check(popfield_attend(get(), &queries.get(), beta, call.get(), means.data(), means.size()));
        return means;
    }

    Nearest search(const Rows &queries, std::size_t k, const Call &how = Call()) const {
        Nearest nearest;
        nearest.ids.resize(queries.count() * k);
        nearest.distances.resize(queries.count() * k);
        Call::Running call(how);
        call.check(popfield_search(get(), &queries.get(), k, call.get(), nearest.ids.data(), nearest.distances.data()));
        return nearest;
    }

    Within search_radius(const Rows &queries, std::uint32_t radius, const Call &how = Call()) const {
        popfield_found *found = nullptr;
        Call::Running call(how);
        call.check(popfield_search_radius(get(), &queries.get(), radius, call.get(), &found));
        const std::unique_ptr<popfield_found, void (*)(popfield_found *)> owner(found, popfield_found_free);
        const std::size_t *offsets = popfield_found_offsets(found);
        Within within;
        within.offsets.assign(offsets, offsets + queries.count() + 1);
        const std::size_t all = within.offsets.back();
        within.ids.assign(popfield_found_ids(found), popfield_found_ids(found) + all);
        within.distances.assign(popfield_found_distances(found), popfield_found_distances(found) + all);
        return within;
    }

    // Every overlap, (queries, n); calls name no scope here.
    std::vector<std::int32_t> overlaps(const Rows &queries, const Call &how = Call()) const {
        std::vector<std::int32_t> out(queries.count() * info().count);
        Call::Running call(how);
        call.check(popfield_overlaps(get(), &queries.get(), call.get(), out.data(), out.size()));
        return out;
    }

    // Every Hamming distance, (queries, n).
    std::vector<std::uint32_t> distances(const Rows &queries, const Call &how = Call()) const {
        std::vector<std::uint32_t> out(queries.count() * info().count);
        Call::Running call(how);
        call.check(popfield_distances(get(), &queries.get(), call.get(), out.data(), out.size()));
        return out;
    }

    // Every overlap and every distance of two keys, (n, n).
    std::vector<std::int32_t> mutual_overlaps(const Call &how = Call()) const {
        const std::size_t count = info().count;
        std::vector<std::int32_t> out(count * count);
        Call::Running call(how);
        call.check(popfield_mutual_overlaps(get(), call.get(), out.data(), out.size()));
        return out;
    }

    std::vector<std::uint32_t> mutual_distances(const Call &how = Call()) const {
        const std::size_t count = info().count;
        std::vector<std::uint32_t> out(count * count);
        Call::Running call(how);
        call.check(popfield_mutual_distances(get(), call.get(), out.data(), out.size()));
        return out;
    }

    // For calls of popfield.h.
    popfield_memory *get() const noexcept { return memory_.get(); }

private:
    struct Free {
        void operator()(popfield_memory *memory) const noexcept { popfield_memory_free(memory); }
    };

    explicit Memory(popfield_memory *memory) : memory_(memory) {}

    std::unique_ptr<popfield_memory, Free> memory_;
};

}  // namespace popfield

#endif
