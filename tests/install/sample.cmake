# Builds a sample plug-in as a project of its own, runs its tests, and installs it where a manifest will look for it. No
# Boost: what an author needs is the SDK alone.
include(${SETTINGS})

set(folder ${scratch}/${SAMPLE})
run(${CMAKE_COMMAND} -S ${samples}/${SAMPLE} -B ${folder} ${configure_arguments}
    -DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON)
run(${CMAKE_COMMAND} --build ${folder})
run(${CMAKE_CTEST_COMMAND} --test-dir ${folder} --no-tests=error --output-on-failure)
run(${CMAKE_COMMAND} --install ${folder} --prefix ${scratch}/samples)
