#include "base/error.hpp"

#include <catch2/catch.hpp>

using namespace stockd::base;

TEST_CASE("error: one line has a full stop before what follows the message", "[error]") {
    CHECK(
        describe({ErrorCode::kIo, "the port is taken", {}, "Choose another.", {}}) ==
        "the port is taken. Hint: Choose another."
    );
    CHECK(
        describe({ErrorCode::kIo, "no", "It is late", "Sleep.", "57014"}) ==
        "no (SQLSTATE 57014). Detail: It is late. Hint: Sleep."
    );
    CHECK(describe({ErrorCode::kIo, "no.", "So.", {}, {}}) == "no. Detail: So.");
    CHECK(describe({ErrorCode::kIo, "only this", {}, {}, {}}) == "only this");
}
