# stockd_cluster_test(name COMMAND program [argument]... [LABELS label...] [TIMEOUT seconds] [NO_MIGRATE]
#                     [SETTINGS name=value...] [PROCESSORS n])
# One ctest that runs a command against a throw-away, migrated PostgreSQL cluster of its own (tests/support/with_cluster).
# A command that is a target of ours is its program. The command finds the database through psql's variables and
# STOCKD_TEST_DATABASE_URL, and the built programs in STOCKD_TEST_BIN.
function(stockd_cluster_test name)
    cmake_parse_arguments(ARG "NO_MIGRATE" "TIMEOUT;PROCESSORS" "COMMAND;LABELS;SETTINGS" ${ARGN})
    set(options "")
    if(ARG_NO_MIGRATE)
        list(APPEND options --no-migrate)
    endif()
    foreach(setting IN LISTS ARG_SETTINGS)
        list(APPEND options --set ${setting})
    endforeach()
    list(POP_FRONT ARG_COMMAND program)
    if(TARGET ${program})
        set(program $<TARGET_FILE:${program}>)
    endif()
    add_test(NAME ${name} COMMAND with_cluster ${options} -- ${program} ${ARG_COMMAND}
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * ${STOCKD_SLOWDOWN}")
    if(NOT ARG_PROCESSORS)
        set(ARG_PROCESSORS 1)
    endif()
    set_tests_properties(${name} PROPERTIES
        LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} PROCESSORS ${ARG_PROCESSORS}
        ENVIRONMENT "STOCKD_TEST_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()
