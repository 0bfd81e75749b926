# The three shapes of target in this tree.

# risk_library(NAME SOURCES file... [LINK target...] [PRIVATE_LINK target...])
# libs/<module>: headers in include/, sources in src/.
function(risk_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC include PRIVATE src)
  target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE risk_options ${arg_PRIVATE_LINK})
endfunction()

# risk_service(NAME SOURCES file... LINK target... [PRIVATE_LINK target...])
# services/<name>: the library <name>_app with everything but main.cpp, so that tests run it in process, and the executable.
function(risk_service name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  string(REPLACE "-" "_" library ${name}_app)
  add_library(${library} STATIC ${arg_SOURCES})
  target_include_directories(${library} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/..)
  target_link_libraries(${library} PUBLIC ${arg_LINK} PRIVATE risk_options ${arg_PRIVATE_LINK})
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE risk_options ${library})
endfunction()

# risk_test(NAME SOURCES file... LINK target...)
# One Catch2 executable; each of its cases is a ctest of its own.
function(risk_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PROPERTIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE risk_options risk_test_main ${arg_LINK})
  catch_discover_tests(${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 120 ${arg_PROPERTIES})
endfunction()
