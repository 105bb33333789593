include(GNUInstallDirs)

# Manual pages and completion: printed by the programs from their own tables.
set(DOCUMENTS)
function(loft_document program file)
    set(path ${CMAKE_BINARY_DIR}/documents/${file})
    add_custom_command(OUTPUT ${path}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/documents
        COMMAND ${program} ${ARGN} > ${path}
        DEPENDS ${program})
    set(DOCUMENTS ${DOCUMENTS} ${path} PARENT_SCOPE)
endfunction()

foreach(program loft loftd)
    if(TARGET ${program})
        install(TARGETS ${program} DESTINATION ${CMAKE_INSTALL_BINDIR})
        set(documents ${CMAKE_BINARY_DIR}/documents)
        loft_document(${program} ${program}.1 --print-man)
        loft_document(${program} ${program}.bash --print-completion bash)
        loft_document(${program} ${program}.zsh --print-completion zsh)
        loft_document(${program} ${program}.fish --print-completion fish)
        install(FILES ${documents}/${program}.1
            DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
        install(FILES ${documents}/${program}.bash RENAME ${program}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
        install(FILES ${documents}/${program}.zsh RENAME _${program}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
        install(FILES ${documents}/${program}.fish
            DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    endif()
endforeach()
add_custom_target(documents ALL DEPENDS ${DOCUMENTS})
