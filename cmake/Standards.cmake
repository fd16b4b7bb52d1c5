# What holds for every target: language standards, where outputs go, hidden symbols, ccache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(SPACEFRAME_PLUGIN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/spaceframe/plugins)

set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

find_program(SPACEFRAME_CCACHE ccache)
mark_as_advanced(SPACEFRAME_CCACHE)
if(SPACEFRAME_CCACHE)
    foreach(language IN ITEMS C CXX)
        if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
            set(CMAKE_${language}_COMPILER_LAUNCHER ${SPACEFRAME_CCACHE})
        endif()
    endforeach()
endif()

# A set of sanitizers for every target: "address,undefined" or "thread". Set by the presets.
set(SPACEFRAME_SANITIZE "" CACHE STRING "Sanitizers, as the compiler's -fsanitize= takes them")
if(SPACEFRAME_SANITIZE)
    add_compile_options(-fsanitize=${SPACEFRAME_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=${SPACEFRAME_SANITIZE})
endif()
