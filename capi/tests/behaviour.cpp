// What C++ sees: errors thrown, memories moved and freed, calls that name a scope, a watcher that throws.

#include <cstdio>
#include <cstdlib>
#include <popfield.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

static void expect(bool condition, const char *what) {
    if (!condition) {
        std::fprintf(stderr, "%s\n", what);
        std::exit(1);
    }
}

template <typename F> static std::string refused(popfield_status status, F call) {
    try {
        call();
    } catch (const popfield::Error &error) {
        expect(error.status() == status, error.what());
        return error.what();
    }
    expect(false, "expected an error");
    return {};
}

int main(int argc, char **argv) {
    expect(argc == 2, "behaviour FOLDER");
    static_assert(!std::is_copy_constructible_v<popfield::Memory> && std::is_nothrow_move_constructible_v<popfield::Memory>);
    const std::vector<std::int8_t> keys{1, 1, 1, -1, -1, -1, 1, -1, 1}, values{1, -1, 1};
    const popfield::Rows rows(keys.data(), 3, 3), three(values.data(), 3, 1);
    popfield::Memory memory(rows, three);
    popfield::Memory moved = std::move(memory);
    expect(moved.info().count == 3 && moved.info().value_dim == 1, "info");

    const popfield::Rows query(keys.data(), 1, 3);
    expect(moved.recall(query).signs == std::vector<std::int8_t>{1}, "recall");
    auto options = popfield_recall_defaults();
    options.separation = POPFIELD_SEPARATION_MAX;
    const auto recalled = moved.recall(query, options, popfield::Call().exclude({0}).threads(2));
    expect(recalled.reports[0].nearest_id == 2 && recalled.signs[0] == 1, "exclude");
    expect(moved.search(query, 2, popfield::Call().only({1, 2})).ids == std::vector<std::uint64_t>{2, 1}, "only");
    refused(POPFIELD_STATUS_INPUT, [&] { moved.search(query, 1, popfield::Call().only({})); });
    expect(moved.search_radius(query, 1).offsets.back() == 2, "radius");
    expect(moved.overlaps(query) == std::vector<std::int32_t>{3, -3, 1}, "overlaps");
    expect(moved.distances(query) == std::vector<std::uint32_t>{0, 3, 1}, "distances");
    expect(moved.attend(query, 10.0)[0] > 0.99, "attend");

    refused(POPFIELD_STATUS_INTERRUPTED, [&] {
        moved.recall(query, popfield_recall_defaults(), popfield::Call().progress([](auto, auto) { return false; }));
    });
    try {
        const auto throws = [](auto, auto) -> bool { throw std::runtime_error("its own"); };
        moved.recall(query, popfield_recall_defaults(), popfield::Call().progress(throws));
        expect(false, "what the watcher threw");
    } catch (const popfield::Error &) {
        expect(false, "what the watcher threw, not an error of popfield's");
    } catch (const std::runtime_error &error) {
        expect(std::string(error.what()) == "its own", error.what());
    }
    expect(moved.mutual_overlaps()[1] == -3 && moved.mutual_distances()[1] == 3, "mutual");
    expect(moved.association(2).first[1] == -1 && moved.association(2).second[0] == 1, "association");
    expect(moved.ids() == std::vector<std::uint64_t>{0, 1, 2}, "ids");

    const std::vector<std::int8_t> wrong{1, 2, 1};
    const auto said = refused(POPFIELD_STATUS_INPUT, [&] { popfield::Memory of(popfield::Rows(wrong.data(), 1, 3)); });
    expect(said.find("keys") != std::string::npos && said.find("found 2") != std::string::npos, said.c_str());

    const std::string store = std::string(argv[1]) + "/of-c++";
    popfield::Memory made = popfield::Memory::create(store, 3);
    const char *labels[] = {"one", "two", ""};
    expect(made.append(popfield::Memory::associations(rows, nullptr, nullptr, labels)).back() == 2, "append");
    expect(made.forget({1}) == 1 && popfield::Memory::open(store, true).info().count == 2, "forget");
    expect(made.label(0) == "one" && made.label(2).empty() && !made.refresh(), "labels");
    std::puts("all as expected");
}
