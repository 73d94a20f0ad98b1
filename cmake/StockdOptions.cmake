# What every target of the project shares: standard, warnings, hardening, sanitizers.
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(STOCKD_WERROR "Warnings are errors (CI, dev)" OFF)
option(STOCKD_FUZZ "Link the fuzz targets with libFuzzer (clang)" OFF)
set(STOCKD_SANITIZE "" CACHE STRING "address,undefined | thread | empty")

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)

add_library(stockd_options INTERFACE)
target_compile_features(stockd_options INTERFACE cxx_std_20)
target_include_directories(stockd_options INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/stockd>)
target_link_libraries(stockd_options INTERFACE Threads::Threads Boost::headers)
target_compile_definitions(stockd_options INTERFACE
    $<BUILD_INTERFACE:_GLIBCXX_ASSERTIONS> BOOST_ASIO_NO_DEPRECATED)
target_compile_options(stockd_options INTERFACE
    $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Wnon-virtual-dtor;-Wold-style-cast;-Woverloaded-virtual>
    # gcc 12 reports these falsely in its own headers and in Boost's.
    $<BUILD_INTERFACE:$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized;-Wno-null-dereference;-Wno-dangling-pointer;-Wno-mismatched-new-delete>>
    $<$<BOOL:${STOCKD_WERROR}>:$<BUILD_INTERFACE:-Werror>>)
# How much longer a test may take.
set(STOCKD_SLOWDOWN 1)
if(STOCKD_SANITIZE)
    set(STOCKD_SLOWDOWN 5)
    target_compile_options(stockd_options INTERFACE
        -fsanitize=${STOCKD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(stockd_options INTERFACE -fsanitize=${STOCKD_SANITIZE})
    if(STOCKD_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # gcc warns that it does not model the fences in Asio's completion handlers; Asio's locks order the same accesses.
        target_compile_options(stockd_options INTERFACE -Wno-tsan)
    endif()
endif()
