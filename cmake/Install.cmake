# What `cmake --install` makes beside the targets: the packages for CMake and for pkg-config. Each part of the tree
# installs its own targets. Nothing that is installed names the prefix: a copy may be moved.

include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Spaceframe)
set(made_folder ${PROJECT_BINARY_DIR}/package)

foreach(part IN ITEMS sdk kernel)
    install(EXPORT spaceframe_${part}
        NAMESPACE spaceframe::
        FILE Spaceframe-${part}.cmake
        DESTINATION ${package_folder}
        COMPONENT ${part})
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/SpaceframeConfig.cmake.in ${made_folder}/SpaceframeConfig.cmake
    INSTALL_DESTINATION ${package_folder}
    PATH_VARS CMAKE_INSTALL_LIBDIR)
# While the version is 0.x, the next minor version may break what uses this one.
write_basic_package_version_file(${made_folder}/SpaceframeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${made_folder}/SpaceframeConfig.cmake
    ${made_folder}/SpaceframeConfigVersion.cmake
    DESTINATION ${package_folder}
    COMPONENT sdk)

file(RELATIVE_PATH from_pkgconfig_to_prefix
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" from_pkgconfig_to_prefix "${from_pkgconfig_to_prefix}")
foreach(name IN ITEMS spaceframe spaceframe-sdk)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${made_folder}/${name}.pc @ONLY)
endforeach()
install(FILES ${made_folder}/spaceframe.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT kernel)
install(FILES ${made_folder}/spaceframe-sdk.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sdk)
