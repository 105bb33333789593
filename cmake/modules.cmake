# One static library a module, as src/layers.txt says: a line there without a
# folder is skipped, a folder without a line is an error.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# Debian packages that a module's library links with.
set(NEEDS_crypto libsecp256k1 libcrypto gmp libsodium)
set(NEEDS_codec jansson zlib)
set(NEEDS_io libuv)
set(NEEDS_store lmdb zlib)
set(NEEDS_net libmicrohttpd libcurl)
# libaio has no file for either.
find_library(AIO_LIBRARY aio REQUIRED)
set(LINKS_store ${AIO_LIBRARY})
# wslay has a CMake file of its own and none for pkg-config.
find_package(wslay CONFIG REQUIRED)
set(LINKS_net wslay)
set(NEEDS_app libarchive)

function(loft_program_settings target)
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src)
endfunction()

# A fuzz target is a program: with an engine it explores, without one a small
# main() replays its corpus, which is what ctest runs.
function(loft_fuzz_target module file)
    get_filename_component(name ${file} NAME_WE)          # fuzz_rlp
    string(REGEX REPLACE "^fuzz_" "" noun ${name})        # rlp
    set(corpus ${CMAKE_SOURCE_DIR}/src/${module}/test/corpus/${noun})
    if(LOFT_FUZZ)
        add_executable(${name} ${file})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
        add_executable(${name} ${file} ${CMAKE_SOURCE_DIR}/tests/replay.c)
        add_test(NAME ${module}.fuzz_${noun} COMMAND ${name} ${corpus})
    endif()
    loft_program_settings(${name})
    target_link_libraries(${name} PRIVATE loft_${module})
    if(TARGET ${module}_test)
        target_link_libraries(${name} PRIVATE ${module}_test)
    endif()
endfunction()

function(loft_test_target module file)
    get_filename_component(name ${file} NAME_WE)          # test_trie
    string(REGEX REPLACE "^test_" "" noun ${name})        # trie
    add_executable(${name} ${file})
    loft_program_settings(${name})
    if(TARGET ${module}_test)
        target_link_libraries(${name} PRIVATE ${module}_test)
    endif()
    target_link_libraries(${name} PRIVATE test_vectors loft_${module}
        PkgConfig::CMOCKA)
    add_test(NAME ${module}.${noun} COMMAND ${name})
    set_tests_properties(${module}.${noun} PROPERTIES
        SKIP_RETURN_CODE 77 TIMEOUT 900
        ENVIRONMENT "LOFT_VECTORS=${LOFT_VECTORS};LOFT_SOURCE=${CMAKE_SOURCE_DIR}")
endfunction()

# Published data for every test program: where it lies, unpacked once a build.
add_library(test_vectors STATIC tests/vectors.c)
loft_program_settings(test_vectors)
target_include_directories(test_vectors PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(test_vectors PRIVATE
    VECTORS_DEFAULT="${LOFT_VECTORS}"
    VECTORS_UNPACKED="${CMAKE_BINARY_DIR}/vectors")
target_link_libraries(test_vectors PUBLIC loft_codec)

# Slots are written limb by limb and would be read back by vectors: loads that
# wait until the stores are done. Measured: blake2b_huff 1.7 times as fast.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_property(SOURCE src/base/u256.c src/evm/interpreter_goto.c
        src/evm/interpreter_v3.c src/evm/interpreter_switch.c
        APPEND PROPERTY COMPILE_OPTIONS -mgeneral-regs-only)
endif()

file(STRINGS src/layers.txt LAYERS REGEX "^[a-z]")
foreach(line ${LAYERS})
    string(REGEX REPLACE "\\|.*$" "" line "${line}")
    string(REGEX MATCH "^([a-z0-9]+):(.*)$" ignored "${line}")
    set(module ${CMAKE_MATCH_1})
    separate_arguments(below UNIX_COMMAND "${CMAKE_MATCH_2}")
    if(NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/src/${module})
        continue()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS src/${module}/*.c)
    list(FILTER sources EXCLUDE REGEX "/app/(loft|loftd)\\.c$")
    if(NOT sources)
        continue()
    endif()
    add_library(loft_${module} STATIC ${sources})
    loft_program_settings(loft_${module})
    target_compile_definitions(loft_${module} PRIVATE LOFT_MODULE="${module}")
    foreach(other ${below})
        if(TARGET loft_${other})
            target_link_libraries(loft_${module} PUBLIC loft_${other})
        endif()
    endforeach()
    foreach(package ${NEEDS_${module}})
        string(MAKE_C_IDENTIFIER ${package} id)
        pkg_check_modules(${id} REQUIRED IMPORTED_TARGET ${package})
        target_link_libraries(loft_${module} PUBLIC PkgConfig::${id})
    endforeach()
    target_link_libraries(loft_${module} PUBLIC ${LINKS_${module}}
        Threads::Threads m)

    # What a module's tests share: files in its test folder that are neither
    # a test nor a fuzz target.
    file(GLOB helpers CONFIGURE_DEPENDS src/${module}/test/*.c)
    list(FILTER helpers EXCLUDE REGEX "/(test|fuzz)_[^/]*$")
    if(helpers)
        add_library(${module}_test STATIC ${helpers})
        loft_program_settings(${module}_test)
        target_link_libraries(${module}_test PUBLIC loft_${module})
        foreach(other ${below})
            if(TARGET ${other}_test)
                target_link_libraries(${module}_test PUBLIC ${other}_test)
            endif()
        endforeach()
    endif()

    file(GLOB tests CONFIGURE_DEPENDS src/${module}/test/test_*.c)
    foreach(file ${tests})
        loft_test_target(${module} ${file})
    endforeach()
    file(GLOB fuzzers CONFIGURE_DEPENDS src/${module}/test/fuzz_*.c)
    foreach(file ${fuzzers})
        loft_fuzz_target(${module} ${file})
    endforeach()
endforeach()

# The two programs: src/app/<program>.c holds main(), what else lies in the
# folder is shared by both.
foreach(program loft loftd)
    if(EXISTS ${CMAKE_SOURCE_DIR}/src/app/${program}.c)
        add_executable(${program} src/app/${program}.c)
        loft_program_settings(${program})
        foreach(library loft_app loft_node)
            if(TARGET ${library})
                target_link_libraries(${program} PRIVATE ${library})
            endif()
        endforeach()
    endif()
endforeach()

# Benchmarks: programs of their own, built by request (make bench).
file(GLOB benches CONFIGURE_DEPENDS bench/bench_*.c)
foreach(file ${benches})
    get_filename_component(name ${file} NAME_WE)
    add_executable(${name} EXCLUDE_FROM_ALL ${file})
    loft_program_settings(${name})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE loft_app loft_p2p evm_test)
    list(APPEND BENCHES ${name})
endforeach()
if(BENCHES)
    add_custom_target(benches DEPENDS ${BENCHES})
endif()
