# cmake -D FORMATS=folder -D OUTPUT=file.cpp -P embed_formats.cmake
# Writes the list that format.hpp declares, each file's text as it is.
set(text "// Made of deploy/formats/*.yaml by embed_formats.cmake.\n#include \"risk/ingest/format.hpp\"\n\nnamespace risk::ingest {\n")
string(APPEND text "namespace {\n\nconstexpr ShippedFormat kFormats[] = {\n")
file(GLOB files ${FORMATS}/*.yaml)
list(SORT files)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} yaml)
  string(APPEND text "    {\"${name}\", R\"yaml(${yaml})yaml\"},\n")
endforeach()
string(APPEND text "};\n\n}  // namespace\n\nstd::span<const ShippedFormat> shipped_formats() {\n  return kFormats;\n}\n")
file(WRITE ${OUTPUT} "${text}\n}  // namespace risk::ingest\n")
