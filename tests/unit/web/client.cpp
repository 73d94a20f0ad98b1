#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace stockd::web::test {

std::string Reply::header(std::string_view name) const {
    const std::string start = "\r\n" + std::string{name} + ": ";
    const auto at = head.find(start);
    if (at == std::string::npos) {
        return "(none)";
    }
    const auto from = at + start.size();
    return head.substr(from, head.find("\r\n", from) - from);
}

Client::Client(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_buffer != 0) {
        // As on an Ethernet: a segment of the loopback interface is larger than such a buffer.
        constexpr int kSegment = 1400;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_MAXSEG, &kSegment, sizeof kSegment);
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API's own way
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

Client::~Client() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Client::shut_down_sending() {
    ::shutdown(fd_, SHUT_WR);
}

bool Client::take(std::size_t bytes) {
    return receive(bytes);
}

bool Client::receive(std::size_t bytes_max) {
    std::array<char, kChunk> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const auto got = ::recv(fd_, chunk.data(), std::min(bytes_max, chunk.size()), 0);
    if (got <= 0) {
        return false;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
}

Reply Client::read(bool has_body) {
    Reply reply;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!receive()) {
            return {};
        }
    }
    reply.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    const auto length =
        has_body ? std::strtoul(reply.header("Content-Length").c_str(), nullptr, 10) : 0;
    while (buffer_.size() < length) {
        if (!receive()) {
            return {};
        }
    }
    reply.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    reply.status =
        static_cast<unsigned>(std::strtoul(reply.head.substr(9, 3).c_str(), nullptr, 10));
    return reply;
}

std::string Client::read_to_end(bool& is_closed) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (receive()) {
    }
    is_closed = std::chrono::steady_clock::now() < deadline;
    return std::exchange(buffer_, {});
}

Reply Client::request(std::string_view method, std::string_view target) {
    std::string text{method};
    text += ' ';
    text += target;
    text += " HTTP/1.1\r\nHost: shop\r\n\r\n";
    return send(text) ? read(method != "HEAD") : Reply{};
}

Reply Client::get(std::string_view target) {
    return request("GET", target);
}

Reply Client::post(std::string_view target, std::string_view body) {
    std::string text = "POST " + std::string{target} + " HTTP/1.1\r\nHost: shop\r\n";
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
    text += "\r\n\r\n";
    text += body;
    return send(text) ? read() : Reply{};
}

}  // namespace stockd::web::test
