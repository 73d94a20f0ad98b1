// Debian has Boost 1.81 as headers only: the library's one translation unit is compiled here.
#include <boost/json/src.hpp>
