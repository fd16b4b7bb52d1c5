# bench-codec: frames a second of the ZMTP codec alone.
find_package(benchmark REQUIRED)
add_executable(bench-codec ${CMAKE_CURRENT_LIST_DIR}/codec_bench.cpp)
set_target_properties(bench-codec PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/bench)
target_link_libraries(bench-codec PRIVATE zmtp-objects spaceframe_warnings benchmark::benchmark_main)
