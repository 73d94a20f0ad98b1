#include "pg/connection.hpp"

#include <catch2/catch.hpp>

using stockd::base::ErrorCode;
using stockd::pg::code_of_sqlstate;

TEST_CASE("pg: what the schema refuses by its rules is a conflict, not another schema", "[pg]") {
    CHECK(code_of_sqlstate("428C9") == ErrorCode::kConflict);  // generated column, catalog id
    CHECK(code_of_sqlstate("SD005") == ErrorCode::kConflict);  // append-only
    CHECK(code_of_sqlstate("23514") == ErrorCode::kConflict);  // insufficient stock
    CHECK(code_of_sqlstate("42P01") == ErrorCode::kSchemaMismatch);
    CHECK(code_of_sqlstate("42703") == ErrorCode::kSchemaMismatch);
    CHECK(code_of_sqlstate("42501") == ErrorCode::kPermissionDenied);
    CHECK(code_of_sqlstate("SD045") == ErrorCode::kPermissionDenied);
}

TEST_CASE("pg: a movement of what does not exist is not found", "[pg]") {
    CHECK(code_of_sqlstate("SD006") == ErrorCode::kNotFound);
}

TEST_CASE("pg: a standby is the wrong server, whether read or written", "[pg]") {
    CHECK(code_of_sqlstate("SD004") == ErrorCode::kUnavailable);
    CHECK(code_of_sqlstate("25006") == ErrorCode::kUnavailable);
    CHECK(code_of_sqlstate("57P03") == ErrorCode::kUnavailable);
}

TEST_CASE("pg: each kind of time-out is one", "[pg]") {
    CHECK(code_of_sqlstate("57014") == ErrorCode::kTimeout);
    CHECK(code_of_sqlstate("55P03") == ErrorCode::kTimeout);
}

TEST_CASE("pg: positions are refused by name", "[pg]") {
    CHECK(code_of_sqlstate("SD001") == ErrorCode::kInvalidArgument);
    CHECK(code_of_sqlstate("SD002") == ErrorCode::kForeignIncarnation);
    CHECK(code_of_sqlstate("SD003") == ErrorCode::kPositionTooOld);
    CHECK(code_of_sqlstate("SD007") == ErrorCode::kInvalidArgument);
}

TEST_CASE("pg: more than fits is the sender's fault", "[pg]") {
    CHECK(code_of_sqlstate("22003") == ErrorCode::kInvalidArgument);  // a number out of range
    CHECK(code_of_sqlstate("54000") == ErrorCode::kInvalidArgument);  // an index entry too large
    CHECK(code_of_sqlstate("54001") == ErrorCode::kInvalidArgument);  // a statement too complex
}

TEST_CASE("pg: what nobody has thought of is a defect, also when it is no SQLSTATE", "[pg]") {
    CHECK(code_of_sqlstate("XX000") == ErrorCode::kInternal);
    CHECK(code_of_sqlstate("") == ErrorCode::kInternal);
    CHECK(code_of_sqlstate("4") == ErrorCode::kInternal);
}
