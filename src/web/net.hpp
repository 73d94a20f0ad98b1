#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>

/// The short names of Asio, for the few files that know it. The executor is spelled out because the
/// type-erased default costs an indirection and an allocation at every operation.
namespace stockd::web {

namespace net = boost::asio;

using Executor = net::io_context::executor_type;
using Tcp = net::ip::tcp;
using Socket = net::basic_stream_socket<Tcp, Executor>;
using Acceptor = net::basic_socket_acceptor<Tcp, Executor>;
using Timer = net::basic_waitable_timer<
    std::chrono::steady_clock,
    net::wait_traits<std::chrono::steady_clock>,
    Executor>;
using NetError = boost::system::error_code;

}  // namespace stockd::web
