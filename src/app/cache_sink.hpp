#pragma once

#include "cache/cache.hpp"
#include "source/sink.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stockd::app {

/// Puts what the source reads into the cache. Owned by the composition root; the follow thread
/// alone calls it, but for prepare_load().
class CacheSink : public source::Sink {
  public:
    /// Called after each publication on the follow thread, with what has changed; nullptr: all of
    /// it, by a load or a clear.
    using OnPublished = std::function<void(const change::ChangeSet*)>;

    /// The same before a set is applied: the cache still has what it takes away.
    using OnPublishing = std::function<void(const change::ChangeSet&)>;

    explicit CacheSink(
        cache::Cache& cache, OnPublished on_published = {}, OnPublishing on_publishing = {}
    )
        : cache_(cache),
          on_published_(std::move(on_published)),
          on_publishing_(std::move(on_publishing)) {}

    change::LoadSink& begin_load() override;
    void prepare_load() override;
    void finish_load(const change::Position& loaded_at, const change::ChangeSet& newer) override;
    void abandon_load() override;
    void apply(const change::ChangeSet& changes) override;
    void clear() override;
    std::vector<observe::DriftHealed> audit(const source::AuditSlice& slice) override;
    source::Counts counts() override;
    std::optional<std::string> sku_of(base::ProductId product) override;
    std::optional<std::string> store_code_of(base::StoreId store) override;

  private:
    void tell(const change::ChangeSet* changes) const {
        if (on_published_) {
            on_published_(changes);
        }
    }

    cache::Cache& cache_;
    OnPublished on_published_;
    OnPublishing on_publishing_;
    std::unique_ptr<cache::Loader> loader_;
};

}  // namespace stockd::app
