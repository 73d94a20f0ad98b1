# What `cmake --install` puts where: programs, unit, default settings, and the in-process library for find_package(stockd).
include(CMakePackageConfigHelpers)

# The facade and the modules that it is made of.
install(
    TARGETS stockd_options stockd_boost_json
        stockd_base stockd_change stockd_cache stockd_observe stockd_pg stockd_migrate stockd_source stockd_app
    EXPORT stockdTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT stockdTargets NAMESPACE stockd:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/stockd)

# Only what app/inventory.hpp leads to is public.
foreach(module base change cache)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/${module}
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/stockd
        FILES_MATCHING PATTERN "*.hpp" PATTERN detail EXCLUDE)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/src/app/inventory.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/stockd/app)

configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/cmake/stockdConfig.cmake.in ${PROJECT_BINARY_DIR}/stockdConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/stockd)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/stockdConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(
    FILES ${PROJECT_BINARY_DIR}/stockdConfig.cmake ${PROJECT_BINARY_DIR}/stockdConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/stockd)

install(FILES ${PROJECT_SOURCE_DIR}/packaging/stockd.service DESTINATION lib/systemd/system)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/stockd.toml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/stockd)
