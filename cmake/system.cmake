# Tests of the programs as built and of what is not C.
function(loft_system_test name)
    add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
        ENVIRONMENT
            "LOFT_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};LOFT_VECTORS=${LOFT_VECTORS}")
endfunction()

loft_system_test(contracts.fresh sh -c
    "command -v node >/dev/null || exit 77; exec node contracts/compile.mjs --check")
loft_system_test(demo.demo ${Python3_EXECUTABLE} tools/demo)
loft_system_test(e2e.killed ${Python3_EXECUTABLE} tests/e2e/killed.py)
loft_system_test(e2e.reverted ${Python3_EXECUTABLE} tests/e2e/reverted.py)
loft_system_test(e2e.waiting ${Python3_EXECUTABLE} tests/e2e/waiting.py)
loft_system_test(e2e.daemon ${Python3_EXECUTABLE} tests/e2e/daemon.py)
loft_system_test(e2e.cli ${Python3_EXECUTABLE} tests/e2e/cli.py)
loft_system_test(e2e.backup ${Python3_EXECUTABLE} tests/e2e/backup.py)
loft_system_test(e2e.dev_methods ${Python3_EXECUTABLE} tests/e2e/dev_methods.py)
loft_system_test(e2e.methods ${Python3_EXECUTABLE} tests/e2e/methods.py)
loft_system_test(e2e.abuse ${Python3_EXECUTABLE} tests/e2e/abuse.py)
loft_system_test(e2e.peers ${Python3_EXECUTABLE} tests/e2e/peers.py)
loft_system_test(e2e.libp2p ${Python3_EXECUTABLE} tests/e2e/libp2p.py)
loft_system_test(e2e.flood ${Python3_EXECUTABLE} tests/e2e/flood.py)
loft_system_test(e2e.fork ${Python3_EXECUTABLE} tests/e2e/fork.py)
loft_system_test(e2e.rpc_compat ${Python3_EXECUTABLE} tests/e2e/rpc_compat.py)
loft_system_test(e2e.pending ${Python3_EXECUTABLE} tests/e2e/pending.py)

# The peer that js-libp2p's and go-libp2p's are run against: tests/libp2p/run.
add_executable(loft_peer tests/libp2p/loft_peer.c)
loft_program_settings(loft_peer)
target_link_libraries(loft_peer PRIVATE loft_p2p)
