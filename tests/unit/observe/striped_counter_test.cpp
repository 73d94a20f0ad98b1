#include "observe/striped_counter.hpp"

#include "observe/striped_histogram.hpp"

#include <catch2/catch.hpp>

#include <thread>
#include <vector>

using namespace stockd::observe;

TEST_CASE("striped counter: the sum holds what all threads added", "[observe]") {
    StripedCounter counter;
    std::vector<std::thread> threads;
    threads.reserve(20);
    for (int i = 0; i < 20; ++i) {  // more than there are stripes
        threads.emplace_back([&counter] {
            for (int k = 0; k < 1000; ++k) {
                counter.add();
            }
            counter.add(5);
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(counter.sum() == 20 * 1005);
}

TEST_CASE("striped histogram: a duration counts in the first bucket that holds it", "[observe]") {
    StripedHistogram histogram;
    histogram.add(std::chrono::microseconds(25));  // exactly the first bound
    histogram.add(std::chrono::microseconds(26));
    histogram.add(std::chrono::seconds(31));      // beyond the last
    histogram.add(std::chrono::nanoseconds(-5));  // a clock that went back counts as nothing
    CHECK(histogram.count(0) == 2);
    CHECK(histogram.count(1) == 1);
    CHECK(histogram.count(StripedHistogram::kBoundsS.size()) == 1);
    CHECK(histogram.sum_s() == Approx(31.000051));
}
