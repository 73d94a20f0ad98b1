/// usage: replay FILE_OR_DIRECTORY...
/// Feeds kept inputs to a fuzz target without a fuzzer: what was found once is tested in every
/// build.
#include "target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fs = std::filesystem;

int main(int argc, char** argv) {
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i) {
        if (fs::is_directory(argv[i])) {
            for (const auto& entry : fs::directory_iterator(argv[i])) {
                files.push_back(entry.path());
            }
        } else {
            files.emplace_back(argv[i]);
        }
    }
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
        std::ifstream file{path, std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        if (!file) {
            std::cerr << "cannot read " << path << "\n";
            return 1;
        }
        std::cerr << path.filename() << std::endl;  // the last one named is the one that failed
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): text is made of bytes.
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::cerr << files.size() << " inputs\n";
    return files.empty() ? 1 : 0;
}
