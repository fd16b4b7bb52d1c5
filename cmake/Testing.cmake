# Tests. Every doctest TEST_CASE is a ctest test of its own, so each runs alone, in parallel, with a time limit.

find_package(doctest REQUIRED)

set(SPACEFRAME_TEST_ENVIRONMENT
    "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:halt_on_error=1"
    "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0"
    "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp")

# spaceframe_test_code: how code is compiled that is only there to test. Optimising it takes gcc longer than all the rest, most
# of all with sanitizers. What is tested is optimised as the preset says, and so are the tests where clang compiles them. Link
# it PRIVATE.
add_library(spaceframe_test_code INTERFACE)
target_link_libraries(spaceframe_test_code INTERFACE spaceframe_warnings)
target_compile_options(spaceframe_test_code INTERFACE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:$<IF:$<CONFIG:Debug>,-O0,-O1>>)

# What takes minutes is built by this target, and not with the rest.
add_custom_target(long_tests)

# spaceframe_add_test(NAME <name> [OWN_MAIN] SOURCES <file>... [LIBRARIES <target>...] [LABELS <label>...] [TIMEOUT <seconds>]
#                    [SKIP_RETURN_CODE <code>])
#
# Makes the doctest program bin/tests/<name>, with the shared main, and registers its test cases as <name>/<test case>.
# With OWN_MAIN the program lists and runs its cases itself, with doctest's options --list-test-cases and --test-case.
# TIMEOUT is for each test case (default 60; three times as long under sanitizers). A program that ends with SKIP_RETURN_CODE has
# been skipped: ctest's closing lines say so. Dependencies on plug-ins are given with add_dependencies(<name> ...).
# With the label "long" it is the target long_tests that builds the program, which is another one with greater numbers.
function(spaceframe_add_test)
    cmake_parse_arguments(PARSE_ARGV 0 arg "OWN_MAIN" "NAME;TIMEOUT;SKIP_RETURN_CODE" "SOURCES;LIBRARIES;LABELS")
    if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "spaceframe_add_test needs NAME and SOURCES; not understood: '${arg_UNPARSED_ARGUMENTS}'")
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    if(SPACEFRAME_SANITIZE)
        math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 3")
    endif()

    if(arg_SKIP_RETURN_CODE)
        set(skip_property "SKIP_RETURN_CODE ${arg_SKIP_RETURN_CODE}")
    else()
        set(skip_property "")
    endif()

    add_executable(${arg_NAME} ${arg_SOURCES})
    set_target_properties(${arg_NAME} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/tests)
    target_link_libraries(${arg_NAME} PRIVATE spaceframe_test_code ${arg_LIBRARIES})
    if("long" IN_LIST arg_LABELS)
        set_target_properties(${arg_NAME} PROPERTIES EXCLUDE_FROM_ALL ON)
        add_dependencies(long_tests ${arg_NAME})
    endif()
    if(NOT arg_OWN_MAIN)
        target_link_libraries(${arg_NAME} PRIVATE spaceframe_test_main doctest::doctest)
    endif()

    set(base ${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME})
    # A filter that matches nothing counts as success for doctest; here it is a failure.
    file(CONFIGURE OUTPUT ${base}_properties.cmake @ONLY CONTENT
"set(properties [====[
    TIMEOUT @arg_TIMEOUT@
    LABELS [==[@arg_LABELS@]==]
    ENVIRONMENT [==[@SPACEFRAME_TEST_ENVIRONMENT@]==]
    FAIL_REGULAR_EXPRESSION [==[test cases: *0 ]==]
    @skip_property@
]====])
")
    file(WRITE ${base}_include.cmake
"if(EXISTS [==[${base}_tests.cmake]==])
    include([==[${base}_tests.cmake]==])
else()
    add_test(${arg_NAME}-is-not-built ${arg_NAME}-is-not-built)
    set_tests_properties(${arg_NAME}-is-not-built PROPERTIES LABELS [==[${arg_LABELS}]==])
endif()
")
    add_custom_command(TARGET ${arg_NAME} POST_BUILD
        BYPRODUCTS ${base}_tests.cmake
        COMMAND ${CMAKE_COMMAND}
            -D PROGRAM=$<TARGET_FILE:${arg_NAME}>
            -D PREFIX=${arg_NAME}
            -D PROPERTIES_FILE=${base}_properties.cmake
            -D OUTPUT=${base}_tests.cmake
            -P ${PROJECT_SOURCE_DIR}/cmake/ListTestCases.cmake
        VERBATIM)
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${base}_include.cmake)
endfunction()
