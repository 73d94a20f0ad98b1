#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace stockd::web::test {

struct Reply {
    unsigned status = 0;
    std::string head;  ///< status line and headers
    std::string body;

    /// The header's value; "(none)" without it.
    [[nodiscard]] std::string header(std::string_view name) const;
};

/// A connection to 127.0.0.1 that sends exactly the bytes that it is told. Reads give up after ten
/// seconds.
class Client {
  public:
    /// `receive_buffer` bytes wait in the kernel until they are read; 0: as many as it likes.
    explicit Client(std::uint16_t port, int receive_buffer = 0);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&&) = delete;
    Client& operator=(Client&&) = delete;

    /// False: the connection is gone.
    bool send(std::string_view bytes);
    void shut_down_sending();
    /// status 0: the connection ended or time ran out before an answer was whole.
    [[nodiscard]] Reply read(bool has_body = true);
    /// Everything until the server closes; `is_closed` tells whether it did within the time.
    [[nodiscard]] std::string read_to_end(bool& is_closed);

    /// Reads so many bytes from the socket, for read() to go on from.
    bool take(std::size_t bytes);

    [[nodiscard]] Reply get(std::string_view target);
    [[nodiscard]] Reply post(std::string_view target, std::string_view body);
    [[nodiscard]] Reply request(std::string_view method, std::string_view target);

  private:
    [[nodiscard]] bool receive(std::size_t bytes_max = kChunk);

    static constexpr std::size_t kChunk = 16384;

    int fd_ = -1;
    std::string buffer_;
};

/// Until `condition` is true; false when it is not within a minute, which is for builds with a
/// sanitizer.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

}  // namespace stockd::web::test
