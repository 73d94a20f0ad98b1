#include "importer/file_source.hpp"

#include "base/assert.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace stockd::importer {

namespace {

/// Chosen: one read fills a useful part of what the CSV reader asks for.
constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;
constexpr unsigned char kGzipMagic[] = {0x1F, 0x8B};

base::Error io_error(const std::string& path, int error) {
    const auto code = error == ENOENT ? base::ErrorCode::kNotFound : base::ErrorCode::kIo;
    return {code, path + ": " + std::generic_category().message(error), {}, {}, {}};
}

struct DigestDeleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

}  // namespace

struct FileSource::Inflate {
    z_stream stream{};
    std::vector<char> input = std::vector<char>(kChunkBytes);
    bool is_compressed = false;
    bool is_at_end = false;           ///< of the file on disk
    bool is_between_members = false;  ///< a gzip member has ended and no other has begun

    [[nodiscard]] std::size_t available() const noexcept { return stream.avail_in; }
};

FileSource::FileSource(int descriptor, std::string path, std::uint64_t size)
    : descriptor_(descriptor),
      path_(std::move(path)),
      size_(size),
      inflate_(std::make_unique<Inflate>()) {}

FileSource::~FileSource() {
    if (inflate_->is_compressed) {
        (void)inflateEnd(&inflate_->stream);
    }
    (void)::close(descriptor_);
}

base::Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
    const int descriptor = ::open(
        // Opening a pipe would wait for a writer, before it can be refused.
        path.c_str(),
        O_RDONLY | O_CLOEXEC | O_NONBLOCK
    );
    if (descriptor < 0) {
        return io_error(path, errno);
    }

    struct stat facts {};

    if (::fstat(descriptor, &facts) != 0) {
        const int error = errno;
        (void)::close(descriptor);
        return io_error(path, error);
    }
    if (!S_ISREG(facts.st_mode)) {
        (void)::close(descriptor);
        const bool is_directory = S_ISDIR(facts.st_mode);
        return base::Error{
            base::ErrorCode::kIo,
            path + (is_directory ? " is a directory, not a file" : " is not a regular file"),
            {},
            is_directory ? "" : "The file is read twice, so a pipe does not do: save it first.",
            {}};
    }
    return std::unique_ptr<FileSource>(
        new FileSource(descriptor, path, static_cast<std::uint64_t>(facts.st_size))
    );
}

base::Result<std::size_t> FileSource::read_raw(char* into, std::size_t capacity) {
    while (true) {
        const auto got = ::read(descriptor_, into, capacity);
        if (got >= 0) {
            position_ += static_cast<std::uint64_t>(got);
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR) {
            return io_error(path_, errno);
        }
    }
}

base::Result<void> FileSource::refill() {
    auto& zip = *inflate_;
    const auto got = read_raw(zip.input.data(), zip.input.size());
    if (!got) {
        return got.error();
    }
    zip.is_at_end = *got == 0;
    zip.stream.next_in = reinterpret_cast<Bytef*>(zip.input.data());
    zip.stream.avail_in = static_cast<uInt>(*got);
    return {};
}

base::Result<std::size_t> FileSource::read(char* into, std::size_t capacity) {
    auto& zip = *inflate_;
    if (!is_detected_) {
        is_detected_ = true;
        if (auto filled = refill(); !filled) {
            return filled.error();
        }
        zip.is_compressed = zip.available() >= sizeof(kGzipMagic) &&
                            std::memcmp(zip.input.data(), kGzipMagic, sizeof(kGzipMagic)) == 0;
        // 15 + 16: the largest window, gzip framing (specified: zlib's manual).
        if (zip.is_compressed && inflateInit2(&zip.stream, 15 + 16) != Z_OK) {
            zip.is_compressed = false;
            throw std::bad_alloc{};
        }
    }
    if (zip.is_compressed) {
        return read_gzip(into, capacity);
    }
    if (zip.available() > 0) {
        const auto count = std::min<std::size_t>(capacity, zip.available());
        std::memcpy(into, zip.stream.next_in, count);
        zip.stream.next_in += count;
        zip.stream.avail_in -= static_cast<uInt>(count);
        return count;
    }
    return read_raw(into, capacity);
}

base::Result<std::size_t> FileSource::read_gzip(char* into, std::size_t capacity) {
    auto& zip = *inflate_;
    zip.stream.next_out = reinterpret_cast<Bytef*>(into);
    zip.stream.avail_out = static_cast<uInt>(std::min<std::size_t>(capacity, 1U << 30U));
    const uInt wanted = zip.stream.avail_out;
    while (zip.stream.avail_out == wanted) {
        if (zip.available() == 0 && !zip.is_at_end) {
            if (auto filled = refill(); !filled) {
                return filled.error();
            }
        }
        if (zip.available() == 0 && zip.is_at_end) {
            if (zip.is_between_members) {
                return 0;
            }
            return base::Error{
                base::ErrorCode::kInvalidArgument,
                path_ + " ends in the middle of its compressed data",
                {},
                "The file is truncated: fetch it again. Nothing of it was imported.",
                {}};
        }
        if (zip.is_between_members) {
            (void)inflateReset(&zip.stream);
            zip.is_between_members = false;
        }
        const int outcome = inflate(&zip.stream, Z_NO_FLUSH);
        if (outcome == Z_STREAM_END) {
            zip.is_between_members = true;
        } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
            return base::Error{
                base::ErrorCode::kInvalidArgument,
                path_ + ": the compressed data are damaged",
                zip.stream.msg == nullptr ? "" : zip.stream.msg,
                {},
                {}};
        }
    }
    return static_cast<std::size_t>(wanted - zip.stream.avail_out);
}

base::Result<std::string> hash_content(const std::string& path) {
    auto source = FileSource::open(path);
    if (!source) {
        return source.error();
    }
    const std::unique_ptr<EVP_MD_CTX, DigestDeleter> context{EVP_MD_CTX_new()};
    STOCKD_ASSERT(
        context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1,
        "SHA-256 is part of every libcrypto"
    );
    std::vector<char> chunk(kChunkBytes);
    while (true) {
        const auto got = (*source)->read(chunk.data(), chunk.size());
        if (!got) {
            return got.error();
        }
        if (*got == 0) {
            break;
        }
        (void)EVP_DigestUpdate(context.get(), chunk.data(), *got);
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    (void)EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        text += kDigits[digest[i] >> 4U];
        text += kDigits[digest[i] & 0xFU];
    }
    return text;
}

}  // namespace stockd::importer
