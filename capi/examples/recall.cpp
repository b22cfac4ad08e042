// A memory of 10,000 patterns is asked for noisy ones:
//     c++ -std=c++17 recall.cpp $(pkg-config --cflags --libs popfield) -o recall && ./recall

#include <algorithm>
#include <iostream>
#include <popfield.hpp>
#include <random>
#include <vector>

int main() try {
    constexpr std::size_t count = 10'000, dim = 256, queries = 100;
    std::mt19937_64 random(7);
    std::vector<std::int8_t> keys(count * dim);
    std::generate(keys.begin(), keys.end(), [&] { return random() & 1 ? 1 : -1; });
    std::vector<std::int8_t> noisy(keys.begin(), keys.begin() + queries * dim);
    for (auto &sign : noisy) {
        sign = random() % 5 == 0 ? -sign : sign;
    }

    const popfield::Memory memory(popfield::Rows(keys.data(), count, dim));
    const auto recalled = memory.recall(popfield::Rows(noisy.data(), queries, dim));
    const bool right = std::equal(recalled.signs.begin(), recalled.signs.end(), keys.begin());
    std::cout << (right ? "all 100 recalled, every bit" : "WRONG") << "; the first query was "
              << recalled.reports[0].nearest_distance << " bits from key " << recalled.reports[0].nearest_id << '\n';
    return right ? 0 : 1;
} catch (const popfield::Error &error) {
    std::cerr << "popfield: " << error.what() << '\n';
    return 2;
}
