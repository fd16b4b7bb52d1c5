# Adds a folder if it has a CMakeLists.txt.
macro(spaceframe_add_subdirectory_if_present folder)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
        add_subdirectory(${folder})
    endif()
endmacro()
