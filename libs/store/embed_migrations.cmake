# cmake -D SQL=folder -D OUTPUT=file.cpp -P embed_migrations.cmake
# Writes the lists that migrations.hpp declares, each file's text as it is.
set(text "// Made of sql/*/*.sql by embed_migrations.cmake.\n#include \"migration_columns.hpp\"\n\nnamespace risk::store {\n")
foreach(database IN ITEMS Sqlite Postgres)
  string(TOLOWER ${database} folder)
  file(GLOB files ${SQL}/${folder}/[0-9][0-9][0-9][0-9]_*.sql)
  list(SORT files)
  string(APPEND text "\nconstexpr Migration k${database}[] = {\n")
  set(version 0)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    math(EXPR version "${version} + 1")
    string(REGEX MATCH "^0*([0-9]+)_" number ${name})
    if(NOT CMAKE_MATCH_1 EQUAL version)
      message(FATAL_ERROR "${file}: expected migration number ${version}")
    endif()
    file(READ ${file} sql)
    string(APPEND text "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
  endforeach()
  string(APPEND text "};\n"
    "static_assert(have_transaction_columns(k${database}),\n"
    "              \"sql/${folder}: no migration adds a column to transactions for a field of kTransactionFields\");\n"
    "const std::vector<Migration> k${database}Migrations(std::begin(k${database}), std::end(k${database}));\n")
endforeach()
file(WRITE ${OUTPUT} "${text}\n}  // namespace risk::store\n")
