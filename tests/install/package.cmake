# Uses the installed package as a project does, and asks it for what it does not have.
include(${SETTINGS})

set(folder ${scratch}/package)
run(${CMAKE_COMMAND} -S ${here}/package -B ${folder} ${configure_arguments})
run(${CMAKE_COMMAND} --build ${folder})
run(${CMAKE_CTEST_COMMAND} --test-dir ${folder} --no-tests=error --output-on-failure)

# refuses(<text> <arguments of find_package>...)
function(refuses text)
    string(REPLACE ";" " " arguments "${ARGN}")
    file(WRITE ${scratch}/refused/CMakeLists.txt
        "cmake_minimum_required(VERSION 3.25)\nproject(refused LANGUAGES NONE)\nfind_package(${arguments})\n")
    execute_process(
        COMMAND ${CMAKE_COMMAND} -G Ninja -S ${scratch}/refused -B ${scratch}/refused/build -DCMAKE_PREFIX_PATH=${prefix}
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    string(FIND "${output}" "${text}" position)
    if(result EQUAL 0 OR position EQUAL -1)
        message(FATAL_ERROR "find_package(${arguments}) should fail with '${text}', but ended with ${result}:\n${output}")
    endif()
    file(REMOVE_RECURSE ${scratch}/refused)
endfunction()

refuses("Spaceframe has no component 'wings'; its components are sdk and kernel"
    Spaceframe REQUIRED COMPONENTS sdk wings)
refuses("version: ${version}" Spaceframe 0.2 REQUIRED COMPONENTS sdk)
refuses("version: ${version}" Spaceframe 0.0.1 REQUIRED COMPONENTS sdk)
