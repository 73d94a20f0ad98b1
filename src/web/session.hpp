#pragma once

#include "web/exchange.hpp"
#include "web/net.hpp"
#include "web/request_parser.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stockd::web {

class Worker;

/// One connection: reads a request, has it answered, writes the answer, again and again. Owned by
/// its worker, on whose thread everything runs. At most one read and one wait to write are
/// outstanding on the socket, and they alone keep the session alive.
///
/// Bytes are sent without a wait whenever the socket takes them, which is nearly always; answers to
/// pipelined requests are gathered first. While a request waits for the database, what is left of
/// the answers before it goes on being sent.
class Session {
  public:
    Session(Worker& worker, std::size_t slot, Socket socket, std::unique_ptr<Exchange> exchange);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    Session(Session&&) = delete;
    Session& operator=(Session&&) = delete;

    void start();
    /// Instead of start(): answers the problem to whatever comes, and closes.
    void turn_away(const Problem& problem);

    /// The wait of this id ended.
    void resume(std::uint64_t wait_id, const base::Result<void>& result);
    /// Called every tick.
    void check_deadline(base::SteadyTime now);
    /// Closes at once when nothing is in flight; otherwise after the answer.
    void stop_when_idle();
    /// The grace is over: a waiting request is told so, everything is closed.
    void force_stop();

  private:
    enum class State : std::uint8_t { kReading, kWaiting, kWriting, kLingering, kClosed };
    enum class Parsed : std::uint8_t { kNeedMore, kRequest, kRefused };

    /// Measured: a request of curl, wrk or a browser's fetch() is 50 to 700 bytes.
    static constexpr std::size_t kInitialIn = 2048;

    /// The boundary for exceptions: a request that fails so costs its connection, nothing else.
    template <class Step>
    void guarded(Step step) {
        try {
            step();
        } catch (const std::exception& error) {
            give_up(error.what());
        }
    }

    void give_up(const char* what);
    void advance();
    [[nodiscard]] Parsed parse();
    void begin_request();
    /// The answer to a request under a name that is not the server's; false: it is.
    [[nodiscard]] bool refuse_host();
    /// Writes the refusal of the request and tells the observer.
    void answer_with(const Problem& problem);
    [[nodiscard]] Parsed refuse(const Problem& problem);
    [[nodiscard]] std::size_t request_bytes_max() const;
    void handle();
    void finish(Exchange::Outcome outcome);
    void append_response();
    /// A large answer turns into a refusal while clients leave too many bytes to the server.
    void refuse_above_budget();
    /// True: nothing is left to send. False: it goes on when the socket is writable, or the
    /// connection is closed.
    [[nodiscard]] bool flush();
    [[nodiscard]] bool send_now();
    [[nodiscard]] std::size_t send_some(NetError& error);

    [[nodiscard]] bool has_unsent() const noexcept { return !out_.empty(); }

    /// Has so many bytes counted among those that the server holds for its clients.
    void charge(std::size_t bytes);
    [[nodiscard]] std::size_t untaken_by_client();
    void wait_to_write();
    void read_more();
    void on_read(const NetError& error, std::size_t bytes);
    void on_writable(const NetError& error);
    void time_out_request();
    void linger();
    void read_to_discard();
    void close();
    /// Hands the session back once no operation of its own can come in any more.
    void retire_if_quiet();
    void drop_sent();
    void release_when_idle(base::SteadyTime now);

    Worker& worker_;
    const std::size_t slot_;
    Socket socket_;
    std::unique_ptr<Exchange> exchange_;
    Exchange::CompletionFactory make_completion_;

    State state_ = State::kReading;
    bool is_read_pending_ = false;
    bool is_write_pending_ = false;  ///< waits until the socket takes more
    bool is_closing_ = false;        ///< no further request is read; closed when out_ is sent
    bool is_request_begun_ = false;  ///< some of its bytes have come
    bool is_continue_sent_ = false;
    bool has_served_ = false;
    std::uint64_t wait_id_ = 0;
    base::SteadyTime deadline_;        ///< of what the state is about
    base::SteadyTime write_deadline_;  ///< while is_write_pending_
    base::SteadyTime handled_since_;
    base::SteadyTime answered_at_;

    std::vector<char> in_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::size_t request_bytes_ = 0;  ///< parsed so far of the current request
    std::size_t lingered_bytes_ = 0;
    IncomingRequest incoming_;
    std::string known_host_;  ///< the last one that was allowed: it nearly always comes again
    std::optional<RequestParser> parser_;
    Response response_;
    std::string out_;
    std::string large_;         ///< the body of the last answer in out_, where it is large
    std::size_t out_sent_ = 0;  ///< of both
    std::size_t charged_ = 0;
    std::size_t untaken_ = 0;  ///< when the wait to write began
};

}  // namespace stockd::web
