# The console's files, as a table in the daemon (src/node/console.h).
find_package(Python3 COMPONENTS Interpreter REQUIRED)
file(GLOB_RECURSE WEB_FILES CONFIGURE_DEPENDS web/*.html web/*.js web/*.css
    web/*.svg web/*.txt)
set(CONSOLE_FILES_C ${CMAKE_BINARY_DIR}/console_files.c)
add_custom_command(OUTPUT ${CONSOLE_FILES_C}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed_web.py
        ${CMAKE_SOURCE_DIR}/web ${CONSOLE_FILES_C}
    DEPENDS ${WEB_FILES} tools/embed_web.py
    COMMENT "Embedding the console" VERBATIM)
target_sources(loft_node PRIVATE ${CONSOLE_FILES_C})
