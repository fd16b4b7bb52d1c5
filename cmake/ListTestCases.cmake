# Run after each build of a test program: writes a ctest file with one test for each of its doctest cases.
#   cmake -D PROGRAM=<file> -D PREFIX=<name> -D PROPERTIES_FILE=<file> -D OUTPUT=<file> -P ListTestCases.cmake
# (doctest's own module loses labels and list-valued properties, and trips over ';' and '[' in names.)

include(${PROPERTIES_FILE})

execute_process(
    COMMAND ${PROGRAM} --list-test-cases --no-colors=true
    OUTPUT_VARIABLE output
    ERROR_VARIABLE errors
    RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} could not list its test cases (${result}):\n${output}${errors}")
endif()

set(script "")
set(rest "${output}")
while(NOT rest STREQUAL "")
    string(FIND "${rest}" "\n" end)
    if(end EQUAL -1)
        set(line "${rest}")
        set(rest "")
    else()
        string(SUBSTRING "${rest}" 0 ${end} line)
        math(EXPR next "${end} + 1")
        string(SUBSTRING "${rest}" ${next} -1 rest)
    endif()
    if(line STREQUAL "" OR line MATCHES "^\\[doctest\\]" OR line MATCHES "^====*$")
        continue()
    endif()
    string(REPLACE "," "\\," filter "${line}")
    string(APPEND script
        "add_test([==[${PREFIX}/${line}]==] [==[${PROGRAM}]==] [==[--test-case=${filter}]==])\n"
        "set_tests_properties([==[${PREFIX}/${line}]==] PROPERTIES ${properties})\n")
endwhile()
if(script STREQUAL "")
    message(FATAL_ERROR "${PROGRAM} has no test case")
endif()
file(WRITE ${OUTPUT} "${script}")
