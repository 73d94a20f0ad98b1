#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace stockd::cache::detail {

/// What a publication made unreachable, until no reader of an older state is left. Writer only.
class Graveyard {
  public:
    using Bury = void (*)(void* what) noexcept;

    Graveyard() = default;

    ~Graveyard() { bury_all(); }

    Graveyard(const Graveyard&) = delete;
    Graveyard& operator=(const Graveyard&) = delete;
    Graveyard(Graveyard&&) = delete;
    Graveyard& operator=(Graveyard&&) = delete;

    /// `what` cannot be reached from publication `sequence` on. REQUIRES: sequences do not go back.
    void retire(std::uint64_t sequence, void* what, Bury bury) {
        graves_.push_back({sequence, what, bury});
    }

    /// Frees what only states before `oldest` can reach.
    void bury_until(std::uint64_t oldest) noexcept {
        while (!graves_.empty() && graves_.front().sequence <= oldest) {
            const Grave grave = graves_.front();
            graves_.pop_front();
            grave.bury(grave.what);
        }
    }

    void bury_all() noexcept { bury_until(~std::uint64_t{0}); }

    [[nodiscard]] std::size_t size() const noexcept { return graves_.size(); }

  private:
    struct Grave {
        std::uint64_t sequence;
        void* what;
        Bury bury;
    };

    std::deque<Grave> graves_;
};

}  // namespace stockd::cache::detail
