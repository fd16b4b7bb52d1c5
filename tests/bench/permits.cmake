find_package(benchmark REQUIRED)
add_executable(permits_bench ${CMAKE_CURRENT_LIST_DIR}/permits_bench.cpp)
target_link_libraries(permits_bench PRIVATE backpressure-objects spaceframe_warnings benchmark::benchmark)
