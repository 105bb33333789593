# What the tree checks about itself: tests named tree.*.
find_package(Python3 COMPONENTS Interpreter REQUIRED)

function(loft_tree_test noun)
    add_test(NAME tree.${noun}
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check_${noun}.py ${ARGN}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(tree.${noun} PROPERTIES SKIP_RETURN_CODE 77)
endfunction()

loft_tree_test(layers)
loft_tree_test(headers ${CMAKE_C_COMPILER})
loft_tree_test(format)
loft_tree_test(architecture)
loft_tree_test(events)
loft_tree_test(attacks)
loft_tree_test(generated)
loft_tree_test(web)
