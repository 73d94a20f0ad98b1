#pragma once

#include "base/ids.hpp"
#include "change/change.hpp"
#include "observe/observation.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stockd::source {

/// A part of the tables, read at exactly the position that was published last. Whatever the copy
/// holds of products first to last (both included) and is not in here is too much.
struct AuditSlice {
    base::ProductId first;
    base::ProductId last;
    std::vector<change::ProductRow> products;
    /// Ordered by product, then store.
    std::vector<change::StockRow> stock;
    /// All stores, in the first slice of a pass; nothing in the others.
    std::optional<std::vector<change::StoreRow>> stores;
};

struct Counts {
    std::int64_t products = 0;
    std::int64_t stores = 0;
    std::int64_t stock_rows = 0;
};

/// Where everything that is read from the database goes. The follow thread alone calls it, but for
/// prepare_load(): a single writer. apply(), clear() and audit() may come between begin_load() and
/// finish_load(); they concern the old copy.
class Sink {
  public:
    Sink() = default;
    virtual ~Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    Sink(Sink&&) = delete;
    Sink& operator=(Sink&&) = delete;

    /// The rows that follow are built up aside while the old copy serves. Valid until finish_load()
    /// or abandon_load().
    virtual change::LoadSink& begin_load() = 0;

    /// The last row has come: whatever takes long before finish_load(). On another thread, while
    /// the follow thread goes on with the old copy; neither finish_load() nor abandon_load() comes
    /// before its end.
    virtual void prepare_load() {}

    /// The loaded rows (as of `loaded_at`) with `newer` applied to them replace the old copy in one
    /// step, published at newer.position. `newer` holds everything that was committed while the
    /// load ran.
    virtual void finish_load(const change::Position& loaded_at, const change::ChangeSet& newer) = 0;
    /// Drops what was loaded so far; harmless when no load was begun.
    virtual void abandon_load() = 0;

    /// The whole set becomes visible at once, published at changes.position. An empty set moves the
    /// position only.
    virtual void apply(const change::ChangeSet& changes) = 0;
    /// Empty and not loaded until the next finish_load().
    virtual void clear() = 0;
    /// Compares, mends, and says what was different.
    virtual std::vector<observe::DriftHealed> audit(const AuditSlice& slice) = 0;

    /// What the published copy holds.
    virtual Counts counts() = 0;
    /// Codes for the broadcast, from the published copy; nothing when it does not hold the key (any
    /// more).
    virtual std::optional<std::string> sku_of(base::ProductId product) = 0;
    virtual std::optional<std::string> store_code_of(base::StoreId store) = 0;
};

}  // namespace stockd::source
