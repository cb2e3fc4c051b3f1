# cmake -DOUTPUT=FILE.cc -DINPUTS="a.sql;b.sql" -P embed_migrations.cmake
#   Writes the SQL files, in the order given, into a source file as the list that migrate.h declares. Their names begin
#   with their numbers: 001 first, none left out.
set(entries "")
set(expected 1)
foreach(input IN LISTS INPUTS)
  get_filename_component(name ${input} NAME_WE)
  if(NOT name MATCHES "^0*([0-9]+)_" OR NOT CMAKE_MATCH_1 EQUAL expected)
    message(FATAL_ERROR "migration ${input} should have number ${expected}")
  endif()
  file(READ ${input} sql)
  string(APPEND entries "      {${expected}, R\"sql(${sql})sql\"},\n")
  math(EXPR expected "${expected} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"controller/store/migrate.h\"

namespace quayside::controller {

const std::vector<Migration>& Migrations() {
  static const std::vector<Migration> list = {
${entries}  };
  return list;
}

}  // namespace quayside::controller
")
