# bench-compare: Spaceframe beside libzmq and beside the raw socket, in one run.
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
if(NOT TARGET spaceframe_sample_support)
    add_subdirectory(${PROJECT_SOURCE_DIR}/samples/support ${CMAKE_CURRENT_BINARY_DIR}/sample-support)
endif()

add_executable(bench-compare
    compare/main.cpp
    compare/meter.cpp
    compare/report.cpp
    compare/runner.cpp
    compare/side_libzmq.cpp
    compare/side_raw.cpp
    compare/side_spaceframe.cpp
    compare/workloads.cpp)
target_link_libraries(bench-compare PRIVATE
    spaceframe_warnings spaceframe::kernel spaceframe_sample_support spaceframe_libzmq
    CLI11::CLI11 fmt::fmt nlohmann_json::nlohmann_json)
add_dependencies(bench-compare transport-tcp transport-ipc zmtp backpressure reconnect)

# That every side of every workload runs; says nothing about speed.
add_test(NAME bench-smoke COMMAND bench-compare --smoke)
# It spins, and measures: nothing beside it.
set_tests_properties(bench-smoke PROPERTIES TIMEOUT 300 RUN_SERIAL ON)
