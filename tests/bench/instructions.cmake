# bench-instructions: instructions for each message, which do not depend on how busy the machine is.
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
add_executable(bench-instructions instructions/main.cpp)
target_link_libraries(bench-instructions PRIVATE spaceframe_warnings spaceframe::kernel CLI11::CLI11 fmt::fmt)
set_target_properties(bench-instructions PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/bench)
add_dependencies(bench-instructions transport-tcp zmtp backpressure reconnect)

# The limits are those of this compiler, with plug-ins that are loaded.
find_program(SPACEFRAME_VALGRIND valgrind)
if(NOT SPACEFRAME_VALGRIND)
    message(STATUS "valgrind is missing (script/bootstrap --all installs it): instructions are not counted by the tests")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13 AND NOT SPACEFRAME_STATIC_PLUGINS)
    add_test(NAME bench-instructions
        COMMAND ${CMAKE_CURRENT_LIST_DIR}/instructions/count.sh $<TARGET_FILE:bench-instructions>
            ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_LIST_DIR}/instructions/limits.txt)
    set_tests_properties(bench-instructions PROPERTIES TIMEOUT 300)
endif()
