# Published state and block tests, whole archives.
function(loft_fixture_test noun command archive)
    add_test(NAME fixtures.${noun}
        COMMAND ${CMAKE_SOURCE_DIR}/tests/fixtures $<TARGET_FILE:loft> ${command} ${archive})
    set_tests_properties(fixtures.${noun} PROPERTIES
        SKIP_RETURN_CODE 77 TIMEOUT 1800 PROCESSORS 2
        ENVIRONMENT "LOFT_VECTORS=${LOFT_VECTORS};${ARGN}")
endfunction()

if(TARGET loft)
    loft_fixture_test(eest_state statetest eest-state-tests.tar.xz)
    # Code that runs once is not translated: these translate all of it.
    loft_fixture_test(eest_state_switch statetest eest-state-tests.tar.xz
        LOFT_EVM=switch)
    loft_fixture_test(eest_state_v3 statetest eest-state-tests.tar.xz LOFT_EVM=v3)
    loft_fixture_test(eest_blocks blocktest eest-blockchain-tests.tar.xz)
    loft_fixture_test(ethereum_blocks blocktest ethereum-blockchain-tests.tar.xz)
endif()
