#pragma once

#include "importer/batch.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace stockd::importer {

/// A connection that applies batches, one after the other: while the database applies one, the next
/// is filled. A batch that fails is tried again, in parts where a line is to blame. One thread.
class Lane {
  public:
    /// `total` gathers what became of the batches. It and the applier must outlive the lane.
    Lane(pg::Connection connection, BatchApplier& applier, BatchResult& total)
        : connection_(std::move(connection)),
          applier_(&applier),
          total_(&total) {}

    /// Takes the line into the batch that is filled. `line` gets another one's strings, to be
    /// overwritten.
    void add(Line& line);
    /// Takes over what another lane was filled with.
    void add_all(Lane& other);
    /// The batch that is filled. Lines whose number is set to 0 are left out.
    [[nodiscard]] std::span<Line> filled() noexcept;
    /// Starts a new one without applying it.
    void clear() noexcept;

    /// Brings what was filled to the database, after the batch before is applied. A new batch can
    /// be filled then. In the order of the stock rows where `is_by_stock_row`: the database's sorts
    /// then find them sorted.
    [[nodiscard]] base::Result<void> stage(bool is_by_stock_row);
    /// Has the staged batch applied and returns at once.
    [[nodiscard]] base::Result<void> send();
    /// Waits for what the database applies, if anything.
    [[nodiscard]] base::Result<void> finish();

  private:
    struct Batch {
        std::vector<Line> lines;  ///< kept from batch to batch, for their strings
        std::size_t count = 0;
        std::vector<const Line*> ordered;
    };

    enum class State : std::uint8_t { kIdle, kStaged, kNotStaged, kApplying };

    [[nodiscard]] base::Result<void> apply_now(std::span<const Line* const> lines);
    [[nodiscard]] base::Result<BatchResult> try_once(std::span<const Line* const> lines);
    void book(BatchResult result);

    pg::Connection connection_;
    BatchApplier* applier_;
    BatchResult* total_;
    Batch filling_;
    Batch in_hand_;
    State state_ = State::kIdle;
};

}  // namespace stockd::importer
