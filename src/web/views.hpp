#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "web/problem.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stockd::web {

/// A page of one of the database's views: a JSON object, and how fresh it is.
struct ViewPage {
    std::string body;
    std::string position;  ///< short hash; empty: nothing was folded yet
    std::optional<std::int64_t> age_ms;
};

/// Reads pages of views. Implemented by the composition root. Every method may be called from any
/// thread; a completion runs once, on any thread, possibly before the call returns, and is short.
class Views {
  public:
    using Done = std::function<void(base::Result<ViewPage>)>;

    virtual ~Views() = default;
    Views() = default;
    Views(const Views&) = delete;
    Views& operator=(const Views&) = delete;
    Views(Views&&) = delete;
    Views& operator=(Views&&) = delete;

    /// `filters`: a JSON object of texts. Errors: kInvalidArgument, kNotFound, kUnavailable,
    /// kTimeout.
    virtual void page(
        std::string view, std::string filters, base::SteadyTime deadline, Done done
    ) = 0;
    /// Has the views rebuilt by the relay, whichever stockd that is.
    virtual void rebuild(base::SteadyTime deadline, Done done) = 0;
};

/// Whether the last piece of /api/inventory/... names a page of a view and no product.
[[nodiscard]] bool is_view(std::string_view name) noexcept;

/// Whether a view has changes soon after they came. The analytics are as of when they were worked
/// out.
[[nodiscard]] bool follows_changes(std::string_view view) noexcept;

/// The query of such a page as a JSON object of texts, its values unchecked but for their length:
/// the database knows what they may be. A problem for a parameter that the page does not take.
[[nodiscard]] std::optional<Problem> read_view_filters(
    std::string_view view, std::string_view query, std::string& filters
);

}  // namespace stockd::web
