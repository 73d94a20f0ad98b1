#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "observe/observation.hpp"
#include "web/api_request.hpp"
#include "web/options.hpp"
#include "web/problem.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// What stands between the sockets and the meaning of a request. The server knows the upper half,
/// the services the lower.
namespace stockd::web {

/// One whole request. Views are valid until start() returns; what is needed later is copied.
struct Request {
    Method method = Method::kGet;
    std::string_view target;
    std::string_view media_type;  ///< the Content-Type header
    std::string_view host;
    std::string_view origin;  ///< of a POST; empty: not from a page in a browser
    std::string_view body;
    const Limits& limits;
};

/// What is answered. Reused: reset() keeps the body's memory.
struct Response {
    unsigned status = 200;
    std::string body;
    std::string_view content_type;  ///< a literal
    std::string_view allow;         ///< a literal; empty: no such header
    bool has_freshness = false;     ///< whether the three headers below are sent
    std::string position;
    std::optional<std::int64_t> age_ms;  ///< no header without
    bool stale = true;
    observe::Route route = observe::Route::kOther;

    void reset();
    /// Replaces the body by the problem's.
    void set(const Problem& problem);
};

inline constexpr std::string_view kJsonType = "application/json";

/// One connection's side of a service; requests come one after the other, all on the connection's
/// thread.
class Exchange {
  public:
    using Completion = std::function<void(base::Result<void>)>;
    /// Makes the function that ends a wait: it may be called on any thread, once, and leads to
    /// resume().
    using CompletionFactory = std::function<Completion()>;

    enum class Outcome : std::uint8_t { kDone, kLater };

    virtual ~Exchange() = default;
    Exchange() = default;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    Exchange(Exchange&&) = delete;
    Exchange& operator=(Exchange&&) = delete;

    /// kDone: `out` is the answer. kLater: a completion was made, and resume() follows, by it or at
    /// deadline().
    [[nodiscard]] virtual Outcome start(
        const Request& request, Response& out, const CompletionFactory& completion
    ) = 0;
    [[nodiscard]] virtual Outcome resume(
        const base::Result<void>& result, Response& out, const CompletionFactory& completion
    ) = 0;
    /// After kLater: when the server calls resume() with kTimeout although the completion has not
    /// run.
    [[nodiscard]] virtual base::SteadyTime deadline() const = 0;

    /// An answer to what never became a request (too large, too slow, not HTTP).
    virtual void refuse(const Problem& problem, Response& out) = 0;
    /// The connection closed while start() or resume() had said kLater.
    virtual void abandon() = 0;
};

/// Makes the exchanges of one server. Any thread. Outlives the server.
class Service {
  public:
    virtual ~Service() = default;
    Service() = default;
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    Service(Service&&) = delete;
    Service& operator=(Service&&) = delete;

    [[nodiscard]] virtual std::unique_ptr<Exchange> make_exchange() = 0;
};

}  // namespace stockd::web
