#pragma once

#include "csv/reader.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace stockd::importer {

/// A file, plain or gzip (by its first bytes, not by its name; several gzip members are one file).
/// One thread.
class FileSource : public csv::Source {
  public:
    /// Errors: kNotFound, kIo (a directory, unreadable); the message names the path.
    [[nodiscard]] static base::Result<std::unique_ptr<FileSource>> open(const std::string& path);
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;
    FileSource(FileSource&&) = delete;
    FileSource& operator=(FileSource&&) = delete;
    ~FileSource() override;

    /// Errors: kIo (read error), kInvalidArgument (damaged or truncated gzip).
    [[nodiscard]] base::Result<std::size_t> read(char* into, std::size_t capacity) override;

    /// Bytes of the file as it lies on disk: how many, and how many were read.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

  private:
    struct Inflate;
    FileSource(int descriptor, std::string path, std::uint64_t size);
    [[nodiscard]] base::Result<std::size_t> read_raw(char* into, std::size_t capacity);
    [[nodiscard]] base::Result<std::size_t> read_gzip(char* into, std::size_t capacity);
    [[nodiscard]] base::Result<void> refill();

    int descriptor_;
    std::string path_;
    std::uint64_t size_;
    std::uint64_t position_ = 0;
    bool is_detected_ = false;
    std::unique_ptr<Inflate> inflate_;
};

/// SHA-256 of the uncompressed content, in lower-case hexadecimal. Reads the whole file, so a
/// truncated one is found before anything of it is imported.
[[nodiscard]] base::Result<std::string> hash_content(const std::string& path);

}  // namespace stockd::importer
