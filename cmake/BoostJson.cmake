# Boost.JSON, compiled once for every module that links stockd_boost_json: nobody else includes boost/json/src.hpp.
add_library(stockd_boost_json STATIC ${CMAKE_CURRENT_LIST_DIR}/boost_json.cpp)
target_compile_features(stockd_boost_json PUBLIC cxx_std_20)
target_link_libraries(stockd_boost_json PUBLIC Boost::headers)
