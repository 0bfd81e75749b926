// What LeakSanitizer need not tell of these tests.

// libpqxx 6.4 frees no result that it got of a connection which was lost meanwhile: it asks for the connection's
// encoding first, and that throws. Some 200 bytes a lost connection; mended in 7.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpqxx-6.4.so\n";
}
