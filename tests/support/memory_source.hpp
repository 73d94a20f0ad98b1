#pragma once

#include "csv/reader.hpp"

#include <algorithm>
#include <limits>
#include <string>

/// A CSV file in memory, which gives at most `step` bytes at a time.
namespace stockd::support {

class MemorySource : public csv::Source {
  public:
    explicit MemorySource(
        std::string_view bytes, std::size_t step = std::numeric_limits<std::size_t>::max()
    )
        : bytes_(bytes),
          step_(std::max<std::size_t>(1, step)) {}

    base::Result<std::size_t> read(char* into, std::size_t capacity) override {
        const auto count = std::min({step_, capacity, bytes_.size() - at_});
        bytes_.copy(into, count, at_);
        at_ += count;
        return count;
    }

  private:
    std::string bytes_;
    std::size_t step_;
    std::size_t at_ = 0;
};

}  // namespace stockd::support
