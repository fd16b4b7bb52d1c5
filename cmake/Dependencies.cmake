# Third-party packages. Each is a target that is linked where it is used; none is vendored.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
set(SPACEFRAME_BOOST_VERSION 1.81)
find_package(Boost ${SPACEFRAME_BOOST_VERSION} REQUIRED)
find_package(fmt REQUIRED)
if(SPACEFRAME_BUILD_TOOLS)
    find_package(CLI11 REQUIRED)
endif()

# spaceframe_boost: header-only Boost as the kernel uses it. Boost.DLL on std::filesystem needs no Boost library.
add_library(spaceframe_boost INTERFACE)
target_link_libraries(spaceframe_boost INTERFACE Boost::headers Threads::Threads ${CMAKE_DL_LIBS})
target_compile_definitions(spaceframe_boost INTERFACE
    BOOST_ASIO_NO_DEPRECATED
    BOOST_DLL_USE_STD_FS)

# spaceframe_libzmq: ZeroMQ's own library, for interop tests, benchmarks and the demo's clients. Never for the kernel.
if(SPACEFRAME_BUILD_TESTS OR SPACEFRAME_BUILD_SAMPLES)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(libzmq REQUIRED IMPORTED_TARGET libzmq>=4.3)
    add_library(spaceframe_libzmq INTERFACE)
    target_link_libraries(spaceframe_libzmq INTERFACE PkgConfig::libzmq Threads::Threads)
endif()
