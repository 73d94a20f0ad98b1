#include "importer/file_source.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;
namespace base = stockd::base;
using stockd::importer::FileSource;
using stockd::importer::hash_content;

namespace {

/// A folder of its own for one case.
class Folder {
  public:
    Folder()
        : path_(fs::temp_directory_path() / ("stockd-unit-" + std::to_string(::getpid()))) {
        fs::create_directories(path_);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    Folder(Folder&&) = delete;
    Folder& operator=(Folder&&) = delete;

    ~Folder() { fs::remove_all(path_); }

    [[nodiscard]] std::string write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path_ / name, std::ios::binary) << bytes;
        return path_ / name;
    }

    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

std::string gzip(const std::string& bytes) {
    z_stream stream{};
    REQUIRE(
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
        Z_OK
    );
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    std::string copy = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(copy.data());
    stream.avail_in = static_cast<uInt>(copy.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    (void)deflateEnd(&stream);
    return out;
}

base::Result<std::string> read_all(const std::string& path, std::size_t step) {
    auto source = FileSource::open(path);
    if (!source) {
        return source.error();
    }
    std::string all;
    std::string chunk(step, '\0');
    while (true) {
        const auto got = (*source)->read(chunk.data(), chunk.size());
        if (!got) {
            return got.error();
        }
        if (*got == 0) {
            return all;
        }
        all.append(chunk, 0, *got);
    }
}

}  // namespace

TEST_CASE("importer: plain and packed files read the same, whatever their names", "[importer]") {
    const Folder folder;
    const std::string text = "a,b\n1,2\n";
    const std::size_t step = GENERATE(1U, 3U, 100000U);
    CHECK(read_all(folder.write("plain.gz", text), step).value() == text);
    CHECK(read_all(folder.write("packed.csv", gzip(text)), step).value() == text);
    CHECK(
        read_all(folder.write("two.gz", gzip(text) + gzip("3,4\n")), step).value() == text + "3,4\n"
    );
    CHECK(read_all(folder.write("empty", ""), step).value().empty());
    CHECK(read_all(folder.write("one", "x"), step).value() == "x");
}

TEST_CASE("importer: the hash is of the content, packed or not", "[importer]") {
    const Folder folder;
    // Specified: FIPS 180-2, the example "abc".
    const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    CHECK(hash_content(folder.write("a", "abc")).value() == abc);
    CHECK(hash_content(folder.write("b", gzip("abc"))).value() == abc);
}

TEST_CASE("importer: what is no readable file is an error with its name", "[importer]") {
    const Folder folder;
    const auto missing = FileSource::open(folder.path() / "none");
    REQUIRE(missing.has_error());
    CHECK(missing.error().code == base::ErrorCode::kNotFound);
    CHECK(
        FileSource::open(folder.path()).error().message.find("is a directory") != std::string::npos
    );
    CHECK(
        FileSource::open("/dev/null").error().message.find("not a regular file") !=
        std::string::npos
    );
}

TEST_CASE("importer: truncated and damaged gzip is found", "[importer]") {
    const Folder folder;
    std::string packed = gzip(std::string(100000, 'x') + "end");
    for (const std::size_t kept : {std::size_t{2}, std::size_t{10}, packed.size() - 1}) {
        const auto read = hash_content(folder.write("t", packed.substr(0, kept)));
        REQUIRE(read.has_error());
        CHECK(read.error().message.find("ends in the middle") != std::string::npos);
    }
    packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);
    CHECK(
        hash_content(folder.write("d", packed)).error().message.find("damaged") != std::string::npos
    );
    CHECK(hash_content(folder.write("g", gzip("abc") + "garbage behind it")).has_error());
}
