#pragma once

#include "base/result.hpp"
#include "config/options.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::config {

/// One setting: how it is called everywhere, what it means, and how it gets into Options.
struct Setting {
    std::string name;   ///< "admin-listen": flag --admin-listen, key admin_listen, variable
                        ///< STOCKD_ADMIN_LISTEN
    std::string group;  ///< heading of the help text
    std::string value;  ///< what stands for the value in the help text
    std::string help;
    bool is_live = false;    ///< read again at SIGHUP
    bool is_secret = false;  ///< holds a password, perhaps
    bool is_path = false;    ///< names a file or a directory
    std::function<base::Result<void>(Options&, std::string_view)> set;
    std::function<std::string(const Options&)> get;

    [[nodiscard]] std::string key() const;
    [[nodiscard]] std::string variable() const;
};

/// All settings, in the order of the help text.
[[nodiscard]] const std::vector<Setting>& settings();

/// The setting with this key or nullptr.
[[nodiscard]] const Setting* find_setting(std::string_view key);

/// The known text that is one or two typing errors away, or empty.
[[nodiscard]] std::string nearest(std::string_view text, const std::vector<std::string>& known);

}  // namespace stockd::config
