# spaceframe_add_plugin(<name> SOURCES <file>... [LIBRARIES <target>...] [OUTPUT_DIRECTORY <folder>] [DYNAMIC])
#
# Makes the plug-in <name>: the library <name>.so in lib/spaceframe/plugins of the build folder (or in
# OUTPUT_DIRECTORY), with hidden symbols; and <name>-objects, a static library of the same code, so that unit
# tests can link its classes. Include folders of SOURCES: the current one.
#
# With SPACEFRAME_STATIC_PLUGINS the plug-in is built into the kernel instead, unless DYNAMIC is given.
function(spaceframe_add_plugin name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "DYNAMIC" "OUTPUT_DIRECTORY" "SOURCES;LIBRARIES")
    if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "spaceframe_add_plugin(${name}) needs SOURCES; not understood: '${arg_UNPARSED_ARGUMENTS}'")
    endif()

    set(built_in FALSE)
    if(SPACEFRAME_STATIC_PLUGINS AND NOT arg_DYNAMIC)
        set(built_in TRUE)
    endif()

    set(code ${name}-code)
    add_library(${code} OBJECT ${arg_SOURCES})
    target_compile_features(${code} PRIVATE cxx_std_20)
    set_target_properties(${code} PROPERTIES
        POSITION_INDEPENDENT_CODE ON
        C_VISIBILITY_PRESET hidden
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON)
    target_link_libraries(${code} PUBLIC spaceframe::sdk ${arg_LIBRARIES})
    target_include_directories(${code} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    if(TARGET spaceframe_warnings)
        target_link_libraries(${code} PRIVATE $<BUILD_INTERFACE:spaceframe_warnings>)
    endif()

    add_library(${name}-objects STATIC $<TARGET_OBJECTS:${code}>)
    target_link_libraries(${name}-objects PUBLIC spaceframe::sdk ${arg_LIBRARIES})
    target_include_directories(${name}-objects PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_features(${name}-objects PUBLIC cxx_std_20)
    set_target_properties(${name}-objects PROPERTIES LINKER_LANGUAGE CXX)

    if(built_in)
        string(MAKE_C_IDENTIFIER "spaceframe_plugin_${name}" entry)
        target_compile_definitions(${code} PRIVATE SPACEFRAME_PLUGIN_STATIC_NAME=${entry})
        add_custom_target(${name} DEPENDS ${name}-objects)
        set_target_properties(${name} PROPERTIES SPACEFRAME_ENTRY ${entry})
        set_property(GLOBAL APPEND PROPERTY SPACEFRAME_BUILT_IN_PLUGINS ${name})
        return()
    endif()

    if(NOT arg_OUTPUT_DIRECTORY)
        if(SPACEFRAME_PLUGIN_OUTPUT_DIRECTORY)
            set(arg_OUTPUT_DIRECTORY ${SPACEFRAME_PLUGIN_OUTPUT_DIRECTORY})
        else()
            set(arg_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/spaceframe/plugins)
        endif()
    endif()
    # Nothing but the entry is exported, instantiations of the standard library's templates included: two
    # plug-ins never resolve to each other's code.
    set(exports ${CMAKE_CURRENT_BINARY_DIR}/${name}.exports)
    file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: spaceframe_plugin; local: *; };\n")
    add_library(${name} MODULE $<TARGET_OBJECTS:${code}>)
    target_link_options(${name} PRIVATE LINKER:--version-script=${exports})
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${exports})
    target_link_libraries(${name} PRIVATE spaceframe::sdk ${arg_LIBRARIES})
    set_target_properties(${name} PROPERTIES
        PREFIX ""
        SUFFIX .so
        LINKER_LANGUAGE CXX
        LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT_DIRECTORY})
endfunction()
