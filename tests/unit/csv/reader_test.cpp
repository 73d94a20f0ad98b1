#include "csv/reader.hpp"

#include "csv/writer.hpp"
#include "support/memory_source.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace csv = stockd::csv;
namespace base = stockd::base;
namespace support = stockd::support;

namespace {

/// "1:a|b" for a record, "2!problem<raw>" for a bad line.
std::vector<std::string> read_all(
    const std::string& bytes, std::size_t step = 1 << 16, csv::Options options = {}
) {
    support::MemorySource source{bytes, step};
    csv::Reader reader{source, options};
    std::vector<std::string> found;
    while (true) {
        const auto next = reader.next();
        if (!next) {
            found.push_back("error: " + next.error().message);
            return found;
        }
        if (*next == csv::Step::kEnd) {
            return found;
        }
        std::string text = std::to_string(reader.line());
        if (*next == csv::Step::kBad) {
            found.push_back(text + "!" + reader.problem() + "<" + reader.raw() + ">");
            continue;
        }
        char separator = ':';
        for (const auto field : reader.fields()) {
            text += separator;
            text += field;
            separator = '|';
        }
        found.push_back(text);
    }
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("csv: records end with LF, CRLF or the end of the file", "[csv]") {
    const std::size_t step = GENERATE(1U, 2U, 3U, 1000U);
    CHECK(read_all("a,b\nc,d\n", step) == Lines{"1:a|b", "2:c|d"});
    CHECK(read_all("a,b\r\nc,d\r\n", step) == Lines{"1:a|b", "2:c|d"});
    CHECK(read_all("a,b\nc,d", step) == Lines{"1:a|b", "2:c|d"});
    CHECK(read_all("a,b\r\nc,d\r", step) == Lines{"1:a|b", "2:c|d"});
    CHECK(read_all("", step).empty());
    CHECK(read_all("\n\r\n\n", step).empty());
    CHECK(read_all("a\n\n\r\nb\n", step) == Lines{"1:a", "4:b"});
    CHECK(read_all(",\n", step) == Lines{"1:|"});
    CHECK(read_all("a,", step) == Lines{"1:a|"});
}

TEST_CASE("csv: quoted fields hold delimiters, doubled quotes and line ends", "[csv]") {
    const std::size_t step = GENERATE(1U, 2U, 5U, 1000U);
    CHECK(read_all("\"a,b\",c\n", step) == Lines{"1:a,b|c"});
    CHECK(read_all("\"a \"\"b\"\" c\"\n", step) == Lines{"1:a \"b\" c"});
    CHECK(read_all("\"\"\"\"\"\",x\n", step) == Lines{"1:\"\"|x"});
    CHECK(read_all("\"\",\"\"\r\n", step) == Lines{"1:|"});
    CHECK(read_all("\"one\r\ntwo\",x\nnext,y\n", step) == Lines{"1:one\r\ntwo|x", "3:next|y"});
    CHECK(read_all("\"end\"", step) == Lines{"1:end"});
}

TEST_CASE("csv: a byte order mark is passed over, UTF-16 is refused", "[csv]") {
    CHECK(
        read_all(
            "\xEF\xBB\xBF"
            "a,b\n",
            1
        ) == Lines{"1:a|b"}
    );
    CHECK(
        read_all("\xFF\xFE"
                 "a") == Lines{"error: The file is UTF-16, not UTF-8"}
    );
}

TEST_CASE("csv: a broken quote costs its own line only", "[csv]") {
    const std::size_t step = GENERATE(1U, 3U, 1000U);
    CHECK(
        read_all("a,b\n\"open,1\nc,d\n", step) ==
        Lines{"1:a|b", "2!a quoted field is not closed<\"open,1>", "3:c|d"}
    );
    CHECK(
        read_all("\"a\"x,1\r\nc,d\n", step) ==
        Lines{"1!text after the closing quote of a field<\"a\"x,1>", "2:c|d"}
    );
    CHECK(
        read_all("in\"side,1\nc,d\n", step) ==
        Lines{"1!a quote inside a field that does not begin with one<in\"side,1>", "2:c|d"}
    );
    CHECK(
        read_all("a\rb\nc\n", step) == Lines{"1!a carriage return that ends no line<a\rb>", "2:c"}
    );
    CHECK(
        read_all("\"open,1\n\"x\",2\nc,d\n", step) ==
        Lines{"1!text after the closing quote of a field<\"open,1>", "2:x|2", "3:c|d"}
    );
}

TEST_CASE("csv: a quote that is never closed is given up after the line limit", "[csv]") {
    std::string text = "\"open\n";
    for (int i = 0; i < 300; ++i) {
        text += "x\n";
    }
    const auto found = read_all(text);
    REQUIRE(found.size() == 301);
    CHECK(found[0] == "1!a quoted field is not closed<\"open>");
    CHECK(found[300] == "301:x");
}

TEST_CASE("csv: limits on bytes and columns hold and reading goes on", "[csv]") {
    csv::Options options;
    options.max_record_bytes = 10;
    options.max_columns = 3;
    const std::size_t step = GENERATE(1U, 7U, 1000U);
    CHECK(
        read_all("0123456789abcdef\nok\n", step, options) ==
        Lines{"1!longer than 10 bytes<0123456789>", "2:ok"}
    );
    CHECK(
        read_all("a,b,c\n1,2,3,4\nok\n", step, options) ==
        Lines{"1:a|b|c", "2!more than 3 columns<1,2,3,4>", "3:ok"}
    );
    CHECK(
        read_all("\"0123456789ab\"\nok\n", step, options)[0].substr(0, 30) ==
        "1!a quoted field is not closed"
    );
}

TEST_CASE("csv: a record's quotes count towards its limit", "[csv]") {
    csv::Options options;
    options.max_record_bytes = 10;
    CHECK(read_all("\"12345678\"\n", 1000, options) == Lines{"1:12345678"});
    CHECK(
        read_all("\"123456789\"\n", 1000, options) ==
        Lines{"1!a quoted field is not closed<\"123456789>"}
    );
}

TEST_CASE("csv: why a line is bad does not depend on how its bytes arrive", "[csv]") {
    const std::size_t step = GENERATE(1U, 7U, 1000U);
    csv::Options options;
    options.max_record_bytes = 10;
    // What is behind the limit is not looked at.
    CHECK(
        read_all("0123456789ab\"\nok\n", step, options) ==
        Lines{"1!longer than 10 bytes<0123456789>", "2:ok"}
    );
    CHECK(
        read_all("0123456789\"\nok\n", step, options) ==
        Lines{"1!a quote inside a field that does not begin with one<0123456789>", "2:ok"}
    );
}

TEST_CASE("csv: bytes that are no text are bad lines that name byte and column", "[csv]") {
    CHECK(
        read_all("a,b\nc,\x91q\ne,f\n") ==
        Lines{
            "1:a|b",
            "2!byte 0x91 in column 2 is not UTF-8 (is the file latin1 or windows-1252?)<c,\x91q>",
            "3:e|f"}
    );
    CHECK(read_all(std::string("a\0b\nc\n", 6))[0].substr(0, 13) == "1!a zero byte");
    // The whole record goes, not only its first line: its quotes are sound.
    CHECK(read_all("\"a\n\x91\",1\nc,d\n").back() == "3:c|d");
}

TEST_CASE("csv: a one-byte encoding becomes UTF-8", "[csv]") {
    csv::Options options;
    options.encoding = csv::Encoding::kWindows1252;
    CHECK(
        read_all("\x91Nduja,\"\xA3\"\"5\"\n", 2, options) ==
        Lines{"1:\xE2\x80\x98Nduja|\xC2\xA3\"5"}
    );
}

TEST_CASE("csv: another delimiter makes the comma plain text", "[csv]") {
    csv::Options options;
    options.delimiter = ';';
    CHECK(read_all("a,b;c\n", 1000, options) == Lines{"1:a,b|c"});
}

TEST_CASE("csv: what the writer writes the reader reads back", "[csv]") {
    std::mt19937 random{Catch::rngSeed()};
    INFO("seed " << Catch::rngSeed());
    const std::string alphabet = "ab,\"\n\r; ";
    for (int round = 0; round < 300; ++round) {
        std::string text;
        std::string expected;
        const auto columns = 2 + random() % 3;
        for (std::size_t column = 0; column < columns; ++column) {
            std::string field;
            for (auto length = random() % 6; length > 0; --length) {
                field += alphabet[random() % alphabet.size()];
            }
            text += column == 0 ? "" : ",";
            csv::append_field(text, field);
            expected += (column == 0 ? ":" : "|") + field;
        }
        CHECK(read_all(text + "\n", 1 + random() % 4) == Lines{"1" + expected});
    }
}

TEST_CASE("csv: any bytes end in records or bad lines, and every line is accounted for", "[csv]") {
    std::mt19937 random{Catch::rngSeed()};
    INFO("seed " << Catch::rngSeed());
    const std::string alphabet = std::string("ab,\"\n\r\n\x91\xC2\xA3") + '\0';
    // A buffer of the usual size, six thousand times, takes minutes in a build with a sanitizer.
    csv::Options small;
    small.chunk_bytes = 64;
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (auto length = random() % 40; length > 0; --length) {
            text += alphabet[random() % alphabet.size()];
        }
        const auto whole = read_all(text, 1 << 16, small);
        CHECK(read_all(text, 1, small) == whole);
        CHECK(read_all(text, 3, small) == whole);
    }
}
